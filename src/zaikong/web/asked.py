"""What did an address or a form ask for, read so that nothing typed can break a page?"""

from datetime import date

from django.http import QueryDict

LONGEST = 400
"""Longer texts are cut: no field of a form takes as much."""

_MOST_DIGITS = 15
_YEARS = range(1990, 2200)


def text(query: QueryDict, name: str) -> str:
    """A text without blanks around it and without characters that cannot be printed; empty where it is absent."""
    typed = query.get(name, "")[:LONGEST]
    return "".join(sign for sign in typed if sign.isprintable() or sign == "\n").strip()


def number(query: QueryDict, name: str) -> int | None:
    """A whole number without sign, None where there is none."""
    typed = text(query, name)
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _MOST_DIGITS else None


def day(query: QueryDict, name: str) -> date | None:
    """A date written `2025-07-31`, None where there is none or where it lies outside the times of the company."""
    try:
        read = date.fromisoformat(text(query, name))
    except ValueError:
        return None
    return read if read.year in _YEARS else None
