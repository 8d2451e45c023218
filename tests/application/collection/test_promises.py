"""What may be promised, and who says whether it was kept?"""

from datetime import date

import pytest

from collection_desk import at, kinds, make_staff, now, opened, pay
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.promises import UnableToTakePromiseError, take_promise, withdraw_promise
from zaikong.store.models import PromiseToPay

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return opened()[0]


def promised(case, fen=10_000, *, by=25, on=21, staff=None):
    return take_promise(
        case=case.pk,
        amount_fen=fen,
        promised_date=date(2025, 7, by),
        made_by_name="张三",
        channel="phone",
        staff=staff or make_staff("collector"),
        at=at(on),
    )


def stored(promise):
    row = PromiseToPay.objects.get(pk=promise.pk)
    return row.state, row.paid_fen, row.decided_date


def test_a_promise_rests_the_case_and_is_written_down(case):
    promised(case)
    assert (now(case).state, kinds(case)) == ("promised", ["opened", "promise"])


def test_what_is_paid_in_time_keeps_it_and_closes_the_case(case):
    promise = promised(case)
    pay(case, 20_000, 23)
    assert stored(promise) == ("kept", 20_000, date(2025, 7, 23))
    assert now(case).state == "closed"
    assert kinds(case) == ["opened", "promise", "payment", "promise_kept", "closed"]


def test_a_promise_of_a_part_is_kept_by_that_part_and_the_case_goes_on(case):
    promise = promised(case, 4_000)
    pay(case, 4_000, 23)
    assert (stored(promise)[0], now(case).state) == ("kept", "open")


def test_what_was_paid_before_it_was_made_does_not_keep_it(case):
    pay(case, 4_000, 21)
    promise = promised(case, 4_000, on=22)
    run_cases(as_of=date(2025, 7, 22))
    assert stored(promise) == ("open", 0, None)


def test_the_night_after_its_last_day_breaks_it_and_the_case_is_open_again(case):
    promise = promised(case)
    pay(case, 3_000, 24)
    run_cases(as_of=date(2025, 7, 26))
    assert (stored(promise), now(case).state) == (("open", 3_000, None), "promised")
    run_cases(as_of=date(2025, 7, 27))
    assert (stored(promise), now(case).state) == (("broken", 3_000, date(2025, 7, 27)), "open")
    assert kinds(case)[-1] == "promise_broken"
    run_cases(as_of=date(2025, 7, 27))
    assert kinds(case).count("promise_broken") == 1


def test_money_on_its_way_keeps_it_from_breaking(case):
    promise = promised(case)
    pay(case, 10_000, 25, kind="in_transit")
    run_cases(as_of=date(2025, 7, 28))
    assert stored(promise)[0] == "open"
    pay(case, 10_000, 25, kind="bounce", on=date(2025, 7, 29))
    assert stored(promise) == ("broken", 0, date(2025, 7, 29))


def test_a_bounce_before_its_day_opens_it_again_with_the_case(case):
    promise = promised(case)
    pay(case, 20_000, 22)
    pay(case, 20_000, 22, kind="bounce", on=date(2025, 7, 24))
    assert (stored(promise), now(case).state) == (("open", 0, None), "promised")
    assert kinds(case)[-2:] == ["bounce", "reopened"]


def test_a_bounce_after_its_day_breaks_it(case):
    promise = promised(case)
    pay(case, 20_000, 22)
    pay(case, 20_000, 22, kind="bounce", on=date(2025, 7, 29))
    assert (stored(promise)[0], now(case).state) == ("broken", "open")


def test_a_bounce_of_an_older_promise_leaves_the_later_one_in_force(case):
    staff = make_staff("collector")
    first = promised(case, 4_000, staff=staff)
    pay(case, 4_000, 22, ref="first")
    second = promised(case, 5_000, on=23, by=30, staff=staff)
    pay(case, 4_000, 22, ref="first", kind="bounce", on=date(2025, 7, 24))
    assert (stored(first)[0], stored(second)[0], now(case).state) == ("broken", "open", "promised")


def test_a_promise_ends_when_its_debt_is_owed_no_more(case):
    from ledger_desk import reverse_bill
    from zaikong.store.models import OpenItem

    promise = promised(case)
    reverse_bill(OpenItem.objects.get().pk, issued_date=date(2025, 7, 22))
    run_cases(as_of=date(2025, 7, 22))
    assert (stored(promise)[0], now(case).state) == ("withdrawn", "closed")


def test_a_promise_taken_down_wrongly_is_withdrawn(case):
    staff = make_staff("collector")
    promise = promised(case, staff=staff)
    withdraw_promise(promise=promise.pk, reason="wrong customer", staff=staff, at=at(22))
    assert (stored(promise)[0], now(case).state) == ("withdrawn", "open")
    with pytest.raises(UnableToTakePromiseError) as refusal:
        withdraw_promise(promise=promise.pk, reason="again", staff=staff, at=at(22))
    assert refusal.value.code == "PROMISE_DECIDED"
    with pytest.raises(UnableToTakePromiseError) as refusal:
        withdraw_promise(promise=promise.pk + 1, reason="again", staff=staff, at=at(22))
    assert refusal.value.code == "PROMISE_UNKNOWN"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"amount_fen": 0}, "AMOUNT_WRONG"),
        ({"amount_fen": 10_000 + 150 + 1}, "AMOUNT_WRONG"),
        ({"promised_date": date(2025, 7, 20)}, "PROMISED_DATE_WRONG"),
        ({"promised_date": date(2025, 8, 6)}, "PROMISED_DATE_WRONG"),
        ({"made_by_name": " "}, "MADE_BY_NAME_MISSING"),
        ({"channel": "dream"}, "CHANNEL_UNKNOWN"),
    ],
)
def test_a_promise_that_cannot_be_taken_says_why(case, asked, code):
    whole = {
        "case": case.pk,
        "amount_fen": 10_150,
        "promised_date": date(2025, 7, 25),
        "made_by_name": "张三",
        "channel": "phone",
        "staff": make_staff("collector"),
        "at": at(21),
    }
    with pytest.raises(UnableToTakePromiseError) as refusal:
        take_promise(**{**whole, **asked})
    assert refusal.value.code == code
    assert take_promise(**whole).state == "open"


def test_one_promise_at_a_time_and_none_in_a_closed_case(case):
    staff = make_staff("collector")
    promised(case, staff=staff)
    with pytest.raises(UnableToTakePromiseError) as refusal:
        promised(case, staff=staff)
    assert refusal.value.code == "PROMISE_OPEN"
    pay(case, 20_000, 22)
    with pytest.raises(UnableToTakePromiseError) as refusal:
        promised(case, on=23, staff=staff)
    assert refusal.value.code == "CASE_CLOSED"
