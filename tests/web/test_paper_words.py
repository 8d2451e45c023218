"""Have the words of papers a sentence for every code, and what do they say of an unknown one?"""

import re
from importlib.resources import files

import pytest
from django.utils import translation

from zaikong.web import paper_words as words

VERBS = ("notices.py", "notice_service.py", "contracts.py", "guarantees.py", "collection/interruptions.py")
_INNER = {"ASKED_TWICE", "CONTRACT_UNKNOWN", "GUARANTEE_UNKNOWN", "TERMS_OF_ANOTHER_ACCOUNT", "TERMS_SIGNED"}
"""Codes no page can bring about: its forms name one account and rows in sight."""

_CODE = re.compile(r'(?:code=|_refused\(|_unsigned\(|_refused\(\s*|code, what = \(?)\s*"([A-Z][A-Z_]+)"')


def test_every_refusal_of_the_verbs_is_said_in_words() -> None:
    folder = files("zaikong.application")
    codes = {code for name in VERBS for code in _CODE.findall(folder.joinpath(name).read_text(encoding="utf-8"))}
    assert len(codes) > 40
    assert codes - set(words.REMEDIES) - _INNER == set()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_proves_is_said(language: str) -> None:
    with translation.override(language):
        assert words.proof_said("payment 5").endswith(" 5")
        assert words.proof_said("催2025-000001").endswith(" 催2025-000001")
        assert words.proof_said("") == "–"


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    assert (words.remedy("SNOW"), words.standing("snow"), words.severity("snow"), words.ending("snow")) == (
        "",
        "snow",
        "snow",
        "snow",
    )


def test_persons_and_organisations_have_receivers_of_their_own() -> None:
    assert [code for code, _ in words.standings(organisation=False)] == ["self", "adult_family"]
    assert "legal_representative" in dict(words.standings(organisation=True))
