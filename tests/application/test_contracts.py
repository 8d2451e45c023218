"""A contract is drafted with its faults, signed when it is lawful, and superseded by the next version."""

from datetime import date

import pytest
from django.db import ProgrammingError, transaction

from ledger_desk import entitled, make_account, release
from papers_read import docx_text, pdf_text
from supply_contracts import PREPAYMENT, contract
from zaikong.application.account_lookup import UnableToFindAccountError
from zaikong.application.contracts import (
    UnableToDraftContractError,
    UnableToFindContractError,
    UnableToSignContractError,
    contract_pdf,
    contract_view,
    contract_word,
    draft_contract,
    sign_contract,
    terms_as_json,
    terms_of_json,
    withdraw_contract,
)
from zaikong.store.models import DecisionRecord, Station, SupplyContract

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)
SIGNED = date(2025, 7, 30)


@pytest.fixture
def drafter():
    return entitled("drafter", "draft_supplycontract")


@pytest.fixture
def manager():
    return entitled("manager", "sign_supplycontract")


@pytest.fixture
def account():
    return make_account(category="business")


def draft(staff, changes=None, as_of=SIGNED, **more):
    return draft_contract(account_no="4100000001", terms=contract(changes, **more), staff=staff, as_of=as_of)


def sign(row, staff, **more):
    how = {"signed_by_name": "李光明", "signed_date": SIGNED, "as_of": TODAY}
    return sign_contract(**{"contract": row.pk, "staff": staff} | how | more)


def code_of(error, act, *given, **named):
    with pytest.raises(error) as caught:
        act(*given, **named)
    return caught.value.code


def unsigned(row, staff, **more):
    return code_of(UnableToSignContractError, sign, row, staff, **more)


def test_a_draft_is_numbered_and_keeps_who_and_when_and_its_faults(account, drafter):
    row = draft(drafter, {"breach": ""})
    assert (row.version, row.state, row.drafted_by, row.drafted_date) == (1, "draft", drafter, SIGNED)
    assert [fault["code"] for fault in row.findings] == ["BREACH_MISSING"]
    assert draft(drafter).version == 2
    record = DecisionRecord.objects.get(kind="contract_drafted", seq=2)
    assert (record.subject, record.actor) == ("4100000001", "drafter")


def test_terms_come_back_as_they_were_stored(account, drafter):
    terms = contract({"charging": "prepayment", "prepayment": PREPAYMENT})
    row = draft_contract(account_no="4100000001", terms=terms, staff=drafter, as_of=SIGNED)
    row.refresh_from_db()
    assert (terms_of_json(row.terms), row.terms["payment_mode"]) == (terms, "prepaid")
    assert terms_as_json(contract())["payment_mode"] == "post_paid"


def test_a_lawful_contract_is_signed_and_reaches_the_account(account, drafter, manager):
    row = sign(draft(drafter, payment={"settlements_a_month": 2}), manager)
    assert (row.state, row.signed_by_name, row.signed_by_staff, row.from_date) == (
        "in_force",
        "李光明",
        manager,
        date(2025, 7, 1),
    )
    account.refresh_from_db()
    assert (account.late_fee_ppm, account.settlements_a_month, account.contract_date) == (2000, 2, SIGNED)
    assert DecisionRecord.objects.filter(kind="contract_signed").count() == 1


def test_an_unlawful_contract_is_not_signed_and_each_clause_is_named_with_its_article(account, drafter, manager):
    row = draft(drafter, {"late_fee": {"daily_ppm": 4000}, "breach": "", "dispute": {"hotlines": []}})
    with pytest.raises(UnableToSignContractError) as caught:
        sign(row, manager)
    assert caught.value.code == "CONTRACT_UNLAWFUL"
    assert caught.value.fields["clauses"] == ["BREACH_MISSING", "LATE_FEE_OUTSIDE_BAND"]
    assert "违约金比例超出每日1‰至3‰的法定范围（《电力供应与使用条例》 第三十九条）" in caught.value.message
    assert SupplyContract.objects.get().state == "draft"


def test_a_warning_does_not_keep_a_contract_from_being_signed(account, drafter, manager):
    row = sign(draft(drafter, {"dispute": {"hotlines": []}}), manager)
    assert [fault["code"] for fault in row.findings] == ["HOTLINES_MISSING"]


