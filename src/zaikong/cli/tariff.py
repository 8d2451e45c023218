"""`zaikong tariff`: check and show tariff books."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Book files; all shipped books by default.")] = None,
) -> None:
    """Validate books: each fault with file, line and reason. Exit code 1 when there is one."""
    from zaikong.domain.billing.book_checks import check_books  # noqa: PLC0415 -- keeps `--help` quick
    from zaikong.domain.billing.books import BOOKS_DIR  # noqa: PLC0415 -- as above

    files = paths or sorted(BOOKS_DIR.glob("*.yaml"))
    findings = check_books(files)
    for finding in findings:
        out.print(f"[red]{finding.code}[/] {finding.subject}: {finding.message}", highlight=False, soft_wrap=True)
    out.print(f"{len(files)} books, {len(findings)} faults")
    raise typer.Exit(1 if findings else 0)


@app.command()
def show() -> None:
    """List the shipped books with their plans and whether their numbers are verified."""
    from zaikong.domain.billing.books import all_books  # noqa: PLC0415 -- keeps `--help` quick

    table = Table("book", "plan", "from", "to", "source", "verified", title="Tariff books")
    for book in all_books().values():
        for plan, version in book.versions():
            table.add_row(
                book.id,
                plan,
                str(version.effective_from),
                str(version.effective_to or "…"),
                version.basis.source,
                "yes" if version.basis.verified else "no",
            )
    out.print(table)
