"""Every identifier of the glossary is used in the code, and stands there once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "`" in line
]
CODE = "\n".join(
    file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*") if file.suffix in {".py", ".csv", ".yaml"}
)


def test_there_are_terms():
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1].strip("`"))
def test_a_term_is_used_in_the_code(row):
    assert re.search(rf"\b{re.escape(row[1].strip('`'))}\b", CODE)


def test_a_term_has_one_identifier_and_an_identifier_one_term():
    assert len({row[0] for row in ROWS}) == len({row[1] for row in ROWS}) == len(ROWS)


def test_every_term_has_a_meaning_and_a_source():
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []
