"""Every check is tripped by one clause, and by no other."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from supply_contracts import PREPAYMENT, SURETY, contract
from zaikong.domain.registry.clause_check import check_clauses, clause_rules, read_clauses, unlawful
from zaikong.kernel.dated import UnableToReadDatedFileError

TODAY = date(2025, 7, 1)
HENAN = "cn.henan"
PREPAID = {"charging": "prepayment", "prepayment": PREPAYMENT}

FAULTS = {
    "PARTIES_INCOMPLETE": {"customer": {"address": ""}},
    "SUPPLY_MODE_MISSING": {"supply": {"quality": ""}},
    "CAPACITY_AND_USE_MISSING": {"supply": {"capacity_centi_kva": 0}},
    "METERING_AND_PRICE_MISSING": {"supply": {"metering": ""}},
    "SETTLEMENT_MISSING": {"payment": {"due_day_of_month": None}},
    "BOUNDARY_MISSING": {"supply": {"boundary": ""}},
    "TERM_MISSING": {"from_date": None},
    "BREACH_MISSING": {"breach": ""},
    "SIGNATURE_MISSING": {"signatures": [{"side": "supplier", "name": "陈营销", "signed_date": TODAY}]},
    "LATE_FEE_OUTSIDE_BAND": {"late_fee": {"daily_ppm": 3001}},
    "LATE_FEE_COMPOUNDS": {"late_fee": {"bears_on_late_fee": True}},
    "LATE_FEE_BEFORE_OVERDUE": {"late_fee": {"starts_after_due": False}},
    "DUNNING_FEE": {"charges": [{"kind": "dunning_fee", "name": "催费手续费", "amount_fen": 1000}]},
    "RECONNECTION_FEE": {"charges": [{"kind": "reconnection_fee", "name": "复电费", "amount_fen": 2000}]},
    "CASH_DEPOSIT": {"charges": [{"kind": "cash_deposit", "name": "电费保证金", "amount_fen": 500_000}]},
    "ADDED_FEE": {"charges": [{"kind": "other_fee", "name": "服务费", "amount_fen": 100}]},
    "PRICE_SELF_MADE": {"price": {"basis": "self_made"}},
    "PRICE_CHANGED_ALONE": {"price": {"supplier_may_change": True}},
    "SETTLEMENTS_TOO_FEW": {"charging": "split_settlement"},
    "CUT_WITHOUT_NOTICE": {"cut": {"cuts_without_notice": True}},
    "CUT_WITHOUT_DEMAND": {"cut": {"demands_first": False}},
    "CUT_TOO_EARLY": {"cut": {"after_overdue_days": 29}},
    "STOP_NOTICE_TOO_SHORT": {"cut": {"notice_days": 2}},
    "STOP_NOTICE_SHORT_FOR_RESIDENT": {"category": "residential", "cut": {"notice_days": 6}},
    "FINAL_NOTICE_TOO_SHORT": {"cut": {"final_notice_minutes": 29}},
    "CUT_BY_PROGRAM_ALONE": {"category": "residential", "cut": {"person_decides": False}},
    "SAFETY_LOAD_MISSING": {"important_user": True, "cut": {"authority_copied": True}},
    "AUTHORITY_NOT_COPIED": {"important_user": True, "cut": {"safety_load_agreed": True}},
    "RESTORE_TOO_LATE": {"restore": {"within_hours": 25}},
    "SECURITY_DOES_NOT_RESTORE": {"restore": {"security_restores": False}},
    "PREPAYMENT_CLAUSE_MISSING": {"charging": "prepayment"},
    "PREPAYMENT_NOT_PROMINENT": PREPAID | {"prepayment": PREPAYMENT | {"prominent": False}},
    "PREPAYMENT_WITHOUT_CONSENT": PREPAID | {"prepayment": PREPAYMENT | {"consent_recorded": False}},
    "PREPAYMENT_THRESHOLDS": PREPAID | {"prepayment": PREPAYMENT | {"warn_below_fen": 0}},
    "PREPAYMENT_SAFE_RESTORE": PREPAID | {"prepayment": PREPAYMENT | {"safe_restore": False}},
    "PREPAYMENT_NOT_REFUNDED": PREPAID | {"prepayment": PREPAYMENT | {"refund_agreed": False}},
    "GUARANTOR_STATE_ORGAN": {"guarantees": [SURETY | {"guarantor_is_state_organ": True}]},
    "GUARANTEE_UNWRITTEN": {"guarantees": [SURETY | {"written": False}]},
    "GUARANTEE_MAXIMUM_MISSING": {"guarantees": [SURETY | {"maximum_fen": None}]},
    "GUARANTEE_PERIOD_MISSING": {"guarantees": [SURETY | {"period_months": None}]},
    "GUARANTEE_KIND_MISSING": {"guarantees": [SURETY | {"suretyship": None}]},
    "SMS_SERVICE_WITHOUT_CONSENT": {"service": {"consent_recorded": False}},
    "SERVICE_ADDRESS_MISSING": {"service": {"address": ""}},
    "COMPLAINT_BARRED": {"dispute": {"bars_complaint": True}},
    "QUERY_TOO_SLOW": {"dispute": {"query_days": 6}},
    "HOTLINES_MISSING": {"dispute": {"hotlines": ["95598"]}},
    "LIMITATION_WAIVED": {"dispute": {"bars_limitation": True}},
    "SUPPLIER_EXEMPT": {"supplier_exempt": True},
    "AUTOMATED_DECISION_UNEXPLAINED": {
        "category": "residential",
        "personal_data": {"automated_decisions_explained": False},
    },
    "PERSONAL_DATA_PURPOSE_MISSING": {"category": "residential", "personal_data": {"purposes": ""}},
    "BLACKLISTED_WITHOUT_JUDGMENT": {"personal_data": {"blacklist_without_judgment": True}},
}
"""For every check one change of the clean contract that trips it alone."""


def faults(changes=None, *, as_of=TODAY, place=HENAN):
    return check_clauses(contract(changes), as_of=as_of, jurisdiction=place)


def codes(changes=None, **how):
    return [fault.code for fault in faults(changes, **how)]


def test_a_clean_contract_passes():
    assert faults() == ()
    assert faults({"category": "residential"}) == ()
    assert faults(PREPAID) == ()
    assert faults({"guarantees": [SURETY]}) == ()


def test_every_check_has_a_test_that_trips_it():
    assert sorted(FAULTS) == sorted(rule.code for rule in clause_rules())
    assert len(FAULTS) == 51


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_check_is_tripped_by_its_own_clause_alone(code):
    assert codes(FAULTS[code]) == [code]


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_fault_names_its_law_and_how_to_mend_it(code):
    (fault,) = faults(FAULTS[code])
    words = (fault.title_zh, fault.title_en, fault.mend_zh, fault.mend_en, fault.article)
    assert [word for word in words if not word or "{" in word or "None" in word] == []
    assert ("第" in fault.article and "条" in fault.article.rpartition("》")[2]) == fault.verified


def test_a_boundary_value_is_lawful():
    assert codes({"late_fee": {"daily_ppm": 1000}}) == []
    assert codes({"late_fee": {"daily_ppm": 3000}}) == []
    assert codes({"late_fee": {"daily_ppm": None}}) == []
    assert codes({"late_fee": {"daily_ppm": 999}}) == ["LATE_FEE_OUTSIDE_BAND"]
    assert codes({"cut": {"notice_days": 3, "final_notice_minutes": 30, "after_overdue_days": 30}}) == []
    assert codes({"category": "residential", "cut": {"notice_days": 7}}) == []


def test_what_is_not_agreed_is_named():
    assert codes({"cut": {"notice_days": None, "final_notice_minutes": None, "after_overdue_days": None}}) == [
        "CUT_TOO_EARLY",
        "STOP_NOTICE_TOO_SHORT",
        "FINAL_NOTICE_TOO_SHORT",
    ]
    assert codes({"restore": {"within_hours": None}, "dispute": {"query_days": None}}) == [
        "RESTORE_TOO_LATE",
        "QUERY_TOO_SLOW",
    ]


def test_a_fault_prints_its_numbers_and_the_value_found():
    (fault,) = faults({"late_fee": {"daily_ppm": 5500}})
    assert fault.found == "5.5‰"
    assert fault.title_zh == "违约金比例超出每日1‰至3‰的法定范围"
    assert fault.article == "《电力供应与使用条例》 第三十九条"


def test_an_article_not_read_in_the_law_is_not_printed():
    (fault,) = faults({"dispute": {"bars_limitation": True}})
    assert (fault.verified, fault.article) == (False, "《中华人民共和国民法典》")


def test_the_law_of_the_day_decides_how_late_supply_may_come_back():
    slow = {"restore": {"within_hours": 72}}
    change = date(2024, 6, 1)
    assert codes(slow, as_of=change - timedelta(days=1)) == []
    assert codes(slow, as_of=change) == ["RESTORE_TOO_LATE"]


def test_a_rule_not_yet_in_force_is_not_checked():
    alone = {"category": "residential", "cut": {"person_decides": False}}
    assert codes(alone, as_of=date(2021, 10, 31)) == []
    assert codes(alone, as_of=date(2021, 11, 1)) == ["CUT_BY_PROGRAM_ALONE"]


def test_a_rule_of_one_province_binds_there_only():
    slow = {"dispute": {"query_days": 6}}
    assert (codes(slow, place="cn.henan.some_county"), codes(slow, place="cn.hubei")) == (["QUERY_TOO_SLOW"], [])


def test_the_province_gives_the_article_the_national_rule_could_not():
    short = {"cut": {"notice_days": 2}}
    assert faults(short, place="cn")[0].article == "《供电营业规则》（2024年国家发展改革委令第14号）"
    assert faults(short, place=HENAN)[0].article == "《河南省供用电条例》 第四十五条第（三）项"


def test_the_guarantee_period_comes_from_the_older_law_before_the_civil_code():
    vague = {"guarantees": [SURETY | {"period_months": None}]}
    (old,) = faults(vague, as_of=date(2020, 12, 31))
    assert (old.code, old.article) == ("GUARANTEE_PERIOD_MISSING", "《中华人民共和国担保法》")


def test_a_prepaid_contract_is_not_held_to_the_steps_of_arrears():
    terms = PREPAID | {"cut": {"notice_days": None, "final_notice_minutes": None, "after_overdue_days": None}}
    assert codes(terms) == []


def test_only_what_is_unlawful_or_missing_keeps_a_contract_from_being_signed():
    found = faults({"dispute": {"hotlines": [], "bars_complaint": True}, "breach": ""})
    assert [fault.code for fault in unlawful(found)] == ["BREACH_MISSING", "COMPLAINT_BARRED"]


def test_a_signature_without_authority_is_none():
    both = [
        {"side": "supplier", "name": "陈营销", "signed_date": TODAY},
        {"side": "customer", "name": "李光明", "signed_date": TODAY, "authorised": False},
    ]
    (fault,) = faults({"signatures": both})
    assert (fault.code, fault.found) == ("SIGNATURE_MISSING", "用电方")


def test_a_term_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValidationError, match="to_date is not after from_date"):
        contract(to_date=date(2025, 7, 1))


RULE = """clauses:
  - code: {code}
    severity: unlawful
    clause: charges
    title: {{zh: 收费, en: a fee}}
    mend: {{zh: 删除, en: strike it}}
    versions:
      - jurisdiction: cn
        published: 1995-12-28
        effective_from: 1996-04-01
        effective_to: null
        {basis}
"""
BASIS = "basis: {source: 《中华人民共和国电力法》, article: 第四十四条, verified: true}"


def refusal(tmp_path, text):
    file = tmp_path / "clauses.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as caught:
        read_clauses(file)
    return caught.value


def test_a_rule_without_a_source_is_refused(tmp_path):
    assert "basis: Field required" in refusal(tmp_path, RULE.format(code="DUNNING_FEE", basis="")).message


def test_a_rule_without_a_condition_is_refused(tmp_path):
    assert "NEVER_HEARD_OF" in refusal(tmp_path, RULE.format(code="NEVER_HEARD_OF", basis=BASIS)).message


def test_two_versions_in_force_on_one_day_are_refused(tmp_path):
    rule = RULE.format(code="DUNNING_FEE", basis=BASIS)
    again = rule[rule.index("      - jurisdiction") :]
    assert "two versions are in force in cn on 1996-04-01" in refusal(tmp_path, rule + again).message


def test_a_rule_repealed_before_it_began_is_refused(tmp_path):
    rule = RULE.format(code="DUNNING_FEE", basis=BASIS).replace("effective_to: null", "effective_to: 1996-04-01")
    assert "effective_to is not after effective_from" in refusal(tmp_path, rule).message
