"""What the ladder reads: a proof counts from its service, and what holds a debt back."""

from datetime import date, timedelta

import pytest

from cutting_desk import moment, serve
from ledger_desk import make_account, release
from zaikong.application.collection.climbing import climb, where_debts_stand
from zaikong.application.collection.nightly import run_cases
from zaikong.kernel.period import day_number
from zaikong.store.models import CollectionCase, Notice, PromiseToPay
from zaikong.store.queries import ladder as reads

pytestmark = pytest.mark.django_db

DUE = date(2025, 7, 1)


def after(days):
    return DUE + timedelta(days=days)


@pytest.fixture
def account():
    made = make_account("4100000001", category="business")
    made.customer.phone = "13800000000"
    made.customer.save(update_fields=["phone"])
    release([(made, 202506, DUE, 50_000)], issued_date=DUE - timedelta(days=10))
    return made


def standing(day):
    (row,) = where_debts_stand(as_of=day).iter_rows(named=True)
    return row["step"], row["waiting_step"], row["waiting_for"], row["held_by"]


def demanded(day):
    run_cases(as_of=after(day))
    climb(as_of=after(day))
    return Notice.objects.get(kind="demand")


def test_a_notice_of_cutting_waits_seven_days_from_the_service_of_the_demand(account):
    notice = demanded(20)
    serve(notice, f"{after(40)} 10:00")
    (step,) = [row for row in reads.done(as_of=after(46)).iter_rows(named=True) if row["step"] == "DEMAND_NOTICE"]
    assert (step["day"], step["proven"]) == (day_number(after(40)), True)
    assert standing(after(46))[:3] == ("FIELD_ORDER", "STOP_NOTICE", "proof")
    assert standing(after(47))[0] == "STOP_NOTICE"


def test_a_service_of_a_later_day_proves_nothing_yet(account):
    notice = demanded(20)
    serve(notice, f"{after(40)} 10:00")
    assert [(row["step"], row["proven"]) for row in reads.done(as_of=after(39)).iter_rows(named=True)] == [
        ("DEMAND_NOTICE", False)
    ]


def test_a_promise_holds_through_its_days_of_grace(account):
    run_cases(as_of=after(5))
    case = CollectionCase.objects.get()
    PromiseToPay.objects.create(
        case=case,
        amount_fen=50_000,
        promised_date=after(10),
        made_at=moment(f"{after(5)} 10:00"),
        made_by_name="厂长",
        channel="phone",
    )
    assert [standing(after(day))[3] for day in (10, 11)] == ["promise", "promise"]


def test_a_bankrupt_debtor_is_held_for_what_was_used_before_the_acceptance(account):
    account.bankruptcy_accepted_date = after(-5)
    account.save()
    assert [standing(after(day))[3] for day in (-6, 12)] == ["", "bankruptcy"]
    account.bankruptcy_accepted_date = DUE - timedelta(days=60)
    account.save()
    assert standing(after(12))[3] == ""
