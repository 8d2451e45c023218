"""Is this the name of a tariff book, alone or with one of its plans?"""

import polars as pl

from zaikong.application.imports.values import SOUND, Read
from zaikong.domain.billing.books import all_books


def tariff(texts: pl.Series) -> Read:
    """Read names of tariff books, each alone or with a plan: values `book:plan` or `book`."""
    distinct = texts.unique()
    answers = [_named(text) for text in distinct]
    table = pl.DataFrame(
        {"t": distinct, "value": [value for value, _ in answers], "fault": [fault for _, fault in answers]},
        schema={"t": pl.String, "value": pl.String, "fault": pl.String},
    )
    found = texts.alias("t").to_frame().join(table, on="t", how="left", maintain_order="left")
    return found["value"], found["fault"]


def shipped() -> str:
    """The books there are, for the reader of a rejection."""
    return "a tariff book, alone or as book:plan; books are " + ", ".join(all_books())


def _named(text: str) -> tuple[str, str]:
    book_id, _, plan = text.replace("：", ":").replace(" ", "").partition(":")
    found = all_books().get(book_id)
    if found is None:
        return text, "TARIFF_UNKNOWN"
    if plan and plan not in found.plans:
        return text, "PLAN_UNKNOWN"
    return f"{book_id}:{plan}" if plan else book_id, SOUND
