"""Does every word of the rules have a name on the pages, in both languages?"""

from django.utils import translation

from zaikong.application.night import STEPS
from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.checks import CHECKS
from zaikong.domain.billing.splitting import UNRATED
from zaikong.domain.ledger.postings import EVENTS
from zaikong.domain.metering.codes import READING_CODES
from zaikong.store.models import Bill, Payment
from zaikong.store.models.registry import Category
from zaikong.web import finding_figures, labels

CODES = {*READING_CODES, *(rule.code for rule in CHECKS), *(code for code, _ in UNRATED.values())}


def test_every_event_has_a_name() -> None:
    assert set(EVENTS) - set(labels.EVENTS) == set()


def test_every_finding_has_a_title_in_both_languages() -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert {code for code in CODES if labels.finding(code) == code} == set()
    with translation.override("zh-hans"):
        assert {code for code in CODES if labels.finding(code).isascii()} == set()


def test_every_finding_has_units_for_its_numbers() -> None:
    rated = {*READING_CODES, *(rule.code for rule in CHECKS)}
    assert rated - set(finding_figures.KINDS) == set()
    assert set(finding_figures.KINDS) - rated == set()


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    assert labels.finding("SNOW") == "SNOW"
    assert labels.channel("pigeon") == "pigeon"


def test_every_category_and_kind_of_bill_has_a_name() -> None:
    assert set(labels.CATEGORIES) == set(Category.values)
    assert set(labels.BILL_KINDS) == set(Bill.Kind.values)


def test_a_plan_without_a_title_is_named_by_its_parts() -> None:
    with translation.override("zh-hans"):
        assert labels.plan_title("two_part.10kv.demand", "cn.henan.business") == "两部制，1–10千伏，按实际需量"
        assert labels.plan_title("month", "cn.henan.residential") == "一户一表，按月阶梯"
        untitled = [
            plan for book in all_books().values() for plan in book.plans if labels.plan_title(plan, book.id) == plan
        ]
    with translation.override("en"):
        assert labels.plan_title("single.lt1kv.tou", "cn.henan.business") == "single-rate, below 1 kV, time-of-use"
    assert untitled == []


def test_every_state_of_a_payment_has_a_name() -> None:
    assert set(labels.PAYMENT_STATES) == set(Payment.State.values)


def test_every_step_of_the_night_has_a_name() -> None:
    assert set(labels.STEPS) == set(STEPS)
