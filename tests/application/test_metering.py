from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from zaikong.application.metering import (
    READING,
    NightReadings,
    UnableToReadNightError,
    day_of,
    estimate_missing,
    read_night,
)
from zaikong.store.models import (
    Account,
    Customer,
    DailyUse,
    Meter,
    MeteringFinding,
    Premise,
    RegisterReading,
    RegisterState,
    Station,
    SupplyPoint,
)

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2025, 7, 10)
TOTAL, SHARP, PEAK, FLAT, VALLEY = range(5)


def account(number: str, category: str = "residential") -> Account:
    station, _ = Station.objects.get_or_create(code="S1", defaults={"name": "S1"})
    point = SupplyPoint.objects.create(premise=Premise.objects.create(address="x", station=station, route="R"))
    return Account.objects.create(
        account_no=number,
        customer=Customer.objects.create(name=number),
        supply_point=point,
        category=category,
        book="b",
        plan="p",
        payment_mode="post_paid",
        contract_date="2020-01-01",
    )


def meter(owner: Account, number: str, *, start: int | None = 100_000, registers=(TOTAL,), **options) -> Meter:
    made = Meter.objects.create(meter_no=number, account=owner, protocol="none", installed_date="2020-01-01", **options)
    if start is not None:
        for register in registers:
            RegisterState.objects.create(
                meter=made, register=register, value_centi=start, read_date=DAY - timedelta(days=1)
            )
    return made


def used(owner: Account, days: int, centi_kwh: int = 1_000) -> None:
    for back in range(1, days + 1):
        DailyUse.objects.create(
            account=owner,
            use_date=DAY - timedelta(days=back),
            centi_kwh=centi_kwh,
            source="imported",
            known_date=DAY - timedelta(days=back),
        )


def readings(*rows: tuple[str, int, int] | tuple[str, int, int, date]) -> pl.DataFrame:
    """Meter, register, value [0.01] and the day whose end it shows, that of the night by default."""
    return pl.DataFrame(
        [
            {
                "meter_no": row[0],
                "register": row[1],
                "read_at": datetime.combine(
                    (row[3] if len(row) > 3 else DAY) + timedelta(days=1), datetime.min.time(), ZONE
                ),
                "value_centi": row[2],
            }
            for row in rows
        ],
        schema=READING,
    )


def night(*rows, on: date = DAY) -> NightReadings:
    return read_night(readings(*rows), night_date=on)


def use_of(owner: Account, day: date = DAY) -> tuple[int, str]:
    found = DailyUse.objects.get(account=owner, use_date=day, current=True)
    return found.centi_kwh, found.source


def open_codes(owner: Account | None) -> list[str]:
    return sorted(MeteringFinding.objects.filter(account=owner, resolved_date=None).values_list("code", flat=True))


def snapshot() -> list[object]:
    """Everything metering writes."""
    return [
        list(table.objects.order_by("id").values_list())
        for table in (RegisterReading, RegisterState, DailyUse, MeteringFinding)
    ]


def test_a_reading_becomes_the_use_of_its_day():
    owner = account("A1")
    made = meter(owner, "M1", multiplier=20)
    assert night(("M1", TOTAL, 100_150)) == NightReadings(rows=1, accepted=1, measured=1)
    assert use_of(owner) == (3_000, "measured")
    state = RegisterState.objects.get(meter=made)
    assert (state.value_centi, state.read_date) == (100_150, DAY)
    kept = RegisterReading.objects.get()
    assert (kept.night_date, kept.account, kept.status, kept.code) == (DAY, owner, "accepted", "")


@pytest.mark.parametrize(
    ("read_at", "day"),
    [
        ("2025-07-11 00:00:00", DAY),
        ("2025-07-10 23:59:00", DAY),
        ("2025-07-11 08:30:00", DAY),
        ("2025-07-10 12:00:00", DAY),
        ("2025-07-10 11:59:59", DAY - timedelta(days=1)),
    ],
)
def test_a_reading_stands_for_the_nearest_midnight(read_at, day):
    moment = pl.lit(read_at).str.to_datetime().dt.replace_time_zone("Asia/Shanghai")
    assert pl.select(day_of(moment)).item() == (day - date(1970, 1, 1)).days


