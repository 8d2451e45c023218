"""How many questions a park answers, counted by somebody who asks."""

import asyncio

import pytest

from zaikong.sim.virtual_meters import FaultKind, make_meters, park_in_thread, silent
from zaikong.sim.virtual_meters.load import Load, ask, targets
from zaikong.sim.virtual_meters.making import FAULTS

from .made import still_clock


def test_every_answer_is_counted_and_so_is_every_silence(tmp_path, monkeypatch):
    monkeypatch.setattr("zaikong.sim.virtual_meters.load.WAIT_SECONDS", 0.05)
    meters = make_meters(6, clock=still_clock())
    meters[3].fail(silent())
    meters[4].fail(FAULTS[FaultKind.HANGS_UP])
    with park_in_thread(meters, per_concentrator=2) as park:
        park.park.write_directory(tmp_path / "park.json")
        load = asyncio.run(ask(targets(tmp_path / "park.json"), seconds=0.4, connections=2))
    asked = [meter.record.asked for meter in meters]
    assert load.answered + load.unanswered == sum(asked)
    assert load.unanswered == asked[3] + asked[4] > 0
    assert load.answered == len(load.milliseconds) > 10
    assert 0 < load.percentile(50) <= load.percentile(99)
    assert load.a_second > 0


def test_nothing_answered_has_no_answer_time():
    with pytest.raises(ValueError, match="nothing"):
        Load().percentile(50)
