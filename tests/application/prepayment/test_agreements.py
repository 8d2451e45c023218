"""An agreement is drafted from the contract and the strategy, signed by another with its paper, and ended once."""

from datetime import date, datetime, timedelta

import pytest

from cutting_desk import moment
from ledger_desk import entitled, make_account
from papers_read import pdf_text
from prepayment_desk import agreement, drafted, paper, signed
from supply_contracts import PREPAYMENT, contract
from zaikong.application.contracts import draft_contract, sign_contract
from zaikong.application.prepayment.agreements import (
    UnableToDraftPrepaymentError,
    UnableToEndPrepaymentError,
    UnableToFindPrepaymentError,
    UnableToSignPrepaymentError,
    agreement_pdf,
    draft_agreement,
    end_agreement,
    sign_agreement,
    withdraw_agreement,
)
from zaikong.store.models import DecisionRecord, PrepaymentAgreement, Station

pytestmark = pytest.mark.django_db

AT = moment("2025-07-20 10:00")
TODAY = date(2025, 7, 20)


@pytest.fixture
def drafter():
    return entitled("drafter", "draft_prepaymentagreement")


@pytest.fixture
def signer():
    return entitled("signer", "sign_prepaymentagreement")


@pytest.fixture
def account():
    return make_account(category="business")


def refusal(error, act, **named):
    with pytest.raises(error) as caught:
        act(**named)
    return caught.value


def test_a_draft_takes_the_strategy_of_its_kind_and_keeps_who_and_when(account, drafter):
    draft = drafted(account, drafter, at=AT)
    assert draft.agreement_no == f"PA-20250720-{draft.pk:06d}"
    assert (draft.state, draft.strategy, draft.warn_fen, draft.warn_days) == ("draft", "lv_non_resident", [20_000], [])
    assert (draft.cut_mode, draft.restore_mode, draft.overdraft_cap_fen) == ("approved", "safe", 0)
    record = DecisionRecord.objects.get(kind="prepayment_drafted")
    assert (record.subject, record.actor) == (account.account_no, "drafter")
    assert "13800000000" not in record.record


def test_a_user_of_high_voltage_is_warned_by_days(account, drafter):
    account.supply_point.voltage = "10kV"
    account.supply_point.save()
    assert drafted(account, drafter, at=AT).warn_days == [7, 3]


def signed_contract(account, clause):
    terms = contract({"charging": "prepayment", "prepayment": PREPAYMENT | clause}, account_no=account.account_no)
    draft = draft_contract(
        account_no=account.account_no,
        terms=terms,
        staff=entitled("contracts", "draft_supplycontract"),
        as_of=date(2025, 7, 1),
    )
    return sign_contract(
        contract=draft.pk,
        signed_by_name="李光明",
        signed_date=date(2025, 7, 1),
        staff=entitled("director", "sign_supplycontract"),
        as_of=date(2025, 7, 1),
    )


def test_a_draft_takes_its_terms_from_the_contract_in_force(account, drafter):
    made = signed_contract(account, {"warn_below_fen": 5_000, "overdraft_fen": 2_000, "old_debt_permille": 300})
    draft = draft_agreement(account_no=account.account_no, staff=drafter, at=AT)
    assert draft.contract == made
    assert (draft.warn_fen, draft.overdraft_cap_fen, draft.old_debt_permille) == ([5_000], 2_000, 300)
    assert (draft.phone, draft.restore_mode, draft.cut_mode) == ("13800000000", "safe", "approved")


def test_lower_warnings_of_the_strategy_stay_beside_the_contracts(account, drafter):
    signed_contract(account, {"warn_below_fen": 30_000})
    assert drafted(account, drafter, at=AT).warn_fen == [30_000, 20_000]


@pytest.mark.parametrize(
    "other",
    [
        {"overdraft_cap_fen": 1},
        {"old_debt_permille": 500},
        {"restore_mode": "automatic"},
        {"cut_mode": "automatic"},
        {"warn_fen": [6_000, 5_000]},
        {"phone": "13900000000"},
    ],
)
def test_a_draft_does_not_contradict_the_contract(account, drafter, other):
    signed_contract(account, {})
    caught = refusal(
        UnableToDraftPrepaymentError, draft_agreement, account_no=account.account_no, staff=drafter, at=AT, **other
    )
    assert (caught.code, caught.article) == ("TERMS_DIFFER_FROM_CONTRACT", "《河南省供用电条例》 第四十一条")


