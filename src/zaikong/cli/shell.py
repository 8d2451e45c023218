"""What do all commands share: the database, plain errors and exit codes?

Exit codes: 0 done; 1 done, with findings a person must see; 2 refused, nothing changed; 3 something outside failed
(database, disk). A user's mistake never prints a traceback; `ZAIKONG_TRACE=1` shows them all.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal

out = Console()
err = Console(stderr=True)

REFUSED = 2
BROKEN = 3


def today() -> date:
    """The business date by the clock, for a command that was not given one."""
    return datetime.now(TIME_ZONE).date()


def read_date(text: str) -> date:
    """Read an option written YYYY-MM-DD.

    Raises:
        typer.BadParameter: Not a date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write YYYY-MM-DD") from error


def with_database() -> None:
    """Make the tables usable: settings, embedded server where none is configured, Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zaikong.settings")
    import django  # noqa: PLC0415 -- starts the database; only for commands that need it

    django.setup()


def complain(error: Exception) -> int:
    """Print a failure as its user should see it.

    Returns:
        The exit code.
    """
    if isinstance(error, Refusal):
        err.print(f"[bold red]{error.code}[/]: {escape(error.message)}", highlight=False, markup=True, soft_wrap=True)
        if error.article:
            err.print(f"  basis: {escape(error.article)}", highlight=False, soft_wrap=True)
        if error.remedy:
            err.print(f"  remedy: {escape(error.remedy)}", highlight=False, soft_wrap=True)
        return BROKEN if error.code.startswith("DATABASE_") else REFUSED
    if isinstance(error, OSError):
        what = f"{error.strerror or error}: {error.filename or ''}"
        err.print(f"[bold red]SYSTEM[/]: {escape(what)}", highlight=False)
        err.print("  remedy: check free disk space and permissions, then run the command again.", highlight=False)
        return BROKEN
    what = (str(error).strip() or type(error).__name__).splitlines()[0]
    err.print(f"[bold red]DATABASE[/]: {escape(what)}", highlight=False, soft_wrap=True)
    err.print("  remedy: nothing was half done; see that the database runs, then run the command again.")
    return BROKEN


def is_expected(error: Exception) -> bool:
    """Whether a failure is one a user may cause or meet, to be told without a traceback."""
    if isinstance(error, Refusal | OSError):
        return True
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    return bool(kinds & {"django.db.utils.OperationalError", "psycopg.OperationalError", "psycopg.InterfaceError"})


def run(app: Callable[..., Any]) -> None:
    """Run the command line, turning expected failures into messages and exit codes."""
    try:
        app()
    except Exception as error:
        if os.environ.get("ZAIKONG_TRACE") == "1" or not is_expected(error):
            raise
        sys.exit(complain(error))


@contextmanager
def plain_errors() -> Iterator[None]:
    """The same for a part of a command that goes on after it."""
    try:
        yield
    except Exception as error:
        if not is_expected(error):
            raise
        raise typer.Exit(complain(error)) from error
