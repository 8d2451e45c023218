"""What an action is expected to bring, and when it is open: by hand, at every edge, and the same on Spark."""

from datetime import date
from fractions import Fraction

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.collection.uplift.gains import GAIN_COLUMNS, OFFER_COLUMNS, expected_gains
from zaikong.domain.collection.uplift.openings import CASE_COLUMNS, closed_reasons, openings
from zaikong.domain.collection.uplift.table import (
    CATEGORIES,
    SKILLS,
    CollectionUplift,
    collection_uplift,
    editions,
    skill_bit,
)
from zaikong.domain.credit.behaviour_table import GRADE_NAMES
from zaikong.domain.credit.editions import read_editions
from zaikong.engine.dictionary import checked
from zaikong.kernel.dated import UnableToReadDatedFileError

TODAY = 20_460
TABLE = collection_uplift(as_of=date(2026, 1, 7)).value
CASE = {
    "case": 1,
    "category": "residential",
    "grade": 4,
    "open_fen": 100_000,
    "days_overdue": 40,
    "contacts_today": 0,
    "contacts_7d": 0,
    "disputed": False,
    "under_review": False,
    "paused_to_day": 0,
    "promise_due_day": 0,
    "demand_from_day": 0,
    "stop_notice_from_day": 0,
    "final_notice_day": 0,
    "legal_from_day": 0,
}


def lazy(rows):
    return nw.from_native(pl.DataFrame(rows).lazy())


def opened(*, working_day=True, **facts):
    entry = checked(lazy([CASE | facts]), CASE_COLUMNS, rule="openings")
    found = openings(entry, table=TABLE, day=TODAY, working_day=working_day).collect().to_native()
    return sorted(found["action"])


def gained(**facts):
    offer = {name: (CASE | {"action": "CALL"} | facts)[name] for name in OFFER_COLUMNS}
    entry = checked(lazy([offer]), OFFER_COLUMNS, rule="gains")
    return expected_gains(entry, table=TABLE).collect().to_native().row(0, named=True)


def away(x):
    """Half away from zero, exactly."""
    return int(x + Fraction(1, 2)) if x >= 0 else -int(-x + Fraction(1, 2))


def by_hand(offer):
    base = next(row.ppm for row in reversed(TABLE.before) if offer["days_overdue"] >= row.from_days)
    age = next(row.permille for row in reversed(TABLE.age_permille) if offer["days_overdue"] >= row.from_days)
    grade = TABLE.grade_permille[GRADE_NAMES[offer["grade"] - 1]]
    before = min(away(Fraction(base * grade, 1000)), 1_000_000)
    tried = 1000
    for _ in range(min(offer["contacts_7d"], 7)):
        tried = away(Fraction(tried * TABLE.tried_permille, 1000))
    share = away(Fraction(TABLE.actions[offer["action"]].share_permille[offer["category"]] * age * tried, 1000))
    moved = away(Fraction((1_000_000 - before) * share, 1_000_000))
    stranger = away(Fraction((1_000_000 - before) * away(Fraction(share * TABLE.stranger_permille, 1000)), 1_000_000))
    gains = [away(Fraction(offer["open_fen"] * ppm, 1_000_000)) for ppm in (moved, stranger)]
    return dict(zip(GAIN_COLUMNS, [before, before + moved, before + stranger, *gains], strict=True))


OFFERS = st.fixed_dictionaries(
    {
        "case": st.just(1),
        "action": st.sampled_from(sorted(TABLE.actions)),
        "category": st.sampled_from(CATEGORIES),
        "grade": st.integers(1, 6),
        "open_fen": st.integers(0, 10**13),
        "days_overdue": st.sampled_from((0, 1, 7, 8, 15, 16, 30, 31, 60, 61, 180, 181, 365, 366, 40_000)),
        "contacts_7d": st.integers(0, 9),
    }
)


@given(OFFERS)
def test_the_gain_is_the_one_worked_out_by_hand(offer):
    found = gained(**offer)
    assert {name: found[name] for name in GAIN_COLUMNS} == by_hand(offer)


def test_a_worked_example():
    """A resident of grade B, 40 days overdue with 1,000 yuan: 9 % pay unasked; the call moves 130 ‰ x 850 ‰ of the rest."""
    found = gained(grade=GRADE_NAMES.index("B") + 1)
    assert (found["before_ppm"], found["after_ppm"], found["gain_fen"]) == (90_000, 190_555, 10_056)


def test_an_unknown_category_or_action_gains_nothing():
    assert gained(category="embassy")["gain_fen"] == gained(action="SING")["gain_fen"] == 0


