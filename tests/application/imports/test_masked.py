import polars as pl
import pytest

from zaikong.application.imports.masked import mask_of_identifier, mask_of_phone
from zaikong.domain.registry.masking import mask_identifier, mask_phone


@pytest.mark.parametrize(
    "number", ["410105199001010011", "91410100MA44444441", "123456789012", "12345678901", "1234567", ""]
)
def test_identifiers_are_hidden_as_one_by_one(number):
    assert pl.select(mask_of_identifier(pl.lit(number))).item() == mask_identifier(number)


@pytest.mark.parametrize(
    "number", ["13812341234", "0371-66666666", "010-66666666", "037166666666", "0371-6666666", "123", ""]
)
def test_telephone_numbers_are_hidden_as_one_by_one(number):
    assert pl.select(mask_of_phone(pl.lit(number))).item() == mask_phone(number)
