"""A worker that is killed again and again loses no order and sends no trip twice."""

from datetime import timedelta
from time import monotonic, sleep

import pytest

from commanding_desk import CUT_AT, approved_order, pay_in_full
from zaikong.application.bench.field import WorkerProcess, database_url
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.making import make_meters
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import CutOrder, LegalityCertificate, MeterCommand, RestoreOrder

pytestmark = pytest.mark.django_db(transaction=True)

_COUNT = 6


def worker(start):
    return WorkerProcess(url=database_url(), start=start, jobs=4, answer_seconds=1.0, overall_seconds=4.0)


def until(done, *, longest=90):
    deadline = monotonic() + longest
    while not done() and monotonic() < deadline:
        sleep(0.1)
    assert done()


def states():
    return set(CutOrder.objects.values_list("state", flat=True))


def test_a_killed_worker_leaves_orders_the_next_one_brings_to_their_end():
    start = CUT_AT + timedelta(seconds=5)
    with park_in_thread(make_meters(_COUNT, clock=VirtualClock(start), wires=(Wire.DLT645, Wire.DLT698))) as park:
        orders = {}
        for place, meter in enumerate(park.meters):
            port = park.park.concentrator_of(meter.address).endpoint.port
            number = f"41000000{place:02d}"
            orders[number] = approved_order(number, port=port, address=meter.address, wire=meter.wire.value)
        for sent in (1, 3):
            with worker(start) as running:
                until(lambda sent=sent: MeterCommand.objects.filter(sent_at__isnull=False).count() >= sent)
                running.kill()
        pay_in_full("4100000000", ref="p0")
        with worker(start + timedelta(minutes=3)):
            until(lambda: states() <= {"recorded", "failed", "cancelled"})
            until(lambda: not RestoreOrder.objects.exclude(state="done").exists())

        assert [meter.trips_taken for meter in park.meters if meter.trips_taken > 1] == []
        paid = CutOrder.objects.get(pk=orders["4100000000"]).account_id
        for meter, order in zip(park.meters, CutOrder.objects.order_by("pk"), strict=True):
            off = order.state == "recorded" and order.account_id != paid
            assert meter.supply_on is not off, (order.pk, order.state)
        assert LegalityCertificate.objects.count() == CutOrder.objects.filter(state="recorded").count()
