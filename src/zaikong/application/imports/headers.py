"""Which column of a file is which column of its kind?"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Final

from zaikong.application.imports.fields import Field, Kind
from zaikong.application.imports.sheet import Sheet
from zaikong.kernel.refusal import Refusal

REJECTED_LINE: Final = "rejected_line"
REJECTED_REASON: Final = "rejected_reason"
_OURS: Final = (REJECTED_LINE, REJECTED_REASON)
"""Columns added to the file of rejected rows; read past, so that it can be mended and imported as it is."""

_WORDS: Final = "，、；"


class UnableToMatchHeaderError(Refusal):
    """A file's header is not that of its kind."""


def plain_name(text: str) -> str:
    """A column name without what does not matter: case, width, blanks, `_`, `-` and a unit in brackets."""
    wide = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\s_\-]+", "", re.sub(r"[(\[].*?[)\]]\s*$", "", wide))


def known_names(kind: Kind) -> dict[str, Field]:
    """Every name of every column of a kind, in plain form."""
    return {plain_name(name): field for field in kind.fields for name in (field.name, *field.chinese)}


def match(sheet: Sheet, kind: Kind, others: Mapping[str, Kind], *, ignore: Collection[str] = ()) -> dict[str, str]:
    """Find each column of a kind in a file.

    Args:
        sheet: The file.
        kind: What it should hold.
        others: Kinds to suggest when the header is that of another.
        ignore: Columns of the file to read past, as written.

    Returns:
        Column name of the kind to column name of the file.

    Raises:
        UnableToMatchHeaderError: `HEADER_WRONG` with every missing and unknown column, or `HEADER_DUPLICATE`.
    """
    names = known_names(kind)
    found: dict[str, str] = {}
    unknown: list[str] = []
    for column in sheet.columns:
        field = names.get(plain_name(column))
        if column in ignore or column in _OURS:
            continue
        if field is None:
            unknown.append(column)
        elif field.name in found:
            raise UnableToMatchHeaderError(
                f"{sheet.path} has {field.title} twice, as {found[field.name]!r} and {column!r}",
                code="HEADER_DUPLICATE",
                fields={"file": str(sheet.path)},
                remedy="Delete one of them.",
            )
        else:
            found[field.name] = column
    missing = [field for field in kind.fields if field.needed and field.name not in found]
    if missing or unknown:
        raise _wrong(sheet, kind, others, missing, unknown)
    return found


def _wrong(
    sheet: Sheet, kind: Kind, others: Mapping[str, Kind], missing: list[Field], unknown: list[str]
) -> UnableToMatchHeaderError:
    parts = []
    if missing:
        parts.append("lacks " + ", ".join(field.title for field in missing))
    if unknown:
        suggest = _suggester(kind)
        parts.append("has unknown " + ", ".join(f"{name!r}{suggest(name)}" for name in unknown))
    return UnableToMatchHeaderError(
        f"{sheet.path} is no {kind.name} file as it stands: it " + "; it ".join(parts),
        code="HEADER_WRONG",
        fields={"file": str(sheet.path), "missing": [field.name for field in missing], "unknown": unknown},
        remedy=_remedy(sheet, kind, others, missing, unknown),
    )


def _suggester(kind: Kind) -> Callable[[str], str]:
    names = known_names(kind)

    def suggest(name: str) -> str:
        close = difflib.get_close_matches(plain_name(name), names, n=1, cutoff=0.6)
        return f" (did you mean {names[close[0]].title}?)" if close else ""

    return suggest


def _remedy(sheet: Sheet, kind: Kind, others: Mapping[str, Kind], missing: list[Field], unknown: list[str]) -> str:
    if len(sheet.columns) == 1 and any(sign in sheet.columns[0] for sign in _WORDS):
        return 'Separate the columns by ASCII commas: save the file as "CSV UTF-8" from Excel.'
    plain = {plain_name(column) for column in sheet.columns}
    fits = max(others.values(), key=lambda other: len(plain & set(known_names(other))), default=kind)
    needed = {field.name for field in fits.fields if field.needed}
    has = {field.name for name, field in known_names(fits).items() if name in plain}
    if fits.name != kind.name and needed <= has:
        return f"The header is that of {fits.name}: run `zaikong import {fits.name}`."
    if not missing and unknown:
        return "Rename the column, or pass --ignore-column to read past it."
    return f"Columns of {kind.name}: " + ", ".join(
        field.title if field.needed else f"{field.title}?" for field in kind.fields
    )
