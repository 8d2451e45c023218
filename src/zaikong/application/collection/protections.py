"""Why must an account not be cut for a time, who said so, and until when? 业务保电.

A protection names its reason, its end and the day it is looked at again; its longest time is the law's table of reasons
(`domain.law.parameters`). It ends by itself: from its last moment on it protects nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

import polars as pl
from django.db import transaction

from zaikong.application.collection.entries import (
    living_case,
    lock_account,
    require_evidence,
    require_moment,
    require_right,
    require_text,
    require_two_people,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.decision_log import log_act
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.application.roles import APPROVE_CASES, HANDLE_CASES
from zaikong.domain.law.parameters import Protection as ProtectionLaw
from zaikong.domain.law.parameters import in_law
from zaikong.kernel.period import moment_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, CaseEvent, Protection, Staff

_Reason = Protection.Reason
_LONGEST_NOTE = 300

LAW_REASONS = MappingProxyType(
    {
        str(_Reason.IMPORTANT_SUPPLY): "important_user",
        str(_Reason.EVENT): "important_event",
        str(_Reason.MEDICAL): "medical_device",
        str(_Reason.VULNERABLE): "vulnerable_home",
        str(_Reason.HARDSHIP): "vulnerable_home",
        str(_Reason.METER_FAULT): "meter_fault",
        str(_Reason.AUTHORITY): "authority_order",
        str(_Reason.OTHER): "safety",
    }
)
"""Reason to its word in the law's table, which says how long it may last."""


class UnableToProtectError(Refusal):
    """A protection that cannot be given, or not be ended."""


@transaction.atomic
def protect(
    *,
    account: int,
    reason: str,
    note: str,
    from_at: datetime,
    to_at: datetime,
    review_date: date,
    staff: Staff,
    approved_by: Staff,
    at: datetime,
    evidence: Sequence[int] = (),
) -> Protection:
    """Protect an account from being cut.

    Args:
        account: Its key.
        reason: One of `Protection.Reason`.
        note: What it is, so that another can judge it.
        from_at: First moment.
        to_at: First moment no longer protected.
        review_date: When it is looked at again; within the time.
        staff: Who asks.
        approved_by: Who approves; another person.
        at: When it is decided.
        evidence: Proofs.

    Raises:
        UnableToProtectError: Unknown account or reason, no note, a time that runs backwards or longer than the reason
            allows, a review outside it, or one person in both parts.
    """
    require_right(staff, HANDLE_CASES, error=UnableToProtectError)
    error = UnableToProtectError
    if not Account.objects.filter(pk=account).exists():
        raise error(
            f"there is no account {account}", code="ACCOUNT_UNKNOWN", fields={"account": account}, remedy="Look again."
        )
    lock_account(account)
    moment, start, end = (require_moment(each, error=error) for each in (at, from_at, to_at))
    _within_law(reason, start, end)
    if not business_date_of(start) <= review_date <= business_date_of(end):
        raise error(
            f"{review_date} is not between {start:%Y-%m-%d} and {end:%Y-%m-%d}",
            code="REVIEW_DATE_WRONG",
            fields={"review_date": review_date},
            remedy="Look at it again before it ends.",
        )
    said = require_text(note, name="note", error=error, longest=_LONGEST_NOTE)
    require_two_people(staff, approved_by, error=error)
    proofs = require_evidence(evidence, error=error)
    protection = Protection.objects.create(
        account_id=account,
        reason=reason,
        note=said,
        from_at=start,
        to_at=end,
        review_date=review_date,
        approved_by=approved_by,
    )
    case = living_case(account)
    if case is not None:
        facts = {"protection": protection.pk, "to_at": end.isoformat(), "approved_by": approved_by.get_username()}
        kind = str(CaseEvent.Kind.PROTECTION)
        write_event(case, kind, at=moment, staff=staff, outcome=reason, note=said, facts=facts, evidence=proofs)
    restore_ended_cuts(pl.Series("account", [account], pl.Int64), at=moment)
    body = {"protection": protection.pk, "why": reason, "to_at": moment_number(end)}
    body |= {"approved_by": approved_by.get_username()}
    _log("supply_protected", protection, body, staff=staff, at=moment, reason=said)
    return protection


@transaction.atomic
def end_protection(*, protection: int, reason: str, staff: Staff, at: datetime) -> Protection:
    """End a protection before its time.

    Raises:
        UnableToProtectError: Unknown, over or ended already, not begun yet, or no reason.
    """
    require_right(staff, APPROVE_CASES, error=UnableToProtectError)
    error = UnableToProtectError
    found = Protection.objects.filter(pk=protection).first()
    if found is None:
        raise error(
            f"there is no protection {protection}",
            code="PROTECTION_UNKNOWN",
            fields={"protection": protection},
            remedy="Look again.",
        )
    lock_account(found.account_id)
    found = Protection.objects.select_for_update().get(pk=protection)
    moment = require_moment(at, error=error)
    said = require_text(reason, name="reason", error=error)
    if found.ended_at is not None or moment >= found.to_at:
        raise error(
            "it protects nothing any more",
            code="PROTECTION_OVER",
            fields={"protection": protection},
            remedy="Nothing is left to end.",
        )
    found.ended_at, found.ended_by = moment, staff
    found.save(update_fields=["ended_at", "ended_by"])
    case = living_case(found.account_id)
    if case is not None:
        facts = {"protection": found.pk, "reason": found.reason}
        write_event(
            case, str(CaseEvent.Kind.PROTECTION), at=moment, staff=staff, outcome="ended", note=said, facts=facts
        )
    _log("protection_ended", found, {"protection": found.pk}, staff=staff, at=moment, reason=said)
    return found


def _log(kind: str, of: Protection, body: dict[str, object], *, staff: Staff, at: datetime, reason: str) -> None:
    subject = of.account.account_no
    log_act(kind=kind, subject=subject, staff=staff, body=body, as_of=business_date_of(at), reason=reason, at=at)


def _within_law(reason: str, start: datetime, end: datetime) -> None:
    word = LAW_REASONS.get(reason)
    if word is None:
        raise UnableToProtectError(
            f"{reason!r} is no reason",
            code="REASON_UNKNOWN",
            fields={"reason": reason},
            remedy="Use one of: " + ", ".join(LAW_REASONS) + ".",
        )
    law = in_law(ProtectionLaw, as_of=business_date_of(start))
    longest = law.value.reasons[word].longest_days
    if not start < end <= start + timedelta(days=longest):
        raise UnableToProtectError(
            f"from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} is no time of at most {longest} days",
            code="PROTECTION_TERM_WRONG",
            fields={"from_at": start, "to_at": end, "longest_days": longest},
            article=str(law.basis),
            remedy="Protect for a shorter time and look again before it ends.",
        )
