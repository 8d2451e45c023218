"""What does the board of warnings say, to whom, and what can be noted there?"""

from datetime import date, timedelta

import builders
import pytest
from django.utils import translation

from zaikong.application.roles import Role
from zaikong.domain.warning.level_table import editions
from zaikong.store.models import RiskWarning
from zaikong.store.queries.scope import Scope
from zaikong.store.queries.warning_page import grades_over_time
from zaikong.web import credit_words

COUNTY = Scope(station_id=None)
BEFORE = builders.TODAY - timedelta(days=1)


@pytest.fixture
def warned(county: builders.County) -> builders.County:
    builders.day_book()
    builders.graded(county.seen, 1, expected_loss_fen=78_750)
    builders.graded(county.unseen, 3, expected_loss_fen=11_000)
    builders.warning(county.seen)
    builders.warning(county.seen, cause="PERIODS_OPEN", level=3, observed=2, limit=2)
    builders.warning(
        county.unseen,
        cause="USE_DROP",
        level=2,
        subject_date=None,
        observed=623,
        exposure_fen=90_000,
        expected_loss_fen=500,
    )
    return county


def test_warnings_stand_by_level_then_by_expected_loss(warned: builders.County, signed_in) -> None:
    builders.warning(warned.unseen, expected_loss_fen=99_999)
    rows = signed_in(Role.MANAGER).get("/warnings/").context["rows"].object_list
    assert [(row.level, row.expected_loss_fen) for row in rows] == [(4, 99_999), (4, 78_750), (3, 78_750), (2, 500)]


