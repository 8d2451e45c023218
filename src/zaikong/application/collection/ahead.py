"""Where does one account stand on its ladder, what did it take so far, and what comes if nothing is paid?

The nightly rule is asked of the account's own debts, so that the page of a case says what the night will do.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import narwhals as nw
import polars as pl

from zaikong.application.collection.climbing import LadderFacts, ladder_facts, positions_of
from zaikong.domain.collection.ladder import PROOF
from zaikong.domain.collection.ladder_table import STEPS, Ladder, Step, ladders_on
from zaikong.domain.collection.preview import Preview, preview
from zaikong.domain.law.parameters import NATION
from zaikong.kernel.period import date_of_day

DAYS_AHEAD: Final = 60


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder of an account's oldest debt.

    Attributes:
        step: The step.
        day: First day it may be taken.
        taken_date: When it was taken last, None for never.
        proven: Whether its service is proven.
        today: Whether it is taken today.
        waits_for: The hold or `proof` it waits for, empty where nothing keeps it back.
    """

    step: Step
    day: date
    taken_date: date | None
    proven: bool
    today: bool
    waits_for: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """An account on its ladder.

    Attributes:
        ladder: The ladder of the oldest debt, None where it has none.
        rungs: Its steps, the mildest first.
        last: The hardest step taken, None for none.
        coming: The next step that would be taken, None for none in the days looked at.
        preview: What would happen if nothing were paid.
        days: Days looked at.
    """

    ladder: Ladder | None
    rungs: tuple[Rung, ...]
    last: Rung | None
    coming: Rung | None
    preview: Preview
    days: int


def ahead_of(
    account: int, *, as_of: date, resident: bool, days: int = DAYS_AHEAD, jurisdiction: str = NATION
) -> Ahead | None:
    """Look at one account's ladder, back and ahead; None where nothing is owed that a ladder could be asked of.

    Args:
        account: The account.
        as_of: The business date.
        resident: Whether it is a home.
        days: How many days to look ahead.
        jurisdiction: The company's place.
    """
    facts = ladder_facts(as_of=as_of, accounts=[account])
    debts = facts.debts.filter(pl.col("open_fen") > 0).sort("disputed", "due_day", "bill")
    if debts.is_empty():
        return None
    oldest = debts.row(0, named=True)
    stands = positions_of(facts, as_of=as_of).filter(bill=oldest["bill"]).row(0, named=True)
    ladder = ladders_on(as_of=as_of).get(oldest["ladder"])
    rungs = _rungs(ladder, oldest, stands, facts.done) if ladder else ()
    foreseen = _foreseen(facts, as_of=as_of, resident=resident, days=days, jurisdiction=jurisdiction)
    first = next((step.step.step for step in foreseen.steps if step.bill == oldest["bill"]), "")
    taken = [rung for rung in rungs if rung.taken_date]
    return Ahead(
        ladder=ladder,
        rungs=rungs,
        last=taken[-1] if taken else None,
        coming=next((rung for rung in rungs if rung.step.step == first), None),
        preview=foreseen,
        days=days,
    )


def _foreseen(facts: LadderFacts, *, as_of: date, resident: bool, days: int, jurisdiction: str) -> Preview:
    frames = (nw.from_native(each.lazy()) for each in (facts.debts, facts.done, facts.holds, facts.transit))
    return preview(*frames, as_of=as_of, resident=resident, days=days, jurisdiction=jurisdiction)


def _rungs(ladder: Ladder, debt: dict[str, Any], stands: dict[str, Any], done: pl.DataFrame) -> tuple[Rung, ...]:
    """The steps in the order of their hardness, with what this round of the debt has taken."""
    mine = done.filter((pl.col("bill") == debt["bill"]) & (pl.col("day") >= debt["resumed_day"]))
    taken = {
        step: (date_of_day(day), proven)
        for step, day, proven in mine.group_by("step").agg(pl.col("day").max(), pl.col("proven").any()).iter_rows()
    }
    return tuple(
        Rung(
            step=step,
            day=date_of_day(debt["due_day"] + step.day),
            taken_date=taken.get(step.step, (None, False))[0],
            proven=taken.get(step.step, (None, False))[1],
            today=stands["step"] == step.step,
            waits_for=_waits_for(step, stands, {code for code, (_day, proven) in taken.items() if proven}),
        )
        for step in sorted(ladder.steps, key=lambda step: STEPS.index(step.step))
    )


def _waits_for(step: Step, stands: dict[str, Any], proven: set[str]) -> str:
    """What keeps a step back that is come to: the hold of the hardest, the missing proof of any."""
    if stands["waiting_step"] == step.step:
        return str(stands["waiting_for"])
    reached = stands["ladder_day"] >= step.day
    return PROOF if reached and step.after is not None and step.after not in proven else ""
