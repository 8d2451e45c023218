"""A first draft begins with what register, letterhead and law say, and with nothing else."""

from datetime import date

import pytest

from ledger_desk import make_account
from zaikong.application.contract_start import first_terms
from zaikong.domain.registry.clause_check import check_clauses

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


def test_a_home_is_told_by_its_own_times_of_the_law():
    account = make_account(category="residential")
    terms = first_terms(account, as_of=TODAY)
    assert (terms.account_no, terms.category, terms.from_date) == (account.account_no, "residential", TODAY)
    assert (terms.cut.after_overdue_days, terms.cut.notice_days, terms.cut.final_notice_minutes) == (30, 7, 30)
    assert (terms.restore.within_hours, terms.charging, terms.late_fee.daily_ppm) == (24, "post_paid", None)
    assert terms.signatures == ()


def test_a_firm_that_settles_often_or_prepays_begins_like_that():
    split = make_account("4100000002", category="business", settlements_a_month=3, late_fee_ppm=1500)
    terms = first_terms(split, as_of=TODAY)
    assert (terms.charging, terms.payment.settlements_a_month, terms.late_fee.daily_ppm) == (
        "split_settlement",
        3,
        1500,
    )
    split.payment_mode = "prepaid"
    assert first_terms(split, as_of=TODAY).charging == "prepayment"


def test_what_nobody_agreed_is_found_missing():
    found = {fault.code for fault in check_clauses(first_terms(make_account(), as_of=TODAY), as_of=TODAY)}
    assert {"SUPPLY_MODE_MISSING", "BREACH_MISSING", "SETTLEMENT_MISSING"} <= found
    assert not found & {"CUT_TOO_EARLY", "STOP_NOTICE_TOO_SHORT", "RESTORE_TOO_LATE", "PARTIES_INCOMPLETE"}
