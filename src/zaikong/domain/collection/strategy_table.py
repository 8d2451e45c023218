"""Which row of the strategy names the ladder of an account, and can two rows ever disagree?

A strategy is a dated decision table: rows of conditions over grade, category, season, amount and vulnerability, each
naming a ladder. Every row writes every condition; `any` is the word for all. A condition left out or left empty matches
nothing. Rows are tried by priority, 1 first. Two rows of one priority that can both match are a tie: the space of
conditions is finite, so ties and gaps are proved from the file, and a table with a tie is refused.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.collection.ladder_table import shipped_ladders
from zaikong.domain.credit.behaviour_table import GRADE_NAMES, GradeName
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import UnableToReadDatedFileError, in_force
from zaikong.kernel.finding import Finding

Category = Literal["residential", "agricultural", "business", "industrial", "public"]
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)
GradeWord = Literal[GradeName, "none"]
GRADES: Final = ("none", *GRADE_NAMES)
"""Grades an account may hold; the number of a grade is its place from 0, and `none` is no grade yet."""

ANY: Final = "any"
_MONTHS: Final = tuple(range(1, 13))
_LARGEST_FEN: Final = 10**13


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StrategyRow(_Row):
    """One row: conditions and the ladder they give.

    Attributes:
        row: Its name, the same on every page and in every log.
        priority: 1 is tried first.
        grades: Grades it is for, or `any`; empty matches nothing.
        categories: User categories, or `any`; empty matches nothing.
        seasons: Names of seasons of the table, or `any`; empty matches nothing.
        amount_from_fen: Least amount the account owes; None matches nothing [fen].
        amount_below_fen: First amount it is no longer for; None where there is no end [fen].
        vulnerable: Whether it is for vulnerable households, for the others, or `any`; None matches nothing.
        ladder: Name of the ladder.
        zh: Why, in Chinese.
        en: Why, in English.
    """

    row: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    priority: int = Field(ge=1, le=1000)
    grades: tuple[GradeWord, ...] | Literal["any"] = ()
    categories: tuple[Category, ...] | Literal["any"] = ()
    seasons: tuple[str, ...] | Literal["any"] = ()
    amount_from_fen: int | None = Field(default=None, ge=0, lt=_LARGEST_FEN)
    amount_below_fen: int | None = Field(default=None, ge=1, lt=_LARGEST_FEN)
    vulnerable: bool | Literal["any"] | None = None
    ladder: str
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def grade_numbers(self) -> frozenset[int]:
        """Numbers of the grades it is for."""
        return frozenset(range(len(GRADES)) if self.grades == ANY else (GRADES.index(word) for word in self.grades))

    @property
    def category_names(self) -> frozenset[str]:
        """Categories it is for."""
        return frozenset(CATEGORIES if self.categories == ANY else self.categories)

    @property
    def vulnerabilities(self) -> frozenset[bool]:
        """Which of vulnerable and not vulnerable it is for."""
        if self.vulnerable == ANY:
            return frozenset({True, False})
        return frozenset() if self.vulnerable is None else frozenset({bool(self.vulnerable)})

    @property
    def amounts(self) -> tuple[int, int]:
        """Half-open span of amounts; empty where none is named [fen]."""
        if self.amount_from_fen is None:
            return 0, 0
        return self.amount_from_fen, _LARGEST_FEN if self.amount_below_fen is None else self.amount_below_fen

    @model_validator(mode="after")
    def _forward(self) -> "StrategyRow":
        first, end = self.amounts
        if self.amount_from_fen is not None and end <= first:
            raise ValueError(f"row {self.row}: amounts end before they begin")
        return self


class Strategy(Parameter):
    """A strategy on a day.

    Attributes:
        seasons: Name to months; the seasons share out the twelve months.
        rows: Decision rows.
    """

    name = "strategy"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    seasons: dict[str, tuple[int, ...]]
    rows: tuple[StrategyRow, ...] = Field(min_length=1)

    def season_of(self, day: date) -> str:
        """Name of the season a day lies in."""
        return next(name for name, months in self.seasons.items() if day.month in months)

    def months_of(self, row: StrategyRow) -> frozenset[int]:
        """Months a row is for."""
        if row.seasons == ANY:
            return frozenset(_MONTHS)
        return frozenset(month for season in row.seasons for month in self.seasons[season])

    @model_validator(mode="after")
    def _sound(self) -> "Strategy":
        if sorted(month for months in self.seasons.values() for month in months) != list(_MONTHS):
            raise ValueError("the seasons do not share out the twelve months")
        names = [row.row for row in self.rows]
        if len(set(names)) != len(names):
            raise ValueError("a row name stands twice")
        for row in self.rows:
            unknown = [] if row.seasons == ANY else [season for season in row.seasons if season not in self.seasons]
            if unknown:
                raise ValueError(f"row {row.row} names no season of the table: {', '.join(unknown)}")
        return self


def ties(strategy: Strategy) -> Iterator[tuple[StrategyRow, StrategyRow]]:
    """Every two rows of one priority that can both match one account on one day.

    A row's accounts are the product of its conditions, so two rows meet exactly where each of their conditions does.
    """
    for one, other in combinations(strategy.rows, 2):
        if one.priority == other.priority and _meet(strategy, one, other):
            yield one, other


def _meet(strategy: Strategy, one: StrategyRow, other: StrategyRow) -> bool:
    (first, end), (other_first, other_end) = one.amounts, other.amounts
    return bool(
        one.grade_numbers & other.grade_numbers
        and one.category_names & other.category_names
        and one.vulnerabilities & other.vulnerabilities
        and strategy.months_of(one) & strategy.months_of(other)
        and max(first, other_first) < min(end, other_end)
    )


def gaps(strategy: Strategy) -> Iterator[str]:
    """Every cell of the condition space that no row matches, in words; cells of one kind of month are told once."""
    edges = sorted({0, _LARGEST_FEN, *(edge for row in strategy.rows for edge in row.amounts)})
    for (season, months), grade, category, vulnerable, (first, end) in product(
        strategy.seasons.items(), range(len(GRADES)), CATEGORIES, (False, True), pairwise(edges)
    ):
        if not any(
            grade in row.grade_numbers
            and category in row.category_names
            and vulnerable in row.vulnerabilities
            and set(months) <= strategy.months_of(row)
            and row.amounts[0] <= first
            and end <= row.amounts[1]
            for row in strategy.rows
        ):
            word = "vulnerable" if vulnerable else "not vulnerable"
            yield f"{GRADES[grade]}, {category}, {season}, {word}, from {first} fen"


def matches_nothing(strategy: Strategy, row: StrategyRow) -> bool:
    """Whether one of a row's conditions is empty."""
    first, end = row.amounts
    return not (
        row.grade_numbers and row.category_names and row.vulnerabilities and strategy.months_of(row) and first < end
    )


