"""Orders carried through to the relays of virtual meters over real sockets, whatever goes wrong on the way."""

import asyncio
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from commanding_desk import CUT_AT, approved_order, metered, pay_in_full, photo, technician
from ledger_desk import make_account
from zaikong.application.commanding.desk import Desk
from zaikong.application.commanding.driver import Driver
from zaikong.application.commanding.worker import Pace, UnableToRunWorkerError, run_worker
from zaikong.application.fieldwork.orders import (
    UnableToDoFieldWorkError,
    confirm_field_order,
    issue_for_failure,
    name_crew,
)
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import FrontEnd, Patience
from zaikong.meterio.session import Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.faults import Fault, FaultKind, clock_wrong, silent
from zaikong.sim.virtual_meters.meter import CREDENTIALS, Order, VirtualMeter
from zaikong.sim.virtual_meters.relay import Event
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import (
    CaseEvent,
    CommandFailure,
    CutOrder,
    FeeControlDevice,
    FieldOrder,
    LegalityCertificate,
    MeterCommand,
    MeterExchange,
    PrepaymentAgreement,
    RestoreOrder,
    RetainCheck,
)

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "000000000001"
DEAF = Fault(FaultKind.SILENT, commands_only=True)
"""Silent to commands alone: reading, and what prepares the way of a command, is answered."""

BRIEF = Patience(answer_seconds=0.3, open_seconds=0.3, exchange_seconds=2.0, back_off_seconds=0.05, attempts=2)


class Field:
    """A park of one meter, and a driver for as long as it is asked."""

    def __init__(self, park, clock):
        self.park, self._clock = park, clock
        self.meter = park.meters[0]

    def now(self):
        return self._clock.wall().replace(tzinfo=TIME_ZONE)

    def skip(self, **span):
        self._clock.skip(timedelta(**span).total_seconds())

    def port(self):
        return self.park.concentrators[0].endpoint.port

    def do(self, *acts):
        """Let a driver carry out acts such as `("cut", 1)`, one after the other."""

        async def run():
            async with (
                Desk(threads=2) as desk,
                FrontEnd(opener=open_session, credentials=lambda _: CREDENTIALS, patience=BRIEF) as front,
            ):
                driver = Driver(front=front, desk=desk, clock=self.now, look_seconds=0.4)
                for act, order in acts:
                    await getattr(driver, act)(order)

        asyncio.run(run())

    def work(self):
        """A worker that does what waits, and ends."""
        return asyncio.run(
            run_worker(credentials=lambda _: CREDENTIALS, clock=self.now, patience=BRIEF, once=True, look_seconds=0.4)
        )


@contextmanager
def in_the_field(wire=Wire.DLT645):
    clock = VirtualClock(CUT_AT + timedelta(seconds=5))
    with park_in_thread([VirtualMeter(ADDRESS, wire, clock=clock)]) as park:
        yield Field(park, clock)


@pytest.fixture(params=list(Wire))
def field(request):
    with in_the_field(request.param) as one:
        yield one


@pytest.fixture
def field645():
    with in_the_field() as one:
        yield one


def ordered(field, number="4100000001"):
    return approved_order(number, port=field.port(), address=ADDRESS, wire=field.meter.wire.value)


def state(order):
    return CutOrder.objects.get(pk=order).state


def test_a_cut_opens_the_relay_is_certified_and_given_back_when_paid(field):
    order = ordered(field)
    field.do(("cut", order))

    assert (state(order), field.meter.supply_on) == ("recorded", False)
    certificate = LegalityCertificate.objects.get(order=order)
    sent = CutOrder.objects.get(pk=order).sent_at
    assert certificate.issued_at == sent
    assert MeterCommand.objects.get(verb="trip").state == "confirmed"

    pay_in_full()
    restore = RestoreOrder.objects.get(cut_order=order)
    assert (restore.cause, restore.state) == ("paid", "queued")
    assert restore.due_by_at - restore.since_at == timedelta(hours=24)
    field.work()

    restore.refresh_from_db()
    assert (restore.state, restore.how, field.meter.supply_on) == ("done", "remote", True)
    assert field.meter.trips_taken == 1
    assert CaseEvent.objects.filter(kind="restored", case__account=restore.account).count() == 1


def test_money_accepted_while_the_cut_waits_stops_it(field):
    order = ordered(field)
    pay_in_full()
    field.do(("cut", order))
    assert (state(order), field.meter.supply_on, field.meter.trips_taken) == ("cancelled", True, 0)
    assert not RestoreOrder.objects.exists()


def test_an_answer_that_is_lost_is_settled_by_reading_and_never_sent_again(field):
    order = ordered(field)
    field.meter.fail(Fault(FaultKind.MOVES_BUT_ANSWER_LOST))
    field.do(("cut", order))
    assert (state(order), field.meter.supply_on, field.meter.trips_taken) == ("recorded", False, 1)
    assert LegalityCertificate.objects.filter(order=order).exists()


