"""Which guarantees secure an account, how much of its debt, and which lapse soon?

A guarantee is recorded, renewed by another, and released or called; what was written on it stays. Coverage and the expiry
ladder are the rules of `domain.recovery.guarantee` over everything owed.

Basis: 《民法典》 articles 683 (no organ of the state), 690–692.
"""

from dataclasses import dataclass
from datetime import date

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.application.collection.ledger import end_of_day
from zaikong.application.decision_log import log_act
from zaikong.application.documents.letterhead import letterhead
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.application.roles import APPROVE_CASES, DRAFT_CONTRACTS, HANDLE_CASES, permission
from zaikong.application.seeing import scope_of
from zaikong.domain.recovery.guarantee import (
    BANK,
    DEBT_COLUMNS,
    GUARANTEE_COLUMNS,
    THIRD_PARTY,
    coverage,
    lapsing,
    period_days,
)
from zaikong.domain.registry.clause_check import legal_basis
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Guarantee, Staff
from zaikong.store.queries import guarantees as reads
from zaikong.store.queries import payments as money

_IN_FORCE, _EXPIRED = "in_force", "expired"

ENDINGS = ("released", "called", _EXPIRED)
"""How a guarantee ends."""


class UnableToKeepGuaranteeError(Refusal):
    """A guarantee that may not be recorded or changed like this."""


@dataclass(frozen=True, slots=True)
class GuaranteeGiven:
    """A guarantee as handed in.

    Attributes:
        kind: `bank`, `third_party`, `pledge` or `mortgage`.
        guarantor: Who stands for it, or whose thing is pledged.
        document_no: Number of the document.
        maximum_fen: Most it covers [fen].
        from_date: First day whose debts it covers.
        to_date: First day no longer; of a bank guarantee also the last chance to call it.
        guarantor_usci: The guarantor's credit identifier.
        state_organ: Whether the guarantor is an organ of the state.
        joint: Joint and several liability; else a general guarantee.
        period_months: Guarantee period agreed after each due day [month], None where none was: the law's six.
        note: Remark.
    """

    kind: str
    guarantor: str
    document_no: str
    maximum_fen: int
    from_date: date
    to_date: date
    guarantor_usci: str = ""
    state_organ: bool = False
    joint: bool = False
    period_months: int | None = None
    note: str = ""


def add_guarantee(*, account_no: str, given: GuaranteeGiven, staff: Staff, as_of: date) -> Guarantee:
    """Record a guarantee.

    Args:
        account_no: Account it secures.
        given: The guarantee.
        staff: Who records it.
        as_of: Business date.

    Raises:
        UnableToKeepGuaranteeError: `NOT_ENTITLED`, `ACCOUNT_UNKNOWN`, `KIND_UNKNOWN`, `GUARANTOR_MISSING`,
            `DOCUMENT_MISSING`, `DOCUMENT_KNOWN`, `MAXIMUM_WRONG`, `PERIOD_WRONG`, `GUARANTOR_STATE_ORGAN`.
    """
    _may(staff, DRAFT_CONTRACTS, HANDLE_CASES)
    with transaction.atomic():
        return _add(_account(account_no, staff), given, staff, as_of, renews=None)


def renew_guarantee(*, guarantee: int, given: GuaranteeGiven, staff: Staff, as_of: date) -> Guarantee:
    """Record the guarantee that follows another; the old one stays in force for the debts of its own time.

    Raises:
        UnableToKeepGuaranteeError: As `add_guarantee`; `GUARANTEE_UNKNOWN`, `GUARANTEE_ENDED`, `RENEWED_ALREADY`,
            `GAP_LEFT` (it begins after the old one ends).
    """
    _may(staff, DRAFT_CONTRACTS, HANDLE_CASES)
    with transaction.atomic():
        old = _guarantee(guarantee, staff)
        if old.state != _IN_FORCE:
            raise _refused("GUARANTEE_ENDED", f"{old.document_no} is {old.state}", "Record a new guarantee.")
        if Guarantee.objects.filter(renews=old).exists():
            raise _refused("RENEWED_ALREADY", f"{old.document_no} has been renewed", "Renew its successor.")
        if given.from_date > old.to_date:
            raise _refused(
                "GAP_LEFT",
                f"debts from {old.to_date} to {given.from_date} would be secured by neither",
                "Let it begin when the old one ends.",
            )
        return _add(old.account, given, staff, as_of, renews=old)


