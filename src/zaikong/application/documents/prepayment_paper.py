"""How is a prepayment agreement 预购电协议 written out from its terms, in Chinese and in English?

Every statement the law or practice asks for is a clause of the wording; those that limit the customer stand in a frame, so
that nobody overlooks them. The Chinese text decides, and the English one says so.

Basis: 《民法典》 article 496; `domain.feecontrol.prepayment_terms` for what must be stated.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from zaikong.application.documents.contents import UnableToWriteNoticeError, date_text
from zaikong.application.documents.letterhead import letterhead
from zaikong.application.documents.sheet import Block, Sheet, clean
from zaikong.domain.feecontrol.prepayment_terms import STATEMENTS, AgreementTerms
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.money import yuan_text

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

WORDING: Final = "2026"
"""Edition a new agreement is worded in."""

_BOXED: Final = frozenset(("prominent", "warn", "cut", "old_debt"))
"""Clauses that limit the customer."""


@dataclass(frozen=True, slots=True)
class PrepaymentContents:
    """Everything a printed agreement says.

    Attributes:
        agreement_no: Its number.
        account_no: Account number.
        customer_name: Whose account it is.
        address: Where electricity is used.
        made_on: Day it was drafted.
        terms: Its figures.
        from_date: First day in force, None in a draft.
        signed_by_name: Who signed for the customer, empty in a draft.
        signed_on: When, None in a draft.
        wording: Edition of the wording.
    """

    agreement_no: str
    account_no: str
    customer_name: str
    address: str
    made_on: date
    terms: AgreementTerms
    from_date: date | None = None
    signed_by_name: str = ""
    signed_on: date | None = None
    wording: str = WORDING


def prepayment_sheet(contents: PrepaymentContents, *, language: Language = "zh") -> Sheet:
    """An agreement as a paper.

    Args:
        contents: What it says.
        language: Of its words.

    Raises:
        UnableToWriteNoticeError: The wording has no such edition.
    """
    words = _wording(contents.wording)[language]
    head = letterhead()
    labels = words["labels"]
    parties = (
        (labels["supplier"], head.supplier_name),
        (labels["customer"], contents.customer_name),
        (labels["account_no"], contents.account_no),
        (labels["address"], contents.address),
        (labels["phone"], contents.terms.phone),
    )
    blocks = [
        Block("title", words["title"]),
        Block("number", words["number"].format(agreement_no=contents.agreement_no)),
        Block("fields", rows=parties),
        Block("para", words["parties"]),
    ]
    values = _values(contents, words, language)
    for place, name in enumerate(STATEMENTS, start=1):
        blocks.append(Block("heading", f"{place}. {words['headings'][name]}"))
        text = _statement(words["statements"][name], contents.terms, name).format_map(values)
        blocks.append(Block("boxed" if name in _BOXED else "para", text))
    blocks.append(Block("para", words["term"].format_map(values)))
    blocks.append(Block("sign", rows=_signatures(contents, words["sign"], language)))
    return Sheet(
        title=words["title"],
        number=contents.agreement_no,
        account_no=contents.account_no,
        name=contents.customer_name,
        amount_fen=0,
        made_on=contents.made_on,
        blocks=clean(blocks),
    )


def stated(edition: str = WORDING) -> frozenset[str]:
    """What the wording of an edition states, in every language.

    Raises:
        UnableToWriteNoticeError: The wording has no such edition.
    """
    said = [
        frozenset(name for name, text in words["statements"].items() if text) for words in _wording(edition).values()
    ]
    return frozenset.intersection(*said)


def contents_as_json(contents: PrepaymentContents) -> dict[str, Any]:
    """What an agreement says, for its hash."""
    told = asdict(contents)
    days = {name: value.isoformat() for name, value in told.items() if isinstance(value, date)}
    terms = {name: list(value) if isinstance(value, tuple) else value for name, value in told["terms"].items()}
    return {name: value for name, value in told.items() if value is not None} | days | {"terms": terms}


def _statement(text: str | Mapping[str, str], terms: AgreementTerms, name: str) -> str:
    if isinstance(text, str):
        return text
    variant = {
        "cut": terms.cut_mode,
        "restore": terms.restore_mode,
        "old_debt": "share" if terms.old_debt_permille else "none",
    }
    return text[variant[name]]


def _values(contents: PrepaymentContents, words: Mapping[str, Any], language: Language) -> dict[str, str]:
    terms, head = contents.terms, letterhead()

    def listed(kind: str, values: list[str]) -> str:
        joined: str = words["joined"].join(words[kind].format(amount=value, days=value) for value in values)
        return joined or words["none"]

    return {
        "warn_fen": listed("yuan", [yuan_text(fen) for fen in terms.warn_fen]),
        "warn_days": listed("days", [str(days) for days in terms.warn_days]),
        "overdraft": words["yuan"].format(amount=yuan_text(terms.overdraft_cap_fen)),
        "permille": str(terms.old_debt_permille),
        "phone": terms.phone,
        "office_phone": head.contact_phone,
        "office_address": head.office_address,
        "from_date": _day(contents.from_date, language) if contents.from_date else words["unsaid"],
    }


def _signatures(
    contents: PrepaymentContents, words: Mapping[str, str], language: Language
) -> tuple[tuple[str, str], ...]:
    signed = _day(contents.signed_on, language) if contents.signed_on else words["blank"]
    return (
        (words["supplier"], words["customer"]),
        (words["by"], f"{words['by']}{contents.signed_by_name}"),
        (f"{words['day']}{words['blank']}", f"{words['day']}{signed}"),
    )


def _day(day: date, language: Language) -> str:
    return date_text(day) if language == "zh" else day.isoformat()


@cache
def _editions() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("prepayment_wording.yaml")) as path:
        editions: Mapping[str, Any] = read_yaml(path)
    return editions


def _wording(edition: str) -> Mapping[str, Any]:
    if edition not in _editions():
        raise UnableToWriteNoticeError(
            f"there is no prepayment wording of edition {edition!r}",
            code="WORDING_UNKNOWN",
            fields={"edition": edition},
            remedy="Name one of " + ", ".join(sorted(_editions())) + ".",
        )
    words: Mapping[str, Any] = _editions()[edition]
    return words
