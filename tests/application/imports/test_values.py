from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.application.imports import values
from zaikong.domain.registry import identifiers
from zaikong.kernel.money import UnableToReadMoneyError, fen_of_yuan

YUAN = values.number(decimals=2, low=0, high=10**13)


def one(reader: values.Reader, text: str) -> tuple[object, str]:
    found, faults = reader(pl.Series([text], dtype=pl.String))
    return found[0], faults[0]


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.50", 123_450),
        ("１２．４", 1_240),
        ("¥3", 300),
        ("￥3.5", 350),
        ("+5", 500),
        ("-0", 0),
        ("00.10", 10),
        ("1.2300", 123),
        ("'88", 8_800),
        ("1,234,567.89", 123_456_789),
    ],
)
def test_amounts_are_read_exactly(text, fen):
    assert one(YUAN, text) == (fen, "")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("12,40", "NUMBER_UNREADABLE"),
        ("1,23,456", "NUMBER_UNREADABLE"),
        ("1e3", "NUMBER_UNREADABLE"),
        ("1 234", "NUMBER_UNREADABLE"),
        (".5", "NUMBER_UNREADABLE"),
        ("5.", "NUMBER_UNREADABLE"),
        ("NaN", "NUMBER_UNREADABLE"),
        ("合计", "NUMBER_UNREADABLE"),
        ("1.234", "NUMBER_TOO_FINE"),
        ("-1", "NUMBER_TOO_SMALL"),
        ("100000000000.01", "NUMBER_TOO_LARGE"),
        ("9" * 18, "NUMBER_TOO_LARGE"),
        ("9" * 60, "NUMBER_TOO_LARGE"),
        ("-" + "9" * 60, "NUMBER_TOO_SMALL"),
    ],
)
def test_what_is_no_amount_is_refused_by_reason(text, fault):
    assert one(YUAN, text)[1] == fault


@given(st.decimals(min_value=0, max_value=10**11, places=2, allow_nan=False, allow_infinity=False), st.booleans())
def test_amounts_are_those_of_the_kernel(amount: Decimal, grouped: bool):
    text = f"{amount:,}" if grouped else str(amount)
    assert one(YUAN, text) == (fen_of_yuan(text), "")


@given(st.text(alphabet="0123456789.,-+e¥ ", min_size=1, max_size=12))
def test_nothing_is_read_that_the_kernel_refuses(text: str):
    value, fault = one(YUAN, text)
    if fault == "":
        assert value == fen_of_yuan(text.strip().removeprefix("¥"))
    else:
        try:
            read = fen_of_yuan(text)
        except UnableToReadMoneyError:
            return
        assert fault in {"NUMBER_UNREADABLE", "NUMBER_TOO_SMALL", "NUMBER_TOO_LARGE"}, (text, read)


def test_zero_may_stand_below_the_smallest():
    permille = values.number(decimals=3, low=1_000, high=3_000, or_zero=True)
    assert [one(permille, text) for text in ("0", "1", "0.999", "3", "3.001")] == [
        (0, ""),
        (1_000, ""),
        (999, "NUMBER_TOO_SMALL"),
        (3_000, ""),
        (3_001, "NUMBER_TOO_LARGE"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-01",
        "2025-7-1",
        "2025/7/1",
        "2025/07/01",
        "2025.07.01",
        "20250701",
        "2025年7月1日",
        "２０２５－０７－０１",
        "2025-07-01 00:00:00",
        "2025/7/1 0:00",
    ],
)
def test_every_form_of_a_date_is_read(text):
    assert one(values.day(), text) == (date(2025, 7, 1), "")


@pytest.mark.parametrize(
    "text", ["2025-02-30", "2025-13-01", "2025111", "45839", "2025-7/1", "07/01/2025", "2025-07-01 08:00", "明天"]
)
def test_what_is_no_date_is_refused(text):
    assert one(values.day(), text) == (None, "DATE_UNREADABLE")


def test_dates_outside_what_can_be_true_are_refused():
    reader = values.day(latest=date(2025, 7, 31))
    assert [one(reader, text)[1] for text in ("1949-12-31", "1950-01-01", "2025-07-31", "2025-08-01")] == [
        "DATE_TOO_EARLY",
        "",
        "",
        "DATE_IN_FUTURE",
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-07-01 08:30:15", (8, 30, 15)),
        ("2025-07-01T08:30:15", (8, 30, 15)),
        ("2025-07-01 08:30:15.250", (8, 30, 15)),
        ("2025/7/1 8:30", (8, 30, 0)),
        ("20250701083015", (8, 30, 15)),
        ("2025-07-01 083015", (8, 30, 15)),
        ("2025年7月1日8时30分", (8, 30, 0)),
        ("2025年7月1日 08时30分05秒", (8, 30, 5)),
        ("2025-07-01T08:30:00+08:00", (8, 30, 0)),
        ("2025-07-01T00:30:00Z", (8, 30, 0)),
        ("2025-07-01T00:30:00+0000", (8, 30, 0)),
        ("2025-07-01", (0, 0, 0)),
    ],
)
def test_every_form_of_a_time_is_read_in_shanghai(text, moment):
    assert one(values.instant(), text) == (datetime(2025, 7, 1, *moment, tzinfo=ZoneInfo("Asia/Shanghai")), "")


