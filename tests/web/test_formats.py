"""How are figures written?"""

from datetime import date

import pytest
from django.utils import translation

from zaikong.web.templatetags import console


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (123_456, '<span class="zk-num">1,234.56</span><span class="zk-unit">元</span>'),
        (0, '<span class="zk-num zk-zero">0.00</span><span class="zk-unit">元</span>'),
        (-5, '<span class="zk-num zk-minus">-0.05</span><span class="zk-unit">元</span>'),
        (None, '<span class="zk-none">–</span>'),
        ("", '<span class="zk-none">–</span>'),
    ],
)
def test_money_carries_its_unit(fen, text: str) -> None:
    assert console.money(fen) == text


def test_a_large_amount_is_rounded_to_a_hundred_yuan_and_keeps_the_exact_one_beside_it() -> None:
    shown = console.large(123_456_789)
    assert shown == ('<span class="zk-num" title="1,234,567.89">123.46</span><span class="zk-unit">万元</span>')
    assert console.large(99_999_999) == console.money(99_999_999)


@pytest.mark.parametrize(
    ("e8", "text"),
    [(56_000_000, "0.5600"), (61_234_567, "0.61234567"), (-1_000_000, "-0.0100"), (0, "0.0000"), (None, "–")],
)
def test_a_price_has_four_to_eight_decimals(e8, text: str) -> None:
    assert console.price(e8) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(219_832_88, 439_666_312, "5.00%"), (1, 3, "33.33%"), (2, 3, "66.67%"), (1, 0, "0%"), (0, 5, "0%"), (5, -5, "0%")],
)
def test_a_share_is_rounded(part: int, whole: int, text: str) -> None:
    assert console.share(part, whole) == text


def test_small_formats() -> None:
    assert console.month(202507) == "2025-07"
    assert console.percent(-75) == "-0.75 %"
    assert console.permille(982) == "98.2 %"
    assert console.per_mille(2000) == "2‰"
    assert console.per_mille(1500) == "1.5‰"
    assert console.hundredths(90) == "0.90"
    assert console.hundredths(0) == "–"
    assert console.thousands(1_234_567) == "1,234,567"
    assert console.last_day(date(2025, 9, 1)) == date(2025, 8, 31)
    assert console.phone("") == "–"
    assert console.role("cashier") == "收费员"
    assert console.role("gardener") == "gardener"
