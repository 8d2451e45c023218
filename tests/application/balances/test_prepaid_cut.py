"""What is asked before a prepaid cut comes from the books of that moment, and unknown is never a permission."""

from datetime import date, timedelta

import pytest

from balance_desk import MONDAY, after, agreement, delivered, failed, messages, moment, night, pay, used
from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.balances.confirming import STANDS_FOR, UnableToConfirmCutError, confirm_cut
from zaikong.application.certificate_standing import check_certificate
from zaikong.application.cutting.executing import carry_out_due
from zaikong.application.payments import bounce_payment, credit
from zaikong.domain.feecontrol.balance_message import PRE_CUT
from zaikong.store.models import (
    Account,
    BalanceMessage,
    DecisionRecord,
    HumanConfirmation,
    LegalityCertificate,
    PrepaidBalance,
    PrepaymentAgreement,
    SupplyContract,
)

from .cut_desk import (
    PLANNED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    all_warned,
    approved,
    asked,
    person,
    reasons,
    reviewed,
    told,
    warned,
)

pytestmark = pytest.mark.django_db


def test_a_lawful_prepaid_cut_is_carried_out_and_proves_itself():
    account = warned()
    order = approved(account)
    told(order)

    assert reasons(asked(account, order)) == []
    (carried,) = carry_out_due(at=PLANNED)

    assert carried.state == "recorded"
    certificate = LegalityCertificate.objects.get(order_id=order)
    checked = check_certificate(certificate)
    assert (checked.faults, checked.notes) == ((), ())
    proofs = {(proof["evidence"], proof["source"]) for proof in carried.answer.proofs}
    assert {("warning", "message"), ("final_notice", "message"), ("approval", "cut_approval")} <= proofs


def test_each_thing_left_out_forbids_it():
    account = warned()
    order = approved(account)
    assert reasons(asked(account, order)) == ["NO_FINAL_NOTICE"]
    told(order, at=PLANNED - timedelta(minutes=29))
    assert reasons(asked(account, order)) == ["FINAL_NOTICE_TOO_LATE"]
    assert reasons(asked(account, order, at=PLANNED + timedelta(minutes=1))) == []


def test_a_last_notice_of_another_order_is_none_of_this():
    account = warned()
    order = approved(account)
    told(order)
    assert reasons(asked(account)) == ["NO_FINAL_NOTICE"]


def test_a_top_up_a_second_ago_counts():
    account = warned()
    order = approved(account)
    told(order)
    assert asked(account, order).facts["available_fen"] == -1_000

    pay(account, 999, THURSDAY)
    assert reasons(asked(account, order)) == []
    pay(account, 1, THURSDAY)

    answer = asked(account, order)
    assert (answer.facts["available_fen"], reasons(answer)) == (0, ["BALANCE_SUFFICIENT"])


def test_exactly_at_the_overdraft_limit_nobody_is_cut():
    account = warned(money=0, use=2_001, overdraft_cap_fen=2_000, strategy="lv_non_resident", grade=3)
    assert asked(account).facts["overdraft_limit_fen"] == 2_000
    assert "BALANCE_SUFFICIENT" not in reasons(asked(account))
    pay(account, 1, THURSDAY)
    assert asked(account).facts["available_fen"] == -2_000
    assert "BALANCE_SUFFICIENT" in reasons(asked(account))


def test_money_in_transit_and_disputes_forbid_it():
    account = warned()
    order = approved(account)
    told(order)
    credit(batch(receipt("t1", account.account_no, 100, THURSDAY, kind="in_transit")), booked_date=THURSDAY)
    assert reasons(asked(account, order)) == ["PAYMENT_IN_TRANSIT"]


def test_a_bill_released_since_the_estimate_is_taken_once():
    account = warned(money=6_000, use=5_000, warn_fen=[2_000])
    assert asked(account).facts["available_fen"] == 1_000

    release([(account, 202507, date(2025, 8, 10), 4_000)], issued_date=WEDNESDAY)
    assert asked(account).facts["available_fen"] == 1_000
    release([(account, 202506, date(2025, 8, 10), 1_000)], issued_date=TUESDAY)
    assert asked(account).facts["available_fen"] == 1_000
    release([(account, 202508, date(2025, 8, 10), 700)], issued_date=WEDNESDAY)
    assert asked(account).facts["available_fen"] == 300


