"""The tables of collection, notices, agreements, cuts and work guard themselves, whoever writes.

Append-only, no delete, first states, moves and fields that stay are tried for every table that claims them; each
constraint and each trigger of a kind of its own has a row here, and a table cannot get one that is not tried.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from ledger_desk import make_account, make_staff, release
from zaikong.store.models import (
    AuthorityCopy,
    CaseEvent,
    CaseEventEvidence,
    CasePause,
    CollectionCase,
    ContactOptOut,
    CutApproval,
    CutOrder,
    DecisionRecord,
    Dispute,
    Evidence,
    Instalment,
    InstalmentAgreement,
    InstalmentBill,
    LegalityCertificate,
    LimitationEvent,
    MessageItem,
    Notice,
    NoticeCounter,
    NoticeItem,
    NoticeService,
    OutboundMessage,
    PromiseToPay,
    Protection,
    ServiceEvidence,
    StaffCapacity,
    StopAllSwitch,
    VulnerableReview,
    WorkListChange,
    WorkListRow,
    WorkPlanRun,
)

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 21)
AT = datetime(2025, 7, 21, 10, tzinfo=UTC)
LATER = AT + timedelta(days=5)
MODELS = (
    AuthorityCopy,
    CaseEvent,
    CaseEventEvidence,
    CasePause,
    CollectionCase,
    ContactOptOut,
    CutApproval,
    CutOrder,
    Dispute,
    Evidence,
    Instalment,
    InstalmentAgreement,
    InstalmentBill,
    LegalityCertificate,
    LimitationEvent,
    MessageItem,
    Notice,
    NoticeCounter,
    NoticeItem,
    NoticeService,
    OutboundMessage,
    PromiseToPay,
    Protection,
    ServiceEvidence,
    StaffCapacity,
    StopAllSwitch,
    VulnerableReview,
    WorkListChange,
    WorkListRow,
    WorkPlanRun,
)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def desk():
    """One of everything the rows below hang on."""
    account, other = make_account(), make_account("4100000002")
    (bill,) = release([(account, 202506, date(2025, 7, 10), 10_000)])
    one, two = make_staff("one"), make_staff("two")
    evidence = Evidence.objects.create(
        kind="photo", sha256=digest("x"), media_type="image/png", content=b"x", added_at=AT
    )
    case = CollectionCase.objects.create(account=account, opened_at=AT, overdue_since_date=DAY)
    return SimpleNamespace(
        account=account, other=other, bill=bill, one=one, two=two, evidence=evidence, case=case, made={}
    )


def row(desk, model, **other):
    """A row of a table that is right but for what is asked."""
    return model.objects.create(**(_RIGHT[model.__name__](desk) | other))


def first(desk, model):
    """The one right row of a table."""
    if model is CollectionCase:
        return desk.case
    if model is Evidence:
        return desk.evidence
    if model.__name__ not in desk.made:
        desk.made[model.__name__] = row(desk, model)
    return desk.made[model.__name__]


_RIGHT = {
    "Evidence": lambda _: {
        "kind": "photo",
        "sha256": digest("y"),
        "media_type": "image/png",
        "content": b"y",
        "added_at": AT,
    },
    "CollectionCase": lambda d: {"account": d.other, "opened_at": AT, "overdue_since_date": DAY},
    "CaseEvent": lambda d: {"case": d.case, "at": AT, "kind": "note"},
    "CaseEventEvidence": lambda d: {"event": first(d, CaseEvent), "evidence": d.evidence},
    "PromiseToPay": lambda d: {
        "case": d.case,
        "amount_fen": 1,
        "promised_date": DAY,
        "made_at": AT,
        "made_by_name": "张三",
        "channel": "phone",
    },
    "Dispute": lambda d: {
        "account": d.account,
        "bill_id": d.bill,
        "raised_at": AT,
        "raised_by_name": "张三",
        "subject": "x",
        "answer_due_date": DAY,
    },
    "CasePause": lambda d: {
        "case": d.case,
        "from_date": DAY,
        "to_date": DAY + timedelta(days=1),
        "reason": "x",
        "approved_by": d.one,
    },
    "Protection": lambda d: {
        "account": d.account,
        "reason": "medical",
        "note": "x",
        "from_at": AT,
        "to_at": LATER,
        "review_date": DAY,
        "approved_by": d.one,
    },
    "VulnerableReview": lambda d: {
        "account": d.account,
        "reviewed_at": AT,
        "valid_to_at": LATER,
        "outcome": "protect",
        "note": "x",
        "reviewer": d.one,
    },
    "ContactOptOut": lambda d: {"customer": d.account.customer, "channel": "sms", "from_date": DAY},
    "OutboundMessage": lambda d: {
        "customer": d.account.customer,
        "business_date": DAY,
        "step": "FIRST_DEMAND",
        "template": "x",
        "template_edition": "1",
        "language": "zh",
        "channel": "sms",
        "address": "1",
        "body": "x",
        "not_before_at": AT,
        "queued_at": AT,
    },
    "MessageItem": lambda d: {
        "message": first(d, OutboundMessage),
        "account": d.account,
        "bill_id": d.bill,
        "open_fen": 1,
        "late_fee_fen": 0,
    },
    "NoticeCounter": lambda _: {"kind": "demand", "year": 2025},
    "Notice": lambda d: {
        "notice_no": "CJ1",
        "kind": "stop",
        "account": d.account,
        "case": d.case,
        "issued_at": AT,
        "amount_fen": 1,
        "pay_by_date": DAY,
        "planned_cut_at": LATER,
        "contents": {},
        "contents_sha256": digest("{}"),
    },
    "NoticeItem": lambda d: {"notice": first(d, Notice), "bill_id": d.bill, "open_fen": 1, "late_fee_fen": 0},
    "NoticeService": lambda d: {"notice": first(d, Notice), "method": "mail", "served_at": AT},
    "ServiceEvidence": lambda d: {"service": first(d, NoticeService), "evidence": d.evidence},
    "AuthorityCopy": lambda d: {"notice": first(d, Notice), "authority": "x", "copied_at": AT},
    "InstalmentAgreement": lambda d: {
        "agreement_no": "FQ1",
        "account": d.account,
        "case": d.case,
        "acknowledged_fen": 1,
        "proposed_by": d.one,
        "proposed_date": DAY,
    },
    "InstalmentBill": lambda d: {
        "agreement": first(d, InstalmentAgreement),
        "bill_id": d.bill,
        "principal_fen": 1,
    },
    "Instalment": lambda d: {
        "agreement": first(d, InstalmentAgreement),
        "number": 1,
        "due_date": DAY,
        "amount_fen": 1,
    },
    "LimitationEvent": lambda d: {"account": d.account, "bill_id": d.bill, "kind": "suit", "event_date": DAY},
    "StopAllSwitch": lambda d: {"stopped": True, "reason": "x", "staff": d.one, "at": AT},
    "CutOrder": lambda d: {
        "account": d.account,
        "regime": "post_paid",
        "planned_at": LATER,
        "proposed_at": AT,
        "proposed_by": d.one,
    },
    "CutApproval": lambda d: {
        "order": first(d, CutOrder),
        "approver": d.two,
        "role": "manager",
        "approved": True,
        "at": AT,
    },
    "LegalityCertificate": lambda d: {
        "order": first(d, CutOrder),
        "certificate_no": "Z1",
        "issued_at": AT,
        "document": "{}",
        "sha256": digest("{}"),
        "decision": DecisionRecord.objects.create(
            seq=1, at=AT, kind="x", subject="x", actor="x", record="{}", previous_hash="0" * 64, hash=digest("{}")
        ),
    },
    "StaffCapacity": lambda d: {"staff": d.one, "minutes_a_day": 420, "wage_fen_an_hour": 4_500},
    "WorkPlanRun": lambda _: {
        "business_date": DAY,
        "planned_at": AT,
        "cases": 1,
        "value_fen": 1,
        "bound_fen": 1,
        "gap_ppm": 0,
        "milliseconds": 1,
    },
    "WorkListRow": lambda d: {
        "run": first(d, WorkPlanRun),
        "staff": d.one,
        "case": d.case,
        "action": "CALL",
        "rank": 1,
        "minutes": 1,
        "cost_fen": 1,
        "probability_before_ppm": 1,
        "probability_after_ppm": 1,
        "exposure_fen": 1,
        "expected_fen": 1,
    },
    "WorkListChange": lambda d: {
        "business_date": DAY,
        "case": d.case,
        "kind": "exclude",
        "reason": "x",
        "changed_by": d.one,
        "changed_at": AT,
    },
}
"""Name of a model to the fields of a right row."""

TWICE = None
"""In place of other fields: the right row a second time."""

CONSTRAINTS = [
    (CollectionCase, {"account": "account"}, "case_once_an_account"),
    (CollectionCase, {"closed_reason": "x"}, "case_closed_whole"),
    (CaseEventEvidence, TWICE, "event_evidence_once"),
    (PromiseToPay, TWICE, "promise_one_open"),
    (PromiseToPay, {"amount_fen": 0}, "promise_positive"),
    (PromiseToPay, {"decided_date": DAY}, "promise_decided_whole"),
    (Dispute, TWICE, "dispute_one_open"),
    (Dispute, {"decided_at": AT}, "dispute_decided_whole"),
    (CasePause, {"to_date": DAY}, "pause_forward"),
    (CasePause, {"reason": ""}, "pause_reasoned"),
    (Protection, {"to_at": AT}, "protection_forward"),
    (Protection, {"ended_at": AT}, "protection_ended_by_someone"),
    (VulnerableReview, {"valid_to_at": AT}, "review_forward"),
    (ContactOptOut, TWICE, "opt_out_once"),
    (OutboundMessage, TWICE, "message_once_a_customer_and_day"),
    (MessageItem, TWICE, "message_item_once"),
    (NoticeCounter, TWICE, "notice_counter_once"),
    (Notice, {"planned_cut_at": None}, "stop_notice_names_its_time"),
    (Notice, {"void_reason": "x"}, "notice_void_says_why"),
    (NoticeItem, TWICE, "notice_item_once"),
    (NoticeService, {"method": "left", "first_witness": "a"}, "service_left_has_two_witnesses"),
    (
        NoticeService,
        {"method": "left", "first_witness": "a", "second_witness": "a"},
        "service_left_has_two_witnesses",
    ),
    (NoticeService, {"method": "signed", "receiver_name": "a"}, "service_signed_names_receiver"),
    (ServiceEvidence, TWICE, "service_evidence_once"),
    (InstalmentAgreement, {"acknowledged_fen": 0}, "instalments_positive"),
    (InstalmentAgreement, {"approved_by": "one"}, "instalments_two_people"),
    (InstalmentBill, TWICE, "instalment_bill_once"),
    (Instalment, TWICE, "instalment_once"),
    (Instalment, {"amount_fen": 0}, "instalment_positive"),
    (LimitationEvent, TWICE, "interruption_once"),
    (StopAllSwitch, {"reason": ""}, "switch_reasoned"),
    (CutOrder, TWICE, "cut_order_one_live"),
    (CutOrder, {"approvals_needed": 0}, "cut_order_needs_approval"),
    (CutApproval, TWICE, "cut_approval_one_a_person"),
    (CutApproval, {"approved": False}, "cut_refusal_reasoned"),
    (StaffCapacity, {"minutes_a_day": 721}, "capacity_of_a_day"),
    (WorkPlanRun, TWICE, "work_plan_one_stands"),
    (WorkPlanRun, {"value_fen": 2}, "work_plan_below_bound"),
    (WorkListRow, TWICE, "work_row_once"),
    (WorkListChange, {"kind": "pin"}, "work_pin_names_who_and_what"),
    (WorkListChange, {"reason": ""}, "work_change_reasoned"),
]
"""What a new row may not say."""

MOVED = [
    (OutboundMessage, "sending", "sent", "", "message_sent_is_timed"),
    (OutboundMessage, "sent", "delivered", "", "message_delivered_is_timed"),
    (OutboundMessage, "queued", "failed", "", "message_failed_says_why"),
    (InstalmentAgreement, "draft", "active", "", "instalments_active_are_signed"),
    (CutOrder, "proposed", "cancelled", "", "cut_order_ended_says_why"),
    (Dispute, "open", "upheld", "", "dispute_decided_whole"),
    (CollectionCase, "open", "closed", "", "case_closed_whole"),
]
"""What a row that moves must bring along: model, from, to, and the constraint."""

OWN_TRIGGERS = {
    ("Evidence", "hash_is_of_the_content"),
    ("CutOrder", "two_people_before_supply_is_taken"),
    ("CutApproval", "nobody_approves_alone"),
    ("LegalityCertificate", "hash_is_of_the_document"),
}
"""Triggers of a kind of their own, each with a test below."""

SHARED = {"append_only", "no_delete", "state_moves", "state_begins", "keeps_what_was_said"}


def triggers(name):
    """Models that carry a shared trigger, each with the trigger."""
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


def changed(field):
    """An expression that gives a column another value."""
    column = f'"{field.column}"'
    if isinstance(field, models.JSONField):
        return f"""{column} = '{{"other": 1}}'"""
    if isinstance(field, (models.DateTimeField, models.DateField)):
        return f"{column} = coalesce({column}, '2025-01-01') + interval '1 day'"
    if isinstance(field, (models.CharField, models.TextField)):
        return f"{column} = left({column}, 5) || 'z'"
    return f"{column} = coalesce({column}, 0) + 1"


def force(model, pk, state):
    """Put a row into a state past its triggers and checks, with nothing else changed."""
    write("SET CONSTRAINTS ALL IMMEDIATE")
    for each in model._meta.constraints:
        if isinstance(each, models.CheckConstraint):
            write(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT IF EXISTS {each.name}")
    past(model, pk, state)


def past(model, pk, state):
    """Put a row into a state past its triggers."""
    write("SET session_replication_role = replica")
    write(f"UPDATE {model._meta.db_table} SET state = %s WHERE {model._meta.pk.column} = %s", [state, pk])
    write("SET session_replication_role = origin")


@pytest.mark.parametrize(("model", "trigger"), triggers("append_only"))
def test_what_is_appended_is_never_changed_or_deleted(desk, model, trigger):
    made, table, key = first(desk, model), model._meta.db_table, model._meta.pk.column
    refused("Cannot update or delete", lambda: write(f"UPDATE {table} SET {key} = {key} WHERE {key} = %s", [made.pk]))
    refused("Cannot update or delete", lambda: write(f"DELETE FROM {table} WHERE {key} = %s", [made.pk]))


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
        force(model, made.pk, origin)
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
        field = model._meta.get_field(name)
        refused(
            "Cannot update",
            lambda field=field: write(f"UPDATE {table} SET {changed(field)} WHERE id = %s", [made.pk]),
        )


@pytest.mark.parametrize(
    ("model", "other", "name"), [pytest.param(*each, id=f"{each[0].__name__}-{each[2]}") for each in CONSTRAINTS]
)
def test_a_row_that_says_something_wrong_is_refused(desk, model, other, name):
    first(desk, model)
    if other is TWICE:
        refused(name, lambda: row(desk, model))
        return
    named = {key: getattr(desk, value) if value in {"account", "one"} else value for key, value in other.items()}
    refused(name, lambda: row(desk, model, **named))


@pytest.mark.parametrize(
    ("model", "origin", "target", "_", "name"),
    [pytest.param(*each, id=f"{each[0].__name__}-{each[4]}-{each[2]}") for each in MOVED],
)
def test_a_row_that_moves_brings_what_belongs_to_it(desk, model, origin, target, _, name):
    made = first(desk, model)
    if origin == "sent":
        past(model, made.pk, "sending")
        model.objects.filter(pk=made.pk).update(state="sent", sent_at=AT)
    elif origin != model._meta.get_field("state").default:
        past(model, made.pk, origin)
    refused(name, lambda: model.objects.filter(pk=made.pk).update(state=target))


def test_one_agreement_of_an_account_is_active(desk):
    for number in ("FQ1", "FQ2"):
        agreement = row(desk, InstalmentAgreement, agreement_no=number)
        signed = {"state": "active", "signed_date": DAY, "signed_by_name": "x", "approved_by": desk.two}
        if number == "FQ1":
            InstalmentAgreement.objects.filter(pk=agreement.pk).update(**signed)
        else:
            refused(
                "instalments_one_active",
                lambda: InstalmentAgreement.objects.filter(pk=agreement.pk).update(**signed),  # noqa: B023 -- called at once
            )


def test_evidence_carries_the_hash_of_its_content(desk):
    refused("hash of its content", lambda: row(desk, Evidence, sha256=digest("other")))


def test_a_certificate_carries_the_hash_of_its_document(desk):
    refused("hash of its document", lambda: row(desk, LegalityCertificate, sha256=digest("other")))


def test_supply_is_taken_by_two_people_and_never_by_the_proposer(desk):
    order = first(desk, CutOrder)
    three = make_staff("three")
    refused("may not approve it", lambda: row(desk, CutApproval, approver=desk.one))
    row(desk, CutApproval)
    refused("1 of 2 approvals", lambda: CutOrder.objects.filter(pk=order.pk).update(state="approved"))
    row(desk, CutApproval, approver=three)
    assert CutOrder.objects.filter(pk=order.pk).update(state="approved") == 1


def test_every_guard_of_these_tables_is_tried():
    tried = {(model.__name__, name) for model, _other, name in CONSTRAINTS}
    tried |= {(model.__name__, name) for model, _from, _to, _other, name in MOVED}
    tried |= {("InstalmentAgreement", "instalments_one_active")}
    tried |= {("CutOrder", "cut_order_sent_says_when")}  # in test_command_guards, where a cut was sent
    guards = {(model.__name__, each.name) for model in MODELS for each in model._meta.constraints}
    own = {
        (model.__name__, each.name)
        for model in MODELS
        for each in getattr(model._meta, "triggers", [])
        if each.name not in SHARED
    }
    assert guards - tried == set()
    assert own == OWN_TRIGGERS
    assert all(isinstance(each, pgtrigger.Trigger) for model in MODELS for each in getattr(model._meta, "triggers", []))
    assert issubclass(IntegrityError, DatabaseError)
