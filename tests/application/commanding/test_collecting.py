"""Readings of a county come from its meters over real sockets, and the night takes them in like any other file."""

from datetime import date, datetime, timedelta

import pytest

from commanding_desk import metered
from ledger_desk import make_account
from zaikong.application.commanding.collecting import collect_readings
from zaikong.application.imports import load
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Patience
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.faults import silent
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import DailyUse, MeterExchange, RegisterState

pytestmark = pytest.mark.django_db

NIGHT = date(2025, 7, 2)
AT = datetime(2025, 7, 2, 23, 50, tzinfo=TIME_ZONE)
BRIEF = Patience(answer_seconds=0.4, overall_seconds=2.0, attempts=1)


@pytest.fixture
def park():
    clock = VirtualClock(AT)
    meters = [
        VirtualMeter(f"{place:012d}", wire, clock=clock, opening=(150_000 + place, 10, 20, 30, 40, 5))
        for place, wire in enumerate((Wire.DLT645, Wire.DLT698, Wire.DLT645), start=1)
    ]
    with park_in_thread(meters) as up:
        yield up


def account_of(park, meter, station="S1"):
    place = park.park.concentrator_of(meter.address)
    account = make_account(f"41000000{meter.address[-2:]}")
    row = metered(account, port=place.endpoint.port, address=meter.address, wire=meter.wire.value)
    RegisterState.objects.create(meter=row, register=0, value_centi=149_000, read_date=NIGHT - timedelta(days=1))
    return row


def collected(tmp_path, **asked):
    return collect_readings(folder=tmp_path, at=AT, credentials=lambda _: CREDENTIALS, patience=BRIEF, **asked)


def test_what_meters_show_becomes_the_use_of_the_night(park, tmp_path):
    rows = [account_of(park, meter) for meter in park.meters]
    told = collected(tmp_path)
    assert (told.read, told.rows, told.findings) == (3, 3, ())

    report = load("readings", [told.file], as_of=NIGHT)

    assert report.rejected == 0
    used = dict(DailyUse.objects.filter(use_date=NIGHT).values_list("account", "centi_kwh"))
    assert used == {row.account_id: 1_000 + int(row.address) for row in rows}
    assert MeterExchange.objects.filter(verb="read_registers", outcome="confirmed").count() == 3


def test_a_silent_meter_is_a_finding_and_never_a_value(park, tmp_path):
    rows = [account_of(park, meter) for meter in park.meters]
    park.meters[2].fail(silent())
    told = collected(tmp_path)
    assert [(finding.code, finding.subject) for finding in told.findings] == [("SILENT", rows[2].meter_no)]
    assert (told.read, told.rows) == (2, 2)
    assert MeterExchange.objects.filter(outcome="unknown", code="silent").count() == 1


def test_where_nobody_answers_no_file_is_written(park, tmp_path):
    account_of(park, park.meters[0])
    park.meters[0].fail(silent())
    told = collected(tmp_path)
    assert (told.file, list(tmp_path.iterdir())) == (None, [])


def test_a_station_reads_its_own_meters(park, tmp_path):
    for meter in park.meters:
        account_of(park, meter)
    assert collected(tmp_path, station="S9").read == 0
    assert collected(tmp_path, station="S1").read == 3
