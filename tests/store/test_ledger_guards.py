"""The ledger's tables guard themselves."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from zaikong.application.posting import post_legs
from zaikong.store import models

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 1)


@pytest.fixture
def account():
    station = models.Station.objects.create(code="01", name="城关供电所")
    premise = models.Premise.objects.create(address="人民路1号", station=station, route="R1")
    point = models.SupplyPoint.objects.create(premise=premise, voltage="lt1kv")
    customer = models.Customer.objects.create(name="张三")
    return models.Account.objects.create(
        account_no="4100000001",
        customer=customer,
        supply_point=point,
        category="residential",
        book="cn.henan.residential",
        plan="year",
        payment_mode="post_paid",
        contract_date=date(2020, 1, 1),
    )


def legs(*amounts, account=0, transaction_key=1):
    return pl.DataFrame(
        [
            {
                "transaction": transaction_key,
                "event": "test",
                "gl": gl,
                "account": account,
                "bill": 0,
                "amount_fen": fen,
            }
            for gl, fen in amounts
        ]
    )


def test_legs_that_sum_to_zero_are_written_and_move_the_balance(account):
    post_legs(legs(("1122", 500), ("6001", -500), account=account.pk), booked_date=DAY)

    assert models.Leg.objects.count() == 2
    assert models.AccountBalance.objects.get(account=account).receivable_fen == 500


@pytest.mark.parametrize("amounts", [[("1122", 500), ("6001", -499)], [("1122", 0)]])
def test_legs_that_do_not_sum_to_zero_or_stand_alone_are_refused(account, amounts):
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        post_legs(legs(*amounts, account=account.pk), booked_date=DAY)
    assert models.Leg.objects.count() == 0
    assert models.AccountBalance.objects.count() == 0


def test_one_crooked_transaction_among_many_refuses_them_all(account):
    many = pl.concat(
        [legs(("1122", 1), ("6001", -1), account=account.pk, transaction_key=key) for key in range(100)]
        + [legs(("1122", 1), ("6001", -2), account=account.pk, transaction_key=100)]
    )
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        post_legs(many, booked_date=DAY)
    assert models.Leg.objects.count() == 0


def test_a_leg_of_an_unknown_account_is_refused():
    with pytest.raises(IntegrityError, match="unknown account 987654"), transaction.atomic():
        post_legs(legs(("1122", 5), ("6001", -5), account=987654), booked_date=DAY)


@pytest.mark.parametrize("statement", ["UPDATE zaikong_leg SET amount_fen = 1", "DELETE FROM zaikong_leg"])
def test_legs_cannot_be_changed_or_deleted(account, statement):
    post_legs(legs(("1122", 500), ("6001", -500), account=account.pk), booked_date=DAY)

    with (
        pytest.raises(DatabaseError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_same_receipt_cannot_be_stored_twice(account):
    fields = {
        "channel": "wechat",
        "channel_ref": "1",
        "account": account,
        "account_no_given": account.account_no,
        "amount_fen": 100,
        "paid_at": datetime(2025, 7, 1, tzinfo=UTC),
        "booked_date": DAY,
        "state": "credited",
    }
    models.Payment.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.Payment.objects.create(**fields)


@pytest.mark.parametrize(
    ("start", "end", "allowed"),
    [
        ("in_transit", "credited", True),
        ("credited", "bounced", True),
        ("bounced", "credited", False),
        ("reversed", "in_transit", False),
    ],
)
def test_a_payment_moves_only_along_its_states(account, start, end, allowed):
    payment = models.Payment.objects.create(
        channel="bank",
        channel_ref="1",
        account=account,
        account_no_given=account.account_no,
        amount_fen=100,
        paid_at=datetime(2025, 7, 1, tzinfo=UTC),
        booked_date=DAY,
        state=start,
    )
    payment.state = end
    if allowed:
        payment.save()
        assert models.Payment.objects.get(pk=payment.pk).state == end
    else:
        with pytest.raises(IntegrityError, match="may not go"), transaction.atomic():
            payment.save()


def test_a_payment_keeps_its_amount(account):
    payment = models.Payment.objects.create(
        channel="bank",
        channel_ref="1",
        account=account,
        account_no_given=account.account_no,
        amount_fen=100,
        paid_at=datetime(2025, 7, 1, tzinfo=UTC),
        booked_date=DAY,
        state="credited",
    )
    payment.amount_fen = 1
    with pytest.raises(IntegrityError, match="keeps its channel"), transaction.atomic():
        payment.save()
