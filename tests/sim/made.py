"""A made-up series of daily use."""

from datetime import date, timedelta

import polars as pl

FIRST, LAST = date(2015, 1, 1), date(2016, 9, 30)


def made_up(customers: int = 3, *, first: date = FIRST, last: date = LAST) -> pl.DataFrame:
    """A sound series: every customer uses a hundred kWh a day, more by its number."""
    days = [first + timedelta(step) for step in range((last - first).days + 1)]
    return pl.DataFrame(
        {
            "customer": [customer for customer in range(1, customers + 1) for _ in days],
            "date": days * customers,
            "kwh": [100 * customer for customer in range(1, customers + 1) for _ in days],
        },
        schema={"customer": pl.Int16, "date": pl.Date, "kwh": pl.Int32},
    )
