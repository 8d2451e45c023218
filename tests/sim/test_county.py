"""The same seed is the same county, byte for byte; its files are those a supplier hands over."""

import hashlib
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from zaikong.sim import county as counties
from zaikong.sim.county import County, UnableToDrawCountyError, draw, reading_dates, readings_of
from zaikong.sim.enterprise_series import DRAWN_NOTE, SHIFT_NOTE, UnableToReadDailyUseError
from zaikong.sim.habits import habit_table

from .made import made_up

WRITE = """
import sys
from datetime import date
from pathlib import Path
from zaikong.sim import county as counties
folder = Path(sys.argv[1])
county = counties.draw(int(sys.argv[2]), enterprises=60, residents=120)
counties.write_customers(county, folder)
counties.write_meters(county, folder)
counties.write_daily_use(county, folder)
counties.write_readings(county, date(2025, 8, 15), folder)
county.habits.write_csv(folder / "habits.csv")
county.faults.write_csv(folder / "faults.csv")
"""


def written(folder: Path, seed: int) -> dict[str, str]:
    folder.mkdir()
    subprocess.run([sys.executable, "-c", WRITE, str(folder), str(seed)], check=True, timeout=120)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_two_processes_write_the_same_bytes_and_another_seed_others(tmp_path):
    one, two, other = (written(tmp_path / name, seed) for name, seed in (("one", 5), ("two", 5), ("other", 6)))
    assert len(one) == 6
    assert one == two
    assert not set(one.values()) & set(other.values())


GOLDEN = ("d4ec25dae21858d3", (6601026506, 1878802440, 2428089640))
"""Changes only with the model or its calibration, never with a library, a machine or a day."""


def test_a_drawn_county_never_changes_between_versions(tmp_path):
    county = draw(11, enterprises=40, residents=80)
    folder = tmp_path / "county"
    digest = hashlib.sha256(counties.write_customers(county, folder).read_bytes()).hexdigest()
    use = county.daily_use.select(pl.sum("centi_kwh", "peak_centi_kwh", "centi_kvarh")).row(0)
    assert (digest[:16], use) == GOLDEN


def test_a_later_last_night_is_the_same_county(small_county: County):
    earlier = draw(small_county.seed, enterprises=120, residents=300, last_night=date(2025, 7, 20))
    assert earlier.customers.equals(small_county.customers)
    assert earlier.habits.equals(small_county.habits)
    assert earlier.faults.equals(small_county.faults)
    for day in (date(2025, 6, 30), date(2025, 7, 5), date(2025, 7, 20)):
        assert readings_of(earlier, day).equals(readings_of(small_county, day))
    with pytest.raises(UnableToDrawCountyError) as caught:
        readings_of(earlier, date(2025, 7, 21))
    assert caught.value.code == "NIGHT_UNKNOWN"


def test_the_whole_county_is_there(county: County):
    assert county.customers.height == county.meters.height == 4_454
    assert county.customers["account_no"].is_unique().all()
    assert county.customers["account_no"].str.contains(r"^410[12]\d{6}$").all()
    assert county.habits["habit"].is_in(habit_table()["habit"].to_list()).all()
    assert county.note == DRAWN_NOTE
    assert not county.true_series


def test_registers_of_every_day_add_up_to_its_use(county: County):
    parts = pl.sum_horizontal("sharp_centi_kwh", "peak_centi_kwh", "flat_centi_kwh", "valley_centi_kwh")
    with_registers = county.daily_use.filter(parts > 0)
    assert with_registers.filter(parts != pl.col("centi_kwh")).height == 0
    four = county.register_values.filter(register="peak")["account"].n_unique()
    assert with_registers["account_no"].n_unique() == four


def test_use_covers_history_and_nights_once_a_day(county: County):
    assert county.daily_use.select("account_no", "day").is_unique().all()
    assert (county.daily_use["date"].min(), county.daily_use["date"].max()) == (date(2024, 7, 1), date(2025, 9, 30))
    assert county.daily_use["centi_kwh"].min() >= 0


def test_the_files_have_the_import_columns(small_county: County, tmp_path):
    customers = pl.read_csv(counties.write_customers(small_county, tmp_path), infer_schema=False)
    assert customers.columns[:16] == [
        *("account_no", "name", "category", "usci", "id_no", "phone", "address", "station", "route", "collector"),
        *("tariff", "capacity_kva", "voltage", "important", "payment_mode", "contract_date"),
    ]
    meters = pl.read_csv(counties.write_meters(small_county, tmp_path), infer_schema=False)
    assert meters.columns == ["account_no", "meter_no", "protocol", "address", "multiplier", "digits", "relay"]
    use = pl.read_parquet(counties.write_daily_use(small_county, tmp_path))
    assert use.columns == ["account_no", "date", "kwh", "sharp", "peak", "flat", "valley", "kvarh"]
    assert use["date"].max() == date(2025, 6, 30)
    readings = pl.read_parquet(counties.write_readings(small_county, date(2025, 7, 1), tmp_path))
    assert readings.columns == ["meter_no", "read_at", "register", "value"]