def test_a_meter_that_retains_supply_refuses_and_leaves_work_for_two_people(field):
    order = ordered(field)
    field.meter.obey(Order(Event.RETAIN), authorised=True)
    field.do(("cut", order))
    assert (state(order), field.meter.supply_on) == ("failed", True)
    failure = CommandFailure.objects.get()
    assert (failure.cause, failure.state, failure.urgent) == ("retained", "open", False)
    assert not LegalityCertificate.objects.exists()


def test_a_meter_that_says_yes_and_does_not_move_is_no_cut(field):
    order = ordered(field)
    field.meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))
    field.do(("cut", order))
    assert state(order) == "sent"
    field.meter.mend()
    field.skip(minutes=3)
    field.do(("settle", order))
    assert (state(order), field.meter.supply_on, field.meter.trips_taken) == ("failed", True, 1)
    assert CommandFailure.objects.get().cause in {"not_moved", "not_carried_out"}


def test_a_silent_meter_leaves_the_cut_in_doubt_until_it_is_read(field):
    order = ordered(field)
    field.meter.fail(DEAF)
    field.do(("cut", order), ("settle", order))
    assert (state(order), MeterCommand.objects.get().state) == ("sent", "unknown")
    field.skip(minutes=3)
    field.meter.mend()
    field.do(("settle", order))
    assert (state(order), MeterCommand.objects.get().state) == ("failed", "failed")
    assert field.meter.trips_taken == 0


def test_a_meter_that_is_silent_before_the_command_is_asked_no_command(field):
    order = ordered(field)
    field.meter.fail(silent())
    field.do(("cut", order))
    assert (state(order), MeterCommand.objects.get().state, field.meter.trips_taken) == ("reserved", "queued", 0)


def test_a_meter_nobody_hears_any_more_is_visited(field645):
    order = ordered(field645)
    field645.meter.fail(DEAF)
    field645.do(("cut", order))
    field645.meter.fail(silent())
    field645.skip(minutes=13)
    field645.do(("settle", order))
    visit = FieldOrder.objects.get()
    assert (visit.kind, visit.failure.cause, visit.failure.urgent) == ("cut", "unsettled", True)
    first, second = technician(), technician("tech2")
    name_crew(order=visit.pk, first=first, second=second, staff=first, at=field645.now())
    confirm_field_order(
        order=visit.pk,
        staff=second,
        at=field645.now(),
        photo=photo(second, field645.now()),
        result="relay found closed",
        supply_on=True,
    )
    assert state(order) == "failed"
    assert CommandFailure.objects.get().state == "closed"


def test_a_meter_that_cannot_be_reached_is_given_up_after_some_tries_and_cut_by_hand(field645):
    order = ordered(field645)
    field645.park.take_down(field645.park.concentrators[0].code)
    field645.do(("cut", order), ("cut", order), ("cut", order))
    failure = CommandFailure.objects.get()
    assert (state(order), failure.cause, failure.command.state) == ("reserved", "unreachable", "withdrawn")

    first, second = technician(), technician("tech2")
    at = field645.now()
    work = issue_for_failure(failure=failure.pk, staff=first, at=at, due_by_at=at + timedelta(minutes=30))
    with pytest.raises(UnableToDoFieldWorkError) as alone:
        name_crew(order=work.pk, first=first, second=first, staff=first, at=at)
    assert alone.value.code == "ONE_PERSON"
    name_crew(order=work.pk, first=first, second=second, staff=first, at=at)
    confirm_field_order(
        order=work.pk, staff=first, at=at, photo=photo(first, at), result="cut at the breaker", supply_on=False
    )
    assert state(order) == "recorded"
    assert LegalityCertificate.objects.filter(order=order).count() == 1


def test_a_cut_by_hand_still_asks_the_rule(field645):
    order = ordered(field645)
    field645.meter.obey(Order(Event.RETAIN), authorised=True)
    field645.do(("cut", order))
    first, second = technician(), technician("tech2")
    at = field645.now()
    work = issue_for_failure(
        failure=CommandFailure.objects.get().pk, staff=first, at=at, due_by_at=at + timedelta(minutes=30)
    )
    name_crew(order=work.pk, first=first, second=second, staff=first, at=at)
    pay_in_full()
    with pytest.raises(UnableToDoFieldWorkError) as refused:
        confirm_field_order(
            order=work.pk, staff=first, at=at, photo=photo(first, at), result="cut at the breaker", supply_on=False
        )
    assert refused.value.code == "CUT_NOT_ALLOWED"
    assert not LegalityCertificate.objects.exists()


def test_a_meter_whose_clock_is_wrong_refuses_a_command_that_seems_expired(field):
    order = ordered(field)
    field.meter.fail(clock_wrong())
    field.do(("cut", order))
    assert field.meter.supply_on
    assert state(order) in {"failed", "sent"}


