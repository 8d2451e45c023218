"""`zaikong balance`: what prepaid accounts have left."""

import json
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, with_database
from zaikong.kernel.money import yuan_text

app = typer.Typer(no_args_is_help=True, add_completion=False)

_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _balance() -> None:
    """Show the balance of a prepaid account, estimate all of them."""


@app.command()
def show(account_no: Annotated[str, typer.Argument(help="Account number.")], *, as_json: _JSON = False) -> None:
    """Show what an account has left: of the last night and now, its thresholds, what it was told."""
    with_database()
    from zaikong.application.account_lookup import account_by_number  # noqa: PLC0415 -- needs the tables
    from zaikong.application.balances.shown import balance_shown  # noqa: PLC0415 -- as above

    shown = balance_shown(account_by_number(account_no).pk)
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False, default=str))
        return
    table = Table(
        "what", "", title=f"{account_no} as of {shown['as_of_date']}, use measured to {shown['measured_to_date']}"
    )
    for name in (
        "settled_fen",
        "estimated_fen",
        "available_fen",
        "available_now_fen",
        "overdraft_limit_fen",
        "daily_fen",
    ):
        table.add_row(f"{name.removesuffix('_fen').replace('_', ' ')}, yuan", yuan_text(shown[name]))
    for name in ("days_left", "warning_level", "below_limit", "fallen_at"):
        table.add_row(name.replace("_", " "), "-" if shown[name] is None else str(shown[name]))
    out.print(table)
    crossed = Table("night", "passed", "threshold", "available, yuan", "message")
    for row in shown["crossings"]:
        size = str(row["threshold"]) if row["kind"] == "days" else yuan_text(row["threshold"])
        crossed.add_row(
            str(row["night_date"]), row["kind"], size, yuan_text(row["available_fen"]), row["message"] or "-"
        )
    out.print(crossed)


@app.command()
def run(
    *, date: Annotated[str, typer.Option("--date", help="Business date, YYYY-MM-DD.")], as_json: _JSON = False
) -> None:
    """Estimate all prepaid balances again for a business date that is the last one, over its use and money as known now."""
    business_date = read_date(date)
    with_database()
    from zaikong.application.balances.again import estimate_again  # noqa: PLC0415 -- needs the tables

    found = estimate_again(as_of=business_date)
    figures = {
        "accounts": found.accounts,
        "below_limit": found.below_limit,
        "available_fen": found.available_fen,
        "estimated_fen": found.estimated_fen,
        "crossed": found.crossed,
        "messages": found.messages,
        "withheld": found.withheld,
        "findings": [f"{one.code} {one.subject}: {one.message}" for one in found.findings],
    }
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table("what", "", title=f"Balances of {business_date}")
    for name, value in figures.items():
        if name != "findings":
            told = (
                ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else f"{value:,}"
            )
            table.add_row(name.replace("_", " "), told or "-")
    out.print(table)
    for finding in figures["findings"]:
        out.print(finding)
