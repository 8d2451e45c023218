"""A ladder file that could overtake the law or its own proof is refused."""

from datetime import date

import pytest
import yaml

from zaikong.domain.collection.ladder_table import (
    ALWAYS_HELD,
    STEPS,
    Ladder,
    UnableToFindLadderError,
    check_ladders,
    ladder_on,
    read_ladder,
    shipped_ladders,
)
from zaikong.kernel.dated import UnableToReadDatedFileError

HELD = list(ALWAYS_HELD)


def step(code, day, **facts):
    base = {
        "step": code,
        "zh": "步骤",
        "en": "step",
        "day": day,
        "minimum_fen": 1,
        "channel": "sms",
        "tone": "plain",
        "template": "first_demand",
        "statutory": False,
        "needs": [],
        "after": None,
        "held_by": HELD,
    }
    return base | facts


def person(code, day, **facts):
    return step(code, day, channel="letter", template="", **{"needs": ["person", "proof"]} | facts)


def made(*steps):
    return Ladder.model_validate({"ladder": "made", "zh": "试", "en": "made", "steps": steps})


SERVED = person("DEMAND_NOTICE", 10)
STOP = person("STOP_NOTICE", 31, after="DEMAND_NOTICE", after_days=7)


def test_the_shipped_ladders_have_no_fault():
    assert check_ladders() == []


@pytest.mark.parametrize("name", sorted(shipped_ladders()))
def test_every_shipped_ladder_names_its_days_and_what_the_law_asks(name):
    ladder = ladder_on(name, as_of=date(2026, 1, 1))
    assert [one.rank for one in ladder.steps] == sorted({STEPS.index(one.step) + 1 for one in ladder.steps})
    for one in ladder.steps:
        if one.step == "STOP_NOTICE":
            assert (one.day > 30, one.after, "protection" in one.held_by) == (True, "DEMAND_NOTICE", True)


def test_a_sound_ladder_is_read():
    assert [one.step for one in made(step("FIRST_DEMAND", 1), SERVED, STOP).steps] == [
        "FIRST_DEMAND",
        "DEMAND_NOTICE",
        "STOP_NOTICE",
    ]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step("FIRST_DEMAND", 1), step("FIRST_DEMAND", 2)], "is not harsher"),
        ([step("SECOND_DEMAND", 1), step("FIRST_DEMAND", 2)], "is not harsher"),
        ([step("FIRST_DEMAND", 3), step("SECOND_DEMAND", 2)], "comes before"),
        ([step("FIRST_DEMAND", 1, statutory=True), step("SECOND_DEMAND", 2)], "a reminder after a demand"),
        ([step("BILL_NOTICE", 0, statutory=True)], "demands before anything is overdue"),
        ([step("FIRST_DEMAND", 1, template="")], "names no template"),
        ([step("PHONE_CALL", 1, channel="phone", template="")], "needs a person"),
        ([person("STOP_NOTICE", 31)], "stands on no proven demand"),
        ([person("STOP_NOTICE", 31, after="DEMAND_NOTICE")], "does not come before it"),
        ([person("DEMAND_NOTICE", 10, needs=["person"]), STOP], "which needs no proof"),
        ([SERVED, person("FIELD_ORDER", 20), STOP], "FIELD_ORDER could overtake DEMAND_NOTICE"),
        ([person("DEMAND_NOTICE", 10, after_days=3)], "a step it does not name"),
        ([step("FIRST_DEMAND", 1, minimum_fen=0)], "greater than or equal to 1"),
        ([step("LAST_WARNING", 1)], "Input should be"),
        ([], "at least 1 item"),
    ],
)
def test_each_unsound_ladder_is_refused(steps, said):
    with pytest.raises(ValueError, match=said):
        made(*steps)


@pytest.mark.parametrize("hold", ALWAYS_HELD)
def test_no_step_leaves_out_a_hold_that_stops_everything(hold):
    with pytest.raises(ValueError, match=f"must be held by {hold}"):
        made(step("FIRST_DEMAND", 1, held_by=[one for one in HELD if one != hold]))


def written(tmp_path, name, *steps):
    value = {"ladder": name, "zh": "试", "en": "made", "steps": list(steps)}
    version = {
        "jurisdiction": "cn.henan",
        "edition": "x",
        "published": "2026-01-01",
        "effective_from": date(2020, 1, 1),
        "effective_to": None,
        "basis": {"source": "Test", "verified": False},
        "value": value,
    }
    path = tmp_path / "made.yaml"
    path.write_text(
        yaml.safe_dump({"name": "ladder", "unit": "days", "versions": [version]}, allow_unicode=True), encoding="utf-8"
    )
    return path


def test_a_stop_notice_before_the_law_allows_it_is_a_finding_with_its_article(tmp_path):
    written(tmp_path, "made", SERVED, STOP | {"day": 30})
    (finding,) = check_ladders(tmp_path)
    assert (finding.code, finding.basis) == ("STOP_NOTICE_TOO_EARLY", "《电力供应与使用条例》 第三十九条")
    written(tmp_path, "made", SERVED, STOP)
    assert check_ladders(tmp_path) == []


def test_a_ladder_in_another_s_file_is_refused(tmp_path):
    path = written(tmp_path, "other", SERVED)
    with pytest.raises(UnableToReadDatedFileError, match="stands in the file of made"):
        read_ladder(path)
    assert [finding.code for finding in check_ladders(tmp_path)] == ["DATED_FILE_WRONG"]


def test_a_ladder_or_step_there_is_none_of_is_refused():
    with pytest.raises(UnableToFindLadderError) as ladder:
        ladder_on("steep", as_of=date(2026, 1, 1))
    with pytest.raises(UnableToFindLadderError) as one:
        made(SERVED).step_named("VISIT")
    assert (ladder.value.code, one.value.code) == ("LADDER_UNKNOWN", "STEP_UNKNOWN")
