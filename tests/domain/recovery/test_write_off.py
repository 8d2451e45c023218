"""Gates of a write-off."""

from datetime import date
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.recovery.write_off import GATES, RECEIVABLE_COLUMNS, write_off_gates, write_off_law
from zaikong.engine.dictionary import checked
from zaikong.kernel.dated import UnableToFindValueError
from zaikong.kernel.period import day_number

LAW = write_off_law(as_of=date(2024, 2, 1))
AS_OF = day_number(date(2024, 2, 1))


def receivables(*rows: tuple[int, str, str, int]) -> pl.DataFrame:
    schema = dict(zip(RECEIVABLE_COLUMNS, (pl.Int64, pl.Int64, pl.Int64, pl.String, pl.Int64), strict=True))
    written = [
        (place, amount, day_number(date.fromisoformat(due)), ground, revenue)
        for place, (amount, due, ground, revenue) in enumerate(rows, start=1)
    ]
    return pl.DataFrame(written, schema=schema, orient="row")


def gate(amount: int, due: str, ground: str = "none", revenue: int = 0) -> str:
    frame = checked(
        nw.from_native(receivables((amount, due, ground, revenue)).lazy()), RECEIVABLE_COLUMNS, rule="write_off_gates"
    )
    (row,) = write_off_gates(frame, as_of_day=AS_OF, law=LAW).collect().rows(named=True)
    assert row["eligible"] == (row["gate"] != "")
    found: str = row["gate"]
    return found


@pytest.mark.parametrize(
    ("amount", "due", "opens"),
    [
        (5_000_000, "2023-02-01", ""),
        (5_000_000, "2023-01-31", "small_and_overdue"),
        (5_000_001, "2023-01-31", ""),
        (5_000_001, "2021-02-01", ""),
        (5_000_001, "2021-01-31", "long_overdue"),
        (1, "2021-01-31", "long_overdue"),
        (0, "2010-01-31", ""),
        (-1, "2010-01-31", ""),
    ],
)
def test_age_and_size_to_the_day_and_fen(amount, due, opens):
    assert gate(amount, due) == opens


@pytest.mark.parametrize("ground", LAW.grounds)
def test_a_ground_opens_whatever_the_age(ground):
    assert gate(900_000_000, "2024-01-31", ground) == "ground"


def test_a_ground_the_law_does_not_know_opens_nothing():
    assert gate(900_000_000, "2024-01-31", "forgotten") == ""


def test_a_ten_thousandth_of_the_revenue_is_small_too():
    assert gate(6_000_000, "2023-01-31", revenue=60_000_000_000) == "small_and_overdue"
    assert gate(6_000_001, "2023-01-31", revenue=60_000_000_000) == ""
    assert gate(6_000_000, "2023-01-31", revenue=59_999_999_999) == ""
    assert gate(6_000_000, "2023-02-01", revenue=60_000_000_000) == ""


def test_no_law_before_2011():
    with pytest.raises(UnableToFindValueError):
        write_off_law(as_of=date(2010, 12, 31))


@pytest.mark.spark
def test_spark_gives_the_same_gates(on_both):
    rows: list[tuple[Any, ...]] = [
        (amount, due, ground, revenue)
        for amount in (0, 5_000_000, 5_000_001, 10_000_000_000_000)
        for due in ("2021-01-31", "2021-02-01", "2023-01-31", "2023-02-01", "2020-02-29")
        for ground in ("none", "disaster")
        for revenue in (0, 1_000_000_000_000_000)
    ]
    got = on_both(partial(write_off_gates, as_of_day=AS_OF, law=LAW), receivables(*rows))
    assert {row["gate"] for row in got} == {"", *GATES}
