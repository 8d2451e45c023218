"""Values of the law that make no sense are refused."""

import pytest
from pydantic import ValidationError

from zaikong.domain.law.values import (
    LEVELS,
    CutApproval,
    Limitation,
    NoticeTimes,
    QuietWindows,
    WriteOff,
    YearlyDays,
)

TIMES = {
    "minimum_days": 3,
    "maximum_days": 7,
    "to_end_of_day": False,
    "final_minutes": 30,
    "final_within_minutes": None,
}
WINDOWS = {
    "resident": True,
    "other": False,
    "day_from_minute": 480,
    "day_to_minute": 1020,
    "rest_days": True,
    "eves": True,
    "heat_celsius": 35,
    "cold_celsius": -10,
    "yearly": [],
}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"maximum_days": 2}, "maximum_days is below minimum_days"),
        ({"minimum_days": 7}, "one day alone leaves no time to cut"),
        ({"final_within_minutes": 30}, "final_within_minutes is not above final_minutes"),
        ({"minimum_days": 0}, "greater than or equal to 1"),
        ({"final_minutes": 0}, "greater than or equal to 1"),
        ({"minimum_days": "3"}, "valid integer"),
    ],
)
def test_notice_times_leave_a_time_to_cut(changed, fault):
    with pytest.raises(ValidationError, match=fault):
        NoticeTimes.model_validate({**TIMES, **changed})


def test_a_single_day_to_its_end_leaves_a_time():
    times = NoticeTimes.model_validate({**TIMES, "minimum_days": 7, "to_end_of_day": True})
    assert (times.minimum_days, times.maximum_days) == (7, 7)


@pytest.mark.parametrize("levels", [LEVELS[1:], (*LEVELS, "third")])
def test_approval_names_every_level_and_no_other(levels):
    with pytest.raises(ValidationError):
        CutApproval.model_validate({"roles": {level: ["manager"] for level in levels}})


def test_windows_leave_a_time_of_the_day():
    with pytest.raises(ValidationError, match="day_to_minute is not after day_from_minute"):
        QuietWindows.model_validate({**WINDOWS, "day_to_minute": 480})


def test_days_of_the_year_run_forward():
    with pytest.raises(ValidationError, match="write a span over the new year as two"):
        YearlyDays(zh="年节", en="new year", first="12-30", last="01-02")


@pytest.mark.parametrize("alerts", [[30, 90], [90, 90], [30, -1], []])
def test_alerts_fall(alerts):
    with pytest.raises(ValidationError):
        Limitation.model_validate({"years": 3, "absolute_years": 20, "alert_days": alerts})


def test_a_share_of_revenue_stays_small_enough_to_multiply():
    with pytest.raises(ValidationError):
        WriteOff(small_years=1, small_fen=1, small_revenue_ppm=1_001, large_years=3, grounds=())
