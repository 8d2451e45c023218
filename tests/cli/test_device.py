"""`zaikong device`."""

from datetime import date, datetime

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from device_desk import PNG, account, hang, technician
from ledger_desk import entitled
from zaikong.application.devices import trying
from zaikong.application.devices.acceptance import UnableToAcceptDeviceError
from zaikong.application.devices.retaining import UnableToMendRetainedError
from zaikong.application.meter_keys import UnableToReadKeysError
from zaikong.application.second_person import UnableToConfirmError
from zaikong.cli.device import app
from zaikong.domain.feecontrol.acceptance import checklist
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import Fault, FaultKind, VirtualClock, VirtualMeter, park_in_thread
from zaikong.sim.virtual_meters.meter import Order
from zaikong.sim.virtual_meters.relay import Event
from zaikong.store.models import DeviceFault, FeeControlDevice, RetainCheck

pytestmark = pytest.mark.django_db

ADDRESS = "000000000042"


def ran(*words, code=0, given=""):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False, input=given)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def park(tmp_path, monkeypatch):
    keys = tmp_path / "meter_keys.yaml"
    keys.write_text('default: {password: "000000"}', encoding="utf-8")
    keys.chmod(0o600)
    monkeypatch.setenv("ZAIKONG_METER_KEYS", str(keys))
    monkeypatch.setattr(trying, "MOVES_WITHIN_SECONDS", 0.25)
    monkeypatch.setattr(trying, "BACK_WITHIN_SECONDS", 0.5)
    clock = VirtualClock(datetime.now(TIME_ZONE))
    with park_in_thread([VirtualMeter(ADDRESS, Wire.DLT645, clock=clock)]) as found:
        yield found


@pytest.fixture
def owner():
    technician()
    return account(contract_date=datetime.now(TIME_ZONE).date())


@pytest.fixture
def device(park, owner):
    hang(park, owner, ADDRESS)
    told = ran("order", owner.account_no, "--kind", "smart meter", "--reason", "arrears", "--staff", "fitter")
    number = told.split()[0]
    ran("install", number, "--meter", f"M{ADDRESS}", "--staff", "fitter")
    return FeeControlDevice.objects.get(order_no=number)


def photos(tmp_path, *, wrong=()):
    picture = tmp_path / "relay.png"
    picture.write_bytes(PNG)
    words = []
    for check in checklist().by_hand("internal"):
        words += ["--seen", f"{check.code}{'!' if check.code in wrong else ''}={picture}"]
    return [*words, "--note", "seen at the meter"]


def test_a_device_goes_from_its_order_to_its_acceptance_with_a_report(device, park, tmp_path):
    report = tmp_path / "report.pdf"
    told = ran("accept", device.order_no, "--staff", "fitter", *photos(tmp_path), "--report", str(report), "--english")
    device.refresh_from_db()
    assert "accepted" in told.splitlines()[-1]
    assert "trip_read_back" in told
    assert (device.state, park.meter(ADDRESS).supply_on) == ("accepted", True)
    assert "Acceptance report" in PdfReader(report).pages[0].extract_text()


def test_a_device_that_fails_is_named_with_its_checks_and_the_command_says_so(device, park, tmp_path):
    told = ran("accept", device.order_no, "--staff", "fitter", *photos(tmp_path, wrong=("sms_received",)), code=1)
    assert "not accepted: sms_received" in told


def test_what_was_seen_is_written_as_check_and_photo(device):
    assert (
        "CHECK=PHOTO"
        in CliRunner().invoke(app, ["accept", device.order_no, "--staff", "fitter", "--seen", "sms"]).output
    )


def test_a_supply_in_use_is_refused_unless_the_command_says_it_may_pause(device, owner):
    owner.contract_date = date(2020, 1, 1)
    owner.save()
    with pytest.raises(UnableToAcceptDeviceError):
        ran("accept", device.order_no, "--staff", "fitter")
    ran("accept", device.order_no, "--staff", "fitter", "--supply-may-pause", "--reason", "agreed", code=1)


def test_without_a_file_of_keys_nothing_is_asked(device, park, monkeypatch, tmp_path):
    monkeypatch.setenv("ZAIKONG_METER_KEYS", str(tmp_path / "none.yaml"))
    with pytest.raises(UnableToReadKeysError):
        ran("accept", device.order_no, "--staff", "fitter")
    assert park.meter(ADDRESS).record.asked == 0


def test_supply_on_trial_is_given_back(device, park):
    assert "0 looked at" in ran("give-back")
    assert park.meter(ADDRESS).obey(Order(Event.TRIP), authorised=True) is None
    FeeControlDevice.objects.update(trial_since_at=datetime.now(TIME_ZONE))
    assert f"{device.order_no}: supply is back" in ran("give-back")
    assert park.meter(ADDRESS).supply_on


def test_supply_that_is_not_back_is_said_loudly(device, park):
    park.meter(ADDRESS).obey(Order(Event.TRIP), authorised=True)
    park.meter(ADDRESS).fail(Fault(FaultKind.HANGS_UP))
    FeeControlDevice.objects.update(trial_since_at=datetime.now(TIME_ZONE))
    from zaikong.application.devices import acceptance

    kept = acceptance.end_trials

    def hasty(**terms):
        return kept(**terms, within_seconds=0.2)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(acceptance, "end_trials", hasty)
        assert "SUPPLY IS NOT BACK" in ran("give-back", code=1)
    assert DeviceFault.objects.get().kind == "supply_not_back"


def test_retained_supply_is_compared_and_mended_by_two(device, park, owner):
    assert "1 agree" in ran("retain-check")
    park.meter(ADDRESS).obey(Order(Event.RETAIN), authorised=True)
    RetainCheck.objects.update(difference="unread")
    assert "1 only on at the meter" in ran("retain-check", code=1)
    row = RetainCheck.objects.get()
    with pytest.raises(UnableToMendRetainedError):
        ran("retain-mend", str(row.pk), "--staff", "fitter")
    entitled("boss", "approve_retaincheck")
    mend = ("retain-mend", str(row.pk), "--staff", "fitter", "--approver", "boss")
    with pytest.raises(UnableToConfirmError):
        ran(*mend, given="not-the-password\n")
    told = ran(*mend, given="a-long-enough-password\n")
    assert "meter and books agree" in told
    assert "a-long-enough-password" not in told
    assert park.meter(ADDRESS).relay.retained is False


def test_a_fault_is_opened_given_to_somebody_cleared_and_counted(device):
    technician("mender")
    told = ran("fault", "open", device.order_no, "--kind", "relay_stuck", "--source", "round", "--staff", "fitter")
    number = told.split()[1]
    assert "assigned" in ran("fault", "assign", number, "--to", "mender", "--staff", "fitter")
    assert "cleared" in ran("fault", "clear", number, "--resolution", "replaced", "--staff", "mender")
    told = ran("fault", "times")
    assert "relay_stuck" in told
    assert "0 h 00 min" in told
