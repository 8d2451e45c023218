"""Which customer owes for each account of a file?

Who has the same unified social credit identifier is one firm, who has the same identity number and none of the former
is one person; without either, an account keeps its customer, and a new account has one of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.store.queries import registry as queries

ATTRIBUTES: Final = ("name", "usci", "id_no", "phone", "industry")
_IDENTIFIERS: Final = ("usci", "id_no")


@dataclass(frozen=True, slots=True)
class Debtors:
    """The customers a file speaks of.

    Attributes:
        frame: `group`, `customer` (null for a new one), the attributes wanted, and `<attribute>|stored` (null for a new
            one).
        differing: Groups whose rows give different names: `group`, `name` (the one kept), `lines`.
    """

    frame: pl.DataFrame
    differing: pl.DataFrame


def debtors(rows: pl.DataFrame, stored: pl.DataFrame, rejections: Rejections) -> tuple[pl.DataFrame, Debtors]:
    """Give every row the customer that owes.

    Args:
        rows: `LINE`, `account_no`, `name`, and those of the other attributes the file has, null where blank.
        stored: `registry.accounts_known`.
        rejections: Where faults go.

    Returns:
        The rows with `group`, and the customers by group.
    """
    given = [name for name in ATTRIBUTES if name in rows.columns]
    whole = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in ATTRIBUTES if name not in given)
    now = stored.select("account_no", customer_now="customer", usci_now="usci", id_no_now="id_no")
    beside = whole.join(now, on="account_no", how="left", maintain_order="left")
    beside = _refuse_other_customers(beside, rejections)
    known = queries.customers_identified(beside["usci"], beside["id_no"])
    grouped = _grouped(beside, known)
    frame = _wanted(grouped, stored, known, given)
    differing = (
        grouped.group_by("group", maintain_order=True)
        .agg(names=pl.col("name").n_unique(), name=pl.col("name").first(), lines=LINE)
        .filter(pl.col("names") > 1)
        .drop("names")
    )
    return grouped.select(*rows.columns, "group"), Debtors(frame, differing)


def _refuse_other_customers(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Refuse rows that would pass an account, and its debt, to another customer."""
    firm, person = pl.col("usci_now") != "", pl.col("id_no_now") != ""
    reason = "The account belongs to another customer. A change of occupier closes it and opens a new account."
    rows = rejections.refuse(
        rows,
        (firm & (pl.col("usci") != pl.col("usci_now")))
        | (~firm & person & pl.col("usci").is_not_null() & pl.col("id_no").ne_missing(pl.col("id_no_now"))),
        column="usci",
        code="CUSTOMER_DIFFERS",
        reason=reason,
    )
    return rejections.refuse(
        rows,
        ~firm & person & (pl.col("id_no") != pl.col("id_no_now")),
        column="id_no",
        code="CUSTOMER_DIFFERS",
        reason=reason,
    )


def _grouped(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Adds `group`: rows of one customer share it; and `customer`, null for a new one."""
    firms = known.filter(pl.col("usci") != "").group_by("usci").agg(of_firm=pl.col("customer").min())
    people = known.filter(pl.col("usci") == "").group_by("id_no").agg(of_person=pl.col("customer").min())
    identified = (pl.col("usci_now") != "") | (pl.col("id_no_now") != "")
    found = (
        rows.join(firms, on="usci", how="left", maintain_order="left")
        .join(people, on="id_no", how="left", maintain_order="left")
        .with_columns(
            identity=pl.coalesce(pl.lit("U") + pl.col("usci"), pl.lit("I") + pl.col("id_no")),
            customer=pl.when(identified)
            .then("customer_now")
            .otherwise(pl.when(pl.col("usci").is_not_null()).then("of_firm").otherwise("of_person")),
        )
        .with_columns(customer=pl.when(pl.col("identity").is_null()).then("customer_now").otherwise("customer"))
    )
    # accounts that had customers without identifier and now name one that nobody has: the oldest of those becomes it
    becoming = found.filter(pl.col("customer").is_null() & pl.col("identity").is_not_null())
    oldest = becoming.group_by("identity").agg(becomes=pl.col("customer_now").min())
    return (
        found.join(oldest, on="identity", how="left", maintain_order="left")
        .with_columns(customer=pl.coalesce("customer", "becomes"))
        .with_columns(
            group=pl.coalesce(
                pl.lit("C") + pl.col("customer").cast(pl.String), "identity", pl.lit("L") + pl.col(LINE).cast(pl.String)
            )
        )
    )


def _wanted(grouped: pl.DataFrame, stored: pl.DataFrame, known: pl.DataFrame, given: Sequence[str]) -> pl.DataFrame:
    columns = ["customer", *ATTRIBUTES]
    before = (
        pl.concat([stored.select(columns), known.select(columns)])
        .unique("customer")
        .rename({name: f"{name}|stored" for name in ATTRIBUTES})
    )
    first = {name: pl.col(name).drop_nulls().first() for name in ATTRIBUTES}
    return (
        grouped.group_by("group", maintain_order=True)
        .agg(pl.col("customer").first(), **first)
        .join(before, on="customer", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(name, f"{name}|stored", pl.lit(""))
            if name in _IDENTIFIERS or name not in given
            else pl.col(name).fill_null("")
            for name in ATTRIBUTES
        )
    )
