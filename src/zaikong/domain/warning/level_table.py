"""Which limits, next steps and loss shares decide a warning on a given day? Dated rows of `levels.yaml`."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.behaviour_table import GradeName
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force

FILE: Final = "levels.yaml"

LevelName = Literal["blue", "yellow", "orange", "red"]

LEVELS: Final[tuple[LevelName, ...]] = ("blue", "yellow", "orange", "red")
"""Levels from the mildest; the number of a level is its place from 1."""

Measure = Literal[
    "days_overdue",
    "periods_overdue",
    "prepaid_cover_days",
    "use_drop_permille",
    "use_stopped_days",
    "adverse_signal",
    "probability_ppm",
]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cause(_Row):
    """What makes a warning, and from which limit each level holds.

    Attributes:
        zh: Its name in Chinese.
        en: Its name in English.
        measure: What is compared.
        at_least: Level to limit, where more is worse.
        at_most: Level to limit, where less is worse.
    """

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    measure: Measure
    at_least: Mapping[LevelName, int] | None = None
    at_most: Mapping[LevelName, int] | None = None

    @property
    def rises(self) -> bool:
        """Whether more of the measure is worse."""
        return self.at_least is not None

    @property
    def limits(self) -> tuple[tuple[int, int], ...]:
        """Number of each level with its limit, the gravest first."""
        given = self.at_least if self.at_least is not None else self.at_most or {}
        return tuple((LEVELS.index(name) + 1, given[name]) for name in reversed(LEVELS) if name in given)

    @model_validator(mode="after")
    def _ordered(self) -> "Cause":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a cause has either at_least or at_most")
        if not self.limits:
            raise ValueError("a cause has at least one level")
        for (_, graver), (_, milder) in pairwise(self.limits):
            if (graver <= milder) if self.rises else (graver >= milder):
                raise ValueError(f"limit {graver} of the graver level does not lie beyond {milder}")
        return self


class NextStep(_Row):
    """What comes next at a level, and within how many days."""

    code: str = Field(pattern=r"^[A-Z][A-Z0-9_]+$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    days: int = Field(ge=0, le=60)


class WarningLevels(Parameter):
    """Everything a warning is decided by.

    Attributes:
        causes: Code to cause.
        next_steps: Level to next step.
        smallest_exposure_fen: Below it nobody is warned of [fen].
        loss_share_permille: User category to the share of an exposure that is lost when it is not paid [permille].
        probability_by_grade_ppm: What is expected of a grade where no score stands [ppm].
    """

    name = "warning_levels"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    causes: Mapping[str, Cause]
    next_steps: Mapping[LevelName, NextStep]
    smallest_exposure_fen: int = Field(ge=1)
    loss_share_permille: Mapping[str, int]
    probability_by_grade_ppm: Mapping[GradeName, int]

    @model_validator(mode="after")
    def _complete(self) -> "WarningLevels":
        if set(self.next_steps) != set(LEVELS):
            raise ValueError("every level has its next step")
        if any(not 0 <= share <= 1000 for share in self.loss_share_permille.values()):  # noqa: PLR2004 -- the whole
            raise ValueError("a loss share lies between 0 and 1000 permille")
        return self


@cache
def editions() -> tuple[Version[WarningLevels], ...]:
    """Every shipped edition."""
    with as_file(files("zaikong.domain.warning").joinpath(FILE)) as path:
        return read_editions(WarningLevels, path)


def warning_levels(*, as_of: date) -> Version[WarningLevels]:
    """The edition in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(editions(), as_of=as_of, what=FILE)
