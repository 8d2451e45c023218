"""The worked tables of the prepayment and breach pages, run through the rules."""

import re
from datetime import date, datetime

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.breach import (
    OWED_COLUMNS,
    RESTORE_COLUMNS,
    compensations,
    late_restores,
    wrongful,
)
from zaikong.domain.feecontrol.compensation_table import compensation_on
from zaikong.domain.feecontrol.mode_grounds import GROUNDS
from zaikong.domain.feecontrol.prepayment_terms import prepayment_terms
from zaikong.domain.feecontrol.recovery_share import DEBT_COLUMNS, TOPUP_COLUMNS, old_debts, recovery_shares
from zaikong.domain.feecontrol.restoration import restoration_law
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.period import HOUR, MINUTE, day_number, moment_number

from .tables import PAGES, table

_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
CUT = moment_number(datetime(2025, 8, 12, 10, 0))


def entry(columns, row, rule):
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    return checked(nw.from_native(pl.LazyFrame([row], schema=schema, orient="row")), columns, rule=rule)


def day(text):
    return day_number(date.fromisoformat(text)) if text else 0


def microseconds(text):
    found = re.fullmatch(r"(?:(\d+) h)? ?(?:(\d+) min)?", text)
    return int(found[1] or 0) * HOUR + int(found[2] or 0) * MINUTE


@pytest.mark.parametrize("row", table("prepayment.md", "old"), ids=str)
def test_old_debt(row):
    frame = entry(DEBT_COLUMNS, (1, 7, day(row["due"]), day(row["in force from"])), "old_debts")
    assert old_debts(frame).collect().rows() == [(1, row["old debt"] == "yes")]


@pytest.mark.parametrize("row", table("prepayment.md", "shares"), ids=str)
def test_share_of_a_top_up(row):
    given = (1, 7, fen_of_yuan(row["top-up"]), int(row["permille"]), fen_of_yuan(row["old debt"]))
    got = recovery_shares(entry(TOPUP_COLUMNS, given, "recovery_shares")).collect().rows()[0][2:]
    assert got == tuple(fen_of_yuan(row[name]) for name in ("share", "recovered", "stays"))


def test_grounds():
    told = {
        row["ground"]: (
            [mode for mode in ("prepaid", "post_paid") if row[f"to {mode}"] == "yes"],
            *(row[name] == "yes" for name in ("consent", "in arrears", "good record")),
        )
        for row in table("prepayment.md", "grounds")
    }
    assert told == {
        code: (list(ground.to_modes), ground.consent, ground.overdue, ground.good_record)
        for code, ground in GROUNDS.items()
    }


def test_the_days_in_the_text_are_those_of_the_file():
    text = (PAGES / "prepayment.md").read_text(encoding="utf-8")
    terms = prepayment_terms(as_of=date(2025, 8, 12))
    assert f"at most {terms.estimate_days} days old" in text
    assert f"in the last {terms.clearing_days} days" in text


@pytest.mark.parametrize("row", table("breach.md", "kinds"), ids=str)
def test_kind_of_a_failed_condition(row):
    frame = pl.LazyFrame(
        {"account": [7], "reasons": [row["failed condition"]], "paid_alone": [row["money alone"] == "yes"]}
    )
    assert wrongful(nw.from_native(frame)).collect().rows() == [(7, row["kind"])]


@pytest.mark.parametrize("row", table("breach.md", "late"), ids=str)
def test_late(row):
    since = CUT + microseconds(row["duty after the cut"])
    back = since + microseconds(row["back after the duty"]) if row["back after the duty"] else 0
    hours = restoration_law(as_of=date(2025, 8, 12), jurisdiction="cn.henan.county").value.hours
    frame = entry(RESTORE_COLUMNS, (7, CUT, row["ordered"] == "yes", since, hours, back), "late_restores")
    now = since + microseconds(row["looked at after the duty"])
    got = [(found[1], found[3]) for found in late_restores(frame, as_of_at=now).collect().rows()]
    assert got == ([(row["kind"], int(row["minutes late"]))] if row["kind"] else [])


@pytest.mark.parametrize("row", table("breach.md", "owed"), ids=str)
def test_what_is_owed(row):
    off, late = (int(row[name].removesuffix(" min")) for name in ("without supply", "late"))
    frame = entry(OWED_COLUMNS, (7, row["kind"], row["resident"] == "yes", off, late), "compensations")
    got = compensations(frame, table=compensation_on(as_of=date(2025, 8, 12)).value).collect().rows()
    assert got == [(7, row["kind"], fen_of_yuan(row["yuan"]))]
