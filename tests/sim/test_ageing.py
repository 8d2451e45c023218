"""Arrears of a drawn county age like the public record, by customer."""

from pathlib import Path

import pytest

from zaikong.sim.ageing import Ageing, UnableToReadAgeingError, county_ageing, recorded_ageing, shipped_ageing
from zaikong.sim.county import County

CLASSES = ("31_60", "61_90", "91Plus")
HEADER = ",".join(f"arrears{what}{each}" for what in ("Balance", "Customers") for each in CLASSES)
RECORD = f"utility,month,{HEADER}\na,2024-01,50,30,20,6,3,1\nb,2024-01,50,10,40,6,1,3\n"


def test_a_record_is_added_up(tmp_path: Path):
    path = tmp_path / "record.csv"
    path.write_text(RECORD, encoding="utf-8")
    assert recorded_ageing(path) == Ageing((5_000, 2_000, 3_000), (6_000, 2_000, 2_000), 0)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_file_without_the_columns_is_refused(tmp_path: Path, text):
    path = tmp_path / "record.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnableToReadAgeingError) as caught:
        recorded_ageing(path)
    assert caught.value.code == "AGEING_UNREADABLE"
    assert "arrearsBalance31_60" in caught.value.remedy


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(UnableToReadAgeingError):
        recorded_ageing(tmp_path / "none.csv")


def test_the_shipped_record_is_a_whole():
    shipped = shipped_ageing()
    assert sum(shipped.amount) == sum(shipped.customers) == 10_000


def test_customers_in_arrears_age_like_the_record(county: County):
    aged, recorded = county_ageing(county), shipped_ageing()
    assert max(abs(one - other) for one, other in zip(aged.customers, recorded.customers, strict=True)) < 800
    assert max(abs(one - other) for one, other in zip(aged.amount, recorded.amount, strict=True)) < 1_200
    assert 40 < aged.of_month < 300
