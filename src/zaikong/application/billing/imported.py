"""How do bills that another system issued enter the ledger? The amount is known, its lines are not."""

from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.kernel.period import Month, day_number
from zaikong.store.models import BillRun

_NO_LINES = {
    "settlement": pl.Int64,
    "line": pl.Int64,
    "item": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
    "price_e8": pl.Int64,
    "amount_fen": pl.Int64,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "price_from_day": pl.Int64,
}


def post_imported(frame: pl.DataFrame, *, as_of: date) -> int:
    """Post imported bills, one run an issue date; see `posting.post_imported_bills`."""
    with transaction.atomic():
        for (issued, month), part in frame.partition_by("issued_date", "month", as_dict=True).items():
            run = BillRun.objects.create(
                key=f"imported/{as_of}/{issued}/{month}/{BillRun.objects.count()}",
                kind=BillRun.Kind.IMPORTED,
                month=month,
                run_date=as_of,
                bills=part.height,
                total_fen=int(part["amount_fen"].sum()),
            )
            post_bills(_bills(part), pl.DataFrame(schema=_NO_LINES), run_id=run.pk, issued_date=issued)
    return frame.height


def _bills(part: pl.DataFrame) -> pl.DataFrame:
    month = Month(*divmod(int(part["month"][0]), 100))
    zeros = {name: pl.lit(0, pl.Int64) for name in RATED_AMOUNTS}
    return part.with_row_index("settlement").select(
        pl.col("settlement").cast(pl.Int64),
        "account",
        "month",
        **{
            **zeros,
            "sequence": pl.lit(1, pl.Int64),
            "kind": pl.lit("imported"),
            "from_day": pl.lit(day_number(month.start), pl.Int64),
            "to_day": pl.lit(day_number(month.end), pl.Int64),
            "due_day": pl.col("due_date").cast(pl.Date).cast(pl.Int32).cast(pl.Int64),
            "book": pl.lit(""),
            "plan": pl.lit(""),
            "verified": pl.lit(False),
            "centi_kwh": pl.col("centi_kwh"),
            "flat_centi_kwh": pl.col("centi_kwh"),
            "energy_fen": pl.col("amount_fen"),
            "total_fen": pl.col("amount_fen"),
            "ledger_fund_fen": pl.lit(0, pl.Int64),
            "reverses": pl.lit(None, pl.Int64),
        },
    )
