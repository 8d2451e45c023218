"""When does a cut become a supply that must be given back?

Whoever moves money, agrees instalments, protects an account or takes security calls `restore_ended_cuts` in the same
transaction: where the reason of a standing cut has ended the restore order is written and queued with that very commit. The
night and the worker ask again over everything that is cut, so that a reason nobody called for is found as well.

A prepaid balance that no night has estimated is no reason to keep supply off: money that came after the cut
and covers what is billed suffices.

The reason has ended when the cut rule, asked now, says that nothing is owed or the balance suffices, or that instalments
or a protection stand, or when security was given. A promise or a pause rests a case and gives nothing back; neither does
a bankruptcy, whose administrator decides on the contract. Giving back needs no approval. A cut sent and not yet settled
counts as standing: what is not known to be on may be off.

Basis: `domain.feecontrol.restoration`; 《河南省供用电条例》 articles 46 and 51.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.commanding.meters import commandable_meter
from zaikong.application.commanding.queue import queue_restore
from zaikong.application.cutting.asking import JURISDICTION, Answer, may_cut
from zaikong.application.roles import EXECUTE_CUTS, HANDLE_CASES, permission
from zaikong.domain.feecontrol.restoration import CAUSES, RESTORE_COLUMNS, must_restore, restoration_law
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import TIME_ZONE, moment_number, moment_of_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CutOrder, RestoreOrder, Staff
from zaikong.store.queries import payments as payment_queries
from zaikong.store.queries import restoring as queries

BY_HAND: Final = ("security", "authority_order", "wrong_cut", "paid")
"""Causes a person may order supply back for."""

_NO_SHIELD: Final = frozenset({"promise", "pause", "bankruptcy"})
_State = RestoreOrder.State


class UnableToOrderRestoreError(Refusal):
    """Supply that cannot be ordered back: it is not cut, or is being given back already."""


def restore_ended_cuts(accounts: pl.Series | None, *, at: datetime) -> list[RestoreOrder]:
    """Order supply back where the reason of a cut has ended, in the caller's transaction.

    Args:
        accounts: Accounts whose facts have just moved; None for everything that is cut.
        at: Now.

    Returns:
        The restore orders written; none a second time.
    """
    if accounts is None:
        # nobody is held up by a look over the whole county: only where something has ended it is asked under the lock
        accounts = _must(queries.standing_cuts(), at=at)["account"]
    standing = queries.standing_cuts(accounts) if len(accounts) else []
    if not standing:
        return []
    cut_off = pl.Series("account", [cut.account_id for cut in standing], pl.Int64)
    payment_queries.lock_accounts(cut_off)
    standing = queries.standing_cuts(cut_off)
    by_account = {cut.account_id: cut for cut in standing}
    return [
        _order(
            by_account[row["account"]],
            cause=row["restore_cause"],
            since=moment_of_number(row["restore_since_at"]),
            by=moment_of_number(row["restore_by_at"]),
            at=at,
        )
        for row in _must(standing, at=at).iter_rows(named=True)
    ]


@transaction.atomic
def order_restore(*, cut_order: int, cause: str, staff: Staff, at: datetime) -> RestoreOrder:
    """Order supply back for a cause only a person knows: security, the authority's order, a cut that was wrong.

    Args:
        cut_order: The cut.
        cause: One of `BY_HAND`.
        staff: Who orders it; whoever may carry out a cut may give it back.
        at: Now.

    Raises:
        UnableToOrderRestoreError: No right, an unknown cause, nothing is cut, or it is being given back already.
    """
    if not staff.has_perm(permission(EXECUTE_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not order supply back", "Ask a metering technician.")
    if cause not in BY_HAND:
        raise _refused("CAUSE_UNKNOWN", f"{cause!r} is no cause", f"Name one of {', '.join(BY_HAND)}.")
    cut = CutOrder.objects.filter(pk=cut_order).select_related("account").first()
    if cut is None:
        raise _refused("ORDER_UNKNOWN", f"there is no cut order {cut_order}", "Check the number.")
    payment_queries.lock_accounts(pl.Series("account", [cut.account_id], pl.Int64))
    if not any(one.pk == cut_order for one in queries.standing_cuts(pl.Series("account", [cut.account_id], pl.Int64))):
        raise _refused("NOT_CUT", f"order {cut_order} took no supply, or it is being given back", "Look at its page.")
    cut.refresh_from_db()
    told = _ruled([_moments(cut, {f"{cause}_at": at})], at=at)
    row = told.row(0, named=True)
    since, by = moment_of_number(row["restore_since_at"]), moment_of_number(row["restore_by_at"])
    return _order(cut, cause=cause, since=since, by=by, at=at, staff=staff)


@transaction.atomic
def confirm_safety(*, restore: int, confirmed_by: str, staff: Staff, at: datetime) -> RestoreOrder:
    """Take down who confirmed that giving supply back endangers nobody, and let it go on.

    Args:
        restore: The restore order.
        confirmed_by: Who confirmed, by name.
        staff: Who took it down.
        at: Now.

    Raises:
        UnableToOrderRestoreError: No right, no name, unknown, or over.
    """
    if not any(staff.has_perm(permission(right)) for right in (EXECUTE_CUTS, HANDLE_CASES)):
        raise _refused(
            "NO_RIGHT", f"{staff.username} may not take down a confirmation", "Ask a technician or collector."
        )
    if not confirmed_by.strip():
        raise _refused("NAME_MISSING", "who confirmed safety is missing", "Write the name down.")
    held = RestoreOrder.objects.select_for_update().filter(pk=restore).first()
    if held is None or held.state == _State.DONE:
        raise _refused("NOT_WAITING", f"restore order {restore} waits for nobody", "Look at the list again.")
    held.safety_at, held.safety_by, held.safety_staff = at, confirmed_by.strip()[:80], staff
    if held.state == _State.WAITING_SAFETY:
        held.state = _State.QUEUED
    held.save(update_fields=["safety_at", "safety_by", "safety_staff", "state"])
    queue_restore(held.pk)
    return held


def _must(standing: list[CutOrder], *, at: datetime) -> pl.DataFrame:
    """Of cuts that stand, those whose supply must be given back, with cause and moments."""
    answers = {answer.account: answer for answer in may_cut([(cut.account_id, cut.pk) for cut in standing], at=at)}
    return _judged(standing, answers, at=at).filter(pl.col("must_restore"))


def _judged(standing: list[CutOrder], answers: dict[int, Answer], *, at: datetime) -> pl.DataFrame:
    accounts = [cut.account_id for cut in standing]
    paid = queries.money_came_at(accounts, at=at)
    agreed, protected = queries.agreed_on(accounts), queries.protected_at(accounts, at=at)
    secured = queries.secured_on(standing)
    covered = queries.covered_by_prepaid(accounts)
    rows = []
    for cut in standing:
        answer = answers[cut.account_id]
        failed = {one.reason for one in answer.failed}
        moments: dict[str, Any] = {}
        unknown = answer.facts["regime"] == CutOrder.Regime.PREPAID and answer.facts["available_fen"] is None
        came = paid.get(cut.account_id)
        enough = came is not None and came > _done(cut) and cut.account_id in covered
        if failed & {"NOTHING_OWED", "BALANCE_SUFFICIENT"} or (unknown and enough):
            moments["paid_at"] = paid.get(cut.account_id, at)
        if "INSTALMENT_HONOURED" in failed:
            moments["instalment_at"] = _no_later(agreed.get(cut.account_id), at)
        if set(answer.protected_by) - _NO_SHIELD:
            moments["protection_at"] = protected.get(cut.account_id, at)
        if cut.account_id in secured:
            moments["security_at"] = _no_later(secured[cut.account_id], at)
        rows.append(_moments(cut, moments))
    return _ruled(rows, at=at)


def _moments(cut: CutOrder, moments: dict[str, Any]) -> dict[str, int]:
    return {
        "account": cut.account_id,
        "cut_done_at": moment_number(_done(cut)),
        **{name: moment_number(moments[name]) if name in moments else 0 for name in CAUSES},
    }


def _done(cut: CutOrder) -> datetime:
    """When supply was taken, or may have been."""
    moment: datetime = cut.sent_at or cut.ended_at or cut.planned_at
    return moment


def _ruled(rows: Iterable[dict[str, int]], *, at: datetime) -> pl.DataFrame:
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(RESTORE_COLUMNS, pl.Int64))
    law = restoration_law(as_of=at.astimezone(TIME_ZONE).date(), jurisdiction=JURISDICTION).value
    entry = checked(nw.from_native(frame.lazy()), RESTORE_COLUMNS, rule="must_restore")
    return collected(must_restore(entry, as_of_at=moment_number(at), law=law))


def _no_later(day: object, at: datetime) -> datetime:
    """A day as a moment: its first, but never before the day itself is known, and no later than now."""
    if not isinstance(day, date):
        return at
    return min(datetime.combine(day, time(0), TIME_ZONE), at)


def _order(
    cut: CutOrder, *, cause: str, since: datetime, by: datetime, at: datetime, staff: Staff | None = None
) -> RestoreOrder:
    safe = queries.safety_is_agreed(cut.account_id)
    meter = commandable_meter(cut.account_id)
    # where the customer presses the button nobody has to be asked first
    by_button = meter is not None and meter.internal_relay
    order: RestoreOrder = RestoreOrder.objects.create(
        account_id=cut.account_id,
        cut_order=cut,
        cause=cause,
        since_at=since,
        due_by_at=by,
        ordered_at=at,
        ordered_by=staff,
        safety_needed=safe and not by_button,
        state=_State.WAITING_SAFETY if safe and not by_button else _State.QUEUED,
    )
    queue_restore(order.pk)
    return order


def _refused(code: str, message: str, remedy: str) -> UnableToOrderRestoreError:
    return UnableToOrderRestoreError(message, code=code, remedy=remedy)
