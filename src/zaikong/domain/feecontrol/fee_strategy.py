"""Below which balance is a prepaid customer warned, and how far below zero may they go? 费控基准策略.

Dated rows of `fee_strategies/henan.yaml`, each figure with its source. A row warns below amounts, below days of average
use, or both, and allows an overdraft by behaviour grade; a worse grade never allows more. What an agreement says of its
own stands before the row: its warnings in place of the row's, and never more overdraft than its cap.

Basis: the prepayment agreement (《河南省供用电条例》 article 41); each figure its own (`fee_strategies/henan.yaml`).
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.behaviour_table import GRADE_NAMES, GradeName
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.domain.registry.application import CATEGORIES
from zaikong.kernel.dated import Basis, in_force
from zaikong.kernel.refusal import Refusal

FILE: Final = "fee_strategies/henan.yaml"

NO_GRADE: Final = "none"
"""In place of a grade where an account has none yet."""

Category = Literal["residential", "agricultural", "business", "industrial", "public"]
Graded = GradeName | Literal["none"]


class UnableToFindStrategyError(Refusal):
    """No fee-control strategy has this name, or is for such an account."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Row):
    """A threshold and where it comes from [fen, or day]."""

    limit: int = Field(gt=0, strict=True)
    basis: Basis


class Overdraft(_Row):
    """How far below zero the balance of each grade may go [fen]."""

    basis: Basis
    fen: Mapping[Graded, int]

    @model_validator(mode="after")
    def _falls(self) -> "Overdraft":
        known: dict[str, int] = {str(grade): fen for grade, fen in self.fen.items()}
        if set(known) != {*GRADE_NAMES, NO_GRADE}:
            raise ValueError("overdraft.fen: one amount a grade, and one for none")
        if min(known.values()) < 0:
            raise ValueError("overdraft.fen: an amount below zero")
        if any(known[worse] > known[better] for worse, better in pairwise(GRADE_NAMES)):
            raise ValueError("overdraft.fen: a worse grade allows more than a better one")
        return self


class FeeStrategy(_Row):
    """A strategy.

    Attributes:
        strategy: Its name.
        categories: User categories it is the default of.
        high_voltage: Whether it is their default at high voltage or at low.
        warn_fen: Warned below these balances, the highest first.
        warn_days: Warned below so many days of average use, the most first.
        overdraft: By grade.
        zh: What it does, in Chinese.
        en: What it does, in English.
    """

    strategy: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    categories: tuple[Category, ...] = Field(min_length=1)
    high_voltage: bool
    warn_fen: tuple[Figure, ...]
    warn_days: tuple[Figure, ...]
    overdraft: Overdraft
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="after")
    def _warns(self) -> "FeeStrategy":
        if not (self.warn_fen or self.warn_days):
            raise ValueError(f"{self.strategy} warns at nothing; nobody is cut unwarned")
        for figures in (self.warn_fen, self.warn_days):
            if any(higher.limit <= lower.limit for higher, lower in pairwise(figures)):
                raise ValueError(f"{self.strategy}: thresholds fall from one to the next")
        return self

    def allowance_fen(self, grade: int) -> int:
        """How far below zero an account of a behaviour grade may go [fen].

        Args:
            grade: Number of the grade from 1, or 0 where there is none.
        """
        known = {str(name): fen for name, fen in self.overdraft.fen.items()}
        return known[GRADE_NAMES[grade - 1] if grade else NO_GRADE]


class FeeStrategies(Parameter):
    """Every strategy; each category has exactly one default at high voltage and one at low."""

    name: ClassVar[str] = "fee_strategies"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    rows: tuple[FeeStrategy, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> "FeeStrategies":
        names = [row.strategy for row in self.rows]
        if len(names) != len(set(names)):
            raise ValueError("rows: a name stands twice")
        given = sorted((kind, row.high_voltage) for row in self.rows for kind in row.categories)
        if given != sorted((kind, high) for kind in CATEGORIES for high in (False, True)):
            raise ValueError("rows: one default a category at high voltage and one at low")
        return self

    def named(self, strategy: str) -> FeeStrategy:
        """The strategy of a name.

        Raises:
            UnableToFindStrategyError: There is none.
        """
        found = next((row for row in self.rows if row.strategy == strategy), None)
        if found is None:
            raise UnableToFindStrategyError(
                f"there is no fee-control strategy {strategy!r}",
                code="STRATEGY_UNKNOWN",
                fields={"strategy": strategy},
                remedy="Name one of " + ", ".join(row.strategy for row in self.rows) + ".",
            )
        return found

    def default(self, category: str, *, high_voltage: bool) -> FeeStrategy:
        """The strategy of accounts whose agreement names none.

        Args:
            category: User category.
            high_voltage: Whether the account is supplied at high voltage.

        Raises:
            UnableToFindStrategyError: The category is none of the registry's.
        """
        rows = (row for row in self.rows if category in row.categories and row.high_voltage == high_voltage)
        found = next(rows, None)
        if found is None:
            raise UnableToFindStrategyError(
                f"{category!r} is not a user category",
                code="CATEGORY_UNKNOWN",
                fields={"category": category},
                remedy=f"The categories are {', '.join(CATEGORIES)}.",
            )
        return found


@cache
def _editions() -> tuple[Version[FeeStrategies], ...]:
    with as_file(files("zaikong.domain.feecontrol").joinpath(FILE)) as path:
        return read_editions(FeeStrategies, path)


def strategies_on(*, as_of: date) -> Version[FeeStrategies]:
    """The strategies in force on a day.

    Raises:
        UnableToFindValueError: None are.
    """
    return in_force(_editions(), as_of=as_of, what=FILE)
