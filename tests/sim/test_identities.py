"""Names and numbers are made up, and sound by the very checks of the registry."""

from datetime import date

import polars as pl
import pytest

from zaikong.domain.registry.identifiers import id_number, phone, usci
from zaikong.sim.county import County
from zaikong.sim.identities import DIVISION, organisation_check, uscis


def test_every_identity_number_passes_the_registry(county: County):
    numbers = county.customers["id_no"].drop_nulls()
    assert numbers.len() > 2_700
    assert [id_number(each, as_of=date(2025, 7, 1)) for each in numbers] == numbers.to_list()
    assert numbers.str.slice(0, 6).unique().to_list() == [DIVISION]
    assert numbers.n_unique() == numbers.len()


def test_every_credit_code_passes_the_registry(county: County):
    codes = county.customers["usci"].drop_nulls()
    assert codes.len() > 1_600
    assert [usci(each) for each in codes] == codes.to_list()
    assert codes.n_unique() == codes.len()
    assert set(codes.str.slice(0, 2)) == {"91", "12", "93"}


def test_every_telephone_passes_and_belongs_to_nobody(county: County):
    numbers = county.customers["phone"]
    assert [phone(each) for each in numbers] == numbers.to_list()
    assert numbers.str.slice(0, 3).unique().to_list() == ["140"]


def test_a_customer_has_one_kind_of_number(county: County):
    both = county.customers.select(pl.col("usci").is_null() == pl.col("id_no").is_null())
    assert not both.to_series().any()


def test_an_organisation_code_has_the_check_of_the_standards_example():
    assert organisation_check("D2143569") == "X"


@pytest.mark.parametrize("body", ["73590361", "78340131", "00000000", "MA2K3P7X"])
def test_an_organisation_code_and_its_check_weigh_a_multiple_of_eleven(body):
    check = organisation_check(body)
    weighed = sum(int(sign, 36) * weight for sign, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    assert (weighed + (10 if check == "X" else int(check))) % 11 == 0


def test_the_same_account_keeps_its_code():
    frame = pl.DataFrame({"a": [5, 6]})
    one = frame.select(uscis(1, pl.col("a"), pl.lit("91"))).to_series()
    alone = frame.slice(1).select(uscis(1, pl.col("a"), pl.lit("91"))).to_series()
    assert one[1] == alone[0]