def test_the_same_readings_again_change_nothing():
    owner = account("A1")
    meter(owner, "M1")
    meter(owner, "M2")
    rows = [
        ("M1", TOTAL, 100_150),
        ("M1", TOTAL, 100_150),
        ("M1", TOTAL, 200_000, DAY + timedelta(days=3)),
        ("M2", TOTAL, 50_000),
        ("XX", TOTAL, 1),
    ]
    first = night(*rows)
    assert (first.rows, first.accepted + first.held + first.refused) == (5, 5)
    before = snapshot()
    assert night(*rows) == NightReadings(rows=5, unchanged=5)
    assert snapshot() == before


def test_a_first_value_starts_a_register_and_is_no_use():
    owner = account("A1")
    meter(owner, "M1", start=None)
    assert night(("M1", TOTAL, 500)).findings == {"READING_FIRST": 1}
    assert not DailyUse.objects.exists()
    assert RegisterState.objects.get().value_centi == 500


def test_an_unknown_meter_is_recorded_and_judged_again_once_it_is_registered():
    assert night(("M1", TOTAL, 100_150)).findings == {"METER_UNKNOWN": 1}
    kept = RegisterReading.objects.get()
    assert (kept.account, kept.status, kept.code) == (None, "refused", "METER_UNKNOWN")
    owner = account("A1")
    meter(owner, "M1")
    assert night(("M1", TOTAL, 100_150)).accepted == 1
    assert use_of(owner) == (150, "measured")
    assert [row.status for row in RegisterReading.objects.order_by("id")] == ["refused", "accepted"]


def test_a_night_without_reading_is_estimated_with_a_finding():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    done = estimate_missing(night_date=DAY)
    assert done == {"estimated_accounts": 1, "estimated_centi_kwh": 1_000, "findings": {"READING_MISSING": 1}}
    assert use_of(owner) == (1_000, "estimated")
    before = snapshot()
    assert estimate_missing(night_date=DAY) == {"estimated_accounts": 0, "estimated_centi_kwh": 0, "findings": {}}
    assert snapshot() == before


def test_a_reading_that_comes_after_the_estimate_replaces_it_and_settles_the_finding():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    estimate_missing(night_date=DAY)
    night(("M1", TOTAL, 101_200))
    assert use_of(owner) == (1_200, "measured")
    old = DailyUse.objects.get(account=owner, use_date=DAY, current=False)
    assert (old.centi_kwh, old.source) == (1_000, "estimated")
    finding = MeteringFinding.objects.get()
    assert (finding.code, finding.resolved_date, finding.resolution) == ("READING_MISSING", DAY, "read")


def test_the_next_reading_trues_up_the_estimated_days():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    estimate_missing(night_date=DAY)
    later = DAY + timedelta(days=1)
    done = night(("M1", TOTAL, 102_500, later), on=later)
    assert (done.accepted, done.trued_up, done.findings) == (1, 2, {"GAP_TRUED_UP": 1})
    assert sum(use_of(owner, day)[0] for day in (DAY, later)) == 2_500
    assert use_of(owner)[1] == "trued_up"
    assert DailyUse.objects.get(account=owner, use_date=DAY, current=True).known_date == later
    assert open_codes(owner) == ["GAP_TRUED_UP"]


def test_a_late_reading_is_taken_on_its_own_day():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    estimate_missing(night_date=DAY)
    later = DAY + timedelta(days=1)
    night(("M1", TOTAL, 101_100), ("M1", TOTAL, 102_500, later), on=later)
    assert [use_of(owner, day) for day in (DAY, later)] == [(1_100, "measured"), (1_400, "measured")]
    assert open_codes(owner) == []


def test_late_readings_alone_call_no_account_unread():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    later = DAY + timedelta(days=1)
    done = night(("M1", TOTAL, 101_100), on=later)
    assert (done.measured, done.estimated, done.findings) == (1, 0, {})


def test_a_reading_of_tomorrow_is_refused_and_leaves_the_account_to_the_nights_end():
    owner = account("A1")
    meter(owner, "M1")
    done = night(("M1", TOTAL, 101_100, DAY + timedelta(days=1)))
    assert (done.refused, done.estimated, done.findings) == (1, 0, {"CLOCK_IN_FUTURE": 1})


