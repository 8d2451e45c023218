"""Dated YAML: errors name file, line and reason."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from zaikong.kernel.dated import (
    Basis,
    UnableToFindValueError,
    UnableToReadDatedFileError,
    in_force,
    read_yaml,
    validated,
)


class Rate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    effective_from: date
    effective_to: date | None = None
    value: int


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rates: list[Rate]


def read(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "rates.yaml"
    path.write_text(text, encoding="utf-8")
    return validated(read_yaml(path), Table, path=path)


def test_a_fault_names_its_line_and_key(tmp_path):
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read(tmp_path, "rates:\n  - effective_from: 2024-01-01\n    value: many\n")

    assert refusal.value.message.startswith(f"{tmp_path}/rates.yaml:3: rates.0.value: ")


def test_every_fault_is_named_at_once(tmp_path):
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read(tmp_path, "rates:\n  - effective_from: no date\n    value: 1\n    other: 2\n")

    assert [row.split(":")[1] for row in refusal.value.message.splitlines()] == ["2", "4"]


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read(tmp_path, "rates: []\nrates: []\n")

    assert refusal.value.message == f"{tmp_path}/rates.yaml:2: key 'rates' stands twice"


def test_what_is_not_yaml_names_its_line(tmp_path):
    with pytest.raises(UnableToReadDatedFileError, match=r"rates.yaml:2: "):
        read(tmp_path, "rates:\n\t- 1\n")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_yaml(tmp_path / "none.yaml")
    assert refusal.value.code == "FILE_UNREADABLE"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "gb.yaml"
    path.write_bytes("名: 电价".encode("gb18030"))
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_yaml(path)
    assert refusal.value.code == "ENCODING_WRONG"


OLD = Rate(effective_from=date(2020, 1, 1), effective_to=date(2024, 6, 1), value=1)
NEW = Rate(effective_from=date(2024, 6, 1), value=2)


@pytest.mark.parametrize(("day", "value"), [(date(2024, 5, 31), 1), (date(2024, 6, 1), 2)])
def test_the_version_of_the_day_decides(day, value):
    assert in_force([OLD, NEW], as_of=day, what="rate").value == value


def test_no_version_in_force_is_refused():
    with pytest.raises(UnableToFindValueError) as refusal:
        in_force([OLD, NEW], as_of=date(2019, 12, 31), what="rate")
    assert refusal.value.code == "NOT_IN_FORCE"


def test_an_article_is_printed_only_when_it_was_verified():
    assert str(Basis(source="供电营业规则", article="第九十八条", verified=False)) == "供电营业规则"
    assert str(Basis(source="供电营业规则", article="第九十八条", verified=True)) == "供电营业规则 第九十八条"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from: 2024-01-01\nto: 2024-02-30\n", ":2: 2024-02-30: day is out of range for month"),
        ("a: 1\n? [b]\n: 2\n", ":2: a key is no plain word"),
    ],
)
def test_a_date_that_is_none_and_a_key_that_is_none_are_named_with_their_line(tmp_path, text, fault):
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_yaml(path)
    assert (refusal.value.code, refusal.value.message) == ("YAML_WRONG", f"{path}{fault}")
