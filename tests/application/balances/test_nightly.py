"""Each night every prepaid account's balance is known, each threshold is told once a fall, and nothing twice."""

from datetime import date, timedelta

import pytest

from balance_desk import (
    MONDAY,
    after,
    agreement,
    balance,
    crossed,
    delivered,
    failed,
    messages,
    moment,
    night,
    pay,
    prepaid_account,
    standing,
    used,
)
from ledger_desk import entitled, make_account, release
from zaikong.application.balances.nightly import UnableToAssessBalancesError, run_balances
from zaikong.application.collection.ledger import end_of_day
from zaikong.application.payments import bounce_payment
from zaikong.store.models import BalanceCrossing, BalanceMessage, OpenItem, OutboundMessage, PrepaidBalance

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY = (after(MONDAY, days) for days in (1, 2, 3))


def test_the_balance_is_money_less_open_bills_less_use_not_billed():
    account = prepaid_account(overdraft_cap_fen=1_500, grade=6)
    pay(account, 10_000, MONDAY)

    found = night(MONDAY, (account, 2_500, 250))

    row = balance(account)
    assert (row.settled_fen, row.estimated_fen, row.available_fen) == (10_000, 2_500, 7_500)
    assert (row.overdraft_limit_fen, row.daily_fen, row.days_left) == (1_500, 250, 30)
    assert (row.warning_level, row.below_limit, row.fallen_at, row.measured_to_date) == (0, False, None, MONDAY)
    assert (found.accounts, found.available_fen, found.estimated_fen, found.messages) == (1, 7_500, 2_500, 0)


def test_who_pays_later_has_no_balance():
    account = make_account()
    used(account, 5_000, MONDAY)

    assert run_balances(as_of=MONDAY).accounts == 0
    assert PrepaidBalance.objects.count() == 0


def test_without_the_exposures_of_the_night_nothing_is_known():
    account = prepaid_account()
    used(account, 0, MONDAY)

    with pytest.raises(UnableToAssessBalancesError) as caught:
        run_balances(as_of=TUESDAY)
    assert caught.value.code == "EXPOSURE_MISSING"
    assert PrepaidBalance.objects.count() == 0


def test_the_past_is_not_estimated_again():
    account = prepaid_account()
    night(TUESDAY, (account, 0))
    with pytest.raises(UnableToAssessBalancesError) as caught:
        night(MONDAY, (account, 0))
    assert caught.value.code == "NIGHT_PAST"
    assert balance(account).as_of_date == TUESDAY


@pytest.mark.parametrize(("available", "level"), [(3_001, 0), (3_000, 0), (2_999, 1), (500, 1), (499, 2)])
def test_a_balance_at_exactly_a_threshold_has_not_passed_it(available, level):
    account = prepaid_account()
    pay(account, 10_000, MONDAY)

    night(MONDAY, (account, 10_000 - available))

    assert balance(account).warning_level == level
    assert crossed(account) == [("warn", 500), ("warn", 3_000)][2 - level :]
    assert len(messages(account)) == min(level, 1)


@pytest.mark.parametrize(("used_fen", "below"), [(12_000, False), (12_001, True)])
def test_a_balance_at_exactly_the_limit_is_not_below_it(used_fen, below):
    account = prepaid_account(overdraft_cap_fen=2_000, grade=6)
    pay(account, 10_000, MONDAY)

    night(MONDAY, (account, used_fen))

    assert balance(account).below_limit is below
    assert (("limit", -2_000) in crossed(account)) is below


@pytest.mark.parametrize(
    ("cap", "grade", "limit"), [(2_000, 6, 2_000), (9_000, 6, 5_000), (9_000, 3, 1_000), (9_000, 1, 0), (9_000, 0, 0)]
)
def test_the_overdraft_is_the_lesser_of_what_is_agreed_and_what_the_grade_allows(cap, grade, limit):
    account = prepaid_account(overdraft_cap_fen=cap, grade=grade)
    night(MONDAY, (account, 0))
    assert balance(account).overdraft_limit_fen == limit


def test_a_grade_that_falls_takes_its_overdraft_the_same_night():
    account = prepaid_account(overdraft_cap_fen=5_000, grade=6)
    night(MONDAY, (account, 100))
    standing(account, 2)
    night(TUESDAY, (account, 100))
    assert (balance(account).overdraft_limit_fen, balance(account).below_limit) == (0, True)


def test_a_night_run_again_changes_nothing():
    account = prepaid_account()
    pay(account, 10_000, MONDAY)
    night(MONDAY, (account, 9_600))
    before = (PrepaidBalance.objects.values().get(), crossed(account), [one.pk for one in messages(account)])

    again = night(MONDAY, (account, 9_600))

    assert (PrepaidBalance.objects.values().get(), crossed(account), [one.pk for one in messages(account)]) == before
    assert (again.crossed, again.messages) == ({}, 0)


