"""What is said to be ten in a hundred is ten in a hundred."""

import numpy as np
import pytest

from zaikong.application.credit.calibrating import broken_line, stretch
from zaikong.application.credit.comparing import calibration_error


def drawn(*, rows=20_000, bend=False, shift=0.0, slope=1.0):
    """What a score says, and labels whose true log-odds are a line or a bend of it."""
    source = np.random.default_rng(3)
    said = source.normal(-1.5, 1.2, rows)
    true = np.where(said > -1, -1 + 3 * (said + 1), said) if bend else shift + slope * said
    return said, (source.random(rows) < 1 / (1 + np.exp(-true))).astype(np.int64)


def test_a_line_is_found():
    assert stretch(*drawn(shift=0.3, slope=1.4)) == pytest.approx((0.3, 1.4), abs=0.06)


@pytest.mark.parametrize(("slope", "kept"), [(5.0, 2.0), (0.0, 0.5)])
def test_a_slope_stays_between_a_half_and_two(slope, kept):
    assert stretch(*drawn(slope=slope))[1] == kept


def test_without_any_spread_only_the_level_is_moved():
    label = np.array([0, 0, 0, 1] * 100)
    assert stretch(np.zeros(400), label) == (pytest.approx(np.log(1 / 3)), 1.0)


def test_no_line_is_drawn_through_what_is_right_already():
    assert broken_line(*drawn(), seed=1) is None


def test_no_line_is_drawn_through_few_rows():
    assert broken_line(*drawn(rows=1_999, bend=True), seed=1) is None


def test_a_bend_is_mended_by_a_rising_line():
    said, label = drawn(bend=True)
    line = broken_line(said, label, seed=1)
    assert line is not None
    assert all(slope > 0 for slope in line.slopes)
    steps = np.diff(line.knots_e6) * np.array(line.slopes[1:-1]) / 65_536
    heights = np.cumsum(np.append(line.first_e6, steps)) / 1e6
    mended = np.interp(said, np.array(line.knots_e6) / 1e6, heights)
    before, after = (calibration_error(label, 1 / (1 + np.exp(-each))) for each in (said, mended))
    assert after < before / 3
