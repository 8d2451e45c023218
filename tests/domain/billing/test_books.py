"""The shipped books, and the plan a customer gets."""

from datetime import date
from decimal import Decimal

import pytest
from billing_frames import Outcome, day, settlement

from zaikong.domain.billing.books import BOOKS_DIR, UnableToFindTariffError, all_books, book, plan_for, read_book
from zaikong.kernel.dated import UnableToReadDatedFileError


def test_shipped_books():
    assert {name: sorted(found.plans)[:3] for name, found in all_books().items()} == {
        "cn.beijing.residential": ["year"],
        "cn.henan.agriculture": ["10kv", "35kv", "lt1kv"],
        "cn.henan.business": ["single.10kv", "single.10kv.tou", "single.35kv"],
        "cn.henan.residential": ["month", "month.tou", "shared"],
        "cn.shenzhen.residential": ["month"],
        "cn.zhejiang.residential": ["year", "year.tou"],
    }


def test_file_name_is_the_id():
    assert [path.stem for path in sorted(BOOKS_DIR.glob("*.yaml"))] == list(all_books())


def test_no_number_that_was_not_read_in_its_document_says_it_was():
    assert {version.basis.verified for found in all_books().values() for _, version in found.versions()} == {False}


@pytest.mark.parametrize(
    ("book_id", "plan", "kwh", "fen"),
    [
        ("cn.henan.residential", "month", 180, 10_080),
        ("cn.henan.residential", "shared", 100, 5_680),
        ("cn.beijing.residential", "year", 2_881, 2_880 * 48.83 + 53.83),
        ("cn.zhejiang.residential", "year", 4_801, 2_760 * 53.8 + 2_040 * 58.8 + 83.8),
        ("cn.henan.agriculture", "lt1kv", 100, 4_842),
        ("cn.shenzhen.residential", "month", 601, 260 * 66.29 + 340 * 71.29 + 96.29),
    ],
)
def test_shipped_prices(book_id, plan, kwh, fen):
    bill = Outcome([settlement(book=book_id, plan=plan, flat_centi_kwh=kwh * 100)]).bill
    assert abs(bill["total_fen"] - fen) < 1


def test_shenzhen_steps_change_with_the_season():
    facts = {"book": "cn.shenzhen.residential", "flat_centi_kwh": 40_100}
    winter = settlement(1, **facts, from_day=day("2025-04-01"), to_day=day("2025-05-01"))
    summer = settlement(2, **facts, from_day=day("2025-05-01"), to_day=day("2025-06-01"))
    across = settlement(3, **facts, from_day=day("2025-04-16"), to_day=day("2025-05-16"))
    outcome = Outcome([winter, summer, across])
    assert [bill["energy_fen"] for bill in outcome.bills[:2]] == [13_258 + 14_258 + 96, 17_235 + 10_052]
    split = [(line["item"], line["quantity"]) for line in outcome.lines if line["account"] == 3]
    # 200.50 kWh in April: half a kWh above 200; from May on the first step reaches 260
    assert split == [
        ("ENERGY_STEP_1", 20_000),
        ("ENERGY_STEP_2", 50),
        ("ENERGY_STEP_1", 5_950),
        ("ENERGY_STEP_2", 14_100),
    ]


def test_zhejiang_registers_rise_with_the_year():
    facts = {"book": "cn.zhejiang.residential", "plan": "year.tou", "year_to_date_centi_kwh": 276_000}
    outcome = Outcome([settlement(**facts, peak_centi_kwh=10_000, valley_centi_kwh=10_000)])
    assert outcome.amounts() == {"ENERGY_PEAK": 5_680, "ENERGY_VALLEY": 2_880, "ENERGY_RISE_2": 1_000}


def test_business_price_changes_every_month_and_ends_where_no_table_is_known():
    plan = book("cn.henan.business").plans["single.10kv.tou"]
    months = [version.effective_from for version in plan.versions if version.effective_from >= date(2024, 6, 1)]
    assert months == [date(2024 + (5 + n) // 12, (5 + n) % 12 + 1, 1) for n in range(19)]
    assert plan.version(date(2025, 12, 31)) is not None
    assert plan.version(date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("capacity", "voltage", "plan"),
    [
        (None, "", "single.lt1kv"),
        ("99.99", "lt1kv", "single.lt1kv"),
        ("100", "10kv", "single.10kv.tou"),
        ("314.99", "10kv", "single.10kv.tou"),
        ("315", "10kv", "two_part.10kv.kva"),
        ("20000", "110kv", "two_part.110kv.kva"),
        ("200", "220kv", "single.35kv.tou"),
        ("400", "", "two_part.lt1kv.kva"),
    ],
)
def test_plan_follows_capacity_and_voltage(capacity, voltage, plan):
    chosen = plan_for("cn.henan.business", capacity_kva=capacity and Decimal(capacity), voltage=voltage)
    assert chosen == plan


def test_plan_of_a_book_without_choice_is_its_default():
    assert plan_for("cn.henan.residential", capacity_kva=Decimal(8), voltage="lt1kv") == "month"
    assert plan_for("cn.henan.agriculture", capacity_kva=Decimal(400), voltage="10kv") == "10kv"


def test_unknown_book_and_voltage_are_refused():
    with pytest.raises(UnableToFindTariffError) as unknown:
        book("cn.nowhere")
    assert (unknown.value.code, unknown.value.fields) == ("TARIFF_UNKNOWN", {"book": "cn.nowhere"})
    with pytest.raises(UnableToFindTariffError) as voltage:
        plan_for("cn.henan.business", capacity_kva=Decimal(400), voltage="5kv")
    assert voltage.value.code == "VOLTAGE_UNKNOWN"


BAD = """id: x
title: x
default_plan: a
plans:
  a:
    title: a
    versions:
    - effective_from: 2020-01-01
      basis: {source: law, verified: true}
      energy: {flat: -1}
"""


def test_unreadable_book_names_file_line_and_reason(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as caught:
        read_book(path)
    assert (
        caught.value.message == f"{path}:10: plans.a.versions.0.energy.flat: Input should be greater than or equal to 0"
    )
