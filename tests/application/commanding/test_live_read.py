"""A person reads a meter over real sockets, and is told plainly when it does not answer."""

from time import perf_counter

import pytest

from commanding_desk import CUT_AT, metered, person
from cutting_desk import overdue_account
from zaikong.application.commanding.live_read import UnableToReadMeterError, read_now
from zaikong.application.meter_keys import VARIABLE, UnableToReadKeysError
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Patience
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Position, Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.faults import silent
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import Concentrator, Meter, MeterExchange, Staff, Station

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "000000000001"
BRIEF = Patience(answer_seconds=0.3, open_seconds=0.3, exchange_seconds=1.0, overall_seconds=1.5, attempts=1)


@pytest.fixture(autouse=True)
def _keys(monkeypatch, tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_text(
        f'default: {{password: "{CREDENTIALS.password}", level: {CREDENTIALS.level}, operator: "{CREDENTIALS.operator}"}}',
        encoding="utf-8",
    )
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))


@pytest.fixture(params=list(Wire))
def park(request):
    meter = VirtualMeter(ADDRESS, request.param, clock=VirtualClock(CUT_AT))
    with park_in_thread([meter]) as one:
        yield one


def wired(park, **terms):
    place = park.concentrators[0].endpoint
    return metered(overdue_account(), port=place.port, address=ADDRESS, wire=park.meters[0].wire.value, **terms)


def reader():
    return person("reader", "read_meter")


def test_registers_clock_and_relay_are_read_and_kept(park):
    meter = wired(park)
    read = read_now(meter=meter.pk, staff=reader(), at=CUT_AT, patience=BRIEF)
    assert isinstance(read.registers.outcome, Confirmed)
    assert "total" in read.registers.outcome.value.values
    assert read.registers.outcome.value.clock.date() == CUT_AT.astimezone(TIME_ZONE).date()
    assert (read.relay.outcome.value.commanded, read.relay.outcome.value.actual) == (Position.CLOSED, Position.CLOSED)
    kept = list(MeterExchange.objects.order_by("pk").values_list("verb", "outcome", "staff__username", "at"))
    assert kept == [
        ("read_registers", "confirmed", "reader", CUT_AT),
        ("read_relay", "confirmed", "reader", CUT_AT),
    ]
    assert CREDENTIALS.password not in "".join(str(row) for row in MeterExchange.objects.values())


def test_a_meter_without_a_relay_is_asked_for_its_registers_only(park):
    read = read_now(meter=wired(park, relay="none").pk, staff=reader(), at=CUT_AT, patience=BRIEF)
    assert isinstance(read.registers.outcome, Confirmed)
    assert read.relay is None
    assert MeterExchange.objects.count() == 1


def test_a_silent_meter_is_given_up_soon_and_what_was_asked_is_kept(park):
    park.meters[0].fail(silent())
    meter = wired(park)
    began = perf_counter()
    read = read_now(meter=meter.pk, staff=reader(), at=CUT_AT, patience=BRIEF)
    assert perf_counter() - began < 5
    assert isinstance(read.registers.outcome, Unknown)
    assert set(MeterExchange.objects.values_list("outcome", flat=True)) == {"unknown"}


def test_a_concentrator_that_is_not_there_is_asked_once(park):
    meter = wired(park)
    park.take_down(park.concentrators[0].code)
    read = read_now(meter=meter.pk, staff=reader(), at=CUT_AT, patience=BRIEF)
    assert (read.registers.outcome.reason, read.relay) == (Reason.UNREACHABLE, None)
    assert MeterExchange.objects.get().code == "unreachable"


def test_who_has_no_right_reads_nothing():
    meter = metered(overdue_account())
    with pytest.raises(UnableToReadMeterError) as refused:
        read_now(meter=meter.pk, staff=person("other", "execute_cutorder"), at=CUT_AT)
    assert refused.value.code == "NO_RIGHT"
    assert not MeterExchange.objects.exists()


def test_a_meter_of_another_station_does_not_exist():
    meter = metered(overdue_account())
    someone = reader()
    Staff.objects.filter(pk=someone.pk).update(station=Station.objects.create(code="X9", name="远方供电所"))
    with pytest.raises(UnableToReadMeterError) as refused:
        read_now(meter=meter.pk, staff=Staff.objects.get(pk=someone.pk), at=CUT_AT)
    assert refused.value.code == "METER_UNKNOWN"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"concentrator": None}, "NO_CONCENTRATOR"),
        ({"address": ""}, "NO_ADDRESS"),
        ({"protocol": "pulse"}, "NO_PROTOCOL"),
    ],
)
def test_a_meter_on_no_wire_says_why(change, code):
    meter = metered(overdue_account())
    Meter.objects.filter(pk=meter.pk).update(**change)
    with pytest.raises(UnableToReadMeterError) as refused:
        read_now(meter=meter.pk, staff=reader(), at=CUT_AT)
    assert (refused.value.code, bool(refused.value.remedy)) == (code, True)


def test_a_concentrator_out_of_service_is_said():
    meter = metered(overdue_account())
    Concentrator.objects.update(in_service=False)
    with pytest.raises(UnableToReadMeterError) as refused:
        read_now(meter=meter.pk, staff=reader(), at=CUT_AT)
    assert refused.value.code == "CONCENTRATOR_OUT"


def test_without_keys_no_meter_is_asked(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.yaml"))
    with pytest.raises(UnableToReadKeysError) as refused:
        read_now(meter=metered(overdue_account()).pk, staff=reader(), at=CUT_AT)
    assert refused.value.code == "KEYS_MISSING"
    assert not MeterExchange.objects.exists()
