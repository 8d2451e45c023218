"""Which steps does a collection ladder take, on which day past due, from which amount, and behind which gates?

A ladder is a dated file of `ladders/`. Its steps are named by the one catalogue `STEPS`, the mildest first, so that a
customer whose ladder changes is never asked twice for the same and never falls back. A file that would let a harsher
step overtake the proof it stands on is refused.

Basis: 《电力供应与使用条例》 article 39 (催交, more than 30 days) and 《民法典》 article 654 (催告, reasonable period, notice
before the stop); the other steps are the company's own.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Overdue, Parameter, Version, in_law
from zaikong.kernel.dated import Basis, UnableToReadDatedFileError, in_force
from zaikong.kernel.finding import Finding
from zaikong.kernel.refusal import Refusal

StepCode = Literal[
    "BILL_NOTICE",
    "DUE_REMINDER",
    "FIRST_DEMAND",
    "SECOND_DEMAND",
    "VOICE_CALL",
    "PHONE_CALL",
    "VISIT",
    "DEMAND_NOTICE",
    "FIELD_ORDER",
    "STOP_NOTICE",
]
STEPS: Final[tuple[StepCode, ...]] = get_args(StepCode)
"""Every step a ladder may take, the mildest first; the rank of a step is its place from 1."""

Channel = Literal["sms", "app", "email", "voice", "phone", "visit", "letter", "field"]
MESSAGE_CHANNELS: Final = ("sms", "app", "email", "voice")
"""Channels a message leaves by itself; the others are a person's work."""

Hold = Literal["bankruptcy", "dispute", "pause", "promise", "instalment", "in_transit", "hardship", "protection"]
HOLDS: Final[tuple[Hold, ...]] = get_args(Hold)
"""What may hold a debt back, in the order it is named when several do."""

ALWAYS_HELD: Final[tuple[Hold, ...]] = ("bankruptcy", "dispute", "pause", "promise", "instalment", "in_transit")
"""Holds no step may leave out: a debtor whose bankruptcy a court has accepted is not dunned (《企业破产法》
article 16: paying one creditor is void; the claim is filed), nor is what is disputed, paused, promised, being honoured or
on its way.

Hardship and protection hold only the steps that name them.
"""

Tone = Literal["friendly", "plain", "firm", "formal"]
Need = Literal["person", "proof", "two_people", "review", "seal"]
"""What a step asks of the people who take it: a person, proof of service, two people on site, a human review, a seal."""

_EARLIEST_DAY: Final = -30
_LATEST_DAY: Final = 365


