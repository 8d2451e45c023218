"""Every check before release, one step inside its limit and one step outside."""

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.billing.checks import CHECK_COLUMNS, CHECKS, FINDING_COLUMNS, check
from zaikong.engine.dictionary import checked

BOOK, FROM, TO = "cn.henan.business", 20_332, 20_362

SHOP = {
    "account": 1,
    "month": 202_509,
    "from_day": FROM,
    "to_day": TO,
    "book": BOOK,
    "plan": "single.lv.tou",
    "kind": "periodic",
    "category": "business",
    "sharp_centi_kwh": 0,
    "peak_centi_kwh": 40_000,
    "flat_centi_kwh": 40_000,
    "valley_centi_kwh": 20_000,
    "centi_kwh": 100_000,
    "loss_centi_kwh": 0,
    "centi_kvarh": 10_000,
    "power_factor_standard": 0,
    "power_factor": 100,
    "capacity_fen": 0,
    "other_fen": 0,
    "total_fen": 80_000,
    "line_total_fen": 80_000,
    "negative_lines": 0,
    "centi_kva": 10_000,
    "centi_demand_kw": 0,
    "centi_contract_demand_kw": 0,
    "metered_centi_kwh": 100_000,
    "largest_day_centi_kwh": 5_000,
    "days_known": 30,
    "estimated_days": 0,
    "opened_day": 0,
    "closed_day": 0,
    "months_known": 12,
    "average_centi_kwh": 100_000,
    "previous_centi_kwh": 100_000,
    "same_month_last_year_centi_kwh": 100_000,
    "same_month_last_year_fen": 80_000,
    "last_to_day": FROM,
}
"""A bill nobody needs to look at."""

FACTORY = {"plan": "two_part.10kv.kva", "category": "industrial", "capacity_fen": 1_000, "centi_kva": 40_000}
DEMAND = FACTORY | {"plan": "two_part.10kv.contract_demand", "centi_demand_kw": 1, "centi_contract_demand_kw": 1}
STANDARD = {"power_factor_standard": 90, "power_factor": 90}
HOME = {"book": "cn.henan.residential", "plan": "plan", "category": "residential"}
SMALL = {"peak_centi_kwh": 0, "flat_centi_kwh": 0, "valley_centi_kwh": 0, "sharp_centi_kwh": 0}


def frame(*rows):
    lazy = pl.LazyFrame([SHOP | row for row in rows]).select(CHECK_COLUMNS)
    return checked(nw.from_native(lazy), CHECK_COLUMNS, rule="bill checks")


def found(row):
    return check(frame(row)).collect().rows(named=True)


def codes(row):
    return {finding["code"] for finding in found(row)}


def test_an_ordinary_bill_passes_every_check():
    assert found({}) == []
    assert found(FACTORY) == []
    assert found(DEMAND) == []
    assert found(HOME) == []


