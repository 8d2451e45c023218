"""Which step of its ladder does each debt take today, and what keeps the next one back?

A debt is a bill with money open. Of the steps its day has reached, the hardest that nothing holds back and whose proof
stands is taken; what lies below it is never caught up, so a debt that comes out of a pause gets one step and not five.
A step is taken once a debt. After an agreement is broken the ladder begins anew: what was done before that day no
longer counts, so that a stop stands on a new notice.

Money on its way covers the oldest debts of its account first; a debt wholly covered rests.

Basis: 《电力供应与使用条例》 article 39; 《民法典》 articles 560 (oldest first) and 654 (no stop without demand and notice).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import narwhals as nw

from zaikong.domain.collection.ladder_table import ALWAYS_HELD, HOLDS, STEPS, Ladder, Step

DEBT_COLUMNS: Final = ("bill", "account", "ladder", "due_day", "open_fen", "disputed", "resumed_day")
"""What is owed: one row a bill; `resumed_day` is the first day of a ladder begun anew, 0 where it never was."""

DONE_COLUMNS: Final = ("bill", "step", "day", "proven")
"""Steps taken: the day, and whether the service is proven; a message that failed is taken and not proven.

The day of a proven step is that of its service, not of its issue: what stands on it counts its days from there.
"""

HOLD_COLUMNS: Final = ("bill", "hold", "until_day")
"""What holds a debt back, and the first day it no longer does."""

TRANSIT_COLUMNS: Final = ("account", "in_transit_fen")
"""Money accepted and not yet arrived, one row an account that has any."""

POSITION_COLUMNS: Final = (
    "bill",
    "account",
    "ladder",
    "ladder_day",
    "owed_fen",
    "last_step",
    "step",
    "rank",
    "channel",
    "template",
    "statutory",
    "held_by",
    "waiting_step",
    "waiting_for",
)
"""Where a debt stands.

