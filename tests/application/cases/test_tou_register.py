"""Moments and registers of the shipped books."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from zaikong.application.cases.runner import read_cases, run_cases
from zaikong.application.cases.tou_register import Expect, Input, answer
from zaikong.domain.billing.books import UnableToFindTariffError

CASES = Path(__file__).resolve().parents[2] / "cases"


def test_published_cases_agree():
    outcomes = list(run_cases(read_cases([CASES / "arrears.yaml"], kinds=["tou_register"])))
    assert [(outcome.case.name, outcome.ok) for outcome in outcomes] == [
        ("july-evening-is-sharp", True),
        ("june-evening-is-peak", True),
        ("april-noon-is-valley", True),
    ]


@pytest.mark.parametrize(
    "at", ["2024-07-10T20:30", "2024-07-10 20:30", "2024-07-10T20:30:00", "2024-07-10T20:30:00+08:00"]
)
def test_moment_is_local_time(at):
    assert answer(Input(tariff="cn.henan.business", at=at)) == {"register": "sharp"}


@pytest.mark.parametrize("at", ["2024-07-10", 20240710, "noon", None])
def test_moment_needs_a_time(at):
    with pytest.raises(ValidationError):
        Input(tariff="cn.henan.business", at=at)


def test_book_without_hours_is_refused():
    with pytest.raises(UnableToFindTariffError):
        answer(Input(tariff="cn.beijing.residential", at="2024-07-10T20:30"))


def test_expected_register_is_one_of_four():
    assert Expect.model_validate({"register": "valley"}).model_dump(exclude_unset=True) == {"register": "valley"}
    with pytest.raises(ValidationError):
        Expect.model_validate({"register": "noon"})