@pytest.mark.parametrize(
    "text", ["2025-07-01 24:00:00", "2025-07-01 08:60", "2025-02-30 08:00:00", "08:30", "2025-07-01T08:30:00+19:00"]
)
def test_what_is_no_time_is_refused(text):
    assert one(values.instant(), text) == (None, "TIME_UNREADABLE")


def test_usual_and_other_times_may_be_mixed():
    texts = pl.Series(["2025-07-01 08:30:00", "2025/7/1 8:30", "x", "2025-07-01 08:30:00"])
    found, faults = values.instant()(texts)
    assert faults.to_list() == ["", "", "TIME_UNREADABLE", ""]
    assert found.drop_nulls().n_unique() == 1


@pytest.mark.parametrize("text", ["2025-07", "202507", "2025/7", "2025.07", "2025年7月", "2025-07-01", "2025/7/1 0:00"])
def test_every_form_of_a_month_is_read(text):
    assert one(values.month(), text) == (202507, "")


@pytest.mark.parametrize("text", ["2025-13", "2025-07-02", "7月", "25-07", "2025"])
def test_what_is_no_month_is_refused(text):
    assert one(values.month(), text)[1] == "MONTH_UNREADABLE"


@pytest.mark.parametrize(
    "text", ["4100000001", "'4100000001", '="4100000001"', "４１００００００１", " 41 0000 0001", "`4100000001"]
)
def test_account_numbers_are_freed_of_what_spreadsheets_add(text):
    value, fault = one(values.checked_code(identifiers.account_no_fault), text)
    assert fault == ""
    assert value in {"4100000001", "410000001"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [("4.10105199001011e+17", "DIGITS_LOST"), ("合计", "ACCOUNT_NO_WRONG"), ("4" * 41, "TEXT_TOO_LONG")],
)
def test_what_is_no_account_number_is_refused_by_reason(text, fault):
    assert one(values.checked_code(identifiers.account_no_fault), text)[1] == fault


def test_telephone_numbers_lose_country_code_and_blanks():
    reader = values.telephone(identifiers.phone_fault)
    assert one(reader, "+86 138 1234 1234") == ("13812341234", "")
    assert one(reader, "0371-66666666") == ("0371-66666666", "")
    assert one(reader, "12345")[1] == "PHONE_WRONG"


def test_masked_numbers_pass_as_they_are():
    reader = values.or_masked(values.telephone(identifiers.phone_fault))
    found, faults = reader(pl.Series(["138****1234", "123", "13812341234"]))
    assert found.to_list() == ["138****1234", "123", "13812341234"]
    assert faults.to_list() == ["", "PHONE_WRONG", ""]


def test_words_are_known_by_their_spellings():
    reader = values.word({"residential": "residential", "居民": "residential"})
    assert [one(reader, text) for text in ("居民", " Residential", "ＲＥＳＩＤＥＮＴＩＡＬ", "工")] == [
        ("residential", ""),
        ("residential", ""),
        ("residential", ""),
        (None, "WORD_UNKNOWN"),
    ]


def test_names_keep_their_full_width_signs_and_lose_line_breaks():
    reader = values.text(longest=30)
    assert one(reader, "某公司（河南）") == ("某公司（河南）", "")
    assert one(reader, "解放路\n  1号") == ("解放路 1号", "")


def test_control_characters_and_the_mark_of_null_are_no_text():
    reader = values.text(longest=30)
    assert [one(reader, text)[1] for text in ("a\x00b", "a\x07b", "\\N", "C:\\New")] == [
        "TEXT_UNREADABLE",
        "TEXT_UNREADABLE",
        "TEXT_UNREADABLE",
        "",
    ]


def test_a_column_of_nothing_is_read():
    empty = pl.Series([], dtype=pl.String)
    for reader in (
        YUAN,
        values.day(),
        values.instant(),
        values.month(),
        values.text(longest=3),
        values.code(longest=3),
    ):
        assert [part.len() for part in reader(empty)] == [0, 0]
