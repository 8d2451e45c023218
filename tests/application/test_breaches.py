"""Planted breaches of every kind are all found, none are invented, and two people judge and make good."""

import hashlib
import json
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from breach_desk import CUT_AT, approver, cut_account, given_back, nobody_ordered
from cutting_desk import moment
from ledger_desk import balance_by_gl, batch, make_account, proof, receipt, release, reverse_bill
from prepayment_desk import prepaid_account, staff_of
from properties import examples
from zaikong.application import decision_log
from zaikong.application.breaches import (
    Found,
    UnableToDecideBreachError,
    UnableToMakeGoodError,
    breach_counts,
    decide_breach,
    find_breaches,
    make_good_breach,
)
from zaikong.application.payments import credit
from zaikong.kernel.period import moment_number
from zaikong.store import bulk
from zaikong.store.models import (
    AccountBalance,
    CaseEvent,
    CutBreach,
    CutOrder,
    DecisionRecord,
    Dispute,
    Evidence,
    LegalityCertificate,
    Notice,
    NoticeItem,
    PrepaidBalance,
    Protection,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = CUT_AT.date()
NOW = CUT_AT + timedelta(days=6)


def found(at=NOW):
    find_breaches(at=at)
    return sorted(CutBreach.objects.values_list("kind", flat=True))


def pay(order, fen, at, *, booked=None, ref="p1", kind="payment"):
    row = receipt(ref, order.account.account_no, fen, at.date(), kind=kind)
    row["paid_at"] = at
    return credit(batch(row), booked_date=booked or at.date())


def test_where_nothing_was_cut_nothing_is_found():
    assert find_breaches(at=NOW) == Found(cuts=0, new=0, updated=0, standing=0)


def test_a_lawful_cut_is_no_breach_and_looking_twice_changes_nothing():
    order = cut_account()
    paid_at = CUT_AT + 3 * HOUR
    pay(order, 60_000, paid_at)
    given_back(order, since=paid_at, done=paid_at + 23 * HOUR)
    assert find_breaches(at=NOW) == Found(cuts=1, new=0, updated=0, standing=0)
    assert find_breaches(at=NOW) == Found(cuts=1, new=0, updated=0, standing=0)


@pytest.mark.parametrize(("paid_at", "kinds"), [(CUT_AT, ["paid_before"]), (CUT_AT + timedelta(seconds=1), [])])
def test_money_paid_before_the_sending_and_booked_after_it_is_found_to_the_second(paid_at, kinds):
    order = cut_account()
    pay(order, 60_000, paid_at, booked=DAY + timedelta(days=1))
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    assert found() == kinds
    for row in CutBreach.objects.all():
        assert (row.breach_at, row.minutes_off, row.facts["reasons"]) == (CUT_AT, 120, ["NOTHING_OWED"])
        assert row.compensation_fen == 50_000 + 2 * 5_000
        assert (row.compensation_table, row.account) == ("2026", order.account)
        assert row.basis


def test_money_that_did_not_suffice_or_bounced_makes_no_cut_wrong():
    order = cut_account()
    pay(order, 49_999, CUT_AT - HOUR, booked=DAY + timedelta(days=1))
    assert found() == []
    pay(order, 60_000, CUT_AT - HOUR, booked=DAY + timedelta(days=1), ref="p2")
    rows = batch(receipt("p2", "", 60_000, DAY, kind="bounce"))
    credit(rows, booked_date=DAY + timedelta(days=2))
    given_back(order, since=CUT_AT, done=CUT_AT + 20 * HOUR)
    assert found() == []


def test_money_in_transit_that_arrives_after_the_cut_counts_by_the_day_it_was_paid():
    order = cut_account()
    pay(order, 60_000, CUT_AT - HOUR, booked=DAY + timedelta(days=1), kind="in_transit")
    assert found() == []
    pay(order, 60_000, CUT_AT - HOUR, booked=DAY + timedelta(days=2), kind="cleared")
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    assert found() == ["paid_before"]


def test_a_bill_taken_back_so_that_nothing_was_owed_is_found_and_a_corrected_one_is_not():
    order = cut_account()
    (bill,) = NoticeItem.objects.filter(notice=order.notice).values_list("bill_id", flat=True)
    reverse_bill(bill, issued_date=DAY + timedelta(days=2))
    nobody_ordered(order)
    assert found() == ["bill_reversed", "no_restore"]
    other = cut_account("4100000002")
    (bill,) = NoticeItem.objects.filter(notice=other.notice).values_list("bill_id", flat=True)
    reverse_bill(bill, issued_date=DAY + timedelta(days=2))
    release([(other.account, 202506, DAY + timedelta(days=20), 30_000)], issued_date=DAY + timedelta(days=2))
    assert found() == ["bill_reversed", "no_restore"]


@pytest.mark.parametrize(
    ("raised", "decided", "kinds"),
    [
        (-1, None, ["disputed"]),
        (0, None, ["disputed"]),
        (1, None, []),
        (-5, -1, []),
        (-5, 1, ["disputed"]),
    ],
)
def test_a_dispute_registered_late_is_found_where_it_stood_at_the_cut(raised, decided, kinds):
    order = cut_account()
    dispute = Dispute.objects.create(
        account=order.account,
        raised_at=CUT_AT + raised * HOUR,
        raised_by_name="张三",
        subject="reading",
        answer_due_date=DAY + timedelta(days=5),
    )
    if decided is not None:
        Dispute.objects.filter(pk=dispute.pk).update(
            state="upheld",
            decided_at=CUT_AT + decided * HOUR,
            decided_by=staff_of("judge"),
            decision="x",
        )
    assert found() == kinds


@pytest.mark.parametrize(
    ("from_hours", "to_hours", "ended_hours", "kinds"),
    [
        (-1, 48, None, ["protected"]),
        (0, 48, None, ["protected"]),
        (1, 48, None, []),
        (-48, 0, None, []),
        (-48, 48, -1, []),
        (-48, 48, 1, ["protected"]),
    ],
)
def test_a_protection_entered_late_is_found_where_it_held_at_the_cut(from_hours, to_hours, ended_hours, kinds):
    order, boss = cut_account(), staff_of("boss")
    Protection.objects.create(
        account=order.account,
        reason="medical",
        note="a ventilator",
        from_at=CUT_AT + from_hours * HOUR,
        to_at=CUT_AT + to_hours * HOUR,
        review_date=DAY,
        approved_by=boss,
        ended_at=None if ended_hours is None else CUT_AT + ended_hours * HOUR,
        ended_by=None if ended_hours is None else boss,
    )
    assert found() == kinds


@pytest.mark.parametrize("kind", ["demand", "stop", "final"])
def test_a_notice_declared_void_afterwards_is_found(kind):
    order = cut_account()
    Notice.objects.filter(case=order.case, kind=kind).update(state="void", void_reason="served on another")
    assert found() == ["notice"]


def test_a_command_that_went_out_after_its_notice_had_run_out_is_found():
    order = cut_account(category="business")
    CutOrder.objects.filter(pk=order.pk).update(sent_at=CUT_AT + timedelta(days=30))
    kinds = found(at=CUT_AT + timedelta(days=31))
    assert kinds == ["notice"]


def test_a_cut_without_a_certificate_is_found():
    order = cut_account()
    with transaction.atomic():
        bulk.execute("SET LOCAL session_replication_role = replica")
        bulk.execute("DELETE FROM zaikong_legalitycertificate WHERE order_id = %s", [order.pk])
        bulk.execute("SET LOCAL session_replication_role = origin")
    assert LegalityCertificate.objects.count() == 0
    assert found() == ["no_certificate"]


@pytest.mark.parametrize(
    ("done", "late_minutes"),
    [(24 * HOUR, None), (24 * HOUR + timedelta(minutes=1), 1), (30 * HOUR, 360), (None, None)],
)
def test_giving_back_late_is_found_to_the_minute(done, late_minutes):
    order = cut_account()
    paid_at = CUT_AT + HOUR
    pay(order, 60_000, paid_at)
    given_back(order, since=paid_at, done=None if done is None else paid_at + done)
    if done is None:  # still off: late by what has passed
        assert found(at=paid_at + 24 * HOUR) == []
        assert found(at=paid_at + 25 * HOUR) == ["late_restore"]
        assert CutBreach.objects.get().minutes_late == 60
    else:
        assert found() == ([] if late_minutes is None else ["late_restore"])
        assert list(CutBreach.objects.values_list("minutes_late", flat=True)) == (
            [] if late_minutes is None else [late_minutes]
        )


def test_supply_nobody_ordered_back_is_found_when_its_hours_have_run():
    order = cut_account()
    pay(order, 60_000, CUT_AT + HOUR)
    nobody_ordered(order)
    assert found(at=CUT_AT + 25 * HOUR) == []
    assert found(at=CUT_AT + 25 * HOUR + timedelta(minutes=1)) == ["no_restore"]


def test_a_breach_that_becomes_another_kind_is_marked_and_only_the_new_one_is_confirmed():
    order = cut_account()
    pay(order, 60_000, CUT_AT + HOUR)
    nobody_ordered(order)
    assert found(at=CUT_AT + 26 * HOUR) == ["no_restore"]
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 30 * HOUR)
    assert find_breaches(at=NOW) == Found(cuts=1, new=1, updated=1, standing=2)
    assert find_breaches(at=NOW) == Found(cuts=1, new=0, updated=0, standing=2)
    judge = staff_of("judge", "decide_cutbreach")
    asked = {"reason": "x", "staff": judge, "at": NOW}
    old, new = CutBreach.objects.get(kind="no_restore"), CutBreach.objects.get(kind="late_restore")
    with pytest.raises(UnableToDecideBreachError) as caught:
        decide_breach(breach=old.pk, confirm=True, **asked)
    assert caught.value.code == "FOUND_NO_MORE"
    assert decide_breach(breach=old.pk, confirm=False, **asked).state == "dismissed"
    assert decide_breach(breach=new.pk, confirm=True, **asked).state == "confirmed"


