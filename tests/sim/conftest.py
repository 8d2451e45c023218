"""A small county and a made-up series, drawn once for the tests of the simulator."""

from pathlib import Path

import polars as pl
import pytest

from zaikong.sim.ageing import sketched_bills
from zaikong.sim.county import County, draw
from zaikong.sim.payments import plan_payments

from .made import made_up

SEED = 1


@pytest.fixture(scope="session")
def small_county() -> County:
    return draw(SEED, enterprises=120, residents=300)


@pytest.fixture(scope="session")
def county() -> County:
    return draw(SEED)


@pytest.fixture(scope="session")
def plan(county: County) -> pl.DataFrame:
    return plan_payments(sketched_bills(county), county.habits, county.collapse_days, seed=county.seed)


@pytest.fixture
def series_file(tmp_path: Path) -> Path:
    path = tmp_path / "daily.parquet"
    made_up().write_parquet(path)
    return path
