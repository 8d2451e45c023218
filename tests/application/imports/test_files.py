import gzip
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from zaikong.application.imports.files import read_file
from zaikong.application.imports.sheet import LINE, UnableToReadFileError

from .desk import text


def code_of(path) -> str:
    with pytest.raises(UnableToReadFileError) as refusal:
        read_file(path, knows=lambda _: True)
    return refusal.value.code


def test_parquet_of_any_plain_type_comes_out_as_text(tmp_path):
    path = tmp_path / "file.parquet"
    pl.DataFrame(
        {
            "whole": [4100000001.0, None],
            "noisy": [0.1 + 0.2, float("nan")],
            "decimal": [Decimal("12.40"), None],
            "day": [date(2025, 7, 1), None],
            "moment": [datetime(2025, 7, 1, 8), None],
            "flag": [True, None],
            "text": [" x ", "y"],
        }
    ).write_parquet(path)
    found = read_file(path, knows=lambda _: True)
    assert found.form == "Parquet"
    assert found.rows.select(LINE, *found.columns).rows() == [
        (1, "4100000001", "0.3", "12.40", "2025-07-01", "2025-07-01 08:00:00", "true", "x"),
        (2, "", "", "", "", "", "", "y"),
    ]


def test_zoned_parquet_times_are_told_in_shanghai(tmp_path):
    path = tmp_path / "file.parquet"
    pl.DataFrame({"at": [datetime(2025, 7, 1)]}).select(pl.col("at").dt.replace_time_zone("UTC")).write_parquet(path)
    assert read_file(path, knows=lambda _: True).rows["at"].to_list() == ["2025-07-01 08:00:00"]


@pytest.mark.parametrize("cut", [4, 20, 200])
def test_truncated_parquet_is_refused(tmp_path, cut):
    path = tmp_path / "file.parquet"
    pl.DataFrame({"a": range(1000)}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-cut])
    assert code_of(path) == "PARQUET_DAMAGED"


def test_nested_parquet_is_refused_by_column(tmp_path):
    path = tmp_path / "file.parquet"
    pl.DataFrame({"a": [1], "list": [[1, 2]]}).write_parquet(path)
    with pytest.raises(UnableToReadFileError, match="list"):
        read_file(path, knows=lambda _: True)
    assert code_of(path) == "PARQUET_NESTED"


def test_the_name_of_a_file_does_not_matter(tmp_path):
    path = tmp_path / "payments.csv"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    assert read_file(path, knows=lambda _: True).form == "Parquet"


def test_no_file_an_empty_file_and_a_folder_are_refused(tmp_path):
    assert code_of(tmp_path / "none.csv") == "FILE_MISSING"
    assert code_of(text(tmp_path, "")) == "FILE_EMPTY"
    assert code_of(text(tmp_path, " \n\n")) == "FILE_EMPTY"
    assert code_of(tmp_path) == "FILE_UNREADABLE"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(b"a,b\n", mtime=0), "FILE_COMPRESSED"),
        (b"%PDF-1.7 ...", "FILE_KIND_UNKNOWN"),
        (b"<html>", "FILE_KIND_UNKNOWN"),
    ],
)
def test_files_of_other_kinds_are_refused_by_name(tmp_path, content, code):
    assert code_of(text(tmp_path, content)) == code


def test_fifteen_digits_of_a_parquet_float_are_those_of_excel(tmp_path):
    path = tmp_path / "file.parquet"
    yuan = [cents / 100 for cents in range(1, 2_000_000, 37)]
    pl.DataFrame({"a": yuan}).write_parquet(path)
    shown = read_file(path, knows=lambda _: True).rows["a"].to_list()
    assert shown == [f"{value:.15g}" for value in yuan]