def test_an_agreement_is_not_signed_against_a_newer_contract(account, drafter, signer):
    draft = drafted(account, drafter, at=moment("2025-06-30 10:00"), old_debt_permille=300)
    signed_contract(account, {"old_debt_permille": 200})
    caught = refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=signer, at=AT)
    assert caught.code == "TERMS_DIFFER_FROM_CONTRACT"


def test_wrong_terms_are_refused_each_by_name(account, drafter):
    caught = refusal(
        UnableToDraftPrepaymentError,
        drafted,
        account=account,
        staff=drafter,
        at=AT,
        warn_fen=[500, 3_000],
        overdraft_cap_fen=-1,
        old_debt_permille=1_001,
        phone="",
        cut_mode="at once",
    )
    assert caught.code == "TERMS_WRONG"
    assert caught.fields["faults"] == [
        "THRESHOLDS_NOT_FALLING",
        "OVERDRAFT_NEGATIVE",
        "SHARE_OUT_OF_RANGE",
        "CUT_MODE_UNKNOWN",
        "PHONE_MISSING",
    ]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"strategy": "none such"}, "STRATEGY_UNKNOWN"),
        ({"account_no": "4199999999"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_a_draft_needs_a_known_account_and_strategy(account, drafter, changed, code):
    asked = {"account_no": account.account_no, "staff": drafter, "at": AT, "phone": "13800000000"} | changed
    assert refusal(UnableToDraftPrepaymentError, draft_agreement, **asked).code == code


def test_a_closed_account_gets_no_agreement(account, drafter):
    account.closed_date = TODAY
    account.save()
    assert (
        refusal(UnableToDraftPrepaymentError, drafted, account=account, staff=drafter, at=AT).code == "ACCOUNT_CLOSED"
    )


def test_nobody_drafts_or_signs_without_the_right_or_out_of_sight(account, drafter, signer):
    stranger = entitled("stranger")
    draft = drafted(account, drafter, at=AT)
    assert refusal(UnableToDraftPrepaymentError, drafted, account=account, staff=stranger, at=AT).code == "NOT_ENTITLED"
    assert refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=stranger, at=AT).code == "NOT_ENTITLED"
    signer.station = Station.objects.create(code="S9", name="他所")
    signer.save()
    assert refusal(UnableToFindPrepaymentError, signed, draft=draft, signer=signer, at=AT).code == "UNKNOWN"


def test_a_signed_agreement_keeps_its_proof_and_is_the_only_one(account, drafter, signer):
    draft = drafted(account, drafter, at=AT)
    done = signed(draft, signer, at=AT)
    assert (done.state, done.from_date, done.signed_by_name) == ("in_force", TODAY, "李光明")
    assert done.evidence.kind == "signature"
    record = DecisionRecord.objects.get(kind="prepayment_signed")
    assert done.evidence.sha256 in record.record
    second = drafted(account, drafter, at=AT)
    caught = refusal(UnableToSignPrepaymentError, signed, draft=second, signer=signer, at=AT)
    assert (caught.code, caught.fields["agreement_no"]) == ("AGREEMENT_IN_FORCE", done.agreement_no)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signed_by_name": " "}, "NAME_MISSING"),
        ({"explained": False}, "NOT_EXPLAINED"),
        ({"evidence": 0}, "EVIDENCE_UNKNOWN"),
        ({"from_date": date(2025, 7, 19)}, "DATE_WRONG"),
        ({"from_date": TODAY + timedelta(days=93)}, "DATE_WRONG"),
        ({"signed_at": AT + timedelta(minutes=1)}, "DATE_WRONG"),
        ({"signed_at": AT - timedelta(days=1)}, "MOMENT_TOO_EARLY"),
    ],
)
def test_a_signature_needs_paper_name_date_and_an_explanation(account, drafter, signer, changed, code):
    draft = drafted(account, drafter, at=AT)
    assert refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=signer, at=AT, **changed).code == code
    assert PrepaymentAgreement.objects.get().state == "draft"


