"""What stands in each row of the page of a first grade: item, fact, source, and what is asked for?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from zaikong.domain.credit.editions import editions
from zaikong.domain.credit.intake_card import CARD_FILES, MEASURE_FACTS, Card, Item, card
from zaikong.kernel.money import fen_of_yuan
from zaikong.web import asked

OF_THE_RECORD: Final = frozenset({"capacity_centi_kva", "earlier_accounts", "adverse_signal"})
"""Facts that the record knows; the others are asked of the clerk."""

MONEY: Final = frozenset({"registered_capital_fen", "monthly_bill_fen", "bank_credit_line_fen", "guarantee_fen"})
"""Facts written in yuan."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of the card as it was judged.

    Attributes:
        result: What was kept of it: `code`, `weight`, `points`, `zh`, `en`.
        facts: Names of the facts it was judged by, with their values.
        papers: Kinds of paper on file that prove it.
        wanted: Kinds of paper of which one is still asked for.
        of_record: Whether the company's own records prove it.
    """

    result: Mapping[str, Any]
    facts: Sequence[tuple[str, Any]]
    papers: Sequence[str]
    wanted: Sequence[str]
    of_record: bool


def item_rows(grading: Any, category: str) -> list[ItemRow]:
    """The items of a grading with what stands behind them.

    Args:
        grading: A `FirstGrade` row.
        category: User category of its application.
    """
    items = _items(category, grading.card_edition)
    return [_row(result, items.get(result["code"]), grading) for result in grading.items]


def asked_facts(category: str, *, as_of: date) -> list[str]:
    """Facts the card in force needs and the record does not know, in the order of the card; the bill decides terms too."""
    names = [fact for item in card(category, as_of=as_of).value.items for fact in MEASURE_FACTS[item.measure]]
    return [name for name in dict.fromkeys([*names, "monthly_bill_fen"]) if name not in OF_THE_RECORD]


def read_facts(typed: Any, names: Iterable[str]) -> dict[str, Any]:
    """Facts a form gives; what is left empty is not known. What cannot be read is handed on for the rules to refuse.

    Args:
        typed: Posted form.
        names: Facts asked for.

    Raises:
        UnableToReadMoneyError: An amount is none.
    """
    return {name: _read(typed, name) for name in names if asked.text(typed, name)}


def papers_wanted(category: str, held: Iterable[str], *, as_of: date) -> list[list[str]]:
    """Papers an application that was never graded will be asked for in any case: of each list one will do."""
    on_file = set(held)
    lists = [list(item.papers) for item in card(category, as_of=as_of).value.items if item.papers and item.none is None]
    return [kinds for place, kinds in enumerate(lists) if not on_file & set(kinds) and kinds not in lists[:place]]


def papers_missing(grading: Any) -> list[list[str]]:
    """Papers a grading asked for: of each list one will do."""
    return [row["any_of"] for row in grading.missing if row["kind"] == "paper"]


def _read(typed: Any, name: str) -> Any:
    text = asked.text(typed, name)
    if name in MONEY:
        return fen_of_yuan(text)
    if name == "established_on":
        return asked.day(typed, name) or text
    if name == "industry_risk":
        number = asked.number(typed, name)
        return text if number is None else number
    return text


def _items(category: str, edition: str) -> dict[str, Item]:
    found = [each.value for each in editions(Card, CARD_FILES.format(category=category)) if each.edition == edition]
    return {item.code: item for item in found[0].items} if found else {}


def _row(result: Mapping[str, Any], item: Item | None, grading: Any) -> ItemRow:
    if item is None:  # the edition was withdrawn: the kept words still stand
        return ItemRow(result, [], [], [], of_record=False)
    held = set(grading.facts.get("papers", ()))
    asks = (row for row in grading.missing if row["kind"] == "paper" and item.code in row["items"])
    wanted = [kind for row in asks for kind in row["any_of"]]
    return ItemRow(
        result,
        [(name, grading.facts.get(name)) for name in MEASURE_FACTS[item.measure]],
        [kind for kind in item.papers if kind in held],
        wanted,
        of_record=not item.papers,
    )
