"""What late fee do these bills carry when they are paid on a day?

Part payments lower principal, that of the bill due first before the next, through the production allocation. They are
taken to settle principal alone: the late fee asked for is the whole that accrued to the day of payment.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from zaikong.application.cases.facts import Day, Facts, NotNegative, Number, collected, frame, yuan
from zaikong.domain.law.late_fee import late_fee_law
from zaikong.domain.ledger.allocation import OPEN_BILL_COLUMNS, PAYMENT_COLUMNS, allocate, still_open
from zaikong.domain.ledger.late_fee import APPLICATION_COLUMNS, BILL_COLUMNS, late_fees
from zaikong.kernel.period import day_number

_ACCOUNT = 1


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


class Bill(Facts):
    """A bill in arrears."""

    amount_yuan: NotNegative
    due_date: Day


class PartPayment(Facts):
    """Money paid on the bills before the rest."""

    date: Day
    amount_yuan: NotNegative


class Input(Facts):
    """Facts."""

    customer: Literal["resident", "other"]
    bills: Annotated[list[Bill], Field(min_length=1)]
    paid_date: Day
    cross_year: Literal["split", "whole"] = "split"
    edition: Annotated[Literal["1996", "2024"], BeforeValidator(_as_text)] | None = None
    part_payments: list[PartPayment] = Field(default_factory=list)
    bankruptcy_accepted: Day | None = None


class Expect(Facts):
    """Answer."""

    fee_yuan: Number = Decimal(0)
    days: int = 0


def answer(facts: Input) -> dict[str, object]:
    """Late fee of all bills and days of the first."""
    fees = late_fees(
        frame(BILL_COLUMNS, [_bill(number, facts) for number in range(1, len(facts.bills) + 1)], rule="late_fees"),
        frame(APPLICATION_COLUMNS, _applications(facts), rule="late_fees"),
        as_of_day=day_number(facts.paid_date),
        law=late_fee_law(as_of=facts.paid_date, edition=facts.edition),
        cross_year=facts.cross_year,
    )
    by_bill = {row["bill"]: row for row in collected(fees)}
    return {
        "fee_yuan": yuan(sum(row["late_fee_fen"] for row in by_bill.values())),
        "days": by_bill[1]["late_days"],
    }


def _bill(number: int, facts: Input) -> dict[str, object]:
    bill = facts.bills[number - 1]
    return {
        "bill": number,
        "account": _ACCOUNT,
        "resident": facts.customer == "resident",
        "due_day": day_number(bill.due_date),
        "amount_fen": bill.amount_yuan,
        "rate_ppm": 0,
        "bankruptcy_day": _day_or_none(facts.bankruptcy_accepted),
        "late_fee_waived_fen": 0,
        "late_fee_paid_fen": 0,
    }


def _day_or_none(day: date | None) -> int:
    return day_number(day) if day else 0


def _applications(facts: Input) -> list[dict[str, Any]]:
    owed = frame(OPEN_BILL_COLUMNS, _open_bills(facts), rule="allocate")
    applications = []
    for number, part in enumerate(sorted(facts.part_payments, key=lambda part: part.date), start=1):
        payment = {
            "payment": number,
            "account": _ACCOUNT,
            "amount_fen": part.amount_yuan,
            "designated_bill": 0,
        }
        applied, _ = allocate(owed, frame(PAYMENT_COLUMNS, [payment], rule="allocate"))
        applications += [{**row, "day": day_number(part.date)} for row in collected(applied)]
        owed = still_open(owed, applied)
    return applications


def _open_bills(facts: Input) -> list[dict[str, object]]:
    return [
        {
            "bill": number,
            "account": _ACCOUNT,
            "due_day": day_number(bill.due_date),
            "principal_fen": bill.amount_yuan,
            "late_fee_fen": 0,
        }
        for number, bill in enumerate(facts.bills, start=1)
    ]