def test_supply_given_back_by_hand_counts_by_its_case():
    order = cut_account()
    pay(order, 60_000, CUT_AT + HOUR)
    nobody_ordered(order)
    CaseEvent.objects.create(case=order.case, kind=CaseEvent.Kind.RESTORED, at=CUT_AT + 20 * HOUR)
    assert found() == []
    other = cut_account("4100000002")
    pay(other, 60_000, CUT_AT + HOUR, ref="p2")
    nobody_ordered(other)
    CaseEvent.objects.create(case=other.case, kind=CaseEvent.Kind.RESTORED, at=CUT_AT + 27 * HOUR)
    assert found() == ["late_restore"]
    assert CutBreach.objects.get().minutes_late == 120


def test_the_clock_runs_from_the_confirmation_of_safety_where_one_is_agreed():
    order = cut_account()
    restore = given_back(order, since=CUT_AT + HOUR, safety_needed=True, state="waiting")
    assert found() == []
    type(restore).objects.filter(pk=restore.pk).update(
        safety_at=CUT_AT + 40 * HOUR, safety_by="李光明", state="done", how="remote", done_at=CUT_AT + 65 * HOUR
    )
    assert found() == ["late_restore"]
    assert CutBreach.objects.get().minutes_late == 60


def test_hours_go_on_until_supply_is_back_and_only_then_a_breach_is_confirmed():
    order = cut_account()
    pay(order, 60_000, CUT_AT - HOUR, booked=DAY + timedelta(days=1))
    judge = staff_of("judge", "decide_cutbreach")
    early = CUT_AT + 3 * HOUR
    assert find_breaches(at=early).new == 1
    first = CutBreach.objects.get(kind="paid_before")
    assert (first.minutes_off, first.facts["restored"]) == (180, False)
    asked = {"breach": first.pk, "confirm": True, "reason": "the bank was right", "staff": judge}
    with pytest.raises(UnableToDecideBreachError) as caught:
        decide_breach(**asked, at=early)
    assert caught.value.code == "SUPPLY_STILL_OFF"
    given_back(order, since=early, done=CUT_AT + 5 * HOUR)
    assert find_breaches(at=NOW).updated == 1
    first.refresh_from_db()
    assert (first.minutes_off, first.found_at) == (300, early)
    assert decide_breach(**asked, at=NOW).state == "confirmed"
    assert find_breaches(at=NOW + HOUR) == Found(cuts=1, new=0, updated=0, standing=0)


