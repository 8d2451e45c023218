"""The worked tables of the collection page, run through the rules."""

from datetime import date, datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.collection.contact import contact_terms, next_allowed
from zaikong.domain.collection.ladder import DEBT_COLUMNS, DONE_COLUMNS, HOLD_COLUMNS, TRANSIT_COLUMNS, positions
from zaikong.domain.collection.ladder_table import ladders_on
from zaikong.domain.collection.preview import preview
from zaikong.domain.collection.promises import PAID_COLUMNS, PROMISE_COLUMNS, promise_outcomes
from zaikong.domain.collection.strategy import SUBJECT_COLUMNS, chosen_ladders
from zaikong.domain.collection.strategy_table import GRADES, strategy_on
from zaikong.domain.recovery.instalments import (
    AGREEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    MONEY_COLUMNS,
    agreement_states,
    schedule,
)
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.money import fen_of_yuan, yuan_text
from zaikong.kernel.period import TIME_ZONE, day_number

from .tables import table

PAGE = "collection.md"
TODAY = 20_000
_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}


def entry(columns: tuple[str, ...], *rows: dict[str, Any]) -> nw.LazyFrame:
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    return checked(nw.from_native(pl.LazyFrame(list(rows), schema=schema)), columns, rule="collection")


def debt(due_day: int) -> dict[str, Any]:
    return {
        "bill": 1,
        "account": 1,
        "ladder": "standard",
        "due_day": due_day,
        "open_fen": 20_000,
        "disputed": False,
        "resumed_day": 0,
    }


@pytest.mark.parametrize("row", table(PAGE, "strategy"), ids=str)
def test_the_ladder_of_an_account(row):
    as_of = date.fromisoformat(row["day"])
    facts = {
        "account": 1,
        "held_grade": GRADES.index(row["grade"]),
        "category": row["category"],
        "owed_fen": fen_of_yuan(row["owed"]),
        "vulnerable": row["vulnerable"] == "yes",
    }
    got = chosen_ladders(entry(SUBJECT_COLUMNS, facts), strategy=strategy_on(as_of=as_of).value, as_of=as_of)
    assert got.collect().rows(named=True) == [
        {"account": 1, "ladder": row["ladder"], "strategy_row": row["row"], "strategy_code": "MATCHED"}
    ]


@pytest.mark.parametrize("row", table(PAGE, "ladder"), ids=str)
def test_the_step_of_a_debt(row):
    step, _, days = row["done"].partition(" ")
    done = [{"bill": 1, "step": step, "day": TODAY - int(days or 1), "proven": True}] if step else []
    holds = [{"bill": 1, "hold": row["held"], "until_day": TODAY + 1}] if row["held"] else []
    answer = positions(
        entry(DEBT_COLUMNS, debt(TODAY - int(row["day"]))),
        entry(DONE_COLUMNS, *done),
        entry(HOLD_COLUMNS, *holds),
        entry(TRANSIT_COLUMNS),
        as_of_day=TODAY,
        ladders=ladders_on(as_of=date(2026, 7, 10)),
    )
    (got,) = answer.collect().rows(named=True)
    assert (got["step"], got["waiting_step"], got["waiting_for"]) == (row["step"], row["waits"], row["for"])


@pytest.mark.parametrize("row", table(PAGE, "hours"), ids=str)
def test_the_hours_of_a_channel(row):
    asked = datetime.fromisoformat(row["asked"]).replace(tzinfo=TIME_ZONE)
    sent = next_allowed(asked, channel=row["channel"], terms=contact_terms(as_of=asked.date()).value)
    assert f"{sent:%Y-%m-%d %H:%M}" == row["sent"]


@pytest.mark.parametrize("row", table(PAGE, "promises"), ids=str)
def test_a_promise(row):
    made, fen = 1_000_000, fen_of_yuan(row["paid"])
    promise = {"promise": 1, "account": 1, "amount_fen": 10_000, "made_s": made, "promised_day": TODAY + 20}
    money = {
        "account": 1,
        "paid_s": made + (1 if row["taken"] == "after" else -1),
        "effective_day": TODAY + int(row["counts from"]),
        "amount_fen": fen,
    }
    undone = [money | {"amount_fen": -fen}] if row["bounced"] == "yes" else []
    answer = promise_outcomes(
        entry(PROMISE_COLUMNS, promise),
        entry(PAID_COLUMNS, money, *undone),
        as_of_day=TODAY + int(row["asked on"]),
        grace_days=1,
    )
    assert answer.collect()["promise_state"].to_list() == [row["state"]]


@pytest.mark.parametrize("row", table(PAGE, "schedule"), ids=str)
def test_a_schedule(row):
    parts = schedule(
        amount_fen=fen_of_yuan(row["debt"]),
        count=int(row["count"]),
        first_date=date.fromisoformat(row["first"]),
        first_fen=fen_of_yuan(row["paid first"]),
    )
    assert [str(part.due_date) for part in parts] == row["due"].split()
    assert [yuan_text(part.amount_fen) for part in parts] == row["parts"].split()


@pytest.mark.parametrize("row", table(PAGE, "agreement"), ids=str)
def test_an_agreement(row):
    paid = {"agreement": 1, "effective_day": TODAY + int(row["on"]), "amount_fen": fen_of_yuan(row["paid"])}
    dues = [
        {"agreement": 1, "number": number, "due_day": TODAY + 30 * (number - 1), "amount_fen": 1_000}
        for number in (1, 2, 3)
    ]
    answer = agreement_states(
        entry(AGREEMENT_COLUMNS, {"agreement": 1, "account": 1}),
        entry(INSTALMENT_COLUMNS, *dues),
        entry(MONEY_COLUMNS, paid),
        as_of_day=TODAY + int(row["asked on"]),
        grace_days=3,
    )
    (got,) = answer.collect().rows(named=True)
    assert (got["agreement_state"], got["protects"], got["accelerated_fen"]) == (
        row["state"],
        row["protects"] == "yes",
        fen_of_yuan(row["whole rest due"]),
    )


@pytest.mark.parametrize("row", table(PAGE, "preview"), ids=str)
def test_what_would_come(row):
    due = date.fromisoformat(row["due"])
    found = preview(
        entry(DEBT_COLUMNS, debt(day_number(due))),
        entry(DONE_COLUMNS),
        entry(HOLD_COLUMNS),
        entry(TRANSIT_COLUMNS),
        as_of=due,
        resident=row["customer"] == "resident",
    )
    assert found.cut is not None
    assert (str(found.cut.notice_day), str(found.cut.cut_day)) == (row["notice"], row["earliest cut"])
