"""A device is accepted over real sockets, or not at all; supply always comes back."""

import io
from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection
from pypdf import PdfReader

from device_desk import NOW, QUICK, accept, account, all_seen, clock, field, installed, keys, ordered, photo, technician
from ledger_desk import entitled
from zaikong.application.cutting.switch import switch_cuts
from zaikong.application.devices import acceptance as accepting
from zaikong.application.devices import trying
from zaikong.application.devices.acceptance import Seen, UnableToAcceptDeviceError, end_trials, printed_again
from zaikong.domain.feecontrol.acceptance import checklist
from zaikong.meterio.session import Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters import Fault, FaultKind, silent
from zaikong.sim.virtual_meters.meter import Order
from zaikong.sim.virtual_meters.relay import Event
from zaikong.store.models import (
    CutOrder,
    DailyUse,
    DecisionRecord,
    DeviceAcceptance,
    DeviceFault,
    MeterExchange,
    Protection,
    RestoreOrder,
)

pytestmark = pytest.mark.django_db

ADDRESS = "000000000042"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(trying, "MOVES_WITHIN_SECONDS", 0.25)
    monkeypatch.setattr(trying, "BACK_WITHIN_SECONDS", 0.5)


@pytest.fixture(params=list(Wire))
def park(request):
    with field(ADDRESS, wire=request.param) as found:
        yield found


@pytest.fixture
def one():
    """Where the protocol does not matter."""
    with field(ADDRESS) as found:
        yield found


def refused(device, code, **terms):
    with pytest.raises(UnableToAcceptDeviceError) as caught:
        accept(device, **terms)
    assert caught.value.code == code
    assert not DeviceAcceptance.objects.exists()
    device.refresh_from_db()
    assert device.trial_since_at is None


def test_a_sound_device_whose_checks_were_all_seen_is_accepted_and_supply_is_on(park):
    device = installed(park)
    done = accept(device, seen=all_seen())

    device.refresh_from_db()
    items = list(done.acceptance.items.order_by("place"))
    assert (done.not_passed, done.supply_back, done.acceptance.passed) == ((), True, True)
    assert (device.state, device.accepted_at, device.trial_since_at) == ("accepted", NOW, None)
    assert [item.code for item in items] == [check.code for check in checklist().checks]
    assert {item.outcome for item in items if item.code != "external_breaker_opens"} == {"passed"}
    assert [item.outcome for item in items if item.code == "external_breaker_opens"] == ["not_applicable"]
    assert {item.code for item in items if item.by_hand} == {c.code for c in checklist().checks if c.by == "hand"}
    assert all(item.evidence_id for item in items if item.by_hand and item.outcome == "passed")
    assert park.meter(ADDRESS).supply_on
    kinds = list(DecisionRecord.objects.values_list("kind", flat=True))
    assert kinds[-1] == "device_accepted"


def test_every_exchange_of_an_acceptance_is_kept(one):
    device = installed(one)
    accept(device, seen=all_seen())
    kept = MeterExchange.objects.filter(meter=device.meter)
    assert set(kept.values_list("verb", flat=True)) == {
        "read_registers",
        "read_relay",
        "trip",
        "direct_close",
        "retain_on",
        "retain_off",
    }
    assert kept.filter(verb="trip", outcome="refused").count() == 1
    assert kept.first().staff == technician()
    assert "000000" not in str(list(kept.values_list("told", "code")))


@pytest.mark.parametrize(
    ("terms", "named", "why"),
    [
        ({"without": ("sms_received",)}, "sms_received", "NOT_CONFIRMED"),
        ({"without_photo": ("high_current_delays",)}, "high_current_delays", "PHOTO_MISSING"),
        ({"failed": ("power_down_keeps_state",)}, "power_down_keeps_state", None),
    ],
)
def test_what_needs_eyes_never_passes_unseen_or_without_a_photo(one, terms, named, why):
    device = installed(one)
    done = accept(device, seen=all_seen(**terms))
    device.refresh_from_db()
    item = done.acceptance.items.get(code=named)
    assert (done.not_passed, device.state, item.outcome, item.detail.get("why")) == (
        (named,),
        "rejected",
        "failed",
        why,
    )


def test_an_external_breaker_must_be_seen_to_open(one):
    device = installed(one, relay="external")
    done = accept(device, seen=all_seen("internal"))
    assert done.not_passed == ("external_breaker_opens",)


def test_a_meter_that_does_not_move_is_rejected_and_the_checks_are_named(one):
    device = installed(one)
    one.meter(ADDRESS).fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))
    done = accept(device, seen=all_seen())
    device.refresh_from_db()
    assert "trip_read_back" in done.not_passed
    assert (device.state, device.accepted_at, done.supply_back) == ("rejected", None, True)


