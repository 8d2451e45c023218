"""Is the strategy shown as it is in force, and is it told what lies ahead of an account?"""

from datetime import date, timedelta

import builders
import cut_builders
import pytest

from zaikong.application.roles import Role
from zaikong.domain.collection.ladder_table import HOLDS, MESSAGE_CHANNELS, shipped_ladders
from zaikong.domain.collection.strategy_table import editions
from zaikong.domain.collection.templates import shipped_templates
from zaikong.store.models import OpenItem
from zaikong.web import strategy_words


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


@pytest.fixture
def owing(county: builders.County) -> builders.County:
    """Its first account owes one bill that falls due in two days, and no other."""
    OpenItem.objects.filter(account=county.seen).update(due_date=cut_builders.TODAY + timedelta(days=2))
    return county


def test_every_row_ladder_and_text_in_force_is_shown(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.AUDITOR).get("/strategy/")
    page = answer.content.decode()
    version = editions("henan")[-1]
    for row in version.value.rows:
        assert row.zh in page
        assert row.row in page
    for read in shipped_ladders().values():
        ladder = read[-1].value
        assert ladder.zh in page
        assert all(step.zh in page for step in ladder.steps)
    assert [text["template"].template for text in answer.context["texts"]] == list(shipped_templates())
    for said in (f"{version.edition} 版", "条文未核对", "条文已核对", "《电力供应与使用条例》 第三十九条", "迎峰度夏"):
        assert said in page


def test_texts_are_shown_in_both_languages_over_sample_figures(county: builders.County, signed_in) -> None:
    texts = signed_in(Role.AUDITOR).get("/strategy/").context["texts"]
    demand = dict(next(text for text in texts if text["template"].template == "first_demand")["samples"])
    assert demand["zh"].body.startswith("张**：您有2笔电费逾期未交，共225.17元（其中违约金2.96元）")
    assert demand["en"].body.startswith("张**: 2 bill(s) are past due, 225.17 yuan in all")


def test_a_day_without_an_edition_is_said_so(county: builders.County, signed_in) -> None:
    client = signed_in(Role.COLLECTOR, county.near)
    answer = client.get("/strategy/?on=2001-01-01")
    assert answer.status_code == 409
    assert "NOT_IN_FORCE" in answer.content.decode()
    assert client.get("/strategy/?on=nonsense").status_code == 200


def test_nothing_can_be_changed_on_the_page(county: builders.County, signed_in) -> None:
    assert signed_in(Role.DIRECTOR).post("/strategy/").status_code == 405


def test_the_strategy_speaks_english(county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    client.cookies["django_language"] = "en"
    page = client.get("/strategy/").content.decode()
    for said in ("Decision table", "grades A and B, and no grade yet", "stop notice served", "asked by law"):
        assert said in page


def test_what_lies_ahead_of_an_account_stands_day_by_day(owing: builders.County, signed_in) -> None:
    answer = signed_in(Role.COLLECTOR, owing.near).get(f"/accounts/{owing.seen.account_no}/ahead/")
    steps = [(step.step.step, step.day, month) for step, month, _ in answer.context["steps"]]
    assert steps[:3] == [
        ("BILL_NOTICE", date(2025, 8, 11), 202508),
        ("DUE_REMINDER", date(2025, 8, 12), 202508),
        ("FIRST_DEMAND", date(2025, 8, 14), 202508),
    ]
    assert answer.context["ahead"].ladder.ladder == "standard"
    page = answer.content.decode()
    for said in ("标准催费", "首次催交", "电费逾期催交", "短信", "2025-08-14"):
        assert said in page


def test_the_earliest_lawful_cut_and_the_reason_of_a_shift_are_told(owing: builders.County, signed_in) -> None:
    OpenItem.objects.filter(account=owing.seen).update(open_fen=50_000, amount_fen=50_000)
    answer = signed_in(Role.MANAGER).get(f"/accounts/{owing.seen.account_no}/ahead/")
    cut = answer.context["ahead"].preview.cut
    assert cut.cut_day > date(2025, 8, 13) + timedelta(days=30)
    page = answer.content.decode()
    assert f"{cut.cut_day}" in page
    assert f"停电通知 {cut.notice_day} 送达" in page
    shifted = [step for step, _, _ in answer.context["steps"] if step.why == "rest_day"]
    assert ("休息日，顺延至下一工作日" in page) is bool(shifted)


def test_what_holds_a_bill_back_is_told(owing: builders.County, signed_in) -> None:
    OpenItem.objects.filter(account=owing.seen).update(disputed=True)
    answer = signed_in(Role.MANAGER).get(f"/accounts/{owing.seen.account_no}/ahead/")
    assert answer.context["held"] == [(202508, "dispute")]
    assert "2025-08 因异议暂不催收" in answer.content.decode()


def test_an_account_that_owes_nothing_has_nothing_ahead(owing: builders.County, signed_in) -> None:
    OpenItem.objects.filter(account=owing.seen).update(open_fen=0)
    page = signed_in(Role.MANAGER).get(f"/accounts/{owing.seen.account_no}/ahead/").content.decode()
    assert "没有欠费，无需推演" in page


def test_the_tab_comes_alone_when_the_tabs_ask_and_is_offered_to_who_may_see_it(
    owing: builders.County, signed_in
) -> None:
    address = f"/accounts/{owing.seen.account_no}/ahead/"
    client = signed_in(Role.COLLECTOR, owing.near)
    alone = client.get(address, headers={"HX-Request": "true", "HX-Target": "zk-tab"}).content.decode()
    assert alone.lstrip().startswith('<section id="zk-tab"')
    assert "未缴推演" in alone
    cashier = signed_in(Role.CASHIER)
    assert cashier.get(address).status_code == 403
    assert address not in cashier.get(f"/accounts/{owing.seen.account_no}/").content.decode()
    assert client.get(f"/accounts/{owing.unseen.account_no}/ahead/").status_code == 404


def test_the_tab_asks_the_same_number_of_queries_for_one_bill_and_for_three(
    owing: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    address = f"/accounts/{owing.seen.account_no}/ahead/"
    one = queries_of(client, address)
    for month in (202506, 202507):
        builders.bill(owing.seen, builders.run(month))
    assert queries_of(client, address) == one
    assert one <= 36


def test_every_word_of_the_tables_has_words() -> None:
    steps = [step for read in shipped_ladders().values() for version in read for step in version.value.steps]
    assert {step.channel for step in steps} | set(MESSAGE_CHANNELS) <= set(strategy_words.CHANNELS)
    assert {step.tone for step in steps} <= set(strategy_words.TONES)
    assert {need for step in steps for need in step.needs} <= set(strategy_words.NEEDS)
    assert set(HOLDS) <= set(strategy_words.HOLDS)
    assert {name for version in editions("henan") for name in version.value.seasons} == set(strategy_words.SEASONS)
    assert strategy_words.season("monsoon") == "monsoon"
