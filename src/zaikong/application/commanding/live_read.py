"""What does a meter show at this moment?

A person asks one meter over the wire and waits for it: registers and clock, then its relay where it has one. The line is
open outside any transaction; what was asked and answered is kept afterwards, whatever came of it. It goes beside the
worker's own asking, as a second voice, so it never commands anything.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from zaikong.application.commanding.exchanges import keep_exchange
from zaikong.application.commanding.keys import meter_keys
from zaikong.application.commanding.meters import CommandableMeter, readable_meter
from zaikong.application.roles import READ_METERS, permission
from zaikong.application.seeing import scope_of
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.front import Answer, FrontEnd, Patience, Priority
from zaikong.meterio.front.terms import CredentialsOf
from zaikong.meterio.outcome import Unknown
from zaikong.meterio.session import Verb
from zaikong.meterio.sessions import open_session
from zaikong.store.models import Meter, Staff

WAITS: Final = Patience(
    answer_seconds=3.0, open_seconds=3.0, exchange_seconds=6.0, overall_seconds=8.0, attempts=1, grace_seconds=0.5
)
"""A person waits: each of the two questions is asked once and given up soon."""


class UnableToReadMeterError(Refusal):
    """A meter that this person may not read, or that cannot be reached over a wire."""


@dataclass(frozen=True, slots=True)
class LiveRead:
    """What a meter answered.

    Attributes:
        meter: Its key.
        at: When it was asked.
        registers: What came of the question for its registers and clock.
        relay: What came of the question for its relay; None where it has none, or was not reached at all.
    """

    meter: int
    at: datetime
    registers: Answer
    relay: Answer | None


def read_now(*, meter: int, staff: Staff, at: datetime, patience: Patience = WAITS) -> LiveRead:
    """Read registers, clock and relay of a meter over the wire, now.

    Not to be called inside a transaction: a meter may take seconds, and a lock would wait with it.

    Args:
        meter: Its key.
        staff: Who asks.
        at: Now.
        patience: How long it may take.

    Returns:
        The answers, kept as exchanges. A meter that says no or nothing is an answer, not a refusal.

    Raises:
        UnableToReadMeterError: `NO_RIGHT`, `METER_UNKNOWN`, or why it is on no wire.
        zaikong.application.meter_keys.UnableToReadKeysError: Its key cannot be had.
    """
    if not staff.has_perm(permission(READ_METERS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not read a meter", "Ask a metering technician.")
    row = Meter.objects.filter(scope_of(staff).rows("account"), pk=meter).select_related("concentrator").first()
    if row is None:
        raise _refused("METER_UNKNOWN", f"there is no meter {meter}", "Look at the account again.")
    found = readable_meter(meter)
    if found is None:
        raise _off_the_wire(row)
    credentials = meter_keys()
    credentials(found.address)
    registers, relay = asyncio.run(_asked(found, credentials, patience, with_relay=row.relay != "none"))
    with transaction.atomic():
        for answer in (registers, relay):
            if answer is not None:
                keep_exchange(meter=meter, answer=answer, at=at, staff=staff)
    return LiveRead(meter=meter, at=at, registers=registers, relay=relay)


def meter_numbered(meter_no: str) -> int:
    """The key of a meter by its number.

    Raises:
        UnableToReadMeterError: `METER_UNKNOWN`.
    """
    found = Meter.objects.filter(meter_no=meter_no.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise _refused("METER_UNKNOWN", f"there is no meter {meter_no}", "Check the number on the meter.")
    return found


async def _asked(
    meter: CommandableMeter, credentials: CredentialsOf, patience: Patience, *, with_relay: bool
) -> tuple[Answer, Answer | None]:
    async with FrontEnd(opener=open_session, credentials=credentials, patience=patience) as front:
        registers = await front.ask(meter.address, Verb.READ_REGISTERS, priority=Priority.READ)
        not_reached = isinstance(registers.outcome, Unknown) and registers.outcome.reason.nothing_sent
        if not with_relay or not_reached:
            return registers, None
        return registers, await front.ask(meter.address, Verb.READ_RELAY, priority=Priority.READ)


def _off_the_wire(row: Meter) -> UnableToReadMeterError:
    """Why a meter cannot be asked anything."""
    if row.concentrator is None:
        return _refused("NO_CONCENTRATOR", f"meter {row.meter_no} hangs on no concentrator", "Enter its concentrator.")
    if not row.concentrator.in_service:
        return _refused(
            "CONCENTRATOR_OUT", f"concentrator {row.concentrator.code} is out of service", "Wait, or send people there."
        )
    if not row.address:
        return _refused("NO_ADDRESS", f"meter {row.meter_no} has no communication address", "Enter its address.")
    return _refused("NO_PROTOCOL", f"meter {row.meter_no} speaks {row.protocol!r}, not ours", "Read it by hand.")


def _refused(code: str, message: str, remedy: str) -> UnableToReadMeterError:
    return UnableToReadMeterError(message, code=code, remedy=remedy)
