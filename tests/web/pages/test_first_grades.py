"""Who sees the first grade of an application, who gives it, who sets it aside, and who counts that?"""

from datetime import date

import builders
import pytest
from django.test import Client

from zaikong.application.first_grading import override_first_grade, overrides_by_staff
from zaikong.application.roles import Role
from zaikong.store.models import ConnectionApplication, FirstGrade

TYPED = {
    "decision": "grade",
    "established_on": "2010-05-01",
    "registered_capital_fen": "10,000,000",
    "premises": "owned",
    "monthly_bill_fen": "50000.00",
    "industry_risk": "0",
    "bank_credit_line_fen": "1000000",
    "guarantee_fen": "200000",
}
WITHOUT_LICENCE = tuple(kind for kind in builders.FIRST_PAPERS if kind != "business_licence")
LIST = "/first-grades/"
OVERRIDES = "/first-grades/overrides/"


@pytest.fixture
def application(county: builders.County) -> ConnectionApplication:
    builders.day_book()
    return builders.application(county.near)


@pytest.fixture
def clerk(signed_in) -> Client:
    return signed_in(Role.INTAKE_CLERK)


def _address(application: ConnectionApplication) -> str:
    return f"/first-grades/{application.pk}/"


def _shown(answer) -> list[str]:
    return [row.application.application_no for row, _missing in answer.context["rows"].object_list]


def test_the_list_shows_papers_what_is_missing_grade_and_terms(application, county, clerk) -> None:
    builders.first_grade(application)
    bare = builders.application(county.far, papers=("application_form",))
    answer = clerk.get(LIST)
    assert _shown(answer) == [bare.application_no, application.application_no]
    missing = {row.application.pk: kinds for row, kinds in answer.context["rows"].object_list}
    assert missing == {application.pk: [], bare.pk: [["business_licence"], ["premise_title", "lease_contract"]]}
    page = answer.content.decode()
    for said in ("营业执照", "用电地址权属证明或租赁合同", "未评级", "后付费，按月结算"):
        assert said in page
    counts = answer.context["counts"]
    assert (counts.applications, counts.waiting, counts.missing, counts.overridden) == (2, 1, 0, 0)


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("state=surveyed", [1]),
        ("category=business", [2]),
        ("grade=A", [0]),
        ("grade=none", [2]),
        ("grade=C", [1]),
        ("overridden=1", [1]),
        ("missing=1", [3]),
        ("grade=open", [3]),
        ("state=x&category=y&grade=Z&station=q", [3, 2, 1, 0]),
    ],
)
def test_the_list_is_cut_to_what_is_asked_for(query: str, places: list[int], application, county, clerk) -> None:
    builders.first_grade(application)
    second = builders.application(county.far, state="surveyed")
    person = builders.staff(Role.INTAKE_CLERK)
    override_first_grade(
        builders.first_grade(second).pk, grade="C", reason="租赁将到期", staff=person, as_of=builders.TODAY
    )
    third = builders.application(county.far, category="business")
    fourth = builders.application(county.far, papers=())
    builders.first_grade(fourth)
    rows = [application, second, third, fourth]
    assert _shown(clerk.get(f"{LIST}?{query}")) == [rows[place].application_no for place in places]


def test_the_list_is_cut_to_a_station(application, county, clerk) -> None:
    far = builders.application(county.far)
    assert _shown(clerk.get(f"{LIST}?station={county.far.pk}")) == [far.application_no]


def test_the_list_is_turned_by_pages(application, county, clerk) -> None:
    for _number in range(30):
        builders.application(county.near, papers=())
    answer = clerk.get(f"{LIST}?page=2&category=industrial")
    assert _shown(answer) == [application.application_no]
    assert "page=1&amp;category=industrial" in answer.content.decode()


def test_a_clerk_grades_an_application_by_what_is_typed(application, clerk) -> None:
    answer = clerk.post(_address(application), TYPED, follow=True)
    found = FirstGrade.objects.get()
    assert (found.grade, found.provisional, found.graded_date) == ("A", False, date(2025, 10, 1))
    assert found.facts["registered_capital_fen"] == 1_000_000_000
    assert found.graded_by_id == int(clerk.session["_auth_user_id"])
    page = answer.content.decode()
    assert answer.status_code == 200
    for said in ("申请已评为 A 级", "成立年限：满五年", "营业执照", "10,000,000.00 元", "公司自有记录", "后付费"):
        assert said in page
    points = [(row.result["points"], row.result["weight"]) for row in answer.context["items"]]
    assert sum(weight for _points, weight in points) == 100
    assert sum(points for points, _weight in points) == found.points


def test_a_missing_paper_is_named_and_lowers_nothing(application, county, clerk) -> None:
    bare = builders.application(county.near, papers=WITHOUT_LICENCE)
    answer = clerk.post(_address(bare), TYPED, follow=True)
    whole = builders.first_grade(application)
    found = FirstGrade.objects.get(application=bare)
    assert (found.provisional, found.highest_points) == (True, whole.points)
    page = answer.content.decode()
    assert "请提供营业执照" in page
    assert "待补：营业执照" in page
    open_items = {row.result["code"] for row in answer.context["items"] if row.result["points"] is None}
    assert open_items == {"YEARS_ESTABLISHED", "CAPITAL", "INDUSTRY"}


