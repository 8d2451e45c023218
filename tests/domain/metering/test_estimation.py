"""A day nobody could read is estimated from the account, then from its class."""

import metering_frames as frames
import metering_oracle as oracle
import pytest
from test_reading_day import DAY, METER, account_of, before, said

from zaikong.domain.metering.history import history

TUESDAY = DAY  # 2025-09-30


def estimate(uses, accounts=((1, "r"),), register=0):
    from zaikong.domain.metering.reading_day import read_day

    usual = history(frames.use_frame(uses), frames.account_frame(accounts), as_of_day=DAY)
    result = read_day(
        frames.meter_frame([METER]),
        frames.previous_frame([before(register=register)]),
        frames.reading_frame([]),
        usual,
        as_of_day=DAY,
    )
    daily, _, _, findings = said(result)
    return daily[1, DAY], {code for *_, code in findings}


def test_the_same_weekday_of_the_last_four_weeks_comes_first():
    uses = account_of(use=1_000)
    for row, centi_kwh in zip([uses[back - 1] for back in (7, 14, 21, 28)], (10, 400, 300, 99_999), strict=True):
        row["centi_kwh"] = centi_kwh
    assert estimate(uses)[0][0] == 350


def test_then_the_mean_of_the_last_seven_days():
    uses = [row for row in account_of(days=3) if row["day"] != DAY - 7]
    uses[0]["centi_kwh"] = 1_001
    assert estimate(uses)[0][0] == 1_000
    uses[1]["centi_kwh"] = 1_001
    assert estimate(uses)[0][0] == 1_001


def test_then_the_mean_of_the_class():
    others = account_of(account=2, use=500) + account_of(account=3, use=701) + account_of(account=4, use=9_999)
    assert estimate(others, accounts=((1, "r"), (2, "r"), (3, "r"), (4, "b")))[0][0] == 601


def test_and_nothing_at_all_is_zero_with_a_finding():
    entry, codes = estimate([])
    assert (entry[0], codes) == (0, {"READING_MISSING", "ESTIMATE_WITHOUT_HISTORY"})


def test_estimates_do_not_feed_estimates():
    uses = account_of(use=1_000, source="estimated")
    assert estimate(uses)[0][0] == 0


def test_the_registers_share_an_estimate_as_they_shared_the_use():
    uses = account_of(
        use=1_001, sharp_centi_kwh=1, peak_centi_kwh=400, flat_centi_kwh=300, valley_centi_kwh=300, centi_kvarh=500
    )
    entry, _ = estimate(uses, register=2)
    assert {key: entry[key] for key in range(6)} == {0: 0, 1: 1, 2: 400, 3: 300, 4: 300, 5: 500}


def test_a_time_of_use_account_without_shares_is_estimated_flat():
    entry, _ = estimate(account_of(account=2, use=700), accounts=((1, "r"), (2, "r")), register=2)
    assert {key: entry[key] for key in range(6)} == {0: 0, 1: 0, 2: 0, 3: 700, 4: 0, 5: 0}


@pytest.mark.parametrize("days", [0, 6, 7, 30, 33])
def test_history_sees_thirty_days_before_the_date_and_not_the_date(days):
    uses = account_of(days=days)
    today = [{**uses[0], "day": DAY}] if uses else []
    got = frames.collected(history(frames.use_frame(uses + today), frames.account_frame([(1, "r")]), as_of_day=DAY))
    assert got[0]["days_known"] == min(days, 30)
    assert frames.history_rows(got) == oracle.history(uses + today, [(1, "r")], DAY)
