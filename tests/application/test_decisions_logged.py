"""What people decide stands in the log: who, about what, with which figures; free text only by its hash."""

import json
from datetime import date

import pytest

from collection_desk import at, make_staff, opened
from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.billing.correction import correct_bill
from zaikong.application.collection.disputes import decide_dispute, raise_dispute
from zaikong.application.collection.pauses import pause_case
from zaikong.application.collection.protections import end_protection, protect
from zaikong.application.collection.reviews import review_vulnerable_home
from zaikong.application.decision_log import text_hash, verify_store
from zaikong.application.first_grading import grade_connection, override_first_grade
from zaikong.application.grading import grade_accounts, standing_facts
from zaikong.application.payments import assign_unallocated, clear_in_transit, credit, reverse_payment
from zaikong.application.waiver import decide_waiver, request_waiver
from zaikong.store.models import (
    ConnectionApplication,
    Customer,
    DecisionRecord,
    GradeMove,
    Payment,
    Premise,
    Station,
)

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


def logged():
    """Kind, subject, actor and body of every record but the first."""
    assert verify_store().faults == []
    rows = DecisionRecord.objects.filter(seq__gt=1).order_by("seq")
    return [(row.kind, row.subject, row.actor, json.loads(row.record)["body"]) for row in rows]


@pytest.mark.parametrize("approve", [True, False])
def test_a_decided_waiver_is_logged(approve):
    (bill,) = release([(make_account(), 202506, date(2025, 7, 1), 10_000)])
    asker, boss = entitled("asker", "request_latefeewaiver"), entitled("boss", "approve_latefeewaiver")
    asked = request_waiver(bill=bill, amount_fen=200, reason="flood", staff=asker, as_of=TODAY)
    decide_waiver(waiver=asked.pk, approve=approve, staff=boss, as_of=TODAY)
    body = {"waiver": asked.pk, "bill": bill, "amount_fen": 200, "approved": approve, "requested_by": "asker"}
    body |= {"reason_sha256": text_hash("flood"), "as_of_day": 20300}
    assert logged() == [("waiver_decided", "4100000001", "boss", body)]


def test_a_payment_moved_by_hand_is_logged():
    account, boss = make_account(), entitled("boss", "undo_payment")
    rows = batch(
        receipt("r1", account.account_no, 500),
        receipt("r2", account.account_no, 600, kind="in_transit"),
        receipt("r3", "9999", 700),
    )
    credit(rows, booked_date=TODAY)
    told = {"channel": "bank", "reason": "seen", "staff": boss, "as_of": TODAY}
    reverse_payment(channel_ref="r1", **told)
    clear_in_transit(channel_ref="r2", **told)
    assign_unallocated(channel_ref="r3", account_no=account.account_no, **told)
    keys = {payment.channel_ref: f"payment {payment.pk}" for payment in Payment.objects.all()}
    assert [(kind, subject, actor) for kind, subject, actor, _ in logged()] == [
        ("payment_changed", keys["r1"], "boss"),
        ("payment_changed", keys["r2"], "boss"),
        ("payment_changed", keys["r3"], "boss"),
    ]
    moved = [(body["state_before"], body["state"], body["amount_fen"], body["account_no"]) for *_, body in logged()]
    assert moved == [
        ("credited", "reversed", 500, "4100000001"),
        ("in_transit", "credited", 600, "4100000001"),
        ("unallocated", "credited", 700, "4100000001"),
    ]


def test_a_corrected_bill_is_logged():
    (bill,) = release([(make_account(), 202506, date(2025, 7, 1), 10_000)])
    done = correct_bill(bill, staff=entitled("clerk"), reason="wrong meter", as_of=TODAY, rebill=False)
    body = {"bill": bill, "reversal": done.reversal, "rebill": None, "difference_fen": -10_000, "freed_fen": 0}
    body |= {"reason_sha256": text_hash("wrong meter"), "as_of_day": 20300}
    assert logged() == [("bill_corrected", "4100000001", "clerk", body)]


