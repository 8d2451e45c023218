"""May this receivable be written off?"""

from typing import Literal

from zaikong.application.cases.facts import Day, Facts, NotNegative, collected, frame
from zaikong.domain.recovery.write_off import RECEIVABLE_COLUMNS, write_off_gates, write_off_law
from zaikong.kernel.period import day_number


class Input(Facts):
    """Facts."""

    amount_yuan: NotNegative
    overdue_since: Day
    as_of: Day
    ground: Literal["none", "bankruptcy_closed", "death_no_estate", "court_unenforceable", "disaster"] = "none"


class Expect(Facts):
    """Answer."""

    eligible: bool = False


def answer(facts: Input) -> dict[str, object]:
    """Whether a gate opens."""
    receivable = {
        "debt": 1,
        "amount_fen": facts.amount_yuan,
        "due_day": day_number(facts.overdue_since),
        "lost_ground": facts.ground,
        "annual_revenue_fen": 0,
    }
    gates = write_off_gates(
        frame(RECEIVABLE_COLUMNS, [receivable], rule="write_off_gates"),
        as_of_day=day_number(facts.as_of),
        law=write_off_law(as_of=facts.as_of),
    )
    (row,) = collected(gates)
    return {"eligible": row["eligible"]}
