"""What does the company promise for a breach of its own in cutting? 错停、迟复补偿标准.

Basis: 《电力法》 articles 59 and 60 owe damages and name no sum; the sums are the company's promise (`compensation/*.yaml`).
"""

from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force

FILE: Final = "compensation/henan.yaml"


class Rate(BaseModel):
    """A sum, a sum for every hour begun, and the most of both [fen]."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    base: int = Field(ge=0, le=10**9)
    hour: int = Field(ge=0, le=10**7)
    cap: int = Field(ge=0, le=10**10)

    @model_validator(mode="after")
    def _capped(self) -> "Rate":
        if self.base > self.cap:
            raise ValueError("base is above cap")
        return self


class KindRate(BaseModel):
    """What is owed for one kind of breach.

    Attributes:
        kind: Kind of breach.
        counted: Hours `without_supply`, or hours `late`.
        resident: To residents.
        other: To everyone else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(pattern=r"^[a-z_]{1,40}$")
    counted: Literal["without_supply", "late"]
    resident: Rate
    other: Rate


class CompensationTable(Parameter):
    """One row a kind of breach."""

    name: ClassVar[str] = "breach_compensation"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    rows: tuple[KindRate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _once(self) -> "CompensationTable":
        kinds = [row.kind for row in self.rows]
        if len(kinds) != len(set(kinds)):
            raise ValueError("rows: a kind stands twice")
        return self


@cache
def _editions() -> tuple[Version[CompensationTable], ...]:
    with as_file(files("zaikong.domain.feecontrol").joinpath(FILE)) as path:
        return read_editions(CompensationTable, path)


def compensation_on(*, as_of: date) -> Version[CompensationTable]:
    """The table in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(_editions(), as_of=as_of, what=FILE)
