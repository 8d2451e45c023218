"""May supply be cut? Each condition alone, its edge, and what an unknown fact does."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any, get_args

import pytest

from zaikong.application.cases.cut_off import Reason
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, cut_verdicts, reasons_of
from zaikong.domain.law.cutting import REASONS, cut_law
from zaikong.domain.law.values import LEVELS, NoticeTimes
from zaikong.kernel.period import MINUTE, moment_number

from .cut_facts import (
    AT,
    COMPANY,
    LAW,
    POST_PAID,
    POST_PAID_PROOF,
    PREPAID,
    PREPAID_PROOF,
    before,
    day,
    facts_table,
    judged,
    moment,
    proof_table,
    verdicts,
)

DEMAND, APPROVAL = POST_PAID_PROOF
ALLOWED = ("ALLOWED",)


def test_the_sound_cut_of_each_regime_is_allowed():
    assert judged(POST_PAID) == judged(PREPAID) == ALLOWED


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"unpaid_fen": 0}, "NOTHING_OWED"),
        ({"unpaid_fen": -1}, "NOTHING_OWED"),
        ({"oldest_due_day": 0}, "NOT_OVERDUE_ENOUGH"),
        ({"oldest_due_day": day("2024-03-03")}, "NOT_OVERDUE_ENOUGH"),
        ({"notice_at": 0}, "NO_NOTICE"),
        ({"notice_at": before(days=2)}, "NOTICE_TOO_RECENT"),
        ({"notice_at": before(days=8)}, "NOTICE_EXPIRED"),
        ({"final_notice_at": 0}, "NO_FINAL_NOTICE"),
        ({"final_notice_at": moment("2024-03-28T09:00")}, "NO_FINAL_NOTICE"),
        ({"final_notice_at": moment("2024-03-27T09:00")}, "NO_FINAL_NOTICE"),
        ({"final_notice_at": before(minutes=29)}, "FINAL_NOTICE_TOO_LATE"),
        ({"final_notice_at": before(minutes=-1)}, "FINAL_NOTICE_TOO_LATE"),
        ({"disputed": True}, "DISPUTED"),
        ({"in_transit": True}, "PAYMENT_IN_TRANSIT"),
        ({"instalment_honoured": True}, "INSTALMENT_HONOURED"),
        ({"protected": True}, "PROTECTED"),
        ({"vulnerable_reviewed": False}, "VULNERABLE_NOT_REVIEWED"),
        ({"quiet_window": True}, "QUIET_WINDOW"),
        *(({"important_user": level}, "AUTHORITY_NOT_COPIED") for level in LEVELS if level != "none"),
    ],
)
def test_each_post_paid_condition_refuses_alone(changed, reason):
    assert judged(**changed) == (reason,)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"final_notice_at": 0}, "NO_FINAL_NOTICE"),
        ({"final_notice_at": before(minutes=29)}, "FINAL_NOTICE_TOO_LATE"),
        ({"agreement_signed": False}, "NO_AGREEMENT"),
        ({"available_fen": 0}, "BALANCE_SUFFICIENT"),
        ({"overdraft_limit_fen": 320}, "BALANCE_SUFFICIENT"),
        ({"human_confirmed": False}, "HUMAN_STEP_MISSING"),
        ({"disputed": True}, "DISPUTED"),
        ({"in_transit": True}, "PAYMENT_IN_TRANSIT"),
        ({"instalment_honoured": True}, "INSTALMENT_HONOURED"),
        ({"protected": True}, "PROTECTED"),
        ({"vulnerable_reviewed": False}, "VULNERABLE_NOT_REVIEWED"),
        ({"quiet_window": True}, "QUIET_WINDOW"),
        *(({"important_user": level}, "AUTHORITY_NOT_COPIED") for level in LEVELS if level != "none"),
    ],
)
def test_each_prepaid_condition_refuses_alone(changed, reason):
    assert judged(PREPAID, **changed) == (reason,)


def test_proof_that_is_not_there_refuses():
    assert judged(proof=[APPROVAL]) == ("NOT_DUNNED",)
    assert judged(proof=[DEMAND]) == ("NOT_APPROVED",)
    assert judged(proof=[]) == ("NOT_DUNNED", "NOT_APPROVED")
    assert judged(PREPAID, proof=[]) == ("NOT_WARNED",)


@pytest.mark.parametrize("at", ["2024-02-28T09:00", "2024-03-01T23:59:59", "2024-03-28T09:00", "2024-04-02T10:00:01"])
def test_a_demand_counts_after_the_due_day_and_before_the_notice(at):
    assert judged(proof=[("demand", moment(at), ""), APPROVAL]) == ("NOT_DUNNED",)
    assert judged(proof=[("demand", moment(at), ""), DEMAND, APPROVAL]) == ALLOWED


def test_a_demand_of_the_day_after_the_due_day_counts():
    assert judged(proof=[("demand", moment("2024-03-02T00:00"), ""), APPROVAL]) == ALLOWED
    assert judged(proof=[("demand", moment("2024-03-28T08:59:59"), ""), APPROVAL]) == ALLOWED


def test_proof_without_a_moment_is_none():
    assert judged(proof=[("demand", 0, ""), APPROVAL]) == ("NOT_DUNNED",)
    assert judged(PREPAID, proof=[("warning", 0, "")]) == ("NOT_WARNED",)


def test_proof_of_another_kind_is_none():
    assert judged(proof=[("warning", DEMAND[1], ""), ("demand", APPROVAL[1], "manager")]) == (
        "NOT_DUNNED",
        "NOT_APPROVED",
    )


def test_a_warning_counts_before_the_last_notice():
    assert judged(PREPAID, proof=[("warning", moment("2024-04-02T09:00"), "")]) == ("NOT_WARNED",)
    assert judged(PREPAID, proof=[("warning", moment("2024-04-02T08:59"), "")]) == ALLOWED
    assert judged(PREPAID, proof=[("warning", moment("2024-04-02T10:01"), "")]) == ("NOT_WARNED",)


@pytest.mark.parametrize("role", ["", "collector", "cashier", "Manager"])
def test_only_a_role_that_may_approve_does(role):
    assert judged(proof=[DEMAND, ("approval", 0, role)]) == ("NOT_APPROVED",)


def test_an_approval_given_after_the_cut_is_none():
    assert judged(proof=[DEMAND, ("approval", before(minutes=-1), "manager")]) == ("NOT_APPROVED",)


@pytest.mark.parametrize(
    ("due", "allowed"), [("2024-03-01", True), ("2024-03-02", True), ("2024-03-03", False), ("2024-04-02", False)]
)
def test_the_thirty_first_day_is_the_first(due, allowed):
    proof = [("demand", moment("2024-03-27T09:00"), ""), APPROVAL]
    reasons = judged(oldest_due_day=day(due), proof=proof)
    assert (reasons == ALLOWED) is allowed
    assert ("NOT_OVERDUE_ENOUGH" in reasons) is not allowed


@pytest.mark.parametrize(("due", "first"), [("2024-02-28", "2024-03-30"), ("2023-02-28", "2023-03-31")])
def test_a_leap_day_is_a_day_overdue(due, first):
    at = datetime.fromisoformat(f"{first}T00:00")

    def reasons(cut_at: datetime) -> tuple[str, ...]:
        return judged(
            cut_at=moment_number(cut_at),
            oldest_due_day=day(due),
            notice_at=moment_number(cut_at - timedelta(days=4)),
            final_notice_at=moment_number(cut_at - timedelta(hours=1)),
            proof=[("demand", moment_number(cut_at - timedelta(days=5)), ""), APPROVAL],
        )

    assert reasons(at) == ALLOWED
    assert reasons(at - timedelta(microseconds=1)) == ("NOT_OVERDUE_ENOUGH",)


@pytest.mark.parametrize(
    ("notice", "reasons"),
    [
        (timedelta(days=3), ALLOWED),
        (timedelta(days=3) - timedelta(microseconds=1), ("NOTICE_TOO_RECENT",)),
        (timedelta(days=7), ALLOWED),
        (timedelta(days=7, microseconds=1), ("NOTICE_EXPIRED",)),
        (timedelta(minutes=-1), ("NOTICE_TOO_RECENT", "NO_FINAL_NOTICE")),
    ],
)
def test_three_and_seven_days_to_the_microsecond(notice, reasons):
    assert judged(notice_at=moment_number(AT - notice)) == reasons


def test_thirty_minutes_to_the_microsecond():
    for base in (POST_PAID, PREPAID):
        assert judged(base, final_notice_at=before(minutes=30)) == ALLOWED
        assert judged(base, final_notice_at=before(minutes=30) + 1) == ("FINAL_NOTICE_TOO_LATE",)


def test_over_the_turn_of_the_year():
    facts = {
        "cut_at": moment("2024-01-02T10:00"),
        "oldest_due_day": day("2023-12-01"),
        "notice_at": moment("2023-12-30T10:00"),
        "final_notice_at": moment("2024-01-02T09:30"),
    }
    proof = [("demand", moment("2023-12-10T09:00"), ""), APPROVAL]
    assert judged(proof=proof, **facts) == ALLOWED
    assert judged(proof=proof, **facts | {"cut_at": moment("2023-12-31T23:59")}) == (
        "NOT_OVERDUE_ENOUGH",
        "NOTICE_TOO_RECENT",
        "FINAL_NOTICE_TOO_LATE",
    )


def test_the_copy_has_the_days_of_the_notice():
    important = {"important_user": "second", "resident": False}
    for days, reasons in ((3, ALLOWED), (7, ALLOWED), (2.9, 1), (7.1, 1), (-1, 1)):
        expected = ("AUTHORITY_NOT_COPIED",) if reasons == 1 else reasons
        assert judged(**important, copied_at=before(days=days)) == expected
    assert judged(**important, copied_at=0) == ("AUTHORITY_NOT_COPIED",)


def test_a_prepaid_cut_of_an_important_user_needs_copy_and_person():
    facts = {"important_user": "first", "resident": False, "vulnerable_reviewed": None}
    assert judged(PREPAID, **facts, copied_at=before(minutes=1)) == ALLOWED
    assert judged(PREPAID, **facts, copied_at=before(minutes=-1)) == ("AUTHORITY_NOT_COPIED",)
    assert judged(PREPAID, **facts, human_confirmed=False) == ("AUTHORITY_NOT_COPIED", "HUMAN_STEP_MISSING")
    assert judged(PREPAID, **facts, human_confirmed=None) == ("AUTHORITY_NOT_COPIED", "FACT_MISSING")


def test_a_company_prepaid_cut_needs_no_person_and_no_review():
    facts = {"resident": False, "vulnerable_reviewed": None, "human_confirmed": None}
    assert judged(PREPAID, **facts) == ALLOWED
    assert judged(POST_PAID, **facts) == ALLOWED


COMMON = ("cut_at", "regime", "resident", "important_user", "final_notice_at", "disputed", "in_transit", "protected")
ASKED = {
    "post_paid": (
        *COMMON,
        "quiet_window",
        "oldest_due_day",
        "unpaid_fen",
        "demands_known",
        "notice_at",
        "approvals_known",
        "instalment_honoured",
        "vulnerable_reviewed",
    ),
    "prepaid": (
        *COMMON,
        "quiet_window",
        "vulnerable_reviewed",
        "agreement_signed",
        "available_fen",
        "overdraft_limit_fen",
        "warnings_known",
        "human_confirmed",
    ),
}


@pytest.mark.parametrize("base", [POST_PAID, PREPAID], ids=["post_paid", "prepaid"])
def test_a_fact_that_is_unknown_refuses_and_is_named_and_no_other_is_asked_for(base):
    rows = [{**base, "account": place, name: None} for place, name in enumerate(CUT_COLUMNS[1:], start=1)]
    sound = POST_PAID_PROOF if base is POST_PAID else PREPAID_PROOF
    got = verdicts(rows, [(row["account"], *one) for row in rows for one in sound])
    missing = {name: got[place]["missing"] for place, name in enumerate(CUT_COLUMNS[1:], start=1)}
    assert {name for name, words in missing.items() if words} == set(ASKED[base["regime"]])
    assert {name: words for name, words in missing.items() if words and words != name} == {}
    assert {row["reasons"] for row in got.values() if row["missing"]} == {"FACT_MISSING"}
    assert {row["allowed"] for row in got.values() if row["missing"]} == {False}


@pytest.mark.parametrize(
    ("base", "changed", "reason"),
    [
        (POST_PAID, {"regime": "free"}, "FACT_MISSING"),
        (POST_PAID, {"important_user": "third"}, "FACT_MISSING"),
        (POST_PAID, {"demands_known": False}, "FACT_MISSING"),
        (POST_PAID, {"approvals_known": False}, "FACT_MISSING"),
        (PREPAID, {"warnings_known": False}, "FACT_MISSING"),
    ],
)
def test_a_word_or_record_that_says_nothing_is_an_unknown_fact(base, changed, reason):
    assert judged(base, **changed) == (reason,)


def test_what_fails_whatever_the_unknown_is_stands_beside_it():
    assert judged(disputed=None, notice_at=0) == ("NO_NOTICE", "FACT_MISSING")
    assert judged(cut_at=None, unpaid_fen=0, protected=True) == ("NOTHING_OWED", "PROTECTED", "FACT_MISSING")
    assert judged(PREPAID, overdraft_limit_fen=None, available_fen=5) == ("BALANCE_SUFFICIENT", "FACT_MISSING")
    assert judged(regime=None, disputed=True, final_notice_at=0) == ("NO_FINAL_NOTICE", "DISPUTED", "FACT_MISSING")
    assert judged(oldest_due_day=None, proof=[]) == ("NOT_DUNNED", "NOT_APPROVED", "FACT_MISSING")


def test_facts_of_the_other_regime_change_nothing_but_a_bar():
    other = {"oldest_due_day": 0, "unpaid_fen": 0, "notice_at": 0, "approvals_known": True, "demands_known": True}
    assert judged(PREPAID, **other) == ALLOWED
    prepaid = {"agreement_signed": False, "available_fen": 5, "overdraft_limit_fen": 0, "human_confirmed": False}
    assert judged(POST_PAID, **prepaid) == ALLOWED


def test_every_failure_is_named_in_the_order_of_the_reasons():
    facts = {
        "unpaid_fen": 0,
        "oldest_due_day": 0,
        "notice_at": 0,
        "final_notice_at": 0,
        "important_user": "special",
        "disputed": True,
        "in_transit": True,
        "instalment_honoured": True,
        "protected": True,
        "vulnerable_reviewed": False,
        "quiet_window": True,
    }
    reasons = judged(proof=[], **facts)
    prepaid_only = ("NO_AGREEMENT", "BALANCE_SUFFICIENT", "NOT_WARNED", "HUMAN_STEP_MISSING")
    times = ("NOTICE_TOO_RECENT", "NOTICE_EXPIRED", "FINAL_NOTICE_TOO_LATE")
    assert reasons == tuple(r for r in REASONS if r not in (*prepaid_only, *times, "FACT_MISSING"))


def test_the_companys_promise_leaves_residents_the_seventh_day():
    def reasons(notice: str, at: str) -> tuple[str, ...]:
        final = moment(at) - 40 * MINUTE
        return judged(law=COMPANY, notice_at=moment(notice), cut_at=moment(at), final_notice_at=final)

    assert reasons("2024-04-03T09:00", "2024-04-10T08:59") == ("NOTICE_TOO_RECENT",)
    assert reasons("2024-04-03T09:00", "2024-04-10T09:00") == ALLOWED
    assert reasons("2024-04-03T09:00", "2024-04-10T23:59:59") == ALLOWED
    assert reasons("2024-04-03T09:00", "2024-04-11T00:00") == ("NOTICE_EXPIRED",)


def test_the_company_wants_its_last_notice_fresh():
    facts = {"resident": False, "vulnerable_reviewed": None}
    assert judged(law=COMPANY, **facts, final_notice_at=before(days=1)) == ALLOWED
    assert judged(law=COMPANY, **facts, final_notice_at=before(days=1, seconds=1)) == ("NO_FINAL_NOTICE",)
    assert judged(law=LAW, **facts, final_notice_at=before(days=1, seconds=1)) == ALLOWED
    assert judged(PREPAID, law=COMPANY, final_notice_at=before(days=1, seconds=1)) == ("NO_FINAL_NOTICE",)


def test_the_company_warns_a_day_before():
    assert judged(PREPAID, law=COMPANY, proof=[("warning", before(days=1), "")]) == ALLOWED
    assert judged(PREPAID, law=COMPANY, proof=[("warning", before(days=1) + 1, "")]) == ("NOT_WARNED",)


@pytest.mark.parametrize(
    ("level", "role", "allowed"),
    [
        ("none", "manager", True),
        ("second", "manager", True),
        ("temporary", "director", True),
        ("first", "manager", False),
        ("first", "director", True),
        ("special", "manager", False),
        ("special", "director", False),
    ],
)
def test_who_approves_at_the_company_goes_by_importance(level, role, allowed):
    facts = {"resident": False, "important_user": level, "copied_at": before(days=4)}
    reasons = judged(law=COMPANY, proof=[DEMAND, ("approval", 0, role)], **facts)
    assert reasons == (ALLOWED if allowed else ("NOT_APPROVED",))


def test_whom_nobody_may_cut_is_not_cut_by_agreement_either():
    facts = {"resident": False, "important_user": "special", "copied_at": before(days=4)}
    assert judged(PREPAID, law=COMPANY, **facts) == ("NOT_APPROVED",)
    assert judged(PREPAID, law=LAW, **facts) == ALLOWED
    assert judged(PREPAID, law=COMPANY, **facts | {"important_user": "first"}) == ALLOWED


def test_a_class_that_is_unknown_fails_only_where_both_would():
    served = {"resident": None, "final_notice_at": before(minutes=40)}
    assert judged(law=COMPANY, notice_at=before(days=5), **served) == ("FACT_MISSING",)
    assert judged(law=COMPANY, notice_at=before(days=2), **served) == ("NOTICE_TOO_RECENT", "FACT_MISSING")


def test_every_reason_has_its_basis_and_the_case_format_knows_it():
    assert tuple(LAW.bases) == REASONS == get_args(Reason)
    assert {reason for reason, basis in LAW.bases.items() if not basis.source} == set()
    assert str(LAW.basis("NOT_OVERDUE_ENOUGH", regime="post_paid")) == "《电力供应与使用条例》 第三十九条"
    assert str(LAW.basis("NO_FINAL_NOTICE", regime="post_paid")) == "《供电营业规则》（1996年电力工业部令第8号）"
    assert str(LAW.basis("NO_FINAL_NOTICE", regime="prepaid")) == "《中华人民共和国民法典》 第六百五十四条"
    assert str(LAW.basis("HUMAN_STEP_MISSING", regime="prepaid")) == "《中华人民共和国个人信息保护法》 第二十四条"


def test_the_law_is_that_of_the_day():
    later = cut_law(as_of=date(2024, 6, 1))
    assert "2024" in str(later.basis("NO_NOTICE", regime="post_paid"))
    henan = cut_law(as_of=date(2024, 6, 1), jurisdiction="cn.henan")
    assert str(henan.basis("NO_NOTICE", regime="post_paid")) == "《河南省供用电条例》 第四十五条第三项"


def test_an_empty_list_has_no_words():
    assert (reasons_of(""), reasons_of("A,B")) == ((), ("A", "B"))


def test_one_account_answers_for_itself_alone():
    rows = [{**POST_PAID, "account": 1}, {**POST_PAID, "account": 2}, {**PREPAID, "account": 3}]
    got = verdicts(rows, [(1, *DEMAND), (2, *APPROVAL), (3, *DEMAND), (9, *PREPAID_PROOF[0])])
    assert {account: row["reasons"] for account, row in got.items()} == {
        1: "NOT_APPROVED",
        2: "NOT_DUNNED",
        3: "NOT_WARNED",
    }


@pytest.mark.spark
@pytest.mark.parametrize("law", [LAW, COMPANY], ids=["nation", "company"])
def test_spark_gives_the_same_verdicts(on_both, law):
    rows: list[dict[str, Any]] = []
    proof: list[tuple[int, str, int, str]] = []
    changes: list[dict[str, Any]] = [{}, *({name: None} for name in CUT_COLUMNS[1:])]
    changes += [{"notice_at": before(hours=hours)} for hours in (71, 72, 167, 168, 169, 200)]
    changes += [{"final_notice_at": before(minutes=minutes)} for minutes in (29, 30, 31, 1500)]
    changes += [{"important_user": level, "copied_at": before(days=4)} for level in (*LEVELS, "third")]
    for base, change in product((POST_PAID, PREPAID), changes):
        account = len(rows) + 1
        rows.append({**base, **change, "account": account})
        sound = POST_PAID_PROOF if base is POST_PAID else PREPAID_PROOF
        proof += [(account, *one) for one in sound[: 1 + account % 3]]
    got = on_both(partial(cut_verdicts, law=law), facts_table(rows), proof_table(proof))
    assert len(got) == len(rows)
    assert {row["allowed"] for row in got} == {True, False}


PROVINCE = replace(
    LAW,
    resident=NoticeTimes(
        minimum_days=7, maximum_days=None, to_end_of_day=False, final_minutes=60, final_within_minutes=None
    ),
    other=NoticeTimes(
        minimum_days=3, maximum_days=None, to_end_of_day=False, final_minutes=60, final_within_minutes=None
    ),
)
"""A province with seven days at least for residents, three for others, an hour before, and no latest day."""


def test_another_province_is_other_values_and_the_same_rule():
    hour = {"final_notice_at": before(minutes=60)}
    assert judged(law=PROVINCE, **hour, notice_at=before(days=7)) == ALLOWED
    assert judged(law=PROVINCE, **hour, notice_at=before(days=7) + 1) == ("NOTICE_TOO_RECENT",)
    assert judged(law=PROVINCE, **hour, notice_at=before(days=25)) == ALLOWED
    assert judged(law=PROVINCE, resident=False, **hour, notice_at=before(days=3)) == ALLOWED
    assert judged(law=PROVINCE, notice_at=before(days=7), final_notice_at=before(minutes=59)) == (
        "FINAL_NOTICE_TOO_LATE",
    )
