"""Are breaches of our own shown, judged by one and made good by another?"""

import builders
import fee_control_builders as made
import pytest
from django.utils import timezone

from zaikong.application.roles import Role
from zaikong.store.models import AccountBalance, CutBreach


@pytest.fixture
def county(county: builders.County, monkeypatch: pytest.MonkeyPatch) -> builders.County:
    """The county on the day of the cuts, half an hour after them."""
    made.today()
    monkeypatch.setattr(timezone, "now", lambda: made.NOW)
    return county


def test_a_breach_tells_what_was_wrong_since_when_and_what_is_owed(county: builders.County, signed_in) -> None:
    breach = made.breach(made.cut(county.near, name="安澜县新光机械有限公司"))
    page = signed_in(Role.LEGAL_OFFICER).get("/breaches/").content.decode()
    for said in ("复电超时", "安澜县新光机械有限公司", "25 小时 00 分", "1 小时 00 分", "200.00", "第五十一条"):
        assert said in page
    assert f'href="/cuts/{breach.cut_order_id}/"' in page


def test_one_person_confirms_and_another_makes_it_good(county: builders.County, signed_in) -> None:
    breach = made.breach(made.cut(county.near))
    legal = signed_in(Role.LEGAL_OFFICER)
    refused = legal.post("/breaches/", {"act": "confirm", "breach": breach.pk, "reason": " "})
    assert (refused.status_code, "REASON_MISSING" in refused.content.decode()) == (409, True)
    legal.post("/breaches/", {"act": "confirm", "breach": breach.pk, "reason": "复电晚一小时"})
    breach.refresh_from_db()
    assert (breach.state, breach.decided_reason) == ("confirmed", "复电晚一小时")
    assert legal.post("/breaches/", {"act": "make_good", "breach": breach.pk}).status_code == 403
    signed_in(Role.MANAGER).post("/breaches/", {"act": "make_good", "breach": breach.pk})
    breach.refresh_from_db()
    assert breach.state == "compensated"
    assert AccountBalance.objects.get(account=breach.account_id).prepaid_fen == 20_000


def test_a_breach_is_dismissed_with_a_reason_and_decided_once(county: builders.County, signed_in) -> None:
    breach = made.breach(made.cut(county.near))
    legal = signed_in(Role.LEGAL_OFFICER)
    legal.post("/breaches/", {"act": "dismiss", "breach": breach.pk, "reason": "客户自行断开"})
    breach.refresh_from_db()
    assert breach.state == "dismissed"
    again = legal.post("/breaches/", {"act": "confirm", "breach": breach.pk, "reason": "x"})
    assert (again.status_code, "BREACH_DECIDED" in again.content.decode()) == (409, True)


def test_while_supply_is_off_a_breach_is_not_confirmed(county: builders.County, signed_in) -> None:
    breach = made.breach(made.cut(county.near), facts={"stands": True})
    refused = signed_in(Role.LEGAL_OFFICER).post("/breaches/", {"act": "confirm", "breach": breach.pk, "reason": "x"})
    assert (refused.status_code, "尚未确认复电" in refused.content.decode()) == (409, True)


def test_a_breach_that_is_none_any_more_is_only_dismissed(county: builders.County, signed_in) -> None:
    breach = made.breach(made.cut(county.near), facts={"restored": True})
    refused = signed_in(Role.LEGAL_OFFICER).post("/breaches/", {"act": "confirm", "breach": breach.pk, "reason": "x"})
    assert (refused.status_code, "FOUND_NO_MORE" in refused.content.decode()) == (409, True)


def test_breaches_are_listed_by_state_with_their_sums(county: builders.County, signed_in) -> None:
    order = made.cut(county.near)
    made.breach(order)
    made.breach(order, kind="paid_before", compensation_fen=50_000)
    client = signed_in(Role.MANAGER)
    answer = client.get("/breaches/")
    assert answer.context["total"] == 2
    assert {
        value: (sum_.breaches, sum_.compensation_fen) for value, _label, sum_ in answer.context["states"] if sum_
    } == {"found": (2, 70_000)}
    assert list(client.get("/breaches/?state=confirmed").context["rows"]) == []
    assert len(client.get("/breaches/?state=nonsense").context["rows"]) == 2
    assert "没有登记差错" in client.get("/breaches/?state=confirmed").content.decode()


def test_a_station_sees_and_decides_its_own_only(county: builders.County, signed_in) -> None:
    far = made.breach(made.cut(county.far))
    client = signed_in(Role.LEGAL_OFFICER, county.near)
    assert client.get("/breaches/").context["total"] == 0
    assert client.post("/breaches/", {"act": "dismiss", "breach": far.pk, "reason": "x"}).status_code == 404
    assert client.post("/breaches/", {"act": "forget", "breach": far.pk}).status_code == 404
    assert CutBreach.objects.get().state == "found"


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.CASHIER, Role.METERING_TECHNICIAN, Role.BILLING_CLERK])
def test_who_may_not_see_breaches_opens_nothing(role: Role, county: builders.County, signed_in) -> None:
    assert signed_in(role).get("/breaches/").status_code == 403


def test_the_page_speaks_english_and_asks_a_fixed_number_of_queries(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    made.breach(made.cut(county.near))
    one = queries_of(client, "/breaches/")
    for _ in range(2):
        made.breach(made.cut(county.far))
    assert queries_of(client, "/breaches/") == one
    assert one <= 16
    client.cookies["django_language"] = "en"
    assert "supply given back too late" in client.get("/breaches/").content.decode()
