"""Does a channel's own statement say the same as the ledger? 日对账.

Receipts are matched by the channel's reference, one to one. What stands on one side only, or differs, is a finding with
both amounts; the findings add up to the whole difference between the two totals, so nothing can hide in a sum. The
reconciliation changes nothing: each finding is work for a person, or the next file of the channel.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from django.db import transaction

from zaikong.application.imports.fields import KINDS
from zaikong.application.imports.files import read_file
from zaikong.application.imports.headers import known_names, plain_name
from zaikong.application.imports.table import table_of
from zaikong.application.payments.receipts import Kind
from zaikong.kernel.finding import Finding
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import statement as reads

STATED = {"channel_ref": pl.String, "amount_fen": pl.Int64}
"""Columns of a channel's statement; an amount is negative where the channel took money back."""

MISMATCH = {
    "channel_ref": pl.String,
    "code": pl.String,
    "account_no": pl.String,
    "state": pl.String,
    "statement_fen": pl.Int64,
    "ledger_fen": pl.Int64,
}
"""Columns of what does not match; account and state are null where the ledger has no such receipt."""

MEANING = {
    "NOT_IN_LEDGER": "the channel has it, the ledger does not: ask the channel for its file again",
    "NOT_IN_STATEMENT": "the ledger has it, the channel does not: reverse it unless the channel's next day brings it",
    "AMOUNT_DIFFERS": "both have it with different amounts: settle it with the channel",
    "REPEATED_IN_STATEMENT": "the channel lists it more than once: settle it with the channel",
    "TAKEN_BACK_BY_CHANNEL": "the channel took it back, the ledger still counts it: note the bounce",
    "TAKEN_BACK_IN_LEDGER": "the ledger took it back, the channel still counts it: settle it with the channel",
    "ARRIVED_NOT_CLEARED": "the channel has paid it, the ledger holds it in transit: clear it",
    "OTHER_DAY": "both have it with the same amount, the ledger on a day outside the period",
}
"""Code of a finding to what it means and what to do."""


class UnableToReconcileError(Refusal):
    """A statement that cannot be read as one: columns, references or amounts missing, rows unreadable."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A channel's statement against the ledger.

    Attributes:
        channel: Channel.
        from_date: First day.
        to_date: First day after.
        matched: References that agree.
        statement_fen: Total of the statement, money taken back subtracted [fen].
        ledger_fen: Total of the ledger's receipts that stand, of the period or named in the statement [fen].
        in_transit_fen: Receipts of the period still in transit and not in the statement, as they should be [fen].
        mismatches: What does not match, columns `MISMATCH`.
    """

    channel: str
    from_date: date
    to_date: date
    matched: int
    statement_fen: int
    ledger_fen: int
    in_transit_fen: int
    mismatches: pl.DataFrame

    @property
    def difference_fen(self) -> int:
        """Statement less ledger [fen]; the mismatches add up to it."""
        return self.statement_fen - self.ledger_fen

    def findings(self) -> list[Finding]:
        """One finding a mismatch."""
        return [
            Finding(
                row["code"],
                f"{self.channel} {row['channel_ref']}",
                f"{MEANING[row['code']]} (statement {yuan_text(row['statement_fen'])}, "
                f"ledger {yuan_text(row['ledger_fen'])})",
            )
            for row in self.mismatches.iter_rows(named=True)
        ]


def reconcile(statement: pl.DataFrame, *, channel: str, from_date: date, to_date: date) -> Reconciliation:
    """Match a channel's statement with the ledger.

    Args:
        statement: One row a movement, columns `STATED` [fen].
        channel: Channel.
        from_date: First day the statement covers, by day of payment.
        to_date: First day after.

    Raises:
        UnableToReconcileError: A column is missing or wrong, a reference is blank, an amount is missing or zero, or the
            period is empty.
    """
    _check(statement, from_date, to_date)
    stated = (
        statement.select(pl.col("channel_ref").str.strip_chars(), "amount_fen")
        .group_by("channel_ref")
        .agg(
            statement_fen=pl.col("amount_fen").sum(),
            credits=(pl.col("amount_fen") > 0).sum().cast(pl.Int64),
            debits=(pl.col("amount_fen") < 0).sum().cast(pl.Int64),
        )
    )
    with transaction.atomic():
        known = reads.receipts_of_channel(
            channel, from_date=from_date, to_date=to_date, references=stated["channel_ref"]
        )
    beside = _beside(stated, known, from_date, to_date)
    odd = beside.filter(pl.col("code") != "")
    waiting = beside.filter((pl.col("state") == "in_transit") & pl.col("credits").is_null())
    return Reconciliation(
        channel=channel,
        from_date=from_date,
        to_date=to_date,
        matched=beside.filter((pl.col("code") == "") & pl.col("credits").is_not_null()).height,
        statement_fen=int(beside["statement_fen"].sum()),
        ledger_fen=int(beside["ledger_fen"].sum()),
        in_transit_fen=int(waiting["amount_fen"].sum()),
        mismatches=odd.sort("code", "channel_ref").select(list(MISMATCH)),
    )


