"""Which behaviour grade, AAA to D, does each account have tonight, and why?

Ten indices earn points by the ladders of the edition in force; the total gives the raw grade. Vetoes and a short
history hold it down (`capped_grade`). Then it moves: down at once, up one step and only after the clean months of the
grade left, never while undisputed arrears are open; the first look takes the capped grade as it is. Disputed money is
no arrears until the dispute is decided. A grade decides terms, reminders and order of work, never a price.

Basis: `grades/behaviour.yaml`. 《河南省社会信用条例》 article 27: the grade stays inside the company.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import narwhals as nw

from zaikong.domain.credit.behaviour_table import (
    BEST,
    INDEX_MEASURES,
    Behaviour,
    Index,
    Ladder,
    Veto,
    grade_name,
    grade_number,
)
from zaikong.kernel.money import natural_quotient
from zaikong.kernel.pin import pinned

__all__ = [
    "BEHAVIOUR_COLUMNS",
    "GRADE_COLUMNS",
    "POINT_COLUMNS",
    "REASON_COLUMNS",
    "behaviour_grades",
    "behaviour_reasons",
    "grade_name",
]

BEHAVIOUR_COLUMNS: Final = (
    "account",
    "as_of_day",
    "months_known",
    "bills_12m",
    "on_time_12m",
    "overdue_12m",
    "longest_overdue_days",
    "arrears_fen",
    "old_arrears_fen",
    "arrears_months_this_year",
    "monthly_bill_fen",
    "prepaid",
    "prepaid_cover_days",
    "use_trend_permille",
    "use_stopped_days",
    "theft_day",
    "breach_day",
    "adverse_signal",
    "guarantee_fen",
    "exposure_fen",
    "industry_risk",
    "broken_promises_12m",
    "disputed_fen",
    "repayment_agreement",
    "previous_grade",
    "clean_months",
)
"""What a grade reads of an account. `clean_months` are whole months since the grade last moved or a bill was last
overdue, whichever is later; `old_arrears_fen` is the part of the arrears due in an earlier year and over 30 days late."""

POINT_COLUMNS: Final = tuple(f"{index}_points" for index in INDEX_MEASURES)

GRADE_COLUMNS: Final = (
    "account",
    *POINT_COLUMNS,
    "total_points",
    "veto_code",
    "veto_until_day",
    "raw_grade",
    "capped_grade",
    "previous_grade",
    "grade",
)
"""What `behaviour_grades` answers."""

REASON_COLUMNS: Final = ("account", "place", "code", "points_lost", "observed", "limit")
"""What `behaviour_reasons` answers."""

CAPACITY_CUT, CLOSURE_ORDER, DISHONEST, BANKRUPTCY = 1, 2, 3, 4
"""Values of `adverse_signal` above 0, none."""

NO_AGREEMENT, AGREEMENT_HONOURED, AGREEMENT_BROKEN = 0, 1, 2
"""Values of `repayment_agreement`."""

NEVER_DAYS: Final = 1_000_000
"""Days since a thing that never happened."""

_REASON_FACTS = (
    "account",
    "as_of_day",
    "months_known",
    "arrears_fen",
    "old_arrears_fen",
    "arrears_months_this_year",
    "disputed_fen",
    "theft_day",
    "breach_day",
    "adverse_signal",
    "previous_grade",
    "clean_months",
    "raw_grade",
    "capped_grade",
    "grade",
    "total_points",
    "veto_code",
    "_veto",
    "_veto_cap",
    *POINT_COLUMNS,
    *(f"_{measure}" for measures in INDEX_MEASURES.values() for measure in measures),
    *(f"_{measure}_points" for measures in INDEX_MEASURES.values() for measure in measures),
)
"""What reasons are told from."""

_PERMILLE = 1000
_LARGEST_PERMILLE = 1_000_000
_STEP = 100
"""Room for the places of the measures beneath points lost, in one sort key."""

Facts = Mapping[str, nw.Expr]
"""Fact to the column that holds it."""

_FACT_NAMES = tuple(name for name in BEHAVIOUR_COLUMNS if name != "account")


def behaviour_grades(frame: nw.LazyFrame, *, table: Behaviour) -> nw.LazyFrame:
    """Grade each account.

    Args:
        frame: One row an account with `BEHAVIOUR_COLUMNS`, none null.
        table: The edition in force (`behaviour_table`).

    Returns:
        One row an account with `GRADE_COLUMNS`: points of each index and their total (0 to 100), `veto_code` (empty for
        none) and `veto_until_day` (first day its bar is over; 0 while nobody knows), grades as numbers (`grade_name`).
    """
    return judged(frame, table=table).select(*GRADE_COLUMNS)


def behaviour_reasons(frame: nw.LazyFrame, *, table: Behaviour, top: int = 5) -> nw.LazyFrame:
    """Why each account has not the best grade.

    Args:
        frame: As `behaviour_grades` takes it.
        table: The edition in force.
        top: Indices named, those that lost most; a veto, a short history and a waiting upgrade are always named.

    Returns:
        `REASON_COLUMNS`, a row a reason: `place` from 1 where an index lost points, else 0; `points_lost` (for a veto:
        what it took from the total); `observed` against `limit` in the unit of the measure. `Behaviour.wording` has the
        words of each code.
    """
    reasons = [*_index_reasons(table, top), *_other_reasons(table)]
    # a row has several reasons: each is filtered from one computed frame, which costs less than exploding lists
    found = pinned(judged(frame, table=table).select(*_REASON_FACTS))
    return nw.concat([_reason_rows(found, reason) for reason in reasons])


def _reason_rows(found: nw.LazyFrame, reason: "_Reason") -> nw.LazyFrame:
    return found.filter(reason.hit).select(
        "account",
        reason.place.alias("place"),
        reason.code.alias("code"),
        reason.points_lost.alias("points_lost"),
        reason.observed.alias("observed"),
        reason.limit.alias("limit"),
    )


def judged(frame: nw.LazyFrame, *, table: Behaviour) -> nw.LazyFrame:
    """The frame with every measure (`_<measure>`), point and grade beside the facts; `raising` stands on it too."""
    facts = column_facts()
    measured = frame.with_columns(**{f"_{name}": measure(facts) for name, measure in MEASURES.items()})
    pointed = measured.with_columns(
        **{
            f"_{ladder.measure}_points": ladder_points(nw.col(f"_{ladder.measure}"), ladder)
            for index in table.indices.values()
            for ladder in index.ladders
        }
    ).with_columns(**{f"{name}_points": _index_points(index, facts) for name, index in table.indices.items()})
    return (
        pointed.with_columns(total_points=nw.sum_horizontal(*POINT_COLUMNS), _veto=_first_veto(facts, table))
        .with_columns(
            raw_grade=grade_of(nw.col("total_points"), table),
            veto_code=_by_veto(table, lambda veto: nw.lit(veto.code), nw.lit("")),
            veto_until_day=_by_veto(table, lambda veto: _until(veto, facts), number(0)),
            _veto_cap=veto_cap(facts, table),
        )
        .with_columns(capped_grade=capped(nw.col("raw_grade"), nw.col("_veto_cap"), facts, table))
        .with_columns(grade=moved(nw.col("capped_grade"), facts, table))
    )


def column_facts() -> dict[str, nw.Expr]:
    """Each fact in the column of its own name."""
    return {name: nw.col(name) for name in _FACT_NAMES}


def number(value: int) -> nw.Expr:
    """An int64 constant."""
    return nw.lit(value, dtype=nw.Int64)


def least(columns: Sequence[nw.Expr]) -> nw.Expr:
    """The least of one or more columns; Spark's own takes two at least."""
    return columns[0] if len(columns) == 1 else nw.min_horizontal(*columns)


