"""What does a message on a prepaid balance say, and does it say no more than it may?

A text names accounts, not bills, so it is no text of collection; the same holds for it: 简体中文 and English, a name masked,
no identity or telephone number, and only the placeholders of `PLACEHOLDERS`.

Basis: 个人信息保护法 article 6 (no more than is needed); 《民法典》 article 654 (notice before supply is stopped).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from string import Formatter
from types import MappingProxyType
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.collection.templates import Language, UnableToWriteMessageError, Written
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.domain.registry.masking import mask_name
from zaikong.kernel.dated import in_force
from zaikong.kernel.money import yuan_text

WARNING: Final = "balance_warning"
OVERDRAWN: Final = "balance_overdrawn"
PRE_CUT: Final = "pre_cut"

PLACEHOLDERS: Final = frozenset({"name", "items", "company", "hotline"})
"""What a text may name: the masked name, the lines, the company, its hotline."""

ITEM_PLACEHOLDERS: Final = frozenset({"account_no", "available", "limit", "as_of", "cut_at"})
"""What a line may name: 户号, available balance and overdraft agreed in yuan, the night they are of, when supply stops."""

_NUMBERS = re.compile(r"(?<![0-9])(?:[1-9][0-9]{16}[0-9Xx]|1[3-9][0-9]{9})(?![0-9])")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BalanceWords(_Row):
    """A text in one language."""

    subject: str = Field(min_length=1, max_length=100)
    text: str = Field(min_length=1, max_length=1000)
    item: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _known(self) -> "BalanceWords":
        for words, known in ((self.subject, frozenset()), (self.text, PLACEHOLDERS), (self.item, ITEM_PLACEHOLDERS)):
            unknown = _named(words) - known
            if unknown:
                raise ValueError(f"unknown placeholder {', '.join(sorted(unknown))}")
            if _NUMBERS.search(words):
                raise ValueError("the text carries an identity or telephone number")
        if "items" not in _named(self.text) or not {"account_no", "available"} <= _named(self.item):
            raise ValueError("a text names its accounts and what is available to each")
        return self


class BalanceText(Parameter):
    """A text on a day.

    Attributes:
        template: Its name, the name of its file.
        zh: 简体中文.
        en: English.
    """

    name: ClassVar[str] = "balance_text"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    template: str = Field(pattern=r"^[a-z][a-z_]*$")
    zh: BalanceWords
    en: BalanceWords

    @model_validator(mode="after")
    def _tells_the_time(self) -> "BalanceText":
        if self.template == PRE_CUT and not all("cut_at" in _named(words.item) for words in (self.zh, self.en)):
            raise ValueError("a last notice says when supply stops: {cut_at} is missing")
        return self


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """An account a message names.

    Attributes:
        account_no: 户号.
        available_fen: Available balance [fen].
        overdraft_limit_fen: Overdraft agreed [fen].
        as_of: The night they are of, or the moment they were asked for, as printed.
        cut_at: When supply stops, as printed; empty in a warning.
    """

    account_no: str
    available_fen: int
    overdraft_limit_fen: int
    as_of: str
    cut_at: str = ""


@cache
def shipped_texts() -> Mapping[str, tuple[Version[BalanceText], ...]]:
    """Name of every shipped text to its editions."""
    with as_file(files("zaikong.domain.feecontrol").joinpath("balance_texts")) as folder:
        read = {path.stem: read_editions(BalanceText, path) for path in sorted(folder.glob("*.yaml"))}
    return MappingProxyType(read)


def text_on(name: str, *, as_of: date) -> Version[BalanceText]:
    """The edition of a text in force on a day.

    Raises:
        UnableToFindValueError: None is.
    """
    return in_force(shipped_texts()[name], as_of=as_of, what=name)


def balance_message(
    template: BalanceText,
    lines: Sequence[BalanceLine],
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
        lines: The accounts it names, at least one.
        language: `zh` or `en`.
        customer_name: Full name; a person's is masked here.
        is_person: Whether the customer is a person and not an organisation.
        company: Name of the supplier.
        hotline: Its telephone for questions.

    Raises:
        UnableToWriteMessageError: Nothing to say, or the text would carry an identity or telephone number.
    """
    if not lines:
        raise UnableToWriteMessageError("a message names no account", code="MESSAGE_EMPTY", remedy="Name an account.")
    words = template.zh if language == "zh" else template.en
    name = mask_name(customer_name) if is_person else customer_name
    items = "\n".join(_line(words.item, line) for line in sorted(lines, key=lambda line: line.account_no))
    text = Written(words.subject, words.text.format(name=name, items=items, company=company, hotline=hotline).strip())
    free = text.body
    for line in lines:
        free = free.replace(line.account_no, "")
    if _NUMBERS.search(free):
        raise UnableToWriteMessageError(
            f"text {template.template} would send an identity or telephone number",
            code="MESSAGE_TELLS_TOO_MUCH",
            fields={"template": template.template},
            article="个人信息保护法",
            remedy="Correct the customer's name: it holds a number that is not for a message.",
        )
    return text


def _line(item: str, line: BalanceLine) -> str:
    return item.format(
        account_no=line.account_no,
        available=yuan_text(line.available_fen),
        limit=yuan_text(line.overdraft_limit_fen),
        as_of=line.as_of,
        cut_at=line.cut_at,
    )


def _named(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}