def test_a_restore_the_wire_does_not_bring_is_urgent_work_at_once(field):
    order = ordered(field)
    field.do(("cut", order))
    field.meter.fail(silent())
    pay_in_full()
    field.work()
    restore = RestoreOrder.objects.get()
    failure = CommandFailure.objects.get()
    work = FieldOrder.objects.get()
    assert (restore.state, failure.urgent, work.kind, work.due_by_at) == ("failed", True, "restore", restore.due_by_at)

    field.meter.mend()
    field.skip(minutes=2)
    field.work()
    restore.refresh_from_db()
    work.refresh_from_db()
    assert (restore.state, restore.how, work.state, field.meter.supply_on) == ("done", "remote", "cancelled", True)
    assert CommandFailure.objects.get().state == "closed"


def test_a_permission_to_close_gives_supply_back_by_the_customers_button(field):
    order = ordered(field)
    field.do(("cut", order))
    account = CutOrder.objects.get(pk=order).account
    agreement = PrepaymentAgreement.objects.create(
        agreement_no="YG1", account=account, strategy="lv_resident", drafted_at=CUT_AT, restore_mode="safe"
    )
    PrepaymentAgreement.objects.filter(pk=agreement.pk).update(
        state="in_force",
        signed_at=CUT_AT,
        signed_by_name="张三",
        evidence=photo(technician(), CUT_AT),
        from_date=CUT_AT.date(),
    )
    pay_in_full()
    field.work()
    assert (RestoreOrder.objects.get().state, field.meter.supply_on) == ("done", False)
    assert MeterCommand.objects.get(restore_order__isnull=False).verb == "permit_close"
    field.meter.press_button()
    assert field.meter.supply_on


def test_an_account_without_a_wire_is_cut_and_given_back_by_people(field645):
    order = approved_order(with_meter=False)
    metered(CutOrder.objects.get(pk=order).account, relay="none")
    field645.do(("cut", order))
    work = FieldOrder.objects.get()
    assert (work.kind, state(order)) == ("cut", "reserved")
    first, second = technician(), technician("tech2")
    at = field645.now()
    name_crew(order=work.pk, first=first, second=second, staff=first, at=at)
    confirm_field_order(order=work.pk, staff=first, at=at, photo=photo(first, at), result="cut", supply_on=False)
    assert state(order) == "recorded"

    pay_in_full()
    field645.work()
    back = FieldOrder.objects.get(kind="restore")
    name_crew(order=back.pk, first=first, second=second, staff=first, at=at)
    confirm_field_order(order=back.pk, staff=first, at=at, photo=photo(first, at), result="closed", supply_on=True)
    assert RestoreOrder.objects.get().how == "field"


def test_every_exchange_is_kept_and_none_holds_a_password(field):
    order = ordered(field)
    field.do(("cut", order))
    kept = list(MeterExchange.objects.order_by("pk").values_list("verb", "outcome"))
    assert kept[0] == ("trip", "confirmed")
    assert kept[-1] == ("read_relay", "confirmed")
    text = "".join(str(row) for row in MeterExchange.objects.values())
    assert CREDENTIALS.password not in text


def test_only_one_worker_carries_the_commands_of_a_database(field645):
    async def two():
        stop = asyncio.Event()
        first = asyncio.create_task(
            run_worker(
                credentials=lambda _: CREDENTIALS, clock=field645.now, patience=BRIEF, stop=stop, pace=Pace(jobs=2)
            )
        )
        await asyncio.sleep(0.2)
        try:
            with pytest.raises(UnableToRunWorkerError) as refused:
                await run_worker(credentials=lambda _: CREDENTIALS, clock=field645.now, once=True)
        finally:
            stop.set()
            await first
        return refused.value.code

    assert asyncio.run(two()) == "WORKER_RUNNING"


def test_a_worker_gives_back_what_a_broken_acceptance_left_off_and_checks_what_meters_retain(field645):
    row = metered(make_account("4100000009"), port=field645.port(), address=ADDRESS)
    device = FeeControlDevice.objects.create(
        order_no="FK1", account=row.account, kind="internal", reason="new", ordered_at=field645.now()
    )
    FeeControlDevice.objects.filter(pk=device.pk).update(
        state="installed", meter=row, installed_at=field645.now(), trial_since_at=field645.now()
    )
    field645.meter.obey(Order(Event.TRIP), authorised=True)

    async def work():
        stop = asyncio.Event()
        keys = {"credentials": lambda _: CREDENTIALS, "clock": field645.now, "patience": BRIEF}
        worker = asyncio.create_task(run_worker(**keys, stop=stop, pace=Pace(jobs=2, desk_threads=2)))
        for _ in range(100):
            await asyncio.sleep(0.1)
            if field645.meter.supply_on and await asyncio.to_thread(_checked):
                break
        stop.set()
        await worker

    asyncio.run(work())
    assert field645.meter.supply_on
    assert RetainCheck.objects.get(meter=row).difference == "none"


def _checked():
    try:
        return RetainCheck.objects.exists()
    finally:
        connection.close()
