"""What does the law, or the company's policy under it, say on a given day?

Every value is a version in `parameters/*.yaml`: where it holds (`jurisdiction`, a dotted path from the nation down to
the company: `cn`, `cn.henan`, `cn.henan.<company>`), when it was published, when it takes effect and is repealed, and
the document it was read in. The narrowest jurisdiction with a version in force decides. A value without a source is
refused.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.law.values import (
    AllocationOrder,
    AuthorityCopy,
    BankruptcyTimes,
    ClaimTimes,
    CrossYear,
    CutApproval,
    GuaranteePeriod,
    HumanStep,
    LateFee,
    LateFeeBand,
    Limitation,
    Overdue,
    Parameter,
    PrepaidCut,
    Protection,
    QuietWindows,
    Restoration,
    StopNotice,
    VulnerableReview,
    WriteOff,
)
from zaikong.kernel.dated import (
    Basis,
    UnableToFindValueError,
    UnableToReadDatedFileError,
    in_force,
    read_yaml,
    validated,
)
from zaikong.kernel.finding import Finding

__all__ = [
    "NATION",
    "PARAMETERS",
    "AllocationOrder",
    "AuthorityCopy",
    "BankruptcyTimes",
    "ClaimTimes",
    "CrossYear",
    "CutApproval",
    "GuaranteePeriod",
    "HumanStep",
    "LateFee",
    "LateFeeBand",
    "Limitation",
    "Overdue",
    "Parameter",
    "PrepaidCut",
    "Protection",
    "QuietWindows",
    "Restoration",
    "StopNotice",
    "Version",
    "VulnerableReview",
    "WriteOff",
    "check_parameters",
    "in_law",
    "read_versions",
    "unverified",
    "versions",
]

NATION = "cn"
"""The jurisdiction of national law, the root of every other."""


PARAMETERS: tuple[type[Parameter], ...] = (
    LateFee,
    LateFeeBand,
    CrossYear,
    AllocationOrder,
    Overdue,
    StopNotice,
    CutApproval,
    AuthorityCopy,
    PrepaidCut,
    HumanStep,
    VulnerableReview,
    Protection,
    QuietWindows,
    Restoration,
    Limitation,
    WriteOff,
    GuaranteePeriod,
    ClaimTimes,
    BankruptcyTimes,
)

Value = TypeVar("Value", bound=Parameter)


class Version(BaseModel, Generic[Value]):
    """One version of a value.

    Attributes:
        jurisdiction: Dotted path of where it holds, from `cn` down.
        edition: Short name of the edition, such as `2024`.
        published: Day of the document.
        effective_from: First day in force.
        effective_to: Repeal: first day no longer in force, or None while it lasts.
        basis: Document, article, and whether the number was read in it.
        note: What a reader should know of the number.
        value: The value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    jurisdiction: str = Field(pattern=r"^cn(\.[a-z0-9_]+)*$")
    edition: str = Field(min_length=1)
    published: date
    effective_from: date
    effective_to: date | None
    basis: Basis
    note: str = ""
    value: Value

    @model_validator(mode="after")
    def _forward(self) -> "Version[Value]":
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("effective_to is not after effective_from")
        return self


class _File(BaseModel, Generic[Value]):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    unit: str
    versions: tuple[Version[Value], ...]


def read_versions(kind: type[Value], path: Path) -> tuple[Version[Value], ...]:
    """Read the versions of one parameter from a file.

    Args:
        kind: The parameter.
        path: Its YAML file.

    Raises:
        UnableToReadDatedFileError: Not YAML, a key missing or unknown, a value without its source, or another
            parameter's file; the message names file, line and reason.
    """
    document = read_yaml(path)
    model: Any = _File.__class_getitem__(kind)
    file: _File[Value] = validated(document, model, path=path)
    if file.name != kind.name:
        raise _wrong(path, f"name: {file.name} stands in the file of {kind.name}", "Give file and parameter one name.")
    if not file.versions:
        raise _wrong(path, "versions: there is none", "Write a version with its source.")
    return file.versions


def _wrong(path: Path, fault: str, remedy: str) -> UnableToReadDatedFileError:
    return UnableToReadDatedFileError(
        f"{path}:1: {fault}", code="DATED_FILE_WRONG", fields={"file": str(path)}, remedy=remedy
    )


@cache
def versions(kind: type[Value]) -> tuple[Version[Value], ...]:
    """Every shipped version of a parameter, as written."""
    with as_file(files("zaikong.domain.law").joinpath("parameters")) as folder:
        return read_versions(kind, folder / f"{kind.name}.yaml")


def in_law(kind: type[Value], *, as_of: date, jurisdiction: str = NATION) -> Version[Value]:
    """The version that decides on a day.

    Args:
        kind: The parameter.
        as_of: The day.
        jurisdiction: The company's place; the narrowest jurisdiction with a version in force decides.

    Raises:
        UnableToFindValueError: None is in force anywhere up to the nation.
    """
    for place in _outwards(jurisdiction):
        here = [version for version in versions(kind) if version.jurisdiction == place]
        try:
            return in_force(here, as_of=as_of, what=kind.name)
        except UnableToFindValueError:
            if place == NATION:
                raise
    raise AssertionError("the walk ends at the nation")


def _outwards(jurisdiction: str) -> Iterator[str]:
    place = jurisdiction
    while place != NATION and "." in place:
        yield place
        place = place.rpartition(".")[0]
    yield NATION


def check_parameters(folder: Path | None = None) -> list[Finding]:
    """What is wrong with the parameter files.

    Args:
        folder: Where they stand; the shipped ones when not given.

    Returns:
        One finding a file that cannot be read (a value without a source among them), a missing or unknown file, two
        versions in force on one day in one jurisdiction, or a day between versions on which none is.
    """
    if folder is None:
        with as_file(files("zaikong.domain.law").joinpath("parameters")) as shipped:
            return check_parameters(shipped)
    known = {kind.name: kind for kind in PARAMETERS}
    findings = [
        Finding("PARAMETER_UNKNOWN", path.name, "no parameter has this name; rename or remove the file")
        for path in sorted(folder.glob("*.yaml"))
        if path.stem not in known
    ]
    for name, kind in known.items():
        try:
            read = read_versions(kind, folder / f"{name}.yaml")
        except UnableToReadDatedFileError as error:
            findings.append(Finding(error.code, f"{name}.yaml", error.message))
        else:
            findings += _seams(name, read)
    return findings


def unverified() -> list[Finding]:
    """Every shipped value whose number was not read in the document itself, each a note on what it decides."""
    return [
        Finding("PARAMETER_UNVERIFIED", f"{kind.name} {version.edition}", version.note, version.basis.source)
        for kind in PARAMETERS
        for version in versions(kind)
        if not version.basis.verified
    ]


def _seams(name: str, read: tuple[Version[Any], ...]) -> Iterator[Finding]:
    for place in sorted({version.jurisdiction for version in read}):
        line = sorted((v for v in read if v.jurisdiction == place), key=lambda v: v.effective_from)
        for earlier, later in pairwise(line):
            if earlier.effective_to is None or earlier.effective_to > later.effective_from:
                message = f"{earlier.edition} and {later.edition} are both in force on {later.effective_from}"
                yield Finding("PARAMETER_OVERLAP", f"{name} {place}", message, str(later.basis))
            elif earlier.effective_to < later.effective_from:
                message = f"nothing is in force from {earlier.effective_to} to {later.effective_from}"
                yield Finding("PARAMETER_GAP", f"{name} {place}", message, str(later.basis))