`ladder_day` counts from the due day; `last_step` is the hardest taken; `step` with its `rank`, `channel`, `template`,
`statutory` is today's, empty and 0 for none; `held_by` is what holds the whole debt back, empty for nothing;
`waiting_step` is the hardest step reached and not allowed, `waiting_for` the hold or `proof` it waits for.
"""

PROOF: Final = "proof"
_EPOCH_NEVER: Final = -1
_NONE: Final = nw.lit("")


def positions(
    debts: nw.LazyFrame,
    done: nw.LazyFrame,
    holds: nw.LazyFrame,
    transit: nw.LazyFrame,
    *,
    as_of_day: int,
    ladders: Mapping[str, Ladder],
) -> nw.LazyFrame:
    """Where every debt stands today.

    Args:
        debts: `DEBT_COLUMNS`; bills with nothing open may be left in.
        done: `DONE_COLUMNS`.
        holds: `HOLD_COLUMNS`; of one hold of one debt the latest end counts.
        transit: `TRANSIT_COLUMNS`.
        as_of_day: The business date [day].
        ladders: Name to ladder in force.

    Returns:
        `POSITION_COLUMNS`, one row a bill with money open. A debt without a ladder takes no step.
    """
    used = sorted({step.step for ladder in ladders.values() for step in ladder.steps}, key=STEPS.index)
    placed = (
        _with_transit(debts.filter(nw.col("open_fen") > 0), transit)
        .join(_flags(holds, as_of_day), on="bill", how="left")
        .join(_taken(debts, done, used), on="bill", how="left")
        .with_columns(
            *(nw.coalesce(nw.col(f"_hold_{hold}"), nw.lit(False)).alias(f"_hold_{hold}") for hold in _stored()),
            *(nw.coalesce(nw.col(f"_proven_{code}"), nw.lit(_EPOCH_NEVER)).alias(f"_proven_{code}") for code in used),
            _done_rank=nw.coalesce(nw.col("_done_rank"), nw.lit(0, nw.Int64)),
            ladder_day=nw.lit(as_of_day, nw.Int64) - nw.col("due_day"),
            _hold_dispute=nw.col("disputed") | nw.coalesce(nw.col("_hold_dispute"), nw.lit(False)),
        )
    )
    # the account's debt decides the least amount, not the single bill
    owed = (
        placed.filter(~nw.col("_hold_dispute"))
        .group_by("account")
        .agg(owed_fen=nw.col("_uncovered_fen").sum())
        .select("account", "owed_fen")
    )
    whole = placed.join(owed, on="account", how="left").with_columns(
        owed_fen=nw.coalesce(nw.col("owed_fen"), nw.lit(0, nw.Int64))
    )
    return _decided(whole, as_of_day, ladders)


def _stored() -> tuple[str, ...]:
    """Holds that come as rows; money in transit is worked out, and a dispute may also stand on the bill."""
    return tuple(hold for hold in HOLDS if hold not in {"in_transit", "dispute"})


def _flags(holds: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    """One row a debt with a hold in force, a column a kind."""
    live = holds.filter(nw.col("until_day") > as_of_day)
    kinds = [hold for hold in HOLDS if hold != "in_transit"]
    marked = live.with_columns(**{f"_hold_{kind}": (nw.col("hold") == kind).cast(nw.Int64) for kind in kinds})
    return (
        marked.group_by("bill")
        .agg(*(nw.col(f"_hold_{kind}").max() for kind in kinds))
        .select("bill", *((nw.col(f"_hold_{kind}") > 0).alias(f"_hold_{kind}") for kind in kinds))
    )


def _with_transit(debts: nw.LazyFrame, transit: nw.LazyFrame) -> nw.LazyFrame:
    """Each debt with what the money on its way leaves of it, oldest first; disputed debts wait behind the others."""
    through = nw.col("open_fen").cum_sum().over("account", order_by=("_behind", "due_day", "bill")).cast(nw.Int64)
    zero = nw.lit(0, nw.Int64)
    return (
        debts.with_columns(_behind=nw.col("disputed").cast(nw.Int64))
        .with_columns(_through=through)
        .join(transit.select("account", "in_transit_fen"), on="account", how="left")
        .with_columns(in_transit_fen=nw.coalesce(nw.col("in_transit_fen"), zero))
        .with_columns(
            _uncovered_fen=nw.min_horizontal(
                nw.max_horizontal(nw.col("_through") - nw.col("in_transit_fen"), zero), nw.col("open_fen")
            )
        )
        .with_columns(_hold_in_transit=nw.col("_uncovered_fen") == 0)
    )


def _taken(debts: nw.LazyFrame, done: nw.LazyFrame, used: Sequence[str]) -> nw.LazyFrame:
    """One row a debt with a step taken in its present round: the hardest, and the day each was proven."""
    rank: nw.Expr = nw.lit(0, nw.Int64)
    for place, code in enumerate(STEPS, start=1):
        rank = nw.when(nw.col("step") == code).then(nw.lit(place, nw.Int64)).otherwise(rank)
    never = nw.lit(_EPOCH_NEVER, nw.Int64)
    present = done.join(debts.select("bill", "resumed_day"), on="bill", how="inner").filter(
        nw.col("day") >= nw.col("resumed_day")
    )
    return (
        present.with_columns(
            _done_rank=rank,
            **{
                f"_proven_{code}": nw.when((nw.col("step") == code) & nw.col("proven"))
                .then(nw.col("day"))
                .otherwise(never)
                for code in used
            },
        )
        .group_by("bill")
        .agg(nw.col("_done_rank").max(), *(nw.col(f"_proven_{code}").max() for code in used))
    )


def _decided(placed: nw.LazyFrame, as_of_day: int, ladders: Mapping[str, Ladder]) -> nw.LazyFrame:
    """Today's step and the one that waits, mildest first so that the hardest stands."""
    step, waiting, reason = _NONE, _NONE, _NONE
    keyed = _keyed(ladders)
    judged = placed.with_columns(**_judged(keyed, as_of_day))
    for (name, code), one in keyed.items():
        here, held, unproven = (nw.col(f"_{what}_{name}_{code}") for what in ("here", "held", "unproven"))
        step = nw.when(here & ~held & ~unproven).then(nw.lit(code)).otherwise(step)
        waiting = nw.when(here & (held | unproven)).then(nw.lit(code)).otherwise(waiting)
        reason = nw.when(here & held).then(_first_hold(one)).when(here & unproven).then(nw.lit(PROOF)).otherwise(reason)
    decided = judged.with_columns(
        step=step,
        waiting_step=waiting,
        waiting_for=reason,
        held_by=_named(ALWAYS_HELD),
        last_step=_code_of("_done_rank"),
    ).with_columns(rank=_rank_of("step"), _waiting_rank=_rank_of("waiting_step"))
    overtaken = nw.col("_waiting_rank") < nw.col("rank")
    texts = {
        name: _of_step(ladders, {key: getattr(one, name) for key, one in keyed.items()})
        for name in ("channel", "template")
    }
    statutory = _statutory(ladders)
    return decided.with_columns(
        waiting_step=nw.when(overtaken).then(_NONE).otherwise(nw.col("waiting_step")),
        waiting_for=nw.when(overtaken).then(_NONE).otherwise(nw.col("waiting_for")),
        statutory=statutory,
        **texts,
    ).select(*POSITION_COLUMNS)


