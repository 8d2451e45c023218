"""How do columns get into and out of the tables quickly, inside Django's own transaction?

`COPY` both ways on the connection Django holds, so that a bulk write commits or rolls back with everything around it.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl
from django.db import connection
from psycopg import sql

_NULL = r"\N"
_SLICE_ROWS = 50_000
"""Rows turned into text at a time."""


def fetch(query: str, schema: Mapping[str, Any], params: Sequence[object] = ()) -> pl.DataFrame:
    r"""Read a query as a frame, seeing what the current transaction has written.

    Args:
        query: SELECT whose columns come in the order of `schema`; `%s` stands for a parameter.
        schema: Column name to Polars type. A date column may be asked for as `pl.Int64` by selecting `d - '1970-01-01'`.
        params: Parameters of the query.

    Returns:
        One row per row of the query.
    """
    connection.ensure_connection()
    out = io.BytesIO()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        bound = _bound(query, params)
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER false, NULL {})").format(bound, sql.Literal(_NULL))
        with cursor.copy(statement) as copy:
            for block in copy:
                out.write(block)
    if out.tell() == 0:
        return pl.DataFrame(schema=dict(schema))
    out.seek(0)
    booleans = [name for name, kind in schema.items() if kind == pl.Boolean]
    frame = pl.read_csv(
        out,
        has_header=False,
        new_columns=list(schema),
        schema={name: pl.String if name in booleans else kind for name, kind in schema.items()},
        null_values=[_NULL],
        empty_string_is_null=False,
    )
    return frame.with_columns((pl.col(name) == "t").alias(name) for name in booleans)


def write(frame: pl.DataFrame, table: str) -> int:
    """Append a frame to a table with one COPY.

    Args:
        frame: Columns named as the table's columns; columns of the table that are absent take their defaults.
        table: Table name.

    Returns:
        Rows written.
    """
    if frame.is_empty():
        return 0
    connection.ensure_connection()
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, frame.columns)), sql.Literal(_NULL)
    )
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for text in _texts(frame):
            copy.write(text)
    return frame.height


def _texts(frame: pl.DataFrame) -> Iterator[memoryview]:
    """The rows as CSV, a slice at a time; while the server takes one, a thread writes the next."""
    if frame.height <= _SLICE_ROWS:
        yield _text(frame)
        return
    with ThreadPoolExecutor(max_workers=1) as writer:
        waiting: Future[memoryview] | None = None
        for rows in frame.iter_slices(_SLICE_ROWS):
            following = writer.submit(_text, rows)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


def _text(rows: pl.DataFrame) -> memoryview:
    text = io.BytesIO()
    rows.write_csv(text, include_header=False, null_value=_NULL, quote_style="necessary")
    return text.getbuffer()


def execute(query: str, params: Sequence[object] = ()) -> int:
    """Run one statement in the current transaction.

    Returns:
        Rows touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        return int(cursor.rowcount)


def reserve(sequence: str, count: int) -> int:
    """Take `count` consecutive numbers from a sequence that nothing else draws from.

    Bills, payments and transactions are numbered here and nowhere else: the block is taken under a lock, so two runs
    never share a number.

    Returns:
        The first of them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [sequence])
        # one statement takes the block and gives the lock back, so a failure cannot leave it held
        cursor.execute(
            "SELECT first, pg_advisory_unlock(hashtext(%s)) FROM "
            "(SELECT setval(%s, nextval(%s) + %s - 1) - %s + 1 AS first OFFSET 0) taken",
            [sequence, sequence, sequence, count, count],
        )
        return int(cursor.fetchone()[0])


def stage(frame: pl.DataFrame, name: str, types: Mapping[str, str]) -> None:
    """Put a frame into a temporary table that vanishes at commit, for set-wise updates.

    Args:
        frame: The rows.
        name: Name of the temporary table.
        types: Column name to SQL type, in the frame's order.
    """
    columns = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
    execute(f'CREATE TEMPORARY TABLE "{name}" ({columns}) ON COMMIT DROP')
    write(frame.select(list(types)), name)


def _bound(query: str, params: Sequence[object]) -> sql.Composable:
    parts = query.split("%s")
    if len(parts) != len(params) + 1:
        raise ValueError(f"query has {len(parts) - 1} places for {len(params)} parameters")
    composed: list[sql.Composable] = [sql.SQL(parts[0])]  # type: ignore[arg-type] # queries are written in this package
    for value, part in zip(params, parts[1:], strict=True):
        composed += [sql.Literal(value), sql.SQL(part)]  # type: ignore[arg-type] # as above
    return sql.Composed(composed)
