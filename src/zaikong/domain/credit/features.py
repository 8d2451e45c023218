"""What was known of a customer's payments at the moment a bill was released?

Each bill to score looks back at the twelve bills before it, as they stood on its day of release: a receipt that became
known later is not seen, whatever day it was paid on. Everything is counted in whole days, fen and thousandths.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import narwhals as nw

from zaikong.domain.credit.settled import NEVER
from zaikong.kernel.money import natural_quotient

LOOK_BACK: Final = 12
"""Bills looked back at."""

HISTORY_DAYS: Final = 400
"""Days before its release of which a bill's features see anything [day]."""

STANDING_COLUMNS: Final = ("account", "opened_day", "category")
"""What is known of an account besides its bills: day of the contract [day], user category."""

FEATURES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "bills_seen": 0,
        "late_bills": 1,
        "late_permille": 1,
        "late_weight": 1,
        "late_streak": 1,
        "bills_since_late": -1,
        "last_delay_days": 1,
        "second_delay_days": 1,
        "third_delay_days": 1,
        "longest_delay_days": 1,
        "mean_delay_days": 1,
        "open_bills": 1,
        "open_permille": 1,
        "overdue_permille": 1,
        "oldest_overdue_days": 1,
        "paid_share_permille": -1,
        "last_lead_days": 1,
        "mean_lead_days": 1,
        "days_since_paid": 0,
        "amount_fen": 0,
        "amount_permille": 0,
        "amount_range_permille": 0,
        "use_permille": 0,
        "term_days": 0,
        "tenure_months": 0,
        "month_of_year": 0,
        "segment_late_permille": 1,
        "bounced_receipts": 1,
        "is_residential": 0,
        "is_industrial": 0,
    }
)
"""Each feature with the way its risk may turn: 1 never falls, -1 never rises, 0 either way."""

_UNIT_OF_END: Final = {"_days": "day", "_permille": "permille", "_fen": "fen", "_months": "month"}

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {name: unit for end, unit in _UNIT_OF_END.items() for name in FEATURES if name.endswith(end)}
)
"""Units of the features that have one."""

_CAP_PERMILLE: Final = 20_000
_MONTH_DAYS: Final = 30
_NONE: Final = LOOK_BACK + 1


def bill_features(
    targets: nw.LazyFrame, history: nw.LazyFrame, standing: nw.LazyFrame, bounced: nw.LazyFrame
) -> nw.LazyFrame:
    """Lay out what was known when each bill was released.

    Args:
        targets: Bills to score, `settled.SETTLED_BILL_COLUMNS` (how they were settled is not read).
        history: Bills of the same accounts, `settled.SETTLED_BILL_COLUMNS`, the targets among them or not.
        standing: `STANDING_COLUMNS`, one row an account.
        bounced: `account`, `available_day` of receipts that were undone, and the day that was known.

    Returns:
        One row a target: `account`, `bill`, `issued_day` and every column of `FEATURES`.
    """
    now = targets.select("account", "bill", "issued_day", "due_day", "amount_fen", "centi_kwh")
    seen = _aggregated(_looked_back(now, history))
    joined = (
        now.join(seen, on="bill", how="left")
        .join(standing, on="account", how="left")
        .join(_bounces(now, bounced), on="bill", how="left")
    )
    return _features(joined).select("account", "bill", "issued_day", *FEATURES)


def _looked_back(now: nw.LazyFrame, history: nw.LazyFrame) -> nw.LazyFrame:
    """One row a target and earlier bill, the latest first, as it stood on the target's day."""
    past = history.select(
        "account",
        past_bill=nw.col("bill"),
        past_issued=nw.col("issued_day"),
        past_due=nw.col("due_day"),
        past_amount=nw.col("amount_fen"),
        past_use=nw.col("centi_kwh"),
        past_settled=nw.col("settled_day"),
        past_known=nw.col("settled_known_day"),
    )
    pairs = (
        now.select("account", "bill", as_of=nw.col("issued_day"))
        .join(past, on="account", how="inner")
        .filter((nw.col("past_issued") < nw.col("as_of")) & (nw.col("past_issued") >= nw.col("as_of") - HISTORY_DAYS))
        .with_columns(_one=nw.lit(1, nw.Int64))
        .with_columns(
            lag=nw.col("_one").cum_sum(reverse=True).over("bill", order_by=["past_issued", "past_due", "past_bill"])
        )
        .filter(nw.col("lag") <= LOOK_BACK)
    )
    settled = nw.col("past_known") <= nw.col("as_of")
    due = nw.col("past_due") < nw.col("as_of")
    by = nw.when(settled).then(nw.col("past_settled")).otherwise(nw.lit(NEVER, nw.Int64))
    delay = nw.min_horizontal(by, nw.col("as_of")) - nw.col("past_due")
    zero = nw.lit(0, nw.Int64)
    stood = pairs.with_columns(
        settled=settled,
        due=due.cast(nw.Int64),
        open_fen=nw.when(settled).then(zero).otherwise(nw.col("past_amount")),
        delay=nw.when(due).then(nw.max_horizontal(delay, zero)).otherwise(zero),
        lead=nw.min_horizontal(by, nw.col("as_of")) - nw.col("past_issued"),
        paid_day=nw.when(settled).then(nw.col("past_settled")).otherwise(zero),
    )
    return stood.with_columns(
        late=(nw.col("delay") > 0).cast(nw.Int64),
        due_place=nw.col("due").cum_sum().over("bill", order_by=["lag"]).cast(nw.Int64),
    )