def read_statement(path: Path, *, channel: str, as_of: date) -> pl.DataFrame:
    """Read a channel's statement file; it has the columns of a `payments` file.

    Rows of kind `bounce` and `reversal` are money taken back; rows `in_transit` are no money yet.

    Args:
        path: CSV, Excel or Parquet.
        channel: Rows of other channels are left out.
        as_of: Business date; no row may be paid after it.

    Returns:
        Rows of `STATED`.

    Raises:
        UnableToReconcileError: Rows cannot be read, or none is of the channel.
        UnableToReadFileError, UnableToDecodeError, UnableToMatchHeaderError: The file is no such table.
    """
    kinds = {name: make(as_of) for name, make in KINDS.items()}
    kind = kinds["payments"]
    names = known_names(kind)
    sheet = read_file(path, knows=lambda text: plain_name(text) in names)
    table, rejections = table_of(sheet, kind, kinds)
    if rejections.height:
        fault = rejections.frame.row(0, named=True)
        raise _refused(
            "STATEMENT_UNREADABLE",
            f"{path}: {rejections.height} faults, the first in line {fault['#line']}, {fault['column']}: "
            f"{fault['reason']}",
            "Have the channel send the file again; half a statement reconciles nothing.",
        )
    rows = table.rows if "kind" in table.rows.columns else table.rows.with_columns(kind=pl.lit(None, pl.String))
    rows = rows.with_columns(pl.col("kind").fill_null(Kind.PAYMENT.value)).filter(
        (pl.col("channel") == channel) & (pl.col("kind") != Kind.IN_TRANSIT)
    )
    if rows.is_empty():
        raise _refused("CHANNEL_ABSENT", f"{path} has no money of channel {channel}", "Name the channel it is of.")
    back = pl.col("kind").is_in([Kind.BOUNCE, Kind.REVERSAL])
    amount = pl.col("amount_yuan")
    return rows.select("channel_ref", amount_fen=pl.when(back).then(-amount).otherwise(amount))


def _beside(stated: pl.DataFrame, known: pl.DataFrame, from_date: date, to_date: date) -> pl.DataFrame:
    stands = pl.col("state").is_in(["credited", "unallocated"])
    both = stated.join(known, on="channel_ref", how="full", coalesce=True).with_columns(
        pl.col("statement_fen").fill_null(0),
        ledger_fen=pl.when(stands).then("amount_fen").otherwise(0),
        outside=~pl.col("day").is_between(day_number(from_date), day_number(to_date), closed="left"),
    )
    stated_here, in_ledger = pl.col("credits").is_not_null(), pl.col("amount_fen").is_not_null()
    differs = pl.col("statement_fen") != pl.col("ledger_fen")
    code = (
        pl.when(~in_ledger & (pl.col("statement_fen") != 0))
        .then(pl.lit("NOT_IN_LEDGER"))
        .when(in_ledger & ~stated_here & stands)
        .then(pl.lit("NOT_IN_STATEMENT"))
        .when(stated_here & differs & (pl.col("credits") - pl.col("debits") > 1))
        .then(pl.lit("REPEATED_IN_STATEMENT"))
        .when(
            stated_here
            & differs
            & (pl.col("statement_fen") == pl.col("amount_fen"))
            & (pl.col("state") == "in_transit")
        )
        .then(pl.lit("ARRIVED_NOT_CLEARED"))
        .when(stated_here & differs & stands & (pl.col("statement_fen") <= 0))
        .then(pl.lit("TAKEN_BACK_BY_CHANNEL"))
        .when(stated_here & differs & pl.col("state").is_in(["reversed", "bounced"]))
        .then(pl.lit("TAKEN_BACK_IN_LEDGER"))
        .when(in_ledger & differs)
        .then(pl.lit("AMOUNT_DIFFERS"))
        .when(in_ledger & stated_here & pl.col("outside") & (pl.col("ledger_fen") != 0))
        .then(pl.lit("OTHER_DAY"))
        .otherwise(pl.lit(""))
    )
    return both.with_columns(code=code)


def _check(statement: pl.DataFrame, from_date: date, to_date: date) -> None:
    wrong = [name for name, kind in STATED.items() if statement.schema.get(name) != kind]
    if wrong:
        raise _refused("COLUMNS_WRONG", f"a statement lacks {', '.join(wrong)}", "Give channel_ref and amount_fen.")
    if to_date <= from_date:
        raise _refused("PERIOD_EMPTY", f"{from_date} to {to_date} is no period", "Give a later end.")
    blank = (pl.col("channel_ref").fill_null("").str.strip_chars() == "").sum()
    nothing = (pl.col("amount_fen").fill_null(0) == 0).sum()
    references, amounts = statement.select(blank.alias("blank"), nothing.alias("nothing")).row(0)
    if references or amounts:
        raise _refused(
            "STATEMENT_UNREADABLE",
            f"{references} rows have no reference and {amounts} no amount",
            "Have the channel send the file again; half a statement reconciles nothing.",
        )


def _refused(code: str, message: str, remedy: str) -> UnableToReconcileError:
    return UnableToReconcileError(message, code=code, remedy=remedy)