def test_registers_that_come_in_two_files_are_taken_together():
    owner = account("A1")
    meter(owner, "M1", registers=(PEAK, VALLEY))
    assert night(("M1", PEAK, 100_100)).findings == {
        "ESTIMATE_WITHOUT_HISTORY": 1,
        "REGISTER_MISSING": 1,
    }
    assert use_of(owner)[1] == "estimated"
    done = night(("M1", VALLEY, 100_200))
    assert (done.rows, done.accepted, done.measured) == (1, 2, 1)
    found = DailyUse.objects.get(account=owner, use_date=DAY, current=True)
    assert (found.peak_centi_kwh, found.valley_centi_kwh, found.centi_kwh) == (100, 200, 300)
    assert open_codes(owner) == ["ESTIMATE_WITHOUT_HISTORY"]


def test_meters_of_one_account_in_two_files_are_taken_together():
    owner = account("A1")
    meter(owner, "M1")
    meter(owner, "M2")
    assert night(("M1", TOTAL, 100_100)).held == 1
    assert night(("M2", TOTAL, 100_250)).measured == 1
    assert use_of(owner) == (350, "measured")


def test_of_two_values_held_against_each_other_the_one_handed_in_again_counts():
    owner = account("A1")
    meter(owner, "M1")
    assert night(("M1", TOTAL, 100_100), ("M1", TOTAL, 100_900)).held == 2
    assert night(("M1", TOTAL, 100_100)).measured == 1
    assert use_of(owner) == (100, "measured")


def test_a_spike_is_held_and_does_not_confirm_itself():
    owner = account("A1")
    made = meter(owner, "M1")
    used(owner, 28)
    spike = ("M1", TOTAL, 100_000 + 500_000)
    assert night(spike).findings == {"USE_SPIKE": 1}
    assert use_of(owner) == (1_000, "estimated")
    assert RegisterState.objects.get(meter=made).suspect_centi == 600_000
    before = snapshot()
    assert night(spike) == NightReadings(rows=1, unchanged=1)
    assert snapshot() == before


def test_the_next_reading_confirms_a_spike():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    night(("M1", TOTAL, 600_000))
    later = DAY + timedelta(days=1)
    done = night(("M1", TOTAL, 601_000, later), on=later)
    assert done.findings == {"GAP_TRUED_UP": 1, "USE_SPIKE_CONFIRMED": 1}
    assert sum(use_of(owner, day)[0] for day in (DAY, later)) == 501_000


def test_a_refused_row_beside_a_held_spike_changes_nothing_again():
    owner = account("A1")
    meter(owner, "M1")
    used(owner, 28)
    rows = [("M1", TOTAL, 600_000), ("M1", TOTAL, 1, DAY + timedelta(days=9))]
    night(*rows)
    before = snapshot()
    assert night(*rows) == NightReadings(rows=2, unchanged=2)
    assert snapshot() == before


def test_a_held_reading_overtaken_by_a_later_one_keeps_its_verdict():
    owner = account("A1")
    meter(owner, "M1")
    backwards = ("M1", TOTAL, 90_000)
    assert night(backwards).findings == {"READING_BACKWARDS": 1, "ESTIMATE_WITHOUT_HISTORY": 1}
    later = DAY + timedelta(days=1)
    night(("M1", TOTAL, 100_500, later), on=later)
    before = snapshot()
    assert night(backwards, on=later + timedelta(days=5)).unchanged == 1
    assert snapshot() == before


def test_an_account_without_history_is_estimated_by_its_whole_class():
    lonely, neighbour = account("A1"), account("A2")
    account("A3", category="business")
    meter(lonely, "M1")
    used(neighbour, 7, 2_000)
    estimate_missing(night_date=DAY)
    assert use_of(lonely) == (2_000, "estimated")


def test_removed_meters_and_closed_accounts_are_not_waited_for():
    owner, gone = account("A1"), account("A2")
    meter(owner, "M1", removed_date=DAY)
    meter(gone, "M2")
    Account.objects.filter(pk=gone.pk).update(closed_date=DAY)
    assert estimate_missing(night_date=DAY)["estimated_accounts"] == 0


def test_an_account_whose_use_was_handed_over_is_not_estimated():
    owner = account("A1")
    meter(owner, "M1")
    DailyUse.objects.create(account=owner, use_date=DAY, centi_kwh=5, source="imported", known_date=DAY)
    assert estimate_missing(night_date=DAY)["estimated_accounts"] == 0


def test_no_readings_are_no_work():
    assert night() == NightReadings()


def test_readings_of_wrong_columns_are_refused():
    with pytest.raises(UnableToReadNightError) as refusal:
        read_night(readings(("M1", TOTAL, 1)).drop("register"), night_date=DAY)
    assert refusal.value.code == "COLUMNS_WRONG"