def test_grade_moves_of_a_night_are_logged_once_with_the_rule_that_moved_them():
    for n in (1, 2, 3):
        release([(make_account(f"410000000{n}"), 202506, date(2025, 7, 1), 10_000)])

    grade_accounts(standing_facts(as_of=TODAY), as_of=TODAY)
    grade_accounts(standing_facts(as_of=TODAY), as_of=TODAY)

    told = logged()
    assert [(kind, subject) for kind, subject, *_ in told] == [
        *(("grade_move", f"410000000{n}") for n in (1, 2, 3)),
        ("grade_night", "2025-07-31"),
    ]
    move, night = told[0][3], told[-1][3]
    kept = GradeMove.objects.get(account__account_no="4100000001")
    assert (move["grade_before"], move["grade"], move["points"]) == (0, kept.grade, kept.points)
    assert move["reasons"] == [reason["code"] for reason in kept.reasons]
    assert (night["accounts"], night["moved"], night["records"], night["up"], night["down"]) == (3, 3, 3, 0, 0)
    assert {len(night["rule"]["table_sha256"]), len(night["rule"]["rule_sha256"])} == {64}


def test_a_night_that_moves_nobody_is_logged_too():
    release([(make_account(), 202506, date(2025, 7, 1), 10_000)])
    for day in (TODAY, date(2025, 8, 1)):
        grade_accounts(standing_facts(as_of=day), as_of=day)
    nights = [(subject, body["moved"]) for kind, subject, _, body in logged() if kind == "grade_night"]
    assert nights == [("2025-07-31", 1), ("2025-08-01", GradeMove.objects.filter(moved_date=date(2025, 8, 1)).count())]


def test_what_speaks_for_or_against_a_cut_is_logged():
    case, bill = opened()
    clerk, boss = make_staff("collector"), make_staff("manager")
    account = case.account_id
    dispute = raise_dispute(
        account=account, bill=bill, raised_by_name="张三", subject="meter runs fast", staff=clerk, at=at(21)
    )
    decide_dispute(dispute=dispute.pk, outcome="rejected", decision="tested", staff=boss, at=at(24))
    review_vulnerable_home(account=account, outcome="may_proceed", note="looked", staff=clerk, at=at(24))
    protection = protect(
        account=account,
        reason="medical",
        note="oxygen",
        from_at=at(24),
        to_at=at(30),
        review_date=date(2025, 7, 28),
        staff=clerk,
        approved_by=boss,
        at=at(24),
    )
    end_protection(protection=protection.pk, reason="moved", staff=boss, at=at(25))
    pause_case(case=case.pk, to_date=date(2025, 7, 28), reason="flood", staff=clerk, approved_by=boss, at=at(25))

    told = [row for row in logged() if row[1] == "4100000001"]

    assert [(kind, actor) for kind, _, actor, _ in told] == [
        ("dispute_decided", "manager"),
        ("home_reviewed", "collector"),
        ("supply_protected", "collector"),
        ("protection_ended", "manager"),
        ("case_paused", "collector"),
    ]
    assert (told[0][3]["outcome"], told[0][3]["bill"], told[0][3]["wrong_bills"]) == ("rejected", bill, [])
    assert (told[2][3]["why"], told[2][3]["approved_by"]) == ("medical", "manager")
    assert told[4][3]["reason_sha256"] == text_hash("flood")
    assert "张三" not in "".join(DecisionRecord.objects.values_list("record", flat=True))


def test_a_first_grade_set_aside_is_logged():
    premise = Premise.objects.create(
        address="工业路1号", station=Station.objects.create(code="G1", name="城关"), route="R1"
    )
    application = ConnectionApplication.objects.create(
        application_no="YK2026-001",
        customer=Customer.objects.create(name="新光机械"),
        premise=premise,
        category="industrial",
        capacity_centi_kva=63_000,
        accepted_date=TODAY,
    )
    clerk = entitled("intake")
    proposal = grade_connection(application.application_no, {"monthly_bill_fen": 5_000_000}, as_of=TODAY)
    grade = "B" if proposal.card_grade != "B" else "C"
    override = override_first_grade(proposal.pk, grade=grade, reason="parent pays", staff=clerk, as_of=TODAY)
    ((kind, subject, actor, body),) = logged()
    assert (kind, subject, actor) == ("first_grade_overridden", "YK2026-001", "intake")
    assert (body["first_grade"], body["sets_aside"], body["grade"]) == (override.pk, proposal.pk, grade)
