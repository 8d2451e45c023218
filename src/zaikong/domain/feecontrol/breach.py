"""Which cuts of our own were wrong by what is known later, which were given back too late, and what is owed for it?

A cut was lawful by what was known at its moment, or there would be no certificate. Here the same rule is asked again with
the certificate's own facts and what has come to light since: money that had been accepted before the sending, a bill that
was reversed, a dispute or a protection that already stood, a notice that is void, and the moment the command really went
out. What it then refuses is a breach. Knowledge only ever counts against the company: a payment that bounced later, or a
bill that grew, makes no cut lawful that was not, and none wrong that was.

Giving back is late when the hours of the law have run since the duty began, counted from the confirmation of safety where
one is agreed. A cut without any duty to give back is never late.

Basis: `domain.feecontrol.cut_off`, `domain.feecontrol.restoration`; 《电力法》 articles 59 and 60 for damages.
"""

from types import MappingProxyType
from typing import Final

import narwhals as nw

from zaikong.domain.feecontrol.compensation_table import CompensationTable
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS
from zaikong.kernel.money import whole_quotient
from zaikong.kernel.period import HOUR, MINUTE

LATER_COLUMNS: Final = (
    "account",
    "sent_at",
    "hindsight_unpaid_fen",
    "late_money_fen",
    "late_reversed_fen",
    "disputed_then",
    "protected_then",
    "notice_void",
    "final_void",
)
"""What is known later of a cut; `account` is the key of the cut. `hindsight_unpaid_fen` may be null, where nothing says."""

VERDICT_KINDS: Final = MappingProxyType(
    {
        "disputed": ("DISPUTED",),
        "protected": ("PROTECTED",),
        "notice": (
            "NO_NOTICE",
            "NOTICE_TOO_RECENT",
            "NOTICE_EXPIRED",
            "NOT_DUNNED",
            "NO_FINAL_NOTICE",
            "FINAL_NOTICE_TOO_LATE",
            "NOT_WARNED",
        ),
        "unlawful": (
            "NOT_OVERDUE_ENOUGH",
            "NOT_APPROVED",
            "AUTHORITY_NOT_COPIED",
            "PAYMENT_IN_TRANSIT",
            "INSTALMENT_HONOURED",
            "VULNERABLE_NOT_REVIEWED",
            "QUIET_WINDOW",
            "NO_AGREEMENT",
            "HUMAN_STEP_MISSING",
            "FACT_MISSING",
        ),
    }
)
"""Kind of breach to the conditions of a cut it breaks."""

MONEY_REASONS: Final = ("NOTHING_OWED", "BALANCE_SUFFICIENT")
"""Conditions broken by money or by a bill: `paid_before` where money that came alone breaks them, else `bill_reversed`."""

NO_CERTIFICATE: Final = "no_certificate"
PAID_BEFORE: Final = "paid_before"
BILL_REVERSED: Final = "bill_reversed"
LATE_RESTORE: Final = "late_restore"
NO_RESTORE: Final = "no_restore"

KINDS: Final = (NO_CERTIFICATE, PAID_BEFORE, BILL_REVERSED, *VERDICT_KINDS, LATE_RESTORE, NO_RESTORE)
"""Every kind of breach."""

RESTORE_COLUMNS: Final = (
    "cut_order",
    "cut_done_at",
    "restore_ordered",
    "duty_since_at",
    "restore_hours",
    "restored_at",
)
"""What `late_restores` reads of a cut; `duty_since_at` and `restored_at` are 0 without one [us, hours]."""

OWED_COLUMNS: Final = ("cut_order", "breach_kind", "resident", "minutes_off", "minutes_late")
"""What `compensations` reads of a breach [min]."""


def hindsight(facts: nw.LazyFrame, later: nw.LazyFrame) -> nw.LazyFrame:
    """The facts of cuts with what is known later.

    Args:
        facts: Rows of `cut_off.CUT_COLUMNS` as they were certified; `account` is the key of the cut.
        later: One row a cut with `LATER_COLUMNS`.

    Returns:
        The rows of `facts`, to be put to `cut_off.cut_verdicts` again.
    """
    unpaid, then = nw.col("unpaid_fen"), nw.col("hindsight_unpaid_fen")
    zero = nw.lit(0, nw.Int64)
    known = facts.join(later.select(LATER_COLUMNS), on="account", how="inner").with_columns(
        cut_at=nw.when(nw.col("sent_at") > 0).then(nw.col("sent_at")).otherwise(nw.col("cut_at")),
        unpaid_fen=nw.when(then < unpaid).then(then).otherwise(unpaid),
        available_fen=nw.col("available_fen") + nw.col("late_money_fen") + nw.col("late_reversed_fen"),
        disputed=nw.col("disputed") | nw.col("disputed_then"),
        protected=nw.col("protected") | nw.col("protected_then"),
        notice_at=nw.when(nw.col("notice_void")).then(zero).otherwise(nw.col("notice_at")),
        final_notice_at=nw.when(nw.col("final_void")).then(zero).otherwise(nw.col("final_notice_at")),
    )
    return known.select(CUT_COLUMNS)


