"""`zaikong sim`: draw the sample county into files, measure it, and calibrate it on true records."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from zaikong.cli.shell import out
from zaikong.sim import ageing as ages
from zaikong.sim import collapse_measure as collapses
from zaikong.sim import county as counties
from zaikong.sim import measure as measures
from zaikong.sim.calibrate import calibrate as describe_file
from zaikong.sim.calibrate import describe
from zaikong.sim.enterprise_series import DRAWN_NOTE, SHIFT_NOTE, read_true
from zaikong.sim.enterprises import draw_series

app = typer.Typer(no_args_is_help=True, add_completion=False)

_DAILY_USE = typer.Option(help="True daily use of enterprises (Parquet: customer, date, kwh).")
_SEED = typer.Option(help="Seed of every choice.")


@app.command()
def draw(
    folder: Annotated[Path, typer.Argument(help="Where to write customers, meters, daily use and opening readings.")],
    seed: Annotated[int, _SEED] = 1,
    daily_use: Annotated[Path | None, _DAILY_USE] = None,
    enterprises: Annotated[int, typer.Option(help="How many enterprises.")] = counties.ENTERPRISES,
    residents: Annotated[int, typer.Option(help="How many homes, farms and public places.")] = counties.RESIDENTS,
) -> None:
    """Write a county as the files a supplier hands over: the history, and a folder of readings for every night."""
    county = counties.draw(seed, daily_use=daily_use, enterprises=enterprises, residents=residents)
    written = [
        counties.write_customers(county, folder),
        counties.write_meters(county, folder),
        counties.write_daily_use(county, folder),
    ]
    written.extend(
        counties.write_readings(county, night, folder / "inbox" / str(night))
        for night in counties.reading_dates(county)
    )
    out.print(county.note, highlight=False, soft_wrap=True)
    out.print(f"{len(written)} files in {folder}", highlight=False, soft_wrap=True)


@app.command()
def measure(
    daily_use: Annotated[Path | None, _DAILY_USE] = None,
    seed: Annotated[int, _SEED] = 1,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/measures/county.md.")] = False,
) -> None:
    """Set the drawn county beside the true series and the public record of arrears.

    Without a file the true figures are those shipped with the package; with one they are computed from it, and a county
    on it is aged too.
    """
    true_county = counties.draw(seed, daily_use=daily_use) if daily_use else None
    if markdown:
        typer.echo(measures.page(seed, true_county=true_county), nl=False)
        return
    true = describe(read_true(daily_use)) if daily_use else measures.shipped_description()
    drawn = describe(draw_series(seed, enterprises=counties.ENTERPRISES))
    _print_series(measures.compared(true, drawn))
    _print_ageing(seed, true_county)
    out.print(SHIFT_NOTE if daily_use else DRAWN_NOTE, highlight=False, soft_wrap=True)


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Where to write enterprises.yaml and ageing.yaml.")],
    daily_use: Annotated[Path, _DAILY_USE],
    ageing: Annotated[Path, typer.Option(help="Public record of arrears by age (CSV).")],
) -> None:
    """Compute the figures a county is drawn from; only figures are written, never a row of the records."""
    described = describe_file(daily_use)
    recorded = ages.recorded_ageing(ageing)
    folder.mkdir(parents=True, exist_ok=True)
    _write_yaml(folder / "enterprises.yaml", described)
    figures = {
        "source": ages.SOURCE,
        "amount_share": list(recorded.amount),
        "customers_share": list(recorded.customers),
    }
    _write_yaml(folder / "ageing.yaml", figures)
    out.print(f"2 files in {folder}", highlight=False, soft_wrap=True)


@app.command("collapse-measure")
def collapse_measure(
    daily_use: Annotated[Path, _DAILY_USE],
    seed: Annotated[int, _SEED] = 1,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/measures/use_collapse.md.")] = False,
) -> None:
    """Plant collapses into true daily use and count how soon they are found, and how many alarms are false."""
    if markdown:
        typer.echo(collapses.page(daily_use, seed=seed), nl=False)
        return
    measured = collapses.measure(daily_use, seed=seed, half=0)
    table = Table("planted", "counted", "within 10 days", "later", title="collapses of use")
    for name, found in measured.found.items():
        table.add_row(name, *(f"{count:,}" for count in (found.planted, found.within, found.later)))
    out.print(table)
    alarmed = measured.alarmed
    out.print(f"alarms as recorded: {alarmed.true:,} true, {alarmed.false:,} false, {alarmed.undecided:,} undecided")


def _write_yaml(path: Path, figures: dict[str, Any]) -> None:
    text = yaml.safe_dump(figures, sort_keys=False, default_flow_style=None, width=118, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def _print_series(comparisons: list[measures.Comparison]) -> None:
    table = Table("measure", "true", "drawn", "farthest, %", title="enterprises' daily use")
    for each in comparisons:
        cells = [" ".join(map(str, values)) for values in (each.true, each.drawn)]
        table.add_row(each.measure, *cells, str(each.farthest_percent))
    out.print(table)


def _print_ageing(seed: int, true_county: counties.County | None) -> None:
    table = Table("arrears over 30 days, 31–60 · 61–90 · over 90 [1/10000]", "by amount", "by customer", "of a month")
    rows = {"record": ages.shipped_ageing(), "drawn county": ages.county_ageing(counties.draw(seed))}
    if true_county is not None:
        rows["county on the true series"] = ages.county_ageing(true_county)
    for name, aged in rows.items():
        figures = asdict(aged)
        table.add_row(name, *(" ".join(map(str, figures[key])) for key in ("amount", "customers")), str(aged.of_month))
    out.print(table)
