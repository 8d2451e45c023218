"""Every fault of a tariff book has its finding with file and line."""

import pytest

from zaikong.domain.billing.book_checks import check_books
from zaikong.domain.billing.books import BOOKS_DIR

HEAD = """id: cn.test
title: Test
default_plan: a
plans:
  a:
    title: a
    versions:
"""
PLAIN = """    - effective_from: 2020-01-01
      basis: {source: a law, verified: true}
      energy: {flat: 0.5}
"""


@pytest.fixture
def checked(tmp_path):
    def check(text):
        path = tmp_path / "book.yaml"
        path.write_text(text, encoding="utf-8")
        return [(each.code, each.subject.removeprefix(f"{path}:"), each.message) for each in check_books([path])]

    return check


def test_shipped_books_have_no_fault():
    assert check_books(sorted(BOOKS_DIR.glob("*.yaml"))) == []


def test_sound_book_has_no_fault(checked):
    assert checked(HEAD + PLAIN) == []


def test_missing_source_is_found(checked):
    text = HEAD + PLAIN.replace("      basis: {source: a law, verified: true}\n", "")
    assert checked(text) == [("BOOK_UNREADABLE", "8", "plans.a.versions.0.basis: Field required")]


def test_negative_price_is_found(checked):
    assert checked(HEAD + PLAIN.replace("0.5", "-0.5")) == [
        ("BOOK_UNREADABLE", "10", "plans.a.versions.0.energy.flat: Input should be greater than or equal to 0")
    ]


def test_steps_out_of_order_are_found(checked):
    tiers = "{tiers: {period: month, steps: [{up_to_kwh: 9, price: 1}, {up_to_kwh: 8, price: 2}, {price: 3}]}}"
    assert checked(HEAD + PLAIN.replace("{flat: 0.5}", tiers)) == [
        (
            "BOOK_UNREADABLE",
            "10",
            "plans.a.versions.0.energy.tiers: Value error, up_to_kwh must rise from step to step",
        )
    ]


def test_overlap_is_found(checked):
    assert checked(HEAD + PLAIN + PLAIN.replace("2020", "2021")) == [
        ("BOOK_UNREADABLE", "5", "plans.a: Value error, the versions from 2020-01-01 and from 2021-01-01 overlap")
    ]


def test_gap_between_versions_is_found(checked):
    first = PLAIN.replace("2020-01-01\n", "2020-01-01\n      effective_to: 2020-06-01\n")
    assert checked(HEAD + first + PLAIN.replace("2020-01-01", "2020-07-01")) == [
        ("VERSIONS_GAP", "7", "a: no price on 2020-06-01")
    ]


def test_month_without_a_season_is_found(checked):
    first = PLAIN.replace("2020-01-01\n", "2020-01-01\n      months: [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]\n")
    assert checked(HEAD + first) == [("VERSIONS_GAP", "7", "a: no price on 2020-05-01")]


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (
            "[{months: [1,2,3,4,5,6,7,8,9,10,11,12], peak: [[8, 22]], valley: [[0, 8]]}]",
            "Value error, months 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12: each hour needs one register, "
            "but 22:00 has none, 23:00 has none",
        ),
        (
            "[{months: [1,2,3,4,5,6,7,8,9,10,11,12], peak: [[8, 24]], valley: [[0, 9]]}]",
            "Value error, months 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12: each hour needs one register, "
            "but 8:00 is peak and valley",
        ),
        (
            "[{months: [1,2,3,4,5,6,7,8,9,10,11], flat: [[0, 24]]}]",
            "Value error, months without exactly one table of hours: 12",
        ),
    ],
)
def test_hours_not_covering_the_day_once_are_found(checked, hours, message):
    text = HEAD + PLAIN.replace("{flat: 0.5}", "{tou: {peak: 1}}") + f"      hours: {hours}\n"
    assert checked(text) == [("BOOK_UNREADABLE", "8", f"plans.a.versions.0: {message}")]


def test_hours_outside_the_day_are_found(checked):
    text = HEAD + PLAIN.replace("{flat: 0.5}", "{tou: {peak: 1}}") + "      hours: [{months: [1], flat: [[0, 25]]}]\n"
    assert checked(text) == [
        ("BOOK_UNREADABLE", "11", "plans.a.versions.0.hours.0: Value error, flat hours 0-25 are not inside 0-24")
    ]


def test_register_prices_without_hours_are_found(checked):
    assert checked(HEAD + PLAIN.replace("{flat: 0.5}", "{tou: {peak: 1}}")) == [
        ("HOURS_MISSING", "8", "a: register prices need the hours of each register")
    ]


@pytest.mark.parametrize(
    "energy",
    [
        "{flat: 56}",
        "{tou: {peak: 56}}",
        "{tiers: {period: month, steps: [{price: 56}]}}",
    ],
)
def test_price_with_a_lost_decimal_point_is_found(checked, energy):
    found = checked(HEAD + PLAIN.replace("{flat: 0.5}", energy))
    assert ("PRICE_ABSURD", "8", "a: 56 yuan/kWh is above 10") in found


def test_choice_that_names_no_plan_is_found(checked):
    choice = """choice:
  voltages: [lt1kv]
  small: a
  registers: a.{voltage}
  two_part: a
  registers_from_kva: 400
  two_part_from_kva: 315
"""
    assert checked(choice + HEAD + PLAIN) == [
        ("CHOICE_WITHOUT_PLAN", "4", "a.{voltage} names no plan of cn.test"),
        ("CHOICE_REVERSED", "6", "registers_from_kva must not exceed two_part_from_kva"),
    ]


def test_book_id_twice_is_found(tmp_path):
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for path in paths:
        path.write_text(HEAD + PLAIN, encoding="utf-8")
    assert [(each.code, each.subject, each.message) for each in check_books(paths)] == [
        ("BOOK_TWICE", f"{paths[1]}:1", f"cn.test stands already in {paths[0]}")
    ]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("id: [", "1", "expected the node content, but found '<stream end>'"),
        ("id: cn.test\nid: cn.test\n", "2", "key 'id' stands twice"),
        ("- 1\n", "1", "Book: Input should be a valid dictionary or instance of Book"),
    ],
)
def test_file_that_is_no_book_is_found(checked, text, place, message):
    assert checked(text) == [("BOOK_UNREADABLE", place, message)]


def test_missing_file_is_found(tmp_path):
    path = tmp_path / "none.yaml"
    assert [(each.code, each.subject, each.message) for each in check_books([path])] == [
        ("BOOK_UNREADABLE", str(path), "No such file or directory")
    ]
