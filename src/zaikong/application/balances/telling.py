"""Which customers are told tonight that a balance is low, and what becomes of those who cannot be?

One message a customer and day, whatever number of accounts it names; it waits for the hours of its channel. A customer
who had a message of the day already, who cannot be reached, or whose text may not be sent gets none tonight: the next
night asks again, because it is still owed (`domain.feecontrol.crossing.warnings_due`). Nothing is sent here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

import polars as pl

from zaikong.application.messaging.ordering import Supplier
from zaikong.domain.collection.contact import contact_terms, next_allowed
from zaikong.domain.collection.templates import UnableToWriteMessageError
from zaikong.domain.feecontrol.balance_message import OVERDRAWN, WARNING, BalanceLine, balance_message, text_on
from zaikong.kernel.finding import Finding
from zaikong.store.queries import balances as reads
from zaikong.store.queries import messages as message_reads

CHANNEL: Final = "sms"
STEPS: Final = {WARNING: "BALANCE_WARNING", OVERDRAWN: "BALANCE_OVERDRAWN"}
"""Text to the step a message says it is."""

_NAMED: Final = {
    "message_id": pl.Int64,
    "account_id": pl.Int64,
    "fallen_at": pl.Int64,
    "warning_level": pl.Int64,
    "available_fen": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What was put into the outbox.

    Attributes:
        messages: Account to the message that names it.
        queued: Messages.
        withheld: Why a customer gets none, to how many.
        findings: Customers a person must look at.
    """

    messages: Mapping[int, int]
    queued: int
    withheld: Mapping[str, int]
    findings: tuple[Finding, ...]


def order_warnings(due: pl.DataFrame, *, supplier: Supplier, as_of: date, now: datetime) -> Told:
    """Write tonight's warnings into the outbox, in the transaction of the caller.

    Args:
        due: `crossing.DUE_COLUMNS` with `available_fen` and `overdraft_limit_fen`.
        supplier: Who writes.
        as_of: The business date.
        now: The time; a message waits for the hours of its channel.
    """
    if due.is_empty():
        return Told({}, 0, {}, ())
    rows = due.join(reads.addressed(due["account"]), on="account").sort("customer", "account").to_dicts()
    had = set(message_reads.written_today(as_of=as_of)["customer"].to_list())
    opening = next_allowed(now, channel=CHANNEL, terms=contact_terms(as_of=as_of).value)
    orders: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    withheld: dict[str, int] = {}
    findings: list[Finding] = []
    for customer, group in groupby(rows, key=lambda row: row["customer"]):
        own = list(group)
        try:
            why = _reached(own, customer in had, findings)
            if not why:
                orders.append(_order(own, supplier=supplier, as_of=as_of, now=now, opening=opening))
        except UnableToWriteMessageError as error:
            why = error.code
            findings.append(Finding(error.code, str(customer), error.message, error.article))
        if why:
            withheld[why] = withheld.get(why, 0) + 1
    return _kept(orders, withheld, findings)


def _reached(own: list[dict[str, Any]], had: bool, findings: list[Finding]) -> str:  # noqa: FBT001 -- a fact, not a switch
    if not own[0]["phone"]:
        findings.append(Finding("CUSTOMER_NOT_REACHED", own[0]["account_no"], "no telephone: a person warns them"))
        return "NOT_REACHED"
    return "SENT_TODAY" if had else ""


def _order(
    own: list[dict[str, Any]], *, supplier: Supplier, as_of: date, now: datetime, opening: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    # accounts that are answered for at another telephone are told the next day
    named = [row for row in own if row["phone"] == own[0]["phone"]]
    template = OVERDRAWN if any(row["overdrawn"] for row in named) else WARNING
    version = text_on(template, as_of=as_of)
    lines = [
        BalanceLine(row["account_no"], row["available_fen"], row["overdraft_limit_fen"], as_of.isoformat())
        for row in named
    ]
    text = balance_message(
        version.value,
        lines,
        language="zh",
        customer_name=own[0]["name"],
        is_person=own[0]["is_person"],
        company=supplier.company,
        hotline=supplier.hotline,
    )
    message = {
        "customer_id": own[0]["customer"],
        "business_date": as_of,
        "step": STEPS[template],
        "template": template,
        "template_edition": version.edition,
        "address": own[0]["phone"],
        "subject": text.subject,
        "body": text.body,
        "queued_at": now,
        "not_before_at": opening,
    }
    return message, named


def _kept(
    orders: list[tuple[dict[str, Any], list[dict[str, Any]]]], withheld: Mapping[str, int], findings: list[Finding]
) -> Told:
    numbers = reads.append_messages(pl.DataFrame([message for message, _ in orders], infer_schema_length=None))
    named = [
        (number, row["account"], row["fallen_at"], row["warning_level"], row["available_fen"])
        for number, (_, rows) in zip(numbers, orders, strict=True)
        for row in rows
    ]
    reads.append_balance_messages(pl.DataFrame(named, schema=_NAMED, orient="row"))
    return Told({row[1]: row[0] for row in named}, len(orders), dict(withheld), tuple(findings))
