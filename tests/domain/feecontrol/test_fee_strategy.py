"""The shipped strategies say what practice says, and a wrong file is refused."""

from datetime import date
from importlib.resources import as_file, files

import pytest

from zaikong.domain.credit.editions import read_editions
from zaikong.domain.feecontrol.fee_strategy import FILE, FeeStrategies, UnableToFindStrategyError, strategies_on
from zaikong.kernel.dated import UnableToReadDatedFileError

DAY = date(2025, 7, 14)
TABLE = strategies_on(as_of=DAY).value


def shipped() -> str:
    with as_file(files("zaikong.domain.feecontrol").joinpath(FILE)) as path:
        return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("category", "high", "name", "fen", "days"),
    [
        ("residential", False, "lv_resident", [3_000, 500], []),
        ("business", False, "lv_non_resident", [20_000], []),
        ("public", False, "lv_non_resident", [20_000], []),
        ("industrial", True, "hv_days", [], [7, 3]),
        ("residential", True, "hv_days", [], [7, 3]),
    ],
)
def test_the_default_of_a_category_and_voltage(category, high, name, fen, days):
    row = TABLE.default(category, high_voltage=high)
    assert (row.strategy, [one.limit for one in row.warn_fen], [one.limit for one in row.warn_days]) == (
        name,
        fen,
        days,
    )


@pytest.mark.parametrize(("grade", "fen"), [(0, 0), (1, 0), (2, 0), (3, 1_000), (4, 2_000), (5, 3_000), (6, 5_000)])
def test_the_overdraft_of_a_home_by_grade(grade, fen):
    assert TABLE.named("lv_resident").allowance_fen(grade) == fen


def test_figures_found_in_a_document_are_marked_and_own_ones_are_not():
    home, large = TABLE.named("lv_resident"), TABLE.named("hv_days")
    assert all(one.basis.verified for one in home.warn_fen)
    assert not any(one.basis.verified for one in large.warn_days)
    assert not home.overdraft.basis.verified


def test_an_unknown_name_or_category_is_refused():
    with pytest.raises(UnableToFindStrategyError) as caught:
        TABLE.named("nonsense")
    assert (caught.value.code, "lv_resident" in caught.value.remedy) == ("STRATEGY_UNKNOWN", True)
    with pytest.raises(UnableToFindStrategyError) as caught:
        TABLE.default("nonsense", high_voltage=False)
    assert caught.value.code == "CATEGORY_UNKNOWN"


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        ("limit: 3000, basis", "limit: 400, basis", "thresholds fall"),
        ("limit: 3000, basis", "limit: 0, basis", "greater than 0"),
        (
            "C: 0, D: 0, none: 0}\n          zh: 低压居民",
            "C: 0, D: 1, none: 0}\n          zh: 低压居民",
            "a worse grade",
        ),
        ("AAA: 5000, ", "", "one amount a grade"),
        ("none: 0}\n          zh: 低压居民", "none: -1}\n          zh: 低压居民", "below zero"),
        ("strategy: lv_resident", "strategy: hv_days", "stands twice"),
        ("categories: [residential]", "categories: [residential, business]", "one default"),
        ("high_voltage: true", "high_voltage: false", "one default"),
    ],
)
def test_a_wrong_file_is_refused_with_its_fault(tmp_path, said, instead, fault):
    text = shipped()
    assert said in text
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(said, instead, 1), encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match=fault):
        read_editions(FeeStrategies, path)


def test_a_figure_without_a_source_is_refused(tmp_path):
    path = tmp_path / "wrong.yaml"
    text = shipped()
    first = next(line for line in text.splitlines() if "limit: 500, basis" in line)
    path.write_text(text.replace(first, "            - {limit: 500}"), encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match="basis"):
        read_editions(FeeStrategies, path)


def test_a_strategy_that_warns_of_nothing_is_refused(tmp_path):
    path = tmp_path / "wrong.yaml"
    lines = shipped().splitlines(keepends=True)
    kept = [line for line in lines if "limit: 7," not in line and "limit: 3," not in line]
    path.write_text("".join(kept).replace("warn_days:\n", "warn_days: []\n"), encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match="warns at nothing"):
        read_editions(FeeStrategies, path)
