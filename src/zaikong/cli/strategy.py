"""`zaikong strategy`: check, show and try the strategy of collection, its ladders and its texts."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, today
from zaikong.kernel.money import fen_of_yuan, yuan_text

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def check() -> None:
    """Prove that no two rows tie and no case is left out; check ladders and texts. Exit code 1 when there is a fault."""
    from zaikong.domain.collection.ladder_table import check_ladders, shipped_ladders  # noqa: PLC0415 -- quick `--help`
    from zaikong.domain.collection.strategy_table import check_strategies, editions  # noqa: PLC0415 -- as above
    from zaikong.domain.collection.templates import check_templates, shipped_templates  # noqa: PLC0415 -- as above

    findings = [*check_strategies(), *check_ladders(), *check_templates()]
    for finding in findings:
        out.print(f"[red]{finding.code}[/] {finding.subject}: {finding.message}", highlight=False, soft_wrap=True)
    rows = sum(len(version.value.rows) for version in editions("henan"))
    out.print(
        f"{rows} rows, {len(shipped_ladders())} ladders, {len(shipped_templates())} texts, {len(findings)} faults"
    )
    raise typer.Exit(1 if findings else 0)


@app.command()
def show(
    ladder: Annotated[str, typer.Argument(help="A ladder, to see its steps; the strategy's rows by default.")] = "",
    *,
    on: Annotated[str, typer.Option("--date", help="Day, YYYY-MM-DD; today by default.")] = "",
) -> None:
    """Show the rows of the strategy, or the steps of a ladder, in force on a day."""
    day = read_date(on) if on else today()
    out.print(_steps(ladder, day) if ladder else _rows(day))


@app.command()
def preview(
    *,
    grade: Annotated[str, typer.Option(help="Grade D to AAA, or none.")] = "none",
    category: Annotated[str, typer.Option(help="User category, such as residential.")] = "residential",
    owed: Annotated[str, typer.Option(help="What is owed [yuan].")] = "200.00",
    due: Annotated[str, typer.Option(help="Due day, YYYY-MM-DD; today by default.")] = "",
    on: Annotated[str, typer.Option("--date", help="First day looked at; today by default.")] = "",
    vulnerable: Annotated[bool, typer.Option(help="Whether the household is on the list for human review.")] = False,
    days: Annotated[int, typer.Option(min=1, max=120, help="Days to look at.")] = 60,
) -> None:
    """Show what would happen to a debt if nothing were paid."""
    from zaikong.domain.collection.trial import tried  # noqa: PLC0415 -- quick `--help`

    as_of = read_date(on) if on else today()
    trial = tried(
        grade=grade,
        category=category,
        owed_fen=fen_of_yuan(owed),
        due_date=read_date(due) if due else as_of,
        vulnerable=vulnerable,
        as_of=as_of,
        days=days,
    )
    table = Table("day", "reaches", "past due", "step", "by", "needs", title=f"{trial.ladder} by row {trial.row}")
    for step in trial.preview.steps:
        table.add_row(
            str(step.day),
            f"{step.at:%Y-%m-%d %H:%M}",
            str((step.day - trial.due_date).days),
            f"{step.step.step} {step.step.zh}",
            step.step.channel,
            ", ".join(step.step.needs),
        )
    out.print(table)
    cut = trial.preview.cut
    out.print(
        "no cut within these days" if cut is None else f"earliest lawful cut: {cut.cut_day}, notice {cut.notice_day}"
    )


def _rows(day: date) -> Table:
    from zaikong.domain.collection.strategy_table import strategy_on  # noqa: PLC0415 -- quick `--help`

    version = strategy_on(as_of=day)
    title = f"Strategy {version.edition} on {day}, season {version.value.season_of(day)}"
    table = Table("priority", "row", "grades", "categories", "seasons", "owed", "vulnerable", "ladder", title=title)
    for row in sorted(version.value.rows, key=lambda row: row.priority):
        below = "" if row.amount_below_fen is None else yuan_text(row.amount_below_fen)
        table.add_row(
            str(row.priority),
            row.row,
            *(
                words if isinstance(words, str) else " ".join(words)
                for words in (row.grades, row.categories, row.seasons)
            ),
            f"{yuan_text(row.amounts[0])} … {below}",
            str(row.vulnerable),
            row.ladder,
        )
    return table


def _steps(name: str, day: date) -> Table:
    from zaikong.domain.collection.ladder_table import ladder_on  # noqa: PLC0415 -- quick `--help`

    ladder = ladder_on(name, as_of=day)
    table = Table("day", "step", "by", "from", "law", "needs", "after", "held by", title=f"{ladder.ladder} {ladder.zh}")
    for step in ladder.steps:
        table.add_row(
            str(step.day),
            f"{step.step} {step.zh}",
            step.channel,
            yuan_text(step.minimum_fen),
            "yes" if step.statutory else "",
            " ".join(step.needs),
            f"{step.after} +{step.after_days}" if step.after else "",
            " ".join(step.held_by),
        )
    return table
