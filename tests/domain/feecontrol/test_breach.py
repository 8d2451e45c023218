"""Hindsight on cuts, clocks of giving back, and what is owed, as rules over columns."""

from datetime import date, datetime
from functools import partial

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.breach import (
    KINDS,
    LATER_COLUMNS,
    OWED_COLUMNS,
    RESTORE_COLUMNS,
    VERDICT_KINDS,
    compensations,
    hindsight,
    late_restores,
    wrongful,
)
from zaikong.domain.feecontrol.breach import MONEY_REASONS as MONEY
from zaikong.domain.feecontrol.compensation_table import compensation_on
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS
from zaikong.domain.law.cutting import REASONS
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.period import HOUR, MINUTE, moment_number

TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
CUT = moment_number(datetime(2025, 8, 12, 10, 0))
TABLE = compensation_on(as_of=date(2025, 8, 12)).value


def table(columns, rows):
    schema = {name: TYPES[dictionary()[name].type] for name in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def entry(columns, rows, **more):
    return checked(nw.from_native(table(columns, rows).lazy()), columns, rule="breach", **more)


FACTS = {
    **dict.fromkeys(CUT_COLUMNS, 0),
    "regime": "post_paid",
    "resident": True,
    "important_user": "none",
    "unpaid_fen": 5_000,
    "available_fen": -3_000,
    "disputed": False,
    "protected": False,
    "in_transit": False,
    "instalment_honoured": False,
    "quiet_window": False,
    "agreement_signed": True,
    "vulnerable_reviewed": True,
    "demands_known": True,
    "approvals_known": True,
    "warnings_known": True,
    "human_confirmed": True,
    "notice_at": CUT - 5,
    "final_notice_at": CUT - 4,
    "cut_at": CUT,
}
LATER = {
    "account": 0,
    "sent_at": CUT,
    "hindsight_unpaid_fen": 5_000,
    "late_money_fen": 0,
    "late_reversed_fen": 0,
    "disputed_then": False,
    "protected_then": False,
    "notice_void": False,
    "final_void": False,
}


def known_later(**later):
    facts = entry(CUT_COLUMNS, [FACTS], nullable=CUT_COLUMNS)
    known = entry(LATER_COLUMNS, [LATER | later], nullable=["hindsight_unpaid_fen"])
    return hindsight(facts, known).collect().rows(named=True)[0]


@pytest.mark.parametrize(
    ("later", "changed"),
    [
        ({}, {}),
        ({"hindsight_unpaid_fen": 0}, {"unpaid_fen": 0}),
        ({"hindsight_unpaid_fen": 9_000}, {}),  # a payment that bounced since makes nothing wrong
        ({"hindsight_unpaid_fen": None}, {}),
        ({"late_money_fen": 3_500}, {"available_fen": 500}),
        ({"late_money_fen": 1_000, "late_reversed_fen": 500}, {"available_fen": -1_500}),
        ({"disputed_then": True}, {"disputed": True}),
        ({"protected_then": True}, {"protected": True}),
        ({"notice_void": True}, {"notice_at": 0}),
        ({"final_void": True}, {"final_notice_at": 0}),
        ({"sent_at": CUT + HOUR}, {"cut_at": CUT + HOUR}),
        ({"sent_at": 0}, {}),
    ],
)
def test_what_is_known_later_changes_its_own_fact_and_no_other(later, changed):
    assert known_later(**later) == FACTS | changed


def kinds_of(reasons, *, alone=False):
    frame = pl.DataFrame({"account": [7], "reasons": [reasons], "paid_alone": [alone]})
    return sorted(row[1] for row in wrongful(nw.from_native(frame.lazy())).collect().rows())


def test_every_reason_of_a_cut_comes_to_exactly_one_kind():
    for reason in REASONS:
        assert len(kinds_of(reason)) == 1, reason
    assert kinds_of("") == []
    assert {reason for words in VERDICT_KINDS.values() for reason in words} | set(MONEY) == set(REASONS)


def test_kinds_are_named_once_each_and_a_reason_is_read_whole():
    assert kinds_of("NO_NOTICE,DISPUTED,NO_FINAL_NOTICE") == ["disputed", "notice"]
    assert kinds_of("NOTHING_OWED", alone=True) == ["paid_before"]
    assert kinds_of("NOTHING_OWED", alone=False) == ["bill_reversed"]
    assert kinds_of("BALANCE_SUFFICIENT", alone=True) == ["paid_before"]
    assert kinds_of("UNDISPUTED") == []


def late(**cut):
    sound = {
        "cut_order": 7,
        "cut_done_at": CUT,
        "restore_ordered": True,
        "duty_since_at": CUT + HOUR,
        "restore_hours": 24,
        "restored_at": 0,
    }
    now = cut.pop("now", CUT + 100 * HOUR)
    return late_restores(entry(RESTORE_COLUMNS, [sound | cut]), as_of_at=now).collect().rows()


DUE = CUT + 25 * HOUR


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ({"restored_at": DUE}, []),
        ({"restored_at": DUE + 1}, [("late_restore", DUE, 1)]),
        ({"restored_at": DUE + MINUTE}, [("late_restore", DUE, 1)]),
        ({"restored_at": DUE + MINUTE + 1}, [("late_restore", DUE, 2)]),
        ({"now": DUE}, []),
        ({"now": DUE + 1}, [("late_restore", DUE, 1)]),
        ({"restore_ordered": False, "now": DUE}, []),
        ({"restore_ordered": False, "now": DUE + HOUR}, [("no_restore", DUE, 60)]),
        ({"restore_ordered": False, "restored_at": DUE + HOUR}, [("late_restore", DUE, 60)]),
        ({"duty_since_at": 0}, []),
        ({"duty_since_at": CUT - HOUR, "restored_at": CUT + 24 * HOUR}, []),
        ({"duty_since_at": CUT - HOUR, "restored_at": CUT + 24 * HOUR + 1}, [("late_restore", CUT + 24 * HOUR, 1)]),
        ({"restore_hours": 72, "restored_at": DUE + HOUR}, []),
    ],
)
def test_giving_back_is_late_only_after_the_hours_of_its_law(cut, expected):
    assert [row[1:] for row in late(**cut)] == expected


