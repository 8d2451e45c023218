"""What is wrong with a tariff book?

A file that breaks the models gives one finding a fault, with file, line and reason. A book that can be read is looked
at once more for what the models cannot refuse: days no version covers, a plan a choice names but the book lacks, a
price that no customer should see.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from zaikong.domain.billing.books import read_book
from zaikong.domain.billing.prices import price_rows
from zaikong.domain.billing.tariff import Book, Plan, Version
from zaikong.kernel.dated import UnableToReadDatedFileError, read_yaml
from zaikong.kernel.finding import Finding

DEAREST_KWH = 10
"""A kWh price above this is a misplaced decimal point [yuan]."""


def check_books(paths: Iterable[Path]) -> list[Finding]:
    """Check book files.

    Args:
        paths: YAML files.

    Returns:
        A finding for each fault, its subject `file:line`; none when all is well.
    """
    findings: list[Finding] = []
    first: dict[str, Path] = {}
    for path in paths:
        try:
            book = read_book(path)
        except UnableToReadDatedFileError as error:
            findings += [_reading_fault(line) for line in error.message.splitlines()]
            continue
        lines = _Lines(path)
        if book.id in first:
            findings.append(_finding("BOOK_TWICE", lines.at("id"), f"{book.id} stands already in {first[book.id]}"))
        first.setdefault(book.id, path)
        findings += _book_faults(book, lines)
    return findings


class _Lines:
    """Where in its file a part of a book stands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._document: Any = read_yaml(path)

    def at(self, *steps: str | int) -> str:
        line, here = 1, self._document
        for step in steps:
            if isinstance(here, dict) and step in here:
                line = getattr(here, "key_lines", {}).get(step, line)
                here = here[step]
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
                line = getattr(here, "line", line)
            else:
                break
        return f"{self._path}:{line}"


def _finding(code: str, subject: str, message: str, basis: str = "") -> Finding:
    return Finding(code=code, subject=subject, message=message, basis=basis)


def _reading_fault(text: str) -> Finding:
    place, _, reason = text.partition(": ")
    return _finding("BOOK_UNREADABLE", place, reason or text)


def _book_faults(book: Book, lines: _Lines) -> list[Finding]:
    findings = []
    for plan_id, plan in book.plans.items():
        findings += _plan_faults(plan_id, plan, lines)
    if book.choice is not None:
        findings += _choice_faults(book, lines)
    try:
        price_rows([book])
    except ValueError as error:
        findings.append(_finding("PRICE_ID_TWICE", lines.at("plans"), str(error)))
    return findings


def _plan_faults(plan_id: str, plan: Plan, lines: _Lines) -> list[Finding]:
    findings = [
        _finding("VERSIONS_GAP", lines.at("plans", plan_id, "versions"), f"{plan_id}: no price {text}")
        for text in _gaps(plan.versions)
    ]
    for place, version in enumerate(plan.versions):
        where = lines.at("plans", plan_id, "versions", place)
        basis = version.basis.source
        if version.energy.tou is not None and not version.hours:
            findings.append(
                _finding("HOURS_MISSING", where, f"{plan_id}: register prices need the hours of each register", basis)
            )
        if (dearest := _dearest(version)) > DEAREST_KWH:
            findings.append(
                _finding("PRICE_ABSURD", where, f"{plan_id}: {dearest} yuan/kWh is above {DEAREST_KWH}", basis)
            )
    return findings


def _dearest(version: Version) -> Any:
    energy = version.energy
    prices = [item.price for item in version.items]
    if energy.flat is not None:
        prices.append(energy.flat)
    if energy.tou is not None:
        prices += energy.tou.model_dump().values()
    for tiers in (energy.tiers, energy.rises):
        prices += [step.price for step in tiers.steps] if tiers else []
    return max(prices)


def _gaps(versions: Sequence[Version]) -> list[str]:
    """Spans between the first day of a plan and its end that no version covers, month by month of the year."""
    ends = [version.effective_to for version in versions]
    last = None if None in ends else max(end for end in ends if end is not None)
    edges = sorted(
        {version.effective_from for version in versions} | {end for end in ends if end is not None and end != last}
    )
    gaps = []
    for place, edge in enumerate(edges):
        until = edges[place + 1] if place + 1 < len(edges) else (last or edge + timedelta(days=366))
        missing = _first_uncovered(versions, edge, until)
        if missing is not None:
            gaps.append(f"on {missing}")
    return gaps


def _first_uncovered(versions: Sequence[Version], start: date, end: date) -> date | None:
    """The first day of a span without a version; within it coverage only changes with the calendar month."""
    day = start
    while day < end and day < start + timedelta(days=366):
        if not any(version.covers(day) for version in versions):
            return day
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return None


def _choice_faults(book: Book, lines: _Lines) -> list[Finding]:
    choice = book.choice
    assert choice is not None
    findings = []
    for field in ("small", "registers", "two_part"):
        pattern = getattr(choice, field)
        if not any(pattern.format(voltage=voltage) in book.plans for voltage in choice.voltages):
            findings.append(
                _finding("CHOICE_WITHOUT_PLAN", lines.at("choice", field), f"{pattern} names no plan of {book.id}")
            )
    if choice.registers_from_kva > choice.two_part_from_kva:
        findings.append(
            _finding(
                "CHOICE_REVERSED",
                lines.at("choice", "registers_from_kva"),
                "registers_from_kva must not exceed two_part_from_kva",
            )
        )
    return findings
