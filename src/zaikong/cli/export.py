"""`zaikong export`: write the import files back out, or any table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from zaikong.cli.shell import out, with_database

if TYPE_CHECKING:
    from zaikong.application.exports import ExportReport

app = typer.Typer(no_args_is_help=True, add_completion=False)

KINDS = {
    "customers": "Customers and accounts 客户档案.",
    "meters": "Meters 电能表.",
    "readings": "Register readings 抄表示数.",
    "daily_use": "Daily use 日用电量.",
    "bills": "Bills, one row an account and month 电费账单.",
    "payments": "Payments 缴费流水.",
    "signals": "Notices about enterprises 政策与企业信号.",
}
"""Kinds of file and what `--help` says of them."""

Target = Annotated[Path, typer.Argument(help="File ending in .csv, .xlsx or .parquet.")]
Unmasked = Annotated[bool, typer.Option("--unmasked", help="Write identity and telephone numbers whole.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def _command(kind: str) -> Callable[..., None]:
    def run(file: Target, *, unmasked: Unmasked = False, as_json: AsJson = False) -> None:
        with_database()
        from zaikong.application.exports import export  # noqa: PLC0415 -- needs the tables

        _print(export(kind, file, unmasked=unmasked), as_json=as_json)

    return run


@app.command()
def table(
    name: Annotated[str, typer.Argument(help="What one row is, such as account, bill or leg.")],
    file: Target,
    *,
    unmasked: Unmasked = False,
    as_json: AsJson = False,
) -> None:
    """Any table as it is stored: money in fen, energy in 0.01 kWh."""
    with_database()
    from zaikong.application.exports import export_table  # noqa: PLC0415 -- needs the tables

    _print(export_table(name, file, unmasked=unmasked), as_json=as_json)


def _print(report: "ExportReport", *, as_json: bool) -> None:
    if as_json:
        told = {"name": report.name, "file": str(report.path), "rows": report.rows, "masked": list(report.masked)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    masked = f"; masked: {', '.join(report.masked)} (--unmasked writes them whole)" if report.masked else ""
    out.print(f"{escape(str(report.path))}: {report.rows:,} rows{masked}", highlight=False, soft_wrap=True)


for _kind, _help in KINDS.items():
    app.command(_kind, help=_help)(_command(_kind))
