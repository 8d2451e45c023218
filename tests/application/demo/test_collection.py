"""A small county whose people work on arrears for some weeks: served, called, promised, approved, cut, certified.

The county is lived once for the module; each test works in a transaction that is rolled back.
"""

import os
from collections import Counter
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from zaikong.application.certificate_check import recheck
from zaikong.application.decision_log import verify_store
from zaikong.application.demo import DemoPlan, demo_clerk, demo_figures, load_county, run_demo_night
from zaikong.application.demo.collection import live_day
from zaikong.application.demo.lived import LIFE_REFUSES, DayLived, counted
from zaikong.application.demo.people import demo_team
from zaikong.application.proving import prove_balances
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store import models

PLAN = DemoPlan(
    seed=7,
    enterprises=30,
    residents=50,
    history_start=date(2025, 4, 1),
    first_night=date(2025, 7, 1),
    last_night=date(2025, 8, 5),
)

pytestmark = pytest.mark.django_db

_LIVED: list[DayLived] = []


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    """The county with five weeks lived."""
    before = os.environ["ZAIKONG_VAR"]
    os.environ["ZAIKONG_VAR"] = str(tmp_path_factory.mktemp("lived"))
    with django_db_blocker.unblock():
        drawn = load_county(PLAN)
        clerk = demo_clerk()
        for night in range((PLAN.last_night - PLAN.first_night).days + 1):
            day = PLAN.first_night + timedelta(days=night)
            run_demo_night(drawn, business_date=day, clerk=clerk, on_day=_LIVED.append)
        yield drawn
        call_command("flush", interactive=False, verbosity=0)
        connection.close()
    os.environ["ZAIKONG_VAR"] = before


def rows() -> dict[str, int]:
    tables = (
        models.CaseEvent,
        models.NoticeService,
        models.Evidence,
        models.PromiseToPay,
        models.Dispute,
        models.CutApproval,
        models.LegalityCertificate,
        models.DecisionRecord,
        models.WorkListRow,
        models.Notice,
    )
    return {table.__name__: table.objects.count() for table in tables}


def done() -> dict[str, int]:
    return counted(_LIVED)["done"]


def test_supply_was_cut_with_a_certificate_that_is_proved_again(county):
    recorded = models.CutOrder.objects.filter(state="recorded")

    assert recorded.count() == models.LegalityCertificate.objects.count() == done()["cut_recorded"] > 0
    for certificate in models.LegalityCertificate.objects.all():
        assert recheck(certificate.document.encode()) == ([], [])
    assert verify_store().faults == []


def test_a_cut_was_announced_once_more_within_the_hour_before_it(county):
    for order in models.CutOrder.objects.filter(state="recorded"):
        last = models.NoticeService.objects.get(
            notice__kind="final", notice__account=order.account, notice__planned_cut_at=order.planned_at
        )
        assert timedelta(minutes=30) <= order.ended_at - last.served_at < timedelta(hours=1)
        approvals = models.CutApproval.objects.filter(order=order, approved=True)
        assert set(approvals.values_list("role", flat=True)) == {"manager", "director"}


def test_the_ledger_kept_and_broke_promises(county):
    states = Counter(models.PromiseToPay.objects.values_list("state", flat=True))

    assert states["kept"] > 0
    assert states["broken"] > 0
    assert sum(states.values()) == done()["promise"]


def test_every_served_notice_has_its_proof_and_most_are_signed_for(county):
    services = models.NoticeService.objects.exclude(notice__kind="final")
    ways = Counter(services.values_list("method", flat=True))

    assert models.NoticeService.objects.filter(serviceevidence=None).count() == 0
    assert services.count() == done()["served_demand"] + done()["served_stop"]
    assert ways["signed"] > ways["left"] + ways["mail"]


def test_demands_were_sent_and_their_receipts_taken_in(county):
    states = Counter(models.OutboundMessage.objects.filter(statutory=True).values_list("state", flat=True))

    assert states["delivered"] > 10 * states["sent"]
    assert done()["message"] == done()["delivered"] + done()["undelivered"]