def test_the_law_of_the_day_of_signing_decides(account, drafter, manager):
    slow = {"restore": {"within_hours": 72}, "from_date": date(2024, 1, 1)}
    row = draft(drafter, slow, as_of=date(2024, 5, 1))
    assert row.findings == []
    assert unsigned(row, manager, signed_date=date(2024, 6, 1)) == "CONTRACT_UNLAWFUL"
    assert sign(row, manager, signed_date=date(2024, 5, 31)).state == "in_force"
    view = contract_view(contract=row.pk, staff=manager, as_of=TODAY)
    assert (view.faults, [fault.code for fault in view.faults_today]) == ((), ["RESTORE_TOO_LATE"])


def test_a_new_version_supersedes_the_one_in_force(account, drafter, manager):
    first = sign(draft(drafter), manager)
    second = sign(draft(drafter, from_date=date(2025, 7, 15)), manager)
    first.refresh_from_db()
    assert (first.state, first.to_date) == ("superseded", date(2025, 7, 15))
    assert (second.version, second.state) == (2, "in_force")


def test_what_was_drafted_cannot_be_changed(account, drafter):
    row = draft(drafter)
    with pytest.raises(ProgrammingError, match="keeps_what_was_said"), transaction.atomic():
        SupplyContract.objects.filter(pk=row.pk).update(terms={})


def test_a_new_rate_does_not_reach_back_into_arrears(account, drafter, manager):
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    assert unsigned(draft(drafter), manager) == "RATE_CHANGES_ARREARS"
    assert sign(draft(drafter, {"late_fee": {"daily_ppm": None}}), manager).state == "in_force"


def test_unusable_signatures_are_refused_with_their_reason(account, drafter, manager):
    row = draft(drafter)
    assert unsigned(row, drafter) == "NOT_ENTITLED"
    assert unsigned(row, manager, signed_by_name=" ") == "SIGNER_MISSING"
    assert unsigned(row, manager, signed_date=date(2025, 8, 1)) == "DATE_WRONG"
    assert unsigned(row, manager, signed_date=date(2025, 7, 29)) == "DATE_WRONG"
    assert unsigned(draft(drafter, from_date=date(2025, 8, 1)), manager) == "NOT_YET_IN_FORCE"
    both = entitled("both", "draft_supplycontract", "sign_supplycontract")
    assert unsigned(draft(both), both) == "SAME_PERSON"
    sign(row, manager)
    assert unsigned(row, manager) == "NOT_A_DRAFT"


def test_unusable_drafts_are_refused_with_their_reason(account, drafter, manager):
    wrong = {"account_no": "4100000001", "staff": drafter, "as_of": TODAY}
    code = lambda terms, **more: code_of(UnableToDraftContractError, draft_contract, terms=terms, **wrong | more)  # noqa: E731
    assert code(contract(), staff=manager) == "NOT_ENTITLED"
    assert code({"contract_no": ""}) == "TERMS_WRONG"
    assert code(contract(account_no="1")) == "TERMS_OF_ANOTHER_ACCOUNT"
    signed = [{"side": "customer", "name": "李光明", "signed_date": TODAY}]
    assert code(contract(signatures=signed)) == "TERMS_SIGNED"


def test_a_draft_can_be_withdrawn_once(account, drafter, manager):
    row = draft(drafter)
    assert code_of(UnableToDraftContractError, withdraw_contract, contract=row.pk, staff=manager, as_of=TODAY) == (
        "NOT_ENTITLED"
    )
    assert withdraw_contract(contract=row.pk, staff=drafter, as_of=TODAY).state == "withdrawn"
    again = {"contract": row.pk, "staff": drafter, "as_of": TODAY}
    assert code_of(UnableToSignContractError, withdraw_contract, **again) == "NOT_A_DRAFT"


def test_a_contract_of_another_station_is_out_of_sight(account, drafter, manager):
    row = draft(drafter)
    for staff in (drafter, manager):
        staff.station = Station.objects.create(code=f"S-{staff}", name="城东供电所")
        staff.save()
    assert code_of(UnableToFindContractError, sign, row, manager) == "CONTRACT_UNKNOWN"
    assert code_of(UnableToFindAccountError, draft, drafter) == "ACCOUNT_UNKNOWN"


def test_the_paper_carries_the_signatures_once_signed(account, drafter, manager):
    row = draft(drafter)
    assert "签字人：签字人：" in pdf_text(contract_pdf(contract=row.pk, staff=manager).content)
    sign(row, manager)
    made = contract_pdf(contract=row.pk, staff=manager)
    for text in (pdf_text(made.content), docx_text(contract_word(contract=row.pk, staff=manager).content)):
        assert "签字人：manager签字人：李光明签订日期：2025年7月30日" in text
    assert contract_pdf(contract=row.pk, staff=manager).sha256 == made.sha256
