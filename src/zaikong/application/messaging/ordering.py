"""Which messages leave today, and what do they say?

The rule chooses; here the texts are written and put into the outbox with their bills, in one transaction. Nothing is
sent. Run twice, it orders once: a customer who has a message of the business date gets no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.domain.collection.contact import contact_terms, next_allowed
from zaikong.domain.collection.messages import (
    CONTACT_COLUMNS,
    HOLDER_COLUMNS,
    REACH_COLUMNS,
    SUBJECT_COLUMNS,
    messages_today,
)
from zaikong.domain.collection.templates import Language, MessageLine, UnableToWriteMessageError, template_on, written
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import day_number
from zaikong.store.models import MessageItem, OutboundMessage
from zaikong.store.queries import messages as reads
from zaikong.store.queries import payments as money

_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who writes: the company's name and the telephone for questions."""

    company: str
    hotline: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was put into the outbox.

    Attributes:
        queued: Messages.
        items: Bills they name.
        withheld: Why a customer gets none, to how many.
        findings: Customers a person must look at: not reached, or a text that may not be sent.
    """

    queued: int
    items: int
    withheld: Mapping[str, int]
    findings: tuple[Finding, ...]


@transaction.atomic
def order_messages(
    positions: pl.DataFrame, *, supplier: Supplier, as_of: date, now: datetime, language: Language = "zh"
) -> Ordered:
    """Write today's messages into the outbox.

    Args:
        positions: Where each debt stands, as `domain.collection.ladder.positions` gives it.
        supplier: Who writes.
        as_of: The business date.
        now: The time; a message waits for the hours of its channel.
        language: Language of the texts.

    Raises:
        UnableToFindValueError: No terms or no template in force.
        UnableToWriteMessageError: A step names a template there is none of.
    """
    terms = contact_terms(as_of=as_of).value
    chosen, items = messages_today(
        _entry(positions, SUBJECT_COLUMNS),
        _entry(reads.holders(), HOLDER_COLUMNS),
        _entry(reads.reach(), REACH_COLUMNS),
        _entry(reads.opt_outs(as_of=as_of), REACH_COLUMNS),
        _entry(_today_once(as_of), CONTACT_COLUMNS),
        as_of_day=day_number(as_of),
        reminders_a_week=terms.reminders_a_week,
    )
    decided, bills = collected(chosen), collected(items)
    findings = [
        Finding("CUSTOMER_NOT_REACHED", str(row["customer"]), f"no address for {row['channel']}: {row['step']} is work")
        for row in decided.filter(pl.col("decision") == "NOT_REACHED").sort("customer").iter_rows(named=True)
    ]
    to_send = decided.filter(pl.col("decision") == "send").sort("customer")
    opening = {str(channel): next_allowed(now, channel=str(channel), terms=terms) for channel in terms.windows}
    lines = _lines(bills, as_of)
    orders = []
    for row in (
        to_send.join(reads.addressees(to_send["customer"]), on="customer").sort("customer").iter_rows(named=True)
    ):
        try:
            orders.append(_order(row, lines[row["customer"]], supplier, opening, as_of, now, language))
        except UnableToWriteMessageError as error:
            if error.code == "TEMPLATE_UNKNOWN":
                raise
            findings.append(Finding(error.code, str(row["customer"]), error.message, error.article))
    OutboundMessage.objects.bulk_create([order for order, _ in orders], batch_size=_BATCH)
    rows = [MessageItem(message=order, **line) for order, own in orders for line in own]
    MessageItem.objects.bulk_create(rows, batch_size=_BATCH)
    withheld = decided.filter(pl.col("decision") != "send").group_by("decision").len().sort("decision")
    return Ordered(len(orders), len(rows), dict(withheld.iter_rows()), tuple(findings))


def _today_once(as_of: date) -> pl.DataFrame:
    """Recent messages; one of today counts even when it failed, or it would be written again at once."""
    today = reads.written_today(as_of=as_of).with_columns(day=pl.lit(day_number(as_of), pl.Int64))
    return pl.concat([reads.contacts(as_of=as_of).filter(pl.col("day") < day_number(as_of)), today])


def _lines(bills: pl.DataFrame, as_of: date) -> dict[int, list[dict[str, Any]]]:
    """The bills of each customer with what is owed on them today."""
    if bills.is_empty():
        return {}
    items = with_law_facts(money.items_of_bills(bills["bill"]))
    fees = late_fees_of(items, money.paid_by_day(bills["bill"]), day=day_number(as_of))
    whole = (
        bills.join(items.select("bill", "month", "due_day", "open_fen"), on="bill")
        .join(fees.select("bill", "late_fee_due_fen"), on="bill")
        .join(reads.account_facts(bills["account"]), on="account")
        .sort("customer", "due_day", "bill")
    )
    lines: dict[int, list[dict[str, Any]]] = {}
    for row in whole.iter_rows(named=True):
        lines.setdefault(row["customer"], []).append(row)
    return lines


def _order(  # noqa: PLR0917 -- one message's facts, each of its own kind
    row: Mapping[str, Any],
    lines: list[dict[str, Any]],
    supplier: Supplier,
    opening: Mapping[str, datetime],
    as_of: date,
    now: datetime,
    language: Language,
) -> tuple[OutboundMessage, list[dict[str, Any]]]:
    version = template_on(row["template"], as_of=as_of)
    today = day_number(as_of)
    text = written(
        version.value,
        [
            MessageLine(
                line["account_no"],
                line["month"],
                line["open_fen"],
                line["late_fee_due_fen"],
                line["due_day"],
                today - line["due_day"],
            )
            for line in lines
        ],
        language=language,
        customer_name=row["name"],
        is_person=row["is_person"],
        company=supplier.company,
        hotline=supplier.hotline,
    )
    order = OutboundMessage(
        customer_id=row["customer"],
        business_date=as_of,
        step=row["step"],
        statutory=row["statutory"],
        template=version.value.template,
        template_edition=version.edition,
        language=language,
        channel=row["channel"],
        address=row["phone"],
        subject=text.subject,
        body=text.body,
        queued_at=now,
        not_before_at=opening[row["channel"]],
    )
    items = [
        {
            "account_id": line["account"],
            "case_id": line["case"],
            "bill_id": line["bill"],
            "step": line["step"],
            "open_fen": line["open_fen"],
            "late_fee_fen": line["late_fee_due_fen"],
        }
        for line in lines
    ]
    return order, items


def _entry(frame: pl.DataFrame, columns: tuple[str, ...]) -> nw.LazyFrame:
    return checked(nw.from_native(frame.lazy()), columns, rule="messages")
