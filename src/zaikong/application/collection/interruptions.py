"""What interrupts the limitation of a debt, and how is it proved? 诉讼时效中断.

Every interruption stands on a proof or on a record of this house: a proof kept as evidence, a served notice, a signed
agreement. A part payment is proved by the ledger.

Basis: 《民法典》 article 195; 《诉讼时效规定》 articles 8 and 11.
"""

from datetime import date, datetime

from django.db import transaction

from zaikong.application.collection.entries import (
    lock_account,
    require_evidence,
    require_moment,
    require_right,
    require_room,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.roles import HANDLE_CASES
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Allocation, Bill, LimitationEvent, NoticeService, Staff

_Kind = LimitationEvent.Kind
_LONGEST_NOTE = 200


class UnableToRecordInterruptionError(Refusal):
    """An interruption that is not proved, not of this account, or known already."""


@transaction.atomic
def record_interruption(
    *,
    account: int,
    kind: str,
    event_date: date,
    staff: Staff,
    at: datetime,
    bill: int | None = None,
    evidence: int | None = None,
    service: int | None = None,
    note: str = "",
) -> LimitationEvent:
    """Write down that the limitation of a debt was interrupted.

    Args:
        account: Whose debt.
        kind: One of `LimitationEvent.Kind`.
        event_date: When it took effect, such as the day a demand arrived.
        staff: Who writes it down.
        at: When they do.
        bill: The bill; every open one where None.
        evidence: A proof.
        service: The service of a notice that proves it.
        note: What a reader should know.

    Raises:
        UnableToRecordInterruptionError: An unknown account, bill, kind or proof; nothing that proves it; a day to come;
            or the same was written down before.
    """
    require_right(staff, HANDLE_CASES, error=UnableToRecordInterruptionError)
    error = UnableToRecordInterruptionError
    if not Account.objects.filter(pk=account).exists():
        raise error(
            f"there is no account {account}", code="ACCOUNT_UNKNOWN", fields={"account": account}, remedy="Look again."
        )
    lock_account(account)
    if kind not in _Kind.values:
        raise error(
            f"{kind!r} interrupts nothing",
            code="KIND_UNKNOWN",
            fields={"kind": kind},
            remedy="Use one of: " + ", ".join(_Kind.values) + ".",
        )
    if bill is not None and not Bill.objects.filter(pk=bill, account_id=account).exists():
        raise error(f"the account has no bill {bill}", code="BILL_UNKNOWN", fields={"bill": bill}, remedy="Look again.")
    if event_date > business_date_of(require_moment(at, error=error)):
        raise error(
            f"{event_date} is yet to come",
            code="DATE_IN_FUTURE",
            fields={"event_date": event_date},
            remedy="Correct the day.",
        )
    said = require_room(note, name="note", error=error, longest=_LONGEST_NOTE)
    _proved(account, kind, event_date, bill=bill, evidence=evidence, service=service)
    if LimitationEvent.objects.filter(account_id=account, bill_id=bill, kind=kind, event_date=event_date).exists():
        raise error(
            "it is written down already",
            code="INTERRUPTION_KNOWN",
            fields={"event_date": event_date},
            remedy="Look at the list.",
        )
    return LimitationEvent.objects.create(
        account_id=account,
        bill_id=bill,
        kind=kind,
        event_date=event_date,
        service_id=service,
        evidence_id=evidence,
        note=said,
        recorded_by=staff,
    )


def _proved(
    account: int, kind: str, event_date: date, *, bill: int | None, evidence: int | None, service: int | None
) -> None:
    error = UnableToRecordInterruptionError
    require_evidence([] if evidence is None else [evidence], error=error)
    if service is not None and not NoticeService.objects.filter(pk=service, notice__account_id=account).exists():
        raise error(
            f"no notice of the account has a service {service}",
            code="SERVICE_UNKNOWN",
            fields={"service": service},
            remedy="Record the service first.",
        )
    if evidence is not None or service is not None:
        return
    paid = Allocation.objects.filter(account_id=account, effective_date=event_date, principal_fen__gt=0)
    if kind == str(_Kind.PART_PAYMENT) and (paid if bill is None else paid.filter(bill_id=bill)).exists():
        return
    raise error(
        "nothing proves it",
        code="EVIDENCE_MISSING",
        fields={"kind": kind},
        article="《诉讼时效规定》" if kind == str(_Kind.DEMAND_DELIVERED) else "",
        remedy="Add the receipt, the filing or the signed paper; a part payment must be in the ledger.",
    )
