"""Which figures decide what an action is expected to bring and cost on a given day? Dated rows of `uplift.yaml`."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.behaviour_table import GRADE_NAMES, GradeName
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force

FILE: Final = "uplift.yaml"

Skill = Literal["certified", "legal", "high_voltage"]
Category = Literal["residential", "agricultural", "business", "industrial", "public"]
Gate = Literal["none", "demand", "stop_notice", "final_notice", "legal"]

SKILLS: Final[tuple[Skill, ...]] = ("certified", "legal", "high_voltage")
"""Skills a collector may have; in a column a set of skills is the sum of `skill_bit`."""

CATEGORIES: Final[tuple[Category, ...]] = ("residential", "agricultural", "business", "industrial", "public")

_DAY_MINUTES: Final = 1440
_WHOLE: Final = 1000


def skill_bit(skill: Skill) -> int:
    """The number of a skill in a column: a power of two."""
    return int(2 ** SKILLS.index(skill))


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Before(_Row):
    """Chance that the amount is paid within the horizon by itself, from so many days overdue on [ppm]."""

    from_days: int = Field(ge=0)
    ppm: int = Field(ge=0, le=1_000_000)


class Age(_Row):
    """What is left of an action's effect from so many days overdue on [permille]."""

    from_days: int = Field(ge=0)
    permille: int = Field(ge=0, le=1000)


class Route(_Row):
    """Going to a route and back where the route has no figures of its own [min, fen]."""

    travel_minutes: int = Field(ge=0, le=_DAY_MINUTES)
    travel_fen: int = Field(ge=0)


class Collector(_Row):
    """A collector who has no figures of his own [fen an hour, min]."""

    wage_fen_an_hour: int = Field(ge=0, le=10_000_000)
    minutes_a_day: int = Field(ge=0, le=720)


class ContactHours(_Row):
    """Between which minutes of a working day a customer may be called or visited [minute of the day]."""

    from_minute: int = Field(ge=0, le=_DAY_MINUTES)
    to_minute: int = Field(ge=0, le=_DAY_MINUTES)

    @model_validator(mode="after")
    def _forward(self) -> "ContactHours":
        if self.from_minute >= self.to_minute:
            raise ValueError("contact hours end before they begin")
        return self


class Limits(_Row):
    """How many counted contacts a case may have."""

    per_day: int = Field(ge=1)
    per_week: int = Field(ge=1)


class Waits(_Row):
    """The company's own waits.

    Attributes:
        after_demand_days: From a demand served to the first stop notice [day].
        demand_again_days: From a demand served to the next [day].
        legal_after_days: Days overdue from which a case may go to law [day].
        legal_again_days: From a lawyer's letter to the next [day].
    """

    after_demand_days: int = Field(ge=1, le=60)
    demand_again_days: int = Field(ge=1, le=365)
    legal_after_days: int = Field(ge=0, le=1000)
    legal_again_days: int = Field(ge=1, le=365)


class Action(_Row):
    """One thing a collector can do about a case.

    Attributes:
        zh: Its name in Chinese.
        en: Its name in English.
        place: At the desk, or on a route.
        minutes: Of each person who does it, without the way there [min].
        people: How many must go.
        skills: Skills that those who do it must have between them.
        contact: Whether it reaches the customer, so that rest days and quiet hours forbid it.
        counted: Whether the contact limits hold for it; what the law demands before a cut is not counted.
        mandatory: Whether it must be on today's list when its gate is open.
        from_days: Days overdue from which it is open.
        gate: Fact of the case that opens it.
        share_permille: User category to the share of those who would not have paid that it brings to pay [permille].
    """

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    place: Literal["office", "field"]
    minutes: int = Field(ge=1, le=_DAY_MINUTES)
    people: Literal[1, 2]
    skills: Sequence[Skill]
    contact: bool
    counted: bool
    mandatory: bool
    from_days: int = Field(ge=0)
    gate: Gate
    share_permille: Mapping[Category, int]

    @property
    def skill_bits(self) -> int:
        """Its skills as a column holds them."""
        return sum(skill_bit(skill) for skill in self.skills)

    @model_validator(mode="after")
    def _whole(self) -> "Action":
        if set(self.share_permille) != set(CATEGORIES):
            raise ValueError("every user category has its share")
        if any(not 0 <= share <= _WHOLE for share in self.share_permille.values()):
            raise ValueError("a share lies between 0 and 1000 permille")
        if self.people > 1 and self.place == "office":
            raise ValueError("what is done at the desk is done by one person")
        return self


class CollectionUplift(Parameter):
    """Everything the worth of a day's work is counted by.

    Attributes:
        horizon_days: Within how many days a payment counts [day].
        collector: A collector whose capacity nobody has entered.
        route: Way to a route that has no figures of its own.
        contact_hours: When customers may be reached.
        limits: Contacts a case may have.
        waits: How long a case waits between steps.
        stranger_permille: What is left of an effect when not the case's own collector acts [permille].
        tried_permille: What each counted contact of the last seven days leaves of an effect [permille].
        before: Rising in days overdue.
        grade_permille: Grade to how the chance of paying unasked is scaled [permille].
        age_permille: Rising in days overdue.
        actions: Code to action.
    """

    name = "collection_uplift"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    horizon_days: int = Field(ge=1, le=60)
    collector: Collector
    route: Route
    contact_hours: ContactHours
    limits: Limits
    waits: Waits
    stranger_permille: int = Field(ge=0, le=1000)
    tried_permille: int = Field(ge=0, le=1000)
    before: Sequence[Before]
    grade_permille: Mapping[GradeName, int]
    age_permille: Sequence[Age]
    actions: Mapping[str, Action]

    @model_validator(mode="after")
    def _complete(self) -> "CollectionUplift":
        if set(self.grade_permille) != set(GRADE_NAMES):
            raise ValueError("every grade has its scale")
        ages = {"before": [row.from_days for row in self.before], "age": [row.from_days for row in self.age_permille]}
        for what, days in ages.items():
            if not days or days[0] != 0:
                raise ValueError(f"{what} begins with 0 days")
            if any(later <= earlier for earlier, later in pairwise(days)):
                raise ValueError(f"{what} rises in days")
        if not self.actions:
            raise ValueError("there is no action")
        return self


@cache
def editions() -> tuple[Version[CollectionUplift], ...]:
    """Every shipped edition."""
    with as_file(files("zaikong.domain.collection.uplift").joinpath(FILE)) as path:
        return read_editions(CollectionUplift, path)


def collection_uplift(*, as_of: date) -> Version[CollectionUplift]:
    """The edition in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(editions(), as_of=as_of, what=FILE)
