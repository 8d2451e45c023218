"""The true series is read as it is, refused where it is broken, and moved by whole weeks."""

from datetime import date, timedelta

import polars as pl
import pytest

from zaikong.sim.enterprise_series import (
    SHIFT_DAYS,
    SHIFT_NOTE,
    Span,
    UnableToReadDailyUseError,
    covered,
    moved,
    read_true,
    span_of,
)

from .made import FIRST, LAST, made_up


def refused(path, frame=None):
    if frame is not None:
        frame.write_parquet(path)
    with pytest.raises(UnableToReadDailyUseError) as caught:
        read_true(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy
    return caught.value


def test_a_sound_file_is_read_whole(series_file):
    series = read_true(series_file)
    assert series.height == 3 * 639
    assert series.schema == {"customer": pl.Int64, "date": pl.Date, "kwh": pl.Int64}
    assert span_of(series) == Span(FIRST, LAST + timedelta(1))


def test_rows_may_come_in_any_order(tmp_path, series_file):
    path = tmp_path / "reversed.parquet"
    made_up().reverse().write_parquet(path)
    assert read_true(path).equals(read_true(series_file))


def test_a_missing_file_is_refused(tmp_path):
    assert refused(tmp_path / "none.parquet").code == "FILE_MISSING"


def test_a_folder_is_refused(tmp_path):
    assert refused(tmp_path).code == "FILE_MISSING"


@pytest.mark.parametrize("keep", [0, 4, 100, 2_000])
def test_a_truncated_file_is_refused(tmp_path, series_file, keep):
    path = tmp_path / "cut.parquet"
    path.write_bytes(series_file.read_bytes()[:keep])
    assert refused(path).code == "FILE_BROKEN"


def test_a_text_file_is_refused(tmp_path):
    path = tmp_path / "text.parquet"
    path.write_text("customer,date,kwh\n1,2015-01-01,5\n")
    assert refused(path).code == "FILE_BROKEN"


def test_a_missing_column_is_named(tmp_path):
    error = refused(tmp_path / "f.parquet", made_up().rename({"kwh": "use"}))
    assert error.code == "COLUMN_MISSING"
    assert "has no column kwh; it has customer, date, use" in error.message


@pytest.mark.parametrize(
    ("column", "kind"), [("kwh", pl.Float64), ("customer", pl.String), ("date", pl.Datetime), ("kwh", pl.String)]
)
def test_a_column_of_another_type_is_named(tmp_path, column, kind):
    error = refused(tmp_path / "f.parquet", made_up().with_columns(pl.col(column).cast(kind)))
    assert error.code == "COLUMN_TYPE_WRONG"
    assert f"{column} is " in error.message


def test_an_empty_value_is_refused(tmp_path):
    frame = made_up().with_columns(kwh=pl.when(pl.col("date") == FIRST).then(None).otherwise("kwh"))
    error = refused(tmp_path / "f.parquet", frame)
    assert (error.code, "kwh is empty in 3 rows" in error.message) == ("VALUE_MISSING", True)


def test_negative_use_is_refused(tmp_path):
    frame = made_up().with_columns(kwh=pl.when(pl.col("customer") == 2).then(-1).otherwise("kwh"))
    assert refused(tmp_path / "f.parquet", frame).code == "USE_NEGATIVE"


def test_a_day_twice_is_refused(tmp_path):
    frame = made_up()
    assert refused(tmp_path / "f.parquet", pl.concat([frame, frame.head(1)])).code == "DAY_TWICE"


def test_a_day_left_out_is_refused(tmp_path):
    error = refused(tmp_path / "f.parquet", made_up().slice(1))
    assert (error.code, "customer 1 has 638" in error.message) == ("DAY_LEFT_OUT", True)


def test_a_day_left_out_by_all_is_refused(tmp_path):
    frame = made_up().filter(pl.col("date") != date(2015, 5, 5))
    assert refused(tmp_path / "f.parquet", frame).code == "DAY_LEFT_OUT"


def test_no_rows_are_refused(tmp_path):
    assert refused(tmp_path / "f.parquet", made_up().head(0)).code == "FILE_EMPTY"
    with pytest.raises(UnableToReadDailyUseError):
        span_of(made_up().head(0))


def test_the_move_is_470_weeks_and_keeps_weekdays_and_values(series_file):
    series = read_true(series_file)
    later = moved(series)
    assert SHIFT_DAYS == 3_290
    assert span_of(later) == Span(date(2024, 1, 4), date(2025, 10, 4))
    assert later["date"].dt.weekday().equals(series["date"].dt.weekday())
    assert later["kwh"].equals(series["kwh"])


def test_the_note_states_the_move_and_the_moved_holidays():
    for said in ("470周", "3290天", "2024-01-04至2025-10-03", "2024-02-22", "2025-02-10", "2024-02-10", "2025-01-29"):
        assert said in SHIFT_NOTE


def test_days_outside_the_series_are_refused(tmp_path, series_file):
    later = moved(read_true(series_file))
    inside = covered(later, Span(date(2025, 7, 1), date(2025, 10, 1)), path=series_file)
    assert inside["date"].n_unique() == 92
    for span in (Span(date(2024, 1, 3), date(2025, 1, 1)), Span(date(2025, 1, 1), date(2025, 10, 5))):
        with pytest.raises(UnableToReadDailyUseError) as caught:
            covered(later, span, path=series_file)
        assert caught.value.code == "DAYS_NOT_COVERED"
