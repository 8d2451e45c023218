"""Which files are kept as proofs?"""

import hashlib

import pytest

from collection_desk import PDF, PNG, at, make_staff
from zaikong.application.collection.evidence import (
    LARGEST_BYTES,
    UnableToAddEvidenceError,
    add_evidence,
    media_type_of,
)
from zaikong.store.models import Evidence


def box(brand):
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (PNG, "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", ""),
        (box(b"heic"), "image/heic"),
        (box(b"mp42"), "video/mp4"),
        (box(b"qt  "), "video/quicktime"),
        (box(b"M4A "), "audio/mp4"),
        (box(b"evil"), ""),
        (PDF, "application/pdf"),
        (b"OggS\x00", "audio/ogg"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf9\x50", ""),
        (b"\xff", ""),
        (b' {"state": "delivered"}', "application/json"),
        (b"{not json", ""),
        (b"MZ\x90\x00", ""),
        (b"<html><script>", ""),
        (b"", ""),
    ],
)
def test_the_type_is_what_the_first_bytes_say(content, media_type):
    assert media_type_of(content) == media_type


@pytest.mark.django_db
def test_a_proof_is_known_by_its_hash_and_kept_once():
    staff = make_staff("collector")
    proof = add_evidence(kind="photo", content=PNG + b"1", file_name="a.png", staff=staff, at=at(20), taken_at=at(19))
    assert (proof.sha256, proof.media_type) == (hashlib.sha256(PNG + b"1").hexdigest(), "image/png")
    again = add_evidence(kind="photo", content=PNG + b"1", file_name="b.png", staff=staff, at=at(21))
    assert (again.pk, Evidence.objects.count()) == (proof.pk, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "rumour"}, "KIND_UNKNOWN"),
        ({"content": b""}, "FILE_EMPTY"),
        ({"content": PNG + bytes(LARGEST_BYTES)}, "FILE_TOO_LARGE"),
        ({"content": b"MZ\x90\x00", "file_name": "photo.png"}, "TYPE_UNKNOWN"),
        ({"content": PDF}, "TYPE_MISFIT"),
        ({"taken_at": at(21)}, "TAKEN_IN_FUTURE"),
        ({"at": at(20).replace(tzinfo=None)}, "MOMENT_WITHOUT_ZONE"),
        ({"file_name": "x" * 201}, "FILE_NAME_TOO_LONG"),
        ({"note": "x" * 301}, "NOTE_TOO_LONG"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(asked, code):
    whole = {"kind": "photo", "content": PNG, "file_name": "photo.png", "staff": make_staff("collector"), "at": at(20)}
    with pytest.raises(UnableToAddEvidenceError) as refusal:
        add_evidence(**{**whole, **asked})
    assert refusal.value.code == code
    assert Evidence.objects.count() == 0
