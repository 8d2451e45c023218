"""The worked tables of the late-fee and allocation pages, run through the rules."""

import re
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.law.late_fee import late_fee_law
from zaikong.domain.ledger.allocation import OPEN_BILL_COLUMNS, PAYMENT_COLUMNS, allocate, still_open
from zaikong.domain.ledger.late_fee import APPLICATION_COLUMNS, BILL_COLUMNS, late_fees
from zaikong.domain.ledger.postings import CHART, EVENT_COLUMNS, legs
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.period import day_number

from .tables import PAGES, table

_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}


def entry(columns: tuple[str, ...], rows: list[dict[str, Any]], rule: str) -> nw.LazyFrame:
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    return checked(nw.from_native(pl.LazyFrame(rows, schema=schema)), columns, rule=rule)


def day(text: str) -> int:
    return day_number(date.fromisoformat(text)) if text else 0


def bill(
    number: int, amount: str, due: str, *, resident: bool = False, ppm: int = 0, bankruptcy: str = ""
) -> dict[str, Any]:
    return {
        "bill": number,
        "account": 1,
        "resident": resident,
        "due_day": day(due),
        "amount_fen": fen_of_yuan(amount),
        "rate_ppm": ppm,
        "bankruptcy_day": day(bankruptcy),
        "late_fee_waived_fen": 0,
        "late_fee_paid_fen": 0,
    }


def fees(
    bills: list[dict[str, Any]], applications: list[tuple[int, str, int]], *, as_of: str, mode: Any = "split"
) -> dict[int, dict[str, Any]]:
    known = [{"bill": number, "day": day(when), "principal_fen": fen} for number, when, fen in applications]
    answer = late_fees(
        entry(BILL_COLUMNS, bills, "late_fees"),
        entry(APPLICATION_COLUMNS, known, "late_fees"),
        as_of_day=day(as_of),
        law=late_fee_law(as_of=date.fromisoformat(as_of)),
        cross_year=mode,
    )
    return {row["bill"]: row for row in answer.collect().rows(named=True)}


@pytest.mark.parametrize("row", table("late-fee.md", "bill"), ids=str)
def test_a_bill(row):
    ppm = fen_of_yuan(row["contract ‰"]) * 10 if row["contract ‰"] else 0
    one = bill(
        1, row["amount"], row["due"], resident=row["customer"] == "resident", ppm=ppm, bankruptcy=row["bankruptcy"]
    )
    got = fees([one], [], as_of=row["paid"], mode=row["mode"])[1]
    assert (got["late_days"], got["late_fee_fen"]) == (int(row["days"]), fen_of_yuan(row["fee"]))


@pytest.mark.parametrize("row", table("late-fee.md", "parts"), ids=str)
def test_a_part_of_a_bill_that_crosses_the_year(row):
    got = fees([bill(1, row["part"], "2023-12-15")], [], as_of=row["paid"], mode=row["mode"])[1]
    low, high = int(row["days at 2‰"]), int(row["days at 3‰"])
    assert (got["late_days"], got["late_fee_fen"]) == (low + high, fen_of_yuan(row["fee"]))
    assert got["late_fee_fen"] * 1000 == fen_of_yuan(row["part"]) * (2 * low + 3 * high)


@pytest.mark.parametrize("mode", ["split", "whole"])
def test_the_parts_add_up_to_the_bill(mode):
    rows = [row for row in table("late-fee.md", "parts") if row["mode"] == mode]
    (early,) = [row for row in rows if row["paid"] != "2024-01-10"]
    paid = [(1, early["paid"], fen_of_yuan(early["part"]))]
    got = fees([bill(1, "1000.00", "2023-12-15")], paid, as_of="2024-01-10", mode=mode)[1]
    assert got["late_fee_fen"] == sum(fen_of_yuan(row["fee"]) for row in rows)
    said = re.search(r"bears ([\d.]+) under split and ([\d.]+) under whole", (PAGES / "late-fee.md").read_text("utf-8"))
    assert said is not None
    assert got["late_fee_fen"] == fen_of_yuan(said[1] if mode == "split" else said[2])


