"""`zaikong worker`: carry commands to meters."""

import asyncio
import signal
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, with_database
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(add_completion=False)


@app.command()
def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what waits now, and end.")] = False,
    jobs: Annotated[int, typer.Option(help="Jobs at a time.", min=1)] = 64,
    sweep_seconds: Annotated[float, typer.Option(help="Between two looks at the tables [s].", min=0.5)] = 5.0,
) -> None:
    """Carry out cuts and give supply back over the wire, until interrupted; one worker a database."""
    with_database()
    from zaikong.application.commanding.keys import meter_keys  # noqa: PLC0415 -- needs the tables
    from zaikong.application.commanding.telling import tell_beside  # noqa: PLC0415 -- as above
    from zaikong.application.commanding.worker import Pace, run_worker  # noqa: PLC0415 -- as above

    tell_beside()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, stop.set)
        front = await run_worker(
            credentials=meter_keys(),
            clock=lambda: datetime.now(TIME_ZONE),
            pace=Pace(jobs=jobs, sweep_seconds=sweep_seconds),
            stop=None if once else stop,
            once=once,
        )
        figures = front.figures()
        table = Table("asked", "confirmed", "refused", "unknown", "retries", "99 % within [ms]")
        unknown = sum(figures.unknown.values())
        counts = (figures.asked, figures.confirmed, figures.refused, unknown, figures.retries)
        table.add_row(*map(str, counts), str(figures.latency_ms(990)))
        out.print(table)

    if not once:
        out.print("Carrying commands to meters (Ctrl+C stops it)")
    asyncio.run(run())
