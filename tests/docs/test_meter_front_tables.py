"""The page on asking meters says what the code does."""

from pathlib import Path

from zaikong.meterio.front import Priority
from zaikong.meterio.front.asking import _REPEATED
from zaikong.meterio.front.front_end import FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS
from zaikong.meterio.session import HARMLESS_TWICE, Verb

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "meter_front.md").read_text(encoding="utf-8")
WORDS = {
    Verb.READ_REGISTERS: "read registers",
    Verb.READ_RELAY: "read relay",
    Verb.PERMIT_CLOSE: "permit close",
    Verb.DIRECT_CLOSE: "direct close",
    Verb.RETAIN_ON: "保电 on",
    Verb.TRIP: "trip",
    Verb.RETAIN_OFF: "保电 off",
    Verb.SET_TIME: "set time",
}


def rows(heading):
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_priorities_stand_in_their_order():
    assert [row[0] for row in rows("Who goes first")] == [f"{one.value} `{one.name}`" for one in Priority]


def test_verbs_are_repeated_as_the_table_says():
    told = {word: row[1] for row in rows("Repeats") for word in row[0].split(", ")}
    assert told == {word: "`attempts`" if verb in HARMLESS_TWICE else "1" for verb, word in WORDS.items()}
    after = PAGE.split("Repeated after ")[1].split(";")[0]
    assert {word.strip("`, ") for word in after.split()} == {reason.name for reason in _REPEATED}


def test_a_relay_is_read_back_at_the_times_written():
    assert f"Every {FIRST_LOOK_SECONDS} s" in PAGE
    assert f"at most {LONGEST_LOOK_SECONDS:.0f} s" in PAGE
