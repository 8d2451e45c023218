"""How are arrears shared out over instalments, and is the agreement honoured, late or broken?

The parts add up to the debt to the fen; each falls due on a working day. The agreement is judged by what was paid in
all: paying ahead counts, and which instalment a payment was meant for does not matter. Money taken back counts with the
day of the payment it undoes.

An agreement protects from a cut until it is broken. It is broken, for good, on the first day after the grace of an
instalment by whose end less had been paid than was due; then the whole rest falls due and the ladder begins anew.

Basis: 《民法典》 articles 195 (an acknowledgment interrupts limitation), 203 (a period ends on a working day); the
acceleration and the protection are clauses of the agreement.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw

from zaikong.domain.law.calendar import working_day_from
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import Month
from zaikong.kernel.refusal import Refusal

AGREEMENT_COLUMNS: Final = ("agreement", "account")
INSTALMENT_COLUMNS: Final = ("agreement", "number", "due_day", "amount_fen")
MONEY_COLUMNS: Final = ("agreement", "effective_day", "amount_fen")
"""Money applied to the bills of an agreement since it was signed; negative where it was taken back."""

STATE_COLUMNS: Final = (
    "agreement",
    "account",
    "agreement_state",
    "protects",
    "due_fen",
    "paid_fen",
    "short_fen",
    "remaining_fen",
    "accelerated_fen",
    "next_due_day",
    "defaulted_day",
)
"""How an agreement stands.