def test_the_report_is_printed_in_both_languages_and_names_what_failed(one):
    device = installed(one)
    done = accept(device, seen=all_seen(without=("sms_received",)), reason="agreed on the phone")
    kept = bytes(done.acceptance.report.content)
    chinese = "".join(page.extract_text() for page in PdfReader(io.BytesIO(kept)).pages)
    english = "".join(
        page.extract_text()
        for page in PdfReader(io.BytesIO(printed_again(acceptance=done.acceptance.pk, language="en"))).pages
    )
    assert done.acceptance.acceptance_no in chinese
    assert device.account.account_no in chinese
    assert "短信回执" in chinese
    assert "agreed on the phone" in chinese
    assert "不合格" in chinese
    assert "Not accepted" in english
    assert "text messages are received" in english
    assert kept == printed_again(acceptance=done.acceptance.pk)


def use(owner, centi_kwh, *, days_ago=5):
    DailyUse.objects.create(
        account=owner,
        use_date=NOW.date() - timedelta(days=days_ago),
        centi_kwh=centi_kwh,
        source="measured",
        known_date=NOW.date(),
    )


@pytest.mark.parametrize(
    ("contract_date", "centi_kwh", "days_ago"),
    [
        (date(2020, 1, 1), 500, 5),  # used last week
        (date(2020, 1, 1), None, 0),  # old, and nothing known of its use
        (date(2020, 1, 1), 500, 100),  # used once, and nothing known since
        (date(2025, 8, 25), 1, 1),  # new, and used already
    ],
)
def test_a_supply_in_use_is_not_tried_unless_it_may_pause_for_a_reason(one, contract_date, centi_kwh, days_ago):
    owner = account(contract_date=contract_date)
    if centi_kwh is not None:
        use(owner, centi_kwh, days_ago=days_ago)
    device = installed(one, owner)
    refused(device, "SUPPLY_IN_USE", seen=all_seen())
    refused(device, "REASON_MISSING", supply_may_pause=True, reason=" ")
    assert one.meter(ADDRESS).trips_taken == 0

    accept(device, supply_may_pause=True, reason="agreed with the customer on the phone")
    assert one.meter(ADDRESS).trips_taken > 0
    assert one.meter(ADDRESS).supply_on


def test_a_supply_nobody_uses_needs_no_such_word(one):
    owner = account(contract_date=date(2020, 1, 1))
    use(owner, 0)
    assert accept(installed(one, owner)).supply_back


def protect(owner, reason="medical"):
    Protection.objects.create(
        account=owner,
        reason=reason,
        note="ventilator",
        from_at=NOW - timedelta(days=1),
        to_at=NOW + timedelta(days=30),
        review_date=NOW.date() + timedelta(days=10),
        approved_by=technician("approver"),
    )


def test_a_protected_supply_is_tried_for_no_reason_at_all(one):
    device = installed(one)
    protect(device.account)
    refused(device, "PROTECTED", supply_may_pause=True, reason="they agreed")
    assert one.meter(ADDRESS).trips_taken == 0


def test_an_important_user_is_tried_only_where_supply_may_pause(one):
    device = installed(one, account(important_grade="first"))
    refused(device, "SUPPLY_IN_USE")
    assert accept(device, supply_may_pause=True, reason="agreed with the hospital").supply_back


def test_nothing_is_tried_while_all_cuts_are_stopped(one):
    device = installed(one)
    switch_cuts(stop=True, reason="storm", staff=entitled("stopper", "stop_stopallswitch"), at=NOW)
    refused(device, "CUTS_STOPPED")


def test_a_supply_that_was_cut_is_not_given_back_by_an_acceptance(one):
    device = installed(one)
    order = cut_order(device.account, "approved", "reserved")
    refused(device, "CUT_STANDS")
    order.state, order.sent_at = "sent", NOW - timedelta(hours=2)
    order.save(update_fields=["state", "sent_at"])
    refused(device, "CUT_STANDS")


def test_only_a_device_in_place_is_tried_by_one_who_may(one):
    waiting = ordered(account("4100000009"))
    refused(waiting, "NOT_INSTALLED")
    device = installed(one)
    refused(device, "NOT_ENTITLED", staff=entitled("clerk", "order_feecontroldevice"))
    refused(device, "CHECK_UNKNOWN", seen=[Seen("trip_read_back", True, "I saw it", photo().pk)])
    refused(device, "CHECK_UNKNOWN", seen=[Seen("external_breaker_opens", True, "I saw it", photo().pk)])
    refused(device, "PHOTO_UNKNOWN", seen=[Seen("sms_received", True, "I saw it", 987654)])
    refused(device, "REASON_TOO_LONG", reason="x" * 201)
    refused(device, "NOTE_MISSING", seen=[Seen("sms_received", True, " ", photo().pk)])
    device.meter.concentrator.in_service = False
    device.meter.concentrator.save()
    refused(device, "METER_NOT_REACHED")


def trip(meter):
    assert meter.obey(Order(Event.TRIP), authorised=True) is None


def died_in_the_middle(device, park, monkeypatch):
    """The process ends after the trip: the mark stands, the supply is off."""

    async def dies(address, **_terms):
        trip(park.meter(ADDRESS))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(accepting, "try_meter", dies)
        with pytest.raises(KeyboardInterrupt):
            accept(device, seen=all_seen())
    device.refresh_from_db()
    assert device.trial_since_at == NOW
    assert not park.meter(ADDRESS).supply_on


