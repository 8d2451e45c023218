"""`zaikong breach`: cuts of our own that were wrong, or given back too late."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, with_database
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False)

FINDINGS = 1
"""Exit code while breaches wait for a decision."""

_At = Annotated[str, typer.Option("--at", help="Moment, YYYY-MM-DDTHH:MM; now by default.")]
_Staff = Annotated[str, typer.Option("--staff", help="Log-in of who acts.")]
_Number = Annotated[int, typer.Argument(help="Number of the breach.")]


@app.callback()
def _breach() -> None:
    """Look for own breaches in cutting, judge them, make them good."""


@app.command()
def find(*, at: _At = "") -> None:
    """Look at every cut by what is known now; exit code 1 while breaches wait for a decision."""
    moment = _moment(at)
    with_database()
    from zaikong.application.breaches import find_breaches  # noqa: PLC0415 -- needs the tables

    found = find_breaches(at=moment)
    out.print(f"{found.cuts} cuts looked at: {found.new} breaches new, {found.updated} brought up to date")
    out.print(f"{found.standing} wait for a decision")
    raise typer.Exit(FINDINGS if found.standing else 0)


@app.command("list")
def list_(*, state: Annotated[str, typer.Option(help="found, confirmed, dismissed or compensated.")] = "") -> None:
    """List the register, the latest first."""
    with_database()
    from zaikong.application.breaches import listed_breaches  # noqa: PLC0415 -- needs the tables

    table = Table("number", "happened", "account", "kind", "state", "minutes off", "minutes late", "yuan", "basis")
    for row in listed_breaches(state=state):
        happened = row.breach_at.astimezone(TIME_ZONE)
        table.add_row(
            str(row.pk),
            f"{happened:%Y-%m-%d %H:%M}",
            row.account.account_no,
            row.kind,
            row.state,
            str(row.minutes_off),
            str(row.minutes_late),
            yuan_text(row.compensation_fen),
            row.basis,
        )
    out.print(table)


@app.command()
def decide(
    number: _Number,
    *,
    staff: _Staff,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    dismiss: Annotated[bool, typer.Option("--dismiss", help="It is no breach.")] = False,
    at: _At = "",
) -> None:
    """Confirm a breach, or dismiss it."""
    moment = _moment(at)
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.breaches import decide_breach  # noqa: PLC0415 -- as above

    who = staff_named(username=staff)
    done = decide_breach(breach=number, confirm=not dismiss, reason=reason, staff=who, at=moment)
    out.print(f"breach {done.pk} is {done.state}")


@app.command("make-good")
def make_good(number: _Number, *, staff: _Staff, at: _At = "") -> None:
    """Credit the compensation of a confirmed breach to the customer."""
    moment = _moment(at)
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.breaches import make_good_breach  # noqa: PLC0415 -- as above

    done = make_good_breach(breach=number, staff=staff_named(username=staff), at=moment)
    out.print(f"{yuan_text(done.compensation_fen)} yuan credited to {done.account.account_no}")


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(TIME_ZONE)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment; write YYYY-MM-DDTHH:MM") from error
    return given.replace(tzinfo=TIME_ZONE) if given.tzinfo is None else given
