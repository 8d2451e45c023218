"""How does one day of the sample county go: what arrives, what its people decide and do, what the night does?"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import polars as pl

from zaikong.application.billing.drafts import UnableToDecideDraftError, release_draft, rerate_draft
from zaikong.application.demo.collection import live_day
from zaikong.application.demo.county import demo_folder, payment_plan, write_payments
from zaikong.application.demo.lived import DayLived
from zaikong.application.demo.people import demo_team
from zaikong.application.demo.wire import carry_due_cuts, give_supply_back, hang_meters
from zaikong.application.night import NightReport, run_night
from zaikong.application.worklist.planning import plan_day
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.sim.county import County, write_readings
from zaikong.store.models import Night, Staff, WorkPlanRun
from zaikong.store.queries import demo as reads

_CLERK_TAKES = timedelta(days=2)
_PLANNED_AT = time(7, 30)


def run_demo_night(
    county: County,
    *,
    business_date: date,
    clerk: Staff,
    on_step: Callable[[str], None] = lambda _: None,
    on_day: Callable[[DayLived], None] = lambda _: None,
) -> NightReport:
    """Write the day's files, let clerk and collectors do their day, run the night; plan the work behind the last one.

    A night that is closed changes nothing and reports what it did.

    Args:
        county: The county.
        business_date: The day.
        clerk: Who decides on held bills.
        on_step: Called with each step's name.
        on_day: Called with what the day came to.
    """
    inbox = demo_folder() / "inbox" / str(business_date)
    closed = Night.objects.filter(business_date=business_date, closed=True).exists()
    if not closed:
        write_readings(county, business_date, inbox)
        plan = payment_plan(county)
        write_payments(plan.filter(pl.col("paid_day") == day_number(business_date)), [business_date], inbox)
        _decide_held(business_date, clerk)
        on_step("collection")
        team = demo_team(county)
        hang_meters()
        lived = live_day(seed=county.seed, day=business_date, team=team, money=plan)
        carry_due_cuts(business_date, lived)
        on_day(lived)
    report = run_night(business_date=business_date, inbox=inbox, on_step=on_step)
    if not Night.objects.filter(business_date__gt=business_date).exists():
        give_supply_back(business_date, demo_team(county))
    if business_date + timedelta(days=1) == county.nights.end:
        _plan_work(business_date + timedelta(days=1))
    return report


def _plan_work(day: date) -> None:
    """Make the work lists of the open day stand, once."""
    if not WorkPlanRun.objects.filter(business_date=day).exists():
        plan_day(business_date=day, at=datetime.combine(day, _PLANNED_AT, TIME_ZONE))


def demo_clerk() -> Staff:
    """The billing clerk who decides on held bills of the sample county; the person may log in once served."""
    clerk, _ = Staff.objects.get_or_create(username="billing", defaults={"is_active": False})
    return clerk


def _decide_held(business_date: date, clerk: Staff) -> None:
    """What the checks held two days ago has been looked at: rate it again, and release it if its use is real."""
    for draft in reads.held_before(business_date - _CLERK_TAKES):
        try:
            release_draft(draft, staff=clerk, reason="查表核实，用电属实", as_of=business_date)
        except UnableToDecideDraftError:
            rerate_draft(draft, staff=clerk, reason="资料补齐后重新核算", as_of=business_date)
