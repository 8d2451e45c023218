"""`zaikong sim`: draw the sample county into files, measure it, calibrate it on true records; start virtual meters."""

import asyncio
import contextlib
import resource
import signal
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from zaikong.cli.shell import out
from zaikong.kernel.period import TIME_ZONE
from zaikong.sim import ageing as ages
from zaikong.sim import collapse_measure as collapses
from zaikong.sim import county as counties
from zaikong.sim import measure as measures
from zaikong.sim.calibrate import calibrate as describe_file
from zaikong.sim.calibrate import describe
from zaikong.sim.enterprise_series import DRAWN_NOTE, SHIFT_NOTE, read_true
from zaikong.sim.enterprises import draw_series
from zaikong.sim.virtual_meters import MeterPark, VirtualClock, make_meters
from zaikong.sim.virtual_meters import load as loads

app = typer.Typer(no_args_is_help=True, add_completion=False)

_DAILY_USE = typer.Option(help="True daily use of enterprises (Parquet: customer, date, kwh).")
_SEED = typer.Option(help="Seed of every choice.")
_LAST_PORT = 65_535


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


@app.command()
def meters(
    count: Annotated[int, typer.Option(min=1, help="How many meters.")] = 2000,
    port_from: Annotated[int, typer.Option(min=0, max=65535, help="First port; 0 takes free ones.")] = 0,
    per_concentrator: Annotated[int, typer.Option(min=1, help="Meters behind one concentrator.")] = 100,
    faulty_permille: Annotated[int, typer.Option(min=0, max=1000, help="Faulty meters of a thousand.")] = 0,
    seed: Annotated[int, _SEED] = 1,
    directory: Annotated[Path | None, typer.Option(help="Where to write concentrators and meters (JSON).")] = None,
    for_seconds: Annotated[float | None, typer.Option(min=0, help="Stop by itself after so many seconds.")] = None,
) -> None:
    """Start virtual meters: real servers of DL/T 645-2007 and DL/T 698.45 on loopback, until Ctrl-C.

    They ask for the password 000000, level 2. Every choice follows from the seed.
    """
    # one more at most, as a concentrator carries meters of one protocol
    if port_from and port_from + -(-count // per_concentrator) + 1 > _LAST_PORT:
        raise typer.BadParameter("there are not so many ports from there on", param_hint="--port-from")
    asyncio.run(_run_meters(count, port_from, per_concentrator, faulty_permille, seed, directory, for_seconds))


@app.command("ask-meters")
def ask_meters(
    directory: Annotated[Path, typer.Argument(help="What `sim meters --directory` wrote.")],
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to ask.")] = 5.0,
    connections: Annotated[int, typer.Option(min=1, help="How many connections at a time.")] = 64,
) -> None:
    """Ask virtual meters for their energy as fast as they answer, and count."""
    load = asyncio.run(loads.ask(loads.targets(directory), seconds=seconds, connections=connections))
    out.print(
        f"{load.answered:,} answered in {load.seconds:.1f} s, {load.a_second:,} a second; {load.unanswered:,} not answered",
        highlight=False,
        soft_wrap=True,
    )
    if load.answered:
        taken = " · ".join(f"p{percent} {load.percentile(percent):.1f}" for percent in (50, 99))
        out.print(f"answer time [ms]: {taken}", highlight=False, markup=False)


async def _run_meters(
    count: int,
    port_from: int,
    per_concentrator: int,
    faulty_permille: int,
    seed: int,
    directory: Path | None,
    for_seconds: float | None,
) -> None:
    begun = time.perf_counter()
    clock = VirtualClock(datetime.now(TIME_ZONE))
    made = make_meters(count, clock=clock, seed=seed, faulty_permille=faulty_permille)
    async with await MeterPark.start(made, per_concentrator=per_concentrator, port_from=port_from) as park:
        started = time.perf_counter() - begun
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        if directory is not None:
            park.write_directory(directory)
        _print_park(park, started)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_seconds):
                await ended.wait()
    out.print("all meters ended")


def _print_park(park: MeterPark, started: float) -> None:
    table = Table("concentrator", "protocol", "address", "meters", title="virtual meters")
    for place in park.concentrators:
        where = f"{place.endpoint.host}:{place.endpoint.port}"
        table.add_row(place.code, place.wire, where, str(len(place.addresses)))
    out.print(table)
    standing = Counter(each.faults.standing.kind for each in park.meters if each.faults.standing is not None)
    if standing:
        faulty = ", ".join(f"{kind} {times}" for kind, times in sorted(standing.items()))
        out.print(f"faulty: {faulty}", highlight=False, soft_wrap=True)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    out.print(
        f"{len(park.meters):,} meters behind {len(park.concentrators)} concentrators ready in {started:.2f} s, "
        f"{resident / 1024:.0f} MB; Ctrl-C ends them",
        highlight=False,
        soft_wrap=True,
    )


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