# The parts of the rule, over any facts: tonight's, or those a suggestion would bring about.


def undisputed(facts: Facts) -> nw.Expr:
    """Arrears that nobody disputes [fen]."""
    return nw.max_horizontal(facts["arrears_fen"] - facts["disputed_fen"], number(0))


def _on_time_permille(facts: Facts) -> nw.Expr:
    bills = nw.max_horizontal(facts["bills_12m"], number(1))
    share = natural_quotient(facts["on_time_12m"] * _PERMILLE, bills)
    return nw.when(facts["bills_12m"] > 0).then(share).otherwise(number(_PERMILLE))


def _arrears_permille(facts: Facts) -> nw.Expr:
    owed, bill = undisputed(facts), nw.max_horizontal(facts["monthly_bill_fen"], number(1))
    # rounded up, so that a fen above a limit is above it
    ratio = nw.min_horizontal(natural_quotient(owed * _PERMILLE + bill - 1, bill), number(_LARGEST_PERMILLE))
    return (
        nw.when(owed <= 0)
        .then(number(0))
        .when(facts["monthly_bill_fen"] > 0)
        .then(ratio)
        .otherwise(number(_LARGEST_PERMILLE))
    )


def _guarantee_permille(facts: Facts) -> nw.Expr:
    exposed = nw.max_horizontal(facts["exposure_fen"], number(1))
    ratio = nw.min_horizontal(natural_quotient(facts["guarantee_fen"] * _PERMILLE, exposed), number(_LARGEST_PERMILLE))
    return nw.when(facts["exposure_fen"] > 0).then(ratio).otherwise(number(_LARGEST_PERMILLE))


