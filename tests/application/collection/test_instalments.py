"""How does an agreement on arrears come about, and what ends it?"""

from datetime import date

import pytest

from collection_desk import at, kinds, make_staff, now, opened, paper, pay
from ledger_desk import release, reverse_bill
from zaikong.application.collection.instalments import (
    UnableToAgreeInstalmentsError,
    approve_instalments,
    propose_instalments,
    sign_instalments,
    withdraw_instalments,
)
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.promises import take_promise
from zaikong.store.models import (
    Instalment,
    InstalmentAgreement,
    InstalmentBill,
    LimitationEvent,
    PromiseToPay,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return opened(fen=30_000)[0]


@pytest.fixture
def people():
    return make_staff("collector"), make_staff("manager")


def proposed(case, people, **other):
    whole = {"case": case.pk, "count": 3, "first_date": date(2025, 7, 25), "staff": people[0], "at": at(21)}
    return propose_instalments(**{**whole, **other})


def signed(case, people, **other):
    draft = proposed(case, people, **other)
    approve_instalments(agreement=draft.pk, staff=people[1], at=at(21))
    return sign_instalments(
        agreement=draft.pk, signed_by_name="张三", evidence=paper(people[0]).pk, staff=people[0], at=at(21, 15)
    )


def state(agreement):
    return InstalmentAgreement.objects.get(pk=agreement.pk).state


def test_a_draft_names_the_debt_with_its_late_fee_and_a_schedule(case, people):
    draft = proposed(case, people)
    # 300.00 for 11 days at 1 per mille
    assert (draft.acknowledged_fen, draft.state) == (30_330, "draft")
    assert list(Instalment.objects.values_list("due_date", "amount_fen")) == [
        (date(2025, 7, 25), 10_110),
        (date(2025, 8, 25), 10_110),
        (date(2025, 9, 25), 10_110),
    ]
    assert list(InstalmentBill.objects.values_list("principal_fen", "late_fee_fen")) == [(30_000, 330)]
    assert now(case).state == "open"


def test_the_signature_acknowledges_the_debt_and_rests_the_case(case, people):
    agreement = signed(case, people)
    assert (agreement.state, now(case).state) == ("active", "instalment")
    event = LimitationEvent.objects.get()
    assert (event.kind, event.event_date, event.agreement_id) == ("acknowledged", date(2025, 7, 21), agreement.pk)
    assert kinds(case) == ["opened", "instalment", "instalment", "instalment"]


def test_an_open_promise_ends_with_the_signature(case, people):
    take_promise(
        case=case.pk,
        amount_fen=1_000,
        promised_date=date(2025, 7, 30),
        made_by_name="张三",
        channel="phone",
        staff=people[0],
        at=at(21, 9),
    )
    signed(case, people)
    assert (PromiseToPay.objects.get().state, now(case).state) == ("withdrawn", "instalment")


def test_while_it_is_honoured_nothing_moves(case, people):
    agreement = signed(case, people)
    pay(case, 10_110, 25)
    run_cases(as_of=date(2025, 8, 24))
    assert (state(agreement), now(case).state, now(case).episode) == ("active", "instalment", 1)


def test_a_default_opens_the_case_in_a_new_episode(case, people):
    agreement = signed(case, people)
    pay(case, 10_109, 25)
    run_cases(as_of=date(2025, 7, 28))
    assert state(agreement) == "active"
    run_cases(as_of=date(2025, 7, 29))
    assert (state(agreement), now(case).state, now(case).episode) == ("defaulted", "open", 2)
    assert kinds(case)[-1] == "instalment_defaulted"
    run_cases(as_of=date(2025, 7, 29))
    assert now(case).episode == 2


def test_what_was_paid_before_the_signature_counts_for_no_instalment(case, people):
    pay(case, 10_000, 21, ref="before")
    agreement = signed(case, people)
    assert agreement.acknowledged_fen == 20_330
    run_cases(as_of=date(2025, 7, 29))
    assert state(agreement) == "defaulted"


def test_paid_up_it_is_fulfilled_and_the_case_closed(case, people):
    agreement = signed(case, people, count=1)
    pay(case, 31_000, 25)
    assert (state(agreement), now(case).state) == ("fulfilled", "closed")
    assert kinds(case)[-3:] == ["payment", "instalment", "closed"]


def test_principal_paid_with_late_fee_left_keeps_the_agreement_alive(case, people):
    agreement = signed(case, people, count=1)
    pay(case, 30_000, 25)
    assert (state(agreement), now(case).state) == ("active", "instalment")
    pay(case, 330, 26, ref="rest")
    assert (state(agreement), now(case).state) == ("fulfilled", "closed")


def test_a_bounce_takes_the_fulfilment_back(case, people):
    agreement = signed(case, people, count=1)
    pay(case, 31_000, 25)
    pay(case, 31_000, 25, kind="bounce", on=date(2025, 7, 26))
    assert (state(agreement), now(case).state, now(case).episode) == ("active", "instalment", 1)
    run_cases(as_of=date(2025, 7, 29))
    assert (state(agreement), now(case).state, now(case).episode) == ("defaulted", "open", 2)


def test_a_late_bounce_takes_it_back_into_default(case, people):
    agreement = signed(case, people, count=1)
    pay(case, 31_000, 25)
    pay(case, 31_000, 25, kind="bounce", on=date(2025, 7, 31))
    assert (state(agreement), now(case).state, now(case).episode) == ("defaulted", "open", 2)


def test_a_bill_reversed_as_wrong_is_owed_no_more(case, people):
    agreement = signed(case, people)
    reverse_bill(InstalmentBill.objects.get().bill_id, issued_date=date(2025, 7, 24))
    run_cases(as_of=date(2025, 7, 24))
    assert (state(agreement), now(case).state) == ("fulfilled", "closed")


def test_a_bill_that_falls_overdue_beside_it_keeps_the_case_when_it_is_fulfilled(case, people):
    agreement = signed(case, people, count=1)
    release([(case.account, 202507, date(2025, 7, 24), 5_000)])
    pay(case, 30_420, 25)
    run_cases(as_of=date(2025, 7, 26))
    assert (state(agreement), now(case).state, now(case).episode) == ("fulfilled", "open", 1)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"count": 25}, "SCHEDULE_WRONG"),
        ({"first_date": date(2025, 7, 20)}, "SCHEDULE_WRONG"),
        ({"bills": [999_999]}, "BILL_NOT_COVERED"),
        ({"bills": []}, "NOTHING_OVERDUE"),
        ({"note": "x" * 301}, "NOTE_TOO_LONG"),
    ],
)
def test_a_draft_that_cannot_be_made_says_why(case, people, other, code):
    with pytest.raises(UnableToAgreeInstalmentsError) as refusal:
        proposed(case, people, **other)
    assert refusal.value.code == code


