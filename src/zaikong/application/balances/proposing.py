"""Whose prepaid supply is asked to be cut, when, and what is said just before?

By agreement a cut is *approved* (two people decide it, as every cut) or *automatic* (the customer agreed beforehand; the
order needs nobody's word, but a resident's, and an important user's, is confirmed by a person all the same, or the rule
refuses). Either way nothing is taken here: the order waits for its stated time, the rule is asked then, and before it
the last notice must have been delivered.

Basis: the prepayment agreement (《河南省供用电条例》 article 41); 《民法典》 article 654; 《个人信息保护法》 article 24.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

import polars as pl
from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.balances.last_notice import UnableToGiveLastNoticeError, order_last_notice
from zaikong.application.cutting.asking import JURISDICTION, Answer, may_cut
from zaikong.application.cutting.orders import TIMED, Proposed, UnableToOrderCutError
from zaikong.application.roles import PROPOSE_CUTS, permission
from zaikong.domain.collection.templates import UnableToWriteMessageError
from zaikong.domain.law.parameters import QuietWindows, in_law
from zaikong.domain.law.protection import quiet_days
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE, date_of_day, day_number
from zaikong.store.models import Account, CutOrder, PrepaymentAgreement, Staff
from zaikong.store.queries import balances as reads
from zaikong.store.queries import payments as payment_queries
from zaikong.store.queries.cut_facts import STALE_AFTER_DAYS

WAITED_FOR: Final = TIMED | {"HUMAN_STEP_MISSING"}
"""Conditions that may still be met between the proposal and the cut."""

MORNING: Final = time(10, 0)
"""When a prepaid cut is planned: within the hours of residents, and after the morning's messages."""

FIRST_DAY: Final = {False: 2, True: 1}
"""Days from the night to the first day a cut may be planned: a day for two people to decide, none where nobody does."""

_State = CutOrder.State
_LIVE: Final = (_State.PROPOSED, _State.APPROVED, _State.RESERVED, _State.SENT, _State.FAILED)


@dataclass(frozen=True, slots=True)
class ProposedOfNight:
    """What a night proposed.

    Attributes:
        proposed: Orders made.
        withheld: Condition that failed to how many accounts it kept connected.
        findings: What a person must look at.
    """

    proposed: int
    withheld: dict[str, int]
    findings: list[Finding] = field(default_factory=list)


