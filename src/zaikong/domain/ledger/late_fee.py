"""What late fee 电费违约金 does each bill carry as of a day?

The fee accrues by day on unpaid principal only, from the day after the due date to the day of payment included. A bill
paid in parts is the sum of its parts, each accruing to its own payment day; what is still open accrues to `as_of_day`.
Each bill is rounded once. Residents have one rate; others one for arrears of the year of the due date and one for
arrears that crossed into a later year. The law speaks of the part of the arrears that crossed, so a part paid before
1 January never did, in either mode:

- `split`: days to 31 December at the current-year rate, days from 1 January at the cross-year rate;
- `whole`: every day of a part still unpaid on 1 January at the cross-year rate.

A contract's own rate replaces both, for residents too; above the legal band it is cut to the band. Accrual stops on
the day a court accepts a bankruptcy (that day included). The minimum of the edition in force on the day of collection
lifts the total an account pays that day for several bills; the lift stands on the bill due first. A late fee bears no
late fee.

Basis: 《电力供应与使用条例》 article 39; 《供电营业规则》 late-fee article, editions of 1996 and 2024; 《民法典》
article 201; 《企业破产法》 article 46.
"""

from typing import Literal

import narwhals as nw

from zaikong.domain.law.calendar import calendar_year, new_year_day
from zaikong.domain.law.late_fee import LateFeeLaw, RatePeriod
from zaikong.domain.ledger.ppm import multiples, rest_part, rounded_total, whole_part

BILL_COLUMNS = (
    "bill",
    "account",
    "resident",
    "due_day",
    "amount_fen",
    "rate_ppm",
    "bankruptcy_day",
    "late_fee_waived_fen",
    "late_fee_paid_fen",
)
"""What `late_fees` reads of a bill; `rate_ppm` and `bankruptcy_day` are 0 where there is none."""

APPLICATION_COLUMNS = ("bill", "day", "principal_fen")
"""What `late_fees` reads of money applied to a bill's principal."""

CrossYearMode = Literal["split", "whole"]


def late_fees(
    bills: nw.LazyFrame,
    applications: nw.LazyFrame,
    *,
    as_of_day: int,
    law: LateFeeLaw,
    cross_year: CrossYearMode = "split",
) -> nw.LazyFrame:
    """Late fee of each bill as of a day.

    Args:
        bills: One row per bill with `BILL_COLUMNS`: `amount_fen` is the principal as billed [fen], `rate_ppm` the
            contract's daily rate [ppm] or 0, `bankruptcy_day` the day of acceptance [day] or 0, `late_fee_waived_fen`
            and `late_fee_paid_fen` what of the fee is waived and paid [fen].
        applications: Money applied to principal, any number of rows a bill, with `APPLICATION_COLUMNS`. Rows after
            `as_of_day` are not yet known and not used. A row undone is followed by its negative: with the day of the
            first when the money never came (a bounce), with its own day when it was there in between.
        as_of_day: Last day that accrues [day].
        law: The late-fee law.
        cross_year: How days before the turn of the year count once arrears crossed it.

    Returns:
        One row per bill: `bill`, `account`, `due_day`, `open_fen` principal still unpaid [fen], `late_days` days that
        accrue on the part that stood longest [day], `late_fee_fen` accrued [fen], `late_fee_due_fen` accrued less
        waived and paid, never below zero [fen].
    """
    known = applications.filter(nw.col("day") <= as_of_day)
    paid = known.group_by("bill").agg(_applied=nw.col("principal_fen").sum())
    opened = bills.join(paid, on="bill", how="left").with_columns(
        open_fen=nw.col("amount_fen") - nw.coalesce(nw.col("_applied"), nw.lit(0))
    )
    accrued = _accrued(_parts(bills, known, opened, as_of_day), law, cross_year)
    billed = opened.join(accrued, on="bill", how="left").with_columns(
        late_days=nw.coalesce(nw.col("late_days"), nw.lit(0)),
        late_fee_fen=nw.coalesce(nw.col("late_fee_fen"), nw.lit(0)),
        _charged_day=nw.coalesce(nw.col("_charged_day"), nw.lit(as_of_day)),
    )
    if law.minimums:
        billed = _lifted(billed, law)
    owed = nw.col("late_fee_fen") - nw.col("late_fee_waived_fen") - nw.col("late_fee_paid_fen")
    return billed.select(
        "bill",
        "account",
        "due_day",
        "open_fen",
        "late_days",
        "late_fee_fen",
        late_fee_due_fen=nw.max_horizontal(owed, nw.lit(0)),
    )


