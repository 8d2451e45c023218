"""`zaikong meter`: read meters over the wire."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, with_database
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False)

FINDINGS = 1
"""Exit code when some meter did not answer."""


@app.callback()
def _meter() -> None:
    """Read meters over the wire."""


@app.command()
def read(
    meter_no: Annotated[str, typer.Argument(help="Meter number.")],
    *,
    staff: Annotated[str, typer.Option("--staff", help="Log-in of who asks.")],
) -> None:
    """Read registers, clock and relay of one meter now."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.commanding.exchanges import outcome_words  # noqa: PLC0415 -- as above
    from zaikong.application.commanding.live_read import meter_numbered, read_now  # noqa: PLC0415 -- as above

    told = read_now(meter=meter_numbered(meter_no), staff=staff_named(username=staff), at=datetime.now(TIME_ZONE))
    table = Table("asked", "outcome", "told", title=meter_no)
    answers = [answer for answer in (told.registers, told.relay) if answer is not None]
    for answer in answers:
        word, code, values = outcome_words(answer.outcome)
        table.add_row(answer.verb.value, f"{word} {code}".strip(), str(values))
    out.print(table)
    if any(outcome_words(answer.outcome)[0] != "confirmed" for answer in answers):
        raise typer.Exit(FINDINGS)


@app.command()
def collect(
    *,
    date: Annotated[str, typer.Option("--date", help="Business date of the night, YYYY-MM-DD; today by default.")] = "",
    inbox: Annotated[Path, typer.Option(help="Folder of inboxes; the file lies in its folder of the date.")],
    station: Annotated[str, typer.Option(help="Code of a station; all by default.")] = "",
) -> None:
    """Read every meter on a wire into the readings file of a night."""
    now = datetime.now(TIME_ZONE)
    day = read_date(date) if date else now.date()
    with_database()
    from zaikong.application.commanding.collecting import collect_readings  # noqa: PLC0415 -- needs the tables
    from zaikong.application.commanding.keys import meter_keys  # noqa: PLC0415 -- as above

    told = collect_readings(folder=inbox / str(day), at=now, credentials=meter_keys(), station=station)
    table = Table("meter", "cause")
    for finding in told.findings:
        table.add_row(finding.subject, finding.code)
    if told.findings:
        out.print(table)
    where = f"; {told.file}" if told.file else "; no file was written"
    out.print(f"{told.read} meters read, {len(told.findings)} not, {told.rows} values in {told.seconds} s{where}")
    raise typer.Exit(FINDINGS if told.findings else 0)
