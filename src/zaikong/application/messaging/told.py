"""How do the cases of a message's bills hear what became of it?"""

from datetime import datetime
from typing import Final

from zaikong.store.models import CaseEvent, MessageItem, OutboundMessage, Staff

SENT: Final = "message"
FAILED: Final = "delivery_failed"
LONGEST_REASON: Final = 300
"""Room for why a message failed [characters]."""


def tell_cases(message: OutboundMessage, kind: str, reason: str, *, at: datetime, staff: Staff | None = None) -> None:
    """One event in each case the message is about.

    Args:
        message: The message, in its new state.
        kind: `SENT` or `FAILED`.
        reason: Why, or how it was found out.
        at: When.
        staff: Who found it out, if somebody did.
    """
    items = MessageItem.objects.filter(message=message).exclude(case=None)
    facts = {"message": message.pk, "step": message.step, "channel": message.channel}
    CaseEvent.objects.bulk_create(
        CaseEvent(
            case_id=case,
            at=at,
            kind=kind,
            staff=staff,
            outcome=message.state,
            note=reason[:LONGEST_REASON],
            facts=facts,
        )
        for case in sorted(set(items.values_list("case_id", flat=True)))
    )