def test_two_people_and_a_signed_paper_stand_behind_it(case, people):
    draft = proposed(case, people)
    proof = paper(people[0]).pk

    def sign(evidence=proof):
        sign_instalments(agreement=draft.pk, signed_by_name="张三", evidence=evidence, staff=people[0], at=at(21))

    def refused(act):
        with pytest.raises(UnableToAgreeInstalmentsError) as refusal:
            act()
        return refusal.value.code

    assert refused(lambda: proposed(case, people)) == "DRAFT_OPEN"
    assert refused(lambda: approve_instalments(agreement=draft.pk, staff=people[0], at=at(21))) == "SAME_PERSON"
    assert refused(sign) == "AGREEMENT_NOT_APPROVED"
    approve_instalments(agreement=draft.pk, staff=people[1], at=at(21))
    assert refused(lambda: approve_instalments(agreement=draft.pk, staff=people[1], at=at(21))) == "AGREEMENT_APPROVED"
    assert refused(lambda: sign(999_999)) == "EVIDENCE_UNKNOWN"
    pay(case, 1_000, 21)
    assert refused(sign) == "DEBT_CHANGED"
    withdraw_instalments(agreement=draft.pk, reason="paid a part", staff=people[0], at=at(21))
    assert refused(sign) == "AGREEMENT_NOT_DRAFT"
    assert refused(lambda: approve_instalments(agreement=999_999, staff=people[1], at=at(21))) == "AGREEMENT_UNKNOWN"
    assert state(signed(case, people)) == "active"