def confirmed(**cut):
    order = cut_account(**cut)
    pay(order, 60_000, CUT_AT - HOUR, booked=DAY + timedelta(days=1))
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    find_breaches(at=NOW)
    row = CutBreach.objects.get()
    return decide_breach(
        breach=row.pk, confirm=True, reason="so it was", staff=staff_of("judge", "decide_cutbreach"), at=NOW
    )


def test_a_breach_is_made_good_by_another_into_the_customers_balance():
    row = confirmed()
    before = AccountBalance.objects.get(pk=row.account_id).prepaid_fen
    done = make_good_breach(breach=row.pk, staff=staff_of("payer", "make_good_cutbreach"), at=NOW + HOUR)
    assert (done.state, done.made_good_by.username) == ("compensated", "payer")
    assert AccountBalance.objects.get(pk=row.account_id).prepaid_fen == before + row.compensation_fen
    assert balance_by_gl()["6711"] == row.compensation_fen == 60_000
    assert proof(NOW.date()) == []
    told = [(record.kind, record.actor) for record in DecisionRecord.objects.filter(kind__startswith="breach")]
    assert told == [("breach_decided", "judge"), ("breach_made_good", "payer")]


def test_one_person_does_not_decide_and_make_good():
    both = staff_of("judge", "decide_cutbreach", "make_good_cutbreach")
    row = confirmed()
    with pytest.raises(UnableToMakeGoodError) as caught:
        make_good_breach(breach=row.pk, staff=both, at=NOW)
    assert caught.value.code == "SAME_PERSON"


