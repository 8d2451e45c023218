"""`zaikong worklist`: plan a day's work lists and show them."""

import json
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import err, out, read_date, with_database
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Plan and show the work lists of collectors.")

_DATE = typer.Option("--date", help="Business date, YYYY-MM-DD.")
_PERCENT = 10_000


@app.callback()
def _worklist() -> None:
    """Plan and show the work lists of collectors."""


@app.command()
def plan(
    date: Annotated[str, _DATE],
    station: Annotated[str, typer.Option(help="Code of one station; all when not given.")] = "",
    jurisdiction: Annotated[str, typer.Option(help="The company's place.")] = "cn",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make the work lists of a day stand; what was done or changed by hand today is kept."""
    business_date = read_date(date)
    with_database()
    from zaikong.application.worklist.asking import station_coded  # noqa: PLC0415 -- needs the tables
    from zaikong.application.worklist.planning import plan_day  # noqa: PLC0415 -- as above

    with err.status("…") as status:
        made = plan_day(
            business_date=business_date,
            at=datetime.now(TIME_ZONE),
            station_id=station_coded(station) if station else None,
            jurisdiction=jurisdiction,
            told=lambda done, of: status.update(f"station {done} of {of}"),
        )
    if as_json:
        figures = {name: getattr(made, name) for name in ("runs", "cases", "rows", "value_fen", "bound_fen", "gap_ppm")}
        figures |= {"milliseconds": made.milliseconds, "unlisted": made.unlisted}
        findings = [{"code": found.code, "subject": found.subject, "message": found.message} for found in made.findings]
        typer.echo(json.dumps(figures | {"findings": findings}, ensure_ascii=False))
    else:
        out.print(
            f"{made.rows:,} rows for {made.cases:,} cases; expected {yuan_text(made.value_fen)} yuan more, less cost; "
            f"at most {made.gap_ppm / _PERCENT:.2f} % from the best; {made.milliseconds / 1000:.1f} s",
            highlight=False,
            soft_wrap=True,
        )
        for found in made.findings:
            err.print(f"{found.code} {found.subject}: {found.message}", highlight=False, soft_wrap=True)
    if made.findings:
        raise typer.Exit(1)


@app.command()
def show(
    date: Annotated[str, _DATE],
    collector: Annotated[str, typer.Option(help="Log-in of one collector; all when not given.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Show the standing lists of a day in the order of work, with why each row is there."""
    business_date = read_date(date)
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.store.queries.work_list import listed  # noqa: PLC0415 -- as above

    staff_id = staff_named(username=collector).pk if collector else None
    rows = listed(as_of=business_date, staff_id=staff_id).to_dicts()
    if as_json:
        typer.echo(json.dumps([row | {"why": json.loads(row["why"])} for row in rows], ensure_ascii=False))
        return
    table = Table(
        "collector", "#", "account", "name", "action", "route", "min", "open", "chance", "expected", "why", "state"
    )
    for row in rows:
        why = json.loads(row["why"])
        table.add_row(
            row["collector"],
            str(row["rank"]),
            row["account_no"],
            row["name"],
            row["action"],
            row["route"],
            str(row["minutes"]),
            yuan_text(row["exposure_fen"]),
            f"{row['before_ppm'] / _PERCENT:.1f} → {row['after_ppm'] / _PERCENT:.1f} %",
            yuan_text(row["expected_fen"]),
            _why(why),
            row["state"],
        )
    out.print(table)


def _why(why: dict[str, object]) -> str:
    parts = [str(why["today"])]
    if why["deadline"]:
        parts.append(f"{why['deadline']} {why['deadline_date']}")
    if why["displaced_case"]:
        parts.append(f"before case {why['displaced_case']} ({yuan_text(int(str(why['displaced_net_fen'])))})")
    return "; ".join(parts)
