"""On the last day of a month the estimate is the bill the month then gets; on the way it follows steps and registers."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balance_desk import pay
from ledger_desk import make_account
from zaikong.application.allocating import apply_prepaid
from zaikong.application.balances.nightly import run_balances
from zaikong.application.billing.run import run_settlements
from zaikong.application.exposure import assess_exposure
from zaikong.store.models import Bill, BillDraft, DailyUse, PrepaidBalance
from zaikong.store.queries import closing
from zaikong.store.queries.balances import available_now_fen

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2025, 7, 1), date(2025, 7, 31)
PLANS = (
    ("residential", "cn.henan.residential", "month", 0, 0),
    ("residential", "cn.henan.residential", "year", 0, 0),
    ("business", "cn.henan.business", "single.lt1kv.tou", 0, 0),
    ("business", "cn.henan.business", "two_part.10kv.kva", 50_000, 90),
)


def prepaid(place, plan):
    category, book, name, centi_kva, standard = plan
    account = make_account(f"41000000{place:02}", category=category, power_factor_standard=standard)
    account.book, account.plan, account.payment_mode = book, name, "prepaid"
    account.save()
    account.supply_point.capacity_centi_kva = centi_kva
    account.supply_point.save()
    return account


def used(account, day, centi_kwh, tou):
    sharp, peak, valley = (centi_kwh // 10, centi_kwh // 3, centi_kwh // 5) if tou else (0, 0, 0)
    DailyUse.objects.create(
        account=account,
        use_date=day,
        sharp_centi_kwh=sharp,
        peak_centi_kwh=peak,
        flat_centi_kwh=centi_kwh - sharp - peak - valley,
        valley_centi_kwh=valley,
        centi_kwh=centi_kwh,
        centi_kvarh=centi_kwh // 4 if tou else 0,
        source="measured",
        known_date=day,
        current=True,
    )


def estimate(day):
    closing.replace_exposures(assess_exposure(as_of=day))
    run_balances(as_of=day)
    return dict(PrepaidBalance.objects.values_list("account_id", "estimated_fen"))


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 9_000), min_size=31, max_size=31), min_size=4, max_size=4))
def test_the_estimate_of_the_last_day_is_the_bill(uses):
    from django.db import transaction

    with transaction.atomic():
        accounts = [prepaid(place, plan) for place, plan in enumerate(PLANS, start=1)]
        for account, days in zip(accounts, uses, strict=True):
            for place, centi_kwh in enumerate(days):
                used(account, FIRST + timedelta(days=place), centi_kwh, tou="business" in account.book)

        for account in accounts[::2]:
            pay(account, 40_000, FIRST)
        expected = estimate(LAST)
        left = dict(PrepaidBalance.objects.values_list("account_id", "available_fen"))
        run_settlements(run_date=LAST)

        billed = dict(Bill.objects.values_list("account_id", "total_fen"))
        billed |= dict(BillDraft.objects.filter(state="held").values_list("account_id", "total_fen"))
        assert set(expected) == {account.pk for account in accounts}
        assert expected == billed
        # whether posted, held, paid from what lay prepaid or estimated anew: nothing is taken twice
        assert {account.pk: available_now_fen(account.pk) for account in accounts} == left
        apply_prepaid(as_of=LAST)
        assert {account.pk: available_now_fen(account.pk) for account in accounts} == left
        estimate(LAST)
        assert dict(PrepaidBalance.objects.values_list("account_id", "available_fen")) == left
        assert {account.pk: available_now_fen(account.pk) for account in accounts} == left
        transaction.set_rollback(True)


def test_a_home_on_steps_pays_more_for_its_last_days_than_for_its_first():
    account = prepaid(1, PLANS[0])
    seen = {}
    for place in range(31):
        day = FIRST + timedelta(days=place)
        used(account, day, 1_000, tou=False)
        if day.day in {18, 19, 26, 27}:
            seen[day.day] = estimate(day)[account.pk]
            assert PrepaidBalance.objects.get().measured_to_date == day
    assert seen == {18: 10_080, 19: 10_690, 26: 14_960, 27: 15_820}


def test_a_day_nobody_has_read_yet_is_not_in_the_estimate():
    account = prepaid(1, PLANS[0])
    used(account, FIRST, 1_000, tou=False)
    assert estimate(FIRST + timedelta(days=1))[account.pk] == 560
    assert PrepaidBalance.objects.get().measured_to_date == FIRST
