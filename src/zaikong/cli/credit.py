"""`zaikong credit`: fit a score, score with it, try it on the past, measure it, explain a grade."""

from pathlib import Path
from typing import Annotated

import typer

from zaikong.cli.credit_history import backtest, explain, report
from zaikong.cli.shell import out

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Fit, use and measure scores.")

_TABLE = typer.Option("--table", help="Table to read: .csv, .csv.gz or .parquet.")


@app.callback()
def _credit() -> None:
    """Fit, use and measure scores."""


@app.command()
def fit(
    table: Annotated[Path, _TABLE],
    label: Annotated[str, typer.Option(help="Column of 0 and 1 that the score foretells.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write the model (JSON).")],
    drop: Annotated[str, typer.Option(help="Columns to leave out, with commas between.")] = "",
    panel: Annotated[str, typer.Option(help="card: work out features of six monthly bills and payments.")] = "",
    increasing: Annotated[str, typer.Option(help="Columns with which the chance may only rise.")] = "",
    decreasing: Annotated[str, typer.Option(help="Columns with which the chance may only fall.")] = "",
    name: Annotated[str, typer.Option(help="Name of the score.")] = "unpaid",
    version: Annotated[str, typer.Option(help="Version of this fit.")] = "1",
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 42,
) -> None:
    """Fit an additive score of look-up tables, calibrated on rows left out."""
    from zaikong.application.credit.model_file import save_model  # noqa: PLC0415 -- keeps `--help` quick
    from zaikong.application.credit.table import Choice, fit_table, read_table  # noqa: PLC0415 -- as above

    choice = Choice(label, _listed(drop), _listed(increasing), _listed(decreasing), panel)
    model = fit_table(read_table(table), choice, name=name, version=version, seed=seed)
    seal = save_model(model, output)
    training = model.training
    for column, reason in training.dropped.items():
        out.print(f"left out: {column} ({reason})", highlight=False, soft_wrap=True)
    out.print(
        f"{len(model.features)} features, {training.rows} rows, {training.positives} positives, "
        f"AUC on rows left out {training.out_of_fold_auc}\n{output} sha256 {seal}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def predict(
    model: Annotated[Path, typer.Option(help="Model written by `credit fit`.")],
    table: Annotated[Path, _TABLE],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write row and probability.")],
) -> None:
    """Score every row of a table; `row` counts from 0 in the order of the file."""
    from zaikong.application.credit.model_file import load_model  # noqa: PLC0415 -- keeps `--help` quick
    from zaikong.application.credit.table import predict_table, read_table  # noqa: PLC0415 -- as above
    from zaikong.application.table_files import write_frame  # noqa: PLC0415 -- as above

    scored = predict_table(load_model(model), read_table(table))
    write_frame(scored, output, title="scores")
    out.print(f"{scored.height} rows in {output}", highlight=False, soft_wrap=True)


@app.command()
def measure(
    card: Annotated[Path | None, typer.Option(help="Public record of card payments, to measure beside rivals.")] = None,
    page: Annotated[Path, typer.Option(help="Page to write the figures into.")] = Path("docs/measures/credit.md"),
    speed: Annotated[bool, typer.Option(help="Measure the speed on a million drawn rows as well.")] = True,
) -> None:
    """Measure scores on records anyone can get, and write the figures into their section of the page."""
    from zaikong.application.credit.measure import measure_card, write_section  # noqa: PLC0415 -- keeps `--help` quick
    from zaikong.application.credit.speed import measure_speed  # noqa: PLC0415 -- as above

    if card is None and not speed:
        raise typer.BadParameter("nothing to measure: give --card FILE, or --speed")
    if card is not None:
        write_section(page, "card", measure_card(card, told=lambda step: out.print(step, highlight=False)))
    if speed:
        write_section(page, "speed", measure_speed())
    out.print(f"figures in {page}", highlight=False, soft_wrap=True)


for command in (backtest, explain, report):
    app.command()(command)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
