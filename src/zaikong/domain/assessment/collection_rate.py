"""What share of what was due has been collected (电费回收率)?

Three rates, each received over receivable:

- cumulative: everything receivable, arrears of earlier years included;
- previous years: arrears of earlier years alone (陈欠回收率);
- current year: the cumulative figures less those of earlier years.

Rates are in tenths of a percent, half up. A rate of nothing receivable does not exist and is null, never 0 or 100.

Basis: 电费回收率 = 实收电费 ÷ 应收电费 × 100%, as the trade's examinations define the three variants.
"""

import narwhals as nw

from zaikong.kernel.money import whole_quotient

COLLECTION_COLUMNS = (
    "receivable_fen",
    "received_fen",
    "receivable_previous_years_fen",
    "received_previous_years_fen",
)
"""What `collection_rates` reads; the first two include the other two [fen]."""

_PERMILLE = 1000


def collection_rates(totals: nw.LazyFrame) -> nw.LazyFrame:
    """The three collection rates of each row (a station, a county, a month).

    Args:
        totals: Rows with `COLLECTION_COLUMNS`, below 1e13 fen each, and any keys.

    Returns:
        The rows with `cumulative_permille`, `current_year_permille`, `previous_years_permille` [0.1 %], null where
        nothing was receivable.
    """
    receivable, received = nw.col("receivable_fen"), nw.col("received_fen")
    old_receivable, old_received = nw.col("receivable_previous_years_fen"), nw.col("received_previous_years_fen")
    return totals.with_columns(
        cumulative_permille=_rate(received, receivable),
        current_year_permille=_rate(received - old_received, receivable - old_receivable),
        previous_years_permille=_rate(old_received, old_receivable),
    )


def _rate(received: nw.Expr, receivable: nw.Expr) -> nw.Expr:
    # half up: (2 * 1000 * received + receivable) over (2 * receivable); money returned can make it negative
    something = nw.when(receivable > 0).then(receivable)
    doubled = received * (2 * _PERMILLE)
    size = whole_quotient(nw.max_horizontal(doubled, -doubled) + something, something * 2)
    return nw.when(received < 0).then(-size).otherwise(size)
