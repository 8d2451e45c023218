"""The watch reads no more bills than it needs, and scores with an outcome are told by band."""

from datetime import date, timedelta

import polars as pl
import pytest

from ledger_desk import batch, make_account, receipt, release
from zaikong.application.credit.county import county_rows, recent_rows
from zaikong.application.payments import credit
from zaikong.domain.credit.features import FEATURES
from zaikong.kernel.period import Month
from zaikong.store import models
from zaikong.store.queries.score_history import outcomes_by_band, scores_with_outcome, settled_bills

pytestmark = pytest.mark.django_db

AS_OF = date(2025, 7, 1)


@pytest.fixture
def months():
    """Two accounts billed on the first of 24 months, one of them paid, more and less late, and in part not at all."""
    accounts = [make_account(), make_account("4100000002", category="industrial")]
    first = Month.of(AS_OF)
    for back in range(23, -1, -1):
        issued = first.shifted(-back).start
        due = issued + timedelta(days=20)
        release([(account, Month.of(issued).number, due, 10_000 + back) for account in accounts], issued_date=issued)
        if back % 7:
            paid = due + timedelta(days=back - 9)
            credit(
                batch(receipt(f"r{back}", "4100000001", 11_000, paid, month=Month.of(issued).number)), booked_date=paid
            )
    return accounts


def test_the_watch_sees_the_same_of_the_last_bills_as_two_years_of_bills_say(months):
    whole = county_rows(as_of=AS_OF)
    recent = recent_rows(as_of=AS_OF)
    told = ["account", "bill", "issued_day", *FEATURES]
    assert recent.height == 2 * 4
    assert (
        recent.select(told)
        .sort("bill")
        .equals(whole.join(recent.select("bill"), on="bill", how="semi").select(told).sort("bill"))
    )
    assert recent["bills_seen"].to_list() == [12] * 8
    read, kept = (settled_bills(as_of=AS_OF, days=days) for days in (92 + 400, 800))
    assert read.height < kept.height == 48
    # a bill of the window's first day still finds every bill it looks back at
    assert read["issued_day"].min() <= recent["issued_day"].min() - 360


def test_a_night_scores_on_the_same_facts_as_two_years_of_bills_say(months):
    tonight = settled_bills(as_of=AS_OF, days=401, issued_on=AS_OF)
    assert set(tonight["account"]) == {account.pk for account in months}
    assert AS_OF - timedelta(days=400) <= date(1970, 1, 1) + timedelta(days=int(tonight["issued_day"].min()))
    assert tonight.height == 2 * 14


def test_scores_are_set_beside_what_came_true_once_it_is_known(months):
    bills = models.Bill.objects.filter(issued_date=date(2025, 5, 1)).order_by("account_id")
    for bill, ppm in zip(bills, (4_999, 400_000), strict=True):
        models.BillScore.objects.create(
            bill=bill, account=bill.account, scored_date=bill.issued_date, model_sha256="a" * 64, probability_ppm=ppm
        )
    known = date(2025, 6, 21)  # 1 May, 20 days to pay and 30 to be bad, and a day over
    assert scores_with_outcome(as_of=date(2025, 6, 20), since=AS_OF - timedelta(days=92)).is_empty()
    found = scores_with_outcome(as_of=known, since=AS_OF - timedelta(days=92))
    assert found.select("probability_ppm", "bad").sort("probability_ppm").rows() == [(4_999, 0), (400_000, 1)]
    bands = outcomes_by_band((5_000, 400_000), as_of=known)
    assert bands.rows() == [(0, 1, 4_999, 0), (2, 1, 400_000, 1)]
    assert outcomes_by_band((5_000,), as_of=date(2025, 6, 20)).schema == dict.fromkeys(bands.columns, pl.Int64)