def wrongful(verdicts: nw.LazyFrame) -> nw.LazyFrame:
    """Which kinds of breach the rule's second answer comes to.

    Args:
        verdicts: One row a cut: `account` its key, `reasons` of the second answer, `paid_alone` whether the money that
            came alone, without any bill reversed, breaks the condition of money.

    Returns:
        Rows `cut_order`, `breach_kind`, one a kind.
    """
    listed = verdicts.with_columns(_listed=nw.concat_str([nw.lit(","), nw.col("reasons"), nw.lit(",")], separator=""))
    money = _any_of(MONEY_REASONS)
    parts = {
        PAID_BEFORE: money & nw.col("paid_alone"),
        BILL_REVERSED: money & ~nw.col("paid_alone"),
        **{kind: _any_of(reasons) for kind, reasons in VERDICT_KINDS.items()},
    }
    rows = [
        listed.filter(condition).select(cut_order=nw.col("account"), breach_kind=nw.lit(kind))
        for kind, condition in parts.items()
    ]
    return nw.concat(rows, how="vertical")


def late_restores(cuts: nw.LazyFrame, *, as_of_at: int) -> nw.LazyFrame:
    """Which cuts were given back too late, or are still not given back nor ordered back.

    Args:
        cuts: One row a cut with `RESTORE_COLUMNS`.
        as_of_at: Now [us].

    Returns:
        Rows `cut_order`, `breach_kind`, `due_by_at` [us], `minutes_late` begun [min].
    """
    since = nw.max_horizontal("duty_since_at", "cut_done_at")
    by = since + nw.col("restore_hours") * HOUR
    back = nw.col("restored_at") > 0
    until = nw.when(back).then(nw.col("restored_at")).otherwise(nw.lit(as_of_at, nw.Int64))
    unordered = ~nw.col("restore_ordered") & ~back
    return (
        cuts.with_columns(due_by_at=by, _until=until)
        .filter((nw.col("duty_since_at") > 0) & (nw.col("_until") > nw.col("due_by_at")))
        .with_columns(
            breach_kind=nw.when(unordered).then(nw.lit(NO_RESTORE)).otherwise(nw.lit(LATE_RESTORE)),
            minutes_late=whole_quotient(nw.col("_until") - nw.col("due_by_at") + MINUTE - 1, MINUTE),
        )
        .select("cut_order", "breach_kind", "due_by_at", "minutes_late")
    )


def compensations(found: nw.LazyFrame, *, table: CompensationTable) -> nw.LazyFrame:
    """What is owed for breaches by the table of the company: a sum, and one for every hour begun, up to a cap.

    Args:
        found: Rows with `OWED_COLUMNS`.
        table: The table of the day of the breach.

    Returns:
        Rows `cut_order`, `breach_kind`, `compensation_fen` [fen]; a kind the table does not know is owed 0.
    """
    fen: nw.Expr = nw.lit(0, nw.Int64)
    for row in table.rows:
        minutes = nw.col("minutes_off") if row.counted == "without_supply" else nw.col("minutes_late")
        hours = whole_quotient(minutes + 59, 60)
        for resident, rate in ((True, row.resident), (False, row.other)):
            owed = nw.min_horizontal(nw.lit(rate.base, nw.Int64) + hours * rate.hour, nw.lit(rate.cap, nw.Int64))
            this = (nw.col("breach_kind") == row.kind) & (nw.col("resident") == nw.lit(resident))
            fen = nw.when(this).then(owed).otherwise(fen)
    return found.select("cut_order", "breach_kind", compensation_fen=fen)


def _any_of(reasons: tuple[str, ...]) -> nw.Expr:
    condition: nw.Expr = nw.lit(False)
    for reason in reasons:
        condition = condition | nw.col("_listed").str.contains(f",{reason},", literal=True)
    return condition
