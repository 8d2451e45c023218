"""How do Parquet files become other Parquet files in flat memory?

One file is read, worked on and written at a time, and while one is written the next is worked on; so memory holds two
files' worth however many there are. The rating and its floor both run here: what differs is the work alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Final

import polars as pl

COMPRESSION: Final = "lz4"
"""Compression of every file of the benchmark."""

TABLES = ("bills", "lines", "unrated")
"""What a rating writes, one folder each."""

_NAMES = ("item", "unit")
"""Columns of few words, written from their codes."""

Work = Callable[[pl.DataFrame, "Steps"], Mapping[str, pl.DataFrame]]
"""From the settlements of a file to its tables."""


class Steps:
    """Seconds spent in each step; steps that overlap add up to more than the clock shows."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time inside under a name."""
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - started


def write_parquet(frame: pl.DataFrame, file: Path) -> None:
    """Write one file with the benchmark's encoder."""
    frame.write_parquet(file, compression=COMPRESSION, statistics=_STATISTICS)


_STATISTICS = {"min": False, "max": False, "distinct_count": False, "null_count": True}
"""No smallest and largest value: the rows of a file lie by group, where they would skip nothing."""


def work_through(files: Sequence[Path], out: Path, work: Work) -> Steps:
    """Read, work on and write each file.

    Args:
        files: Parquet files of settlements.
        out: Folder that gets one folder a table, with one file for each input file.
        work: What to do with a file's rows.

    Returns:
        Seconds of the steps.

    Raises:
        OSError: A file cannot be read or written.
    """
    steps = Steps()
    for table in TABLES:
        (out / table).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as writer:
        writing: Future[None] | None = None
        for place, file in enumerate(files):
            with steps.step("read"):
                rows = pl.read_parquet(file)
            tables = work(rows, steps)
            del rows
            if writing is not None:
                with steps.step("wait for the writer"):
                    writing.result()
            writing = writer.submit(_write, tables, out, place, steps)
            del tables
        if writing is not None:
            writing.result()
    return steps


def _write(tables: Mapping[str, pl.DataFrame], out: Path, place: int, steps: Steps) -> None:
    with steps.step("write"):
        for name, table in tables.items():
            if table.height or name != "unrated":
                write_parquet(table, out / name / f"part-{place:05d}.parquet")


def by_code(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines with their few words as codes, which is how Parquet keeps them."""
    return lines.with_columns(pl.col(*_NAMES).cast(pl.Categorical))