def _aggregated(pairs: nw.LazyFrame) -> nw.LazyFrame:
    due, late = nw.col("due") == 1, nw.col("late") == 1
    place = nw.col("due_place")

    def where(condition: nw.Expr, value: nw.Expr, otherwise: int = 0) -> nw.Expr:
        return nw.when(condition).then(value).otherwise(nw.lit(otherwise, nw.Int64))

    is_open = nw.col("open_fen") > 0
    prepared = pairs.select(
        "bill",
        "due",
        "late",
        "past_amount",
        "past_use",
        "open_fen",
        "delay",
        "lead",
        "paid_day",
        weight=where(late, LOOK_BACK + 1 - place),
        late_place=where(late, place, _NONE),
        good_place=where(due & ~late, place, _NONE),
        first_delay=where(due & (place == 1), nw.col("delay")),
        second_delay=where(due & (place == 2), nw.col("delay")),  # noqa: PLR2004 -- the second
        third_delay=where(due & (place == 3), nw.col("delay")),  # noqa: PLR2004 -- the third
        open_count=is_open.cast(nw.Int64),
        overdue_fen=where(due, nw.col("open_fen")),
        overdue_age=where(due & is_open, nw.col("delay")),
        due_fen=where(due, nw.col("past_amount")),
        due_paid_fen=where(due & (nw.col("late") == 0), nw.col("past_amount")),
        first_lead=where(nw.col("lag") == 1, nw.col("lead")),
    )
    column = nw.col
    return prepared.group_by("bill").agg(
        nw.len().cast(nw.Int64).alias("bills_seen"),
        column("due").sum().alias("due_bills"),
        column("late").sum().alias("late_bills"),
        column("weight").sum().alias("late_weight"),
        column("late_place").min().alias("bills_since_late"),
        column("good_place").min().alias("first_good"),
        column("first_delay").max().alias("last_delay_days"),
        column("second_delay").max().alias("second_delay_days"),
        column("third_delay").max().alias("third_delay_days"),
        column("delay").max().alias("longest_delay_days"),
        column("delay").sum().alias("delay_sum"),
        column("open_count").sum().alias("open_bills"),
        column("open_fen").sum().alias("open_sum"),
        column("overdue_fen").sum().alias("overdue_sum"),
        column("overdue_age").max().alias("oldest_overdue_days"),
        column("due_fen").sum().alias("due_sum"),
        column("due_paid_fen").sum().alias("due_paid_sum"),
        column("first_lead").max().alias("last_lead_days"),
        column("lead").sum().alias("lead_sum"),
        column("paid_day").max().alias("last_paid_day"),
        column("past_amount").sum().alias("amount_sum"),
        column("past_amount").min().alias("amount_low"),
        column("past_amount").max().alias("amount_high"),
        column("past_use").sum().alias("use_sum"),
    )


def _bounces(now: nw.LazyFrame, bounced: nw.LazyFrame) -> nw.LazyFrame:
    """Receipts known to have bounced in the year before each target."""
    return (
        now.select("account", "bill", "issued_day")
        .join(bounced.select("account", "available_day"), on="account", how="inner")
        .filter(
            (nw.col("available_day") <= nw.col("issued_day"))
            & (nw.col("available_day") > nw.col("issued_day") - HISTORY_DAYS)
        )
        .with_columns(_one=nw.lit(1, nw.Int64))
        .group_by("bill")
        .agg(nw.col("_one").sum().alias("bounced_receipts"))
    )


