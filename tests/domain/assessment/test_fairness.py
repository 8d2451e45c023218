"""A planted bias is found and named; without one nothing is; what circumstances explain is no bias."""

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from zaikong.domain.assessment.fairness import FairnessTerms, GroupGap, _Counts, _holm, _interval, fairness_audit
from zaikong.domain.assessment.fairness_cells import CELL_COLUMNS, FAIRNESS_COLUMNS, fairness_cells

CATEGORIES = ("residential", "business", "industrial")
STATIONS = tuple(f"station {n}" for n in range(6))
AREAS = tuple(f"route {n:02}" for n in range(18))


def county(seed, accounts=6_000, *, bias=None, explained=False):
    """Accounts in arrears; the chance of a notice grows with days and debt, and with nothing else unless planted."""
    random = np.random.default_rng(seed)
    area = random.integers(0, len(AREAS), accounts)
    category = random.choice(3, accounts, p=(0.7, 0.2, 0.1))
    # firms owe more and longer, so their plain rate is higher although nothing is unfair
    days = random.integers(1, 120, accounts) + (40 * category if explained else 0)
    fen = random.integers(1_000, 200_000, accounts) * (1 + (4 * category if explained else 0))
    grade = random.integers(1, 7, accounts)
    bands = np.searchsorted((15, 30, 60, 90, 180), days) + np.searchsorted((20_000, 100_000, 1_000_000), fen)
    chance = 0.2 + 0.05 * bands + 0.02 * (6 - grade)
    rows = pl.DataFrame(
        {
            "action": ["notice"] * accounts,
            "days_overdue": days.astype(np.int64),
            "owed_fen": fen.astype(np.int64),
            "standing_grade": grade.astype(np.int64),
            "category": [CATEGORIES[n] for n in category],
            "station": [STATIONS[n // 3] for n in area],
            "area": [AREAS[n] for n in area],
        }
    )
    if bias:
        dimension, group, more = bias
        chance = chance + more * (rows[dimension] == group).to_numpy()
    return rows.with_columns(acted=pl.Series(random.random(accounts) < chance)).select(FAIRNESS_COLUMNS)


def cells_of(rows, *, native=None):
    frame = nw.from_native(native if native is not None else rows.lazy())
    return [row for part in fairness_cells(frame) for row in part.collect().to_native().to_dicts()]


def gaps(rows, **more):
    return [row for row in fairness_audit(cells_of(rows), seed=1, **more) if row.verdict == "gap"]


@pytest.mark.parametrize(
    ("dimension", "group", "more"),
    [
        ("station", "station 2", 0.15),
        ("category", "business", 0.12),
        ("area", "route 07", 0.25),
        ("station", "station 4", -0.15),
    ],
)
def test_a_planted_bias_is_found_first_and_measured(dimension, group, more):
    found = fairness_audit(cells_of(county(3, bias=(dimension, group, more))), seed=1)
    row = next(row for row in found if (row.dimension, row.group) == (dimension, group))
    assert row.verdict == "gap"
    # within four standard deviations of what was planted
    assert abs(row.gap_ppm - 1_000_000 * more) < row.gap_high_ppm - row.gap_low_ppm
    assert (row.gap_ppm > 0) == (more > 0)
    same = [row for row in found if row.dimension == dimension]
    assert same[0].group == group


def test_what_circumstances_explain_is_no_gap():
    rows = county(5, explained=True)
    plain = rows.group_by("category").agg(pl.col("acted").mean()).sort("acted")
    assert plain["acted"][-1] - plain["acted"][0] > 0.08
    assert gaps(rows) == []


def test_without_bias_the_family_raises_a_false_alarm_as_seldom_as_it_says():
    alarms = sum(bool(gaps(county(1_000 + seed, 2_000), terms=FairnessTerms(least_gap_ppm=0))) for seed in range(40))
    # at a true rate of 5 % more than 6 of 40 happen once in 300 runs
    assert alarms <= 6


def test_the_same_seed_gives_the_same_rows():
    cells = cells_of(county(3, 1_000))
    assert fairness_audit(cells, seed=7) == fairness_audit(reversed(cells), seed=7)


def test_a_row_counts_rates_and_gap():
    # two circumstances; in each the group got one action more in ten than the others
    cells = []
    for days_band, (mine, rest) in {1: ((40, 100), (30, 100)), 2: ((60, 100), (50, 100))}.items():
        for group, (acted, accounts) in {"A": mine, "B": rest}.items():
            cells.append(
                dict(zip(CELL_COLUMNS, ("cut", "station", group, days_band, 1, 3, accounts, acted), strict=True))
            )
    first, second = sorted(fairness_audit(cells, seed=1), key=lambda row: row.group)
    assert (first.accounts, first.acted, first.expected) == (200, 100, 9_000)
    assert (first.rate_ppm, first.rate_of_rest_ppm) == (500_000, 400_000)
    assert (first.gap_ppm, second.gap_ppm) == (100_000, -100_000)
    assert first.ratio_permille == 1_111
    assert first.p_value == pytest.approx(second.p_value, abs=0.015)
    assert 0.03 < first.p_value < 0.08


def test_a_sure_but_small_gap_is_called_small():
    cells = [
        dict(zip(CELL_COLUMNS, ("notice", "area", group, 1, 1, 3, 1_000_000, acted), strict=True))
        for group, acted in {"A": 501_000, "B": 491_000}.items()
    ]
    assert {row.verdict for row in fairness_audit(cells, seed=1)} == {"small"}


@pytest.mark.parametrize(
    "counts",
    [
        {"A": (5, 3), "B": (500, 300)},
        {"A": (500, 500), "B": (500, 500)},
        {"A": (500, 0), "B": (500, 0)},
        {"A": (300, 100)},
    ],
)
def test_a_group_that_could_not_have_fared_otherwise_is_not_judged(counts):
    cells = [
        dict(zip(CELL_COLUMNS, ("notice", "area", group, 1, 1, 3, *pair), strict=True))
        for group, pair in counts.items()
    ]
    row = next(row for row in fairness_audit(cells, seed=1) if row.group == "A")
    assert (row.verdict, row.p_value, row.p_adjusted) == ("too_few", 1.0, 1.0)


def test_nothing_gives_nothing():
    assert fairness_audit([], seed=1) == []


def test_the_interval_holds_the_truth_as_often_as_it_says_even_in_small_circumstances():
    random = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        mine, rest = random.integers(2, 9, 120), random.integers(5, 40, 120)
        base = random.uniform(0.1, 0.7, 120)
        acted, others = random.binomial(mine, base + 0.1), random.binomial(rest, base)
        counts = _Counts(mine, acted, mine + rest, acted + others)
        gap = (acted.sum() - counts.expected) / counts.weight
        low, high = _interval(counts, gap)
        held += low < 0.1 < high
    assert 0.92 < held / 400 < 0.98


def test_holm_steps_down_and_never_falls():
    assert list(_holm([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert list(_holm([0.9, 0.8])) == [1.0, 1.0]
    assert list(_holm([])) == []


def test_bands_are_closed_above():
    rows = pl.DataFrame(
        {
            "action": ["notice"] * 3,
            "acted": [True, False, True],
            "days_overdue": [30, 31, 0],
            "owed_fen": [5_000, 5_001, 0],
            "standing_grade": [3, 3, 0],
            "category": ["residential"] * 3,
            "station": ["S"] * 3,
            "area": ["R"] * 3,
        }
    )
    found = sorted(
        (row["days_band"], row["fen_band"], row["acted"]) for row in cells_of(rows) if row["dimension"] == "area"
    )
    assert found == [(0, 0, 1), (2, 1, 1), (3, 2, 0)]


@pytest.mark.spark
def test_cells_are_the_same_on_spark(spark):
    rows = county(1, 200)
    frame = spark.createDataFrame([tuple(row) for row in rows.iter_rows()], rows.columns)
    there = [row.asDict() for part in fairness_cells(nw.from_native(frame)) for row in part.to_native().collect()]
    key = lambda row: tuple(row[name] for name in CELL_COLUMNS)  # noqa: E731 -- one key for both sides
    assert sorted(map(key, there)) == sorted(map(key, cells_of(rows)))


def test_rows_are_frozen_words():
    assert GroupGap.__dataclass_params__.frozen
