"""What registers show."""

from datetime import date, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from zaikong.sim.virtual_meters.energy import NAMES, RegisterBank, by_day, constant, county_uses

DAY = date(2024, 7, 1)
MIDNIGHT = datetime(2024, 7, 1)


def shown(bank: RegisterBank) -> tuple[int, ...]:
    return tuple(bank.shown()[name] for name in NAMES)


def test_a_constant_load_is_spread_over_the_registers_and_adds_up():
    total, *rates, reactive = constant(1001, reactive_percent=30)(DAY)
    assert (total, rates, reactive) == (1001, [0, 450, 351, 200], 300)
    assert sum(rates) == total


def test_half_a_day_is_half_of_its_use():
    bank = RegisterBank(constant(1000), opening=(5, 0, 0, 0, 0, 0))
    bank.advance(MIDNIGHT, MIDNIGHT + timedelta(hours=12))
    assert shown(bank) == (505, 0, 225, 175, 100, 0)


def test_each_day_has_the_use_the_county_gave_it():
    use = by_day({DAY: (100, 1, 2, 3, 94, 5), DAY + timedelta(1): (40, 0, 0, 40, 0, 0)})
    bank = RegisterBank(use)
    bank.advance(MIDNIGHT, MIDNIGHT + timedelta(days=1, hours=12))
    assert shown(bank) == (120, 1, 2, 23, 94, 5)


def test_a_meter_of_a_county_shows_what_its_account_used(small_county):
    uses = county_uses(small_county.daily_use)
    rows = small_county.daily_use.sort("account_no", "date").group_by("account_no", maintain_order=True).head(3)
    assert set(uses) == set(rows["account_no"])
    account_no = rows["account_no"][-1]
    of_account = rows.filter(pl.col("account_no") == account_no)
    start = datetime.combine(of_account["date"][0], datetime.min.time())
    bank = RegisterBank(uses[account_no])
    bank.advance(start, start + timedelta(days=3))
    assert bank.shown()["total"] == of_account["centi_kwh"].sum() > 0
    assert bank.shown()["peak"] == of_account["peak_centi_kwh"].sum()


def test_a_day_nobody_knows_uses_nothing_or_what_was_said():
    bank = RegisterBank(by_day({}, otherwise=(7, 0, 0, 7, 0, 0)))
    bank.advance(MIDNIGHT, MIDNIGHT + timedelta(days=2))
    assert bank.shown()["total"] == 14


def test_a_clock_that_goes_back_counts_nothing():
    bank = RegisterBank(constant(1000))
    bank.advance(MIDNIGHT, MIDNIGHT - timedelta(days=3))
    assert shown(bank) == (0,) * 6


def test_a_register_rolls_over():
    bank = RegisterBank(constant(100), opening=(999_99, 0, 0, 0, 0, 0), digits=3)
    bank.advance(MIDNIGHT, MIDNIGHT + timedelta(days=1))
    assert bank.shown()["total"] == 99


@given(st.lists(st.integers(0, 3 * 86_400_000_000), max_size=8), st.integers(0, 10**6))
def test_many_small_looks_and_one_big_one_show_the_same(cuts, use):
    steps = [MIDNIGHT + timedelta(microseconds=cut) for cut in sorted([0, *cuts, 3 * 86_400_000_000])]
    often, once = RegisterBank(constant(use)), RegisterBank(constant(use))
    for start, end in zip(steps, steps[1:], strict=False):
        often.advance(start, end)
    once.advance(steps[0], steps[-1])
    assert shown(often) == shown(once)
    assert once.shown()["total"] == 3 * use
