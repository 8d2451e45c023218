"""The tables of prepaid balances guard themselves, whoever writes."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from balance_desk import MONDAY, moment
from ledger_desk import make_account, make_staff
from zaikong.store.models import (
    BalanceCrossing,
    BalanceMessage,
    CutOrder,
    HumanConfirmation,
    OutboundMessage,
    PrepaidBalance,
)

pytestmark = pytest.mark.django_db

AT = moment(MONDAY)


def message(account, **other):
    return OutboundMessage.objects.create(
        **{
            "customer": account.customer,
            "business_date": MONDAY,
            "step": "BALANCE_WARNING",
            "template": "balance_warning",
            "template_edition": "2026",
            "language": "zh",
            "channel": "sms",
            "address": "1",
            "body": "x",
            "queued_at": AT,
            "not_before_at": AT,
        }
        | other
    )


def crossing(account, **other):
    facts = {"account": account, "kind": "warn", "threshold": 3_000, "available_fen": 1, "night_date": MONDAY}
    return BalanceCrossing.objects.create(**facts | {"fallen_at": AT} | other)


def telling(account, **other):
    facts = {"account": account, "kind": "warning", "fallen_at": AT, "warning_level": 1, "available_fen": 1}
    return BalanceMessage.objects.create(**facts | other)


def order(account):
    return CutOrder.objects.create(
        account=account, regime="prepaid", planned_at=AT + timedelta(days=2), proposed_at=AT, approvals_needed=0
    )


def confirmation(account):
    return HumanConfirmation.objects.create(
        account=account,
        staff=make_staff("seer"),
        at=AT,
        valid_to_at=AT + timedelta(days=3),
        available_fen=-1,
        note="looked",
    )


def balance(account):
    return PrepaidBalance.objects.create(
        account=account, as_of_date=MONDAY, settled_fen=0, estimated_fen=0, available_fen=0, overdraft_limit_fen=0
    )


def refused(error, name, act):
    with pytest.raises(error, match=name), transaction.atomic():
        act()


@pytest.mark.parametrize(
    "make",
    [crossing, confirmation, lambda account: telling(account, message=message(account))],
    ids=["crossing", "confirmation", "message"],
)
def test_what_is_appended_is_never_changed_or_deleted(make):
    row = make(make_account())
    table = row._meta.db_table

    def write(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement, [row.pk])

    refused(DatabaseError, "append_only|Cannot", lambda: write(f"UPDATE {table} SET available_fen = 9 WHERE id = %s"))
    refused(DatabaseError, "append_only|Cannot", lambda: write(f"DELETE FROM {table} WHERE id = %s"))


def test_a_threshold_is_recorded_once_a_fall():
    account = make_account()
    crossing(account)
    refused(IntegrityError, "crossing_once_a_fall", lambda: crossing(account, night_date=MONDAY + timedelta(days=1)))
    crossing(account, fallen_at=AT + timedelta(days=1))
    crossing(account, threshold=500)
    crossing(account, kind="days")


def test_a_message_names_an_account_once():
    account = make_account()
    sent = message(account)
    telling(account, message=sent)
    refused(IntegrityError, "balance_message_once", lambda: telling(account, message=sent))


@pytest.mark.parametrize(
    "wrong", [{"fallen_at": None}, {"kind": "pre_cut"}, {"kind": "pre_cut", "order": None, "fallen_at": None}]
)
def test_a_message_says_which_fall_or_which_order_it_is_about(wrong):
    account = make_account()
    refused(IntegrityError, "balance_message_of_what", lambda: telling(account, message=message(account), **wrong))


def test_a_warning_is_of_no_order():
    account = make_account()
    made = order(account)
    refused(IntegrityError, "balance_message_of_what", lambda: telling(account, message=message(account), order=made))
    telling(account, message=message(account), kind="pre_cut", order=made, fallen_at=None)


def test_an_account_has_one_balance():
    account = make_account()
    balance(account)
    refused(IntegrityError, "zaikong_prepaidbalance_pkey", lambda: balance(account))


def test_an_automatic_cut_is_prepaid_only():
    account = make_account()
    refused(
        IntegrityError,
        "cut_order_needs_approval",
        lambda: CutOrder.objects.create(
            account=account, regime="post_paid", planned_at=AT, proposed_at=AT, approvals_needed=0
        ),
    )


def test_a_prepaid_order_that_needs_two_is_not_approved_by_writing_so():
    account = make_account()
    made = order(account)
    CutOrder.objects.filter(pk=made.pk).update(approvals_needed=2)
    refused(DatabaseError, "has 0 of 2 approvals", lambda: CutOrder.objects.filter(pk=made.pk).update(state="approved"))