def test_each_threshold_is_passed_and_told_once_a_fall():
    account = prepaid_account()
    pay(account, 10_000, MONDAY)
    steps = []
    for days, fen in enumerate((6_000, 7_500, 8_000, 9_600, 9_400, 9_700)):
        night(after(MONDAY, days), (account, fen))
        steps.append((crossed(account), len(messages(account))))

    assert steps == [
        ([], 0),
        ([("warn", 3_000)], 1),
        ([("warn", 3_000)], 1),
        ([("warn", 3_000), ("warn", 500)], 2),
        ([("warn", 3_000), ("warn", 500)], 2),
        ([("warn", 3_000), ("warn", 500)], 2),
    ]
    assert balance(account).fallen_at == end_of_day(TUESDAY)


def test_a_top_up_ends_the_fall_and_the_next_one_is_told_anew():
    account = prepaid_account()
    pay(account, 10_000, MONDAY)
    night(MONDAY, (account, 7_500))
    pay(account, 5_000, TUESDAY)
    night(TUESDAY, (account, 7_600))
    assert crossed(account) == [("warn", 3_000), ("recovered", 0)]
    assert balance(account).fallen_at is None

    night(WEDNESDAY, (account, 12_100))

    assert crossed(account) == [("warn", 3_000), ("recovered", 0), ("warn", 3_000)]
    assert len(messages(account)) == 2
    assert balance(account).fallen_at == end_of_day(WEDNESDAY)


def test_a_top_up_that_reaches_exactly_the_first_warning_ends_the_fall():
    account = prepaid_account()
    night(MONDAY, (account, 0))
    pay(account, 3_000, TUESDAY)
    night(TUESDAY, (account, 0))
    assert crossed(account)[-1] == ("recovered", 0)


def test_money_taken_back_begins_a_new_fall_though_no_night_saw_it():
    account = prepaid_account()
    pay(account, 1_000, MONDAY)
    night(MONDAY, (account, 0))
    first = messages(account)
    ref = pay(account, 9_000, TUESDAY)
    clerk = entitled("clerk", "undo_payment")
    bounce_payment(channel="bank", channel_ref=ref, reason="no cover", staff=clerk, as_of=TUESDAY)

    night(TUESDAY, (account, 0))

    assert [one.fallen_at for one in BalanceCrossing.objects.order_by("pk")] == [
        end_of_day(MONDAY),
        end_of_day(MONDAY),
        end_of_day(TUESDAY),
    ]
    assert crossed(account) == [("warn", 3_000), ("recovered", 0), ("warn", 3_000)]
    assert len(messages(account)) == len(first) + 1
    night(WEDNESDAY, (account, 0))
    assert len(crossed(account)) == 3


def test_a_message_that_failed_is_written_again_the_next_night_and_only_then():
    account = prepaid_account()
    night(MONDAY, (account, 0))
    failed(messages(account)[0], moment(TUESDAY))

    night(TUESDAY, (account, 0))
    night(WEDNESDAY, (account, 0))

    assert [one.business_date for one in messages(account)] == [MONDAY, TUESDAY]
    assert len(crossed(account)) == 2


def test_who_cannot_be_reached_is_a_finding_every_night_until_a_telephone_is_known():
    account = prepaid_account(phone="")
    found = night(MONDAY, (account, 0))
    assert [one.code for one in found.findings] == ["CUSTOMER_NOT_REACHED"]
    assert found.withheld == {"NOT_REACHED": 1}
    assert (len(crossed(account)), messages(account)) == (2, [])

    account.customer.phone = "13800000002"
    account.customer.save()
    night(TUESDAY, (account, 0))

    assert [one.address for one in messages(account)] == ["13800000002"]
    assert len(crossed(account)) == 2


def test_one_message_a_customer_and_day_names_all_accounts():
    one, two = prepaid_account(), prepaid_account("4100000002")
    two.customer = one.customer
    two.save()

    night(MONDAY, (one, 0), (two, 500))

    (message,) = messages(one)
    assert {row.account_id for row in BalanceMessage.objects.filter(message=message)} == {one.pk, two.pk}
    assert "4100000001" in message.body
    assert "4100000002" in message.body
    assert (message.statutory, message.step, message.address) == (True, "BALANCE_OVERDRAWN", "13800000001")
    assert message.not_before_at == moment(TUESDAY, "08:30")