def end_guarantee(*, guarantee: int, state: str, reason: str, staff: Staff, as_of: date) -> Guarantee:
    """Release, call or expire a guarantee. Giving security away takes the right to approve.

    Args:
        guarantee: Primary key.
        state: `released`, `called` or `expired`.
        reason: Why.
        staff: Who decides.
        as_of: Business date.

    Raises:
        UnableToKeepGuaranteeError: `NOT_ENTITLED`, `GUARANTEE_UNKNOWN`, `GUARANTEE_ENDED`, `STATE_UNKNOWN`,
            `REASON_MISSING`, `NOT_YET_EXPIRED`, `DEBT_SECURED` (a third party's cannot expire while what it secures is
            owed and can still be called).
    """
    _may(staff, APPROVE_CASES)
    if state not in ENDINGS:
        raise _refused("STATE_UNKNOWN", f"{state!r} is no way to end a guarantee", "Release, call or expire it.")
    if not reason.strip():
        raise _refused("REASON_MISSING", "no reason is given", "Write why.")
    with transaction.atomic():
        row = _guarantee(guarantee, staff)
        if row.state != _IN_FORCE:
            raise _refused("GUARANTEE_ENDED", f"{row.document_no} is {row.state}", "Nothing to do.")
        if state == _EXPIRED:
            _run_out(row, as_of)
        row.state, row.ended_date, row.note = state, as_of, f"{row.note} {reason}".strip()[:300]
        row.save(update_fields=["state", "ended_date", "note"])
        _log(f"guarantee_{state}", row, staff, as_of, reason)
    return row


def guarantee_coverage(*, as_of: date, account: int | None = None) -> pl.DataFrame:
    """What guarantees secure: `account`, `owed_fen`, `covered_fen`, `uncovered_fen` of accounts that owe and hold one.

    Args:
        as_of: Business date.
        account: One account only.
    """
    owed, held = _frames(as_of, account)
    return collected(coverage(owed, held, as_of_day=day_number(as_of))).sort("account")


def lapsing_guarantees(*, as_of: date) -> pl.DataFrame:
    """The expiry ladder.

    Returns:
        `guarantee`, `account`, `ending` (`cover`, `claim`), `rung_days` (90, 30, 7, or 0 once lapsed), `at_stake_fen`; the
        most urgent first.
    """
    owed, held = _frames(as_of)
    ladder = collected(lapsing(owed, held, as_of_day=day_number(as_of)))
    return ladder.sort("rung_days", "guarantee", "ending")


def _frames(as_of: date, account: int | None = None) -> tuple[nw.LazyFrame, nw.LazyFrame]:
    with transaction.atomic():
        held, items = reads.in_force(account=account), reads.secured_items(account=account)
        owed = _owed(items, as_of)
    months = held["period_months"].unique().to_list()
    place = letterhead().jurisdiction
    periods = [{"period_months": each} | period_days(each, as_of=as_of, jurisdiction=place) for each in months]
    dated = held.join(pl.DataFrame(periods), on="period_months", how="left") if periods else _undated(held)
    return (
        checked(nw.from_native(owed.lazy()), DEBT_COLUMNS, rule="coverage"),
        checked(nw.from_native(dated.lazy()), GUARANTEE_COLUMNS, rule="coverage"),
    )


def _undated(held: pl.DataFrame) -> pl.DataFrame:
    return held.with_columns(
        pl.lit(0, pl.Int64).alias(name) for name in GUARANTEE_COLUMNS if name.startswith("period_") and name not in held
    )


def _owed(items: pl.DataFrame, as_of: date) -> pl.DataFrame:
    if items.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(DEBT_COLUMNS, pl.Int64))
    facts = with_law_facts(money.items_of_bills(items["bill"]))
    fees = late_fees_of(facts, money.paid_by_day(items["bill"]), day=day_number(as_of))
    owed = facts.select("bill", "due_day", principal="open_fen").join(
        fees.select("bill", "late_fee_due_fen"), on="bill"
    )
    return items.join(owed, on="bill").select(
        "bill", "account", "incurred_day", "due_day", owed_fen=pl.col("principal") + pl.col("late_fee_due_fen")
    )


