"""Settlements, books and frames for the tests of billing."""

from datetime import date
from functools import cache
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.lines import bill_lines
from zaikong.domain.billing.prices import prices_frame
from zaikong.domain.billing.rating import bills, in_memory, rated
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.domain.billing.tariff import Book, Plan, Version
from zaikong.kernel.period import day_number

NOTHING = dict.fromkeys(SETTLEMENT_COLUMNS, 0)
TEXTS = {"book", "plan"}


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def settlement(account: int = 1, **facts: Any) -> dict[str, Any]:
    """A settlement of July 2025 in which nothing was used."""
    period = {"month": 202507, "from_day": day("2025-07-01"), "to_day": day("2025-08-01")}
    plan = {"book": "cn.henan.residential", "plan": "month", "months_in_use": 12}
    return {**NOTHING, "account": account, **period, **plan, **facts}


def settlements(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {name: pl.String if name in TEXTS else pl.Int64 for name in SETTLEMENT_COLUMNS}
    return pl.DataFrame(rows, schema=schema)


@cache
def shipped_prices() -> pl.DataFrame:
    frame: pl.DataFrame = prices_frame(all_books().values()).collect().to_native()
    return frame


def prices(*books: Book) -> pl.DataFrame:
    frame: pl.DataFrame = prices_frame(books).collect().to_native() if books else shipped_prices()
    return frame


class Outcome:
    """What the rules made of some settlements."""

    def __init__(self, rows: list[dict[str, Any]], *books: Book) -> None:
        groups = rated(nw.from_native(settlements(rows).lazy()), nw.from_native(prices(*books).lazy()), keep=in_memory)
        self.bills = _sorted(bills(groups), "account", "from_day")
        self.lines = _sorted(bill_lines(groups), "account", "from_day", "line")
        self.unrated = _sorted(groups.unrated, "account", "from_day")

    @property
    def bill(self) -> dict[str, Any]:
        assert len(self.bills) == 1
        return self.bills[0]

    def amounts(self) -> dict[str, int]:
        """Amount by item of a bill with one segment."""
        return {line["item"]: line["amount_fen"] for line in self.lines}


def _sorted(frame: nw.LazyFrame, *keys: str) -> list[dict[str, Any]]:
    return sorted(frame.collect().rows(named=True), key=lambda row: [row[key] for key in keys])


def rate_one(*books: Book, **facts: Any) -> Outcome:
    return Outcome([settlement(**facts)], *books)


def version(effective_from: str = "2020-01-01", effective_to: str | None = None, **charges: Any) -> Version:
    return Version.model_validate(
        {
            "effective_from": effective_from,
            "effective_to": effective_to,
            "basis": {"source": "a test", "verified": True},
            **charges,
        }
    )


def book_of(*versions: Version, book_id: str = "test", plan: str = "only") -> Book:
    return Book(id=book_id, title="Test", default_plan=plan, plans={plan: Plan(title=plan, versions=versions)})


def of_test(**facts: Any) -> dict[str, Any]:
    return {"book": "test", "plan": "only", **facts}


STEPS = {
    "tiers": {
        "period": "month",
        "steps": [{"up_to_kwh": 180, "price": 0.56}, {"up_to_kwh": 260, "price": 0.61}, {"price": 0.86}],
    }
}