def _days_since(day: str) -> Callable[[Facts], nw.Expr]:
    return lambda facts: nw.when(facts[day] > 0).then(facts["as_of_day"] - facts[day]).otherwise(number(NEVER_DAYS))


def _fact(name: str) -> Callable[[Facts], nw.Expr]:
    return lambda facts: facts[name]


MEASURES: Final[Mapping[str, Callable[[Facts], nw.Expr]]] = MappingProxyType(
    {
        "on_time_permille": _on_time_permille,
        "overdue_12m": _fact("overdue_12m"),
        "longest_overdue_days": _fact("longest_overdue_days"),
        "arrears_permille": _arrears_permille,
        "prepaid_cover_days": _fact("prepaid_cover_days"),
        "use_trend_permille": _fact("use_trend_permille"),
        "use_stopped_days": _fact("use_stopped_days"),
        "days_since_theft": _days_since("theft_day"),
        "days_since_breach": _days_since("breach_day"),
        "broken_promises_12m": _fact("broken_promises_12m"),
        "industry_risk": _fact("industry_risk"),
        "adverse_signal": _fact("adverse_signal"),
        "guarantee_permille": _guarantee_permille,
    }
)
"""Each measure over the facts."""


def ladder_points(measure: nw.Expr, ladder: Ladder) -> nw.Expr:
    """Points a measure earns by its ladder."""
    points = number(ladder.otherwise)
    for step in reversed(ladder.steps):
        meets = measure >= step.limit if ladder.rises else measure <= step.limit
        points = nw.when(meets).then(number(step.points)).otherwise(points)
    return points


def lifted(points: nw.Expr, index: Index, facts: Facts) -> nw.Expr:
    """Points of an index, not below what an account keeps that is not asked to prepay."""
    if not index.postpaid_points:
        return points
    floor = nw.when(facts["prepaid"]).then(number(0)).otherwise(number(index.postpaid_points))
    return nw.max_horizontal(points, floor)


def _index_points(index: Index, facts: Facts) -> nw.Expr:
    return lifted(least([nw.col(f"_{ladder.measure}_points") for ladder in index.ladders]), index, facts)


def grade_of(total: nw.Expr, table: Behaviour) -> nw.Expr:
    """The grade a total gives."""
    grade = number(1)
    for place in range(2, BEST + 1):
        grade = nw.when(total >= table.lowest_total(place)).then(number(place)).otherwise(grade)
    return grade


