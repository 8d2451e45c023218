"""How old is the money owed in a drawn county, beside the public record?

Bills are sketched at round prices, which is enough to see whether habits and collapses age arrears like the record: the
real rating and the real ledger bill and age the county in the demonstration.

Basis: filings of six energy utilities to the Oregon commission, 2024 and 2025, by utility and month.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from zaikong.kernel.dated import read_yaml, validated
from zaikong.kernel.period import Month, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.sim.county import County
from zaikong.sim.payments import plan_payments

SOURCE = "Oregon Public Utility Commission filings, 2024 and 2025, six energy utilities, by month"

_CLASSES = ("31_60", "61_90", "91Plus")
_BOUNDS = ((31, 60), (61, 90), (91, 100_000))
_ISSUED_AFTER_DAYS, _DUE_AFTER_DAYS = 2, 20
_KVA_FEN = 2_600
_PRICE_FEN = {"residential": 58, "agricultural": 48, "public": 72, "two_part": 62}
_OTHER_PRICE_FEN = 72
_MONEY = ("normal", "overpayment", "designated", "in_transit")


class UnableToReadAgeingError(Refusal):
    """A file is not the record of arrears by age."""


@dataclass(frozen=True, slots=True)
class Ageing:
    """Shares of arrears more than thirty days old, in ten-thousandths.

    Attributes:
        amount: By amount: 31–60, 61–90 and over 90 days.
        customers: Customers by their oldest bill, in the same classes.
        of_month: Amount over thirty days old, over one month's billing.
    """

    amount: tuple[int, int, int]
    customers: tuple[int, int, int]
    of_month: int


class RecordedAgeing(BaseModel):
    """The public record in figures, as `calibration/ageing.yaml` keeps it; shares in ten-thousandths.

    Attributes:
        source: Where the record comes from.
        amount_share: Arrears by amount, in the classes of `Ageing`.
        customers_share: Customers in arrears.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    amount_share: tuple[int, int, int]
    customers_share: tuple[int, int, int]

    def ageing(self) -> Ageing:
        """The same as `Ageing`."""
        return Ageing(self.amount_share, self.customers_share, 0)


@cache
def shipped_ageing() -> Ageing:
    """The public record's ageing, from the figures shipped with the package."""
    with as_file(files("zaikong.sim").joinpath("calibration/ageing.yaml")) as path:
        return validated(read_yaml(path), RecordedAgeing, path=path).ageing()


def recorded_ageing(path: Path) -> Ageing:
    """Ageing of the public record, all utilities and months together.

    Args:
        path: CSV with `arrearsBalance31_60` and the like.

    Raises:
        UnableToReadAgeingError: Missing or without those columns.
    """
    columns = [f"{kind}{each}" for kind in ("arrearsBalance", "arrearsCustomers") for each in _CLASSES]
    try:
        sums = pl.read_csv(path).select(pl.col(name).sum().cast(pl.Float64) for name in columns).row(0)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnableToReadAgeingError(
            f"{path} is not a record of arrears by age ({str(error).splitlines()[0]})",
            code="AGEING_UNREADABLE",
            fields={"file": str(path)},
            remedy=f"Give the CSV with {', '.join(columns)}.",
        ) from error
    return Ageing(_shares(sums[:3]), _shares(sums[3:]), 0)


def sketched_bills(county: County) -> pl.DataFrame:
    """Bills of every month of a county at round prices.

    Returns:
        `account_no`, `month`, `issued_day`, `due_day`, `amount_fen`, of post-paid accounts.
    """
    two_part = pl.col("tariff").str.contains("two_part", literal=True)
    price = (
        pl.when(two_part)
        .then(_PRICE_FEN["two_part"])
        .otherwise(pl.col("category").replace_strict(_PRICE_FEN, default=_OTHER_PRICE_FEN, return_dtype=pl.Int64))
    )
    terms = county.customers.filter(payment_mode="post_paid").select(
        "account_no",
        price.alias("price"),
        capacity_fen=pl.when(two_part).then(pl.col("capacity_kva") * _KVA_FEN).otherwise(0),
    )
    month = pl.col("date").dt.year().cast(pl.Int64) * 100 + pl.col("date").dt.month()
    return (
        county.daily_use.group_by("account_no", month.alias("month"))
        .agg(pl.col("centi_kwh").sum(), pl.col("date").max().dt.month_end().dt.epoch("d").cast(pl.Int64).alias("last"))
        .join(terms, on="account_no")
        .select(
            "account_no",
            "month",
            issued_day=pl.col("last") + _ISSUED_AFTER_DAYS,
            due_day=pl.col("last") + _ISSUED_AFTER_DAYS + _DUE_AFTER_DAYS,
            amount_fen=pl.col("centi_kwh") * pl.col("price") // 100 + pl.col("capacity_fen"),
        )
        .sort("account_no", "month")
    )


def county_ageing(county: County) -> Ageing:
    """Ageing of a county, taken together at the end of each month that has nights."""
    bills = sketched_bills(county)
    plan = plan_payments(bills, county.habits, county.collapse_days, seed=county.seed)
    ends, month = [], Month.of(county.nights.start)
    while month.end <= county.nights.end:
        ends.append(month.last_day)
        month = month.shifted(1)
    still = pl.concat([_open(bills, plan, day) for day in ends])
    overdue = still.filter((pl.col("overdue_days") > _BOUNDS[0][0] - 1) & (pl.col("open_fen") > 0))
    oldest = overdue.group_by("account_no", "as_of").agg(pl.col("overdue_days").max())
    amount = [int(overdue.filter(pl.col("overdue_days").is_between(*bounds))["open_fen"].sum()) for bounds in _BOUNDS]
    people = [oldest.filter(pl.col("overdue_days").is_between(*bounds)).height for bounds in _BOUNDS]
    billed = int(bills["amount_fen"].sum()) * len(ends) // bills["month"].n_unique()
    return Ageing(_shares(amount), _shares(people), sum(amount) * 10_000 // max(billed, 1))


def _open(bills: pl.DataFrame, plan: pl.DataFrame, day: date) -> pl.DataFrame:
    """What of each bill is open at the end of a day; parts and corrections count, undone money does not."""
    today = day_number(day)
    until = plan.filter(pl.col("paid_day") <= today)
    undone = until.filter(pl.col("kind").is_in(["bounced", "reversed"])).select("channel", "channel_ref")
    paid = (
        until.filter(pl.col("kind").is_in(_MONEY))
        .join(undone, on=["channel", "channel_ref"], how="anti")
        .group_by("account_no", "month")
        .agg(pl.col("amount_fen").sum().alias("paid_fen"))
    )
    return (
        bills.filter(pl.col("issued_day") <= today)
        .join(paid, on=["account_no", "month"], how="left")
        .select(
            "account_no",
            open_fen=(pl.col("amount_fen") - pl.col("paid_fen").fill_null(0)).clip(lower_bound=0),
            overdue_days=today - pl.col("due_day"),
            as_of=pl.lit(today),
        )
    )


def _shares(amounts: list[int] | tuple[float, ...]) -> tuple[int, int, int]:
    whole = sum(amounts)
    first, second, third = (round(float(amount) * 10_000 / whole) if whole else 0 for amount in amounts)
    return first, second, third
