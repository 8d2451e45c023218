"""A model in a file shows every change."""

import json

import pytest

from domain.credit.score_frames import model
from zaikong.application.credit.model_file import (
    UnableToLoadModelError,
    UnableToSaveModelError,
    load_model,
    save_model,
)
from zaikong.domain.credit.score_model import content_hash


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.json"
    save_model(model(), path)
    return path


def refusal(path):
    with pytest.raises(UnableToLoadModelError) as raised:
        load_model(path)
    return raised.value


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_a_model_comes_back_as_it_was(saved):
    assert load_model(saved) == model()
    assert json.loads(saved.read_text(encoding="utf-8"))["sha256"] == content_hash(model())


def test_a_line_of_the_file_is_a_feature(saved):
    lines = saved.read_text(encoding="utf-8").splitlines()
    assert [line.strip()[:12] for line in lines if '"edges"' in line] == ['{"name": "la', '{"name": "pa']


@pytest.mark.parametrize(
    "changes",
    [{"intercept_e6": -999_999}, {"version": "2"}, {"panel": "card"}, {"label": "other"}, {"sha256": "0" * 64}],
)
def test_an_edited_file_is_refused_by_name(saved, changes):
    edit(saved, **changes)
    error = refusal(saved)
    assert (error.code, error.fields) == ("MODEL_HASH_WRONG", {"file": str(saved)})


def test_points_changed_by_one_are_found(saved):
    saved.write_text(saved.read_text(encoding="utf-8").replace("900000", "900001"), encoding="utf-8")
    assert refusal(saved).code == "MODEL_HASH_WRONG"


def test_a_file_without_a_hash_is_refused(saved):
    content = json.loads(saved.read_text(encoding="utf-8"))
    del content["sha256"]
    saved.write_text(json.dumps(content), encoding="utf-8")
    assert refusal(saved).code == "MODEL_HASH_WRONG"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features": []}, "features"),
        ({"format": "zaikong-score/9"}, "format"),
        ({"colour": 1}, "colour"),
        ({"intercept_e6": 0.5}, "intercept_e6"),
        (
            {"features": [{"name": "sex", "direction": 0, "edges": [], "points_e6": [0], "missing_e6": 0}]},
            "no model may look at sex",
        ),
        (
            {"features": [{"name": "x", "direction": 1, "edges": [2, 1], "points_e6": [0, 1, 2], "missing_e6": 0}]},
            "edges of x do not ascend",
        ),
        (
            {"features": [{"name": "x", "direction": 1, "edges": [1], "points_e6": [1, 0], "missing_e6": 0}]},
            "points of x turn against its direction",
        ),
    ],
)
def test_what_is_no_sound_model_is_refused_with_the_reason(saved, changes, said):
    edit(saved, **changes)
    error = refusal(saved)
    assert error.code == "MODEL_WRONG"
    assert said in error.message


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", '"model"'])
def test_what_is_no_json_object_is_refused(tmp_path, text):
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    assert refusal(path).code == "MODEL_UNREADABLE"


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "model.json").write_bytes(b"\xff\xfe\x00")
    assert refusal(tmp_path / "model.json").code == "MODEL_UNREADABLE"
    assert refusal(tmp_path / "none.json").code == "MODEL_UNREADABLE"


def test_a_place_that_is_not_there_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(UnableToSaveModelError) as raised:
        save_model(model(), tmp_path / "nowhere" / "model.json")
    assert raised.value.code == "FILE_UNWRITABLE"
    assert list(tmp_path.iterdir()) == []
