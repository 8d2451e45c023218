"""What does a message say, in which language, and does it say no more than it may?

A template has a subject, a text and a line for each bill, in 简体中文 and in English. It may name only the placeholders of
`PLACEHOLDERS`, and none stands for an identity number or a telephone number; a name is masked before it gets here. A
text that would carry such a number, or that lacks a language, is refused when the file is read or the text is made.

Basis: 个人信息保护法 article 6 (no more than is needed); 《电力法》 article 44 (nothing but the bill and its late fee is asked for).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.collection.ladder_table import Step, Tone, shipped_ladders
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.domain.registry.masking import mask_name
from zaikong.kernel.dated import UnableToReadDatedFileError, in_force
from zaikong.kernel.finding import Finding
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import date_of_day
from zaikong.kernel.refusal import Refusal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

PLACEHOLDERS: Final = frozenset(
    {"name", "count", "total", "principal", "late_fee", "due", "items", "company", "hotline"}
)
"""What a text may name: masked name, number of bills, amounts in yuan, earliest due day, the lines, the company, its hotline."""

ITEM_PLACEHOLDERS: Final = frozenset({"account_no", "month", "amount", "late_fee", "due", "days"})
"""What a line of a bill may name: 户号, 电费年月, principal and late fee in yuan, due day, days past it."""

_IDENTITY = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])")
_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_LONGEST: Final = 1000


class UnableToWriteMessageError(Refusal):
    """A text would say what it may not."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Row):
    """A template in one language."""

    subject: str = Field(min_length=1, max_length=100)
    text: str = Field(min_length=1, max_length=_LONGEST)
    item: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _known(self) -> "Text":
        _check_words(self.subject, PLACEHOLDERS - {"items"})
        _check_words(self.text, PLACEHOLDERS)
        _check_words(self.item, ITEM_PLACEHOLDERS)
        if "total" not in _words(self.text):
            raise ValueError("the text does not say what is owed: {total} is missing")
        for text in (self.subject, self.text, self.item):
            if _IDENTITY.search(text) or _MOBILE.search(text):
                raise ValueError("the text carries an identity or telephone number")
        return self


