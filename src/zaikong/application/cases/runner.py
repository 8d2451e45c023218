"""Which conformance cases does the product answer as expected?

A file is a list of cases. Everything that can be wrong with the files is found before the first case runs, and named
with file and line.
"""

import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from zaikong.kernel.dated import UnableToReadDatedFileError, read_yaml, validated
from zaikong.kernel.refusal import Refusal

COVERED = (
    "allocation",
    "balance",
    "bill",
    "collection_rate",
    "cut_off",
    "late_fee",
    "limitation",
    "provision",
    "tou_register",
    "write_off",
)
"""Kinds that run."""

_CENT = Decimal("0.01")


class UnableToReadCasesError(Refusal):
    """A case file cannot be read, or holds a case that is not one: unknown kind or key, wrong value, double id."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as read.

    Attributes:
        name: Its id.
        kind: Its kind.
        place: `file:line`.
        facts: The kind's `Input`; None for a kind not asked for.
        expect: Expected answer by key, only the keys the file names.
    """

    name: str
    kind: str
    place: str
    facts: BaseModel | None
    expect: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case.

    Attributes:
        case: The case.
        ok: Whether every expected key got its value.
        got: The answer, or the refusal under `refused`.
    """

    case: Case
    ok: bool
    got: Mapping[str, object]

    @property
    def refused(self) -> bool:
        """Whether a rule refused to answer."""
        return "refused" in self.got

    def agrees(self, key: str) -> bool:
        """Whether one expected key got its value."""
        return key in self.got and agrees(self.case.expect[key], self.got[key])


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str = Field(min_length=1)
    kind: str
    basis: str = Field(min_length=1)
    input: dict[str, Any]
    expect: dict[str, Any] = Field(min_length=1)


def read_cases(paths: Sequence[Path], *, kinds: Collection[str] = ()) -> list[Case]:
    """Read every case of the files.

    Args:
        paths: Files, or folders whose `*.yaml` and `*.yml` files are read, at any depth.
        kinds: Only cases of these kinds, all when empty. Facts of other kinds are not looked at.

    Returns:
        The cases in the order of the files.

    Raises:
        UnableToReadCasesError: Every fault of every file, each with file, line and reason.
    """
    faults: list[str] = [f"--kind {kind}: {_unknown_kind(kind)}" for kind in kinds if not _is_kind(kind)]
    cases: list[Case] = []
    for file in _files(paths, faults):
        cases += _read_file(file, faults, kinds)
    faults += _doubles(cases)
    if faults:
        raise UnableToReadCasesError(
            "\n".join(faults), code="CASES_WRONG", fields={"faults": len(faults)}, remedy="Mend the lines named."
        )
    return [case for case in cases if not kinds or case.kind in kinds]


def run_cases(cases: Iterable[Case]) -> Iterator[Outcome]:
    """Run cases through the production rules, one outcome a case in order."""
    for case in cases:
        got = _answer(case)
        yield Outcome(case, ok="refused" not in got and agrees(case.expect, got), got=got)


def agrees(expected: object, got: object) -> bool:
    """Whether an answer is the expected one.

    Numbers agree when they are equal after rounding to 0.01 half up, mappings when every expected key agrees, anything
    else when equal.
    """
    if isinstance(expected, Mapping):
        return isinstance(got, Mapping) and all(key in got and agrees(expected[key], got[key]) for key in expected)
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return False
        return all(agrees(one, other) for one, other in zip(expected, got, strict=True))
    if _is_number(expected) and _is_number(got):
        return _to_cent(expected) == _to_cent(got)
    return type(expected) is type(got) and expected == got


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _to_cent(value: object) -> Decimal:
    return Decimal(str(value)).quantize(_CENT, ROUND_HALF_UP)


def _answer(case: Case) -> Mapping[str, object]:
    assert case.facts is not None, "only cases of kinds asked for are run"
    try:
        answer: Mapping[str, object] = _module(case.kind).answer(case.facts)
    except Refusal as refusal:
        return {"refused": str(refusal)}
    return answer


def _module(kind: str) -> ModuleType:
    return importlib.import_module(f"{__package__}.{kind}")


def _is_kind(kind: str) -> bool:
    return kind in COVERED


def _unknown_kind(kind: str) -> str:
    return f"unknown kind {kind!r}; kinds are {', '.join(COVERED)}"


def _files(paths: Sequence[Path], faults: list[str]) -> list[Path]:
    files: dict[Path, Path] = {}
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted(file for ending in ("yaml", "yml") for file in path.rglob(f"*.{ending}"))
            if not found:
                faults.append(f"{path}: no case file in this folder")
        for file in found:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def _read_file(file: Path, faults: list[str], kinds: Collection[str]) -> list[Case]:
    try:
        document = read_yaml(file)
    except UnableToReadDatedFileError as error:
        faults.append(error.message)
        return []
    if not isinstance(document, list) or not document:
        faults.append(f"{file}:1: not a list of cases")
        return []
    cases = []
    for entry in document:
        try:
            cases.append(_read_case(file, entry, kinds))
        except UnableToReadDatedFileError as error:
            faults.append(error.message)
    return cases


def _read_case(file: Path, entry: object, kinds: Collection[str]) -> Case:
    written = validated(entry, _Written, path=file)
    assert isinstance(entry, dict)
    if not _is_kind(written.kind):
        raise UnableToReadDatedFileError(
            f"{file}:{_line(entry, 'kind')}: {written.case}: {_unknown_kind(written.kind)}", code="KIND_UNKNOWN"
        )
    place = f"{file}:{_line(entry, 'case')}"
    if kinds and written.kind not in kinds:
        return Case(written.case, written.kind, place, None, written.expect)
    module = _module(written.kind)
    facts: BaseModel = validated(entry["input"], module.Input, path=file, at=(written.case, "input"))
    expect: BaseModel = validated(entry["expect"], module.Expect, path=file, at=(written.case, "expect"))
    return Case(written.case, written.kind, place, facts, expect.model_dump(exclude_unset=True))


def _line(entry: Mapping[str, object], key: str) -> int:
    lines: Mapping[str, int] = getattr(entry, "key_lines", {})
    return lines.get(key, 1)


def _doubles(cases: Iterable[Case]) -> list[str]:
    first: dict[str, str] = {}
    faults = []
    for case in cases:
        if case.name in first:
            faults.append(f"{case.place}: case {case.name} stands already at {first[case.name]}")
        first.setdefault(case.name, case.place)
    return faults
