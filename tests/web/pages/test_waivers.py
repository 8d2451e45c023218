"""Does a waiver take two people, each with the right to it?"""

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import LateFeeWaiver, OpenItem


@pytest.fixture
def closed(county: builders.County) -> builders.County:
    builders.day_book()
    return county


def _ask(client: Client, closed: builders.County, **fields: str):
    return client.post(f"/bills/{closed.bill.pk}/", {"amount": "0.50", "reason": "首次逾期", **fields})


def test_a_collector_asks_and_a_manager_approves(closed: builders.County, signed_in) -> None:
    answer = _ask(signed_in(Role.COLLECTOR), closed)
    assert (answer.status_code, answer.url) == (302, f"/bills/{closed.bill.pk}/")
    asked = LateFeeWaiver.objects.get()
    assert (asked.amount_fen, asked.state, asked.reason) == (50, "requested", "首次逾期")
    manager = signed_in(Role.MANAGER)
    assert "首次逾期" in manager.get("/waivers/").content.decode()
    answer = manager.post("/waivers/", {"waiver": asked.pk, "decision": "approve"}, follow=True)
    assert "减免已批准" in answer.content.decode()
    assert LateFeeWaiver.objects.get().state == "approved"
    assert OpenItem.objects.get(bill=closed.bill).late_fee_waived_fen == 50


def test_a_manager_refuses(closed: builders.County, signed_in) -> None:
    _ask(signed_in(Role.COLLECTOR), closed)
    number = LateFeeWaiver.objects.get().pk
    signed_in(Role.MANAGER).post("/waivers/", {"waiver": number, "decision": "refuse"})
    assert LateFeeWaiver.objects.get().state == "refused"
    assert OpenItem.objects.get(bill=closed.bill).late_fee_waived_fen == 0


def test_more_than_is_owed_is_refused_beside_the_form(closed: builders.County, signed_in) -> None:
    answer = _ask(signed_in(Role.COLLECTOR), closed, amount="5.00")
    assert answer.status_code == 409
    assert "WAIVER_TOO_HIGH" in answer.content.decode()
    assert LateFeeWaiver.objects.count() == 0


def test_a_waiver_decided_before_is_refused(closed: builders.County, signed_in) -> None:
    _ask(signed_in(Role.COLLECTOR), closed)
    form = {"waiver": LateFeeWaiver.objects.get().pk, "decision": "refuse"}
    manager = signed_in(Role.MANAGER)
    manager.post("/waivers/", form)
    answer = manager.post("/waivers/", form)
    assert answer.status_code == 409
    assert "WAIVER_DECIDED" in answer.content.decode()


def test_who_may_not_ask_and_who_may_not_decide_is_refused(closed: builders.County, signed_in) -> None:
    assert _ask(signed_in(Role.MANAGER), closed).status_code == 403
    collector = signed_in(Role.COLLECTOR)
    _ask(collector, closed)
    form = {"waiver": LateFeeWaiver.objects.get().pk, "decision": "approve"}
    assert collector.post("/waivers/", form).status_code == 403
    assert signed_in(Role.METERING_TECHNICIAN).get("/waivers/").status_code == 403
    assert LateFeeWaiver.objects.get().state == "requested"


def test_a_request_of_another_station_is_not_seen_and_not_decided(closed: builders.County, signed_in) -> None:
    signed_in(Role.COLLECTOR, closed.far).post(
        f"/bills/{closed.far_bill.pk}/", {"amount": "0.50", "reason": "首次逾期"}
    )
    number = LateFeeWaiver.objects.get().pk
    manager = signed_in(Role.MANAGER, closed.near)
    assert "首次逾期" not in manager.get("/waivers/").content.decode()
    assert manager.post("/waivers/", {"waiver": number, "decision": "approve"}).status_code == 404
    assert manager.post("/waivers/", {"waiver": "x", "decision": "approve"}).status_code == 404