def test_a_breach_goes_one_way_once():
    row = confirmed()
    judge, payer = staff_of("judge"), staff_of("payer", "make_good_cutbreach")
    with pytest.raises(UnableToDecideBreachError) as caught:
        decide_breach(breach=row.pk, confirm=False, reason="no", staff=judge, at=NOW)
    assert caught.value.code == "BREACH_DECIDED"
    make_good_breach(breach=row.pk, staff=payer, at=NOW)
    with pytest.raises(UnableToMakeGoodError) as caught:
        make_good_breach(breach=row.pk, staff=payer, at=NOW)
    assert caught.value.code == "NOT_CONFIRMED"


def test_a_dismissed_breach_stays_dismissed_and_is_counted_apart():
    order = cut_account()
    Notice.objects.filter(case=order.case, kind="stop").update(state="void", void_reason="x")
    find_breaches(at=NOW)
    judge = staff_of("judge", "decide_cutbreach")
    row = CutBreach.objects.get()
    with pytest.raises(UnableToDecideBreachError) as caught:
        decide_breach(breach=row.pk, confirm=False, reason="  ", staff=judge, at=NOW)
    assert caught.value.code == "REASON_MISSING"
    decide_breach(breach=row.pk, confirm=False, reason="void for another case", staff=judge, at=NOW)
    assert find_breaches(at=NOW + HOUR) == Found(cuts=1, new=0, updated=0, standing=0)
    told = breach_counts(from_at=CUT_AT, to_at=CUT_AT + HOUR)
    assert told.rows() == [("S1", "notice", "dismissed", 1, row.minutes_off, 0, row.compensation_fen)]
    assert breach_counts(from_at=CUT_AT + HOUR, to_at=NOW).is_empty()


def test_nobody_decides_or_makes_good_without_the_right():
    row = confirmed()
    for verb, error, more in (
        (decide_breach, UnableToDecideBreachError, {"confirm": True, "reason": "x"}),
        (make_good_breach, UnableToMakeGoodError, {}),
    ):
        with pytest.raises(error) as caught:
            verb(breach=row.pk, staff=staff_of("nobody"), at=NOW, **more)
        assert caught.value.code == "NOT_ENTITLED"
    with pytest.raises(UnableToMakeGoodError) as caught:
        make_good_breach(breach=0, staff=staff_of("payer", "make_good_cutbreach"), at=NOW)
    assert caught.value.code == "BREACH_UNKNOWN"


@pytest.fixture
def people():
    """Those who cut, made once for all examples."""
    staff_of("asker", "propose_cutorder")
    staff_of("boss")
    for name, role in (("one", "manager"), ("two", "director")):
        approver(name, role)


KINDS = ("paid", "dispute", "protection", "void", "late", "none", "lawful")


@given(planted=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), hours=st.integers(1, 23))
@settings(max_examples=examples(5), suppress_health_check=list(HealthCheck))
def test_what_is_planted_is_found_and_nothing_is_invented(people, planted, hours):
    expected = []
    with transaction.atomic():
        for place, kind in enumerate(planted):
            order = cut_account(f"41000000{place:02}")
            paid_at = CUT_AT + hours * HOUR if kind != "paid" else CUT_AT - hours * HOUR
            restored = paid_at + 23 * HOUR
            if kind == "paid":
                expected.append((order.pk, "paid_before"))
                restored = CUT_AT + 23 * HOUR
            elif kind == "dispute":
                Dispute.objects.create(
                    account=order.account,
                    raised_at=CUT_AT - hours * HOUR,
                    raised_by_name="x",
                    subject="x",
                    answer_due_date=DAY,
                )
                expected.append((order.pk, "disputed"))
            elif kind == "protection":
                Protection.objects.create(
                    account=order.account,
                    reason="medical",
                    note="x",
                    from_at=CUT_AT - hours * HOUR,
                    to_at=CUT_AT + hours * HOUR,
                    review_date=DAY,
                    approved_by=staff_of("boss"),
                )
                expected.append((order.pk, "protected"))
            elif kind == "void":
                Notice.objects.filter(pk=order.notice_id).update(state="void", void_reason="x")
                expected.append((order.pk, "notice"))
            elif kind == "late":
                expected.append((order.pk, "late_restore"))
                restored = paid_at + 24 * HOUR + timedelta(minutes=hours)
            pay(order, 60_000, paid_at, booked=DAY + timedelta(days=1), ref=f"p{place}")
            if kind == "none":
                nobody_ordered(order)
                expected.append((order.pk, "no_restore"))
            else:
                given_back(order, since=max(paid_at, CUT_AT), done=restored)
        find_breaches(at=NOW)
        assert sorted(CutBreach.objects.values_list("cut_order_id", "kind")) == sorted(expected)
        assert find_breaches(at=NOW).new == 0
        transaction.set_rollback(True)


