"""Where does the benchmark post, so that nobody's tables are touched?

A database of its own beside the service's, made for one measurement and dropped after it. It carries a mark, and a
database of the same name without that mark is never dropped. Durability is asked of the server, not taken for granted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from zaikong.application.bench.refusal import UnableToMeasureError

NAME = "zaikong_bench"

_MARK = "made by zaikong bench; dropped by it"
_DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_write", "remote_apply")}


@contextmanager
def own_database() -> Iterator[None]:
    """Django's default connection leads to an empty, migrated database that is dropped at the end.

    Raises:
        UnableToMeasureError: A database of that name is somebody else's, or the server may not be durable.
    """
    usual = connection.settings_dict["NAME"]
    with _server() as server:
        _drop(server)
        name = sql.Identifier(NAME)
        server.execute(sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(name))
        server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(_MARK)))
    try:
        _lead_to(NAME)
        require_durable(settings_of_durability())
        call_command("migrate", verbosity=0, interactive=False)
        yield
    finally:
        _lead_to(usual)
        with _server() as server:
            _drop(server)


def settings_of_durability() -> dict[str, str]:
    """What the server says about durability: `fsync`, `full_page_writes`, `synchronous_commit`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_DURABLE)])
        return dict(cursor.fetchall())


def require_durable(settings: dict[str, str]) -> None:
    """Refuse a server that may lose what it has committed.

    Raises:
        UnableToMeasureError: Names the setting.
    """
    for name, allowed in _DURABLE.items():
        if settings[name] not in allowed:
            raise UnableToMeasureError(
                f"the server runs with {name} = {settings[name]}",
                code="DATABASE_NOT_DURABLE",
                fields={"setting": name},
                remedy=f"Set {name} to {allowed[0]}: figures of a server that may lose bills say nothing.",
            )


def bytes_written() -> dict[str, int]:
    """Size of the database, and the place in the write-ahead log of the whole server [byte]."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
        )
        size, log = cursor.fetchone()
    return {"database": int(size), "log": int(log)}


def _lead_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    place = connection.settings_dict
    link = psycopg.connect(
        host=place["HOST"] or None,
        port=place["PORT"] or None,
        user=place["USER"] or None,
        password=place["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )
    try:
        yield link
    finally:
        link.close()


def _drop(server: psycopg.Connection[Any]) -> None:
    found = server.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [NAME]
    ).fetchone()
    if found is None:
        return
    if found[0] != _MARK:
        raise UnableToMeasureError(
            f"there is a database {NAME} that the benchmark did not make",
            code="DATABASE_NOT_OURS",
            fields={"database": NAME},
            remedy="Rename it or drop it yourself, then run the benchmark again.",
        )
    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))