def test_a_paper_that_came_since_is_told_and_taken_in_by_grading_again(application, county, clerk) -> None:
    bare = builders.application(county.near, papers=WITHOUT_LICENCE)
    clerk.post(_address(bare), TYPED)
    builders.paper(bare, "business_licence")
    answer = clerk.get(_address(bare))
    assert answer.context["arrived"] == ["business_licence"]
    assert {field["name"]: field["value"] for field in answer.context["fields"]}["registered_capital_fen"] == "10000000"
    clerk.post(_address(bare), TYPED)
    assert [row.provisional for row in FirstGrade.objects.filter(application=bare)] == [False, True]
    assert clerk.get(_address(bare)).context["arrived"] == []


def test_nothing_typed_gives_no_grade_and_asks_for_every_fact(application, clerk) -> None:
    answer = clerk.post(_address(application), {"decision": "grade"}, follow=True)
    assert "尚不足以评级" in answer.content.decode()
    assert FirstGrade.objects.get().grade == ""
    assert "暂无供用电条件建议" in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("registered_capital_fen", "很多", "MONEY_UNREADABLE"),
        ("registered_capital_fen", "-5", "APPLICATION_WRONG"),
        ("monthly_bill_fen", "0", "APPLICATION_WRONG"),
        ("established_on", "昨天", "APPLICATION_WRONG"),
        ("established_on", "2025-12-01", "FACT_IN_FUTURE"),
        ("premises", "borrowed", "APPLICATION_WRONG"),
        ("industry_risk", "9", "APPLICATION_WRONG"),
        ("industry_risk", "x", "APPLICATION_WRONG"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_kept_in_the_form(
    field: str, typed: str, code: str, application, clerk
) -> None:
    answer = clerk.post(_address(application), {**TYPED, field: typed})
    assert answer.status_code == 409
    assert code in answer.content.decode()
    assert FirstGrade.objects.count() == 0
    assert {each["name"]: each["value"] for each in answer.context["fields"]} == {
        name: {**TYPED, field: typed}[name] for name in TYPED if name != "decision"
    }


def test_a_clerk_sets_a_proposal_aside_with_a_reason(application, clerk) -> None:
    proposal = builders.first_grade(application)
    form = {"decision": "override", "first_grade": proposal.pk, "grade": "C", "reason": "租赁合同将到期"}
    answer = clerk.post(_address(application), form, follow=True)
    found = FirstGrade.objects.exclude(overridden=None).get()
    assert (found.card_grade, found.grade, found.override_reason) == ("A", "C", "租赁合同将到期")
    page = answer.content.decode()
    for said in ("等级已改为 C", "租赁合同将到期", "改评人", "分次结算", str(found.graded_by)):
        assert said in page
    assert 'value="override"' not in page
    assert 'value="grade"' in page


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"reason": "  "}, "REASON_MISSING"),
        ({"reason": "长" * 201}, "REASON_TOO_LONG"),
        ({"grade": "A"}, "GRADE_SAME"),
        ({"grade": "Z"}, "GRADE_UNKNOWN"),
    ],
)
def test_an_override_that_cannot_be_is_refused(typed: dict[str, str], code: str, application, clerk) -> None:
    proposal = builders.first_grade(application)
    form = {"decision": "override", "first_grade": proposal.pk, "grade": "C", "reason": "已现场核实", **typed}
    answer = clerk.post(_address(application), form)
    assert answer.status_code == 409
    assert code in answer.content.decode()
    assert FirstGrade.objects.count() == 1


def test_nothing_is_set_aside_twice(application, clerk) -> None:
    proposal = builders.first_grade(application)
    form = {"decision": "override", "first_grade": proposal.pk, "grade": "C", "reason": "已现场核实"}
    clerk.post(_address(application), form)
    answer = clerk.post(_address(application), {**form, "grade": "D"})
    assert answer.status_code == 409
    assert "PROPOSAL_UNKNOWN" in answer.content.decode()


def test_a_proposal_of_another_application_is_not_set_aside_here(application, county, clerk) -> None:
    other = builders.first_grade(builders.application(county.near))
    form = {"decision": "override", "first_grade": other.pk, "grade": "C", "reason": "已现场核实"}
    assert clerk.post(_address(application), form).status_code == 404
    assert clerk.post(_address(application), {**form, "first_grade": "x"}).status_code == 404
    assert clerk.post(_address(application), {"decision": "x"}).status_code == 404
    assert FirstGrade.objects.count() == 1


def test_a_veto_says_what_holds_the_grade_down(application, clerk) -> None:
    notice = builders.signal(application.customer.name, kind="bankruptcy", known_date=builders.TODAY)
    notice.signalmatch_set.create(
        customer=application.customer,
        found_by="name",
        score=100,
        state="confirmed",
        matched_date=builders.TODAY,
    )
    builders.first_grade(application)
    page = clerk.get(_address(application)).content.decode()
    assert "法院受理破产申请" in page
    assert "不高于 E 级" in page


