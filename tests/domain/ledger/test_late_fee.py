"""Late fee by day on unpaid principal."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.law.late_fee import ALWAYS, LateFeeLaw, MinimumPeriod, RatePeriod, late_fee_law
from zaikong.domain.ledger.late_fee import APPLICATION_COLUMNS, BILL_COLUMNS, late_fees, rates_outside_band
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import date_of_day, day_number

LAW = late_fee_law(as_of=date(2025, 1, 1), edition="2024")
OLD_LAW = late_fee_law(as_of=date(2025, 1, 1), edition="1996")
_BILL = {
    "bill": 1,
    "account": 1,
    "resident": False,
    "due_day": 0,
    "amount_fen": 100_000,
    "rate_ppm": 0,
    "bankruptcy_day": 0,
    "late_fee_waived_fen": 0,
    "late_fee_paid_fen": 0,
}
_BILL_TYPES = {name: pl.Boolean if name == "resident" else pl.Int64 for name in BILL_COLUMNS}


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def bill(**facts: Any) -> dict[str, Any]:
    return _BILL | {key: day(value) if isinstance(value, str) else value for key, value in facts.items()}


def bills(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_BILL_TYPES, orient="row")


def paid(*rows: tuple[int, str | int, int]) -> pl.DataFrame:
    known = [(number, day(when) if isinstance(when, str) else when, fen) for number, when, fen in rows]
    return pl.DataFrame(known, schema=dict.fromkeys(APPLICATION_COLUMNS, pl.Int64), orient="row")


def fees(
    rows: Iterable[dict[str, Any]],
    applications: pl.DataFrame | None = None,
    *,
    as_of: str | int,
    law: LateFeeLaw = LAW,
    cross_year: Any = "split",
) -> dict[int, dict[str, Any]]:
    answer = late_fees(
        checked(nw.from_native(bills(rows).lazy()), BILL_COLUMNS, rule="late_fees"),
        checked(
            nw.from_native((paid() if applications is None else applications).lazy()),
            APPLICATION_COLUMNS,
            rule="late_fees",
        ),
        as_of_day=day(as_of) if isinstance(as_of, str) else as_of,
        law=law,
        cross_year=cross_year,
    )
    return {row["bill"]: row for row in answer.collect().rows(named=True)}


def fee(
    *applications: tuple[int, str | int, int],
    as_of: str,
    law: LateFeeLaw = LAW,
    cross_year: Any = "split",
    **facts: Any,
) -> int:
    return fees([bill(**facts)], paid(*applications), as_of=as_of, law=law, cross_year=cross_year)[1]["late_fee_fen"]


def test_the_due_day_does_not_count_and_the_payment_day_does():
    rows = [bill(bill=1, due_day="2024-07-15"), bill(bill=2, due_day="2024-07-17"), bill(bill=3, due_day="2024-07-18")]
    got = fees(rows, as_of="2024-07-18")
    assert [(row["late_days"], row["late_fee_fen"]) for _, row in sorted(got.items())] == [(3, 600), (1, 200), (0, 0)]


def test_a_bill_not_yet_due_carries_nothing():
    row = fees([bill(due_day="2024-08-01")], as_of="2024-07-18")[1]
    assert row == {
        "bill": 1,
        "account": 1,
        "due_day": day("2024-08-01"),
        "open_fen": 100_000,
        "late_days": 0,
        "late_fee_fen": 0,
        "late_fee_due_fen": 0,
    }


def test_residents_pay_one_per_mille_across_the_year_too():
    assert fee(due_day="2023-12-15", as_of="2024-01-18", resident=True) == 34 * 100


def test_split_charges_two_per_mille_to_31_december_and_three_after():
    assert fee(due_day="2023-12-15", as_of="2023-12-31") == 16 * 200
    assert fee(due_day="2023-12-15", as_of="2024-01-01") == 16 * 200 + 300
    assert fee(due_day="2023-12-31", as_of="2024-01-02") == 2 * 300


def test_whole_charges_three_per_mille_for_every_day_once_the_year_has_turned():
    assert fee(due_day="2023-12-15", as_of="2023-12-31", cross_year="whole") == 16 * 200
    assert fee(due_day="2023-12-15", as_of="2024-01-01", cross_year="whole") == 17 * 300


def test_a_second_turn_of_the_year_changes_nothing_more():
    assert fee(due_day="2022-12-31", as_of="2025-01-01") == (365 + 366 + 1) * 300


def test_a_leap_day_is_a_day():
    assert fees([bill(due_day="2024-02-28")], as_of="2024-03-01")[1]["late_days"] == 2
    assert fees([bill(due_day="2023-02-28")], as_of="2023-03-01")[1]["late_days"] == 1


def test_a_part_payment_lowers_the_base_from_the_day_after():
    assert fee((1, "2024-07-11", 40_000), due_day="2024-07-01", as_of="2024-07-21") == 10 * 200 + 10 * 120


def test_a_part_payment_before_or_on_the_due_date_never_bore_a_fee():
    for when in ("2024-06-20", "2024-07-01"):
        assert fee((1, when, 40_000), due_day="2024-07-01", as_of="2024-07-11") == 10 * 120


def test_a_bill_settled_keeps_the_fee_of_the_days_before():
    row = fees([bill(due_day="2024-07-01")], paid((1, "2024-07-06", 100_000)), as_of="2024-09-01")[1]
    assert (row["open_fen"], row["late_days"], row["late_fee_fen"]) == (0, 5, 1_000)


def test_a_payment_after_the_day_asked_for_is_not_yet_known():
    row = fees([bill(due_day="2024-07-01")], paid((1, "2024-07-12", 100_000)), as_of="2024-07-11")[1]
    assert (row["open_fen"], row["late_fee_fen"]) == (100_000, 2_000)


def test_a_part_paid_before_the_turn_never_crossed_it_in_either_mode():
    part = (1, "2023-12-25", 60_000)
    before = 10 * 120
    assert fee(part, due_day="2023-12-15", as_of="2024-01-10") == before + 16 * 80 + 10 * 120
    assert fee(part, due_day="2023-12-15", as_of="2024-01-10", cross_year="whole") == before + 26 * 120


def test_a_part_paid_after_the_turn_crossed_it():
    part = (1, "2024-01-05", 60_000)
    assert fee(part, due_day="2023-12-15", as_of="2024-01-10", cross_year="whole") == 21 * 180 + 26 * 120


def test_a_payment_that_bounced_with_its_own_day_was_never_there():
    applications = [(1, "2024-07-06", 100_000), (1, "2024-07-06", -100_000)]
    assert fee(*applications, due_day="2024-07-01", as_of="2024-07-11") == 2_000


def test_a_payment_taken_back_later_stopped_accrual_in_between():
    applications = [(1, "2024-07-06", 100_000), (1, "2024-07-09", -100_000)]
    assert fee(*applications, due_day="2024-07-01", as_of="2024-07-11") == 5 * 200 + 2 * 200


def test_a_contract_rate_replaces_both_statutory_rates():
    assert fee(due_day="2023-12-15", as_of="2024-01-18", rate_ppm=1_500) == 34 * 150
    assert fee(due_day="2023-12-15", as_of="2024-01-18", rate_ppm=1_500, resident=True) == 34 * 150
    assert fee(due_day="2023-12-15", as_of="2024-01-18", rate_ppm=1_500, cross_year="whole") == 34 * 150


def test_a_contract_rate_above_the_band_is_cut_to_it_and_one_below_is_kept():
    assert fee(due_day="2024-07-01", as_of="2024-07-11", rate_ppm=5_000) == 10 * 300
    assert fee(due_day="2024-07-01", as_of="2024-07-11", rate_ppm=500) == 10 * 50


def test_contract_rates_outside_the_band_are_listed():
    rates = [0, 999, 1_000, 3_000, 3_001]
    frame = nw.from_native(bills(bill(bill=n, rate_ppm=rate) for n, rate in enumerate(rates)).lazy())
    assert rates_outside_band(frame, law=LAW).collect()["rate_ppm"].to_list() == [999, 3_001]


def test_accrual_stops_on_the_day_of_bankruptcy_included():
    assert fee(due_day="2024-03-01", as_of="2024-06-01", bankruptcy_day="2024-03-11") == 10 * 200
    assert fee(due_day="2024-03-01", as_of="2024-03-05", bankruptcy_day="2024-03-11") == 4 * 200


def test_a_bankruptcy_before_the_due_date_leaves_nothing_to_accrue():
    for accepted in ("2024-02-20", "2024-03-01"):
        assert fee(due_day="2024-03-01", as_of="2024-06-01", bankruptcy_day=accepted) == 0


def test_a_bankruptcy_before_the_turn_keeps_the_arrears_out_of_the_next_year():
    assert fee(due_day="2023-12-15", as_of="2024-02-01", bankruptcy_day="2023-12-20", cross_year="whole") == 5 * 200


def test_a_bill_is_rounded_once_and_half_up():
    assert fee(amount_fen=250, due_day="2024-07-01", as_of="2024-07-02") == 1
    assert fee(amount_fen=249, due_day="2024-07-01", as_of="2024-07-02") == 0
    parts = [(1, "2024-07-02", 100), (1, "2024-07-02", 100), (1, "2024-07-02", 50)]
    assert fee(*parts, amount_fen=250, due_day="2024-07-01", as_of="2024-07-09") == 1


def test_ten_billion_yuan_over_thirty_years_stays_exact():
    amount = 1_000_000_000_001
    assert fee(amount_fen=amount, due_day="1996-10-08", as_of="2026-10-08") == (
        (amount * (84 * 2_000 + 10_873 * 3_000) * 2 + 1_000_000) // 2_000_000
    )


def test_a_bill_in_credit_carries_no_fee():
    assert fee(amount_fen=-5_000, due_day="2024-07-01", as_of="2024-07-11") == 0


def test_what_is_waived_and_paid_comes_off_and_never_below_zero():
    rows = [
        bill(bill=1, due_day="2024-07-01", late_fee_waived_fen=300, late_fee_paid_fen=500),
        bill(bill=2, due_day="2024-07-01", late_fee_waived_fen=2_001),
    ]
    got = fees(rows, as_of="2024-07-11")
    assert [(row["late_fee_fen"], row["late_fee_due_fen"]) for row in got.values()] == [(2_000, 1_200), (2_000, 0)]


def test_the_minimum_lifts_the_total_of_one_collection_on_its_oldest_late_bill():
    rows = [
        bill(bill=7, account=1, amount_fen=10_000, due_day="2023-07-01", resident=True),
        bill(bill=3, account=1, amount_fen=10_000, due_day="2023-07-01", resident=True),
        bill(bill=9, account=1, amount_fen=10_000, due_day="2023-07-02", resident=True),
        bill(bill=4, account=2, amount_fen=10_000, due_day="2023-07-01", resident=True),
        bill(bill=5, account=3, amount_fen=200_000, due_day="2023-07-01", resident=True),
    ]
    got = fees(rows, as_of="2023-07-02", law=OLD_LAW)
    assert {number: row["late_fee_fen"] for number, row in got.items()} == {3: 90, 7: 10, 9: 0, 4: 100, 5: 200}


def test_no_late_day_means_no_minimum():
    assert fee(due_day="2023-07-01", as_of="2023-07-01", law=OLD_LAW) == 0
    assert fee(amount_fen=1, due_day="2023-07-01", as_of="2023-07-02", law=OLD_LAW) == 0


def test_a_total_of_one_yuan_is_not_lifted():
    assert fee(amount_fen=50_000, due_day="2023-07-01", as_of="2023-07-02", law=OLD_LAW) == 100
    assert fee(amount_fen=49_500, due_day="2023-07-01", as_of="2023-07-02", law=OLD_LAW) == 100


def test_the_minimum_goes_by_the_day_of_collection():
    by_date = late_fee_law(as_of=date(2025, 1, 1))
    facts = {"amount_fen": 10_000, "due_day": "2024-05-30", "resident": True}
    assert fee(as_of="2024-05-31", law=by_date, **facts) == 100
    assert fee(as_of="2024-06-01", law=by_date, **facts) == 20
    assert fee((1, "2024-05-31", 10_000), as_of="2025-01-01", law=by_date, **facts) == 100


def test_bills_collected_on_different_days_are_lifted_each_day():
    rows = [bill(bill=number, amount_fen=10_000, due_day="2023-07-01", resident=True) for number in (1, 2)]
    got = fees(rows, paid((1, "2023-07-03", 10_000)), as_of="2023-07-04", law=OLD_LAW)
    assert [row["late_fee_fen"] for _, row in sorted(got.items())] == [100, 100]


def test_a_change_of_rates_splits_the_days():
    change = day("2024-07-06")
    law = LateFeeLaw(
        rates=(RatePeriod(0, change, 1_000, 2_000, 3_000), RatePeriod(change, ALWAYS, 500, 1_000, 1_500)),
        minimums=(),
        band_low_ppm=1_000,
        band_high_ppm=3_000,
    )
    assert fee(due_day="2024-07-01", as_of="2024-07-11", law=law) == 4 * 200 + 6 * 100
    assert fee(due_day="2024-07-01", as_of="2024-07-11", law=law, resident=True) == 4 * 100 + 6 * 50
    assert fee(due_day="2023-12-15", as_of="2024-07-06", law=law, cross_year="whole") == 203 * 300 + 150


def by_day(row: dict[str, Any], parts: list[tuple[int, int]], as_of: int, cross_year: str) -> int:
    """The fee counted day by day, part by part, with exact fractions."""
    due = date_of_day(row["due_day"])
    total = Fraction(0)
    settled = [(fen, when) for when, fen in parts if when <= as_of]
    for fen, when in [*settled, (row["amount_fen"] - sum(fen for fen, _ in settled), as_of)]:
        end = min(when, row["bankruptcy_day"] or when)
        crossed = end >= day_number(date(due.year + 1, 1, 1))
        for number in range(row["due_day"] + 1, end + 1):
            later = date_of_day(number).year > due.year
            cross = crossed if cross_year == "whole" else later
            ppm = min(row["rate_ppm"], 3_000) or (1_000 if row["resident"] else 3_000 if cross else 2_000)
            total += Fraction(fen * ppm, 1_000_000)
    rounded = total + Fraction(1, 2)
    return max(rounded.numerator // rounded.denominator, 0)


START, END = day("2023-11-01"), day("2024-03-15")
days = st.integers(START, END)


@st.composite
def books(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[int, int, int]]]:
    rows, applications = [], []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        amount = draw(st.integers(1, 10_000_000))
        rows.append(
            bill(
                bill=number,
                account=draw(st.integers(1, 2)),
                resident=draw(st.booleans()),
                due_day=draw(days),
                amount_fen=amount,
                rate_ppm=draw(st.sampled_from([0, 0, 1_500, 4_000])),
                bankruptcy_day=draw(st.one_of(st.just(0), days)),
            )
        )
        left = amount
        for _ in range(draw(st.integers(0, 3))):
            part = draw(st.integers(0, left))
            left -= part
            applications.append((number, draw(days), part))
    return rows, applications


@given(books(), days, st.sampled_from(["split", "whole"]))
def test_the_rule_agrees_with_counting_day_by_day(book, as_of, cross_year):
    rows, applications = book
    got = fees(rows, paid(*applications), as_of=as_of, cross_year=cross_year)
    expected = {
        row["bill"]: by_day(row, [(d, fen) for n, d, fen in applications if n == row["bill"]], as_of, cross_year)
        for row in rows
    }
    assert {number: row["late_fee_fen"] for number, row in got.items()} == expected


@given(books(), days)
def test_a_later_day_never_lessens_the_fee_of_what_is_open(book, as_of):
    rows, _ = book
    today, tomorrow = fees(rows, as_of=as_of), fees(rows, as_of=as_of + 1)
    assert [n for n in today if today[n]["late_fee_fen"] > tomorrow[n]["late_fee_fen"]] == []


@pytest.mark.spark
@pytest.mark.parametrize("cross_year", ["split", "whole"])
def test_spark_gives_the_same_fees(on_both, cross_year):
    rows, applications = [], []
    for number in range(1, 61):
        due = START + number * 37 % 130
        rows.append(
            bill(
                bill=number,
                account=number % 17,
                resident=number % 3 == 0,
                due_day=due,
                amount_fen=number * 7_919 + (10**12 if number % 11 == 0 else 0),
                rate_ppm=[0, 0, 1_500, 4_000][number % 4],
                bankruptcy_day=START + 60 if number % 7 == 0 else 0,
                late_fee_waived_fen=number,
                late_fee_paid_fen=number * 2,
            )
        )
        applications += [(number, due + number % 40, number * 1_000), (number, due + 30, number * 999)]
    by_date = LateFeeLaw(LAW.rates, (MinimumPeriod(0, START + 70, 100),), LAW.band_low_ppm, LAW.band_high_ppm)
    rule = partial(late_fees, as_of_day=END, law=by_date, cross_year=cross_year)
    assert len(on_both(rule, bills(rows), paid(*applications))) == 60


def test_a_column_that_is_missing_is_named_at_the_entry():
    frame = nw.from_native(bills([bill()]).drop("resident").lazy())
    with pytest.raises(Exception, match="resident is missing"):
        checked(frame, BILL_COLUMNS, rule="late_fees")
