"""Is the fairness audit shown with its verdicts, and to whom?"""

import builders
import cut_builders
import pytest

from zaikong.application.roles import Role
from zaikong.domain.assessment.fairness_cells import DIMENSIONS
from zaikong.web import fairness_words

PERIOD = "from=2025-07-01&to=2025-08-12"


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


def test_a_period_is_audited_only_when_it_is_asked_for(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.AUDITOR).get("/fairness/")
    assert answer.context["asked_for"] is False
    assert "选择期间" in answer.content.decode()


def test_planted_bias_against_a_station_is_shown_as_a_gap(county: builders.County, signed_in) -> None:
    for number in range(40):
        builders.graded(builders.account(county.near), 1 if number < 36 else 5)
        builders.graded(builders.account(county.far), 1 if number < 4 else 5)
    answer = signed_in(Role.AUDITOR).get(f"/fairness/?{PERIOD}&by=station")
    rows = {row.group: row for row in answer.context["rows"]}
    assert {name: row.verdict for name, row in rows.items()} == {"城关供电所": "gap", "马头供电所": "gap"}
    assert rows["城关供电所"].gap_ppm > 0
    assert answer.context["found"] == 2
    page = answer.content.decode()
    for said in ("低等级（C、D）", "城关供电所", "有差异，须查看", "90.0 %", "0.0001"):
        assert said in page


def test_equal_rates_show_no_gap_and_few_accounts_are_not_judged(county: builders.County, signed_in) -> None:
    for number in range(40):
        builders.graded(builders.account(county.near), 1 if number < 20 else 5)
        builders.graded(builders.account(county.far), 1 if number < 20 else 5)
    builders.graded(builders.account(builders.station("S03", "小所")), 1)
    answer = signed_in(Role.LEGAL_OFFICER).get(f"/fairness/?{PERIOD}&by=station")
    assert {row.group: row.verdict for row in answer.context["rows"]} == {
        "城关供电所": "none",
        "马头供电所": "none",
        "小所": "too_few",
    }
    assert (answer.context["tested"], answer.context["few"], answer.context["found"]) == (2, 1, 0)


def test_a_period_in_which_nothing_was_open_says_so(county: builders.County, signed_in) -> None:
    assert "没有可供审计的事项" in signed_in(Role.DIRECTOR).get(f"/fairness/?{PERIOD}").content.decode()


@pytest.mark.parametrize("period", ["from=2025-08-12&to=2025-07-01", "from=2019-01-01&to=2025-07-01"])
def test_a_period_that_runs_backwards_or_is_too_long_is_refused(
    period: str, county: builders.County, signed_in
) -> None:
    answer = signed_in(Role.AUDITOR).get(f"/fairness/?{period}")
    assert answer.status_code == 409
    assert "PERIOD_WRONG" in answer.content.decode()


def test_the_audit_is_shown_to_oversight_of_the_county_only(county: builders.County, signed_in) -> None:
    answers = {role: signed_in(role).get("/fairness/").status_code for role in Role if role != Role.CUSTOMER}
    oversight = {Role.MANAGER, Role.DIRECTOR, Role.LEGAL_OFFICER, Role.AUDITOR}
    assert answers == {role: 200 if role in oversight else 403 for role in answers}
    assert signed_in(Role.MANAGER, county.near).get("/fairness/").status_code == 403


def test_the_audit_speaks_english(county: builders.County, signed_in) -> None:
    client = signed_in(Role.AUDITOR)
    client.cookies["django_language"] = "en"
    assert "Choose a period and press Audit." in client.get("/fairness/").content.decode()


def test_the_page_asks_the_same_number_of_queries_for_one_account_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.AUDITOR)
    builders.graded(county.seen, 1)
    one = queries_of(client, f"/fairness/?{PERIOD}")
    for _ in range(2):
        builders.graded(builders.account(county.far), 2)
    assert queries_of(client, f"/fairness/?{PERIOD}") == one
    assert one <= 12


def test_every_group_has_a_word() -> None:
    assert set(fairness_words.DIMENSIONS) == set(DIMENSIONS)
    assert (fairness_words.action("snow"), fairness_words.group("station", "城关")) == ("snow", "城关")
