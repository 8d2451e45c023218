"""How does one night of the sample county go: what arrives, what the clerk decides, what the night does?"""

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from zaikong.application.billing.drafts import UnableToDecideDraftError, release_draft, rerate_draft
from zaikong.application.demo.county import demo_folder, payment_plan, write_payments
from zaikong.application.night import NightReport, run_night
from zaikong.kernel.period import day_number
from zaikong.sim.county import County, write_readings
from zaikong.store.models import Night, Staff
from zaikong.store.queries import demo as reads

_CLERK_TAKES = timedelta(days=2)


def run_demo_night(
    county: County, *, business_date: date, clerk: Staff, on_step: Callable[[str], None] = lambda _: None
) -> NightReport:
    """Write the day's files, let the clerk decide on what is held, run the night.

    A night that is closed changes nothing and reports what it did.
    """
    inbox = demo_folder() / "inbox" / str(business_date)
    closed = Night.objects.filter(business_date=business_date, closed=True).exists()
    if not closed:
        write_readings(county, business_date, inbox)
        money = payment_plan(county).filter(pl.col("paid_day") == day_number(business_date))
        write_payments(money, [business_date], inbox)
        _decide_held(business_date, clerk)
    return run_night(business_date=business_date, inbox=inbox, on_step=on_step)


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
