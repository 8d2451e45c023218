"""Which files came with a form, and how does a refusal lose none of them?

Files are kept as proofs before the verb is asked. What was kept is handed back to the form, signed, so that it need not be
chosen again; it counts for the paper it was sent for only.
"""

from datetime import datetime
from typing import Final

from django.core import signing
from django.http import HttpRequest

from zaikong.web import asked

MOST_FILES: Final = 10
_LONGEST_FILE_NAME: Final = 200
_SALT: Final = "zaikong.proofs"


def keep_proofs(request: HttpRequest, subject: str, now: datetime, kept: list[int]) -> None:
    """Keep the files of a form as proofs, those of the form before it first.

    Args:
        request: The request, with `files`, `evidence_kind` and `kept`.
        subject: What the form is about.
        now: The console's time.
        kept: Receives the keys of the proofs, also those before a file that is refused.

    Raises:
        Refusal: A file cannot be kept as a proof.
    """
    from zaikong.application.collection.evidence import LARGEST_BYTES, add_evidence  # noqa: PLC0415 -- as the verbs

    kept += _kept_before(request, subject)
    kind = asked.text(request.POST, "evidence_kind")
    for file in request.FILES.getlist("files")[:MOST_FILES]:
        content, name = file.read(LARGEST_BYTES + 1), (file.name or "")[-_LONGEST_FILE_NAME:]
        kept.append(add_evidence(kind=kind, content=content, file_name=name, staff=request.user, at=now).pk)
    kept[:] = list(dict.fromkeys(kept))


def token(subject: str, kept: list[int]) -> str:
    """The proofs kept with a form that was refused, in words only this server writes; empty for none."""
    return signing.dumps([subject, *kept], salt=_SALT) if kept else ""


def _kept_before(request: HttpRequest, subject: str) -> list[int]:
    try:
        before = signing.loads(request.POST.get("kept", ""), salt=_SALT)
    except signing.BadSignature:
        return []
    return list(before[1:]) if before[:1] == [subject] else []
