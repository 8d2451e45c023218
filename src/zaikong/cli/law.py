"""`zaikong law`: check and show the dated parameters of the law."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, today

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of parameter files; the shipped ones by default.")
    ] = None,
) -> None:
    """Validate the parameters: source, place, span of each value. Exit code 1 when there is a fault."""
    from zaikong.domain.law.parameters import PARAMETERS, check_parameters, unverified  # noqa: PLC0415 -- quick `--help`

    findings = check_parameters(folder)
    for finding in findings:
        out.print(f"[red]{finding.code}[/] {finding.subject}: {finding.message}", highlight=False, soft_wrap=True)
    if folder is None and not findings:
        for note in unverified():
            out.print(f"{note.code} {note.subject}: {note.message} ({note.basis})", highlight=False, soft_wrap=True)
    out.print(f"{len(PARAMETERS)} parameters, {len(findings)} faults")
    raise typer.Exit(1 if findings else 0)


@app.command()
def show(
    *,
    on: Annotated[str, typer.Option("--date", help="Day, YYYY-MM-DD; today by default.")] = "",
    place: Annotated[str, typer.Option(help="Jurisdiction, such as cn.henan.")] = "cn",
) -> None:
    """Show what is in force on a day and where it was read; exit code 2 when nothing is."""
    from zaikong.domain.law.parameters import PARAMETERS, in_law  # noqa: PLC0415 -- quick `--help`
    from zaikong.kernel.dated import UnableToFindValueError  # noqa: PLC0415 -- quick `--help`

    day: date = read_date(on) if on else today()
    table = Table("parameter", "value", "edition", "from", "source", "verified", title=f"In force on {day} in {place}")
    silent = []
    for kind in PARAMETERS:
        try:
            version = in_law(kind, as_of=day, jurisdiction=place)
        except UnableToFindValueError as refusal:
            silent.append(refusal)
            table.add_row(kind.name, "not in force", "", "", "", "")
            continue
        table.add_row(
            kind.name,
            ", ".join(f"{name} {value}" for name, value in version.value.model_dump().items()),
            f"{version.edition} ({version.jurisdiction})",
            str(version.effective_from),
            str(version.basis),
            "yes" if version.basis.verified else "no",
        )
    if len(silent) == len(PARAMETERS):
        raise silent[0]
    out.print(table)
