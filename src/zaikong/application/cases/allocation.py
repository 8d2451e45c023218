"""Which bills does this payment settle, and what is left of it?

Bills are numbered by billing period, then by id, as they would have been issued; of bills due on one day the earlier
number is settled first.
"""

from collections import Counter
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from zaikong.application.cases.facts import Day, Facts, NotNegative, Number, collected, frame, yuan
from zaikong.domain.ledger.allocation import OPEN_BILL_COLUMNS, PAYMENT_COLUMNS, allocate
from zaikong.kernel.period import Month, day_number
from zaikong.kernel.refusal import Refusal

_ACCOUNT = 1


def _as_id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_month(value: object) -> str:
    try:
        return str(Month.parse(str(value)))
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal


Id = Annotated[str, BeforeValidator(_as_id), Field(min_length=1)]


class Bill(Facts):
    """An open bill with the late fee it carries."""

    id: Id
    period: Annotated[str, BeforeValidator(_as_month)]
    due_date: Day
    amount_yuan: NotNegative
    late_fee_yuan: NotNegative = 0


class Input(Facts):
    """Facts."""

    bills: list[Bill]
    payment_yuan: NotNegative
    designated: Id | None = None
    order: Literal["principal_first", "fee_first"] = "principal_first"

    @model_validator(mode="after")
    def _bills_are_known(self) -> "Input":
        counts = Counter(bill.id for bill in self.bills)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise ValueError(f"bill {twice[0]} stands twice")
        if self.designated is not None and self.designated not in counts:
            raise ValueError(f"designated bill {self.designated} is not among the bills")
        return self


class Applied(Facts):
    """What a bill got."""

    principal: Number = Decimal(0)
    late_fee: Number = Decimal(0)


class Expect(Facts):
    """Answer."""

    applied: dict[Id, Applied] = Field(default_factory=dict)
    unapplied_yuan: Number = Decimal(0)


def answer(facts: Input) -> dict[str, object]:
    """What each bill got, bills that got nothing included, and what is left."""
    bills = sorted(facts.bills, key=lambda bill: (bill.period, bill.id))
    number = {bill.id: place for place, bill in enumerate(bills, start=1)}
    payment = {
        "payment": 1,
        "account": _ACCOUNT,
        "amount_fen": facts.payment_yuan,
        "designated_bill": number[facts.designated] if facts.designated else 0,
    }
    applied, unapplied = allocate(
        frame(OPEN_BILL_COLUMNS, [_open(bill, number[bill.id]) for bill in bills], rule="allocate"),
        frame(PAYMENT_COLUMNS, [payment], rule="allocate"),
        order=facts.order,
    )
    got = {row["bill"]: row for row in collected(applied)}
    nothing = {"principal_fen": 0, "late_fee_fen": 0}
    rows = {bill.id: got.get(number[bill.id], nothing) for bill in facts.bills}
    return {
        "applied": {
            name: {"principal": yuan(row["principal_fen"]), "late_fee": yuan(row["late_fee_fen"])}
            for name, row in rows.items()
        },
        "unapplied_yuan": yuan(collected(unapplied)[0]["unapplied_fen"]),
    }


def _open(bill: Bill, number: int) -> dict[str, object]:
    return {
        "bill": number,
        "account": _ACCOUNT,
        "due_day": day_number(bill.due_date),
        "principal_fen": bill.amount_yuan,
        "late_fee_fen": bill.late_fee_yuan,
    }
