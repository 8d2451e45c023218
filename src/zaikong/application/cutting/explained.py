"""Which condition of a cut is met, on what facts and proofs, by which article and edition of the law?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zaikong.application.certificate_check import FACTS, PROVED_BY, conditions_of, law_told
from zaikong.application.cutting.asking import JURISDICTION, Answer
from zaikong.domain.law.cutting import cut_law
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import CutOrder


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a cut.

    Attributes:
        code: One of `domain.law.cutting.REASONS`.
        met: Whether it is met.
        facts: Names and values it was judged by.
        proofs: Rows of proof behind them, as `store.queries.cut_facts.PROOFS`.
        source: The text that asks for it.
        article: Its article, empty where none was verified.
        verified: Whether the text was read.
        editions: Editions of the law's parameters that rest on this text.
    """

    code: str
    met: bool
    facts: tuple[tuple[str, Any], ...]
    proofs: tuple[Mapping[str, Any], ...]
    source: str
    article: str
    verified: bool
    editions: tuple[str, ...]


def conditions_asked(answer: Answer) -> list[Condition]:
    """Every condition as the rule has just judged it."""
    reasons = [failed.reason for failed in answer.failed]
    return _explained(answer.facts, answer.proofs, reasons=reasons, at=answer.at, jurisdiction=JURISDICTION)


def conditions_frozen(order: CutOrder) -> list[Condition]:
    """Every condition as it was judged when the order was last asked about; empty where it never was."""
    if order.facts_at is None or not order.facts:
        return []
    reasons = [row["reason"] for row in order.reasons]
    facts, proofs = order.facts["facts"], order.facts["proofs"]
    return _explained(facts, proofs, reasons=reasons, at=order.facts_at, jurisdiction=JURISDICTION)


def _explained(
    facts: Mapping[str, Any],
    proofs: Sequence[Mapping[str, Any]],
    *,
    reasons: Iterable[str],
    at: datetime,
    jurisdiction: str,
) -> list[Condition]:
    on = at.astimezone(TIME_ZONE).date()
    law = cut_law(as_of=on, jurisdiction=jurisdiction)
    items = [{"ref": place, "supports": [PROVED_BY[row["evidence"]]]} for place, row in enumerate(proofs)]
    editions: dict[tuple[str, str], list[str]] = {}
    for told in law_told(as_of=on, jurisdiction=jurisdiction):
        editions.setdefault((told["source"], told["article"]), []).append(told["edition"])
    known = {name: facts.get(name) for name in FACTS}
    return [
        Condition(
            code=row["code"],
            met=row["met"],
            facts=tuple((name, known[name]) for name in row["facts"]),
            proofs=tuple(proofs[place] for place in row["evidence"]),
            source=row["basis"]["source"],
            article=row["basis"]["article"],
            verified=row["basis"]["verified"],
            editions=tuple(dict.fromkeys(editions.get((row["basis"]["source"], row["basis"]["article"]), ()))),
        )
        for row in conditions_of(known, items, reasons=reasons, law=law)
    ]
