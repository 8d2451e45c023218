"""`zaikong bench`: measure speed and memory."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from zaikong.cli.shell import err, out, with_database
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Measure speed and memory.")


@app.callback()
def _bench() -> None:
    """Measure speed and memory."""


@app.command()
def billing(
    *,
    accounts: Annotated[int, typer.Option(min=1_000, max=50_000_000, help="Accounts to bill.")] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
    engine: Annotated[str, typer.Option(help="polars or spark.")] = "polars",
    repeat: Annotated[int, typer.Option(min=1, max=6, help="Times each measure is taken.")] = 3,
    post: Annotated[bool, typer.Option(help="Post to a database of its own as well.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of the settlements.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Folder for the files meanwhile.")] = None,
) -> None:
    """Rate, beside the cheapest program that writes the same, and post; no table of the service is touched."""
    from zaikong.application.bench.billing import ENGINES, bench_billing  # noqa: PLC0415 -- keeps `--help` quick

    if engine not in ENGINES:
        raise typer.BadParameter(f"{engine!r} is not one of " + ", ".join(ENGINES), param_hint="--engine")
    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}", param_hint="--folder")
    with err.status("…") as status:
        figures = bench_billing(
            accounts=accounts,
            engine=engine,
            repeat=repeat,
            post=post,
            seed=seed,
            folder=folder,
            told=status.update,
        )
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    for table in tables(figures):
        out.print(table)


@app.command()
def balances(
    *,
    accounts: Annotated[int, typer.Option(min=1_000, max=50_000_000, help="Accounts that pay ahead.")] = 1_000_000,
    repeat: Annotated[int, typer.Option(min=1, max=6, help="Times the engine is measured.")] = 3,
    tables: Annotated[bool, typer.Option(help="Measure the night step in a database of its own as well.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of settlements and money.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Folder for the files meanwhile.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
) -> None:
    """Estimate prepaid balances: rating, balances and levels from Parquet, and the night step over tables."""
    from zaikong.application.bench.balances import bench_balances  # noqa: PLC0415 -- keeps `--help` quick

    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}", param_hint="--folder")
    with err.status("…") as status:
        figures = bench_balances(
            accounts=accounts, repeat=repeat, tables=tables, seed=seed, folder=folder, told=status.update
        )
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = _table(f"Balances of {accounts:,} accounts, {figures['cores']} cores", "measure", "step", "s")
    for name, seconds in figures["engine"]["steps"].items():
        table.add_row("engine", name, f"{seconds:.2f}")
    table.add_row("engine", "in all", f"{figures['engine']['best_seconds']:.2f}")
    for night in ("first_night", "second_night") if figures["tables"] else ():
        for name, seconds in figures["tables"][night]["steps"].items():
            table.add_row(night.replace("_", " "), name, f"{seconds:.2f}")
        table.add_row(night.replace("_", " "), "in all", f"{figures['tables'][night]['seconds']:.2f}")
    out.print(table)
    out.print(_aims(figures))


@app.command()
def worklist(
    *,
    collectors: Annotated[int, typer.Option(min=1, max=2_000, help="Collectors, ten a station.")] = 200,
    cases: Annotated[int, typer.Option(min=1, max=1_000_000, help="Open cases.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of the morning.")] = 1,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Stations planned at once.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
) -> None:
    """Plan a drawn morning of collectors: time, worth, bound, gap, and constraints broken; no table is touched."""
    from zaikong.application.bench.worklist import bench_worklist  # noqa: PLC0415 -- keeps `--help` quick

    with err.status("…") as status:
        figures = bench_worklist(collectors=collectors, cases=cases, seed=seed, threads=threads, told=status.update)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = _table(f"Work lists of {collectors:,} collectors, {cases:,} cases, {figures['cores']} cores", "what", "")
    for what in ("seconds", "processor_seconds", "load_before", "peak_mib", "rows", "trips", "broken", "findings"):
        table.add_row(what.replace("_", " "), f"{figures[what]:,}" if figures[what] is not None else "-")
    table.add_row("worth, yuan", yuan_text(figures["value_fen"]))
    table.add_row("no plan exceeds, yuan", yuan_text(figures["bound_fen"]))
    table.add_row("gap, %", f"{figures['gap_ppm'] / 10_000:.2f}")
    out.print(table)


@app.command(name="worklist-compare")
def worklist_compare(
    *,
    seeds: Annotated[int, typer.Option(min=2, max=200, help="Mornings, seeds 1 to this.")] = 20,
    collectors: Annotated[int, typer.Option(min=1, max=500, help="Collectors of each.")] = 20,
    cases: Annotated[int, typer.Option(min=1, max=200_000, help="Open cases of each.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
) -> None:
    """Hold the plan against oldest first, largest first and most gain first on drawn mornings with drawn outcomes."""
    from zaikong.application.bench.worklist import compare_worklist  # noqa: PLC0415 -- keeps `--help` quick

    with err.status("…") as status:
        figures = compare_worklist(seeds=seeds, collectors=collectors, cases=cases, told=status.update)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    names = ("simulated", "true_expected", "table_expected")
    table = _table(
        f"Yuan an hour, {seeds} mornings, 95 % intervals", "way", *(name.replace("_", " ") for name in names)
    )
    for way, measured in figures["yuan_per_hour"].items():
        table.add_row(way.replace("_", " "), *(_interval(measured[name]) for name in names))
    for way, measured in figures["plan_less"].items():
        table.add_row(f"plan less {way.replace('_', ' ')}", *(_interval(measured[name]) for name in names))
    out.print(table)


def _interval(figures: Mapping[str, float]) -> str:
    return f"{figures['mean']:,.0f} ({figures['low']:,.0f} to {figures['high']:,.0f})"


@app.command()
def notices(
    *,
    count: Annotated[int, typer.Option(min=1, max=20_000, help="Notices in one file.")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of names and amounts.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Folder the file is left in.")] = None,
) -> None:
    """Print many notices into one PDF with an index; no table of the service is touched."""
    from zaikong.application.bench.notices import bench_notices  # noqa: PLC0415 -- keeps `--help` quick

    if folder is not None and not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}", param_hint="--folder")
    with err.status("…"):
        figures = bench_notices(count=count, seed=seed, folder=folder)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = _table(f"{count:,} notices in one PDF, {figures['cores']} cores", "what", "figure")
    for name in ("seconds", "notices_per_second", "one_pdf_seconds", "one_word_seconds", "bytes", "peak_mib"):
        table.add_row(name.replace("_", " "), f"{figures[name]:,}")
    out.print(table)


@app.command()
def feecontrol(
    *,
    meters: Annotated[
        int, typer.Option(min=100, max=20_000, help="Virtual meters, each of an account that is cut.")
    ] = 2_000,
    rate: Annotated[int, typer.Option(min=1, max=1_000, help="Single payments a second at most.")] = 20,
    payments: Annotated[int, typer.Option(min=1, help="Single payments.")] = 600,
    file_rows: Annotated[int, typer.Option(min=1, help="Payments of the bank's file at the end.")] = 200,
    faulty_permille: Annotated[int, typer.Option(min=0, max=1_000, help="Faulty meters of a thousand.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of which are faulty.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
) -> None:
    """From the commit of a payment to the relay that has closed, over real sockets; no table of the service is touched."""
    with_database()
    from zaikong.application.bench.feecontrol import bench_feecontrol  # noqa: PLC0415 -- needs the tables

    with err.status("…") as status:
        figures = bench_feecontrol(
            meters=meters,
            start=datetime.now(TIME_ZONE),
            rate=rate,
            payments=payments,
            file_rows=file_rows,
            faulty_permille=faulty_permille,
            seed=seed,
            told=status.update,
        )
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    table = Table(
        "payments", "restored", "p50 [s]", "p99 [s]", "max [s]", title="Commit of the payment to closed relay"
    )
    for name in ("single", "file"):
        part = figures[name]
        told = (part.get(key, "–") for key in ("restored", "p50_seconds", "p99_seconds", "max_seconds"))
        table.add_row(name, *map(str, told))
    out.print(table)
    out.print(f"{figures['reading']['reads_a_second']} reads a second; ends: {figures['ends']}", highlight=False)


def tables(figures: Mapping[str, Any]) -> list[Table]:
    """The figures as tables: speeds, steps, what was written, aims."""
    return [_speeds(figures), _steps(figures), _written(figures), _aims(figures)]


def _measures(figures: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: figures[name] for name in ("rating", "floor", "posting") if figures[name] is not None}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _speeds(figures: Mapping[str, Any]) -> Table:
    table = _table(
        f"Billing {figures['accounts']:,} accounts, {figures['engine']}, {figures['cores']} cores",
        "measure",
        "best s",
        "median s",
        "accounts/s",
        "core s",
        "to floor",
        "peak MiB",
    )
    for name, measure in _measures(figures).items():
        best = measure["best"]
        table.add_row(
            name,
            f"{best['seconds']:.2f}",
            f"{measure['median']['seconds']:.2f}",
            f"{best['accounts_per_second']:,}",
            f"{best['processor_seconds']:.2f}" if "processor_seconds" in best else "",
            f"{figures['ratio']['best']:.2f}" if name == "rating" else "",
            f"{measure['peak_mib']:,}",
        )
    return table


def _steps(figures: Mapping[str, Any]) -> Table:
    table = _table("Steps of the best run (reading and working overlap writing)", "measure", "step", "s")
    for name, measure in _measures(figures).items():
        for step, seconds in measure["best"]["steps"].items():
            table.add_row(name, step, f"{seconds:.2f}")
    return table


def _written(figures: Mapping[str, Any]) -> Table:
    table = _table("What was written", "what", "count")
    rows = {
        "bills": f"{figures['bills']:,}",
        "bill lines": f"{figures['lines']:,}",
        "their sum, yuan": yuan_text(figures["total_fen"]),
        "Parquet read, bytes": f"{figures['rating']['bytes_in']:,}",
        "Parquet written, bytes": f"{figures['rating']['bytes_out']:,}",
        "Parquet of the floor, bytes": f"{figures['floor']['bytes_out']:,}",
    }
    if figures["posting"] is not None:
        names = ("bills", "lines", "legs", "held", "findings", "bytes_database", "bytes_log")
        rows |= {f"posted a month: {name.replace('_', ' of ')}": f"{figures['posting'][name]:,}" for name in names}
    for what, count in rows.items():
        table.add_row(what, count)
    return table


def _aims(figures: Mapping[str, Any]) -> Table:
    table = _table("Aims", "aim", "wanted", "got", "reached")
    for name, aim in figures["aims"].items():
        reached = {True: "yes", False: "no", None: "-"}[aim["reached"]]
        table.add_row(
            name.replace("_", " "),
            f"{aim['aim']:,}",
            "-" if aim["got"] is None else f"{aim['got']:,}",
            reached,
        )
    return table
