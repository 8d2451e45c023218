"""What must a fee-control device show before it may be commanded, and has it? 费控装置验收.

The checklist is data, `acceptance.yaml`. A device passes when every check that applies to it was passed; one not tried is not
passed, and one that a person sees is not passed without a photo.

Basis: the company's own list after Q/GDW 373; `docs/algorithms/device_acceptance.md`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.kernel.dated import Basis, read_yaml

FILE: Final = "acceptance.yaml"

CLOCK_MINUTES: Final = 5
"""How far a meter's clock may be off: commands expire by it [min]."""


class Outcome(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


class Check(BaseModel):
    """One check.

    Attributes:
        code: Its word.
        by: `wire` by software at the meter, `hand` seen by a person.
        relay: The relays it applies to; `any` for all.
        trips: Whether supply may go off in it.
        within_ms: Longest time of its exchange; 0 where none is set [ms].
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z][a-z_]{2,39}$")
    by: Literal["wire", "hand"]
    relay: Literal["any", "internal", "external"] = "any"
    trips: bool = False
    within_ms: int = Field(default=0, ge=0, strict=True)

    def applies(self, relay: str) -> bool:
        """Whether it applies to a meter with this relay."""
        return self.relay in {"any", relay}


class Checklist(BaseModel):
    """The checks in order, and where they come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basis: Basis
    checks: tuple[Check, ...]

    @model_validator(mode="after")
    def _once(self) -> "Checklist":
        codes = [check.code for check in self.checks]
        if len(codes) != len(set(codes)):
            raise ValueError("a check stands twice")
        return self

    def check(self, code: str) -> Check:
        """The check of a code.

        Raises:
            KeyError: There is none.
        """
        return {check.code: check for check in self.checks}[code]

    def by_hand(self, relay: str) -> tuple[Check, ...]:
        """Checks a person sees, for a meter with this relay."""
        return tuple(check for check in self.checks if check.by == "hand" and check.applies(relay))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one check.

    Attributes:
        code: Which.
        outcome: What became of it.
        detail: What was seen, in words and numbers.
        milliseconds: Time of its exchange [ms].
        evidence: Photo of what a person saw.
    """

    code: str
    outcome: Outcome
    detail: Mapping[str, Any] = field(default_factory=dict)
    milliseconds: int = 0
    evidence: int | None = None


@cache
def checklist() -> Checklist:
    """The checklist in use."""
    with as_file(files("zaikong.domain.feecontrol").joinpath(FILE)) as path:
        return Checklist.model_validate(read_yaml(path))


def judged(results: Iterable[CheckResult], *, relay: str) -> list[CheckResult]:
    """One result for every check of the list, in its order: none is left out, none passes unseen.

    Args:
        results: What was seen; of a code the first counts.
        relay: `internal` or `external`.
    """
    seen: dict[str, CheckResult] = {}
    for result in results:
        seen.setdefault(result.code, result)
    return [_judged(check, seen.get(check.code), relay) for check in checklist().checks]


def not_passed(results: Iterable[CheckResult]) -> tuple[str, ...]:
    """Codes of the checks that keep a device from being accepted; empty when it is accepted."""
    return tuple(result.code for result in results if result.outcome is Outcome.FAILED)


def _judged(check: Check, seen: CheckResult | None, relay: str) -> CheckResult:
    if not check.applies(relay):
        return CheckResult(check.code, Outcome.NOT_APPLICABLE)
    if seen is None or seen.outcome is Outcome.NOT_APPLICABLE:
        return CheckResult(check.code, Outcome.FAILED, {"why": "NOT_TRIED" if check.by == "wire" else "NOT_CONFIRMED"})
    if seen.outcome is Outcome.PASSED and check.by == "hand" and seen.evidence is None:
        return CheckResult(check.code, Outcome.FAILED, {**seen.detail, "why": "PHOTO_MISSING"})
    if seen.outcome is Outcome.PASSED and check.within_ms and seen.milliseconds > check.within_ms:
        return CheckResult(check.code, Outcome.FAILED, {**seen.detail, "why": "TOO_SLOW"}, seen.milliseconds)
    return seen
