"""Days near a holiday are counted from its first day."""

from datetime import date

from zaikong.sim.calendar import FAR, SPRING_FESTIVALS, distances, labour_days, national_days


def test_days_before_and_after_a_feast_are_counted():
    near = distances(date(2025, 1, 26), date(2025, 2, 3), SPRING_FESTIVALS, before=2, after=3)
    assert near["offset"].to_list() == [FAR, -2, -1, 0, 1, 2, 3, FAR]


def test_fixed_holidays_are_one_a_year():
    assert labour_days([2024, 2025]) == (date(2024, 5, 1), date(2025, 5, 1))
    assert national_days([2025]) == (date(2025, 10, 1),)