@pytest.mark.parametrize("row", table("late-fee.md", "undone"), ids=str)
def test_money_taken_back(row):
    paid = [(1, "2024-07-06", 100_000), (1, row["undone with the day"], -100_000)]
    got = fees([bill(1, "1000.00", "2024-07-01")], paid, as_of="2024-07-11")[1]
    assert got["late_fee_fen"] == fen_of_yuan(row["fee"]) == int(row["days that accrue"]) * 200


def settled(
    bills: list[dict[str, Any]], amount: str, *, order: Any = "principal_first", names: str = ""
) -> tuple[nw.LazyFrame, list[int], int]:
    payment = {"payment": 1, "account": 1, "amount_fen": fen_of_yuan(amount), "designated_bill": int(names or 0)}
    owed = entry(OPEN_BILL_COLUMNS, bills, "allocate")
    applied, left = allocate(owed, entry(PAYMENT_COLUMNS, [payment], "allocate"), order=order)
    got = {row["bill"]: row for row in applied.collect().rows(named=True)}
    shares = [got.get(number, {}).get(name, 0) for number in (1, 2) for name in ("principal_fen", "late_fee_fen")]
    return still_open(owed, applied), shares, left.collect()["unapplied_fen"].item()


def shares_said(row: dict[str, str]) -> list[int]:
    return [fen_of_yuan(row[f"{what} {number}"]) for number in (1, 2) for what in ("principal", "late fee")]


@pytest.mark.parametrize("row", table("allocation.md", "payments"), ids=str)
def test_a_payment(row):
    bills = [
        {
            "bill": int(one["bill"]),
            "account": 1,
            "due_day": day(one["due"]),
            "principal_fen": fen_of_yuan(one["principal"]),
            "late_fee_fen": fen_of_yuan(one["late fee"]),
        }
        for one in table("allocation.md", "bills")
    ]
    _, shares, left = settled(bills, row["paid"], order=row["order"], names=row["names"])
    assert (shares, left) == (shares_said(row), fen_of_yuan(row["left"]))


def test_payments_on_two_days():
    bills = [bill(1, "100.00", "2024-07-01"), bill(2, "100.00", "2024-08-01")]
    paid: list[tuple[int, str, int]] = []
    for row in table("allocation.md", "rounds"):
        owed = fees(bills, paid, as_of=row["paid on"])
        assert [owed[n]["late_fee_fen"] for n in (1, 2)] == [fen_of_yuan(row[f"fee of {n} that day"]) for n in (1, 2)]
        open_bills = [
            {
                "bill": number,
                "account": 1,
                "due_day": fee["due_day"],
                "principal_fen": fee["open_fen"],
                "late_fee_fen": fee["late_fee_due_fen"],
            }
            for number, fee in owed.items()
        ]
        _, shares, left = settled(open_bills, row["paid"])
        assert (shares, left) == (shares_said(row), fen_of_yuan(row["left"]))
        paid += [(1, row["paid on"], shares[0]), (2, row["paid on"], shares[2])]


@pytest.mark.parametrize("row", table("allocation.md", "legs"), ids=str)
def test_legs_of_an_event(row):
    event, _, case = row["event"].replace("`", "").partition(" ")
    facts = {
        "transaction": 1,
        "event": event,
        "account": 0 if "unknown" in case else 7,
        "bill": 3,
        "channel": "counter" if "counter" in case else "bank_file",
        "amount_fen": 1_000,
        "fund_fen": 100,
    }
    got = legs(entry(EVENT_COLUMNS, [facts], "legs")).collect().rows(named=True)
    said = {
        (gl, sign)
        for sign, side in ((1, "debit"), (-1, "credit"))
        for gl in re.findall(r"(?<!\d)\d{4,6}(?!\d)", row[side])
    }
    assert {(leg["gl"], 1 if leg["amount_fen"] > 0 else -1) for leg in got} == said
    for named in re.findall(r"(\d{4,6}) ([^,]+)", f"{row['debit']}, {row['credit']}"):
        assert CHART[named[0]] == named[1].strip()
