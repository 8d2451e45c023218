"""Does each meter retain supply where the books say so, and only there? 保电核对.

Once a day every relay that is reached is read: one row a meter, agreeing, differing, or unread. A difference is work. Switching
retained supply on needs one person; switching it off can let supply be taken, so it needs a second, and the books are asked
again at that moment. A command is written and committed before it is sent, and settled by reading, never sent twice unseen.

Basis: 保电 list of `domain.md` 3.9; which reasons count is said in `docs/algorithms/device_acceptance.md`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from zaikong.application.collection.entries import lock_account, require_moment, require_right
from zaikong.application.commanding.exchanges import keep_outcome
from zaikong.application.commanding.meters import CommandableMeter, readable_meter
from zaikong.application.decision_log import log_act
from zaikong.application.devices.trying import VALID_FOR, Clock
from zaikong.application.roles import APPROVE_UNRETAINED, MEND_RETAINED, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.front import Answer, FrontEnd, Limits, Patience, Priority
from zaikong.meterio.front.terms import CredentialsOf, Opener
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Refused, Unknown
from zaikong.meterio.session import Endpoint, MeterAddress, RelayState, Verb, Wire
from zaikong.meterio.sessions import open_session
from zaikong.store.models import Meter, MeterCommand, RetainCheck, Staff
from zaikong.store.queries import devices as queries

_Difference = RetainCheck.Difference
_State = MeterCommand.State
_PART = 2_000
_LONGEST_REASONS = 200
_DOUBT = timedelta(minutes=10)
"""How long a command that was sent may be unsettled before another looks at the meter instead of waiting for it."""


class UnableToMendRetainedError(Refusal):
    """A difference that cannot be mended so, or not by these people."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a check came to.

    Attributes:
        check_date: The day.
        checked: Meters looked at.
        agree: Where meter and books agree.
        not_on_meter: To be retained, not on at the meter.
        only_on_meter: On at the meter, no reason in the books.
        unread: Not read, or not told by the meter.
    """

    check_date: date
    checked: int
    agree: int
    not_on_meter: int
    only_on_meter: int
    unread: int


@dataclass(frozen=True, slots=True)
class Mended:
    """What a mending came to.

    Attributes:
        check: The row of the check.
        command: The command sent.
        on: Whether retained supply is on at the meter now; None where that was not read.
        mended: Whether meter and books agree again.
    """

    check: RetainCheck
    command: MeterCommand
    on: bool | None
    mended: bool


def reconcile_retained(
    *,
    check_date: date,
    clock: Clock,
    credentials: CredentialsOf,
    opener: Opener = open_session,
    limits: Limits | None = None,
    patience: Patience | None = None,
) -> Reconciled:
    """Read every relay that is reached and compare with the books; a meter read before on that day is not read again.

    Args:
        check_date: The day.
        clock: What time it is.
        credentials: What the meters ask for.
        opener: Makes sessions.
        limits: Of the front end.
        patience: Of the front end.
    """
    settled = RetainCheck.objects.filter(check_date=check_date).exclude(difference=_Difference.UNREAD)
    meters = list(queries.meters_retaining().exclude(pk__in=settled.values("meter_id")))
    for start in range(0, len(meters), _PART):
        part = meters[start : start + _PART]
        at = clock()
        read = asyncio.run(_read([_address(meter) for meter in part], opener, credentials, limits, patience))
        _keep(check_date, part, read, at=at)
    return _counted(check_date)


def was_reconciled(*, check_date: date) -> bool:
    """Whether the meters of a day were asked before, or there is none to ask."""
    return RetainCheck.objects.filter(check_date=check_date).exists() or not queries.meters_retaining().exists()


def mend_retained(
    *,
    check: int,
    staff: Staff,
    clock: Clock,
    credentials: CredentialsOf,
    approved_by: Staff | None = None,
    opener: Opener = open_session,
    patience: Patience | None = None,
) -> Mended:
    """Bring a meter to what the books say: retained supply on, or off with a second person's word.

    Args:
        check: The row that differs.
        staff: Who mends it.
        clock: What time it is.
        credentials: What the meter asks for.
        approved_by: Who approves that the meter no longer retains supply; confirmed by their own password where it is entered.
        opener: Makes sessions.
        patience: Of the front end.

    Raises:
        UnableToMendRetainedError: No right, nothing differs, the books say something else by now, nobody else approved, the
            meter is not reached, or a command before is not settled.
    """
    command, meter = _order(check, staff, approved_by, at=require_moment(clock(), error=UnableToMendRetainedError))
    verb = Verb(command.verb)
    at = clock()
    done, seen = asyncio.run(
        _carry(
            meter.address,
            verb,
            until=command.expires_at,
            opener=opener,
            credentials=credentials,
            patience=patience,
        )
    )
    return _settle(check, command.pk, meter, done, seen, began=at, at=max(clock(), at), staff=staff)


def open_differences(*, check_date: date) -> QuerySet[RetainCheck]:
    """Rows of a day that are work, those to be retained first."""
    return (
        RetainCheck.objects.select_related("account", "meter")
        .filter(check_date=check_date, mended_at__isnull=True)
        .exclude(difference=_Difference.NONE)
        .order_by("-business", "difference", "meter_id")
    )


def account_of_check(check: int) -> int:
    """The account of a row.

    Raises:
        UnableToMendRetainedError: There is no such row.
    """
    found = RetainCheck.objects.filter(pk=check).values_list("account_id", flat=True).first()
    if found is None:
        raise _refused("CHECK_UNKNOWN", f"there is no check {check}", "Look at the list again.")
    return int(found)


async def _read(
    addresses: Sequence[MeterAddress],
    opener: Opener,
    credentials: CredentialsOf,
    limits: Limits | None,
    patience: Patience | None,
) -> list[Answer]:
    async with FrontEnd(opener=opener, credentials=credentials, limits=limits, patience=patience) as front:
        asks = (front.ask(address, Verb.READ_RELAY, priority=Priority.READ) for address in addresses)
        return await asyncio.gather(*asks)


async def _carry(
    address: MeterAddress,
    verb: Verb,
    *,
    until: datetime,
    opener: Opener,
    credentials: CredentialsOf,
    patience: Patience | None,
) -> tuple[Answer, Answer]:
    """The command, and what the relay is read to say after it."""
    async with FrontEnd(opener=opener, credentials=credentials, patience=patience) as front:
        done = await front.ask(address, verb, priority=Priority.OTHER, until=until)
        seen = await front.ask(address, Verb.READ_RELAY, priority=Priority.SETTLE)
    return done, seen


@transaction.atomic
def _keep(check_date: date, meters: Sequence[Meter], read: Sequence[Answer], *, at: datetime) -> None:
    books = queries.retained_by_books([meter.account_id for meter in meters], at=at)
    RetainCheck.objects.bulk_create(
        [
            _row(check_date, meter, answer, books.get(meter.account_id, ()), at)
            for meter, answer in zip(meters, read, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["check_date", "meter"],
        update_fields=["account", "business", "reasons", "hardware", "difference", "read_at"],
    )
    for meter, answer in zip(meters, read, strict=True):
        keep_outcome(
            meter=meter.pk, verb=Verb.READ_RELAY, outcome=answer.outcome, milliseconds=answer.milliseconds, at=at
        )


def _row(check_date: date, meter: Meter, answer: Answer, reasons: Sequence[str], at: datetime) -> RetainCheck:
    on = _retained(answer.outcome)
    return RetainCheck(
        check_date=check_date,
        account_id=meter.account_id,
        meter=meter,
        business=bool(reasons),
        reasons=",".join(reasons)[:_LONGEST_REASONS],
        hardware=on,
        difference=_difference(bool(reasons), on),
        read_at=None if on is None else at,
    )


def _difference(business: bool, on: bool | None) -> str:  # noqa: FBT001 -- two words of one comparison
    if on is None:
        return str(_Difference.UNREAD)
    if business is on:
        return str(_Difference.NONE)
    return str(_Difference.NOT_ON_METER if business else _Difference.ONLY_ON_METER)


@transaction.atomic
def _order(
    check: int, staff: Staff, approved_by: Staff | None, *, at: datetime
) -> tuple[MeterCommand, CommandableMeter]:
    require_right(staff, MEND_RETAINED, error=UnableToMendRetainedError)
    account = account_of_check(check)
    lock_account(account)
    row = RetainCheck.objects.select_for_update().get(pk=check)
    if row.mended_at is not None or row.difference not in {_Difference.NOT_ON_METER, _Difference.ONLY_ON_METER}:
        raise _refused("NOTHING_TO_MEND", "meter and books agree, or the meter was not read", "Check the day again.")
    on = row.difference == _Difference.NOT_ON_METER
    reasons = queries.retained_by_books([account], at=at).get(account, ())
    if bool(reasons) is not on:
        raise _refused("BOOKS_CHANGED", "the books say something else by now", "Check the day again.")
    if not on:
        _second(staff, approved_by)
    meter = readable_meter(row.meter_id)
    if meter is None:
        raise _refused("METER_NOT_REACHED", "the meter hangs on nothing in service", "Complete the meter's entry.")
    verbs = (_VERB[True], _VERB[False])
    standing = MeterCommand.objects.filter(meter_id=row.meter_id, verb__in=verbs, state=_State.SENT)
    if standing.filter(sent_at__gt=at - _DOUBT).exists():
        raise _refused("COMMAND_UNDER_WAY", "a command to it is not settled", "Wait some minutes, then look again.")
    for left in standing:  # its process ended before it could say; the meter is read anew, so it stays unknown
        left.state, left.ended_at, left.code = _State.UNKNOWN, at, Reason.BROKEN.value
        left.save(update_fields=["state", "ended_at", "code"])
    command = MeterCommand.objects.create(
        meter_id=row.meter_id, account_id=account, verb=_VERB[on], ordered_at=at, ordered_by=staff
    )
    command.state, command.sent_at, command.expires_at = _State.SENT, at, at + VALID_FOR
    command.save(update_fields=["state", "sent_at", "expires_at"])
    body: dict[str, Any] = {"check": row.pk, "on": on, "reasons": list(reasons)}
    body |= {"approved_by": approved_by.get_username()} if approved_by is not None and not on else {}
    number = row.account.account_no
    log_act(kind="retained_switched", subject=number, staff=staff, body=body, as_of=_day(at), at=at)
    return command, meter


def _second(staff: Staff, approved_by: Staff | None) -> None:
    if approved_by is None or approved_by.pk == staff.pk:
        raise _refused("APPROVER_MISSING", "ending retained supply needs a second person", "Let a manager confirm it.")
    if not (approved_by.is_active and approved_by.has_perm(permission(APPROVE_UNRETAINED))):
        raise _refused(
            "APPROVER_NOT_ENTITLED", f"{approved_by.get_username()} may not approve it", "Ask a manager or director."
        )


@transaction.atomic
def _settle(
    check: int,
    command: int,
    meter: CommandableMeter,
    done: Answer,
    seen: Answer,
    *,
    began: datetime,
    at: datetime,
    staff: Staff,
) -> Mended:
    row = RetainCheck.objects.select_for_update().get(pk=check)
    held = MeterCommand.objects.select_for_update().get(pk=command)
    for answer in (done, seen):
        keep_outcome(
            meter=meter.meter,
            verb=answer.verb,
            outcome=answer.outcome,
            milliseconds=answer.milliseconds,
            at=began,
            command=held.pk,
            staff=staff,
        )
    on, wanted = _retained(seen.outcome), held.verb == _VERB[True]
    held.state, held.code = _told(done.outcome, on=on, wanted=wanted)
    held.ended_at = at
    _take_relay(held, seen.outcome)
    held.save(update_fields=["state", "code", "ended_at", "relay_commanded", "relay_actual"])
    mended = on is wanted
    if on is not None:
        row.hardware, row.read_at = on, at
    if mended:
        row.mended_at, row.mended_how = at, held.verb
    row.save(update_fields=["hardware", "read_at", "mended_at", "mended_how"])
    return Mended(row, held, on, mended)


def _told(outcome: Exchange[Any], *, on: bool | None, wanted: bool) -> tuple[str, str]:
    """State and code of the command: what the relay is read to say counts before what was answered."""
    if on is wanted:
        return str(_State.CONFIRMED), ""
    if isinstance(outcome, Refused):
        return str(_State.REFUSED), outcome.code[:40]
    reason = outcome.reason if isinstance(outcome, Unknown) else None
    if on is not None:
        return str(_State.FAILED), "not_carried_out" if reason is None else reason.value
    if reason is not None and reason.nothing_sent:
        return str(_State.FAILED), reason.value
    return str(_State.UNKNOWN), "not_read_back" if reason is None else reason.value


def _take_relay(held: MeterCommand, outcome: Exchange[Any]) -> None:
    if isinstance(outcome, Confirmed) and isinstance(outcome.value, RelayState):
        held.relay_commanded, held.relay_actual = outcome.value.commanded.value, outcome.value.actual.value


def _retained(outcome: Exchange[Any]) -> bool | None:
    """Whether retained supply is on at the meter; None where it was not read or the meter does not tell."""
    if isinstance(outcome, Confirmed) and isinstance(outcome.value, RelayState):
        return outcome.value.retained
    return None


def _address(meter: Meter) -> MeterAddress:
    terminal = meter.concentrator
    return MeterAddress(
        wire=Wire(meter.protocol),
        address=meter.address.zfill(12),
        endpoint=Endpoint(host=terminal.host, port=terminal.port, baud=terminal.baud),
    )


def _counted(check_date: date) -> Reconciled:
    rows = RetainCheck.objects.filter(check_date=check_date).values_list("difference", flat=True)
    kinds = list(rows)
    return Reconciled(
        check_date=check_date,
        checked=len(kinds),
        agree=kinds.count(_Difference.NONE),
        not_on_meter=kinds.count(_Difference.NOT_ON_METER),
        only_on_meter=kinds.count(_Difference.ONLY_ON_METER),
        unread=kinds.count(_Difference.UNREAD),
    )


def _day(at: datetime) -> date:
    return at.astimezone(TIME_ZONE).date()


_VERB = {True: Verb.RETAIN_ON.value, False: Verb.RETAIN_OFF.value}


def _refused(code: str, message: str, remedy: str) -> UnableToMendRetainedError:
    return UnableToMendRetainedError(message, code=code, remedy=remedy)
