"""`zaikong cases`: run conformance cases through the production rules."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.application.cases.runner import Outcome, read_cases, run_cases
from zaikong.cli.shell import out

app = typer.Typer(no_args_is_help=True, help="Run conformance cases through the production rules.")


@app.callback()
def _cases() -> None:
    """Run conformance cases through the production rules."""


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Case files, or folders of them.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a case.")] = False,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only cases of this kind; may be repeated.")] = None,
) -> None:
    """Run every case; print the failures; exit 1 if any case fails."""
    outcomes = []
    for outcome in run_cases(read_cases(paths, kinds=kind or ())):
        outcomes.append(outcome)
        if as_json:
            typer.echo(_json(outcome))
    if not as_json:
        _print(outcomes)
    if not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def _json(outcome: Outcome) -> str:
    case = outcome.case
    line = {"case": case.name, "kind": case.kind, "ok": outcome.ok, "got": outcome.got, "expect": case.expect}
    return json.dumps(line, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of an answer")


def _print(outcomes: list[Outcome]) -> None:
    refused = [outcome for outcome in outcomes if outcome.refused]
    failed = [outcome for outcome in outcomes if not outcome.ok and not outcome.refused]
    if failed:
        out.print(_table(failed))
    for outcome in refused:
        out.print(f"refused: {outcome.case.name} ({outcome.case.place}): {outcome.got['refused']}", soft_wrap=True)
    passed = len(outcomes) - len(failed) - len(refused)
    out.print(f"{len(outcomes)} cases: {passed} passed, {len(failed)} failed, {len(refused)} refused")


def _table(failed: list[Outcome]) -> Table:
    table = Table(title="Cases that failed")
    for heading in ("case", "kind", "key", "expected", "got", "place"):
        table.add_column(heading, overflow="fold")
    for outcome in failed:
        for key, expected in outcome.case.expect.items():
            if not outcome.agrees(key):
                got = _text(outcome.got.get(key))
                table.add_row(outcome.case.name, outcome.case.kind, key, _text(expected), got, outcome.case.place)
    return table


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items())
    return str(value)