def _barred(day: str, facts: Facts, veto: Veto) -> nw.Expr:
    return (facts[day] > 0) & (facts["as_of_day"] - facts[day] < veto.limit)


_VETOES: Final[Mapping[str, Callable[[Facts, Veto], nw.Expr]]] = MappingProxyType(
    {
        "BANKRUPTCY": lambda facts, _: facts["adverse_signal"] >= BANKRUPTCY,
        "DISHONEST": lambda facts, _: facts["adverse_signal"] == DISHONEST,
        "THEFT": lambda facts, veto: _barred("theft_day", facts, veto),
        "OLD_ARREARS": lambda facts, veto: (
            (undisputed(facts) > 0)
            & (facts["old_arrears_fen"] - facts["disputed_fen"] > veto.limit)
            & (facts["repayment_agreement"] != AGREEMENT_HONOURED)
        ),
        "ARREARS_MONTHS": lambda facts, veto: (
            (undisputed(facts) > 0) & (facts["arrears_months_this_year"] >= veto.limit)
        ),
        "BREACH": lambda facts, veto: _barred("breach_day", facts, veto),
        "CLOSURE_ORDER": lambda facts, _: facts["adverse_signal"] == CLOSURE_ORDER,
        "ARREARS_OPEN": lambda facts, veto: undisputed(facts) > veto.limit,
    }
)

_VETO_OBSERVED: Final[Mapping[str, Callable[[Facts], nw.Expr]]] = MappingProxyType(
    {
        "BANKRUPTCY": _fact("adverse_signal"),
        "DISHONEST": _fact("adverse_signal"),
        "THEFT": _days_since("theft_day"),
        "OLD_ARREARS": lambda facts: facts["old_arrears_fen"] - facts["disputed_fen"],
        "ARREARS_MONTHS": _fact("arrears_months_this_year"),
        "BREACH": _days_since("breach_day"),
        "CLOSURE_ORDER": _fact("adverse_signal"),
        "ARREARS_OPEN": undisputed,
    }
)

_BARS: Final[Mapping[str, str]] = MappingProxyType({"THEFT": "theft_day", "BREACH": "breach_day"})


def veto_cap(facts: Facts, table: Behaviour) -> nw.Expr:
    """Best grade the vetoes allow."""
    cap = number(BEST)
    for veto in reversed(table.strictest_first()):
        cap = nw.when(_VETOES[veto.code](facts, veto)).then(number(grade_number(veto.grade))).otherwise(cap)
    return cap


def _first_veto(facts: Facts, table: Behaviour) -> nw.Expr:
    place = number(-1)
    for slot, veto in reversed(list(enumerate(table.strictest_first()))):
        place = nw.when(_VETOES[veto.code](facts, veto)).then(number(slot)).otherwise(place)
    return place


def _by_veto(table: Behaviour, value: Callable[[Veto], nw.Expr], none: nw.Expr) -> nw.Expr:
    chosen = none
    for slot, veto in enumerate(table.strictest_first()):
        chosen = nw.when(nw.col("_veto") == slot).then(value(veto)).otherwise(chosen)
    return chosen


def _until(veto: Veto, facts: Facts) -> nw.Expr:
    return facts[_BARS[veto.code]] + veto.limit if veto.code in _BARS else number(0)


def has_history(facts: Facts, table: Behaviour) -> nw.Expr:
    """Whether enough is known for more than the neutral grade."""
    return (facts["months_known"] >= table.history.months) & (facts["bills_12m"] >= table.history.bills)


def capped(raw: nw.Expr, cap: nw.Expr, facts: Facts, table: Behaviour) -> nw.Expr:
    """The raw grade under the vetoes and, without history, under the neutral grade or the one already held."""
    unproven = nw.max_horizontal(number(grade_number(table.neutral_grade)), facts["previous_grade"])
    ceiling = nw.when(has_history(facts, table)).then(number(BEST)).otherwise(unproven)
    return nw.min_horizontal(raw, cap, ceiling)


