"""Every line of a bill is worked again from what it stores, with the clause that made it."""

from datetime import date

import pytest

from zaikong.domain.billing.explanation import BillLineFacts, explain, worked_fen

STEP = BillLineFacts("ENERGY_STEP_1", 18_000, "kwh", 56_000_000, 10_080, date(2024, 1, 1))


@pytest.mark.parametrize(
    ("line", "formula"),
    [
        (STEP, "180 kWh × 0.56 = 100.80"),
        (BillLineFacts("CAPACITY_KVA", 1_200_000, "kva_day", 2_600_000_000, 1_040_000, date(2024, 7, 1)),
         "12,000 kVA·d ÷ 30 × 26 = 10,400.00"),
        (BillLineFacts("POWER_FACTOR", 4100, "percent", 1_181_616_000_000, 484_463, None), "11,816.16 × 41% = 4,844.63"),
        (BillLineFacts("DEMAND_CONTRACT", 100_000, "kw", 3_000_000_000, 3_000_000, None), "1,000 kW × 30 = 30,000.00"),
        (BillLineFacts("INTERIM_SETTLED", 0, "kwh", 0, -5_000, None), "-50.00"),
    ],
)  # fmt: skip
def test_a_line_shows_its_working_and_the_amount_follows(line, formula):
    explained = explain([line], book="cn.henan.residential", plan="month")[0]

    assert (explained.formula, explained.follows) == (formula, True)


def test_a_line_names_the_book_that_priced_it_and_whether_that_was_verified():
    explained = explain([STEP], book="cn.henan.residential", plan="month")[0]

    assert explained.title_zh == "电度电费 第一档"
    assert explained.clause != ""
    assert explained.verified is False


def test_an_amount_that_does_not_follow_is_said():
    wrong = BillLineFacts(STEP.item, STEP.quantity, STEP.unit, STEP.price_e8, 10_081, STEP.price_from)

    assert worked_fen(wrong) == 10_080
    assert explain([wrong], book="cn.henan.residential", plan="month")[0].follows is False


def test_a_book_that_is_not_there_has_no_clause():
    assert explain([STEP], book="cn.nowhere", plan="x")[0].clause == ""
