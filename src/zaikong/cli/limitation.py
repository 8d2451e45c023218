"""`zaikong limitation`: which claims run out next?"""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, today, with_database
from zaikong.kernel.money import yuan_text

app = typer.Typer(add_completion=False)


@app.command()
def limitation(
    *,
    on: Annotated[str, typer.Option("--date", help="Day, YYYY-MM-DD; today by default.")] = "",
    alert: Annotated[int, typer.Option(help="Only claims with at least this alert: 1 mild, 3 urgent, 4 expired.")] = 1,
    most: Annotated[int, typer.Option(help="At most so many claims.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List open debts by the days left of their limitation, with what each clock runs from and its proof."""
    day = read_date(on) if on else today()
    with_database()
    from zaikong.application.limitation import limitation_queue  # noqa: PLC0415 -- needs the tables

    queue = limitation_queue(as_of=day, least_alert=alert, most=most)
    if as_json:
        typer.echo(json.dumps(asdict(queue), ensure_ascii=False, default=str))
        return
    table = Table(
        "account", "month", "open (yuan)", "due", "runs from", "because", "proof", "ends", "days left", title=str(day)
    )
    for claim in queue.claims:
        table.add_row(
            claim.account_no,
            str(claim.month),
            yuan_text(claim.open_fen),
            str(claim.due_date),
            str(claim.from_date),
            claim.interruption or "due day",
            claim.proof,
            str(claim.expires_date),
            str(claim.days_left),
        )
    out.print(table)
    for level, (claims, fen) in queue.by_alert.items():
        out.print(f"alert {level}: {claims} claims, {yuan_text(fen)} yuan")
