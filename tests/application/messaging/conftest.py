"""A provider that really listens, and debts to write about."""

import json
import threading
import time
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from ledger_desk import make_account, release
from zaikong.application.messaging.ordering import Supplier, order_messages
from zaikong.domain.collection.ladder import POSITION_COLUMNS
from zaikong.engine.dictionary import dictionary
from zaikong.kernel.period import TIME_ZONE, day_number

TODAY = date(2025, 7, 31)
MORNING = datetime(2025, 7, 31, 9, 0, tzinfo=TIME_ZONE)
SUPPLIER = Supplier("示例县供电公司", "95598")
_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}


class Desk:
    """Accounts with one bill each of 100 yuan, 30 days overdue, whose first demand is due."""

    def __init__(self):
        self.rows = []

    def account(self, number, *, phone="13800000001", customer=None):
        account = make_account(f"41000000{number:02}")
        if customer is not None:
            account.customer = customer
            account.save()
        account.customer.phone = phone
        account.customer.save()
        return account

    def debt(self, account, *, month=202506, step="FIRST_DEMAND", **facts):
        (bill,) = release([(account, month, date(2025, 7, 1), 10_000)])
        base = {
            "bill": bill,
            "account": account.pk,
            "ladder": "standard",
            "ladder_day": day_number(TODAY) - day_number(date(2025, 7, 1)),
            "owed_fen": 10_000,
            "last_step": "",
            "step": step,
            "rank": 3 if step else 0,
            "channel": "sms" if step else "",
            "template": "first_demand" if step else "",
            "statutory": bool(step),
            "held_by": "",
            "waiting_step": "",
            "waiting_for": "",
        }
        self.rows.append(base | facts)
        return bill

    def positions(self):
        return pl.DataFrame(self.rows, schema={name: _TYPES[dictionary()[name].type] for name in POSITION_COLUMNS})

    def order(self, *, now=MORNING, as_of=TODAY, language="zh"):
        return order_messages(self.positions(), supplier=SUPPLIER, as_of=as_of, now=now, language=language)


@pytest.fixture
def desk():
    return Desk()


class Gateway:
    """What a provider was told, and how it answers: a status, or silence."""

    def __init__(self):
        self.answer = 200
        self.got = []
        gateway = self

        class _Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.got.append(json.loads(body))
                if gateway.answer == "silence":
                    time.sleep(2)
                    self.close_connection = True
                    return
                self.send_response(gateway.answer)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self):
        port = self._server.server_port
        return f"json://127.0.0.1:{port}/send?rto=1&cto=1&:to={{address}}&:reference={{reference}}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def gateway():
    listening = Gateway()
    yield listening
    listening.close()
