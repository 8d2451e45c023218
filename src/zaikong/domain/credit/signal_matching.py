"""Which customers may a signal be about, how like are they, and is it certain?

By credit identifier, exactly: certain. Otherwise by name, taken apart (`company_names`): the likeness of the cores, less
something for every other part that differs. Certain is only a customer all of whose parts are the same, and only if no
other is; a branch and its parent, another number, another form or province is never certain. A customer whose own
identifier is another one is another body.

Names are compared only where they share a rare pair of neighbouring signs, so the work grows with the signals and the
customers, not with their product. Measured on hand-written pairs in `docs/measures/signals.md`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from zaikong.domain.credit.company_names import CompanyName, company_name

SURE: Final = 98
"""At or above it, and alone there, a customer is matched at once."""

POSSIBLE: Final = 72
"""At or above it a customer waits for a person; below it is none."""

MOST_PROPOSED: Final = 5
"""Customers proposed for one signal."""

DOUBTS: Final = ("NAME", "NUMBER", "OPPOSED", "PLACE", "FORM", "BRANCH", "AMBIGUOUS")
"""Why a customer is not certain; the first that applies is told."""

_SAME: Final = 100
_PLACE_OPEN: Final = 3
_PLACE_DIFFERS: Final = 30
_FORM_OPEN: Final = 3
_FORM_DIFFERS: Final = 6
_BRANCH_OF: Final = 6
_BRANCH_DIFFERS: Final = 15
_OTHER_BODY: Final = 60
_CANDIDATES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Named:
    """A signal's subject, or a customer.

    Attributes:
        key: Its number.
        name: As written, may be empty.
        usci: Credit identifier, may be empty.
    """

    key: int
    name: str
    usci: str


@dataclass(frozen=True, slots=True)
class Match:
    """A customer a signal may be about.

    Attributes:
        signal: Number of the signal.
        customer: Number of the customer.
        by: `usci` or `name`.
        score: Likeness, 0 to 100.
        doubt: One of `DOUBTS`, empty where there is none.
        sure: Whether no person needs to look.
    """

    signal: int
    customer: int
    by: str
    score: int
    doubt: str
    sure: bool


def matches(signals: Iterable[Named], customers: Sequence[Named]) -> list[Match]:
    """Find the customers of each signal.

    Args:
        signals: Subjects.
        customers: All who may be meant.

    Returns:
        For each signal with candidates: its certain customers, or else up to `MOST_PROPOSED` likely ones, best first.
    """
    by_usci: dict[str, list[int]] = defaultdict(list)
    for customer in customers:
        if customer.usci:
            by_usci[customer.usci].append(customer.key)
    found: list[Match] = []
    nameless: list[Named] = []
    for signal in signals:
        known = by_usci.get(signal.usci, []) if signal.usci else []
        found += [Match(signal.key, customer, "usci", _SAME, "", sure=True) for customer in known]
        if not known and signal.name:
            nameless.append(signal)
    return found + (_by_name(nameless, customers) if nameless else [])


def likeness(one: CompanyName, other: CompanyName) -> tuple[int, str]:
    """How like two names are.

    Args:
        one: A name.
        other: Another.

    Returns:
        Score from 0 to 100, and the first doubt; 100 only where every part is the same.
    """
    taken, doubts = _parted(one, other)
    score = int(fuzz.ratio(one.core, other.core)) - taken
    if one.core != other.core:
        doubts = ["NAME", *doubts]
    for doubt, here, there in (
        ("NUMBER", one.numbers, other.numbers),
        ("OPPOSED", one.opposed, other.opposed),
    ):
        if (here - there) and (there - here):
            return min(score, _OTHER_BODY), doubt
    if doubts:
        return max(0, min(score, SURE - 1)), doubts[0]
    return _SAME, ""


def _parted(one: CompanyName, other: CompanyName) -> tuple[int, list[str]]:
    """What is taken off for province, form and branch, and the doubts they leave."""
    taken, doubts = 0, []
    if one.province != other.province:
        doubts.append("PLACE")
        taken += _PLACE_DIFFERS if one.province and other.province else _PLACE_OPEN
    if one.form != other.form:
        doubts.append("FORM")
        taken += _FORM_OPEN if one.form_is_open or other.form_is_open else _FORM_DIFFERS
    if one.branch != other.branch:
        doubts.append("BRANCH")
        taken += _BRANCH_DIFFERS if one.branch and other.branch else _BRANCH_OF
    return taken, doubts


def _by_name(signals: Sequence[Named], customers: Sequence[Named]) -> list[Match]:
    subjects = [(signal, company_name(signal.name)) for signal in signals]
    subjects = [(signal, name) for signal, name in subjects if name.core and not name.is_personal]
    asked = {pair for _, name in subjects for pair in _pairs(name.core)}
    names = [company_name(customer.name) for customer in customers]
    places = _places(asked, names)
    found: list[Match] = []
    for signal, name in subjects:
        cores = {
            place: names[place].core
            for place in _candidates(name, places)
            if not (signal.usci and customers[place].usci and signal.usci != customers[place].usci)
        }
        near = process.extract(name.core, cores, scorer=fuzz.ratio, score_cutoff=POSSIBLE, limit=None)
        scored = [(*likeness(name, names[place]), customers[place].key) for _, _, place in near]
        found += _decided(signal.key, [each for each in scored if each[0] >= POSSIBLE])
    return found


def _decided(signal: int, scored: list[tuple[int, str, int]]) -> list[Match]:
    ranked = sorted(scored, key=lambda each: (-each[0], each[2]))
    certain = [each for each in ranked if each[0] >= SURE]
    if len(certain) == 1:
        score, _, customer = certain[0]
        return [Match(signal, customer, "name", score, "", sure=True)]
    return [
        Match(signal, customer, "name", score, doubt or "AMBIGUOUS", sure=False)
        for score, doubt, customer in ranked[:MOST_PROPOSED]
    ]


def _pairs(core: str) -> set[str]:
    return {core[place : place + 2] for place in range(max(1, len(core) - 1))}


def _places(asked: set[str], names: Sequence[CompanyName]) -> Mapping[str, list[int]]:
    """Each pair of neighbouring signs that is asked for to the names that have it."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        if not name.is_personal:
            for pair in _pairs(name.core) & asked:
                places[pair].append(place)
    return places


def _candidates(name: CompanyName, places: Mapping[str, list[int]]) -> list[int]:
    """Names that share a pair with it, by the rarest pairs first, until there are enough; most shared pairs first."""
    shared: Counter[int] = Counter()
    for _, found in sorted((len(places[pair]), places[pair]) for pair in _pairs(name.core) if pair in places):
        if shared and len(shared) + len(found) > _CANDIDATES:
            break
        shared.update(found)
    return [place for place, _ in shared.most_common(_CANDIDATES)]
