"""`zaikong import`: take in files, reporting every bad row and losing none.

Exit codes: 0 every row is in the tables; 1 rows were rejected; 2 a file was refused; 3 the database or the disk failed.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from zaikong.cli.shell import complain, err, is_expected, out, read_date, today, with_database

if TYPE_CHECKING:
    from zaikong.application.imports import FileReport

app = typer.Typer(no_args_is_help=True, add_completion=False)

REJECTED = 1
_SHOWN = 20

KINDS = {
    "customers": "Customers and accounts 客户档案.",
    "meters": "Meters 电能表.",
    "readings": "Register readings 抄表示数; settled into daily use by the rules of metering.",
    "daily_use": "Daily use 日用电量 of a head-end that hands over use instead of registers.",
    "bills": "Bills of the system before this one 历史电费账单.",
    "payments": "Payments of a channel 缴费流水.",
    "signals": "Notices about enterprises 政策与企业信号; each is matched to its customer, or waits for a person.",
}
"""Kinds of file and what `--help` says of them."""

Files = Annotated[list[Path], typer.Argument(help="CSV, Excel or Parquet files.")]
Partial = Annotated[bool, typer.Option("--accept-partial", help="Load the sound rows of a file that has others.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Business date, YYYY-MM-DD; today by default.")]
Missing = Annotated[
    bool | None,
    typer.Option(
        "--create-missing/--no-create-missing",
        help="Create stations and collectors that are not known; by default only while there is no station at all.",
    ),
]
Ignored = Annotated[list[str] | None, typer.Option("--ignore-column", help="Read past this column.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def _command(kind: str) -> Callable[..., None]:
    def run(
        files: Files,
        *,
        accept_partial: Partial = False,
        as_of: AsOf = None,
        create_missing: Missing = None,
        ignore_column: Ignored = None,
        as_json: AsJson = False,
    ) -> None:
        business_date = read_date(as_of) if as_of else today()
        with_database()
        from zaikong.application.imports import load  # noqa: PLC0415 -- needs the tables

        reports: list[FileReport] = []
        codes = [0]
        for file in files:
            try:
                done = load(
                    kind,
                    [file],
                    as_of=business_date,
                    accept_partial=accept_partial,
                    create_missing=create_missing,
                    ignore=ignore_column or (),
                )
            except Exception as error:
                if not is_expected(error):
                    raise
                codes.append(complain(error))
                continue
            reports.extend(done.files)
            codes.append(0 if done.complete else REJECTED)
        _print(kind, reports, as_json=as_json)
        raise typer.Exit(max(codes))

    run.__doc__ = KINDS[kind]
    return run


def _print(kind: str, reports: list["FileReport"], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"kind": kind, "files": [report.as_json() for report in reports]}, ensure_ascii=False))
        return
    for report in reports:
        _print_one(report)


def _print_one(report: "FileReport") -> None:
    table = Table(title=f"{escape(report.path.name)}: {report.kind}, {escape(report.form)}", title_justify="left")
    for name in ("rows", "loaded", "unchanged", "rejected", "waiting", "seconds"):
        table.add_column(name, justify="right")
    counts = (report.rows, report.loaded, report.unchanged, report.rejected, report.waiting)
    table.add_row(*(f"{count:,}" for count in counts), f"{report.seconds:.2f}")
    out.print(table)
    if report.details:
        out.print("  " + ", ".join(f"{name} {count:,}" for name, count in report.details.items()), highlight=False)
    for note in report.notes:
        out.print(f"  [yellow]{note.code}[/] {escape(note.message)}", highlight=False, soft_wrap=True)
    if report.rejected:
        _print_rejections(report)


def _print_rejections(report: "FileReport") -> None:
    table = Table("line", "column", "value", "code", "reason", title="Rejected rows", title_justify="left")
    rows: Any = report.rejections.head(_SHOWN).iter_rows()
    for line, column, value, code, reason in rows:
        table.add_row(str(line), escape(column), escape(value), code, escape(reason))
    out.print(table)
    more = report.rejections.height - _SHOWN
    if more > 0:
        out.print(f"  … and {more:,} more")
    out.print(f"  All of them, to mend and import again: {escape(str(report.rejected_path))}", soft_wrap=True)
    if report.waiting:
        err.print(
            f"  Nothing was loaded: {report.waiting:,} sound rows wait. Mend the rows, or pass --accept-partial.",
            highlight=False,
        )


for _kind, _help in KINDS.items():
    app.command(_kind, help=_help)(_command(_kind))