def back(**terms):
    return end_trials(clock=clock, credentials=keys, patience=QUICK, within_seconds=0.4, **terms)


def test_a_process_that_dies_in_the_middle_leaves_a_mark_by_which_supply_is_given_back(park, monkeypatch):
    device = installed(park)
    died_in_the_middle(device, park, monkeypatch)
    with pytest.raises(UnableToAcceptDeviceError) as caught:
        accept(device)
    assert caught.value.code == "SUPPLY_ON_TRIAL"

    done = back()

    device.refresh_from_db()
    assert [(one.order_no, one.supply_back) for one in done] == [(device.order_no, True)]
    assert park.meter(ADDRESS).supply_on
    assert (device.state, device.trial_since_at) == ("installed", None)
    assert back() == []
    assert accept(device, seen=all_seen()).acceptance.passed


def cut_order(owner, *states):
    order = CutOrder.objects.create(
        account=owner,
        regime="prepaid",
        planned_at=NOW - timedelta(hours=2),
        proposed_at=NOW - timedelta(hours=3),
        approvals_needed=0,
    )
    for state in states:
        order.state, order.sent_at = state, NOW - timedelta(hours=2)
        order.save(update_fields=["state", "sent_at"])
    return order


def test_who_was_cut_meanwhile_is_not_given_back_by_a_trial(one, monkeypatch):
    device = installed(one)
    died_in_the_middle(device, one, monkeypatch)
    order = cut_order(device.account, "approved", "reserved", "sent", "recorded")
    assert back() == []
    assert not one.meter(ADDRESS).supply_on
    RestoreOrder.objects.create(
        account=device.account,
        cut_order=order,
        cause="paid",
        since_at=NOW,
        due_by_at=NOW + timedelta(hours=24),
        ordered_at=NOW,
        state="queued",
    )
    assert back() == []
    RestoreOrder.objects.update(state="done", how="field", done_at=NOW)
    assert [found.supply_back for found in back()] == [True]


@pytest.fixture
def elsewhere():
    """A connection of another process."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        yield other


LOCKS = "SELECT pg_try_advisory_lock(hashtext('zaikong device trial'), %s)"


def test_an_acceptance_under_way_elsewhere_is_left_alone(one, elsewhere):
    device = installed(one)
    assert elsewhere.execute(LOCKS, [device.pk]).fetchone() == (True,)
    refused(device, "TRIAL_UNDER_WAY")
    type(device).objects.filter(pk=device.pk).update(trial_since_at=NOW)
    assert back() == []
    elsewhere.close()
    assert [found.order_no for found in back()] == [device.order_no]


@pytest.mark.django_db(transaction=True)
def test_that_supply_is_on_trial_is_committed_before_the_first_frame_and_the_lock_is_let_go(one, elsewhere):
    device = installed(one)
    seen = []

    def opener(address, credentials, *, timeout_seconds):
        marks = elsewhere.execute("SELECT trial_since_at IS NOT NULL FROM zaikong_feecontroldevice").fetchall()
        seen.append((marks, elsewhere.execute(LOCKS, [device.pk]).fetchone()))
        return open_session(address, credentials, timeout_seconds=timeout_seconds)

    accept(device, seen=all_seen(), opener=opener)
    assert {held for _marks, held in seen} == {(False,)}
    assert {mark for marks, _held in seen for (mark,) in marks} == {True}
    assert elsewhere.execute(LOCKS, [device.pk]).fetchone() == (True,)


def test_supply_that_cannot_be_given_back_is_a_fault_and_stays_on_trial(one, monkeypatch):
    device = installed(one)
    died_in_the_middle(device, one, monkeypatch)
    one.meter(ADDRESS).fail(silent())

    assert [found.supply_back for found in back()] == [False]
    assert [found.supply_back for found in back()] == [False]
    fault = DeviceFault.objects.get()
    assert (fault.kind, fault.source, fault.state) == ("supply_not_back", "give_back", "open")
    device.refresh_from_db()
    assert device.trial_since_at == NOW

    one.meter(ADDRESS).mend()
    assert [found.supply_back for found in back()] == [True]


def test_a_meter_that_opens_and_never_closes_is_neither_accepted_nor_forgotten(one, monkeypatch):
    device = installed(one)
    meter = one.meter(ADDRESS)
    kept = trying._Trying._trips_and_closes

    async def opens_and_sticks(self):
        await self._ask(trying.Verb.TRIP)
        meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))
        await kept(self)

    monkeypatch.setattr(trying._Trying, "_trips_and_closes", opens_and_sticks)
    done = accept(device, seen=all_seen())
    device.refresh_from_db()
    assert (done.supply_back, done.acceptance.passed) == (False, False)
    assert "supply_back" in done.not_passed
    assert (device.state, device.trial_since_at) == ("installed", NOW)
    assert DeviceFault.objects.get().kind == "supply_not_back"
