"""What becomes of the money paid on a bill that is reversed?

A reversal takes the receivable back; whatever had been paid on the bill, principal and late fee, becomes the customer's
prepaid money, and the item owes nothing any more. The corrected bill, if there is one, is paid from it like any other.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application import allocating
from zaikong.application.booking import book, event
from zaikong.store.queries import payments as queries

_PAID = ("principal_fen", "late_fee_fen")


def void_items(bills: Sequence[int], *, booked_date: date) -> int:
    """Close the items of reversed bills and turn what was paid on them into prepaid money.

    Call it in the transaction that posts the reversals: the legs of the receivable are the reversal's own.

    Args:
        bills: Numbers of the bills that were reversed (not of their reversals).
        booked_date: Business date.

    Returns:
        Money that became prepaid [fen].
    """
    numbers = pl.Series("bill", list(bills), pl.Int64)
    with transaction.atomic():
        queries.lock_accounts(queries.items_of_bills(numbers)["account"])
        paid = queries.allocated_on_bills(numbers).with_columns(sum_fen=pl.sum_horizontal(_PAID))
        own = paid.filter(pl.col("payment").is_not_null()).with_columns(key="payment")
        prepaid = paid.filter(pl.col("payment").is_null()).with_columns(key=-pl.col("account"))
        booked = book(
            pl.concat(
                [
                    event(own, "allocation_reversed", amount="principal_fen", key="key"),
                    event(own, "late_fee_returned", amount="late_fee_fen", key="key"),
                    event(own, "prepayment_topped_up", amount="sum_fen", key="key"),
                    event(prepaid, "prepaid_use_reversed", amount="principal_fen", key="key"),
                    event(prepaid, "prepaid_fee_returned", amount="late_fee_fen", key="key"),
                ]
            ),
            booked_date=booked_date,
        )
        undone = pl.concat([own, prepaid]).select(*allocating.APPLIED, "key").with_columns(-pl.col(_PAID))
        allocating.record(undone, booked, booked_date=booked_date)
        queries.void_items(numbers)
    return int(paid["sum_fen"].sum())