@pytest.mark.parametrize(
    ("facts", "actions"),
    [
        ({"days_overdue": 0}, []),
        ({"days_overdue": 1}, ["CALL"]),
        ({"days_overdue": 4}, ["CALL"]),
        ({"days_overdue": 5}, ["CALL", "VISIT"]),
        ({"days_overdue": 6, "demand_from_day": TODAY}, ["CALL", "VISIT"]),
        ({"days_overdue": 7, "demand_from_day": TODAY}, ["CALL", "DEMAND_NOTICE", "VISIT"]),
        ({"demand_from_day": TODAY + 1}, ["CALL", "VISIT"]),
        ({"days_overdue": 30, "stop_notice_from_day": TODAY}, ["CALL", "VISIT"]),
        ({"days_overdue": 31, "stop_notice_from_day": TODAY}, ["CALL", "STOP_NOTICE", "VISIT"]),
        ({"stop_notice_from_day": TODAY + 1}, ["CALL", "VISIT"]),
        ({"stop_notice_from_day": TODAY, "under_review": True}, ["CALL", "VISIT"]),
        ({"final_notice_day": TODAY}, ["CALL", "FINAL_NOTICE", "VISIT"]),
        ({"final_notice_day": TODAY - 1}, ["CALL", "VISIT"]),
        ({"final_notice_day": TODAY + 1}, ["CALL", "VISIT"]),
        ({"final_notice_day": TODAY, "under_review": True}, ["CALL", "VISIT"]),
        ({"days_overdue": 61, "legal_from_day": TODAY}, ["CALL", "LEGAL_LETTER", "VISIT"]),
        ({"days_overdue": 60, "legal_from_day": TODAY}, ["CALL", "VISIT"]),
        ({"contacts_today": 1, "contacts_7d": 1}, []),
        ({"contacts_7d": 2}, ["CALL", "VISIT"]),
        ({"contacts_7d": 3}, []),
        ({"contacts_7d": 3, "stop_notice_from_day": TODAY}, ["STOP_NOTICE"]),
        ({"promise_due_day": TODAY}, ["CALL", "VISIT"]),
        ({"promise_due_day": TODAY + 1}, []),
        ({"paused_to_day": TODAY}, ["CALL", "VISIT"]),
        ({"paused_to_day": TODAY + 1}, []),
        ({"disputed": True}, []),
        ({"open_fen": 0}, []),
        ({"working_day": False, "days_overdue": 61, "legal_from_day": TODAY}, ["LEGAL_LETTER"]),
    ],
)
def test_an_action_is_open_from_its_edge_on(facts, actions):
    assert opened(**facts) == actions


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, ""),
        ({"open_fen": 0, "disputed": True}, "NOTHING_OPEN"),
        ({"disputed": True, "paused_to_day": TODAY + 1}, "DISPUTED"),
        ({"paused_to_day": TODAY + 1, "promise_due_day": TODAY + 1}, "PAUSED"),
        ({"promise_due_day": TODAY + 1}, "PROMISED"),
    ],
)
def test_a_case_left_alone_says_why(facts, reason):
    assert closed_reasons(lazy([CASE | facts]), day=TODAY).collect().to_native()["closed"].to_list() == [reason]


def test_skills_add_up_to_a_number():
    assert [skill_bit(skill) for skill in SKILLS] == [1, 2, 4]
    assert TABLE.actions["STOP_NOTICE"].skill_bits == 1


def test_every_shipped_edition_has_a_source_and_none_claims_to_be_verified():
    assert [(bool(version.basis.source), version.basis.verified) for version in editions()] == [(True, False)]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("basis: {", "bases: {", "basis"),
        ("- {from_days: 0, ppm: 450000}", "- {from_days: 1, ppm: 450000}", "before begins with 0 days"),
        ("{from_days: 8, ppm: 260000}", "{from_days: 0, ppm: 260000}", "before rises in days"),
        ("{from_days: 31, permille: 850}", "{from_days: 0, permille: 850}", "age rises in days"),
        ("AAA: 1600, ", "", "every grade has its scale"),
        ("{residential: 130, agricultural: 120,", "{residential: 130,", "every user category has its share"),
        ("share_permille: {residential: 130", "share_permille: {residential: 1001", "between 0 and 1000 permille"),
        ("{from_minute: 510, to_minute: 1200}", "{from_minute: 1200, to_minute: 1200}", "contact hours end before"),
        ("minutes: 6\n          people: 1", "minutes: 6\n          people: 2", "at the desk is done by one person"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path, old, new, reason):
    from importlib.resources import files

    text = files("zaikong.domain.collection.uplift").joinpath("uplift.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "uplift.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match=reason):
        read_editions(CollectionUplift, path)


@pytest.mark.spark
def test_openings_and_gains_are_the_same_on_spark(spark):
    near = (0, TODAY - 1, TODAY, TODAY + 1)
    rows = [
        CASE
        | {
            "case": n,
            "category": CATEGORIES[n % 5],
            "grade": n % 6 + 1,
            "open_fen": n * 7_777_777 % 10**9,
            "days_overdue": n * 13 % 400,
            "contacts_7d": n % 4,
            "disputed": n % 17 == 0,
            "promise_due_day": near[n % 4],
            "stop_notice_from_day": near[n // 3 % 4],
            "demand_from_day": near[n // 5 % 4],
            "final_notice_day": near[n // 7 % 4],
            "legal_from_day": near[n // 11 % 4],
        }
        for n in range(1, 300)
    ]
    frame = pl.DataFrame(rows)

    def worked(entry):
        found = openings(entry, table=TABLE, day=TODAY, working_day=True).select(OFFER_COLUMNS)
        return expected_gains(found, table=TABLE)

    ours = worked(nw.from_native(frame.lazy())).collect().to_native().sort("case", "action")
    there = spark.createDataFrame(frame.to_dicts())
    theirs = pl.from_arrow(worked(nw.from_native(there)).collect("pyarrow").to_native()).sort("case", "action")
    assert ours.equals(theirs.select(ours.columns))