def used(centi_kwh):
    return {"centi_kwh": centi_kwh, "metered_centi_kwh": centi_kwh, "largest_day_centi_kwh": centi_kwh // 10}


LAST_YEAR = {"same_month_last_year_fen": 300_000}
FARM = {"book": "cn.henan.agriculture"}
NO_USE = SMALL | used(0) | {"total_fen": 0, "line_total_fen": 0, "same_month_last_year_fen": 0}

EDGES = [
    ("USE_ZERO", NO_USE | {"previous_centi_kwh": 29_999}, NO_USE | {"previous_centi_kwh": 30_000}),
    ("USE_ZERO", NO_USE | {"centi_kwh": 1}, NO_USE | {"centi_kwh": 1, "loss_centi_kwh": 1}),
    ("USE_TRIPLED", used(330_000) | {"total_fen": 264_000}, used(330_001) | {"total_fen": 264_000}),
    ("USE_TRIPLED", used(900_000) | {"months_known": 0}, used(900_000)),
    ("USE_TRIPLED", used(900_000) | {"kind": "interim"}, used(900_000) | {"kind": "closing"}),
    ("USE_THIRD", used(23_334), used(23_333)),
    ("USE_THIRD", used(23_333) | {"average_centi_kwh": 99_999}, used(23_333) | {"average_centi_kwh": 100_000}),
    ("USE_NOT_BILLED", {"metered_centi_kwh": 90_000, "loss_centi_kwh": 10_000}, {"loss_centi_kwh": 10_000}),
    ("USE_NOT_BILLED", {}, {"metered_centi_kwh": 99_999}),
    ("USE_NEGATIVE", used(0), used(-1)),
    ("LINE_NEGATIVE", {}, {"negative_lines": 1}),
    ("TOTAL_NEGATIVE", {"total_fen": 0}, {"total_fen": -1}),
    ("TOTAL_NEGATIVE", {"total_fen": -1, "kind": "closing"}, {"total_fen": -1, "kind": "interim"}),
    ("CLOSING_NEGATIVE", {"total_fen": 0, "kind": "closing"}, {"total_fen": -1, "kind": "closing"}),
    ("LINES_DO_NOT_ADD_UP", {}, {"line_total_fen": 80_001}),
    ("REGISTER_MISSING", {"peak_centi_kwh": 1}, {"peak_centi_kwh": 0}),
    ("REGISTER_MISSING", {"flat_centi_kwh": 0, "plan": "single.lv"}, {"flat_centi_kwh": 0}),
    ("REGISTER_MISSING", {"flat_centi_kwh": 0} | used(99_999), {"flat_centi_kwh": 0}),
    ("SHARP_OUT_OF_SEASON", {"sharp_centi_kwh": 1, "month": 202_508}, {"sharp_centi_kwh": 1}),
    ("POWER_FACTOR_OUT_OF_RANGE", STANDARD | {"power_factor": 50}, STANDARD | {"power_factor": 49}),
    ("POWER_FACTOR_OUT_OF_RANGE", {"power_factor": 49}, STANDARD | {"power_factor": 49}),
    ("REACTIVE_MISSING", STANDARD | {"centi_kvarh": 1}, STANDARD | {"centi_kvarh": 0}),
    ("CAPACITY_MISSING", FACTORY, FACTORY | {"capacity_fen": 0}),
    ("CAPACITY_MISSING", FACTORY | {"capacity_fen": 0, "kind": "interim"}, FACTORY | {"capacity_fen": 0}),
    ("CONTRACT_DEMAND_MISSING", DEMAND, DEMAND | {"centi_contract_demand_kw": 0}),
    ("DEMAND_NOT_MEASURED", DEMAND, DEMAND | {"centi_demand_kw": 0}),
    ("PERIOD_DUPLICATE", {}, {"last_to_day": FROM + 1}),
    ("PERIOD_GAP", {}, {"last_to_day": FROM - 1}),
    ("PERIOD_GAP", {"last_to_day": 0}, {"last_to_day": FROM - 1}),
    ("PERIOD_LONG", {"to_day": FROM + 35, "days_known": 35}, {"to_day": FROM + 36, "days_known": 36}),
    ("PERIOD_SHORT", {"to_day": FROM + 25}, {"to_day": FROM + 24}),
    ("DAYS_MISSING", {}, {"days_known": 29}),
    ("ESTIMATED_MOSTLY", {"estimated_days": 15}, {"estimated_days": 16}),
    ("ESTIMATED_SOME", {"estimated_days": 0}, {"estimated_days": 1}),
    ("ESTIMATED_SOME", {"estimated_days": 16}, {"estimated_days": 15}),
    ("ABOVE_CAPACITY", used(72_000) | {"centi_kva": 100}, used(72_001) | {"centi_kva": 100}),
    ("ABOVE_CAPACITY", {"centi_kva": 0}, {"centi_kva": 1}),
    ("DEMAND_ABOVE_CAPACITY", DEMAND | {"centi_demand_kw": 48_000}, DEMAND | {"centi_demand_kw": 48_001}),
    ("DAY_SPIKE", {"largest_day_centi_kwh": 50_000}, {"largest_day_centi_kwh": 50_001}),
    ("LOSS_ABSURD", {"loss_centi_kwh": 20_000}, {"loss_centi_kwh": 20_001}),
    ("PRICE_OUT_OF_BAND", {"total_fen": 20_000}, {"total_fen": 19_999}),
    ("PRICE_OUT_OF_BAND", {"total_fen": 300_000}, {"total_fen": 300_001}),
    ("PRICE_OUT_OF_BAND", FACTORY | {"total_fen": 300_001}, {"total_fen": 300_001}),
    ("FAR_FROM_LAST_YEAR", {"total_fen": 580_000}, {"total_fen": 580_001}),
    ("FAR_FROM_LAST_YEAR", {"same_month_last_year_fen": 580_000}, {"same_month_last_year_fen": 580_001}),
    ("FAR_FROM_LAST_YEAR", {"total_fen": 900_000} | LAST_YEAR, {"total_fen": 900_001} | LAST_YEAR),
    ("FIRST_BILL", {"months_known": 1}, {"months_known": 0}),
    ("ACCOUNT_CLOSED", {"closed_day": TO}, {"closed_day": TO - 1}),
    ("ACCOUNT_NOT_OPEN", {"opened_day": FROM}, {"opened_day": FROM + 1}),
    ("LARGE_BILL", {"total_fen": 100_000_000}, {"total_fen": 100_000_001}),
    ("HOME_USE_LARGE", HOME | used(500_000), HOME | used(500_001)),
    ("CATEGORY_MISMATCH", HOME | {"category": "public"}, HOME | {"category": "business"}),
    ("CATEGORY_MISMATCH", HOME, {"category": "residential"}),
    ("CATEGORY_MISMATCH", FARM | {"category": "agricultural"}, FARM),
]  # fmt: skip


@pytest.mark.parametrize(("code", "inside", "outside"), EDGES)
def test_a_check_lets_the_limit_pass_and_stops_what_is_beyond(code, inside, outside):
    assert (code in codes(inside), code in codes(outside)) == (False, True)


def test_every_check_is_tripped_above():
    assert {code for code, _, _ in EDGES} == {rule.code for rule in CHECKS}


def test_there_are_at_least_twenty_four_checks_each_named_in_both_languages():
    assert len({rule.code for rule in CHECKS}) == len(CHECKS)
    assert len(CHECKS) >= 24
    assert [rule.code for rule in CHECKS if not (rule.zh and rule.en)] == []
    assert {rule.severity for rule in CHECKS} == {"hold", "note"}


def test_a_finding_shows_what_was_seen_and_the_limit():
    row = {"account": 7, "estimated_days": 16}
    assert found(row) == [
        {"account": 7, "month": 202_509, "code": "ESTIMATED_MOSTLY", "severity": "hold", "observed": 16, "limit": 30}
    ]


def test_an_interim_bill_is_not_held_to_a_month():
    interim = used(30_000) | {"kind": "interim", "to_day": FROM + 10, "days_known": 10, "months_known": 0}
    assert codes(interim | {"total_fen": 24_000, "line_total_fen": 24_000}) == set()


def test_interim_bills_taken_off_do_not_make_a_closing_bill_look_cheap():
    closing = {"kind": "closing", "other_fen": -79_000, "total_fen": 1_000, "line_total_fen": 1_000}
    assert codes(closing) == set()


@pytest.mark.spark
def test_spark_finds_the_same(spark):
    rows = [SHOP | outside | {"account": number} for number, (_, _, outside) in enumerate(EDGES)]
    polars = check(frame(*rows)).collect().rows()
    types = ", ".join(f"{name} {'string' if isinstance(SHOP[name], str) else 'long'}" for name in CHECK_COLUMNS)
    table = spark.createDataFrame([tuple(row[name] for name in CHECK_COLUMNS) for row in rows], types)
    found_there = check(nw.from_native(table)).select(*FINDING_COLUMNS).collect("polars").rows()
    assert sorted(found_there) == sorted(polars)