`agreement_state` is `honoured`, `late` (an instalment is short, its grace not over), `defaulted` or `fulfilled`;
`protects` says whether it keeps off a cut; `due_fen` has fallen due, `short_fen` of it is unpaid, `remaining_fen` is
still to pay; `accelerated_fen` is the whole rest once broken; `next_due_day` is the next unpaid instalment's, 0 for none;
`defaulted_day` is the first day of the default, 0 for none.
"""

MOST_INSTALMENTS: Final = 60
_NEVER: Final = 50_000
_LAST_SURE_DAY: Final = 28


class UnableToScheduleInstalmentsError(Refusal):
    """The amount cannot be shared out so."""


@dataclass(frozen=True, slots=True)
class InstalmentPlan:
    """One instalment of a schedule.

    Attributes:
        number: 1 for the first.
        due_date: Working day it falls due on.
        amount_fen: What is to be paid [fen].
    """

    number: int
    due_date: date
    amount_fen: int


def schedule(*, amount_fen: int, count: int, first_date: date, first_fen: int = 0) -> tuple[InstalmentPlan, ...]:
    """Share a debt out over months.

    Args:
        amount_fen: The acknowledged debt [fen].
        count: Number of instalments.
        first_date: Day of the first; the others follow on the same day of the next months, a day of rest moving on.
        first_fen: What is paid down first; 0 for an equal share [fen].

    Returns:
        The instalments, oldest first; they add up to the debt, equal but for the first fen of the earlier ones.

    Raises:
        UnableToScheduleInstalmentsError: Nothing to share, too many parts, a day some months lack, or a first payment
            that leaves nothing.
    """
    _refuse(amount_fen, count, first_date, first_fen)
    parts = [first_fen] if first_fen else []
    share, over = divmod(amount_fen - sum(parts), count - len(parts))
    parts += [share + (place < over) for place in range(count - len(parts))]
    month = Month.of(first_date)
    return tuple(
        InstalmentPlan(number, working_day_from(month.shifted(number - 1).start.replace(day=first_date.day)), part)
        for number, part in enumerate(parts, start=1)
    )


def _refuse(amount_fen: int, count: int, first_date: date, first_fen: int) -> None:
    fault, code, remedy = "", "", ""
    if not 1 <= count <= MOST_INSTALMENTS or amount_fen < count:
        fault = f"{yuan_text(amount_fen)} yuan cannot be paid in {count} instalments"
        code, remedy = "INSTALMENTS_WRONG", f"Name 1 to {MOST_INSTALMENTS} instalments of at least one fen."
    elif first_date.day > _LAST_SURE_DAY:
        fault = f"not every month has a day {first_date.day}"
        code, remedy = "FIRST_DATE_WRONG", f"Name a day of the month up to {_LAST_SURE_DAY}."
    elif first_fen < 0 or (first_fen and (count == 1 or amount_fen - first_fen < count - 1)):
        fault = f"a first payment of {yuan_text(first_fen)} yuan leaves nothing for the others"
        code, remedy = "FIRST_PAYMENT_WRONG", "Name a smaller first payment or fewer instalments."
    if fault:
        fields = {"amount_fen": amount_fen, "count": count, "first_date": first_date, "first_fen": first_fen}
        raise UnableToScheduleInstalmentsError(fault, code=code, fields=fields, remedy=remedy)


def agreement_states(
    agreements: nw.LazyFrame, instalments: nw.LazyFrame, money: nw.LazyFrame, *, as_of_day: int, grace_days: int
) -> nw.LazyFrame:
    """How each agreement stands at the end of a day.

    Args:
        agreements: `AGREEMENT_COLUMNS`, one row an agreement.
        instalments: `INSTALMENT_COLUMNS`.
        money: `MONEY_COLUMNS`.
        as_of_day: The business date; what falls due or ends its grace on it may still be paid [day].
        grace_days: Days after a due day in which it may still be paid [day].

    Returns:
        `STATE_COLUMNS`. An agreement without instalments is refused protection: it stands as `defaulted`.
    """
    zero = nw.lit(0, nw.Int64)
    steps = _with_paid(instalments, money, as_of_day, grace_days)
    known = (
        money.filter(nw.col("effective_day") <= as_of_day)
        .group_by("agreement")
        .agg(paid_fen=nw.col("amount_fen").sum())
    )
    summed = steps.group_by("agreement").agg(
        _total=nw.col("amount_fen").sum(),
        due_fen=nw.col("_fallen_fen").sum(),
        defaulted_day=nw.col("_broken_day").min(),
    )
    stood = (
        agreements.select("agreement", "account")
        .join(summed, on="agreement", how="left")
        .join(known, on="agreement", how="left")
        .with_columns(
            *(nw.coalesce(nw.col(name), zero).alias(name) for name in ("_total", "due_fen", "paid_fen")),
            _empty=nw.col("_total").is_null(),
            defaulted_day=nw.coalesce(nw.col("defaulted_day"), nw.lit(as_of_day, nw.Int64)),
        )
        .with_columns(
            remaining_fen=nw.max_horizontal(nw.col("_total") - nw.col("paid_fen"), zero),
            short_fen=nw.max_horizontal(nw.col("due_fen") - nw.col("paid_fen"), zero),
            _broken=nw.col("defaulted_day") < _NEVER,
        )
    )
    broken, paid_up = nw.col("_broken"), (nw.col("remaining_fen") == 0) & ~nw.col("_empty")
    state = (
        nw.when(paid_up)
        .then(nw.lit("fulfilled"))
        .when(broken)
        .then(nw.lit("defaulted"))
        .when(nw.col("short_fen") > 0)
        .then(nw.lit("late"))
        .otherwise(nw.lit("honoured"))
    )
    return (
        stood.join(_next_due(steps, known), on="agreement", how="left")
        .with_columns(
            agreement_state=state,
            protects=~broken & ~paid_up,
            accelerated_fen=nw.when(broken & ~paid_up).then(nw.col("remaining_fen")).otherwise(zero),
            next_due_day=nw.coalesce(nw.col("next_due_day"), zero),
            defaulted_day=nw.when(broken).then(nw.col("defaulted_day")).otherwise(zero),
        )
        .select(*STATE_COLUMNS)
    )


def _with_paid(instalments: nw.LazyFrame, money: nw.LazyFrame, as_of_day: int, grace_days: int) -> nw.LazyFrame:
    """Each instalment with what is due up to it, what was paid by the end of its grace, and the day it broke."""
    zero = nw.lit(0, nw.Int64)
    through = nw.col("amount_fen").cum_sum().over("agreement", order_by="number").cast(nw.Int64)
    ended = nw.col("due_day") + nw.lit(grace_days, nw.Int64)
    numbered = instalments.with_columns(_through=through, _ended=ended)
    sums = money.select("agreement", "effective_day", _paid="amount_fen")
    by_grace = (
        numbered.select("agreement", "number", "_ended")
        .join(sums, on="agreement", how="inner")
        .filter(nw.col("effective_day") <= nw.col("_ended"))
        .group_by("agreement", "number")
        .agg(_by_grace=nw.col("_paid").sum())
    )
    return numbered.join(by_grace, on=["agreement", "number"], how="left").with_columns(
        _fallen_fen=nw.when(nw.col("due_day") <= as_of_day).then(nw.col("amount_fen")).otherwise(zero),
        _broken_day=nw.when(
            (nw.col("_ended") < as_of_day) & (nw.coalesce(nw.col("_by_grace"), zero) < nw.col("_through"))
        )
        .then(nw.col("_ended") + 1)
        .otherwise(nw.lit(_NEVER, nw.Int64)),
    )


def _next_due(steps: nw.LazyFrame, known: nw.LazyFrame) -> nw.LazyFrame:
    return (
        steps.join(known, on="agreement", how="left")
        .filter(nw.col("_through") > nw.coalesce(nw.col("paid_fen"), nw.lit(0, nw.Int64)))
        .group_by("agreement")
        .agg(next_due_day=nw.col("due_day").min())
    )