def prepaid_cut(account, *, available, at=CUT_AT):
    """A cut of an account that pays ahead, with a certificate that says what was available then."""
    order = CutOrder.objects.create(
        account=account, regime="prepaid", planned_at=at, proposed_at=at - HOUR, approvals_needed=0
    )
    for state in ("approved", "reserved", "recorded"):
        CutOrder.objects.filter(pk=order.pk).update(state=state, sent_at=at, ended_at=at, ended_reason="x")
    facts = {
        "cut_at": moment_number(at),
        "regime": "prepaid",
        "resident": False,
        "important_user": "none",
        "final_notice_at": moment_number(at - HOUR),
        "disputed": False,
        "in_transit": False,
        "protected": False,
        "quiet_window": False,
        "agreement_signed": True,
        "available_fen": available,
        "overdraft_limit_fen": 0,
        "warnings_known": True,
        "human_confirmed": True,
    }
    warned = {"evidence": "warning", "evidence_at": moment_number(at - 72 * HOUR), "role": ""}
    document = {
        "as_of_day": moment_number(at) // (24 * 3_600_000_000),
        "jurisdiction": "cn.henan.county",
        "facts": facts,
        "proofs": [warned | {"source": "message", "number": "1"}],
    }
    text = json.dumps(document)
    entry = decision_log.append(
        kind="cut_recorded", subject=account.account_no, actor="executor", body={}, as_of=at.date(), at=at
    )
    LegalityCertificate.objects.create(
        order=order,
        certificate_no=f"LC-{order.pk}",
        issued_at=at,
        document=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        decision=DecisionRecord.objects.get(pk=entry.last),
    )
    return order


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fen", "paid_at", "kinds"),
    [
        (3_000, CUT_AT - HOUR, ["paid_before"]),
        (2_999, CUT_AT - HOUR, []),
        (3_000, CUT_AT + HOUR, []),
    ],
)
def test_a_top_up_paid_before_a_prepaid_cut_and_booked_after_it_is_found(fen, paid_at, kinds):
    account = make_account(category="business")
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    order = prepaid_cut(account, available=-3_000)
    pay(order, fen, paid_at, booked=DAY + timedelta(days=1), kind="topup")
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    assert found() == kinds


@pytest.mark.django_db(transaction=True)
def test_a_top_up_known_before_a_prepaid_cut_is_not_counted_twice():
    account = make_account(category="business")
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    credit(batch(receipt("t0", account.account_no, 4_000, DAY - timedelta(days=1), kind="topup")), booked_date=DAY)
    order = prepaid_cut(account, available=-3_000)
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_a_bill_taken_back_after_a_prepaid_cut_is_found():
    account = make_account(category="business")
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    (bill,) = release([(account, 202507, date(2025, 8, 20), 5_000)], issued_date=date(2025, 8, 1))
    order = prepaid_cut(account, available=-3_000)
    reverse_bill(bill, issued_date=DAY + timedelta(days=1))
    given_back(order, since=CUT_AT + HOUR, done=CUT_AT + 2 * HOUR)
    assert found() == ["bill_reversed"]


def test_a_prepaid_account_topped_up_and_not_ordered_back_is_found():
    account = make_account(category="business")
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    order = prepaid_cut(account, available=-3_000)
    PrepaidBalance.objects.create(
        account=account,
        as_of_date=DAY,
        settled_fen=0,
        estimated_fen=3_000,
        billed_recently_fen=0,
        available_fen=-3_000,
        overdraft_limit_fen=0,
    )
    pay(order, 2_999, CUT_AT + HOUR, kind="topup")
    assert found() == []
    pay(order, 1, CUT_AT + 2 * HOUR, kind="topup", ref="p2")
    nobody_ordered(order)
    assert found(at=CUT_AT + 26 * HOUR) == []
    assert found() == ["no_restore"]
    assert Evidence.objects.exists()