def test_a_photo_is_no_signature(account, drafter, signer):
    draft = drafted(account, drafter, at=AT)
    shown = paper(kind="photo")
    caught = refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=signer, at=AT, evidence=shown.pk)
    assert caught.code == "EVIDENCE_MISSING"


def test_who_drafted_does_not_sign(account):
    both = entitled("both", "draft_prepaymentagreement", "sign_prepaymentagreement")
    draft = drafted(account, both, at=AT)
    assert refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=both, at=AT).code == "SAME_PERSON"


def test_an_agreement_may_come_into_force_later_on_the_last_day_allowed(account, drafter, signer):
    last = TODAY + timedelta(days=92)
    assert signed(drafted(account, drafter, at=AT), signer, at=AT, from_date=last).from_date == last


def test_an_agreement_ends_once_with_its_reason(account, signer):
    made = agreement(account, at=AT)
    asked = {"agreement_no": made.agreement_no, "staff": signer, "at": AT + timedelta(days=3)}
    assert refusal(UnableToEndPrepaymentError, end_agreement, **asked, reason=" ", on=TODAY).code == "REASON_MISSING"
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=4)):
        assert refusal(UnableToEndPrepaymentError, end_agreement, **asked, reason="moved", on=day).code == "DATE_WRONG"
    done = end_agreement(**asked, reason="moved", on=TODAY + timedelta(days=3))
    assert (done.state, done.ended_date, done.ended_reason) == ("ended", date(2025, 7, 23), "moved")
    assert refusal(UnableToEndPrepaymentError, end_agreement, **asked, reason="moved", on=TODAY).code == "NOT_IN_FORCE"


def test_a_draft_can_be_withdrawn_and_then_not_be_signed(account, drafter, signer):
    draft = drafted(account, drafter, at=AT)
    asked = {"agreement_no": draft.agreement_no, "staff": drafter, "at": AT, "reason": "no longer wanted"}
    assert withdraw_agreement(**asked).state == "withdrawn"
    assert refusal(UnableToEndPrepaymentError, withdraw_agreement, **asked).code == "NOT_A_DRAFT"
    assert refusal(UnableToSignPrepaymentError, signed, draft=draft, signer=signer, at=AT).code == "NOT_A_DRAFT"


def test_the_paper_says_the_terms_in_both_languages_and_is_the_same_each_time(account, drafter):
    draft = drafted(account, drafter, at=AT, warn_fen=[3_000, 500], old_debt_permille=250, overdraft_cap_fen=2_000)
    chinese = agreement_pdf(agreement_no=draft.agreement_no, staff=drafter)
    assert chinese.sha256 == agreement_pdf(agreement_no=draft.agreement_no, staff=drafter).sha256
    text = pdf_text(chinese.content)
    for said in ("预购电协议", draft.agreement_no, "30.00元、5.00元", "250‰", "20.00元", "13800000000", "12398"):
        assert said in text
    english = pdf_text(agreement_pdf(agreement_no=draft.agreement_no, staff=drafter, language="en").content)
    for said in ("Prepaymentagreement", "30.00yuan,5.00yuan", "250perthousand", "95598"):
        assert said in english


def test_the_paper_of_a_signed_agreement_carries_name_and_day(account):
    made = agreement(account, at=AT)
    text = pdf_text(agreement_pdf(agreement_no=made.agreement_no, staff=made.drafted_by).content)
    assert "李光明" in text
    assert "2025年7月20日起生效" in text


def test_a_moment_without_a_zone_is_refused(account, drafter):
    bare = datetime(2025, 7, 20, 10)
    caught = refusal(UnableToDraftPrepaymentError, drafted, account=account, staff=drafter, at=bare)
    assert caught.code == "MOMENT_WITHOUT_ZONE"


def test_an_unknown_agreement_is_not_found(signer):
    caught = refusal(
        UnableToFindPrepaymentError, end_agreement, agreement_no="PA-0", reason="x", on=TODAY, staff=signer, at=AT
    )
    assert caught.code == "AGREEMENT_UNKNOWN"


def test_signing_takes_the_verb_alone(account, drafter, signer):
    draft = drafted(account, drafter, at=AT)
    done = sign_agreement(
        agreement_no=draft.agreement_no,
        signed_by_name="李光明",
        evidence=paper().pk,
        explained=True,
        from_date=TODAY,
        staff=signer,
        at=AT,
    )
    assert done.signed_at == AT
