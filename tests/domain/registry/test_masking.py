"""Masked values show what a clerk needs and no more."""

import pytest

from zaikong.domain.registry.masking import mask_identifier, mask_name, mask_phone


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812341234", "138****1234"),
        ("0371-66666678", "0371*******78"),
        ("01062345678", "010******78"),
        ("95598", "*****"),
        ("", ""),
    ],
)
def test_a_telephone_number_keeps_its_ends(number, shown):
    assert mask_phone(number) == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("张三丰", "张**"), ("欧阳修", "欧阳*"), ("欧阳", "欧*"), ("", "")]
)
def test_a_name_keeps_its_surname(name, shown):
    assert mask_name(name) == shown


def test_a_one_character_name_still_gets_a_star():
    assert mask_name("张") == "张*"


def test_an_identity_number_hides_region_detail_and_birth_date():
    assert mask_identifier("11010519491231002X") == "110***********002X"
    assert mask_identifier("1101051") == "*******"
