"""What was a meter asked, and what did it say? Every exchange is kept, whatever came of it."""

from datetime import datetime
from typing import Any

from zaikong.meterio.front import Answer
from zaikong.meterio.outcome import Confirmed, Exchange, Refused
from zaikong.meterio.session import Registers, RelayState, Verb
from zaikong.store.models import MeterExchange, Staff


def keep_exchange(
    *, meter: int, answer: Answer, at: datetime, command: int | None = None, staff: Staff | None = None
) -> MeterExchange:
    """Keep an exchange; passwords and keys are in none of its parts.

    Args:
        meter: The meter.
        answer: What came of it.
        at: When it began.
        command: The command it carried out or read back.
        staff: Who asked; None for the system.
    """
    return keep_outcome(
        meter=meter,
        verb=answer.verb,
        outcome=answer.outcome,
        milliseconds=answer.milliseconds,
        at=at,
        command=command,
        staff=staff,
    )


def keep_outcome(
    *,
    meter: int,
    verb: Verb,
    outcome: Exchange[Any],
    at: datetime,
    milliseconds: int = 0,
    command: int | None = None,
    staff: Staff | None = None,
) -> MeterExchange:
    """Keep an exchange of which only the outcome is known; otherwise as `keep_exchange`."""
    word, code, told = outcome_words(outcome)
    row: MeterExchange = MeterExchange.objects.create(
        meter_id=meter,
        command_id=command,
        verb=verb.value,
        at=at,
        milliseconds=milliseconds,
        outcome=word,
        code=code[:40],
        told=told,
        staff=staff,
    )
    return row


def outcome_words(outcome: Exchange[Any]) -> tuple[str, str, dict[str, Any]]:
    """An outcome as it is kept: word, code, and what was told."""
    if isinstance(outcome, Confirmed):
        return "confirmed", "", _told(outcome.value)
    if isinstance(outcome, Refused):
        return "refused", outcome.code, {"detail": outcome.detail}
    return "unknown", outcome.reason.value, {"detail": outcome.detail}


def _told(value: object) -> dict[str, Any]:
    if isinstance(value, RelayState):
        return {
            "commanded": value.commanded.value,
            "actual": value.actual.value,
            "retained": value.retained,
            "pending": value.pending,
        }
    if isinstance(value, Registers):
        clock = value.clock.isoformat() if value.clock else ""
        return {"registers": dict(value.values), "clock": clock}
    return {}
