"""The tables of the page on exchanges with DL/T 645-2007 meters, held to the code."""

import pytest

from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import Frame, Function, decode
from zaikong.meterio.dlt645.words import ErrorByte, ErrorWord, ExecutionWord, refusal
from zaikong.meterio.outcome import Refused

from .tables import table

PAGE = "meter_exchange.md"
WORDS = {"execution": ExecutionWord, "error": ErrorWord, "error byte": ErrorByte}


@pytest.mark.parametrize("row", table(PAGE, "frames645"), ids=lambda row: row["say"])
def test_a_frame_of_the_page_is_read_as_it_says_and_made_again(row):
    octets = bytes.fromhex(row["bytes"].strip("`"))
    data = bytes.fromhex(row["data"].strip("–"))

    assert decode(octets) == Frame(row["meter"], int(row["control"], 16), data)
    assert Frame(row["meter"], int(row["control"], 16), data).encode(wake=0) == octets


def test_the_page_has_every_operation():
    assert {row["operation"].strip("`"): int(row["N1"], 16) for row in table(PAGE, "operations645")} == {
        operation.name: operation.value for operation in Operation
    }


@pytest.mark.parametrize("word", WORDS)
def test_the_page_has_every_bit_of_a_word(word):
    rows = [row for row in table(PAGE, "words645") if row["word"] == word]

    assert {row["name"].strip("`"): 1 << int(row["bit"]) for row in rows} == {
        bit.name: bit.value for bit in WORDS[word]
    }


@pytest.mark.parametrize(("word", "size"), [("error", 2), ("error byte", 1)])
def test_a_refusal_has_the_code_of_the_page(word, size):
    for row in table(PAGE, "words645"):
        if row["word"] == word:
            error = (1 << int(row["bit"])).to_bytes(size, "little")
            refused = refusal(Function.CONTROL, error)
            assert isinstance(refused, Refused)
            assert refused.code == row["code of the refusal"]