def test_a_customer_who_was_written_to_today_is_told_the_next_night():
    account = prepaid_account()
    OutboundMessage.objects.create(
        customer=account.customer,
        business_date=MONDAY,
        step="BILL_NOTICE",
        template="bill_notice",
        template_edition="2026",
        language="zh",
        channel="sms",
        address="1",
        body="x",
        queued_at=moment(MONDAY),
        not_before_at=moment(MONDAY),
    )
    assert night(MONDAY, (account, 0)).withheld == {"SENT_TODAY": 1}
    night(TUESDAY, (account, 0))
    assert [one.step for one in messages(account)] == ["BILL_NOTICE", "BALANCE_WARNING"]


def test_the_telephone_of_the_agreement_is_the_one_that_is_called():
    account = prepaid_account()
    account.prepaymentagreement_set.update(phone="13900000009")
    night(MONDAY, (account, 0))
    assert [one.address for one in messages(account)] == ["13900000009"]


def test_what_an_agreement_names_stands_in_place_of_the_strategy():
    account = prepaid_account(warn_fen=[8_000], warn_days=[5])
    pay(account, 7_000, MONDAY)
    night(MONDAY, (account, 0, 1_400))
    assert crossed(account) == [("warn", 8_000)]
    night(TUESDAY, (account, 1, 1_400))
    assert crossed(account) == [("warn", 8_000), ("days", 5)]


def test_a_large_user_is_warned_by_days_of_use():
    account = prepaid_account(category="industrial", strategy="hv_days")
    pay(account, 700_000, MONDAY)
    night(MONDAY, (account, 0, 100_000))
    assert (crossed(account), balance(account).days_left) == ([], 7)
    night(TUESDAY, (account, 1, 100_000))
    assert (crossed(account), balance(account).days_left) == ([("days", 7)], 6)
    night(WEDNESDAY, (account, 400_001, 100_000))
    assert crossed(account) == [("days", 7), ("days", 3)]
    night(THURSDAY, (account, 700_001, 100_000))
    assert (crossed(account)[-1], balance(account).days_left) == (("limit", 0), 0)


def test_high_voltage_is_the_default_of_days_where_nothing_is_agreed():
    account = make_account(category="business")
    account.payment_mode = "prepaid"
    account.save()
    account.supply_point.voltage = "10kv"
    account.supply_point.save()
    night(MONDAY, (account, 100, 10))
    assert crossed(account) == [("days", 3), ("days", 7), ("limit", 0)]


def test_an_account_without_a_bill_is_averaged_over_the_days_of_its_month():
    account = prepaid_account()
    pay(account, 10_000, MONDAY)
    night(MONDAY, (account, 4_200))
    assert (balance(account).daily_fen, balance(account).days_left) == (300, 19)


def test_a_strategy_nobody_knows_is_a_finding_and_the_usual_one_stands_in():
    account = prepaid_account(strategy="nonsense")
    found = night(MONDAY, (account, 0))
    assert [one.code for one in found.findings] == ["STRATEGY_UNKNOWN"]
    assert crossed(account) == [("warn", 500), ("warn", 3_000)]


def test_disputed_bills_and_old_debt_are_not_taken_from_the_balance():
    account = prepaid_account(from_date=date(2025, 7, 1))
    old, disputed, own = release(
        [(account, 202505, date(2025, 6, 20), 1_000), (account, 202506, MONDAY, 200), (account, 202506, MONDAY, 30)],
        issued_date=date(2025, 7, 5),
    )
    OpenItem.objects.filter(bill_id=disputed).update(disputed=True)
    assert len({old, disputed, own}) == 3
    night(MONDAY, (account, 0))
    assert balance(account).settled_fen == -30


def test_an_agreement_not_yet_in_force_names_nothing():
    account = prepaid_account(from_date=TUESDAY, warn_fen=[9_000])
    pay(account, 8_000, MONDAY)
    night(MONDAY, (account, 0))
    assert crossed(account) == []
    night(TUESDAY, (account, 0))
    assert crossed(account) == [("warn", 9_000)]


def test_a_closed_account_is_left_out():
    account = prepaid_account()
    account.closed_date = MONDAY
    account.save()
    assert night(MONDAY, (account, 0)).accounts == 0


def test_a_delivered_warning_stands_and_is_not_repeated():
    account = prepaid_account()
    night(MONDAY, (account, 0))
    delivered(messages(account)[0], moment(TUESDAY))
    for days in range(1, 5):
        night(MONDAY + timedelta(days=days), (account, 0))
    assert len(messages(account)) == 1


def test_a_second_agreement_takes_the_place_of_the_first():
    account = prepaid_account(overdraft_cap_fen=1_000, grade=6)
    first = account.prepaymentagreement_set.get()
    first.state, first.ended_date, first.ended_reason = "ended", MONDAY, "new terms"
    first.save()
    agreement(account, from_date=MONDAY, overdraft_cap_fen=300)
    night(MONDAY, (account, 0))
    assert balance(account).overdraft_limit_fen == 300
