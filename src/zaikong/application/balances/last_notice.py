"""What is said just before a prepaid account is cut, and when? 停电前通知.

One message for each approved prepaid order, written when the order is approved and held back so that it arrives in the
hours before the stated time: not more than a day before (the company's own limit) and, the channel's hours allowing, in
time for the thirty minutes the law asks. It states the time of the order. One that failed is written again while there
is time.

Basis: 《民法典》 article 654; `domain/law/parameters/prepaid_cut.yaml`.
"""

from datetime import date, datetime, timedelta
from typing import Final

import polars as pl
from django.db import transaction

from zaikong.application.balances.telling import CHANNEL
from zaikong.application.cutting.asking import may_cut
from zaikong.application.documents.letterhead import letterhead
from zaikong.domain.collection.contact import contact_terms, next_allowed
from zaikong.domain.feecontrol.balance_message import PRE_CUT, BalanceLine, balance_message, text_on
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import BalanceMessage, CutOrder, OutboundMessage
from zaikong.store.queries import balances as reads

STEP: Final = "PRE_CUT"
AHEAD: Final = timedelta(hours=12)
"""How long before the stated time the notice may go at the earliest."""


class UnableToGiveLastNoticeError(Refusal):
    """An order for which no last notice can be written."""


@transaction.atomic
def order_last_notice(*, order: int, at: datetime) -> OutboundMessage:
    """Put the last notice of an approved prepaid order into the outbox; one that stands already is handed back.

    Args:
        order: The order.
        at: Now.

    Raises:
        UnableToGiveLastNoticeError: No approved prepaid order, its time has passed, its balance is not known, or no
            telephone reaches the customer.
        UnableToWriteMessageError: The text would carry a number that is not for a message.
    """
    asked = CutOrder.objects.select_for_update(of=("self",)).select_related("account").filter(pk=order).first()
    if asked is None or asked.regime != CutOrder.Regime.PREPAID or asked.state != CutOrder.State.APPROVED:
        raise _refused("NOT_APPROVED", f"{order} is no approved prepaid order", "Approve it first.")
    if asked.planned_at <= at:
        raise _refused("TIME_PASSED", "the time of the order has passed", "Propose anew.")
    standing = BalanceMessage.objects.select_related("message").filter(order=asked, kind=BalanceMessage.Kind.PRE_CUT)
    found = standing.exclude(message__state=OutboundMessage.State.FAILED).first()
    return found.message if found is not None else _written(asked, at)


def order_last_notices(*, at: datetime) -> list[Finding]:
    """Write the last notice of every approved prepaid order that has none; what could not be written is a finding.

    Args:
        at: Now.
    """
    findings = []
    waiting = CutOrder.objects.filter(
        regime=CutOrder.Regime.PREPAID, state=CutOrder.State.APPROVED, planned_at__gt=at
    ).order_by("planned_at", "pk")
    for order in waiting.values_list("pk", flat=True):
        try:
            order_last_notice(order=order, at=at)
        except Refusal as refused:
            findings.append(Finding(refused.code, str(order), refused.message))
    return findings


def _written(order: CutOrder, at: datetime) -> OutboundMessage:
    facts = may_cut([(order.account_id, order.pk)], at=at)[0].facts
    if facts["available_fen"] is None or facts["overdraft_limit_fen"] is None:
        raise _refused("BALANCE_UNKNOWN", "the balance is not known", "Wait for the night's estimate.")
    who = reads.addressed(pl.Series("account", [order.account_id], pl.Int64)).row(0, named=True)
    if not who["phone"]:
        raise _refused("NOT_REACHED", f"no telephone reaches {who['account_no']}", "Record one, or cancel the order.")
    on = at.astimezone(TIME_ZONE).date()
    head, version = letterhead(), text_on(PRE_CUT, as_of=on)
    line = BalanceLine(
        who["account_no"],
        facts["available_fen"],
        facts["overdraft_limit_fen"],
        f"{at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}",
        f"{order.planned_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}",
    )
    text = balance_message(
        version.value,
        [line],
        language="zh",
        customer_name=who["name"],
        is_person=who["is_person"],
        company=head.supplier_name,
        hotline=head.contact_phone,
    )
    opening = next_allowed(max(at, order.planned_at - AHEAD), channel=CHANNEL, terms=contact_terms(as_of=on).value)
    message = OutboundMessage.objects.create(
        customer_id=who["customer"],
        business_date=on,
        step=_step(who["customer"], on),
        statutory=True,
        template=PRE_CUT,
        template_edition=version.edition,
        language="zh",
        channel=CHANNEL,
        address=who["phone"],
        subject=text.subject,
        body=text.body,
        queued_at=at,
        not_before_at=opening,
    )
    BalanceMessage.objects.create(
        message=message,
        account_id=order.account_id,
        kind=BalanceMessage.Kind.PRE_CUT,
        order=order,
        available_fen=facts["available_fen"],
    )
    return message


def _step(customer: int, on: date) -> str:
    """The notice of a second order of one customer and day, or of a second attempt, is a step of its own."""
    before = OutboundMessage.objects.filter(customer_id=customer, business_date=on, step__startswith=STEP).count()
    return f"{STEP}_{before + 1}" if before else STEP


def _refused(code: str, message: str, remedy: str) -> UnableToGiveLastNoticeError:
    return UnableToGiveLastNoticeError(message, code=code, remedy=remedy)