def owed(kind, *, resident=True, off=0, late_minutes=0):
    frame = entry(OWED_COLUMNS, [(7, kind, resident, off, late_minutes)])
    return compensations(frame, table=TABLE).collect().rows()[0][2]


@pytest.mark.parametrize(
    ("asked", "fen"),
    [
        ({"kind": "paid_before"}, 20_000),
        ({"kind": "paid_before", "off": 1}, 21_000),
        ({"kind": "paid_before", "off": 60}, 21_000),
        ({"kind": "paid_before", "off": 61}, 22_000),
        ({"kind": "paid_before", "off": 100_000}, 200_000),
        ({"kind": "paid_before", "off": 61, "resident": False}, 60_000),
        ({"kind": "late_restore", "off": 6_000, "late_minutes": 61}, 7_000),
        ({"kind": "no_restore", "off": 6_000, "late_minutes": 0}, 10_000),
        ({"kind": "something else", "off": 600}, 0),
    ],
)
def test_hours_begun_count_up_to_the_cap(asked, fen):
    assert owed(asked.pop("kind"), **asked) == fen


def test_every_kind_has_its_rate_and_every_figure_is_marked_as_the_companys_own():
    assert {row.kind for row in TABLE.rows} == set(KINDS)
    assert compensation_on(as_of=date(2025, 8, 12)).basis.verified is False


@pytest.mark.spark
def test_spark_gives_the_same_answers(on_both):
    facts = [FACTS | {"account": n, "unpaid_fen": n * 100} for n in range(1, 20)]
    later = [
        LATER
        | {
            "account": n,
            "hindsight_unpaid_fen": None if n % 5 == 0 else n * 50,
            "late_money_fen": n * 400,
            "disputed_then": n % 3 == 0,
            "notice_void": n % 4 == 0,
        }
        for n in range(1, 20)
    ]
    on_both(hindsight, table(CUT_COLUMNS, facts), table(LATER_COLUMNS, later))
    cuts = [(n, CUT, n % 2 == 0, CUT + n * HOUR, 24, 0 if n % 3 else CUT + n * 3 * HOUR + 7) for n in range(1, 40)]
    on_both(partial(late_restores, as_of_at=CUT + 60 * HOUR), table(RESTORE_COLUMNS, cuts))
    rows = [(n, KINDS[n % len(KINDS)], n % 2 == 0, n * 37, n * 11) for n in range(1, 60)]
    on_both(partial(compensations, table=TABLE), table(OWED_COLUMNS, rows))
    verdicts = pl.DataFrame(
        {
            "account": list(range(len(REASONS))),
            "reasons": [f"{reason},DISPUTED" for reason in REASONS],
            "paid_alone": [n % 2 == 0 for n in range(len(REASONS))],
        }
    )
    on_both(wrongful, verdicts)