def test_people_act_in_office_hours_and_only_by_their_own_route(county):
    team = demo_team(county)
    events = models.CaseEvent.objects.filter(staff__in=team.keys())

    assert {event.at.astimezone(TIME_ZONE).hour for event in events} <= set(range(9, 18))
    for event in events.filter(kind__in=("call", "visit")).select_related("case__account"):
        assert event.staff_id in {event.case.account.collector_id, team.manager.pk}


def test_what_verbs_refused_is_counted_by_codes_that_life_brings_about(county):
    assert set(counted(_LIVED)["refused"]) <= LIFE_REFUSES


def test_a_refusal_life_does_not_bring_about_is_raised(county):
    lived = DayLived()

    def refuses(*, code: str) -> None:
        raise Refusal("no", code=code)

    with pytest.raises(Refusal, match="no"):
        lived.tried("anything", refuses, code="NOT_ENTITLED")
    assert lived.tried("anything", refuses, code="CASE_CLOSED") is None
    assert (dict(lived.done), dict(lived.refused)) == ({}, {"CASE_CLOSED": 1})


def test_the_work_list_of_the_open_day_stands(county):
    open_day = PLAN.last_night + timedelta(days=1)

    runs = models.WorkPlanRun.objects.filter(business_date=open_day, standing=True)
    assert runs.count() > 0
    assert models.WorkListRow.objects.filter(run__in=runs).count() > 0
    assert models.WorkPlanRun.objects.exclude(business_date=open_day).count() == 0


def test_a_demo_run_again_lives_no_day_twice(county):
    before, clerk = rows(), demo_clerk()

    for night in (PLAN.first_night, PLAN.last_night):
        run_demo_night(county, business_date=night, clerk=clerk)

    assert rows() == before


def test_a_day_lived_before_a_night_that_broke_is_not_lived_again(county):
    before = rows()
    money = pl.DataFrame(schema={"account_no": pl.String, "paid_day": pl.Int64, "amount_fen": pl.Int64})
    day = models.CaseEvent.objects.filter(kind="call").latest("at").at.astimezone(TIME_ZONE).date()

    lived = live_day(seed=PLAN.seed, day=day, team=demo_team(county), money=money)

    assert lived.done == Counter()
    assert rows() == before


def test_the_same_seed_lives_the_same_day_again(county):
    money = pl.DataFrame(schema={"account_no": pl.String, "paid_day": pl.Int64, "amount_fen": pl.Int64})
    day = PLAN.last_night + timedelta(days=1)

    def once() -> list[tuple[object, ...]]:
        from django.db import transaction

        with transaction.atomic():
            live_day(seed=PLAN.seed, day=day, team=demo_team(county), money=money)
            start = datetime(day.year, day.month, day.day, tzinfo=TIME_ZONE)
            events = models.CaseEvent.objects.filter(at__gte=start).order_by("at", "case__account__account_no", "kind")
            told = list(events.values_list("case__account__account_no", "at", "kind", "outcome", "note", "amount_fen"))
            transaction.set_rollback(True)
        return told

    first = once()
    assert len(first) > 0
    assert once() == first


def test_the_figures_tell_what_collection_came_to(county):
    figures = demo_figures(last_night=PLAN.last_night)["collection"]

    assert figures["cut_orders"]["recorded"] == figures["certificates"] > 0
    assert figures["promises"]["kept"] > 0
    assert figures["contacts"] == {"call": done()["call"], "visit": done()["visit"]}
    assert figures["notices"]["demand_served"] == done()["served_demand"]


def test_the_books_are_right_after_all_of_it(county):
    assert prove_balances(as_of=PLAN.last_night) == []


def test_cuts_went_over_real_sockets_and_supply_came_back(county):
    figures = demo_figures(last_night=PLAN.last_night)["collection"]
    exchanges = models.MeterExchange.objects.filter(verb="trip")

    assert figures["trips"].get("confirmed", 0) > 0
    assert exchanges.filter(outcome="confirmed").count() >= figures["trips"]["confirmed"]
    assert models.CutOrder.objects.filter(state="sent").count() == 0
    confirmed = models.MeterCommand.objects.filter(verb="trip", state="confirmed")
    assert {trip.cut_order.state for trip in confirmed} == {"recorded"}
    late = models.RestoreOrder.objects.filter(done_at__gt=F("due_by_at"))
    assert late.count() == 0
