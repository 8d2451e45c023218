"""What may be kept as a proof, and by what is it known?

A proof is known by the hash of its content. What it is, the content itself says by its first bytes; the name it came
with is only kept. A file that is none of the known types is refused: nobody could open it in court.
"""

import hashlib
import json
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.db import transaction

from zaikong.application.collection.entries import require_moment, require_right, require_room
from zaikong.application.roles import EXECUTE_CUTS, HANDLE_CASES, ORDER_SWITCHES, SERVE_NOTICES, SIGN_PREPAYMENTS
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Evidence, Staff

LARGEST_BYTES: Final = 10 * 1024 * 1024
"""Largest proof [bytes]."""

_LONGEST_FILE_NAME: Final = 200
_LONGEST_NOTE: Final = 300
_Kind = Evidence.Kind

_IMAGE: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")
_SOUND: Final = ("audio/mpeg", "audio/wav", "audio/ogg", "audio/amr", "audio/mp4")
_FILM: Final = ("video/mp4", "video/quicktime")
_PDF: Final = ("application/pdf",)
_JSON: Final = "application/json"

ACCEPTED: Final = MappingProxyType(
    {
        str(_Kind.PHOTO): _IMAGE,
        str(_Kind.VIDEO): _FILM,
        str(_Kind.SIGNATURE): (*_IMAGE, *_PDF),
        str(_Kind.WITNESS): (*_IMAGE, *_PDF, *_SOUND, *_FILM),
        str(_Kind.RECEIPT): (*_IMAGE, *_PDF),
        str(_Kind.DELIVERY_REPORT): (*_IMAGE, *_PDF, _JSON),
        str(_Kind.RECORDING): (*_SOUND, *_FILM),
        str(_Kind.DOCUMENT): (*_IMAGE, *_PDF),
    }
)
"""Kind of proof to the media types it may have."""

_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)
_BRANDS: Final = MappingProxyType(
    {
        b"heic": "image/heic",
        b"heix": "image/heic",
        b"mif1": "image/heic",
        b"M4A ": "audio/mp4",
        b"qt  ": "video/quicktime",
        b"isom": "video/mp4",
        b"iso2": "video/mp4",
        b"mp41": "video/mp4",
        b"mp42": "video/mp4",
        b"avc1": "video/mp4",
        b"3gp4": "video/mp4",
        b"3gp5": "video/mp4",
    }
)
_FIRST_SYNC: Final = 0xFF
_FRAME_SYNC: Final = 0xE0
_LAYER_BITS: Final = 0x06
_RESERVED_LAYER: Final = 0x00


class UnableToAddEvidenceError(Refusal):
    """A file that cannot be kept as a proof."""


@transaction.atomic
def add_evidence(
    *,
    kind: str,
    content: bytes,
    file_name: str,
    staff: Staff | None,
    at: datetime,
    taken_at: datetime | None = None,
    note: str = "",
) -> Evidence:
    """Keep a file as a proof.

    Args:
        kind: One of `Evidence.Kind`.
        content: The file.
        file_name: The name it came with.
        staff: Who adds it; None where a machine does.
        at: When it is added.
        taken_at: When it was taken.
        note: What it shows.

    Returns:
        The proof. The same content of the same kind again returns the first.

    Raises:
        UnableToAddEvidenceError: No right, an unknown kind, an empty or too large file, a type that cannot be told or does not fit
            the kind, taken after it was added, or a text that is too long.
    """
    error = UnableToAddEvidenceError
    if staff is not None:
        # who takes down a signature or a consent keeps its paper
        rights = (EXECUTE_CUTS, HANDLE_CASES, ORDER_SWITCHES, SERVE_NOTICES, SIGN_PREPAYMENTS)
        require_right(staff, *rights, error=error)
    if kind not in ACCEPTED:
        raise error(
            f"{kind!r} is no kind of evidence",
            code="KIND_UNKNOWN",
            fields={"kind": kind},
            remedy="Use one of: " + ", ".join(ACCEPTED) + ".",
        )
    if not content:
        raise error("the file is empty", code="FILE_EMPTY", fields={"file": file_name}, remedy="Send it again.")
    if len(content) > LARGEST_BYTES:
        raise error(
            f"the file has {len(content)} bytes",
            code="FILE_TOO_LARGE",
            fields={"file": file_name, "bytes": len(content)},
            remedy=f"Send at most {LARGEST_BYTES} bytes: a smaller picture, a shorter recording.",
        )
    added = require_moment(at, error=error)
    if taken_at is not None and require_moment(taken_at, error=error) > added:
        raise error(
            "it was taken after it is added",
            code="TAKEN_IN_FUTURE",
            fields={"taken_at": taken_at},
            remedy="Correct it.",
        )
    media_type = _fitting_type(kind, content, file_name)
    name = require_room(file_name, name="file_name", error=error, longest=_LONGEST_FILE_NAME)
    said = require_room(note, name="note", error=error, longest=_LONGEST_NOTE)
    digest = hashlib.sha256(content).hexdigest()
    known: Evidence | None = Evidence.objects.filter(sha256=digest, kind=kind).order_by("pk").first()
    if known is not None:
        return known
    return Evidence.objects.create(
        kind=kind,
        sha256=digest,
        media_type=media_type,
        file_name=name,
        content=content,
        taken_at=taken_at,
        added_at=added,
        added_by=staff,
        note=said,
    )


def media_type_of(content: bytes) -> str:
    """The media type a content shows by its first bytes; empty where it is none of those kept as proofs."""
    for start, found in _STARTS:
        if content.startswith(start):
            return found
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "")
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12], "")
    if _is_mpeg_frame(content):
        return "audio/mpeg"
    return _JSON if _is_json_object(content) else ""


def _fitting_type(kind: str, content: bytes, file_name: str) -> str:
    found = media_type_of(content)
    if not found:
        raise UnableToAddEvidenceError(
            f"the type of {file_name!r} cannot be told from its content",
            code="TYPE_UNKNOWN",
            fields={"file": file_name},
            remedy="Send a picture (JPEG, PNG, WebP, HEIC), a PDF, a recording or a film.",
        )
    if found not in ACCEPTED[kind]:
        raise UnableToAddEvidenceError(
            f"{file_name!r} is {found}, which is no {kind}",
            code="TYPE_MISFIT",
            fields={"file": file_name, "media_type": found, "kind": kind},
            remedy="Choose the kind that fits, or one of: " + ", ".join(ACCEPTED[kind]) + ".",
        )
    return found


def _is_mpeg_frame(content: bytes) -> bool:
    """Eleven set bits begin a frame of MPEG audio; a layer of zero is reserved."""
    first, second = content[:1], content[1:2]
    if not second or first[0] != _FIRST_SYNC:
        return False
    return second[0] & _FRAME_SYNC == _FRAME_SYNC and second[0] & _LAYER_BITS != _RESERVED_LAYER


def _is_json_object(content: bytes) -> bool:
    if content.lstrip()[:1] != b"{":
        return False
    try:
        return isinstance(json.loads(content.decode("utf-8")), dict)
    except ValueError:
        return False