def test_a_bill_the_estimate_knew_of_is_not_taken_off_it():
    account = warned(money=0, use=0)
    release([(account, 202506, date(2025, 8, 10), 4_000)], issued_date=WEDNESDAY)
    used(account, 500, WEDNESDAY, billed=4_000)
    night(WEDNESDAY)
    assert PrepaidBalance.objects.get().available_fen == -4_500
    assert asked(account).facts["available_fen"] == -4_500


def test_what_no_night_has_estimated_is_unknown_and_refuses():
    account = make_account(category="business")
    Account.objects.filter(pk=account.pk).update(payment_mode="prepaid")
    answer = asked(account)
    assert answer.missing == ("available_fen", "overdraft_limit_fen", "warnings_known")
    assert {"NO_AGREEMENT", "FACT_MISSING"} <= set(reasons(answer))


@pytest.mark.parametrize(("days", "known"), [(3, True), (4, False)])
def test_an_estimate_of_more_than_three_days_ago_is_none(days, known):
    account = warned()
    answer = asked(account, at=moment(after(TUESDAY, days)))
    assert (answer.facts["available_fen"] == -1_000) is known
    assert ("FACT_MISSING" in reasons(answer)) is not known


def test_an_estimate_of_a_later_night_is_none_either():
    account = warned()
    assert asked(account, at=moment(MONDAY)).facts["available_fen"] is None


def test_terms_signed_since_the_night_leave_the_limit_unknown():
    account = warned()
    first = PrepaymentAgreement.objects.get()
    first.state, first.ended_date, first.ended_reason = "ended", WEDNESDAY, "new terms"
    first.save()
    agreement(account, from_date=WEDNESDAY, overdraft_cap_fen=9_000)
    answer = asked(account)
    assert (answer.facts["overdraft_limit_fen"], answer.missing) == (None, ("overdraft_limit_fen",))


def test_without_an_agreement_in_force_it_is_not_prepaid():
    account = warned()
    first = PrepaymentAgreement.objects.get()
    first.state, first.ended_date, first.ended_reason = "ended", WEDNESDAY, "left"
    first.save()
    assert "NO_AGREEMENT" in reasons(asked(account))
    SupplyContract.objects.create(
        account=account,
        version=1,
        terms={"payment_mode": "prepaid"},
        terms_sha256="x",
        clauses_edition="1",
        drafted_date=MONDAY,
    )
    assert "NO_AGREEMENT" in reasons(asked(account))
    contract = SupplyContract.objects.get()
    contract.state, contract.signed_date, contract.from_date, contract.signed_by_name = (
        "in_force",
        MONDAY,
        MONDAY,
        "张三",
    )
    contract.save()
    assert "NO_AGREEMENT" not in reasons(asked(account))


def test_a_warning_counts_only_when_it_was_delivered():
    account = warned()
    assert BalanceMessage.objects.get().message.state == "delivered"
    assert "NOT_WARNED" not in reasons(asked(account))
    assert "NOT_WARNED" in reasons(asked(account, at=moment(WEDNESDAY, "08:30")))
    assert "NOT_WARNED" not in reasons(asked(account, at=moment(WEDNESDAY, "08:31")))


def test_a_warning_that_is_only_sent_or_failed_is_no_proof():
    account, other = all_warned("4100000002", "4100000003")
    pay(other, 90_000, WEDNESDAY)
    night(WEDNESDAY, (account, 5_000), (other, 5_000))
    # fallen again, and told again: the first message is of a fall that is over
    night(THURSDAY, (account, 5_000), (other, 95_000))
    at = moment(after(THURSDAY, 1), "16:00")
    assert "NOT_WARNED" not in reasons(asked(account, at=at))
    assert "NOT_WARNED" in reasons(asked(other, at=at))
    failed(messages(other)[-1], moment(after(THURSDAY, 1), "08:40"))
    assert "NOT_WARNED" in reasons(asked(other, at=at))


def test_money_taken_back_makes_the_warning_void_until_it_is_given_anew():
    account = warned()
    assert reasons(asked(account)) == ["NO_FINAL_NOTICE"]
    ref = pay(account, 500, WEDNESDAY)
    bounce_payment(
        channel="bank", channel_ref=ref, reason="no cover", staff=entitled("clerk", "undo_payment"), as_of=WEDNESDAY
    )
    assert reasons(asked(account)) == ["NO_FINAL_NOTICE", "NOT_WARNED"]

    night(WEDNESDAY, (account, 5_000))
    assert reasons(asked(account)) == ["NO_FINAL_NOTICE", "NOT_WARNED"]
    delivered(messages(account)[-1], moment(THURSDAY, "08:31"))
    assert "NOT_WARNED" not in reasons(asked(account, at=moment(after(THURSDAY, 1), "08:31")))


