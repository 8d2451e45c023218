"""Which characters do the bytes of a text file stand for?

UTF-8 (with or without byte order mark) and GB18030 are told apart by evidence, never by which decoder happens not to
fail: GB18030 accepts nearly any pair of bytes, so a UTF-8 file damaged in one place, or a Big5 file, would otherwise
load as nonsense names.

Basis: GB 18030-2022; its level-1 and level-2 characters (GB 2312) make up nearly all office text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zaikong.kernel.refusal import Refusal

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_PROBE: Final = 1 << 20
"""Characters looked at to judge a decoding; the decoding itself is of the whole file."""

_MOSTLY: Final = 9
"""At least this many good multi-byte characters to one broken byte make a damaged UTF-8 file."""

_RARE_PERCENT: Final = 30
_NARROW_TWO_BYTES: Final = 0x800


class UnableToDecodeError(Refusal):
    """The bytes are no text in UTF-8 or GB18030."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text.

    Attributes:
        text: Its characters, without byte order mark.
        encoding: `UTF-8` or `GB18030`.
    """

    text: str
    encoding: str


def decoded(content: bytes, *, path: Path) -> Decoded:
    """Read bytes as text.

    Args:
        content: The whole file.
        path: The file, for the error.

    Raises:
        UnableToDecodeError: UTF-16, binary, damaged, or neither encoding; names the line of the first bad byte.
    """
    if content.startswith(_UTF16_MARKS) or _every_other_byte_is_zero(content):
        raise _refused(path, "ENCODING_UTF16", "is UTF-16 text", 'Save it as "CSV UTF-8" and import that file.')
    if b"\0" in content:
        raise _refused(path, "FILE_BINARY", "holds binary content, not text", "Hand in CSV, Excel or Parquet.")
    body = content.removeprefix(_UTF8_MARK)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return Decoded(_gb18030(body, error, path), "GB18030")
    if _reads_better_as_gb18030(body, text):
        return Decoded(body.decode("gb18030"), "GB18030")
    return Decoded(text, "UTF-8")


def _every_other_byte_is_zero(content: bytes) -> bool:
    head = content[:400]
    half = len(head) // 2
    return half > 1 and half // 2 < max(head[0::2].count(0), head[1::2].count(0)) and head.count(0) <= half + 1


def _gb18030(body: bytes, utf8_error: UnicodeDecodeError, path: Path) -> str:
    if _is_damaged_utf8(body):
        line = body.count(b"\n", 0, utf8_error.start) + 1
        raise _refused(
            path,
            "ENCODING_DAMAGED",
            f"is UTF-8 text with a broken character in line {line}",
            "Export the file again; it was cut or changed on the way.",
        )
    try:
        text = body.decode("gb18030")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _refused(
            path, "ENCODING_UNKNOWN", f"is neither UTF-8 nor GB18030 (line {line})", 'Save it as "CSV UTF-8".'
        ) from error
    if _looks_foreign(text):
        raise _refused(
            path,
            "ENCODING_UNKNOWN",
            "is neither UTF-8 nor GB18030; it reads as nonsense, perhaps it is Big5",
            'Open it where it was made and save it as "CSV UTF-8".',
        )
    return text


def _is_damaged_utf8(body: bytes) -> bool:
    text = body[:_PROBE].decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    good = sum(1 for sign in text if ord(sign) >= _NARROW_TWO_BYTES) - broken
    return good > 0 and good >= _MOSTLY * broken


def _looks_foreign(text: str) -> bool:
    wide = "".join(sign for sign in text[:_PROBE] if not sign.isascii())
    common = len(wide.encode("gb2312", errors="ignore")) // 2
    return (len(wide) - common) * 100 > len(wide) * _RARE_PERCENT


def _reads_better_as_gb18030(body: bytes, text: str) -> bool:
    """Whether every character outside ASCII is a two-byte UTF-8 form that is also a common Chinese character."""
    if text.isascii() or any(ord(sign) >= _NARROW_TWO_BYTES for sign in text):
        return False
    try:
        other = body.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return not _looks_foreign(other)


def _refused(path: Path, code: str, what: str, remedy: str) -> UnableToDecodeError:
    return UnableToDecodeError(f"{path} {what}", code=code, fields={"file": str(path)}, remedy=remedy)
