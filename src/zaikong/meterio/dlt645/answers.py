"""Is this the answer to that question, and if not, what is it?

The standard gives an answer no number of its question. So an answer is a whole frame of the meter asked, with the
control code asked and, for a read, the data identifier asked; all else is *beside* the answer, and is told only where no
answer comes.

Basis: DL/T 645-2007 6 and 7 (control codes, formats of answers).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from zaikong.meterio.dlt645.frames import Damaged, Flaw, Frame, Function, Piece, Unreadable
from zaikong.meterio.dlt645.words import refusal
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Unknown

Value = TypeVar("Value")

_IDENTIFIER_OCTETS = 4
_TELLING = (Reason.FOREIGN, Reason.CHECK_SUM, Reason.GARBAGE)
"""What is told where several things were seen: what came closest to an answer."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Something that came and was not the answer.

    Attributes:
        reason: What is told where no answer comes; `SILENT` for what tells nothing.
        detail: What it was.
        half: Whether it was the beginning of a frame.
    """

    reason: Reason
    detail: str
    half: bool = False


def judged(question: Frame, piece: Piece, read: Callable[[bytes], Value | Unreadable]) -> Exchange[Value] | Beside:
    """What `piece` is to `question`.

    Args:
        question: What was asked.
        piece: What came.
        read: Reads the data of an answer that says yes; for a read, those behind the identifier.
    """
    if isinstance(piece, Damaged):
        return _damaged(piece)
    if piece == question:
        return Beside(Reason.SILENT, "the line's own echo")
    if not piece.from_meter or piece.function != question.function:
        return Beside(Reason.FOREIGN, f"a frame with control code {piece.control:02X}")
    if piece.address != question.address:
        return Beside(Reason.FOREIGN, f"a frame of meter {piece.address}")
    if piece.is_error:
        refused = refusal(piece.function, piece.data)
        return Unknown(Reason.MALFORMED, refused.what) if isinstance(refused, Unreadable) else refused
    return _said(question, piece, read)


def most_telling(seen: Iterable[Beside], ended: Unknown) -> Unknown:
    """What is told where no answer came: what came closest to one, or else how the waiting ended.

    Half a frame on a line that broke is a broken line.
    """
    broken = ended.reason is Reason.BROKEN
    told = [beside for beside in seen if not (beside.half and broken)]
    for reason in _TELLING:
        for beside in told:
            if beside.reason is reason:
                return Unknown(reason, beside.detail)
    return ended


def _damaged(piece: Damaged) -> Beside:
    size = f"{len(piece.octets)} bytes"
    if piece.flaw is Flaw.CHECK_SUM:
        return Beside(Reason.CHECK_SUM, f"a frame of {size} with a bad sum")
    if piece.flaw is Flaw.HALF:
        return Beside(Reason.GARBAGE, f"half a frame, {size}", half=True)
    return Beside(Reason.GARBAGE, f"{size} that are no frame")


def _said(question: Frame, answer: Frame, read: Callable[[bytes], Value | Unreadable]) -> Exchange[Value] | Beside:
    """What an answer says that is no refusal."""
    octets = answer.data
    if question.function == Function.READ:
        if len(octets) < _IDENTIFIER_OCTETS:
            return Unknown(Reason.MALFORMED, "an answer without an identifier")
        if answer.identifier != question.identifier:
            return Beside(Reason.FOREIGN, f"data of {answer.identifier}")
        octets = octets[_IDENTIFIER_OCTETS:]
    if answer.has_more:
        return Unknown(Reason.MALFORMED, "an answer in several frames")
    value = read(octets)
    return Unknown(Reason.MALFORMED, value.what) if isinstance(value, Unreadable) else Confirmed(value)