def _permille(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """A share in thousandths, at most `_CAP_PERMILLE`; of nothing it is 0."""
    safe = nw.max_horizontal(whole, nw.lit(1, nw.Int64))
    share = nw.min_horizontal(natural_quotient(part * 1000, safe), nw.lit(_CAP_PERMILLE, nw.Int64))
    return nw.when(whole > 0).then(share).otherwise(nw.lit(0, nw.Int64))


_COUNTED: Final = (
    *("bills_seen", "due_bills", "late_bills", "late_weight", "last_delay_days", "second_delay_days"),
    *("third_delay_days", "longest_delay_days", "delay_sum", "open_bills", "open_sum", "overdue_sum"),
    *("oldest_overdue_days", "due_sum", "due_paid_sum", "last_lead_days", "lead_sum", "last_paid_day", "amount_sum"),
    *("amount_low", "amount_high", "use_sum", "bounced_receipts"),
)


def _features(joined: nw.LazyFrame) -> nw.LazyFrame:
    column = nw.col
    one = nw.lit(1, nw.Int64)
    known = joined.with_columns(
        *(nw.coalesce(column(name), nw.lit(0, nw.Int64)).alias(name) for name in _COUNTED),
        bills_since_late=nw.coalesce(column("bills_since_late"), nw.lit(_NONE, nw.Int64)),
        first_good=nw.coalesce(column("first_good"), nw.lit(_NONE, nw.Int64)),
        opened_day=nw.coalesce(column("opened_day"), column("issued_day")),
        category=nw.coalesce(column("category"), nw.lit("")),
    )
    seen = nw.max_horizontal(column("bills_seen"), one)
    segment = known.with_columns(
        segment_late=column("late_bills").sum().over("category", "issued_day"),
        segment_due=column("due_bills").sum().over("category", "issued_day"),
    )
    issued = column("issued_day")
    paid_since = nw.when(column("last_paid_day") > 0).then(issued - column("last_paid_day"))
    return segment.with_columns(
        late_permille=_permille(column("late_bills"), column("due_bills")),
        late_streak=nw.min_horizontal(column("first_good") - 1, column("due_bills")),
        mean_delay_days=natural_quotient(column("delay_sum"), nw.max_horizontal(column("due_bills"), one)),
        open_permille=_permille(column("open_sum") * column("bills_seen"), column("amount_sum")),
        overdue_permille=_permille(column("overdue_sum") * column("bills_seen"), column("amount_sum")),
        paid_share_permille=nw.when(column("due_sum") > 0)
        .then(_permille(column("due_paid_sum"), column("due_sum")))
        .otherwise(nw.lit(1000, nw.Int64)),
        mean_lead_days=natural_quotient(column("lead_sum"), seen),
        days_since_paid=nw.min_horizontal(
            nw.coalesce(paid_since, nw.lit(HISTORY_DAYS, nw.Int64)), nw.lit(HISTORY_DAYS, nw.Int64)
        ),
        amount_permille=nw.when(column("amount_sum") > 0)
        .then(_permille(column("amount_fen") * column("bills_seen"), column("amount_sum")))
        .otherwise(nw.lit(1000, nw.Int64)),
        amount_range_permille=_permille(
            (column("amount_high") - column("amount_low")) * column("bills_seen"), column("amount_sum")
        ),
        use_permille=nw.when(column("use_sum") > 0)
        .then(
            _permille(
                nw.max_horizontal(column("centi_kwh"), nw.lit(0, nw.Int64)) * column("bills_seen"), column("use_sum")
            )
        )
        .otherwise(nw.lit(1000, nw.Int64)),
        term_days=nw.max_horizontal(column("due_day") - issued, nw.lit(0, nw.Int64)),
        tenure_months=natural_quotient(
            nw.max_horizontal(issued - column("opened_day"), nw.lit(0, nw.Int64)), _MONTH_DAYS
        ),
        month_of_year=natural_quotient((column("due_day") - _EPOCH_MARCH) * 4 % 1461, 4),
        segment_late_permille=_permille(column("segment_late"), column("segment_due")),
        is_residential=(column("category") == "residential").cast(nw.Int64),
        is_industrial=(column("category") == "industrial").cast(nw.Int64),
    ).with_columns(month_of_year=natural_quotient(column("month_of_year") * 12, 366))


_EPOCH_MARCH: Final = 59
"""Days from 1 January 1970 to the first of March: months are counted as twelfths of the year from March on."""
