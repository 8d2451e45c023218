"""An application gets its first grade from its papers; a clerk may set it aside with a reason."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from zaikong.application.first_grading import (
    UnableToGradeConnectionError,
    grade_connection,
    override_first_grade,
    overrides_by_staff,
)
from zaikong.domain.credit.intake import UnableToOverrideGradeError
from zaikong.domain.credit.intake_card import PAPER_NAMES
from zaikong.store import models

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
SOUND = {
    "established_on": date(2010, 5, 1),
    "registered_capital_fen": 1_000_000_000,
    "premises": "owned",
    "monthly_bill_fen": 5_000_000,
    "industry_risk": 0,
    "bank_credit_line_fen": 100_000_000,
    "guarantee_fen": 10_000_000,
}


@pytest.fixture
def application():
    station = models.Station.objects.create(code="GD01", name="城关供电所")
    premise = models.Premise.objects.create(address="工业路1号", station=station, route="R01")
    customer = models.Customer.objects.create(name="安澜县新光机械有限公司")
    return models.ConnectionApplication.objects.create(
        application_no="YK2026-001",
        customer=customer,
        premise=premise,
        category="industrial",
        capacity_centi_kva=63_000,
        accepted_date=TODAY,
    )


@pytest.fixture
def clerk():
    return models.Staff.objects.create(username="intake")


def give_papers(application, *kinds, valid_to=None):
    for kind in kinds:
        models.ApplicationDocument.objects.create(
            application=application, kind=kind, received_date=TODAY, valid_to=valid_to
        )


def test_an_application_with_every_paper_is_graded_whole_and_its_terms_proposed(application, clerk):
    give_papers(application, *PAPER_NAMES)
    found = grade_connection("YK2026-001", SOUND, as_of=TODAY, staff=clerk)

    assert (found.grade, found.provisional, found.missing) == ("A", False, [])
    assert found.lowest_points == found.points == found.highest_points
    assert found.terms["charging"] == "post_paid"
    assert all(item["zh"] and item["en"] for item in found.items)


def test_a_missing_paper_lowers_nothing_and_is_asked_for(application):
    found = grade_connection("YK2026-001", {"monthly_bill_fen": 5_000_000}, as_of=TODAY)

    assert found.provisional
    assert {each["kind"] for each in found.missing} == {"paper", "fact"}
    assert found.lowest_points < found.highest_points
    assert all(item["points"] is None or item["points"] >= 0 for item in found.items)


def test_a_paper_that_has_expired_is_no_paper(application):
    give_papers(application, *PAPER_NAMES, valid_to=TODAY)
    assert grade_connection("YK2026-001", SOUND, as_of=TODAY).provisional


def test_what_the_record_knows_cannot_be_handed_in(application):
    with pytest.raises(UnableToGradeConnectionError) as refusal:
        grade_connection("YK2026-001", {"adverse_signal": 0}, as_of=TODAY)
    assert refusal.value.code == "FACT_OF_THE_RECORD"


def test_an_unknown_application_is_refused():
    with pytest.raises(UnableToGradeConnectionError) as refusal:
        grade_connection("YK0", {}, as_of=TODAY)
    assert refusal.value.code == "APPLICATION_UNKNOWN"


def test_a_notice_about_the_customer_weighs(application):
    give_papers(application, *PAPER_NAMES)
    before = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    signal = models.Signal.objects.create(
        subject_name="安澜县新光机械有限公司",
        kind="bankruptcy",
        signal_date=date(2026, 11, 1),
        source="法院公告",
        known_date=date(2026, 11, 2),
    )
    models.SignalMatch.objects.create(
        signal=signal,
        customer=application.customer,
        found_by="name",
        score=100,
        state="confirmed",
        matched_date=date(2026, 11, 2),
    )
    after = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    assert after.grade > before.grade
    assert grade_connection("YK2026-001", SOUND, as_of=date(2026, 11, 1)).grade == before.grade


def test_a_notice_that_became_known_later_does_not_weigh_yet(application):
    give_papers(application, *PAPER_NAMES)
    signal = models.Signal.objects.create(
        subject_name="安澜县新光机械有限公司",
        kind="bankruptcy",
        signal_date=date(2026, 11, 1),
        source="法院公告",
        known_date=date(2026, 11, 20),
    )
    models.SignalMatch.objects.create(
        signal=signal,
        customer=application.customer,
        found_by="usci",
        score=100,
        state="confirmed",
        matched_date=date(2026, 11, 2),
    )
    judged = {day: grade_connection("YK2026-001", SOUND, as_of=date(2026, 11, day)) for day in (19, 20)}
    assert {day: found.facts["adverse_signal"] for day, found in judged.items()} == {19: 0, 20: 4}
    assert judged[19].grade < judged[20].grade


def test_an_override_keeps_the_proposal_is_reasoned_and_counted(application, clerk):
    give_papers(application, *PAPER_NAMES)
    proposal = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    found = override_first_grade(proposal.pk, grade="C", reason="租赁合同将到期", staff=clerk, as_of=TODAY)

    assert (found.card_grade, found.grade, found.overridden_id) == ("A", "C", proposal.pk)
    assert found.terms["charging"] != proposal.terms["charging"] or found.terms != proposal.terms
    assert models.FirstGrade.objects.get(pk=proposal.pk).grade == "A"
    assert overrides_by_staff(from_date=TODAY, to_date=date(2026, 11, 24)) == {"intake": 1}
    with pytest.raises(UnableToGradeConnectionError):
        override_first_grade(proposal.pk, grade="D", reason="再改", staff=clerk, as_of=TODAY)


@pytest.mark.parametrize(
    ("grade", "reason", "code"),
    [
        ("F", "因为", "GRADE_UNKNOWN"),
        ("A", "因为", "GRADE_SAME"),
        ("C", "  ", "REASON_MISSING"),
        ("C", "不妥", "REASON_MISSING"),
    ],
)
def test_an_override_that_cannot_be_is_refused(application, clerk, grade, reason, code):
    give_papers(application, *PAPER_NAMES)
    proposal = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    with pytest.raises(UnableToOverrideGradeError) as refusal:
        override_first_grade(proposal.pk, grade=grade, reason=reason, staff=clerk, as_of=TODAY)
    assert refusal.value.code == code
    assert models.FirstGrade.objects.count() == 1


def test_a_first_grade_is_never_changed(application):
    found = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        models.FirstGrade.objects.filter(pk=found.pk).update(grade="E")
    with pytest.raises(IntegrityError), transaction.atomic():
        models.FirstGrade.objects.create(
            application=application,
            graded_date=TODAY,
            card_edition="2026",
            lowest_points=0,
            highest_points=0,
            card_grade="A",
            grade="B",
        )


def test_the_facts_it_was_judged_by_are_kept_with_the_grade_and_with_its_override(application, clerk):
    give_papers(application, "business_licence", "premise_title")
    proposal = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    assert proposal.facts["papers"] == ["business_licence", "premise_title"]
    assert proposal.facts["established_on"] == "2010-05-01"
    assert proposal.facts["earlier_accounts"] == []
    found = override_first_grade(proposal.pk, grade="D", reason="资料存疑", staff=clerk, as_of=TODAY)
    assert (found.facts, found.vetoes) == (proposal.facts, proposal.vetoes)


def test_a_veto_is_kept_with_the_grade_it_holds_down(application):
    give_papers(application, *PAPER_NAMES)
    signal = models.Signal.objects.create(
        subject_name="安澜县新光机械有限公司", kind="bankruptcy", signal_date=TODAY, source="法院公告", known_date=TODAY
    )
    models.SignalMatch.objects.create(
        signal=signal, customer=application.customer, found_by="name", score=100, state="confirmed", matched_date=TODAY
    )
    found = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    assert found.grade == "E"
    assert [(veto["code"], veto["grade"], veto["until"]) for veto in found.vetoes] == [("BANKRUPTCY", "E", None)]


def test_a_proposal_that_was_graded_anew_is_not_set_aside(application, clerk):
    give_papers(application, *PAPER_NAMES)
    old = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    grade_connection("YK2026-001", SOUND, as_of=TODAY)
    with pytest.raises(UnableToGradeConnectionError) as refusal:
        override_first_grade(old.pk, grade="C", reason="重新核实", staff=clerk, as_of=TODAY)
    assert refusal.value.code == "PROPOSAL_UNKNOWN"


def test_a_reason_that_does_not_fit_is_refused(application, clerk):
    give_papers(application, *PAPER_NAMES)
    proposal = grade_connection("YK2026-001", SOUND, as_of=TODAY)
    with pytest.raises(UnableToOverrideGradeError) as refusal:
        override_first_grade(proposal.pk, grade="C", reason="长" * 201, staff=clerk, as_of=TODAY)
    assert refusal.value.code == "REASON_TOO_LONG"


def test_a_withdrawn_application_is_not_graded(application):
    type(application).objects.filter(pk=application.pk).update(state="withdrawn")
    with pytest.raises(UnableToGradeConnectionError) as caught:
        grade_connection(application.application_no, SOUND, as_of=TODAY)
    assert caught.value.code == "APPLICATION_WITHDRAWN"