class UnableToFindLadderError(Refusal):
    """There is no such ladder, or no such step of it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Row):
    """One step of a ladder.

    Attributes:
        step: Its code in `STEPS`.
        zh: Its name in Chinese.
        en: Its name in English.
        day: First day it is taken, counted from the due day; negative before it [day].
        minimum_fen: Least amount the account owes for it [fen].
        channel: How it reaches the customer.
        tone: How it speaks.
        template: Text it sends; empty where a person does it in their own words.
        statutory: Whether the law asks for it; then no opt-out and no contact limit holds it.
        needs: What it asks of the people who take it.
        after: Step that must be proven first; None where there is none.
        after_days: Whole days between that step and this one [day].
        held_by: What holds it back.
        basis: The law behind it; None where the ladder's own basis says it.
    """

    step: StepCode
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    day: int = Field(ge=_EARLIEST_DAY, le=_LATEST_DAY)
    minimum_fen: int = Field(ge=1)
    channel: Channel
    tone: Tone
    template: str = ""
    statutory: bool
    needs: tuple[Need, ...]
    after: StepCode | None
    after_days: int = Field(default=0, ge=0, le=60)
    held_by: tuple[Hold, ...]
    basis: Basis | None = None

    @property
    def rank(self) -> int:
        """How hard the step is: its place in `STEPS` from 1."""
        return STEPS.index(self.step) + 1

    @property
    def is_message(self) -> bool:
        """Whether it leaves by itself as a message."""
        return self.channel in MESSAGE_CHANNELS

    @model_validator(mode="after")
    def _sound(self) -> "Step":
        left_out = [hold for hold in ALWAYS_HELD if hold not in self.held_by]
        if left_out:
            raise ValueError(f"{self.step} must be held by {', '.join(left_out)}")
        if self.is_message and not self.template:
            raise ValueError(f"{self.step} is a message and names no template")
        if not self.is_message and "person" not in self.needs:
            raise ValueError(f"{self.step} goes by {self.channel} and needs a person")
        if self.after is None and self.after_days:
            raise ValueError(f"{self.step} counts days after a step it does not name")
        if self.statutory and self.day < 1:
            raise ValueError(f"{self.step} demands before anything is overdue")
        return self


class Ladder(Parameter):
    """A ladder on a day.

    Attributes:
        ladder: Its name, the name of its file.
        zh: Its name in Chinese.
        en: Its name in English.
        steps: The mildest first.
    """

    name = "ladder"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    ladder: str = Field(pattern=r"^[a-z][a-z_]*$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)

    def step_named(self, code: str) -> Step:
        """The step with a code.

        Raises:
            UnableToFindLadderError: The ladder has no such step.
        """
        for step in self.steps:
            if step.step == code:
                return step
        raise UnableToFindLadderError(
            f"ladder {self.ladder} has no step {code}",
            code="STEP_UNKNOWN",
            fields={"ladder": self.ladder, "step": code},
            remedy="Name one of " + ", ".join(step.step for step in self.steps) + ".",
        )

    @model_validator(mode="after")
    def _rises(self) -> "Ladder":
        for milder, harsher in pairwise(self.steps):
            if harsher.rank <= milder.rank:
                raise ValueError(f"{harsher.step} is not harsher than {milder.step}")
            if harsher.day < milder.day:
                raise ValueError(f"{harsher.step} comes before {milder.step}")
            if milder.statutory and not harsher.statutory:
                raise ValueError(f"{harsher.step} is a reminder after a demand of the law")
        _check_proofs(self.steps)
        return self


def _check_proofs(steps: tuple[Step, ...]) -> None:
    """Refuse a ladder in which a step could overtake the proof a harsher one stands on."""
    earlier: dict[str, Step] = {}
    for step in steps:
        if step.after is not None:
            proven = earlier.get(step.after)
            if proven is None:
                raise ValueError(f"{step.step} stands on {step.after}, which does not come before it")
            if "proof" not in proven.needs:
                raise ValueError(f"{step.step} stands on {step.after}, which needs no proof")
            for between in earlier.values():
                if proven.rank < between.rank and between.after is None:
                    raise ValueError(f"{between.step} could overtake {proven.step}, on which {step.step} stands")
        earlier[step.step] = step
    last = steps[-1]
    if last.step == "STOP_NOTICE" and last.after is None:
        raise ValueError("STOP_NOTICE stands on no proven demand")


def read_ladder(path: Path) -> tuple[Version[Ladder], ...]:
    """Every edition of one ladder, the oldest first.

    Raises:
        UnableToReadDatedFileError: The file is wrong; the message names file, line and reason.
    """
    read = read_editions(Ladder, path)
    for version in read:
        if version.value.ladder != path.stem:
            raise UnableToReadDatedFileError(
                f"{path}:1: ladder {version.value.ladder} stands in the file of {path.stem}",
                code="DATED_FILE_WRONG",
                fields={"file": str(path)},
                remedy="Give file and ladder one name.",
            )
    return read


@cache
def shipped_ladders() -> Mapping[str, tuple[Version[Ladder], ...]]:
    """Name of every shipped ladder to its editions."""
    with as_file(files("zaikong.domain.collection").joinpath("ladders")) as folder:
        return MappingProxyType({path.stem: read_ladder(path) for path in sorted(folder.glob("*.yaml"))})


def ladders_on(*, as_of: date) -> Mapping[str, Ladder]:
    """Name of every ladder to what is in force on a day.

    Raises:
        UnableToFindValueError: One of them has no edition in force.
    """
    return {name: in_force(read, as_of=as_of, what=name).value for name, read in shipped_ladders().items()}


def ladder_on(name: str, *, as_of: date) -> Ladder:
    """A ladder as it is in force on a day.

    Raises:
        UnableToFindLadderError: There is none of this name.
        UnableToFindValueError: None is in force.
    """
    if name not in shipped_ladders():
        raise UnableToFindLadderError(
            f"there is no ladder {name!r}",
            code="LADDER_UNKNOWN",
            fields={"ladder": name},
            remedy="Name one of " + ", ".join(shipped_ladders()) + ".",
        )
    return in_force(shipped_ladders()[name], as_of=as_of, what=name).value


def check_ladders(folder: Path | None = None) -> list[Finding]:
    """What is wrong with the ladders of a folder, the shipped ones when not given.

    Returns:
        One finding a file that cannot be read, and one a 停电通知书 that comes before the law allows a stop.
    """
    if folder is None:
        with as_file(files("zaikong.domain.collection").joinpath("ladders")) as shipped:
            return check_ladders(shipped)
    findings: list[Finding] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            read = read_ladder(path)
        except UnableToReadDatedFileError as error:
            findings.append(Finding(error.code, path.name, error.message))
        else:
            findings += [finding for version in read for finding in _too_early(version)]
    return findings


def _too_early(version: Version[Ladder]) -> list[Finding]:
    law = in_law(Overdue, as_of=version.effective_from, jurisdiction=version.jurisdiction)
    earliest = law.value.cut_after_days + 1
    return [
        Finding(
            "STOP_NOTICE_TOO_EARLY",
            f"{version.value.ladder} {version.edition}",
            f"{step.step} on day {step.day}; the law allows a stop from day {earliest}",
            str(law.basis),
        )
        for step in version.value.steps
        if step.step == "STOP_NOTICE" and step.day < earliest
    ]