def test_causes_next_steps_and_deadlines_are_said_in_words(warned: builders.County, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/warnings/").content.decode()
    for said in ("逾期 31 天", "2 期电费逾期", "用电量下降 62.3 %", "一户一策会审", "45.0 %", "7,000.00", "2025-10-01"):
        assert said in page
    assert "期限已过" not in page


def test_a_deadline_that_has_passed_is_marked_and_counted(warned: builders.County, signed_in) -> None:
    RiskWarning.objects.filter(cause="BILL_OVERDUE").update(deadline=date(2025, 9, 29))
    answer = signed_in(Role.MANAGER).get("/warnings/?late=1")
    assert answer.context["late"] == 1
    assert [row.cause for row in answer.context["rows"].object_list] == ["BILL_OVERDUE"]
    assert "期限已过" in answer.content.decode()


def test_an_account_with_two_causes_counts_once_in_the_sums(warned: builders.County, signed_in) -> None:
    context = signed_in(Role.MANAGER).get("/warnings/").context
    assert [(row.level, row.accounts, row.exposure_fen, row.expected_loss_fen) for row in context["levels"]] == [
        (4, 1, 700_000, 78_750),
        (2, 1, 90_000, 500),
    ]
    assert context["level_sum"] == {"accounts": 2, "exposure_fen": 790_000, "expected_loss_fen": 79_250}
    assert [(row.cause, row.by_level, row.warnings, row.expected_loss_fen) for row in context["causes"]] == [
        ("BILL_OVERDUE", (0, 0, 0, 1), 1, 78_750),
        ("PERIODS_OPEN", (0, 0, 1, 0), 1, 78_750),
        ("USE_DROP", (0, 1, 0, 0), 1, 500),
    ]


def test_county_figures_are_exposure_expected_loss_and_accounts_by_grade(warned: builders.County, signed_in) -> None:
    context = signed_in(Role.MANAGER).get("/warnings/").context
    assert [(row.grade, row.accounts, row.exposure_fen, row.expected_loss_fen) for row in context["grades"]] == [
        (3, 1, 13_000, 11_000),
        (1, 1, 7_000, 78_750),
    ]
    assert context["grade_sum"] == {"accounts": 2, "exposure_fen": 20_000, "expected_loss_fen": 89_750}


@pytest.mark.parametrize(
    ("asked", "causes"),
    [
        ("level=2", ["USE_DROP"]),
        ("cause=PERIODS_OPEN", ["PERIODS_OPEN"]),
        ("owner=0", ["PERIODS_OPEN", "USE_DROP"]),
        ("level=4&cause=USE_DROP", []),
        ("level=9&owner=x&station=%00&page=7&late=no", ["BILL_OVERDUE", "PERIODS_OPEN", "USE_DROP"]),
        ("owner=999999", []),
    ],
)
def test_the_list_is_filtered(asked: str, causes: list[str], warned: builders.County, signed_in) -> None:
    person = builders.staff(Role.COLLECTOR, warned.near)
    RiskWarning.objects.filter(cause="BILL_OVERDUE").update(owner=person)
    client = signed_in(Role.MANAGER)
    assert [row.cause for row in client.get(f"/warnings/?{asked}").context["rows"].object_list] == causes
    mine = client.get(f"/warnings/?owner={person.pk}").context
    assert ([row.cause for row in mine["rows"].object_list], mine["owners"]) == (["BILL_OVERDUE"], [person])


def test_the_county_chooses_a_station_and_a_station_sees_its_own(warned: builders.County, signed_in) -> None:
    far = signed_in(Role.MANAGER).get(f"/warnings/?station={warned.far.pk}").context["rows"].object_list
    assert [row.account for row in far] == [warned.unseen]
    answer = signed_in(Role.COLLECTOR, warned.near).get(f"/warnings/?station={warned.far.pk}")
    context = answer.context
    assert {row.account for row in context["rows"].object_list} == {warned.seen}
    assert [row.level for row in context["levels"]] == [4]
    assert [row.cause for row in context["causes"]] == ["BILL_OVERDUE", "PERIODS_OPEN"]
    assert [row.grade for row in context["grades"]] == [1]
    assert (context["movement"].opened, context["stations"]) == (2, [])
    assert "李四" not in answer.content.decode()


def test_the_movement_of_the_last_night_is_told(warned: builders.County, signed_in) -> None:
    yesterdays = {"night": BEFORE, "level_date": builders.TODAY}
    builders.warning(warned.seen, cause="SIGNAL", level=3, level_before=2, **yesterdays)
    builders.warning(warned.seen, cause="USE_DROP", level=1, level_before=2, subject_date=BEFORE, **yesterdays)
    builders.warning(warned.seen, cause="SCORE_HIGH", level=1, **yesterdays)
    builders.warning(warned.seen, cause="USE_STOPPED", night=BEFORE, closed_date=builders.TODAY)
    builders.warning(warned.seen, cause="PREPAID_LOW", night=BEFORE, closed_date=BEFORE)
    answer = signed_in(Role.MANAGER).get("/warnings/")
    moved = answer.context["movement"]
    assert (moved.opened, moved.raised, moved.lowered, moved.reopened, moved.closed) == (3, 1, 1, 1, 1)
    assert "新开 3 · 升级 1 · 降级 1 · 再次开启 1 · 解除 1" in answer.content.decode()


def test_grades_over_time_add_up_the_moves(county: builders.County) -> None:
    builders.graded(county.seen, 6, night=date(2025, 7, 31))
    builders.graded(county.unseen, 6, night=date(2025, 7, 31))
    builders.graded(county.seen, 1, night=date(2025, 9, 30), before=6)

    def held(scope: Scope, from_date: date) -> dict[date, list[int]]:
        nights: dict[date, list[int]] = {}
        for night, _grade, accounts in grades_over_time(scope=scope, from_date=from_date):
            nights.setdefault(night, []).append(accounts)
        return nights

    july, september = date(2025, 7, 31), date(2025, 9, 30)
    assert held(COUNTY, july) == {july: [0, 0, 0, 0, 0, 2], september: [1, 0, 0, 0, 0, 1]}
    assert held(COUNTY, september) == {september: [1, 0, 0, 0, 0, 1]}
    assert held(Scope(station_id=county.near.pk), july) == {
        july: [0, 0, 0, 0, 0, 1],
        september: [1, 0, 0, 0, 0, 0],
    }


def test_the_chart_of_grades_starts_with_the_second_night(warned: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    assert client.get("/warnings/").context["over_time"] is None
    builders.graded(builders.account(warned.near), 6, night=BEFORE)
    figure = client.get("/warnings/").context["over_time"]
    assert [trace["name"] for trace in figure["data"]] == ["D", "C", "B", "A", "AA", "AAA"]
    assert [trace["y"][-1] for trace in figure["data"]] == [1, 0, 1, 0, 0, 1]
    assert figure["data"][0]["x"] == ["2025-09-29", "2025-09-30", "2025-10-01"]


def test_what_was_done_is_noted_with_who_did_it(warned: builders.County, signed_in) -> None:
    client = signed_in(Role.COLLECTOR, warned.near)
    number = RiskWarning.objects.get(cause="BILL_OVERDUE").pk
    answer = client.post("/warnings/?level=4", {"warning": number, "note": "已上门，承诺周五缴清"})
    assert (answer.status_code, answer.url) == (302, "/warnings/?level=4#zk-warnings")
    noted = RiskWarning.objects.get(pk=number)
    assert (noted.handled_note, noted.owner.pk) == ("已上门，承诺周五缴清", int(client.session["_auth_user_id"]))
    page = client.get("/warnings/?level=4").content.decode()
    assert "已上门，承诺周五缴清" in page
    assert "处理情况已登记" in page


@pytest.mark.parametrize(("note", "code"), [("  ", "NOTE_MISSING"), ("长" * 301, "NOTE_TOO_LONG")])
def test_a_note_that_cannot_stand_is_refused_on_the_page(
    note: str, code: str, warned: builders.County, signed_in
) -> None:
    number = RiskWarning.objects.get(cause="BILL_OVERDUE").pk
    answer = signed_in(Role.MANAGER).post("/warnings/", {"warning": number, "note": note})
    assert answer.status_code == 409
    assert code in answer.content.decode()
    assert RiskWarning.objects.get(pk=number).handled_note == ""


def test_a_closed_warning_takes_no_note(warned: builders.County, signed_in) -> None:
    closed = builders.warning(warned.seen, cause="SIGNAL", closed_date=builders.TODAY)
    answer = signed_in(Role.MANAGER).post("/warnings/", {"warning": closed.pk, "note": "x"})
    assert answer.status_code == 409
    assert "WARNING_UNKNOWN" in answer.content.decode()


def test_who_may_not_handle_or_does_not_see_a_warning_notes_nothing(warned: builders.County, signed_in) -> None:
    number = RiskWarning.objects.get(cause="USE_DROP").pk
    form = {"warning": number, "note": "x"}
    assert signed_in(Role.AUDITOR).post("/warnings/", form).status_code == 403
    assert "<textarea" not in signed_in(Role.AUDITOR).get("/warnings/").content.decode()
    collector = signed_in(Role.COLLECTOR, warned.near)
    assert collector.post("/warnings/", form).status_code == 404
    assert collector.post("/warnings/", {"warning": "x", "note": "x"}).status_code == 404
    assert RiskWarning.objects.get(pk=number).handled_note == ""


def test_a_board_without_warnings_and_grades_says_so(county: builders.County, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/warnings/").content.decode()
    assert "当前没有预警" in page
    assert "尚未进行夜间评级" in page


def test_the_first_page_shows_warnings_by_level(warned: builders.County, signed_in) -> None:
    answer = signed_in(Role.COLLECTOR, warned.near).get("/")
    assert [(row.level, row.accounts) for row in answer.context["warned"]] == [(4, 1)]
    assert 'href="/warnings/?level=4"' in answer.content.decode()
    assert "warned" not in signed_in(Role.CASHIER).get("/").context


def test_the_board_asks_the_same_number_of_queries_for_one_warning_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    builders.warning(county.seen, owner=builders.staff(Role.COLLECTOR))
    one = queries_of(client, "/warnings/")
    for place in range(2):
        account = builders.account(county.far)
        builders.graded(account, 2)
        builders.warning(account, owner=builders.staff(Role.COLLECTOR), cause=("USE_DROP", "SIGNAL")[place])
    assert queries_of(client, "/warnings/") == one
    assert one <= 24


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_cause_and_step_of_the_table_has_words(language: str) -> None:
    table = editions()[-1].value
    with translation.override(language):
        assert {
            code for code in table.causes if credit_words.cause_said(code, 1) == f"{credit_words.cause(code)} 1"
        } == set()
        steps = {step.code for step in table.next_steps.values()}
        assert {code for code in steps if credit_words.next_step(code) == code} == set()


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    assert credit_words.cause_said("SNOW", 3) == "SNOW 3"
    assert (credit_words.reason("SNOW"), credit_words.reason_figure("SNOW", 1_234)) == ("SNOW", "1,234")
    assert (credit_words.next_step("SNOW"), credit_words.doubt("SNOW")) == ("SNOW", "SNOW")
