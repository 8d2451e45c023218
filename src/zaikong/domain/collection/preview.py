"""What would happen to an account in the next days if nothing were paid?

The nightly rule itself is asked, for every day on which something can change, as if each step were taken when it falls
due and proven the same day. A person's step that falls on a day of rest waits for the next working day, a message for the
hours of its channel. Where the ladder ends in a 停电通知书 the earliest lawful day of a cut is found: more than the days
overdue the law asks for, within the days of the notice, on no quiet day. It is the earliest day, not a permission: the
rule of the cut asks for more.

Basis: as `ladder` and `domain.law.protection` say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import narwhals as nw

from zaikong.domain.collection.contact import ContactTerms, contact_terms, next_allowed
from zaikong.domain.collection.ladder import (
    DEBT_COLUMNS,
    DONE_COLUMNS,
    HOLD_COLUMNS,
    TRANSIT_COLUMNS,
    positions,
)
from zaikong.domain.collection.ladder_table import Ladder, Step, ladders_on
from zaikong.domain.law.calendar import working_day_from
from zaikong.domain.law.parameters import Overdue, QuietWindows, StopNotice, in_law
from zaikong.domain.law.protection import quiet_days
from zaikong.kernel.period import TIME_ZONE, date_of_day, day_number

LONGEST_DAYS: Final = 120
_NOTICE_SEARCH: Final = 30
_COPIES: Final = 1000
_MORNING: Final = time(9, 0)


@dataclass(frozen=True, slots=True)
class ForeseenStep:
    """A step that would be taken.

    Attributes:
        day: Business date of the step.
        at: When it would reach the customer: a message waits for its hours, a person comes in the morning.
        bill: The debt.
        step: The step of the ladder.
        owed_fen: What the account owes then [fen].
        why: Why the day is later than the ladder's: `rest_day`, `hours`, or empty.
    """

    day: date
    at: datetime
    bill: int
    step: Step
    owed_fen: int
    why: str


@dataclass(frozen=True, slots=True)
class ForeseenCut:
    """The earliest lawful day of a cut.

    Attributes:
        bill: The debt it stands on.
        notice_day: Day the stop notice is best served: the ladder's, or the next that leaves a day to cut.
        cut_day: The earliest lawful day.
        later_because: Why the notice is later than the ladder's day; empty where it is not.
    """

    bill: int
    notice_day: date
    cut_day: date
    later_because: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What lies ahead.

    Attributes:
        steps: In order of time.
        cut: The earliest lawful cut, or None where none comes within the days asked for.
        held: What holds each debt back today, by bill; debts that go on are not in it.
    """

    steps: tuple[ForeseenStep, ...]
    cut: ForeseenCut | None
    held: Mapping[int, str]


def preview(
    debts: nw.LazyFrame,
    done: nw.LazyFrame,
    holds: nw.LazyFrame,
    transit: nw.LazyFrame,
    *,
    as_of: date,
    resident: bool,
    days: int = 60,
    jurisdiction: str = "cn.henan.county",
    ladders: Mapping[str, Ladder] | None = None,
) -> Preview:
    """Look ahead for one account.

    Args:
        debts: `ladder.DEBT_COLUMNS` of the account.
        done: `ladder.DONE_COLUMNS`.
        holds: `ladder.HOLD_COLUMNS`.
        transit: `ladder.TRANSIT_COLUMNS`.
        as_of: The business date, the first day looked at.
        resident: Whether the customer is a resident.
        days: How many days to look at, 1 to `LONGEST_DAYS`.
        jurisdiction: The company's place.
        ladders: Name to ladder; those in force when not given.

    Raises:
        UnableToFindValueError: Ladders, terms or law are silent on the day.
    """
    owed = _rows(debts, DEBT_COLUMNS)
    known = ladders_on(as_of=as_of) if ladders is None else ladders
    used = {str(row["ladder"]): known[row["ladder"]] for row in owed if row["ladder"] in known}
    ahead = _Ahead(
        owed=owed,
        done=_rows(done, DONE_COLUMNS),
        holds=_rows(holds, HOLD_COLUMNS),
        transit=_rows(transit, TRANSIT_COLUMNS),
        ladders=used,
        terms=contact_terms(as_of=as_of).value,
    )
    steps, held = ahead.walk(day_number(as_of), day_number(as_of) + min(max(days, 1), LONGEST_DAYS))
    last = as_of + timedelta(days=days)
    cuts = [
        cut
        for step in steps
        if step.step.step == "STOP_NOTICE"
        and (cut := _earliest_cut(step, owed, resident=resident, jurisdiction=jurisdiction, last=last)) is not None
    ]
    return Preview(tuple(steps), min(cuts, key=lambda cut: (cut.cut_day, cut.bill), default=None), held)


