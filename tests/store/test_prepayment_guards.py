"""The tables of prepayment and of our own breaches guard themselves, whoever writes."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, models, transaction

from ledger_desk import batch, make_account, make_staff, receipt
from zaikong.application.payments import credit
from zaikong.store.models import (
    CutBreach,
    CutOrder,
    DebtRecovery,
    Evidence,
    Payment,
    PaymentModeSwitch,
    PrepaymentAgreement,
    PrepaymentRefund,
)

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 21)
AT = datetime(2025, 7, 21, 10, tzinfo=UTC)
MODELS = (PrepaymentAgreement, PaymentModeSwitch, PrepaymentRefund, DebtRecovery, CutBreach)


@pytest.fixture
def desk():
    """One of everything the rows below hang on."""
    account, other = make_account(), make_account("4100000002")
    credit(batch(receipt("t1", account.account_no, 100, DAY)), booked_date=DAY)
    one, two = make_staff("one"), make_staff("two")
    evidence = Evidence.objects.create(
        kind="signature",
        sha256=hashlib.sha256(b"x").hexdigest(),
        media_type="application/pdf",
        content=b"x",
        added_at=AT,
    )
    return SimpleNamespace(account=account, other=other, one=one, two=two, evidence=evidence, made={})


_RIGHT = {
    "PrepaymentAgreement": lambda d: {
        "agreement_no": "PA1",
        "account": d.account,
        "strategy": "lv_resident",
        "drafted_at": AT,
        "drafted_by": d.one,
    },
    "PaymentModeSwitch": lambda d: {
        "account": d.account,
        "from_mode": "post_paid",
        "to_mode": "prepaid",
        "effective_date": DAY,
        "ground": "agreed",
        "reason": "x",
        "ordered_by": d.one,
        "ordered_at": AT,
    },
    "PrepaymentRefund": lambda d: {
        "account": d.account,
        "amount_fen": 1,
        "reason": "x",
        "payee": "x",
        "requested_by": d.one,
        "requested_at": AT,
    },
    "DebtRecovery": lambda d: {
        "payment": Payment.objects.get(channel_ref="t1"),
        "agreement": first(d, PrepaymentAgreement),
        "permille": 300,
        "share_fen": 30,
        "recovered_fen": 30,
    },
    "CutOrder": lambda d: {
        "account": d.account,
        "regime": "post_paid",
        "planned_at": AT,
        "proposed_at": AT,
        "proposed_by": d.one,
    },
    "CutBreach": lambda d: {
        "kind": "late_restore",
        "account": d.account,
        "cut_order": first(d, CutOrder),
        "breach_at": AT,
        "found_at": AT,
        "basis": "x",
    },
}
"""Name of a model to the fields of a right row."""

TWICE = None
"""In place of other fields: the right row a second time."""

CONSTRAINTS = [
    (PrepaymentAgreement, TWICE, "agreement_no"),
    (PrepaymentAgreement, {"agreement_no": "PA2", "overdraft_cap_fen": -1}, "prepayment_cap_not_negative"),
    (PrepaymentAgreement, {"agreement_no": "PA2", "old_debt_permille": 1001}, "prepayment_share"),
    (PaymentModeSwitch, TWICE, "switch_one_ordered"),
    (PaymentModeSwitch, {"account": "other", "to_mode": "post_paid"}, "switch_changes"),
    (PaymentModeSwitch, {"account": "other", "approved_by": "one"}, "switch_two_people"),
    (PrepaymentRefund, {"amount_fen": 0}, "refund_positive"),
    (PrepaymentRefund, {"decided_by": "one"}, "refund_two_people"),
    (DebtRecovery, TWICE, "payment"),
    (DebtRecovery, {"recovered_fen": 31}, "recovery_within_share"),
    (DebtRecovery, {"recovered_fen": -1}, "recovery_within_share"),
    (CutBreach, TWICE, "breach_once_a_kind"),
    (CutBreach, {"kind": "x", "compensation_fen": -1}, "breach_compensation_not_negative"),
    (CutBreach, {"kind": "x", "decided_by": "one", "made_good_by": "one"}, "breach_two_people"),
]
"""What a new row may not say; the unique fields of Django itself by the field."""

MOVED = [
    (PrepaymentAgreement, "draft", {"state": "in_force"}, "prepayment_in_force_is_signed"),
    (PrepaymentRefund, "requested", {"state": "approved"}, "refund_decided_by_someone"),
    (PrepaymentRefund, "approved", {"state": "paid", "decided_by": "two"}, "refund_paid_is_booked"),
    (CutBreach, "found", {"state": "confirmed"}, "breach_decided_by_someone"),
]
"""What a row that moves must bring along: model, from, change, and the constraint."""

SHARED = {"append_only", "no_delete", "state_moves", "state_begins", "keeps_what_was_said"}


def row(desk, model, **other):
    return model.objects.create(**(_RIGHT[model.__name__](desk) | other))


def first(desk, model):
    if model.__name__ not in desk.made:
        desk.made[model.__name__] = row(desk, model)
    return desk.made[model.__name__]


def named(desk, fields):
    return {key: getattr(desk, value) if value in {"one", "two", "other"} else value for key, value in fields.items()}


def triggers(name):
    return [
        pytest.param(model, trigger, id=model.__name__)
        for model in MODELS
        for trigger in getattr(model._meta, "triggers", [])
        if trigger.name == name
    ]


def write(statement, params=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def refused(match, act):
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        act()


def past(model, pk, state):
    """Put a row into a state past its triggers and checks."""
    write("SET CONSTRAINTS ALL IMMEDIATE")
    for each in model._meta.constraints:
        if isinstance(each, models.CheckConstraint):
            write(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT IF EXISTS {each.name}")
    write("SET session_replication_role = replica")
    write(f"UPDATE {model._meta.db_table} SET state = %s WHERE id = %s", [state, pk])
    write("SET session_replication_role = origin")


def other_value(field):
    column = f'"{field.column}"'
    if isinstance(field, (models.DateTimeField, models.DateField)):
        return f"{column} = {column} + interval '1 day'"
    if isinstance(field, models.CharField):
        return f"{column} = left({column}, 5) || 'z'"
    return f"{column} = coalesce({column}, 0) + 1"


@pytest.mark.parametrize(("model", "trigger"), triggers("append_only"))
def test_what_is_appended_is_never_changed_or_deleted(desk, model, trigger):
    made, table = first(desk, model), model._meta.db_table
    refused("Cannot update or delete", lambda: write(f"UPDATE {table} SET id = id WHERE id = %s", [made.pk]))
    refused("Cannot update or delete", lambda: write(f"DELETE FROM {table} WHERE id = %s", [made.pk]))


@pytest.mark.parametrize(("model", "trigger"), triggers("no_delete"))
def test_what_may_change_never_vanishes(desk, model, trigger):
    made = first(desk, model)
    refused("Cannot delete", lambda: write(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [made.pk]))


@pytest.mark.parametrize(("model", "trigger"), triggers("state_begins"))
def test_a_new_row_stands_at_its_beginning(desk, model, trigger):
    begins = model._meta.get_field("state").default
    for state in set(model.State.values) - {begins}:
        refused("may not stand in state", lambda state=state: row(desk, model, state=state))


@pytest.mark.parametrize(("model", "trigger"), triggers("state_moves"))
def test_a_state_moves_only_as_it_may(desk, model, trigger):
    made, allowed = first(desk, model), set(trigger.transitions)
    assert {state for pair in allowed for state in pair} == set(model.State.values)
    for origin in model.State.values:
        past(model, made.pk, origin)
        for target in set(model.State.values) - {origin}:
            if (origin, target) not in allowed:
                refused(
                    "Invalid transition",
                    lambda target=target: model.objects.filter(pk=made.pk).update(state=target),
                )


@pytest.mark.parametrize(("model", "trigger"), triggers("keeps_what_was_said"))
def test_what_was_said_stays(desk, model, trigger):
    made, table = first(desk, model), model._meta.db_table
    for name in trigger.fields:
        change = other_value(model._meta.get_field(name))
        refused("Cannot update", lambda change=change: write(f"UPDATE {table} SET {change} WHERE id = %s", [made.pk]))


@pytest.mark.parametrize(
    ("model", "other", "name"), [pytest.param(*each, id=f"{each[0].__name__}-{each[2]}") for each in CONSTRAINTS]
)
def test_a_row_that_says_something_wrong_is_refused(desk, model, other, name):
    first(desk, model)
    if model is DebtRecovery and other is not TWICE:  # its one payment is taken
        credit(batch(receipt("t2", desk.account.account_no, 100, DAY)), booked_date=DAY)
        other = other | {"payment": Payment.objects.get(channel_ref="t2")}
    refused(name, lambda: row(desk, model, **named(desk, other or {})))


@pytest.mark.parametrize(
    ("model", "origin", "change", "name"), [pytest.param(*each, id=f"{each[0].__name__}-{each[3]}") for each in MOVED]
)
def test_a_row_that_moves_brings_what_belongs_to_it(desk, model, origin, change, name):
    made = first(desk, model)
    if origin != model._meta.get_field("state").default:
        model.objects.filter(pk=made.pk).update(state=origin, decided_by=desk.two)
    refused(name, lambda: model.objects.filter(pk=made.pk).update(**named(desk, change)))


def in_force(desk, number):
    made = row(desk, PrepaymentAgreement, agreement_no=number)
    terms = {"signed_at": AT, "signed_by_name": "x", "evidence": desk.evidence, "from_date": DAY}
    return PrepaymentAgreement.objects.filter(pk=made.pk).update(state="in_force", **terms)


def test_one_agreement_of_an_account_is_in_force(desk):
    assert in_force(desk, "PA1") == 1
    refused("prepayment_one_in_force", lambda: in_force(desk, "PA2"))


def test_an_agreement_that_ended_says_when_and_why(desk):
    in_force(desk, "PA1")
    ended = PrepaymentAgreement.objects.filter(agreement_no="PA1")
    refused("prepayment_ended_says_why", lambda: ended.update(state="ended", ended_date=DAY))
    refused("prepayment_ended_says_why", lambda: ended.update(state="ended", ended_reason="x"))
    assert ended.update(state="ended", ended_date=DAY + timedelta(days=1), ended_reason="x") == 1


def test_every_guard_of_these_tables_is_tried():
    tried = {name for _, _, name in CONSTRAINTS} | {name for *_, name in MOVED}
    tried |= {"prepayment_one_in_force", "prepayment_ended_says_why"}
    assert {each.name for model in MODELS for each in model._meta.constraints} - tried == set()
    own = {each.name for model in MODELS for each in getattr(model._meta, "triggers", [])}
    assert own - SHARED == set()
