"""Which settlement frame do the rating rules get for a set of accounts and a period?"""

from datetime import date
from typing import Any

import polars as pl

from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.schedule import Settlement
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.domain.billing.tariff import Version
from zaikong.domain.billing.transformers import loss_columns, transformers
from zaikong.kernel.energy import centi_of_kwh
from zaikong.kernel.period import Month, day_number
from zaikong.store.queries import settlements as reads

_DAYS_OF_MONTH = 30
_MONTHS_OF_YEAR = 12
_LARGE_HOUSEHOLD = 5
_HOURS_OF_DAY = 24
_TOLD_APART = ("sharp_centi_kwh", "peak_centi_kwh", "valley_centi_kwh")


def settlement_frame(settlement: Settlement, *, accounts: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row an account that settles, ready to rate.

    Args:
        settlement: The period and its kind.
        accounts: Terms of the accounts to settle, all that settle so often a month by default.

    Returns:
        `SETTLEMENT_COLUMNS` beside what the checks read: `settlement` (the account), `sequence`, `kind`, `category`,
        `centi_kva`, `days_known`, `estimated_days`, `closed_day`, `opened_day`.
    """
    terms = reads.account_terms() if accounts is None else accounts
    due = terms.filter(
        (pl.col("settlements_a_month") == settlement.settlements_a_month)
        & (pl.col("opened_day") < day_number(settlement.to_date))
        & (pl.col("closed_day").is_null() | (pl.col("closed_day") > day_number(settlement.from_date)))
    )
    return settle(due, settlement)


def settle(terms: pl.DataFrame, settlement: Settlement) -> pl.DataFrame:
    """Lay the use of a period beside the terms of accounts; see `settlement_frame`."""
    use = reads.use_between(settlement.from_date, settlement.to_date)
    billed = reads.billed_this_year(Month.of(settlement.from_date).number)
    numbers = [name for name in use.columns if name != "account"]
    return (
        terms.join(use, on="account", how="left")
        .join(billed, on="account", how="left")
        .with_columns(pl.col(*numbers, "year_to_date_centi_kwh").fill_null(0))
        # what no time-of-use register tells apart, all of it behind a meter of one register, is flat
        .with_columns(flat_centi_kwh=pl.col("centi_kwh") - pl.sum_horizontal(_TOLD_APART))
        # a true-up can take more reactive energy back than the days since have brought; there is no negative kvarh
        .with_columns(pl.max_horizontal("centi_kvarh", pl.lit(0, pl.Int64)).alias("centi_kvarh"))
        .with_columns(*_period(settlement))
        .pipe(_with_plan_terms, as_of=settlement.from_date)
        .pipe(_with_loss)
        .with_columns(*_capacity(settlement), *_identity(settlement))
        .select(
            *SETTLEMENT_COLUMNS,
            "settlement",
            "sequence",
            "kind",
            "category",
            "centi_kva",
            "centi_kwh",
            "largest_day_centi_kwh",
            "days_known",
            "estimated_days",
            "opened_day",
            "closed_day",
        )
    )


def _identity(settlement: Settlement) -> list[pl.Expr]:
    return [
        pl.col("account").alias("settlement"),
        pl.lit(settlement.sequence, pl.Int64).alias("sequence"),
        pl.lit(settlement.kind).alias("kind"),
        pl.lit(Month.of(settlement.from_date).number, pl.Int64).alias("month"),
        # the meters hand over no demand register: the contract value stands in, see the check DEMAND_NOT_MEASURED
        pl.lit(0, pl.Int64).alias("centi_demand_kw"),
    ]


def _period(settlement: Settlement) -> list[pl.Expr]:
    start, end = day_number(settlement.from_date), day_number(settlement.to_date)
    return [
        pl.max_horizontal(pl.lit(start, pl.Int64), "opened_day").alias("from_day"),
        pl.min_horizontal(pl.lit(end, pl.Int64), pl.col("closed_day").fill_null(end)).alias("to_day"),
    ]


def _capacity(settlement: Settlement) -> list[pl.Expr]:
    whole = pl.col("to_day") - pl.col("from_day") == (settlement.to_date - settlement.from_date).days
    days = (
        pl.when(whole & (settlement.kind != "interim"))
        .then(pl.lit(_DAYS_OF_MONTH))
        .otherwise(pl.min_horizontal(pl.col("to_day") - pl.col("from_day"), pl.lit(_DAYS_OF_MONTH)))
    )
    interim = settlement.kind == "interim"
    nothing = pl.lit(0, pl.Int64)
    return [
        (nothing if interim else pl.col("centi_kva") * days).alias("centi_kva_days"),
        (nothing if interim else pl.col("centi_contract_demand_kw")).alias("centi_contract_demand_kw"),
        (nothing if interim else pl.col("power_factor_standard")).alias("power_factor_standard"),
        (
            pl.when(pl.col("loss_centi_kva") > 0)
            .then((pl.col("to_day") - pl.col("from_day")) * _HOURS_OF_DAY)
            .otherwise(0)
            .alias("loss_hours")
        ),
    ]


def _with_loss(frame: pl.DataFrame) -> pl.DataFrame:
    models = sorted({"", *transformers().models, *frame["loss_model"].unique().to_list()})
    losses = pl.DataFrame(
        [{"loss_model": model, **loss_columns(model)} for model in models],
        schema_overrides=dict.fromkeys(loss_columns(""), pl.Int64),
    )
    return frame.join(losses, on="loss_model", how="left")


def _with_plan_terms(frame: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Household allowance, free energy and months in use, by the plan in force."""
    rows: list[dict[str, Any]] = []
    for book, plan in frame.select("book", "plan").unique().iter_rows():
        version = _version(book, plan, as_of)
        rows.append(
            {
                "book": book,
                "plan": plan,
                "large_household": centi_of_kwh(version.household_of_five_kwh) if version else 0,
                "free": centi_of_kwh(version.free_kwh) if version else 0,
            }
        )
    schema = {"book": pl.String, "plan": pl.String, "large_household": pl.Int64, "free": pl.Int64}
    year_start = day_number(date(as_of.year, 1, 1))
    opened_month = (pl.col("opened_day").cast(pl.Int32).cast(pl.Date)).dt.month().cast(pl.Int64)
    return frame.join(pl.DataFrame(rows, schema=schema), on=["book", "plan"], how="left").with_columns(
        household_extra_centi_kwh=pl.when(pl.col("household_size") >= _LARGE_HOUSEHOLD)
        .then("large_household")
        .otherwise(0),
        free_centi_kwh=pl.when("low_income").then("free").otherwise(0),
        months_in_use=pl.when(pl.col("opened_day") >= year_start)
        .then(_MONTHS_OF_YEAR + 1 - opened_month)
        .otherwise(_MONTHS_OF_YEAR)
        .cast(pl.Int64),
    )


def _version(book: str, plan: str, as_of: date) -> Version | None:
    found = all_books().get(book)
    if found is None or plan not in found.plans:
        return None
    return next((version for version in found.plans[plan].versions if version.covers(as_of)), None)