@transaction.atomic
def propose_prepaid_cut(
    *, account: int, staff: Staff | None, at: datetime, planned_at: datetime, scope: str = ""
) -> Proposed:
    """Propose to cut an account that pays ahead at a time.

    Args:
        account: The account.
        staff: Who proposes; None for the night.
        at: Now.
        planned_at: When; the last notice will state it.
        scope: What is cut, such as the whole supply.

    Returns:
        The order: approved at once where the agreement says automatic, else waiting for two people.

    Raises:
        UnableToOrderCutError: No right; no agreement in force; the time has passed; an order lives already; supply is
            cut already; a condition fails that waiting does not mend; or an automatic cut cannot be announced.
    """
    if staff is not None and not staff.has_perm(permission(PROPOSE_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not propose a cut", "Ask somebody whose role may.")
    agreement = _agreement(account, at)
    if planned_at <= at:
        raise _refused("TIME_PASSED", "the time of the cut has passed", "Name a later one.")
    # the lock of money: what is credited meanwhile is seen by the rule below, or comes after the proposal
    payment_queries.lock_accounts(pl.Series("account", [account], pl.Int64))
    if CutOrder.objects.filter(account_id=account, state__in=_LIVE).exists():
        raise _refused("ORDER_LIVES", "a cut order of this account lives already", "Decide or cancel that one.")
    if reads.is_cut(account):
        raise _refused("ALREADY_CUT", "supply of this account is cut already", "Nothing is left to cut.")
    automatic = agreement.cut_mode == PrepaymentAgreement.CutMode.AUTOMATIC
    order = CutOrder.objects.create(
        account_id=account,
        regime=CutOrder.Regime.PREPAID,
        scope=scope,
        planned_at=planned_at,
        proposed_at=at,
        proposed_by=staff,
        approvals_needed=0 if automatic else 2,
    )
    outlook = may_cut([(account, order.pk)], at=planned_at)[0]
    lasting = [failed for failed in outlook.failed if failed.reason not in WAITED_FOR]
    if lasting:
        raise _refused(
            "CONDITION_FAILS",
            "; ".join(f"{failed.reason} ({failed.basis})" for failed in lasting),
            "Mend what is named, or leave the account connected.",
        )
    _log(order, agreement, staff, at, automatic=automatic)
    if automatic:
        order.state = _State.APPROVED
        order.save(update_fields=["state"])
        _announce(order, at)
    return Proposed(order.pk, outlook)


def propose_due(*, as_of: date, at: datetime) -> ProposedOfNight:
    """Propose a cut for every account below its limit that the rule would let be cut.

    Args:
        as_of: The business date, whose balances are on record.
        at: The moment of the night.
    """
    due = reads.to_propose(as_of=as_of)
    found = ProposedOfNight(0, {})
    if due.is_empty():
        return found
    planned = {
        (resident, automatic): planned_prepaid_cut(resident=resident, automatic=automatic, as_of=as_of)
        for resident in (True, False)
        for automatic in (True, False)
    }
    may = _outlooks(due, planned)
    proposed, withheld, findings = 0, dict[str, int](), list[Finding]()
    for account, resident, automatic in due.iter_rows():
        moment = planned[resident, automatic]
        lasting = _lasting(may.get(account))
        if moment is None or lasting:
            why = lasting[0] if lasting else "NO_DAY"
            withheld[why] = withheld.get(why, 0) + 1
            continue
        try:
            propose_prepaid_cut(account=account, staff=None, at=at, planned_at=moment)
        except UnableToOrderCutError as refused:
            findings.append(Finding(refused.code, str(account), refused.message))
        else:
            proposed += 1
    return ProposedOfNight(proposed, withheld, findings)


def planned_prepaid_cut(
    *, resident: bool, automatic: bool, as_of: date, jurisdiction: str = JURISDICTION
) -> datetime | None:
    """When a cut proposed tonight may be planned; None where no day fits while tonight's estimate stands.

    Args:
        resident: Class of the customer.
        automatic: Whether nobody decides it.
        as_of: The business date.
        jurisdiction: The company's place.
    """
    first = day_number(as_of) + FIRST_DAY[automatic and not resident]
    for day in range(first, day_number(as_of) + STALE_AFTER_DAYS + 1):
        law = in_law(QuietWindows, as_of=date_of_day(day), jurisdiction=jurisdiction).value
        reason = next(iter(quiet_days(day, day + 1, law=law)))[1]
        if not ((law.resident if resident else law.other) and reason):
            return datetime.combine(date_of_day(day), MORNING, TIME_ZONE)
    return None


def _outlooks(due: pl.DataFrame, planned: dict[tuple[bool, bool], datetime | None]) -> dict[int, Answer]:
    """What the rule says of each at its own time, asked in bulk."""
    answers: dict[int, Answer] = {}
    for moment in {moment for moment in planned.values() if moment is not None}:
        group = [(row[0], None) for row in due.iter_rows() if planned[row[1], row[2]] == moment]
        answers |= {answer.account: answer for answer in may_cut(group, at=moment)}
    return answers


def _lasting(answer: Answer | None) -> list[str]:
    return [failed.reason for failed in answer.failed if failed.reason not in WAITED_FOR] if answer else []


def _agreement(account: int, at: datetime) -> PrepaymentAgreement:
    found = Account.objects.filter(pk=account).first()
    if found is None:
        raise _refused("ACCOUNT_UNKNOWN", f"there is no account {account}", "Look again.")
    if found.payment_mode != CutOrder.Regime.PREPAID:
        raise _refused("NOT_PREPAID", f"{found.account_no} does not pay ahead", "The post-paid procedure applies.")
    agreement = PrepaymentAgreement.objects.filter(
        account=found,
        state=PrepaymentAgreement.State.IN_FORCE,
        from_date__lte=at.astimezone(TIME_ZONE).date(),
    ).first()
    if agreement is None:
        raise _refused("NO_AGREEMENT", f"{found.account_no} has signed no prepayment agreement", "Have one signed.")
    return agreement


def _announce(order: CutOrder, at: datetime) -> None:
    """Nobody looks at an automatic cut again, so one that cannot be announced is not ordered."""
    try:
        order_last_notice(order=order.pk, at=at)
    except (UnableToGiveLastNoticeError, UnableToWriteMessageError) as refused:
        raise _refused(refused.code, refused.message, refused.remedy) from refused


def _log(
    order: CutOrder, agreement: PrepaymentAgreement, staff: Staff | None, at: datetime, *, automatic: bool
) -> None:
    decision_log.append(
        kind="cut_proposed",
        subject=order.account.account_no,
        actor=staff.username if staff else "night",
        body={"order": order.pk, "agreement": agreement.agreement_no, "automatic": automatic},
        as_of=at.astimezone(TIME_ZONE).date(),
        at=at,
    )


def _refused(code: str, message: str, remedy: str) -> UnableToOrderCutError:
    return UnableToOrderCutError(message, code=code, remedy=remedy)
