"""`zaikong cut`: ask the rule, carry out what is due, stop everything."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from zaikong.cli.shell import out, with_database
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False)

FINDINGS = 1
"""Exit code when the rule forbids, or an order was not carried out."""

_At = Annotated[str, typer.Option("--at", help="Moment, YYYY-MM-DDTHH:MM; now by default.")]
_Staff = Annotated[str, typer.Option("--staff", help="Log-in of who acts.")]


@app.callback()
def _cut() -> None:
    """Ask whether supply may be cut, carry out approved cuts, stop them all."""


@app.command()
def ask(account_no: Annotated[str, typer.Argument(help="Account number.")], *, at: _At = "") -> None:
    """Say whether an account may be cut at a moment, with every condition that fails and its article."""
    moment = _moment(at)
    with_database()
    from zaikong.application.account_lookup import account_by_number  # noqa: PLC0415 -- needs the tables
    from zaikong.application.cutting.asking import may_cut  # noqa: PLC0415 -- as above

    answer = may_cut([(account_by_number(account_no).pk, None)], at=moment)[0]
    table = Table("condition that fails", "basis", title=f"{answer.account_no} at {moment:%Y-%m-%d %H:%M}")
    for failed in answer.failed:
        table.add_row(failed.reason, str(failed.basis))
    out.print("may be cut" if answer.allowed else table)
    if answer.missing:
        out.print(f"not known: {', '.join(answer.missing)}")
    if answer.protected_by:
        out.print(f"protected by: {', '.join(answer.protected_by)}")
    raise typer.Exit(0 if answer.allowed else FINDINGS)


@app.command()
def due(*, at: _At = "", staff: _Staff = "") -> None:
    """Carry out every approved order whose stated time has come; end those whose time has passed."""
    moment = _moment(at)
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.cutting.executing import carry_out_due  # noqa: PLC0415 -- as above
    from zaikong.application.cutting.orders import expire_cuts  # noqa: PLC0415 -- as above

    expired = expire_cuts(at=moment)
    carried = carry_out_due(at=moment, staff=staff_named(username=staff) if staff else None)
    table = Table("order", "account", "state", "certificate", "conditions that fail")
    for one in carried:
        why = ", ".join(failed.reason for failed in one.answer.failed)
        table.add_row(str(one.order), one.answer.account_no, str(one.state), one.certificate, why)
    out.print(table)
    out.print(f"{len(carried)} looked at, {len(expired)} expired")
    raise typer.Exit(FINDINGS if any(not one.certificate for one in carried) else 0)


@app.command()
def stop(*, reason: Annotated[str, typer.Option(help="Why.")], staff: _Staff, at: _At = "") -> None:
    """Stop all cuts at once."""
    _switch(stop=True, reason=reason, staff=staff, at=at)


@app.command()
def release(*, reason: Annotated[str, typer.Option(help="Why.")], staff: _Staff, at: _At = "") -> None:
    """Let cuts go on after a stop."""
    _switch(stop=False, reason=reason, staff=staff, at=at)


def _switch(*, stop: bool, reason: str, staff: str, at: str) -> None:
    moment = _moment(at)
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.cutting.switch import switch_cuts  # noqa: PLC0415 -- as above

    standing: Any = switch_cuts(stop=stop, reason=reason, staff=staff_named(username=staff), at=moment)
    out.print("all cuts are stopped" if standing.stopped else "cuts go on")


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(TIME_ZONE)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment; write YYYY-MM-DDTHH:MM") from error
    return given.replace(tzinfo=TIME_ZONE) if given.tzinfo is None else given
