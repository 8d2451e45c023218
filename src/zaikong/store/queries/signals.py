"""Which signals are known, whom may they be about, and which are certain?"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from zaikong.store import bulk

FACT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "subject_name": pl.String,
        "usci": pl.String,
        "kind": pl.String,
        "signal_date": pl.Date,
        "source": pl.String,
        "document_no": pl.String,
    }
)
"""What makes a signal one and the same."""

_FACT_TYPES: Final = {name: "date" if kind == pl.Date else "text" for name, kind in FACT.items()}
_SUBJECT: Final = {"key": pl.Int64, "name": pl.String, "usci": pl.String}
_SHORTEST_ORGANISATION: Final = 4
"""Shorter names are those of persons and are never matched by name [characters]."""


def lock() -> None:
    """Let one process at a time add signals and matches, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_signals'))")


def known(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of the facts that are stored: columns `FACT`."""
    bulk.stage(rows.select(list(FACT)), "signal_asked", _FACT_TYPES)
    columns = ", ".join(FACT)
    return bulk.fetch(f"SELECT {columns} FROM signal_asked JOIN zaikong_signal USING ({columns})", FACT)


def add(rows: pl.DataFrame) -> int:
    """Write signals: columns `FACT` and `known_date`."""
    return bulk.write(rows.select(*FACT, "known_date"), "zaikong_signal")


def subjects_without_match() -> pl.DataFrame:
    """Signals that nobody has been found or proposed for: `key`, `name`, `usci`.

    One whose every proposal was rejected stays as the person left it.
    """
    return bulk.fetch(
        "SELECT s.id, s.subject_name, s.usci FROM zaikong_signal s "
        "WHERE NOT EXISTS (SELECT 1 FROM zaikong_signalmatch m WHERE m.signal_id = s.id) ORDER BY s.id",
        _SUBJECT,
    )


def organisations() -> pl.DataFrame:
    """Customers that may be meant by a signal, every one with an identifier or a long enough name: as subjects."""
    return bulk.fetch(
        "SELECT id, name, usci FROM zaikong_customer WHERE usci <> '' OR char_length(name) >= %s ORDER BY id",
        _SUBJECT,
        [_SHORTEST_ORGANISATION],
    )


def add_matches(rows: pl.DataFrame) -> int:
    """Write matches: `signal`, `customer`, `found_by`, `score`, `doubt`, `state`, `matched_date`."""
    return bulk.write(
        rows.select(
            "found_by",
            "score",
            "doubt",
            "state",
            "matched_date",
            signal_id="signal",
            customer_id="customer",
            reason=pl.lit(""),
        ),
        "zaikong_signalmatch",
    )


def confirmed_facts(*, as_of: date, customers: Sequence[int] | None = None) -> pl.DataFrame:
    """Dated facts for the credit file, one row a signal and customer: `customer`, `kind`, `signal_day`, `known_day`.

    `known_day` is the day from which both the signal and its customer were known; nothing known later is told.

    Args:
        as_of: The business date.
        customers: Customer keys, every customer where None.
    """
    among, keys = ("", []) if customers is None else ("AND m.customer_id = ANY(%s)", [list(customers)])
    return bulk.fetch(
        f"""
        SELECT customer_id, kind, signal_date - '1970-01-01', known_date - '1970-01-01' FROM (
            SELECT m.customer_id, s.id, s.kind, s.signal_date,
                greatest(s.known_date, m.matched_date, m.decided_date) AS known_date
            FROM zaikong_signalmatch m JOIN zaikong_signal s ON s.id = m.signal_id
            WHERE m.state = 'confirmed' {among}
        ) k WHERE known_date <= %s ORDER BY customer_id, signal_date, id
        """,
        {"customer": pl.Int64, "kind": pl.String, "signal_day": pl.Int64, "known_day": pl.Int64},
        [*keys, as_of],
    )
