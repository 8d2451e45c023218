"""Where does the decision log end, what stands in it, and how are records put behind it?"""

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl
from django.db import connection

from zaikong.store import bulk

_TABLE = "zaikong_decisionrecord"
_LOCK = "zaikong decision log"
_PART = 10_000

STORED = {
    "seq": pl.Int64,
    "at": pl.String,
    "kind": pl.String,
    "subject": pl.String,
    "actor": pl.String,
    "record": pl.String,
    "previous_hash": pl.String,
    "hash": pl.String,
}
"""Columns of a record to write; `at` is ISO text with its offset."""


def locked_head() -> tuple[int, str]:
    """Number and hash of the last record, 0 and empty where there is none; nobody else appends until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [_LOCK])
    # a statement of its own: it must see what whoever held the lock has committed
    return head()


def head() -> tuple[int, str]:
    """Number and hash of the last record, 0 and empty where there is none."""
    return _one(f"SELECT seq, hash FROM {_TABLE} ORDER BY seq DESC LIMIT 1", [])


def hash_of(seq: int) -> str:
    """Hash of one record, empty where there is none."""
    return _one(f"SELECT seq, hash FROM {_TABLE} WHERE seq = %s", [seq])[1]


def clock_micros() -> int:
    """The database's time [microseconds since 1970-01-01 UTC]."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        return int(cursor.fetchone()[0])


def write(rows: pl.DataFrame) -> int:
    """Append records, in their order: `STORED`."""
    return bulk.write(rows.select(list(STORED)), _TABLE)


def texts(first: int, last: int) -> Iterator[tuple[str, str]]:
    """Text and hash of the records from `first` to `last`, in order, a part at a time."""
    for start in range(first, last + 1, _PART):
        rows = bulk.fetch(
            f"SELECT record, hash FROM {_TABLE} WHERE seq BETWEEN %s AND %s ORDER BY seq",
            {"record": pl.String, "hash": pl.String},
            [start, min(start + _PART - 1, last)],
        )
        yield from rows.iter_rows()


def counts_by_kind() -> pl.DataFrame:
    """How many records there are of each kind: `kind`, `records`, `last_seq`."""
    return bulk.fetch(
        f"SELECT kind, count(*), max(seq) FROM {_TABLE} GROUP BY kind ORDER BY kind",
        {"kind": pl.String, "records": pl.Int64, "last_seq": pl.Int64},
    )


def moves_of(as_of: date, accounts: Sequence[int]) -> pl.DataFrame:
    """A night's grade moves of some accounts: `account_no`, `grade_before`, `grade`, `points`, `veto_code`, `table_edition`, `reasons`, `facts`.

    The last two are JSON as text.
    """
    bulk.stage(
        pl.DataFrame({"account": list(accounts)}, schema={"account": pl.Int64}), "moved_now", {"account": "bigint"}
    )
    return bulk.fetch(
        "SELECT a.account_no, m.grade_before, m.grade, m.points, m.veto_code, m.table_edition, m.reasons::text, "
        "m.facts::text FROM zaikong_grademove m JOIN zaikong_account a ON a.id = m.account_id "
        "WHERE m.moved_date = %s AND m.account_id IN (SELECT account FROM moved_now) ORDER BY a.account_no",
        {
            "account_no": pl.String,
            "grade_before": pl.Int64,
            "grade": pl.Int64,
            "points": pl.Int64,
            "veto_code": pl.String,
            "table_edition": pl.String,
            "reasons": pl.String,
            "facts": pl.String,
        },
        [as_of],
    )


def is_logged(kind: str, subject: str) -> bool:
    """Whether the log holds a record of this kind about this subject."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_TABLE} WHERE subject = %s AND kind = %s)", [subject, kind])
        return bool(cursor.fetchone()[0])


def _one(query: str, params: list[object]) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")