def read_strategy(path: Path) -> tuple[Version[Strategy], ...]:
    """Every edition of a strategy, the oldest first.

    Raises:
        UnableToReadDatedFileError: The file is wrong or an edition holds a tie; the message names file and rows.
    """
    read = read_editions(Strategy, path)
    for version in read:
        tied = [f"{one.row} and {other.row}" for one, other in ties(version.value)]
        if tied:
            raise UnableToReadDatedFileError(
                f"{path}:1: edition {version.edition}: rows of one priority can both match: {'; '.join(tied)}",
                code="STRATEGY_TIE",
                fields={"file": str(path), "rows": tied},
                remedy="Give one of them another priority, or conditions that keep them apart.",
            )
    return read


@cache
def editions(name: str) -> tuple[Version[Strategy], ...]:
    """Every shipped edition of a strategy, such as `henan`."""
    with as_file(files("zaikong.domain.collection").joinpath("strategies", f"{name}.yaml")) as path:
        return read_strategy(path)


def strategy_on(name: str = "henan", *, as_of: date) -> Version[Strategy]:
    """The edition of a strategy in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
        UnableToReadDatedFileError: No such strategy is shipped.
    """
    return in_force(editions(name), as_of=as_of, what=f"strategy {name}")


def check_strategies(folder: Path | None = None) -> list[Finding]:
    """What is wrong with the strategies of a folder, the shipped ones when not given.

    Returns:
        One finding a file that cannot be read or holds a tie, a row that matches nothing, a row that names no ladder,
        and a cell of the condition space without a row.
    """
    if folder is None:
        with as_file(files("zaikong.domain.collection").joinpath("strategies")) as shipped:
            return check_strategies(shipped)
    findings: list[Finding] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            read = read_strategy(path)
        except UnableToReadDatedFileError as error:
            findings.append(Finding(error.code, path.name, error.message))
        else:
            findings += [finding for version in read for finding in _faults(path.stem, version)]
    return findings


def _faults(name: str, version: Version[Strategy]) -> Iterator[Finding]:
    strategy, subject = version.value, f"{name} {version.edition}"
    for row in strategy.rows:
        if row.ladder not in shipped_ladders():
            yield Finding("LADDER_UNKNOWN", f"{subject} {row.row}", f"there is no ladder {row.ladder}")
        if matches_nothing(strategy, row):
            yield Finding("ROW_MATCHES_NOTHING", f"{subject} {row.row}", "a condition is empty; write `any` for all")
    for cell in gaps(strategy):
        yield Finding("STRATEGY_GAP", subject, f"no row matches: {cell}")