def _words(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _check_words(text: str, known: frozenset[str] | set[str]) -> None:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from error
    for _, name, form, conversion in parts:
        if name is not None and (name not in known or form or conversion):
            raise ValueError(f"unknown placeholder {{{name}}}; known: {', '.join(sorted(known))}")


class MessageTemplate(Parameter):
    """A template on a day.

    Attributes:
        template: Its name, the name of its file.
        tone: How it speaks.
        zh: 简体中文.
        en: English.
    """

    name = "message_template"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    template: str = Field(pattern=r"^[a-z][a-z_]*$")
    tone: Tone
    zh: Text
    en: Text


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A bill a message names.

    Attributes:
        account_no: 户号.
        month: 电费年月 [YYYYMM].
        open_fen: Principal still open [fen].
        late_fee_fen: Late fee to date [fen].
        due_day: Due day [day].
        days: Days past it; negative before it [day].
    """

    account_no: str
    month: int
    open_fen: int
    late_fee_fen: int
    due_day: int
    days: int


@dataclass(frozen=True, slots=True)
class Written:
    """A text ready to be sent."""

    subject: str
    body: str


def read_template(path: Path) -> tuple[Version[MessageTemplate], ...]:
    """Every edition of a template, the oldest first.

    Raises:
        UnableToReadDatedFileError: The file is wrong; the message names file, line and reason.
    """
    read = read_editions(MessageTemplate, path)
    for version in read:
        if version.value.template != path.stem:
            raise UnableToReadDatedFileError(
                f"{path}:1: template {version.value.template} stands in the file of {path.stem}",
                code="DATED_FILE_WRONG",
                fields={"file": str(path)},
                remedy="Give file and template one name.",
            )
    return read


@cache
def shipped_templates() -> Mapping[str, tuple[Version[MessageTemplate], ...]]:
    """Name of every shipped template to its editions."""
    with as_file(files("zaikong.domain.collection").joinpath("templates")) as folder:
        return MappingProxyType({path.stem: read_template(path) for path in sorted(folder.glob("*.yaml"))})


def template_on(name: str, *, as_of: date) -> Version[MessageTemplate]:
    """The edition of a template in force on a day.

    Raises:
        UnableToWriteMessageError: There is no such template.
        UnableToFindValueError: None is in force.
    """
    if name not in shipped_templates():
        raise UnableToWriteMessageError(
            f"there is no template {name!r}",
            code="TEMPLATE_UNKNOWN",
            fields={"template": name},
            remedy="Name one of " + ", ".join(shipped_templates()) + ".",
        )
    return in_force(shipped_templates()[name], as_of=as_of, what=name)


def check_templates() -> list[Finding]:
    """What is wrong between ladders and templates: a step whose template is missing or speaks in another tone."""
    findings = []
    for ladder, read in shipped_ladders().items():
        for version in read:
            for step in version.value.steps:
                if step.is_message:
                    findings += _faults(step, f"{ladder} {version.edition} {step.step}")
    return findings


def _faults(step: Step, subject: str) -> list[Finding]:
    read = shipped_templates().get(step.template, ())
    if not read:
        return [Finding("TEMPLATE_UNKNOWN", subject, f"there is no template {step.template}")]
    return [
        Finding("TONE_DIFFERS", subject, f"the step is {step.tone}, template {step.template} is {version.value.tone}")
        for version in read
        if version.value.tone != step.tone
    ]


def written(
    template: MessageTemplate,
    lines: Sequence[MessageLine],
    *,
    language: Language,
    customer_name: str,
    is_person: bool,
    company: str,
    hotline: str,
) -> Written:
    """The text of one message.

    Args:
        template: The edition in force.
        lines: The bills it names, at least one.
        language: `zh` or `en`.
        customer_name: Full name; a person's is masked here.
        is_person: Whether the customer is a person and not an organisation.
        company: Name of the supplier.
        hotline: Its telephone for questions, such as 95598.

    Raises:
        UnableToWriteMessageError: Nothing to say, or the text would carry an identity or telephone number.
    """
    if not lines:
        raise UnableToWriteMessageError("a message names no bill", code="MESSAGE_EMPTY", remedy="Name a bill.")
    words: Text = template.zh if language == "zh" else template.en
    principal, late_fee = sum(line.open_fen for line in lines), sum(line.late_fee_fen for line in lines)
    facts = {
        "name": mask_name(customer_name) if is_person else customer_name,
        "count": str(len(lines)),
        "total": yuan_text(principal + late_fee),
        "principal": yuan_text(principal),
        "late_fee": yuan_text(late_fee),
        "due": date_of_day(min(line.due_day for line in lines)).isoformat(),
        "company": company,
        "hotline": hotline,
    }
    items = "\n".join(
        _line(words.item, line) for line in sorted(lines, key=lambda line: (line.due_day, line.account_no))
    )
    text = Written(words.subject.format(**facts), words.text.format(**facts, items=items).strip())
    free = _without_numbers(text, lines)
    if _IDENTITY.search(free) or _MOBILE.search(free):
        raise UnableToWriteMessageError(
            f"template {template.template} would send an identity or telephone number",
            code="MESSAGE_TELLS_TOO_MUCH",
            fields={"template": template.template},
            article="个人信息保护法",
            remedy="Correct the customer's name: it holds a number that is not for a message.",
        )
    return text


def _line(item: str, line: MessageLine) -> str:
    year, month = divmod(line.month, 100)
    return item.format(
        account_no=line.account_no,
        month=f"{year:04d}-{month:02d}",
        amount=yuan_text(line.open_fen),
        late_fee=yuan_text(line.late_fee_fen),
        due=date_of_day(line.due_day).isoformat(),
        days=str(max(line.days, 0)),
    )


def _without_numbers(text: Written, lines: Sequence[MessageLine]) -> str:
    """The text without the account numbers it is meant to carry."""
    free = f"{text.subject}\n{text.body}"
    for number in {line.account_no for line in lines}:
        free = free.replace(number, "")
    return free