def clean_needed(facts: Facts, table: Behaviour) -> nw.Expr:
    """Clean months before the next upgrade."""
    needed = number(0)
    for name, months in table.clean_months.items():
        needed = nw.when(facts["previous_grade"] == grade_number(name)).then(number(months)).otherwise(needed)
    return needed


def moved(allowed: nw.Expr, facts: Facts, table: Behaviour) -> nw.Expr:
    """The grade after tonight's move from the grade held before."""
    previous = facts["previous_grade"]
    ready = (facts["clean_months"] >= clean_needed(facts, table)) & (undisputed(facts) <= 0)
    risen = nw.when(ready).then(previous + 1).otherwise(previous)
    return nw.when((previous <= 0) | (allowed <= previous)).then(allowed).otherwise(risen)


# Reasons.


@dataclass(frozen=True, slots=True)
class _Reason:
    hit: nw.Expr
    place: nw.Expr
    code: nw.Expr
    points_lost: nw.Expr
    observed: nw.Expr
    limit: nw.Expr


def _index_reasons(table: Behaviour, top: int) -> list[_Reason]:
    keys = {
        name: (number(index.weight) - nw.col(f"{name}_points")) * _STEP - slot
        for slot, (name, index) in enumerate(table.indices.items())
    }
    return [_index_reason(name, index, keys, top) for name, index in table.indices.items()]


def _index_reason(name: str, index: Index, keys: Mapping[str, nw.Expr], top: int) -> _Reason:
    more = [(key > keys[name]).cast(nw.Int64) for other, key in keys.items() if other != name]
    place = nw.sum_horizontal(*more) + 1
    lost = number(index.weight) - nw.col(f"{name}_points")
    return _Reason(
        hit=(lost > 0) & (place <= top),
        place=place,
        code=_by_worst(index.ladders, lambda ladder: nw.lit(ladder.code)),
        points_lost=lost,
        observed=_by_worst(index.ladders, lambda ladder: nw.col(f"_{ladder.measure}")),
        limit=_by_worst(index.ladders, lambda ladder: number(ladder.steps[0].limit)),
    )


def _by_worst(ladders: Sequence[Ladder], value: Callable[[Ladder], nw.Expr]) -> nw.Expr:
    worst = least([nw.col(f"_{ladder.measure}_points") for ladder in ladders])
    chosen = value(ladders[-1])
    for ladder in reversed(ladders[:-1]):
        chosen = nw.when(nw.col(f"_{ladder.measure}_points") <= worst).then(value(ladder)).otherwise(chosen)
    return chosen


def _other_reasons(table: Behaviour) -> list[_Reason]:
    facts, none = column_facts(), number(0)
    taken = number(0)
    for place in range(1, BEST):
        above = nw.col("total_points") - (table.lowest_total(place + 1) - 1)
        taken = nw.when(nw.col("_veto_cap") == place).then(nw.max_horizontal(above, none)).otherwise(taken)
    veto = _Reason(
        hit=nw.col("_veto") >= 0,
        place=none,
        code=nw.col("veto_code"),
        points_lost=taken,
        observed=_by_veto(table, lambda veto: _VETO_OBSERVED[veto.code](facts), none),
        limit=_by_veto(table, lambda veto: number(veto.limit), none),
    )
    proven = nw.min_horizontal("raw_grade", "_veto_cap")
    short = _Reason(
        hit=proven > nw.col("capped_grade"),
        place=none,
        code=nw.lit("HISTORY_SHORT"),
        points_lost=none,
        observed=facts["months_known"],
        limit=number(table.history.months),
    )
    waits = _Reason(
        hit=nw.col("grade") < nw.col("capped_grade"),
        place=none,
        code=nw.lit("UPGRADE_WAITS"),
        points_lost=none,
        observed=facts["clean_months"],
        limit=clean_needed(facts, table),
    )
    return [veto, short, waits]