class TestHome:
    """A resident's cut is confirmed by a person."""

    @pytest.fixture
    def home(self):
        account = warned(category="residential", strategy="lv_resident")
        reviewed(account)
        return account

    @pytest.fixture
    def order(self, home):
        order = approved(home)
        told(order)
        return order

    def confirm(self, home, **changed):
        facts = {
            "account": home.pk,
            "staff": changed.pop("staff", None) or person("confirming", "manager"),
            "at": moment(WEDNESDAY, "16:00"),
            "note": "looked at the account, spoke with the customer",
        }
        return confirm_cut(**facts | changed)

    def test_without_it_nobody_is_cut(self, home, order):
        assert reasons(asked(home, order)) == ["HUMAN_STEP_MISSING"]
        self.confirm(home)
        assert reasons(asked(home, order)) == []
        assert [carried.state for carried in carry_out_due(at=PLANNED)] == ["recorded"]

    def test_it_is_on_record_with_what_was_seen(self, home):
        confirmed = self.confirm(home)
        row = HumanConfirmation.objects.get()
        assert (row.available_fen, row.valid_to_at) == (-1_000, moment(WEDNESDAY, "16:00") + STANDS_FOR)
        told_of = DecisionRecord.objects.get(kind="cut_confirmed")
        assert (told_of.actor, confirmed.pk) == ("confirming", row.pk)

    def test_it_stands_for_its_time_and_no_longer(self, home):
        self.confirm(home)
        ends = moment(WEDNESDAY, "16:00") + STANDS_FOR
        assert asked(home, at=moment(WEDNESDAY, "15:59")).facts["human_confirmed"] is False
        assert asked(home, at=moment(WEDNESDAY, "16:00")).facts["human_confirmed"] is True
        night(THURSDAY, (home, 5_000))
        assert asked(home, at=ends - timedelta(microseconds=1)).facts["human_confirmed"] is True
        assert asked(home, at=ends).facts["human_confirmed"] is False

    def test_it_is_of_the_present_fall(self, home):
        self.confirm(home)
        pay(home, 90_000, WEDNESDAY)
        night(WEDNESDAY, (home, 5_000))
        night(THURSDAY, (home, 96_000))
        assert asked(home, at=moment(after(THURSDAY, 1))).facts["human_confirmed"] is False

    def test_money_taken_back_makes_it_void(self, home):
        self.confirm(home)
        ref = pay(home, 500, WEDNESDAY)
        clerk = entitled("clerk", "undo_payment")
        bounce_payment(channel="bank", channel_ref=ref, reason="no cover", staff=clerk, as_of=WEDNESDAY)
        assert asked(home).facts["human_confirmed"] is False

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"note": "  "}, "NOTE_MISSING"),
            ({"account": 999_999}, "ACCOUNT_UNKNOWN"),
            ({"at": moment(after(TUESDAY, 9))}, "BALANCE_UNKNOWN"),
        ],
    )
    def test_it_is_refused(self, home, change, code):
        with pytest.raises(UnableToConfirmCutError) as caught:
            self.confirm(home, **change)
        assert caught.value.code == code
        assert HumanConfirmation.objects.count() == 0

    def test_it_takes_the_right_and_a_balance_below_the_limit(self, home):
        with pytest.raises(UnableToConfirmCutError) as caught:
            self.confirm(home, staff=entitled("nobody"))
        assert caught.value.code == "NO_RIGHT"
        pay(home, 1_000, WEDNESDAY)
        with pytest.raises(UnableToConfirmCutError) as caught:
            self.confirm(home)
        assert caught.value.code == "BALANCE_SUFFICIENT"

    def test_who_proposed_the_cut_does_not_confirm_it(self, home):
        from zaikong.application.balances.proposing import propose_prepaid_cut

        both = entitled("both", "propose_cutorder", "confirm_humanconfirmation")
        propose_prepaid_cut(account=home.pk, staff=both, at=moment(WEDNESDAY), planned_at=PLANNED)
        with pytest.raises(UnableToConfirmCutError) as caught:
            self.confirm(home, staff=both)
        assert caught.value.code == "SAME_PERSON"


def test_the_text_of_the_last_notice_states_the_time_of_the_order():
    account = warned()
    message = told(approved(account))
    assert (message.template, message.statutory, message.step) == (PRE_CUT, True, "PRE_CUT")
    assert "2025-07-17 10:00" in message.body
    assert "-10.00" in message.body
    assert message.not_before_at == moment(THURSDAY, "08:30")
