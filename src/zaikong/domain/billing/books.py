"""Which tariff books are shipped, and which plan does a customer get?

Basis: 电力法 article 35 to 41 (prices are set by authority and published); the source of each price stands beside it.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from zaikong.domain.billing.composition import Composed
from zaikong.domain.billing.tariff import Book
from zaikong.kernel.dated import read_yaml, validated
from zaikong.kernel.refusal import Refusal

BOOKS_DIR = Path(__file__).parent / "books"


class UnableToFindTariffError(Refusal):
    """No book, plan or version of that name or day."""


def read_book(path: Path) -> Book:
    """Read one book.

    Args:
        path: A YAML file with either `plans`, or a `composition` from which plans follow.

    Raises:
        UnableToReadDatedFileError: Every fault with file, line and reason.
    """
    document = read_yaml(path)
    if isinstance(document, Mapping) and "composition" in document:
        return validated(document, Composed, path=path).book()
    return validated(document, Book, path=path)


@cache
def all_books() -> dict[str, Book]:
    """Every shipped book by id.

    Raises:
        UnableToReadDatedFileError: A shipped file is wrong.
    """
    books = [read_book(path) for path in sorted(BOOKS_DIR.glob("*.yaml"))]
    return {book.id: book for book in books}


def book(book_id: str) -> Book:
    """A shipped book.

    Raises:
        UnableToFindTariffError: No such book.
    """
    found = all_books().get(book_id)
    if found is None:
        raise UnableToFindTariffError(
            f"there is no tariff book {book_id!r}",
            code="TARIFF_UNKNOWN",
            fields={"book": book_id},
            remedy="Books are: " + ", ".join(all_books()) + ".",
        )
    return found


def plan_for(book_id: str, *, capacity_kva: Decimal | None = None, voltage: str = "") -> str:
    """The plan a customer gets when nobody has chosen one.

    Args:
        book_id: A shipped book.
        capacity_kva: Contracted capacity [kVA], None when unknown.
        voltage: One of the book's voltage levels, empty when unknown (the lowest).

    Raises:
        UnableToFindTariffError: No such book, or a voltage the book does not know.
    """
    found = book(book_id)
    choice = found.choice
    if choice is None or capacity_kva is None:
        return found.default_plan
    level = voltage or choice.voltages[0]
    if level not in choice.voltages:
        raise UnableToFindTariffError(
            f"{book_id} knows no voltage {level!r}",
            code="VOLTAGE_UNKNOWN",
            fields={"book": book_id, "voltage": level},
            remedy="Voltages are: " + ", ".join(choice.voltages) + ".",
        )
    if capacity_kva >= choice.two_part_from_kva:
        pattern = choice.two_part
    else:
        pattern = choice.registers if capacity_kva >= choice.registers_from_kva else choice.small
    return _nearest_plan(found, pattern, level, choice.voltages)


def _nearest_plan(found: Book, pattern: str, level: str, voltages: tuple[str, ...]) -> str:
    """The plan of the level, or of the nearest lower and then higher level that has one."""
    place = voltages.index(level)
    for candidate in (*reversed(voltages[: place + 1]), *voltages[place + 1 :]):
        plan = pattern.format(voltage=candidate)
        if plan in found.plans:
            return plan
    return found.default_plan
