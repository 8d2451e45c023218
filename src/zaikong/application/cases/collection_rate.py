"""What are the three collection rates of these totals?"""

from decimal import Decimal

from pydantic import model_validator

from zaikong.application.cases.facts import Facts, NotNegative, Number, collected, frame
from zaikong.domain.assessment.collection_rate import COLLECTION_COLUMNS, collection_rates


class Input(Facts):
    """Facts; the first two totals include the other two."""

    receivable_yuan: NotNegative
    received_yuan: NotNegative
    receivable_previous_years_yuan: NotNegative = 0
    received_previous_years_yuan: NotNegative = 0

    @model_validator(mode="after")
    def _parts_are_parts(self) -> "Input":
        if self.receivable_previous_years_yuan > self.receivable_yuan:
            raise ValueError("receivable_previous_years_yuan is above receivable_yuan, which includes it")
        if self.received_previous_years_yuan > self.received_yuan:
            raise ValueError("received_previous_years_yuan is above received_yuan, which includes it")
        return self


class Expect(Facts):
    """Answer; null where nothing was receivable."""

    cumulative_percent: Number | None = None
    current_year_percent: Number | None = None
    previous_years_percent: Number | None = None


def answer(facts: Input) -> dict[str, object]:
    """The three rates in percent with one decimal."""
    totals = {
        "receivable_fen": facts.receivable_yuan,
        "received_fen": facts.received_yuan,
        "receivable_previous_years_fen": facts.receivable_previous_years_yuan,
        "received_previous_years_fen": facts.received_previous_years_yuan,
    }
    row = collected(collection_rates(frame(COLLECTION_COLUMNS, [totals], rule="collection_rates")))[0]
    return {
        f"{name}_percent": None if row[f"{name}_permille"] is None else Decimal(row[f"{name}_permille"]) / 10
        for name in ("cumulative", "current_year", "previous_years")
    }
