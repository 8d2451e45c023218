"""`zaikong notify`: hand over what waits in the outbox, take in receipts."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from zaikong.cli.shell import out, with_database
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def send(most: Annotated[int | None, typer.Option(min=1, help="Largest number; all by default.")] = None) -> None:
    """Send what waits. Exit code 1 when something failed or is not known: it is work for a person."""
    with_database()
    from django.conf import settings  # noqa: PLC0415 -- after the database is set up

    from zaikong.application.messaging.sending import send_waiting  # noqa: PLC0415 -- as above
    from zaikong.application.messaging.targets import targets_of  # noqa: PLC0415 -- as above

    targets = targets_of(settings.NOTIFY_TARGETS, outbox=settings.VAR / "outbox")
    sent = send_waiting(targets=targets, clock=lambda: datetime.now(TIME_ZONE), most=most)
    _print(sent.findings)
    out.print(
        f"{sent.sent} sent, {sent.again} to be tried again, {sent.failed} failed, {sent.unknown} not known, "
        f"{sent.idle} about nothing any more"
    )
    raise typer.Exit(1 if sent.findings else 0)


@app.command()
def receipts(file: Annotated[Path, typer.Argument(help="CSV with reference, state, time.", exists=True)]) -> None:
    """Take in a provider's receipts. Exit code 1 when a row was not taken."""
    with_database()
    from zaikong.application.messaging.receipts import take_receipts  # noqa: PLC0415 -- after the database is set up

    taken = take_receipts(file.read_bytes(), now=datetime.now(TIME_ZONE))
    _print(taken.findings)
    out.print(
        f"{taken.rows} rows: {taken.delivered} delivered, {taken.failed} failed, {taken.repeated} known before, "
        f"{len(taken.findings)} not taken"
    )
    raise typer.Exit(1 if taken.findings else 0)


def _print(findings: list[Finding] | tuple[Finding, ...]) -> None:
    for finding in findings:
        out.print(f"[red]{finding.code}[/] {finding.subject}: {finding.message}", highlight=False, soft_wrap=True)