def rates_outside_band(bills: nw.LazyFrame, *, law: LateFeeLaw) -> nw.LazyFrame:
    """Bills whose contract rate lies outside the legal band, for a finding a contract.

    Args:
        bills: Rows with `bill`, `account`, `rate_ppm` [ppm a day], 0 where the contract names none.
        law: The late-fee law.

    Returns:
        The rows at fault. A rate above the band is charged at its upper end, one below it as agreed.
    """
    rate = nw.col("rate_ppm")
    outside = (rate < law.band_low_ppm) | (rate > law.band_high_ppm)
    return bills.filter((rate != 0) & outside).select("bill", "account", "rate_ppm")


_CARRIED = ("bill", "due_day", "resident", "rate_ppm", "bankruptcy_day")


def _parts(bills: nw.LazyFrame, known: nw.LazyFrame, opened: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    """Each part of a bill's principal with the day its accrual ends [fen, day]."""
    settled = known.join(bills.select(_CARRIED), on="bill", how="inner").select(
        *_CARRIED, _part="principal_fen", _paid_day="day"
    )
    standing = opened.select(*_CARRIED, _part="open_fen", _paid_day=nw.lit(as_of_day, dtype=nw.Int64))
    return nw.concat([settled, standing], how="vertical").filter(nw.col("_part") != 0)


def _accrued(parts: nw.LazyFrame, law: LateFeeLaw, cross_year: CrossYearMode) -> nw.LazyFrame:
    ended = nw.when(nw.col("bankruptcy_day") > 0).then(nw.min_horizontal("_paid_day", "bankruptcy_day"))
    days = nw.max_horizontal(nw.col("_end") - nw.col("due_day"), nw.lit(0))
    part, high, weight = nw.col("_part"), nw.col("_high"), nw.col("_weight")
    return (
        parts.with_columns(
            _end=ended.otherwise(nw.col("_paid_day")), _year=calendar_year(nw.col("due_day")), _high=multiples(part)
        )
        .with_columns(_days=days, _turn=new_year_day(nw.col("_year") + 1))
        .with_columns(_weight=_weight(law, cross_year))
        .group_by("bill")
        .agg(
            late_days=nw.col("_days").max(),
            _charged_day=nw.col("_paid_day").max(),
            _whole=whole_part(high, weight).sum(),
            _rest=rest_part(part, high, weight).sum(),
        )
        .select(
            "bill",
            "late_days",
            "_charged_day",
            late_fee_fen=nw.max_horizontal(rounded_total(nw.col("_whole"), nw.col("_rest")), nw.lit(0)),
        )
    )


def _weight(law: LateFeeLaw, cross_year: CrossYearMode) -> nw.Expr:
    """Rate times days over every period of the law [ppm]."""
    weights = [_period_weight(period, law, cross_year) for period in law.rates]
    return nw.sum_horizontal(*weights)


def _period_weight(period: RatePeriod, law: LateFeeLaw, cross_year: CrossYearMode) -> nw.Expr:
    first = nw.max_horizontal(nw.col("due_day") + 1, nw.lit(period.from_day))
    after = nw.min_horizontal(nw.col("_end") + 1, nw.lit(period.to_day))
    days = nw.max_horizontal(after - first, nw.lit(0))
    crossed = nw.max_horizontal(after - nw.max_horizontal(first, nw.col("_turn")), nw.lit(0))
    if cross_year == "whole":
        crossed = nw.when(nw.col("_end") >= nw.col("_turn")).then(days).otherwise(nw.lit(0))
    other = (days - crossed) * period.current_year_ppm + crossed * period.cross_year_ppm
    agreed = nw.min_horizontal(nw.col("rate_ppm"), nw.lit(law.band_high_ppm))
    return (
        nw.when(nw.col("rate_ppm") > 0)
        .then(days * agreed)
        .when(nw.col("resident"))
        .then(days * period.resident_ppm)
        .otherwise(other)
    )


def _lifted(billed: nw.LazyFrame, law: LateFeeLaw) -> nw.LazyFrame:
    """Lift what an account pays on one day to the minimum then in force, on the bill due first."""
    collected = ("account", "_charged_day")
    fee = nw.col("late_fee_fen")
    return (
        billed.with_columns(
            _collected=fee.sum().over(*collected),
            _running=fee.cum_sum().over(*collected, order_by=("due_day", "bill")).cast(nw.Int64),
            _minimum=_minimum(law),
        )
        .with_columns(_first=(fee > 0) & (nw.col("_running") == fee))
        .with_columns(
            late_fee_fen=nw.when(nw.col("_first") & (nw.col("_collected") < nw.col("_minimum")))
            .then(fee + nw.col("_minimum") - nw.col("_collected"))
            .otherwise(fee)
        )
    )


def _minimum(law: LateFeeLaw) -> nw.Expr:
    day = nw.col("_charged_day")
    amounts = [
        nw.when((day >= period.from_day) & (day < period.to_day)).then(nw.lit(period.minimum_fen)).otherwise(nw.lit(0))
        for period in law.minimums
    ]
    return nw.sum_horizontal(*amounts)
