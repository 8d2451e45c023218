"""How do bills that another system issued become bills here?

One row is what was billed to an account for a month. A month that has bills here already is not billed again: the same
amount and energy say nothing new, anything else is a correction and is made by back-bill (退补), with its reversal.
"""

from typing import Final

import polars as pl

from zaikong.application.imports.known import with_accounts
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.table import Table
from zaikong.application.posting import post_imported_bills
from zaikong.store.queries import billed as queries

_LONGEST_TERM_DAYS: Final = 366


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Set the rows beside the bills; see `loader`."""
    queries.lock()
    rows = _sensible(with_accounts(table.rows, rejections), rejections)
    beside = rows.join(
        queries.billed_months(rows.select("account", month="period")),
        left_on=["account", "period"],
        right_on=["account", "month"],
        how="left",
        maintain_order="left",
    )
    same = (pl.col("amount_yuan") == pl.col("total_fen")) & (pl.col("kwh") == pl.col("centi_kwh"))
    wanted = rejections.refuse(
        beside,
        pl.col("total_fen").is_not_null() & ~same,
        column="amount_yuan",
        code="MONTH_BILLED",
        reason=pl.format(
            "The month is billed already, with {} fen for {} hundredths of a kWh. Correct it by back-bill (退补).",
            "total_fen",
            "centi_kwh",
        ),
    )
    return lambda: _written(wanted, terms)


def _sensible(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    first = pl.date(pl.col("period") // 100, pl.col("period") % 100, 1)
    rows = rejections.refuse(
        rows,
        pl.col("issued_date") < first,
        column="issued_date",
        code="ISSUED_BEFORE_MONTH",
        reason="The bill was issued before its month began. Correct the month or the date.",
    )
    term = (pl.col("due_date") - pl.col("issued_date")).dt.total_days()
    return rejections.refuse(
        rows,
        ~term.is_between(0, _LONGEST_TERM_DAYS),
        column="due_date",
        code="DUE_DATE_WRONG",
        reason="The bill falls due before it was issued, or more than a year later. Correct one of the dates.",
    )


def _written(rows: pl.DataFrame, terms: Terms) -> Written:
    new = rows.filter(pl.col("total_fen").is_null())
    if new.height:
        post_imported_bills(
            new.select(
                "account",
                "issued_date",
                "due_date",
                month="period",
                centi_kwh="kwh",
                amount_fen="amount_yuan",
            ).select("account", "month", "issued_date", "due_date", "centi_kwh", "amount_fen"),
            as_of=terms.as_of,
        )
    return Written(new.height, rows.height - new.height, {"posted_fen": int(new["amount_yuan"].sum())})


LOADER: Final = Loader(prepare)
