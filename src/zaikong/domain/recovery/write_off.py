"""May this receivable be written off?

Three gates, any of which opens: it is lost on a ground of its own, whatever its age; it is overdue more than three
years; it is overdue more than one year and small. Small is at most 50,000 yuan, or at most one ten-thousandth of the
year's revenue. Exactly one or three years is not yet more. Nothing is written off where nothing is owed. The claim goes
on after it is written off (账销案存).

Basis: 国家税务总局公告2011年第25号 articles 23 and 24; 财税〔2009〕57号 for the grounds.
"""

from datetime import date
from typing import Final

import narwhals as nw

from zaikong.domain.law.limitation import years_later
from zaikong.domain.law.parameters import NATION, WriteOff, in_law
from zaikong.kernel.money import natural_quotient

RECEIVABLE_COLUMNS: Final = ("debt", "amount_fen", "due_day", "lost_ground", "annual_revenue_fen")
"""What `write_off_gates` reads; `lost_ground` is `none` without one, `annual_revenue_fen` 0 where it is unknown."""

GATES: Final = ("ground", "long_overdue", "small_and_overdue")
"""Gates that open, the strongest first."""

_MILLION: Final = 1_000_000


def write_off_law(*, as_of: date, jurisdiction: str = NATION) -> WriteOff:
    """The limits of a day.

    Raises:
        UnableToFindValueError: No text is in force.
    """
    return in_law(WriteOff, as_of=as_of, jurisdiction=jurisdiction).value


def write_off_gates(receivables: nw.LazyFrame, *, as_of_day: int, law: WriteOff) -> nw.LazyFrame:
    """Which gate opens for each receivable.

    Args:
        receivables: One row a receivable with `RECEIVABLE_COLUMNS` [fen, day].
        as_of_day: Day of the question [day].
        law: From `write_off_law`.

    Returns:
        One row a receivable: `debt`, `eligible`, `gate` (one of `GATES`, empty where none opens).
    """
    amount, revenue = nw.col("amount_fen"), nw.col("annual_revenue_fen")
    owed = amount > 0
    lost = nw.col("lost_ground").is_in(list(law.grounds)) if law.grounds else nw.lit(False)
    long_overdue = years_later(nw.col("due_day"), law.large_years) < as_of_day
    overdue = years_later(nw.col("due_day"), law.small_years) < as_of_day
    share = natural_quotient(revenue * law.small_revenue_ppm, _MILLION)
    small = (amount <= law.small_fen) | (amount <= share)
    gate = (
        nw.when(owed & lost)
        .then(nw.lit("ground"))
        .otherwise(
            nw.when(owed & long_overdue)
            .then(nw.lit("long_overdue"))
            .otherwise(nw.when(owed & overdue & small).then(nw.lit("small_and_overdue")).otherwise(nw.lit("")))
        )
    )
    return receivables.with_columns(gate=gate).select("debt", eligible=nw.col("gate") != "", gate="gate")
