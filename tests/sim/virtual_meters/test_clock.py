"""The time of virtual meters."""

from datetime import UTC, datetime, timedelta

import pytest

from zaikong.sim.virtual_meters import VirtualClock

from .made import START, Stopped, still_clock


def test_the_wall_clock_goes_with_the_seconds_that_pass():
    ticks = Stopped()
    clock = VirtualClock(START, ticks=ticks)
    ticks.at += 90
    assert clock.wall() == START + timedelta(seconds=90)
    assert clock.elapsed() == 90


def test_a_start_with_a_zone_becomes_the_wall_clock_of_shanghai():
    assert VirtualClock(datetime(2024, 7, 1, 2, tzinfo=UTC), ticks=Stopped()).wall() == START


def test_skipping_moves_both_times_and_leaves_the_true_one():
    clock = still_clock()
    clock.skip(3600)
    assert (clock.wall(), clock.elapsed()) == (START + timedelta(hours=1), 3600)
    assert clock.ticks() == 1000


def test_what_was_skipped_over_was_one_moment_truly():
    ticks = Stopped()
    clock = VirtualClock(START, ticks=ticks)
    ticks.at += 10
    clock.skip(100)
    ticks.at += 10
    clock.skip(50)
    assert [clock.ticks_at(elapsed) for elapsed in (5, 10, 60, 110, 115, 120, 150, 170)] == [
        1005,
        1010,
        1010,
        1010,
        1015,
        1020,
        1020,
        1020,
    ]
    assert clock.ticks_at(clock.elapsed()) == clock.ticks() == 1020


def test_time_does_not_go_back():
    with pytest.raises(ValueError, match="back"):
        still_clock().skip(-1)