def test_a_number_of_a_persons_card_is_hidden_and_an_expired_paper_is_marked(application, clerk) -> None:
    builders.paper(application, "representative_identity_card", number="410102199003070016")
    builders.paper(application, "lease_contract", valid_to=date(2025, 9, 1))
    page = clerk.get(_address(application)).content.decode()
    assert "410102199003070016" not in page
    assert "已过期" in page


def test_who_may_not_grade_sees_no_form_and_is_refused(application, signed_in) -> None:
    proposal = builders.first_grade(application)
    auditor = signed_in(Role.AUDITOR)
    assert 'name="decision"' not in auditor.get(_address(application)).content.decode()
    assert auditor.post(_address(application), TYPED).status_code == 403
    form = {"decision": "override", "first_grade": proposal.pk, "grade": "C", "reason": "已现场核实"}
    assert auditor.post(_address(application), form).status_code == 403
    for role in (Role.CASHIER, Role.BILLING_CLERK, Role.METERING_TECHNICIAN):
        assert signed_in(role).get(LIST).status_code == 403
    assert FirstGrade.objects.count() == 1


def test_an_application_of_another_station_is_not_seen_and_not_graded(application, county, signed_in) -> None:
    far = builders.application(county.far)
    near = signed_in(Role.INTAKE_CLERK, county.near)
    answer = near.get(f"{LIST}?station={county.far.pk}")
    assert _shown(answer) == [application.application_no]
    assert (answer.context["counts"].applications, answer.context["stations"]) == (1, [])
    assert near.get(_address(far)).status_code == 404
    assert near.post(_address(far), TYPED).status_code == 404


def test_the_list_asks_the_same_number_of_queries_for_one_application_and_for_three(
    application, county, clerk, queries_of
) -> None:
    builders.first_grade(application)
    one = queries_of(clerk, LIST)
    for _number in range(2):
        builders.first_grade(builders.application(county.far))
    assert queries_of(clerk, LIST) == one
    assert one <= 20


def test_the_page_asks_the_same_number_of_queries_for_one_grading_and_for_three(application, clerk, queries_of) -> None:
    builders.first_grade(application)
    one = queries_of(clerk, _address(application))
    builders.first_grade(application)
    builders.first_grade(application)
    assert queries_of(clerk, _address(application)) == one
    assert one <= 20


def test_overrides_are_counted_by_staff_and_month_with_their_share(application, county, signed_in) -> None:
    clerk, other = builders.staff(Role.INTAKE_CLERK), builders.staff(Role.MANAGER)
    proposals = [builders.first_grade(builders.application(county.near), clerk) for _number in range(3)]
    early = builders.first_grade(application, other, day=date(2025, 8, 30))
    override_first_grade(early.pk, grade="B", reason="已现场核实", staff=other, as_of=date(2025, 8, 31))
    override_first_grade(proposals[0].pk, grade="B", reason="已现场核实", staff=clerk, as_of=builders.TODAY)
    override_first_grade(proposals[1].pk, grade="D", reason="已现场核实", staff=other, as_of=builders.TODAY)
    rows = signed_in(Role.AUDITOR).get(OVERRIDES).context["rows"]
    assert [
        (row.month, row.staff, row.proposals, row.graded, row.overrides, row.better, row.worse) for row in rows
    ] == [
        (date(2025, 9, 1), clerk, 3, 3, 1, 0, 1),
        (date(2025, 9, 1), other, 3, 0, 1, 0, 1),
        (date(2025, 8, 1), other, 1, 1, 1, 0, 1),
    ]
    september = overrides_by_staff(from_date=date(2025, 9, 1), to_date=date(2025, 10, 1))
    assert {row.staff.username: row.overrides for row in rows if row.month.month == 9} == september
    assert "33.33%" in signed_in(Role.MANAGER).get(OVERRIDES).content.decode()


def test_overrides_are_counted_within_the_station_for_manager_and_auditor_only(
    application, county, signed_in, queries_of
) -> None:
    manager = signed_in(Role.MANAGER, county.near)
    assert "还没有评级的申请" in manager.get(OVERRIDES).content.decode()
    builders.first_grade(builders.application(county.far))
    assert manager.get(OVERRIDES).context["rows"] == []
    assert signed_in(Role.INTAKE_CLERK).get(OVERRIDES).status_code == 403
    people = [builders.staff(Role.INTAKE_CLERK) for _number in range(3)]
    builders.first_grade(application, people[0])
    one = queries_of(manager, OVERRIDES)
    for person in people[1:]:
        builders.first_grade(builders.application(county.near), person)
    assert queries_of(manager, OVERRIDES) == one


def test_the_page_speaks_english_too(application, clerk) -> None:
    builders.first_grade(application)
    clerk.post("/language/setlang/", {"language": "en", "next": "/"})
    page = clerk.get(_address(application)).content.decode()
    for said in ("years established: five years or more", "business licence", "the company's own record"):
        assert said in page