@dataclass(frozen=True, slots=True)
class _Ahead:
    owed: list[dict[str, Any]]
    done: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    transit: list[dict[str, Any]]
    ladders: Mapping[str, Ladder]
    terms: ContactTerms

    def walk(self, from_day: int, to_day: int) -> tuple[list[ForeseenStep], dict[int, str]]:
        steps: list[ForeseenStep] = []
        days = self._agenda(from_day, to_day)
        answers = self._positions(days)
        held = {row["bill"]: row["held_by"] for row in answers[from_day] if row["held_by"]}
        while days:
            day = min((day for day in days if self._taken(answers[day], day)), default=None)
            if day is None:
                break
            for row, step in self._taken(answers[day], day):
                steps.append(self._foreseen(row, step, day))
                self.done.append({"bill": row["bill"], "step": row["step"], "day": day, "proven": True})
            days = self._agenda(day + 1, to_day)
            answers = self._positions(days)
        return steps, held

    def _taken(self, rows: list[dict[str, Any]], day: int) -> list[tuple[dict[str, Any], Step]]:
        """Steps of a day; a person's rests on a day of rest."""
        found = [(row, self.ladders[row["ladder"]].step_named(row["step"])) for row in rows if row["step"]]
        works = working_day_from(date_of_day(day)) == date_of_day(day)
        return [(row, step) for row, step in found if step.is_message or works]

    def _agenda(self, from_day: int, to_day: int) -> list[int]:
        """The first day, every day on which something may change, and the working day each moves to."""
        days = {from_day} | self._changes()
        days |= {day_number(working_day_from(date_of_day(day))) for day in days if day >= from_day}
        return sorted(day for day in days if from_day <= day < to_day)

    def _changes(self) -> set[int]:
        """Every day on which a debt's day, a hold or a proof may change what is due."""
        days = {hold["until_day"] for hold in self.holds}
        for row in self.owed:
            ladder = self.ladders.get(row["ladder"])
            steps = ladder.steps if ladder is not None else ()
            days |= {row["due_day"] + step.day for step in steps} | {row["due_day"] + 1, row["resumed_day"]}
        for row in self.done:
            days |= {row["day"] + step.after_days for ladder in self.ladders.values() for step in ladder.steps}
        return days

    def _positions(self, days: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """Where the debts stand on each day, asked of the rule at once: each day is a copy moved back to the first."""
        if not days:
            return {}
        first = days[0]

        def moved(rows: list[dict[str, Any]], *day_columns: str) -> list[dict[str, Any]]:
            return [_moved(row, day - first, day_columns) for day in days for row in rows]

        frames = (
            self._frame(DEBT_COLUMNS, moved(self.owed, "due_day", "resumed_day")),
            self._frame(DONE_COLUMNS, moved(self.done, "day")),
            self._frame(HOLD_COLUMNS, moved(self.holds, "until_day")),
            self._frame(TRANSIT_COLUMNS, moved(self.transit)),
        )
        answers: dict[int, list[dict[str, Any]]] = {day: [] for day in days}
        found = positions(*frames, as_of_day=first, ladders=self.ladders).collect().rows(named=True)
        for row in sorted(found, key=lambda row: row["bill"]):
            offset = row["bill"] % _COPIES
            answers[first + offset].append(dict(row) | {"bill": divmod(row["bill"], _COPIES)[0]})
        return answers

    def _frame(self, columns: Sequence[str], rows: list[dict[str, Any]]) -> nw.LazyFrame:
        kinds = {"ladder": nw.String(), "step": nw.String(), "hold": nw.String(), "disputed": nw.Boolean()}
        schema = {name: kinds.get(name, nw.Int64()) for name in columns} | (
            {"proven": nw.Boolean()} if "proven" in columns else {}
        )
        values = {name: [row[name] for row in rows] for name in columns}
        return nw.DataFrame.from_dict(values, schema, backend="polars").lazy()

    def _foreseen(self, row: Mapping[str, Any], step: Step, day: int) -> ForeseenStep:
        ideal = row["ladder_day"] == step.day
        morning = datetime.combine(date_of_day(day), _MORNING, tzinfo=TIME_ZONE)
        at = next_allowed(morning, channel=step.channel, terms=self.terms) if step.is_message else morning
        why = "hours" if at.date() != morning.date() else "" if ideal or step.is_message else "rest_day"
        if why == "rest_day" and not self._rested(row, step, day):
            why = ""
        return ForeseenStep(date_of_day(day), at, row["bill"], step, row["owed_fen"], why)

    def _rested(self, row: Mapping[str, Any], step: Step, day: int) -> bool:
        """Whether only days of rest lie between the ladder's day and this one."""
        first = day - (row["ladder_day"] - step.day)
        return first < day and day_number(working_day_from(date_of_day(first))) == day


def _moved(row: Mapping[str, Any], days: int, day_columns: Sequence[str]) -> dict[str, Any]:
    """A row as one of another debt, so many days earlier; day 0 says there is none and stays."""
    keys = {name: row[name] * _COPIES + days for name in ("bill", "account") if name in row}
    return {**row, **keys, **{name: row[name] - days if row[name] else 0 for name in day_columns}}


def _earliest_cut(
    notice: ForeseenStep, owed: list[dict[str, Any]], *, resident: bool, jurisdiction: str, last: date
) -> ForeseenCut | None:
    """The first lawful day after a stop notice, the notice moved on where its own day leaves none."""
    due_day = next(row["due_day"] for row in owed if row["bill"] == notice.bill)
    overdue = in_law(Overdue, as_of=notice.day, jurisdiction=jurisdiction).value
    times = in_law(StopNotice, as_of=notice.day, jurisdiction=jurisdiction).value
    quiet = in_law(QuietWindows, as_of=notice.day, jurisdiction=jurisdiction).value
    own = times.resident if resident else times.other
    first_day = due_day + overdue.cut_after_days + 1
    served = day_number(notice.day)
    concerned = quiet.resident if resident else quiet.other
    latest = own.minimum_days if own.maximum_days is None else own.maximum_days
    reasons = dict(quiet_days(served, served + _NOTICE_SEARCH + latest + 1, law=quiet)) if concerned else {}
    for later in range(_NOTICE_SEARCH):
        on = served + later
        if working_day_from(date_of_day(on)) != date_of_day(on):
            continue
        for day in range(max(on + own.minimum_days, first_day), on + latest + 1):
            if not reasons.get(day):
                found = ForeseenCut(notice.bill, date_of_day(on), date_of_day(day), "QUIET_WINDOW" if later else "")
                return found if found.cut_day <= last else None
    return None


def _rows(frame: nw.LazyFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    return [dict(row) for row in frame.select(columns).collect().rows(named=True)]
