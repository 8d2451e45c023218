"""How do notices about enterprises become signals, and whom are they about?

Each row is a fact with its date, source and document; it is kept whether or not its enterprise is a customer. The rows of
a file are matched as soon as they are written; a likely customer waits for a person.
"""

from typing import Final

import narwhals as nw
import polars as pl

from zaikong.application.credit_signals import Matched, match_signals
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.table import Table
from zaikong.application.imports.values import narrow
from zaikong.domain.registry.identifiers import USCI_PATTERN, usci_fault
from zaikong.kernel.finding import Finding
from zaikong.store.queries import signals as queries


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Set the rows beside the signals known; see `loader`."""
    queries.lock()
    rows = _facts(table.rows, rejections)
    new = rows.join(queries.known(rows), on=list(queries.FACT), how="anti", maintain_order="left")
    return lambda: _written(new, rows.height - new.height, terms)


def _facts(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """The sound rows in the columns of a signal; a row that names nobody, or two, is refused."""
    named = rows.with_columns(
        (pl.col(name) if name in rows.columns else pl.lit(None, pl.String)).fill_null("").alias(name)
        for name in ("subject_name", "usci", "document_no")
    )
    sound = rejections.refuse(
        named,
        (pl.col("subject_name") == "") & (pl.col("usci") == ""),
        column="subject_name" if "subject_name" in rows.columns else "usci",
        code="SUBJECT_MISSING",
        reason="The row names no enterprise. Give its name or its unified social credit identifier.",
    )
    return _identified(sound, rejections).rename({"date": "signal_date"}).select(list(queries.FACT))


def _identified(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Rows whose subject is written as an identifier get it as one."""
    code = narrow(rows["subject_name"]).str.to_uppercase()
    shaped = pl.col("code").str.contains(USCI_PATTERN)
    judged = nw.from_native(rows.with_columns(code=code)).with_columns(fault=usci_fault("code")).to_native()
    sound = rejections.refuse(
        judged,
        shaped & (pl.col("fault") != ""),
        column="subject_name",
        code="USCI_CHECK_WRONG",
        reason="The subject is an identifier with a wrong check character: one character is mistyped.",
    )
    clear = rejections.refuse(
        sound,
        shaped & (pl.col("usci") != "") & (pl.col("usci") != pl.col("code")),
        column="subject_name",
        code="SUBJECT_TWICE",
        reason="The row gives two identifiers. Keep the true one.",
    )
    return clear.with_columns(
        usci=pl.when(shaped).then("code").otherwise("usci"),
        subject_name=pl.when(shaped).then(pl.lit("")).otherwise("subject_name"),
    )


def _written(new: pl.DataFrame, unchanged: int, terms: Terms) -> Written:
    queries.add(new.with_columns(known_date=pl.lit(terms.as_of)))
    matched = match_signals(as_of=terms.as_of)
    return Written(
        loaded=new.height,
        unchanged=unchanged,
        details={"confirmed": matched.confirmed, "proposed": matched.proposed, "unmatched": matched.unmatched},
        notes=_notes(matched),
    )


def _notes(matched: Matched) -> tuple[Finding, ...]:
    waiting = Finding(
        "SIGNALS_PROPOSED",
        str(matched.proposed),
        f"{matched.proposed} signals have likely customers; a person confirms or rejects them.",
    )
    unmatched = Finding(
        "SIGNALS_UNMATCHED",
        str(matched.unmatched),
        f"{matched.unmatched} signals, of this file and earlier ones, are about nobody known; they are looked at again "
        "with the next file.",
    )
    return (*((waiting,) if matched.proposed else ()), *((unmatched,) if matched.unmatched else ()))


LOADER: Final = Loader(prepare)
