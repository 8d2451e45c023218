"""What does a page show of how a bill came about?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zaikong.domain.billing.explanation import BillLineFacts, ExplainedLine, explain
from zaikong.kernel.period import date_of_day
from zaikong.store.queries import account_page as queries


@dataclass(frozen=True, slots=True)
class Explanation:
    """A bill from reading to money.

    Attributes:
        registers: What the registers showed at start and end.
        use: The daily use it was made of.
        lines: Its lines with working and clause.
    """

    registers: Sequence[queries.RegisterSpan]
    use: Mapping[str, int]
    lines: Sequence[ExplainedLine]

    @property
    def clauses(self) -> list[tuple[str, bool]]:
        """Each clause once, with whether its number was read in the source itself, in the order it is first used."""
        return list(dict.fromkeys((line.clause, line.verified) for line in self.lines if line.clause))

    @property
    def noted(self) -> list[tuple[ExplainedLine, int]]:
        """The lines, each with the place of its clause among `clauses` counted from 1, 0 where it has none."""
        places = {clause: place for place, clause in enumerate(self.clauses, start=1)}
        return [(line, places.get((line.clause, line.verified), 0)) for line in self.lines]


def explanation_of(bill: Any) -> Explanation:
    """How a released bill came about."""
    from zaikong.application.billing.explaining import explain_bill  # noqa: PLC0415 -- loads the rules on first use

    return Explanation(queries.registers_read_for(bill), queries.use_behind(bill), explain_bill(bill))


def explanation_of_draft(draft: Any) -> Explanation:
    """How a held bill came about."""
    facts = [_facts(line) for line in draft.lines]
    lines = explain(facts, book=draft.book, plan=draft.plan)
    return Explanation(queries.registers_read_for(draft), queries.use_behind(draft), lines)


def _facts(line: Mapping[str, Any]) -> BillLineFacts:
    day = line.get("price_from_day")
    return BillLineFacts(
        item=line["item"],
        quantity=line["quantity"],
        unit=line["unit"],
        price_e8=line["price_e8"],
        amount_fen=line["amount_fen"],
        price_from=None if day is None else date_of_day(day),
    )