def test_a_part_of_the_history_can_be_written(small_county: County, tmp_path):
    from zaikong.sim.enterprise_series import Span

    part = pl.read_parquet(
        counties.write_daily_use(small_county, tmp_path, months=Span(date(2024, 8, 1), date(2024, 9, 1)))
    )
    assert part["date"].n_unique() == 31


def test_readings_are_of_midnight_with_two_places(small_county: County):
    rows = readings_of(small_county, date(2025, 7, 1))
    assert rows["read_at"].dt.to_string("%Y-%m-%d %H:%M %z").mode().to_list() == ["2025-07-02 00:00 +0800"]
    assert rows.schema["value"] == pl.Decimal(20, 2)
    true = small_county.register_values.filter(pl.col("day") == pl.lit(date(2025, 7, 1)).dt.epoch("d"))
    both = rows.unique(["meter_no", "register"]).join(true, on=["meter_no", "register"])
    assert both.filter((pl.col("value") * 100).cast(pl.Int64) == pl.col("value_centi")).height > 0.99 * both.height


def test_every_reading_day_is_there(small_county: County):
    days = reading_dates(small_county)
    assert (days[0], days[-1], len(days)) == (date(2025, 6, 30), date(2025, 9, 30), 93)


def test_a_decimal_is_the_hundredths_exactly():
    centi = [0, 1, 99, 12_345, 9_999_999_999_99, -5]
    frame = pl.DataFrame({"c": centi}).select(counties.decimal_of_centi(pl.col("c")).cast(pl.String).alias("d"))
    assert frame["d"].to_list() == ["0.00", "0.01", "0.99", "123.45", "9999999999.99", "-0.05"]


def test_a_county_on_a_true_series_keeps_its_values_and_says_that_it_is_moved(series_file):
    county = draw(3, daily_use=series_file, enterprises=3, residents=40)
    assert (county.true_series, county.note) == (True, SHIFT_NOTE)
    use = county.daily_use.filter(pl.col("account_no").str.starts_with("4101"))
    assert set(use.select("account_no", "centi_kwh").rows()) == {
        ("4101000001", 10_000),
        ("4101000002", 20_000),
        ("4101000003", 30_000),
    }
    assert use.height == 3 * 457


def test_fewer_enterprises_may_be_asked_for_than_the_file_holds(series_file):
    county = draw(3, daily_use=series_file, enterprises=2, residents=40)
    assert county.customers["account_no"].str.starts_with("4101").sum() == 2


def test_more_enterprises_than_the_file_holds_are_refused(series_file):
    with pytest.raises(UnableToDrawCountyError) as caught:
        draw(3, daily_use=series_file, enterprises=4, residents=40)
    assert (caught.value.code, "holds 3 enterprises, not 4" in caught.value.message) == ("TOO_FEW_ENTERPRISES", True)


def test_a_file_that_ends_before_the_last_night_is_refused(tmp_path):
    path = tmp_path / "short.parquet"
    made_up(last=date(2016, 9, 1)).write_parquet(path)
    with pytest.raises(UnableToReadDailyUseError) as caught:
        draw(3, daily_use=path, enterprises=3, residents=40)
    assert caught.value.code == "DAYS_NOT_COVERED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": date(2025, 7, 2)},
        {"last_night": date(2025, 6, 30)},
        {"start": date(2023, 7, 1)},
        {"last_night": date(2025, 10, 4)},
        {"enterprises": 0},
        {"residents": 19},
    ],
)
def test_days_and_sizes_out_of_bounds_are_refused(wrong):
    with pytest.raises(UnableToDrawCountyError) as caught:
        draw(1, **wrong)
    assert caught.value.code == "COUNTY_SHAPE_WRONG"


def test_the_collapses_of_the_series_are_handed_over(county: County):
    found = county.collapse_days
    assert found.height > 300
    assert found["account_no"].is_in(county.customers["account_no"].to_list()).all()
    assert found.filter(pl.col("recovery_day") <= pl.col("collapse_day")).height == 0


def test_a_history_of_no_days_is_possible():
    county = draw(2, enterprises=3, residents=20, start=date(2025, 7, 1), last_night=date(2025, 7, 2))
    assert readings_of(county, date(2025, 7, 2)).height > 0
    assert county.history.days == 0
    assert county.nights.start - timedelta(1) == reading_dates(county)[0]
