"""`zaikong demo`: the sample county, its nights and its console."""

import json
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from zaikong.cli.shell import err, out, read_date, with_database
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal

app = typer.Typer(add_completion=False)


class UnableToReadOptionError(Refusal):
    """An option of the command names something that is not there."""


@app.command()
def demo(
    daily_use: Annotated[Path | None, typer.Option(help="True daily use of enterprises (Parquet).")] = None,
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 1,
    until: Annotated[str, typer.Option(help="Last night, YYYY-MM-DD.")] = "2025-09-30",
    enterprises: Annotated[int, typer.Option(help="How many enterprises.")] = 1454,
    residents: Annotated[int, typer.Option(help="How many homes, farms and public places.")] = 3000,
    serve: Annotated[bool, typer.Option(help="Serve the console afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Port of the console.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with the figures.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Forget the sample county and stop.")] = False,
) -> None:
    """Load the sample county, run the nights of three business months, serve the console."""
    if clean:
        _clean()
        return
    if daily_use is not None and not daily_use.is_file():
        raise UnableToReadOptionError(
            f"there is no file {daily_use}",
            code="FILE_MISSING",
            fields={"daily_use": str(daily_use)},
            remedy="Give the path of the Parquet file with customer, date, kwh, or leave the option out.",
        )
    last_night = read_date(until)
    started = perf_counter()
    with_database()
    seconds = _run(daily_use, seed, last_night, enterprises, residents, quiet=as_json)
    _show(last_night, seconds={**seconds, "total": round(perf_counter() - started, 1)}, as_json=as_json)
    logins = _logins() if serve else []
    if serve:
        from zaikong.application.demo import meters_up, write_sample_keys  # noqa: PLC0415 -- needs the tables

        for line in logins:
            out.print(line, highlight=False)
        write_sample_keys()
        with meters_up(datetime.now(TIME_ZONE), everything=True) as (park, _clock):
            out.print(f"{len(park.meters)} virtual meters listen: read one live on its page", highlight=False)
            _serve(port)


def _serve(port: int) -> None:
    """Serve in a process of its own: one that has computed with Polars must not be forked, as servers do."""
    with suppress(KeyboardInterrupt):
        subprocess.run(  # noqa: S603 -- this very program
            [sys.executable, "-c", "from zaikong.cli import main; main()", "serve", "--port", str(port)], check=False
        )


def _run(
    daily_use: Path | None, seed: int, last_night: date, enterprises: int, residents: int, *, quiet: bool
) -> dict[str, float]:
    from django.core.management import call_command  # noqa: PLC0415 -- needs Django

    from zaikong.application.demo import DemoPlan, demo_clerk, load_county, run_demo_night  # noqa: PLC0415 -- needs the tables

    call_command("migrate", verbosity=0)
    plan = DemoPlan(seed=seed, daily_use=daily_use, last_night=last_night, enterprises=enterprises, residents=residents)
    started = perf_counter()
    with _progress(quiet=quiet) as progress:
        loading = progress.add_task("load", total=None)
        county = load_county(plan, on_stage=lambda stage: progress.update(loading, description=f"load: {stage}"))
        progress.update(loading, total=1, completed=1, description="load")
        loaded = perf_counter()
        clerk = demo_clerk()
        nights = _nights(plan.first_night, last_night)
        running = progress.add_task("nights", total=len(nights))
        for night in nights:
            run_demo_night(
                county,
                business_date=night,
                clerk=clerk,
                on_step=lambda step, night=night: progress.update(running, description=f"night {night} {step}"),  # type: ignore[misc]
            )
            progress.advance(running)
    return {"load": round(loaded - started, 1), "nights": round(perf_counter() - loaded, 1)}


def _nights(first: date, last: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def _progress(*, quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=quiet,
    )


def _show(last_night: date, *, seconds: dict[str, float], as_json: bool) -> None:
    from zaikong.application.demo import demo_figures, series_note  # noqa: PLC0415 -- needs the tables

    figures: dict[str, Any] = {
        **demo_figures(last_night=last_night),
        "series": series_note(),
        "seconds": seconds,
    }
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, default=str))
        return
    from zaikong.cli.closes import close_tables  # noqa: PLC0415 -- only for people

    if figures["day_book"]:
        out.print(*close_tables(f"Day book {figures['last_night']}", figures["day_book"]))
    if figures["month_close"]:
        out.print(*close_tables(f"Month close {figures['month']}", figures["month_close"]))
    out.print(f"Enterprises: {figures['series']}", highlight=False)
    out.print(f"Loaded in {seconds['load']} s, nights in {seconds['nights']} s", highlight=False)


def _logins() -> list[str]:
    """Log-ins for every role; the password is drawn anew each time and printed once."""
    from zaikong.application.roles import ensure_demo_staff  # noqa: PLC0415 -- needs the tables

    password = f"zk-{secrets.token_urlsafe(9)}"
    rows = ensure_demo_staff(password=password)
    return [
        f"  log in as [bold]{row.username}[/] / [bold]{password}[/]  ({row.role.value}, {row.station or 'county'})"
        for row in rows
    ]


def _clean() -> None:
    from zaikong.store.server import drop_embedded, var_folder  # noqa: PLC0415 -- starts nothing

    drop_embedded()
    (var_folder() / "meter_keys.yaml").unlink(missing_ok=True)
    for name in ("demo", "snapshots"):
        shutil.rmtree(var_folder() / name, ignore_errors=True)
    err.print("The sample county is gone.")
