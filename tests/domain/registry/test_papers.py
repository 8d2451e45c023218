"""What an application still needs, paper by paper."""

from dataclasses import replace
from datetime import date

import pytest

from zaikong.domain.registry.application import Applicant, Application, Premise, SupplyPoint
from zaikong.domain.registry.papers import PAPERS, Paper, UnableToListPapersError, needed_papers, paper_findings

AS_OF = date(2025, 9, 30)
CARD = "11010519491231002X"
USCI = "91330100799655058B"

HOUSEHOLD = Application(
    "residential",
    Applicant("张三", "", CARD, "13812341234"),
    Premise("人民路 1 号", owner_applies=True),
    SupplyPoint("0.22", 800),
)
FACTORY = Application(
    "industrial",
    Applicant("某某机械有限公司", USCI, CARD, "0371-66666666"),
    Premise("工业路 8 号", owner_applies=True),
    SupplyPoint("10", 63_000),
)
FACTORY_PAPERS = [
    Paper("application_form"),
    Paper("business_licence", USCI, date(2020, 1, 1)),
    Paper("representative_identity_card", CARD),
    Paper("premise_title", "豫(2020)001"),
    Paper("load_list"),
    Paper("project_approval", "发改投资〔2025〕1号"),
]


def codes(application, papers):
    return [(finding.code, finding.subject) for finding in paper_findings(application, papers, as_of=AS_OF)]


def test_a_household_needs_form_card_and_title():
    assert needed_papers(HOUSEHOLD) == ("application_form", "identity_card", "premise_title")


def test_a_tenant_and_an_agent_bring_more():
    tenant = replace(HOUSEHOLD, premise=Premise("人民路 1 号", owner_applies=False), by_agent=True)
    assert needed_papers(tenant)[3:] == ("owner_consent", "agent_authority", "agent_identity_card")


def test_a_factory_above_160_kva_needs_its_project_approval():
    assert needed_papers(FACTORY)[-2:] == ("load_list", "project_approval")
    small = replace(FACTORY, supply_point=SupplyPoint("0.4", 16_000))
    assert "project_approval" not in needed_papers(small)


def test_a_farm_company_brings_its_licence_instead_of_a_card():
    farm = replace(FACTORY, category="agricultural", supply_point=SupplyPoint("0.4", 5_000))
    assert needed_papers(farm) == (
        "application_form",
        "business_licence",
        "representative_identity_card",
        "premise_title",
        "water_or_land_permit",
    )


def test_complete_papers_leave_nothing_open():
    assert codes(FACTORY, FACTORY_PAPERS) == []
    assert codes(HOUSEHOLD, [Paper("application_form"), Paper("identity_card", CARD), Paper("premise_title")]) == []


def test_each_missing_paper_is_a_row():
    assert codes(HOUSEHOLD, []) == [("PAPER_MISSING", kind) for kind in needed_papers(HOUSEHOLD)]
    assert paper_findings(HOUSEHOLD, [], as_of=AS_OF)[0].message == "用电申请书 is missing"


def test_an_expired_licence_is_found_and_a_second_sound_one_clears_it():
    expired = Paper("business_licence", USCI, date(2015, 1, 1), date(2025, 1, 1))
    others = [paper for paper in FACTORY_PAPERS if paper.kind != "business_licence"]
    assert codes(FACTORY, [*others, expired]) == [("LICENCE_EXPIRED", "business_licence")]
    assert codes(FACTORY, [*FACTORY_PAPERS, expired]) == []


def test_a_licence_without_dates_or_of_somebody_else_is_found():
    other = "91110000100000930"
    licence = Paper("business_licence", "91330100799655058b")
    assert codes(FACTORY, [p for p in FACTORY_PAPERS if p.kind != "business_licence"] + [licence]) == [
        ("PAPER_UNDATED", "business_licence")
    ]
    from zaikong.domain.registry.identifiers import usci_check

    foreign = Paper("business_licence", other + usci_check(other), date(2020, 1, 1))
    assert codes(FACTORY, [p for p in FACTORY_PAPERS if p.kind != "business_licence"] + [foreign]) == [
        ("PAPER_NUMBER_DIFFERS", "business_licence")
    ]


def test_an_unknown_kind_of_paper_is_a_row_not_a_crash():
    assert codes(FACTORY, [*FACTORY_PAPERS, Paper("love_letter")]) == [("PAPER_UNKNOWN", "love_letter")]


def test_the_applicant_is_checked_too():
    wrong = replace(FACTORY, applicant=Applicant("x", USCI[:-1] + "A", CARD, "95598"))
    assert codes(wrong, FACTORY_PAPERS) == [
        ("PAPER_NUMBER_DIFFERS", "business_licence"),
        ("PHONE_WRONG", "phone"),
        ("USCI_CHECK_WRONG", "usci"),
    ]


def test_an_unknown_category_is_refused():
    with pytest.raises(UnableToListPapersError) as caught:
        needed_papers(replace(HOUSEHOLD, category="villa"))
    assert caught.value.code == "CATEGORY_UNKNOWN"


def test_every_needed_paper_has_a_name():
    for category in ("residential", "agricultural", "business", "industrial", "public"):
        application = replace(FACTORY, category=category, by_agent=True, premise=Premise("x", owner_applies=False))
        assert [kind for kind in needed_papers(application) if kind not in PAPERS] == []
