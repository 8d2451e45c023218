"""The worked tables of the pages on cuts and on limitation, run through the rules."""

from datetime import date, datetime

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts
from zaikong.domain.feecontrol.restoration import restoration_law
from zaikong.domain.law.cutting import REASONS, cut_law
from zaikong.domain.law.limitation import DEBT_COLUMNS, INTERRUPTION_COLUMNS, limitation_clock, limitation_law
from zaikong.domain.recovery.write_off import RECEIVABLE_COLUMNS, write_off_gates, write_off_law
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.period import date_of_day, day_number, moment_number

from .tables import table

_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}


def entry(columns: tuple[str, ...], rows: list[dict[str, object]]) -> nw.LazyFrame:
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    frame = nw.from_native(pl.LazyFrame(rows, schema=schema))
    return checked(frame, columns, rule="page", nullable=columns[1:])


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def moment(text: str) -> int:
    return moment_number(datetime.fromisoformat(text))


def test_every_reason_stands_on_the_page_with_its_basis():
    rows = table("cut_off.md", "reasons")
    law = cut_law(as_of=date(2024, 7, 1))
    assert tuple(row["reason"] for row in rows) == REASONS
    for row in rows:
        regime = "prepaid" if row["regime"] == "prepaid" else "post_paid"
        assert row["basis on 2024-07-01"] == str(law.basis(row["reason"], regime=regime))


@pytest.mark.parametrize("row", table("cut_off.md", "edges"), ids=str)
def test_an_edge(row):
    facts: dict[str, object] = dict.fromkeys(CUT_COLUMNS) | {
        "account": 1,
        "cut_at": moment(row["cut"]),
        "regime": "post_paid",
        "resident": True,
        "important_user": "none",
        "oldest_due_day": day(row["due"]),
        "unpaid_fen": 50_000,
        "demands_known": True,
        "notice_at": moment(row["notice"]),
        "final_notice_at": moment(row["last notice"]),
        "approvals_known": True,
        "disputed": False,
        "in_transit": False,
        "instalment_honoured": False,
        "protected": False,
        "vulnerable_reviewed": True,
        "quiet_window": False,
    }
    proof: list[dict[str, object]] = [
        {"account": 1, "evidence": "demand", "evidence_at": moment(row["demanded"]), "role": ""},
        {"account": 1, "evidence": "approval", "evidence_at": 0, "role": "manager"},
    ]
    law = cut_law(as_of=date_of_day(day(row["cut"][:10])), jurisdiction=row["place"])
    verdict = cut_verdicts(entry(CUT_COLUMNS, [facts]), entry(EVIDENCE_COLUMNS, proof), law=law).collect()
    assert verdict.rows() == [(1, row["reasons"] == "", row["reasons"], "")]


@pytest.mark.parametrize("row", table("cut_off.md", "hours"), ids=str)
def test_the_hours_of_giving_back(row):
    law = restoration_law(as_of=date.fromisoformat(row["day"]), jurisdiction=row["place"])
    assert law.value.hours == int(row["hours"])


def clock(due: str, events: str, as_of: str) -> dict[str, int]:
    happened: list[dict[str, object]] = [
        {"debt": 1, "interruption": kind, "day": day(when)}
        for when, kind in (event.split() for event in events.split(", ") if event)
    ]
    (row,) = (
        limitation_clock(
            entry(DEBT_COLUMNS, [{"debt": 1, "due_day": day(due)}]),
            entry(INTERRUPTION_COLUMNS, happened),
            as_of_day=day(as_of),
            law=limitation_law(as_of=date.fromisoformat(as_of)),
        )
        .collect()
        .rows(named=True)
    )
    return row


@pytest.mark.parametrize("row", table("limitation.md", "clock"), ids=str)
def test_a_clock(row):
    got = clock(row["due"], row["events"], "2025-01-01")
    assert date_of_day(got["expires_day"]).isoformat() == row["expires"]


@pytest.mark.parametrize("row", table("limitation.md", "alerts"), ids=str)
def test_an_alert(row):
    got = clock("2023-03-15", "", row["day"])
    assert (got["days_left"], got["alert"]) == (int(row["days left"]), int(row["alert"]))


@pytest.mark.parametrize("row", table("limitation.md", "gates"), ids=str)
def test_a_gate(row):
    receivable: dict[str, object] = {
        "debt": 1,
        "amount_fen": fen_of_yuan(row["amount"]),
        "due_day": day(row["due"]),
        "lost_ground": row["ground"],
        "annual_revenue_fen": 0,
    }
    got = write_off_gates(
        entry(RECEIVABLE_COLUMNS, [receivable]),
        as_of_day=day("2024-02-01"),
        law=write_off_law(as_of=date(2024, 2, 1)),
    )
    assert got.collect().rows() == [(1, row["gate"] != "", row["gate"])]