def _add(account: Account, given: GuaranteeGiven, staff: Staff, as_of: date, *, renews: Guarantee | None) -> Guarantee:
    _sound(account, given, as_of)
    row: Guarantee = Guarantee.objects.create(
        account=account,
        kind=given.kind,
        guarantor=given.guarantor.strip()[:200],
        guarantor_usci=given.guarantor_usci,
        document_no=given.document_no.strip()[:100],
        maximum_fen=given.maximum_fen,
        joint=given.joint,
        from_date=given.from_date,
        to_date=given.to_date,
        period_months=given.period_months,
        renews=renews,
        recorded_by=staff,
        recorded_date=as_of,
        note=given.note[:300],
    )
    restore_ended_cuts(pl.Series("account", [account.pk], pl.Int64), at=end_of_day(as_of))
    _log("guarantee_renewed" if renews else "guarantee_added", row, staff, as_of, "")
    return row


def _sound(account: Account, given: GuaranteeGiven, as_of: date) -> None:
    if given.kind not in Guarantee.Kind.values:
        raise _refused("KIND_UNKNOWN", f"{given.kind!r} is no kind of guarantee", "Name a known kind.")
    if not given.guarantor.strip():
        raise _refused("GUARANTOR_MISSING", "no guarantor is named", "Name who stands for it.")
    if not given.document_no.strip():
        raise _refused("DOCUMENT_MISSING", "a guarantee is in writing", "Give the number of the document.")
    if given.maximum_fen <= 0:
        raise _refused("MAXIMUM_WRONG", "the maximum is no amount", "Write the most it covers.")
    if given.to_date <= given.from_date or (given.period_months is not None and given.period_months < 0):
        raise _refused("PERIOD_WRONG", f"{given.from_date} to {given.to_date} is no period", "Mend the dates.")
    if given.state_organ and given.kind == THIRD_PARTY:
        basis = legal_basis("GUARANTOR_STATE_ORGAN", as_of=as_of, jurisdiction=letterhead().jurisdiction)
        raise UnableToKeepGuaranteeError(
            f"{given.guarantor} is an organ of the state and cannot be a guarantor",
            code="GUARANTOR_STATE_ORGAN",
            article=str(basis or ""),
            remedy="Find another guarantor.",
        )
    if Guarantee.objects.filter(account=account, document_no=given.document_no.strip()).exists():
        raise _refused("DOCUMENT_KNOWN", f"{given.document_no} is recorded already", "Renew or end that one.")


def _run_out(row: Guarantee, as_of: date) -> None:
    if as_of < row.to_date:
        raise _refused("NOT_YET_EXPIRED", f"{row.document_no} runs until {row.to_date}", "Wait, or release it.")
    if row.kind == BANK:
        return
    owed, held = _frames(as_of)
    alone = held.filter(nw.col("guarantee") == row.pk)
    secured = collected(coverage(owed, alone, as_of_day=day_number(as_of)))
    if int(secured.filter(pl.col("account") == row.account_id)["covered_fen"].sum()) > 0:
        raise _refused("DEBT_SECURED", f"{row.document_no} still secures what is owed", "Call it, or release it.")


def _may(staff: Staff, *rights: str) -> None:
    if not (staff.is_active and any(staff.has_perm(permission(right)) for right in rights)):
        raise _refused("NOT_ENTITLED", f"{staff.get_username()} may not do this", "Ask somebody whose role may.")


def _account(account_no: str, staff: Staff) -> Account:
    account: Account | None = Account.objects.filter(scope_of(staff).rows(), account_no=account_no.strip()).first()
    if account is None:
        raise _refused("ACCOUNT_UNKNOWN", f"there is no account {account_no}", "Check the number.")
    return account


def _guarantee(key: int, staff: Staff) -> Guarantee:
    rows = Guarantee.objects.select_for_update(of=("self",)).select_related("account")
    row: Guarantee | None = rows.filter(scope_of(staff).rows("account"), pk=key).first()
    if row is None:
        raise _refused("GUARANTEE_UNKNOWN", f"there is no guarantee {key}", "Open it from its account.")
    return row


def _log(kind: str, row: Guarantee, staff: Staff, as_of: date, reason: str) -> None:
    body = {
        "guarantee": row.pk,
        "guarantee_kind": row.kind,
        "maximum_fen": row.maximum_fen,
        "from": row.from_date.isoformat(),
        "to": row.to_date.isoformat(),
        "state": row.state,
    }
    log_act(kind=kind, subject=row.account.account_no, staff=staff, body=body, as_of=as_of, reason=reason)


def _refused(code: str, message: str, remedy: str) -> UnableToKeepGuaranteeError:
    return UnableToKeepGuaranteeError(message, code=code, remedy=remedy)
