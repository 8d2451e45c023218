"""The register of a moment and the hours of a month."""

from datetime import UTC, date, datetime

import pytest

from zaikong.domain.billing.books import UnableToFindTariffError
from zaikong.domain.billing.tou import hours_of_month, hours_on, register_at
from zaikong.kernel.period import Month

BUSINESS = "cn.henan.business"

# 豫发改价管〔2024〕283号: S sharp, P peak, F flat, V valley, one letter an hour.
TABLE = {
    (1, 12): "VVVVVVVFFFFFFFFFPSSPPPPP",
    (2, 6): "VVVVVVVFFFFFFFFFPPPPPPPP",
    (3, 4, 5, 9, 10, 11): "VVVVVVFFFFFVVVFFPPPPPPPP",
    (7, 8): "VVVVVVVFFFFFFFFFPPPPSSSP",
}


@pytest.mark.parametrize(("month", "hours"), [(month, hours) for months, hours in TABLE.items() for month in months])
def test_hours_of_every_month_are_those_of_the_order(month, hours):
    letters = "".join(register[0].upper() for register in hours_of_month(BUSINESS, Month(2025, month)))
    assert letters == hours


@pytest.mark.parametrize(
    ("at", "register"),
    [
        ("2024-07-10T19:59", "peak"),
        ("2024-07-10T20:00", "sharp"),
        ("2024-07-10T20:30", "sharp"),
        ("2024-07-10T22:59:59", "sharp"),
        ("2024-07-10T23:00", "peak"),
        ("2024-07-10T23:59", "peak"),
        ("2024-07-11T00:00", "valley"),
        ("2024-06-10T20:30", "peak"),
        ("2024-04-10T12:00", "valley"),
        ("2024-06-30T20:30", "peak"),
        ("2024-07-01T20:30", "sharp"),
        ("2023-07-10T12:00", "peak"),
        ("2023-07-10T23:30", "valley"),
    ],
)
def test_register_of_a_moment(at, register):
    assert register_at(BUSINESS, datetime.fromisoformat(at)) == register


def test_moment_with_a_time_zone_is_brought_to_local_time():
    assert register_at(BUSINESS, datetime(2024, 7, 10, 12, 30, tzinfo=UTC)) == "sharp"


def test_plan_may_be_named():
    assert register_at("cn.henan.residential", datetime(2024, 7, 10, 21, 59), plan="year.tou") == "peak"
    assert register_at("cn.zhejiang.residential", datetime(2024, 7, 10, 22, 0)) == "valley"


@pytest.mark.parametrize(
    ("book", "day", "plan", "code"),
    [
        ("cn.nowhere", date(2024, 1, 1), None, "TARIFF_UNKNOWN"),
        (BUSINESS, date(2024, 1, 1), "nope", "PLAN_UNKNOWN"),
        (BUSINESS, date(2024, 1, 1), "single.10kv", "HOURS_UNKNOWN"),
        ("cn.beijing.residential", date(2024, 1, 1), None, "HOURS_UNKNOWN"),
        (BUSINESS, date(2020, 1, 1), None, "TARIFF_NOT_IN_FORCE"),
    ],
)
def test_moment_without_hours_is_refused(book, day, plan, code):
    with pytest.raises(UnableToFindTariffError) as caught:
        hours_on(book, day, plan=plan)
    assert caught.value.code == code
