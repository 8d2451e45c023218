"""What an agreement must say, and which grounds switch an account."""

from dataclasses import replace
from datetime import date

import pytest

from zaikong.application.documents.contents import UnableToWriteNoticeError
from zaikong.application.documents.prepayment_paper import stated
from zaikong.domain.feecontrol.mode_grounds import GROUNDS
from zaikong.domain.feecontrol.prepayment_terms import (
    STATEMENTS,
    AgreementTerms,
    check_agreement,
    prepayment_terms,
)

SOUND = AgreementTerms("lv_resident", (3_000, 500), (7, 3), 2_000, 300, "approved", "safe", "0371-6000 0000")
ALL = frozenset(STATEMENTS)


def faults(stated_=ALL, **changed):
    return [(fault.code, fault.term) for fault in check_agreement(replace(SOUND, **changed), stated=stated_)]


def test_sound_terms_have_no_fault():
    assert faults() == []
    assert faults(warn_fen=()) == []
    assert faults(warn_days=()) == []
    assert faults(overdraft_cap_fen=0, old_debt_permille=0) == []
    assert faults(old_debt_permille=1000) == []


@pytest.mark.parametrize(
    ("changed", "code", "term"),
    [
        ({"warn_fen": (500, 3_000)}, "THRESHOLDS_NOT_FALLING", "warn_fen"),
        ({"warn_fen": (500, 500)}, "THRESHOLDS_NOT_FALLING", "warn_fen"),
        ({"warn_days": (3, 7)}, "THRESHOLDS_NOT_FALLING", "warn_days"),
        ({"warn_fen": (500, 0)}, "THRESHOLD_NOT_POSITIVE", "warn_fen"),
        ({"warn_days": (0,)}, "THRESHOLD_NOT_POSITIVE", "warn_days"),
        ({"warn_fen": (), "warn_days": ()}, "WARNING_MISSING", "warn_fen"),
        ({"overdraft_cap_fen": -1}, "OVERDRAFT_NEGATIVE", "overdraft_cap_fen"),
        ({"old_debt_permille": -1}, "SHARE_OUT_OF_RANGE", "old_debt_permille"),
        ({"old_debt_permille": 1001}, "SHARE_OUT_OF_RANGE", "old_debt_permille"),
        ({"strategy": " "}, "STRATEGY_MISSING", "strategy"),
        ({"cut_mode": ""}, "CUT_MODE_UNKNOWN", "cut_mode"),
        ({"restore_mode": "never"}, "RESTORE_MODE_UNKNOWN", "restore_mode"),
        ({"phone": " "}, "PHONE_MISSING", "phone"),
        ({"phone": "call me"}, "PHONE_WRONG", "phone"),
        ({"phone": "123456"}, "PHONE_WRONG", "phone"),
    ],
)
def test_each_wrong_term_is_one_fault(changed, code, term):
    assert faults(**changed) == [(code, term)]


@pytest.mark.parametrize("left_out", STATEMENTS)
def test_each_statement_left_out_is_a_fault(left_out):
    assert faults(ALL - {left_out}) == [("STATEMENT_MISSING", left_out)]


def test_the_shipped_wording_states_everything_in_both_languages():
    assert stated() == ALL
    with pytest.raises(UnableToWriteNoticeError):
        stated("1999")


def test_what_limits_the_customer_rests_on_the_civil_code():
    (fault,) = check_agreement(SOUND, stated=ALL - {"prominent"})
    assert fault.article == "《民法典》 第四百九十六条"


def test_the_figures_are_those_of_the_file():
    terms = prepayment_terms(as_of=date(2026, 11, 30))
    assert (terms.clearing_days, terms.estimate_days, terms.good_record_months, terms.start_days) == (3, 2, 12, 92)


def test_only_arrears_force_an_account_without_consent_and_only_to_paying_ahead():
    forced = [code for code, ground in GROUNDS.items() if not ground.consent and "prepaid" in ground.to_modes]
    assert forced == ["arrears"]
    assert GROUNDS["arrears"].to_modes == ("prepaid",)
    assert GROUNDS["arrears"].overdue
