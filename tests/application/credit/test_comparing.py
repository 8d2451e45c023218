"""Scores are compared on the same rows."""

import numpy as np
import pytest

from zaikong.application.credit.comparing import _Ranked, calibration_error, interval_of_area, paired_intervals
from zaikong.application.credit.metrics import auc


def drawn(rows=2_000):
    source = np.random.default_rng(5)
    signal = source.normal(size=rows)
    label = (source.random(rows) < 1 / (1 + np.exp(1 - 1.5 * signal))).astype(np.int64)
    return label, 1 / (1 + np.exp(-signal)), 1 / (1 + np.exp(-signal - source.normal(size=rows)))


def test_an_area_of_weighted_rows_is_the_area_of_the_rows_drawn():
    label, good, _ = drawn()
    tied = np.floor(good * 20) / 20
    drawn_rows = np.random.default_rng(1).integers(0, len(label), len(label))
    weights = np.bincount(drawn_rows, minlength=len(label)).astype(float)[None, :]
    assert _Ranked(label, tied).areas(weights)[0] == pytest.approx(auc(label[drawn_rows], tied[drawn_rows]), abs=1e-12)


def test_a_better_score_is_told_from_a_worse_and_from_itself():
    label, good, worse = drawn()
    ends = paired_intervals(label, good, worse, resamples=200)
    assert 0 < ends["auc"][0] < auc(label, good) - auc(label, worse) < ends["auc"][1]
    assert paired_intervals(label, good, good, resamples=60) == {"auc": (0.0, 0.0), "brier": (0.0, 0.0)}


def test_an_interval_holds_the_area():
    label, good, _ = drawn()
    low, high = interval_of_area(label, good, resamples=200)
    assert low < auc(label, good) < high


def test_the_calibration_error_is_the_mean_distance_of_groups():
    label = np.array([0, 1] * 50)
    assert calibration_error(label, np.full(100, 0.5)) == 0.0
    assert calibration_error(label, np.full(100, 0.75)) == 0.25
