"""How does an account change between paying ahead and paying afterwards?

A switch is ordered by one person on a ground, approved by another before its day, and carried out at the beginning of that
day's night, which looks once more whether what it rests on still stands. To paying ahead it needs a signed agreement in
force on the day and a meter that can be commanded; back, it ends the agreement and leaves the prepaid money as balance,
free to pay what is open or to be refunded. A switch nobody approved in time, or that lacks something on its day, is
cancelled and says why. The mode of an account that is in the books changes here and nowhere else.

Basis: 《河南省供用电条例》 article 41; the grounds' own (`domain.feecontrol.mode_grounds`).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zaikong.application.collection.entries import lock_account, require_evidence, require_moment, require_right
from zaikong.application.collection.entries import require_text as required
from zaikong.application.collection.ledger import business_date_of, end_of_day
from zaikong.application.prepayment.acts import logged, require_other, require_sight, seen_account
from zaikong.application.prepayment.agreements import UnableToEndPrepaymentError, ended
from zaikong.application.roles import APPROVE_SWITCHES, ORDER_SWITCHES
from zaikong.domain.feecontrol.mode_grounds import GROUNDS, PREPAID, Ground
from zaikong.domain.feecontrol.prepayment_terms import ARTICLE_41, prepayment_terms
from zaikong.kernel.period import Month
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Evidence, PaymentModeSwitch, PrepaymentAgreement, Staff
from zaikong.store.queries import prepayment as queries

_State = PaymentModeSwitch.State
_LONGEST_REASON = 200
_CONSENT_KINDS = tuple(str(kind) for kind in (Evidence.Kind.SIGNATURE, Evidence.Kind.DOCUMENT, Evidence.Kind.RECORDING))


class UnableToSwitchModeError(Refusal):
    """A switch that may not be ordered, approved or cancelled so."""


@dataclass(frozen=True, slots=True)
class Switched:
    """What a night did.

    Attributes:
        to_prepaid: Accounts that pay ahead from now on.
        to_post_paid: Accounts that pay afterwards from now on.
        cancelled: Switches that lacked something on their day.
    """

    to_prepaid: int
    to_post_paid: int
    cancelled: int


@transaction.atomic
def order_switch(
    *,
    account_no: str,
    to_mode: str,
    ground: str,
    reason: str,
    effective_date: date,
    staff: Staff,
    at: datetime,
    consent: int | None = None,
) -> PaymentModeSwitch:
    """Order a switch.

    Args:
        account_no: Account.
        to_mode: `prepaid` or `post_paid`.
        ground: One of `domain.feecontrol.mode_grounds.GROUNDS`.
        reason: Why.
        effective_date: First day of the new mode, today or later.
        staff: Who orders it.
        at: When.
        consent: Proof of the customer's consent, where the ground asks for it.

    Raises:
        UnableToSwitchModeError: `NOT_ENTITLED`, `ACCOUNT_UNKNOWN`, `GROUND_UNKNOWN`, `GROUND_MISFIT`, `MODE_SAME`,
            `REASON_MISSING`, `DATE_PASSED`, `SWITCH_ORDERED`, `CONSENT_MISSING`, `EVIDENCE_UNKNOWN`, `EVIDENCE_MISSING`,
            `NOT_IN_ARREARS`, `RECORD_NOT_GOOD`, or `NOT_READY` naming what is missing.
    """
    error = UnableToSwitchModeError
    require_right(staff, ORDER_SWITCHES, error=error)
    moment = require_moment(at, error=error)
    account = seen_account(account_no, staff=staff, error=error)
    chosen = _ground(ground, to_mode)
    said = required(reason, name="reason", error=error, longest=_LONGEST_REASON)
    today = business_date_of(moment)
    _orderable(account, to_mode, effective_date, today)
    proof = _consented(chosen, consent)
    _grounded(chosen, account, today)
    lacks = _lacks(account, to_mode, effective_date)
    if lacks:
        raise error(
            "; ".join(lacks.values()),
            code="NOT_READY",
            fields={"missing": list(lacks)},
            article=ARTICLE_41,
            remedy="Sign the agreement, and have the device installed and accepted, then order the switch.",
        )
    ordered: PaymentModeSwitch = PaymentModeSwitch.objects.create(
        account=account,
        from_mode=account.payment_mode,
        to_mode=to_mode,
        effective_date=effective_date,
        ground=chosen.code,
        reason=said,
        consent=proof,
        agreement=queries.agreement_in_force(account),
        ordered_by=staff,
        ordered_at=moment,
    )
    body = _told(ordered) | {"consent_sha256": proof.sha256 if proof else ""}
    logged("switch_ordered", account, body, staff=staff, at=moment, reason=said)
    return ordered


@transaction.atomic
def approve_switch(*, switch: int, staff: Staff, at: datetime) -> PaymentModeSwitch:
    """Approve a switch another person ordered, on its day at the latest.

    Args:
        switch: Its number.
        staff: Who approves; not the one who ordered it.
        at: When.

    Raises:
        UnableToSwitchModeError: `NOT_ENTITLED`, `SWITCH_UNKNOWN`, `NOT_ORDERED`, `APPROVED_ALREADY`, `SAME_PERSON`,
            `MOMENT_TOO_EARLY`, `DATE_PASSED`.
    """
    error = UnableToSwitchModeError
    require_right(staff, APPROVE_SWITCHES, error=error)
    ordered = _locked(switch, staff)
    moment = require_moment(at, error=error, not_before=ordered.ordered_at)
    if ordered.approved_by_id is not None:
        raise _refused("APPROVED_ALREADY", "it is approved already", "Wait for its day.")
    require_other(ordered.ordered_by, staff, what="who orders a switch does not approve it", error=error)
    if business_date_of(moment) > ordered.effective_date:
        raise _refused("DATE_PASSED", f"its day was {ordered.effective_date}", "Cancel it and order it anew.")
    ordered.approved_by = staff
    ordered.save(update_fields=["approved_by"])
    logged("switch_approved", ordered.account, _told(ordered), staff=staff, at=moment)
    return ordered


@transaction.atomic
def cancel_switch(*, switch: int, reason: str, staff: Staff, at: datetime) -> PaymentModeSwitch:
    """Call a switch off before its day.

    Raises:
        UnableToSwitchModeError: `NOT_ENTITLED`, `SWITCH_UNKNOWN`, `NOT_ORDERED`, `REASON_MISSING`.
    """
    error = UnableToSwitchModeError
    require_right(staff, ORDER_SWITCHES, APPROVE_SWITCHES, error=error)
    said = required(reason, name="reason", error=error, longest=_LONGEST_REASON)
    ordered = _locked(switch, staff)
    moment = require_moment(at, error=error, not_before=ordered.ordered_at)
    _end(ordered, str(_State.CANCELLED), said, moment)
    logged("switch_cancelled", ordered.account, _told(ordered), staff=staff, at=moment, reason=said)
    return ordered


@transaction.atomic
def apply_due_switches(*, as_of: date) -> Switched:
    """Carry out every switch whose day has come, at the beginning of its night.

    Args:
        as_of: Business date.

    Returns:
        What was done. Run again, it finds nothing to do.
    """
    due = PaymentModeSwitch.objects.filter(state=_State.ORDERED, effective_date__lte=as_of)
    at = end_of_day(as_of)
    done = {"prepaid": 0, "post_paid": 0, "cancelled": 0}
    for switch, account in due.order_by("account_id").values_list("pk", "account_id"):
        lock_account(account)
        ordered = PaymentModeSwitch.objects.select_for_update(of=("self",)).select_related("account").get(pk=switch)
        if ordered.state == _State.ORDERED:
            done[_carried_out(ordered, at)] += 1
    return Switched(done["prepaid"], done["post_paid"], done["cancelled"])


def _carried_out(ordered: PaymentModeSwitch, at: datetime) -> str:
    """Carry one switch out: the mode reached, or `cancelled`."""
    account = ordered.account
    if ordered.approved_by_id is None:
        why = {"approval": "nobody approved it in time"}
    elif account.payment_mode != ordered.from_mode:
        why = {"mode": f"the account is {account.payment_mode} already"}
    else:
        why = _lacks(account, ordered.to_mode, ordered.effective_date)
    if why:
        _end(ordered, str(_State.CANCELLED), "; ".join(why.values()), at)
        logged("switch_cancelled", account, _told(ordered) | {"missing": list(why)}, staff=None, at=at)
        return "cancelled"
    Account.objects.filter(pk=account.pk).update(payment_mode=ordered.to_mode)
    if ordered.to_mode == PREPAID:
        ordered.agreement = queries.agreement_in_force(account)
        ordered.save(update_fields=["agreement"])
    else:
        _end_agreement(account, ordered, at)
    _end(ordered, str(_State.DONE), "", at)
    logged("payment_mode_switched", account, _told(ordered), staff=None, at=at)
    return str(ordered.to_mode)


def _end_agreement(account: Account, ordered: PaymentModeSwitch, at: datetime) -> None:
    agreement = queries.agreement_in_force(account)
    if agreement is None or agreement.from_date is None:
        return
    on = max(ordered.effective_date, agreement.from_date)
    try:
        ended(agreement, reason=f"switched to paying afterwards: {ordered.reason}", on=on, staff=None, at=at)
    except UnableToEndPrepaymentError as refusal:  # a day before its first cannot come up: `on` is never before it
        raise UnableToSwitchModeError(
            refusal.message, code=refusal.code, fields=refusal.fields, remedy=refusal.remedy
        ) from refusal


def _end(ordered: PaymentModeSwitch, state: str, reason: str, at: datetime) -> None:
    ordered.state, ordered.ended_at, ordered.ended_reason = state, at, reason[:_LONGEST_REASON]
    ordered.save(update_fields=["state", "ended_at", "ended_reason"])


def _ground(ground: str, to_mode: str) -> Ground:
    chosen = GROUNDS.get(ground)
    if chosen is None:
        raise _refused("GROUND_UNKNOWN", f"{ground!r} is no ground", "Use one of: " + ", ".join(GROUNDS) + ".")
    if to_mode not in chosen.to_modes:
        leads = ", ".join(chosen.to_modes)
        raise _refused("GROUND_MISFIT", f"{ground} leads to {leads}, not to {to_mode!r}", "Choose another ground.")
    return chosen


def _orderable(account: Account, to_mode: str, effective_date: date, today: date) -> None:
    if account.payment_mode == to_mode:
        raise _refused("MODE_SAME", f"the account is {to_mode} already", "Nothing is left to switch.")
    if effective_date < today:
        raise _refused("DATE_PASSED", f"{effective_date} has passed", "Name today or a later day.")
    if PaymentModeSwitch.objects.filter(account=account, state=_State.ORDERED).exists():
        raise _refused("SWITCH_ORDERED", "a switch is ordered already", "Cancel it first.")


def _consented(chosen: Ground, consent: int | None) -> Evidence | None:
    if consent is not None:
        return require_evidence([consent], error=UnableToSwitchModeError, kinds=_CONSENT_KINDS)[0]
    if chosen.consent:
        raise UnableToSwitchModeError(
            "the customer's consent is not proved",
            code="CONSENT_MISSING",
            article=chosen.article,
            remedy="Add the signed consent, or order it on another ground.",
        )
    return None


def _grounded(chosen: Ground, account: Account, today: date) -> None:
    overdue = queries.overdue_fen(account, on=today)
    if chosen.overdue and overdue <= 0:
        raise UnableToSwitchModeError(
            "nothing undisputed is overdue",
            code="NOT_IN_ARREARS",
            article=chosen.article,
            remedy="Without arrears the customer must agree.",
        )
    if not chosen.good_record:
        return
    months = prepayment_terms(as_of=today).good_record_months
    since = queries.prepaid_since(account)
    if overdue > 0 or since is None or today < _after_months(since, months):
        raise _refused(
            "RECORD_NOT_GOOD",
            f"paying ahead since {since or 'nobody knows when'}, overdue {overdue} fen",
            f"It takes {months} months of paying ahead and nothing overdue; or the customer agrees with the company.",
        )


def _after_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    later = Month.of(day).shifted(months)
    return min(later.last_day, later.start.replace(day=min(day.day, later.last_day.day)))


def _lacks(account: Account, to_mode: str, on: date) -> dict[str, str]:
    """What a switch still needs on its day: short name to what is said of it."""
    if to_mode != PREPAID:
        return {}
    lacks = {}
    agreement: PrepaymentAgreement | None = queries.agreement_in_force(account)
    if agreement is None or agreement.from_date is None or agreement.from_date > on:
        lacks["agreement"] = f"no signed prepayment agreement is in force on {on}"
    if not queries.can_be_commanded(account):
        lacks["device"] = "no accepted fee-control device and no meter with a relay"
    return lacks


def _told(switch: PaymentModeSwitch) -> dict[str, object]:
    return {
        "switch": switch.pk,
        "from_mode": str(switch.from_mode),
        "to_mode": str(switch.to_mode),
        "effective_date": switch.effective_date.isoformat(),
        "ground": switch.ground,
        "ordered_by": switch.ordered_by.get_username(),
        "approved_by": switch.approved_by.get_username() if switch.approved_by else "",
    }


def _locked(switch: int, staff: Staff) -> PaymentModeSwitch:
    found = PaymentModeSwitch.objects.select_related("account").filter(pk=switch).first()
    if found is None:
        raise _refused("SWITCH_UNKNOWN", f"there is no switch {switch}", "Check the number.")
    require_sight(found.account, staff=staff, error=UnableToSwitchModeError)
    lock_account(found.account_id)
    again: PaymentModeSwitch = PaymentModeSwitch.objects.select_for_update(of=("self",)).get(pk=switch)
    if again.state != _State.ORDERED:
        raise _refused("NOT_ORDERED", f"switch {switch} is {again.state}", "Order a new one if need be.")
    return again


def _refused(code: str, message: str, remedy: str) -> UnableToSwitchModeError:
    return UnableToSwitchModeError(message, code=code, remedy=remedy)