def _judged(keyed: Mapping[tuple[str, str], Step], as_of_day: int) -> dict[str, nw.Expr]:
    """Whether each step of each ladder is come to, held back, and without the proof it stands on."""
    columns: dict[str, nw.Expr] = {"_judged": nw.lit(True)}  # a frame takes no empty list of columns
    for (name, code), step in keyed.items():
        columns[f"_here_{name}_{code}"] = (nw.col("ladder") == name) & _reached(step)
        columns[f"_held_{name}_{code}"] = _held(step)
        columns[f"_unproven_{name}_{code}"] = _unproven(step, as_of_day)
    return columns


def _reached(step: Step) -> nw.Expr:
    """Whether a debt's day, amount and round have come to a step; one before the due day ends with it."""
    come = (
        (nw.col("ladder_day") >= step.day)
        & (nw.col("owed_fen") >= step.minimum_fen)
        & (nw.col("_done_rank") < step.rank)
    )
    return come & (nw.col("ladder_day") <= 0) if step.day <= 0 else come


def _held(step: Step) -> nw.Expr:
    return nw.any_horizontal(*(nw.col(f"_hold_{hold}") for hold in step.held_by), ignore_nulls=True)


def _first_hold(step: Step) -> nw.Expr:
    return _named([hold for hold in HOLDS if hold in step.held_by])


def _named(holds: Sequence[str]) -> nw.Expr:
    name: nw.Expr = _NONE
    for hold in reversed(holds):
        name = nw.when(nw.col(f"_hold_{hold}")).then(nw.lit(hold)).otherwise(name)
    return name


def _unproven(step: Step, as_of_day: int) -> nw.Expr:
    if step.after is None:
        return nw.lit(False)
    proven = nw.col(f"_proven_{step.after}")
    return (proven == _EPOCH_NEVER) | (proven + step.after_days > as_of_day)


def _code_of(rank: str) -> nw.Expr:
    code: nw.Expr = _NONE
    for place, name in enumerate(STEPS, start=1):
        code = nw.when(nw.col(rank) == place).then(nw.lit(name)).otherwise(code)
    return code


def _rank_of(code: str) -> nw.Expr:
    rank: nw.Expr = nw.lit(0, nw.Int64)
    for place, name in enumerate(STEPS, start=1):
        rank = nw.when(nw.col(code) == name).then(nw.lit(place, nw.Int64)).otherwise(rank)
    return rank


def _keyed(ladders: Mapping[str, Ladder]) -> dict[tuple[str, str], Step]:
    return {(name, step.step): step for name, ladder in sorted(ladders.items()) for step in ladder.steps}


def _of_step(ladders: Mapping[str, Ladder], values: Mapping[tuple[str, str], str]) -> nw.Expr:
    """A text of today's step; where all ladders agree on it the ladder is not asked."""
    text: nw.Expr = _NONE
    for code in STEPS:
        here = {name: values[name, code] for name in sorted(ladders) if (name, code) in values}
        if len(set(here.values())) == 1:
            text = nw.when(nw.col("step") == code).then(nw.lit(next(iter(here.values())))).otherwise(text)
            continue
        for name, value in here.items():
            text = nw.when((nw.col("step") == code) & (nw.col("ladder") == name)).then(nw.lit(value)).otherwise(text)
    return text


def _statutory(ladders: Mapping[str, Ladder]) -> nw.Expr:
    asked: nw.Expr = nw.lit(False)
    for (name, code), step in _keyed(ladders).items():
        if step.statutory:
            asked = asked | ((nw.col("step") == code) & (nw.col("ladder") == name))
    return asked
