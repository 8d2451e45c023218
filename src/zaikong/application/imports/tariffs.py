"""Which tariff book and plan does each row name?"""

from decimal import Decimal
from typing import Final

import polars as pl

from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.domain.billing.books import UnableToFindTariffError, book, plan_for
from zaikong.kernel.energy import CENTI

_ASKED: Final = ["tariff", "capacity_kva", "voltage"]


def with_plans(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Add `book` and `plan`, refusing rows that name none.

    `book:plan` names a plan; a book alone gets the plan its capacity and voltage choose.

    Args:
        rows: `LINE`, `tariff`, `capacity_kva` [0.01 kVA], `voltage`, each of the last two nullable.
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


def _answer(tariff: str, capacity: int | None, voltage: str | None) -> tuple[object, ...]:
    asked = (tariff, capacity, voltage)
    book_id, _, plan = tariff.replace("：", ":").replace(" ", "").partition(":")
    try:
        known = book(book_id)
        if not plan:
            kva = None if capacity is None else Decimal(capacity) / CENTI
            plan = plan_for(book_id, capacity_kva=kva, voltage=voltage or "")
    except UnableToFindTariffError as error:
        column = "voltage" if error.code == "VOLTAGE_UNKNOWN" else "tariff"
        return (*asked, "", "", column, error.code, f"{error.message}. {error.remedy}")
    if plan not in known.plans:
        plans = ", ".join(known.plans)
        return (*asked, "", "", "tariff", "PLAN_UNKNOWN", f"{book_id} has no plan {plan!r}. Plans are: {plans}.")
    return (*asked, book_id, plan, "", "", "")
