"""Which plan does a row get that names only its tariff book? The one its capacity and voltage choose."""

from decimal import Decimal
from typing import Final

import polars as pl

from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.domain.billing.books import UnableToFindTariffError, plan_for
from zaikong.kernel.energy import CENTI

_ASKED: Final = ["tariff", "capacity_kva", "voltage"]


def with_plans(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Add `book` and `plan`, refusing rows whose voltage the book does not know.

    Args:
        rows: `LINE`, `tariff` as read, `capacity_kva` [0.01 kVA], `voltage`, each of the last two nullable.
        rejections: Where faults go.
    """
    answers = [_answer(*asked) for asked in rows.select(_ASKED).unique(maintain_order=True).iter_rows()]
    table = pl.DataFrame(
        answers,
        schema={
            "tariff": pl.String,
            "capacity_kva": pl.Int64,
            "voltage": pl.String,
            "book": pl.String,
            "plan": pl.String,
            "column": pl.String,
            "code": pl.String,
            "reason": pl.String,
        },
        orient="row",
    )
    found = rows.join(table, on=_ASKED, how="left", nulls_equal=True, maintain_order="left")
    wrong = pl.col("code") != ""
    rejections.add(found.filter(wrong).select(LINE, "column", "code", "reason"))
    return found.filter(~wrong).drop("column", "code", "reason")


def _answer(named: str, capacity: int | None, voltage: str | None) -> tuple[object, ...]:
    asked = (named, capacity, voltage)
    book_id, _, plan = named.partition(":")
    kva = None if capacity is None else Decimal(capacity) / CENTI
    try:
        plan = plan or plan_for(book_id, capacity_kva=kva, voltage=voltage or "")
    except UnableToFindTariffError as error:
        return (*asked, "", "", "voltage", error.code, f"{error.message}. {error.remedy}")
    return (*asked, book_id, plan, "", "", "")
