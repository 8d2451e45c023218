"""The password of a meter reaches no table, no log, no output: a cut, a refusal and a restore are scanned for it."""

import asyncio
import logging
from datetime import timedelta

import pytest
from django.db import connection

from commanding_desk import CUT_AT, approved_order, pay_in_full
from zaikong.application.commanding.worker import run_worker
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Patience
from zaikong.meterio.session import Credentials, Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.meter import VirtualMeter
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import MeterExchange

pytestmark = pytest.mark.django_db(transaction=True)

KEY = Credentials("7f3a9c", level=2, operator="87654321")
WRONG = Credentials("5b1d77", level=2, operator="13572468")
SECRETS = tuple(
    form
    for key in (KEY, WRONG)
    for word in (key.password, key.operator)
    for form in (
        word,
        bytes.fromhex(word)[::-1].hex(),
        bytes((octet + 0x33) % 256 for octet in bytes.fromhex(word)).hex(),
        bytes((octet + 0x33) % 256 for octet in bytes.fromhex(word)[::-1]).hex(),
    )
)
"""The words, as sent, turned round and as they look on the wire of DL/T 645."""


def every_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            yield table, " ".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("wire", list(Wire))
def test_no_secret_is_kept_or_told(wire, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    clock = VirtualClock(CUT_AT + timedelta(seconds=5))
    meters = [VirtualMeter(f"{place:012d}", wire, clock=clock, credentials=KEY) for place in (1, 2)]
    brief = Patience(answer_seconds=0.5, overall_seconds=2.0, attempts=2)
    with park_in_thread(meters) as park:
        port = park.concentrators[0].endpoint.port
        approved_order(port=port, address=meters[0].address, wire=wire.value)
        approved_order("4100000002", port=port, address=meters[1].address, wire=wire.value)

        def work():
            asyncio.run(
                run_worker(
                    credentials=lambda address: KEY if address.address == meters[0].address else WRONG,
                    clock=lambda: clock.wall().replace(tzinfo=TIME_ZONE),
                    patience=brief,
                    once=True,
                    look_seconds=0.3,
                )
            )

        work()
        pay_in_full()
        work()

    assert (meters[0].trips_taken, meters[0].supply_on, meters[1].trips_taken) == (1, True, 0)
    assert MeterExchange.objects.filter(outcome="refused", code="PASSWORD").exists()
    told = capfd.readouterr()
    places = {"log": caplog.text, "out": told.out, "err": told.err, **dict(every_table())}
    for place, text in places.items():
        lowered = text.lower()
        assert [secret for secret in SECRETS if secret in lowered] == [], place
