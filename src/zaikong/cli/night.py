"""`zaikong night`: carry the county through one business date."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import err, out, read_date, with_database

app = typer.Typer(add_completion=False)


@app.command()
def night(
    date: Annotated[str, typer.Option("--date", help="Business date, YYYY-MM-DD.")],
    from_step: Annotated[str | None, typer.Option(help="Run this step and the later ones again.")] = None,
    inbox: Annotated[Path | None, typer.Option(help="Folder with the day's files: readings.*, payments.*.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Carry the county through one business date: readings, payments, bills, proof, exposure, closes."""
    business_date = read_date(date)
    with_database()
    from zaikong.application.night import run_night  # noqa: PLC0415 -- needs the tables

    report = run_night(
        business_date=business_date,
        inbox=inbox,
        from_step=from_step,
        on_step=lambda name: err.print(f"  {name}", style="dim") if not as_json else None,
    )
    if as_json:
        steps = {step.name: {"skipped": step.skipped, **step.manifest} for step in report.steps}
        typer.echo(json.dumps({"date": date, "steps": steps}, ensure_ascii=False, default=str))
        return
    table = Table("step", "state", "seconds", "manifest", title=f"Night of {business_date}")
    for step in report.steps:
        figures = ", ".join(
            f"{key} {value}" for key, value in step.manifest.items() if not isinstance(value, dict | list)
        )
        table.add_row(step.name, "done before" if step.skipped else "done", f"{step.seconds:.2f}", figures)
    out.print(table)
