"""What was known of a customer's payments when a bill was released."""

import polars as pl
import pytest

from zaikong.domain.credit.features import FEATURES, STANDING_COLUMNS, bill_features
from zaikong.domain.credit.settled import NEVER, SETTLED_BILL_COLUMNS

MONTH = 30


def history(*settled, account=1, known=None, start=0):
    """Bills of 100 fen issued every 30 days, due 20 days later; `settled` are days after the due day, None for never."""
    rows = []
    for place, late in enumerate(settled):
        issued = 1000 + place * MONTH
        paid = NEVER if late is None else issued + 20 + late
        seen = paid if known is None or known[place] is None else known[place]
        rows.append((account, start + place + 1, issued, issued + 20, 100, 50, paid, seen))
    return pl.DataFrame(rows, schema=dict.fromkeys(SETTLED_BILL_COLUMNS, pl.Int64), orient="row")


def standing(*rows):
    schema = dict(zip(STANDING_COLUMNS, (pl.Int64, pl.Int64, pl.String), strict=True))
    return pl.DataFrame(rows or [(1, 400, "residential")], schema=schema, orient="row")


NOTHING = pl.DataFrame(schema={"account": pl.Int64, "available_day": pl.Int64})


def features(bills, *, of=None, bounced=NOTHING, accounts=None):
    import narwhals as nw

    target = bills.filter(pl.col("bill") == (of or bills["bill"].max()))
    frames = [nw.from_native(frame.lazy()) for frame in (target, bills, accounts or standing(), bounced)]
    [row] = bill_features(*frames).collect().rows(named=True)
    return row


def test_a_first_bill_has_no_past():
    row = features(history(0))
    assert {name: row[name] for name in FEATURES if row[name]} == {
        "bills_since_late": 13,
        "paid_share_permille": 1000,
        "days_since_paid": 400,
        "amount_fen": 100,
        "amount_permille": 1000,
        "use_permille": 1000,
        "term_days": 20,
        "tenure_months": 20,
        "month_of_year": row["month_of_year"],
        "is_residential": 1,
    }


def test_delays_are_those_of_the_bills_that_came_due_latest_first():
    row = features(history(0, 9, 4, -5, 0))
    assert [row[name] for name in ("last_delay_days", "second_delay_days", "third_delay_days")] == [0, 4, 9]
    assert (row["late_bills"], row["late_permille"], row["longest_delay_days"]) == (2, 500, 9)
    assert (row["late_streak"], row["bills_since_late"], row["late_weight"]) == (0, 2, 11 + 10)
    assert (row["paid_share_permille"], row["mean_delay_days"]) == (500, 13 // 4)


def test_a_streak_counts_the_late_bills_up_to_now():
    row = features(history(0, 1, 1, 1, 0))
    assert (row["late_streak"], row["bills_since_late"]) == (3, 1)


def test_what_is_open_is_counted_and_aged():
    row = features(history(0, None, None, 0))
    assert (row["open_bills"], row["open_permille"], row["oldest_overdue_days"]) == (2, 2000, 40)
    assert row["days_since_paid"] == 1090 - 1020


@pytest.mark.parametrize("late", [None, 11, 300])
def test_a_payment_known_after_the_release_has_no_effect(late):
    # the last of them is released on day 1120; a payment made or known later changes nothing
    open_then = features(history(0, 0, None, None, 0), of=5)
    paid_later = features(history(0, 0, 41 if late else None, late, 0), of=5)
    assert paid_later == open_then


def test_a_payment_made_before_but_known_after_the_release_has_no_effect():
    open_then = features(history(0, 0, None, 0), of=4)
    assert features(history(0, 0, 1, 0, known=[None, None, 1091, None]), of=4) == open_then
    assert features(history(0, 0, 1, 0, known=[None, None, 1090, None]), of=4) != open_then


def test_later_bills_have_no_effect():
    bills = history(0, 5, 0, 60, None)
    assert features(bills, of=3) == features(bills.head(3), of=3)


def test_at_most_twelve_bills_are_looked_back_at():
    row = features(history(*[300] * 2, *[0] * 13))
    assert (row["bills_seen"], row["late_bills"]) == (12, 0)


def test_bounces_known_by_then_are_counted():
    bounced = pl.DataFrame({"account": [1, 1, 1], "available_day": [1030, 1031, 500]})
    assert features(history(0, 0), bounced=bounced)["bounced_receipts"] == 1


@pytest.mark.spark
def test_spark_says_the_same(on_both):
    bills = pl.concat([history(0, 9, None, 4, 0), history(None, 0, 3, account=2, start=10)])
    bounced = pl.DataFrame({"account": [2], "available_day": [1005]})
    found = on_both(bill_features, bills, bills, standing((1, 400, "industrial"), (2, 900, "residential")), bounced)
    assert len(found) == 8
