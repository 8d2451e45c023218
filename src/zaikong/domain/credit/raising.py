"""What is the smallest change that gives an account the next higher behaviour grade?

A small grid is tried by the same rule that graded the account: arrears paid, months of punctual payment, days of cover
prepaid, a guarantee. Of those that raise the grade the least burden is chosen (`raising.cost` of the edition), the
earlier among equals. A suggestion is a promise, so what is not known is taken at its worst: bills that leave the twelve
months are the punctual ones until every late one must have left, months are short, arrears are paid on the last day.
What the suggestion does not name stays as it is, and every month brings its bills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import narwhals as nw

from zaikong.domain.credit.behaviour import (
    MEASURES,
    Facts,
    capped,
    column_facts,
    judged,
    ladder_points,
    least,
    lifted,
    moved,
    number,
    undisputed,
    veto_cap,
)
from zaikong.domain.credit.behaviour_table import BEST, INDEX_MEASURES, Behaviour, grade_name
from zaikong.kernel.money import FEN_PER_YUAN, natural_quotient, yuan_text
from zaikong.kernel.period import date_of_day

RAISING_COLUMNS: Final = (
    "account",
    "grade",
    "raising_code",
    "reached_grade",
    "pay_fen",
    "pay_by_day",
    "on_time_months",
    "prepay_fen",
    "keep_cover_days",
    "more_guarantee_fen",
    "veto_code",
    "veto_until_day",
)
"""What `raising` answers."""

RAISING_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "BEST_GRADE": ("已是最高等级", "the best grade already"),
        "RAISED": ("按建议办理可升一级", "the change raises the grade by one step"),
        "VETOED": ("否决项解除前不能升级", "no upgrade before the veto ends"),
        "OUT_OF_REACH": ("一年内无可行办法，请继续按时缴费", "nothing within a year; go on paying on time"),
    }
)
"""`raising_code` to its Chinese and English words."""

_YEAR_MONTHS = 12
_MONTH_DAYS = 30
_PERMILLE = 1000
_SLOTS = 128
"""Room for the place of a candidate beneath its burden in one sort key."""

_LATER = ("on_time", "overdue", "longest", "arrears", "conduct")
"""Indices that time and payment move."""

_STILL = ("use", "industry", "signal")
"""Indices no suggestion moves."""


@dataclass(frozen=True, slots=True)
class _Support:
    """Days of cover kept and permille of exposure guaranteed; 0 for none."""

    cover_days: int
    guarantee_permille: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    months: int
    support: _Support


def raising(frame: nw.LazyFrame, *, table: Behaviour) -> nw.LazyFrame:
    """The smallest change that raises each account's grade.

    Args:
        frame: One row an account with `BEHAVIOUR_COLUMNS`, none null.
        table: The edition in force.

    Returns:
        One row an account with `RAISING_COLUMNS`. Where `raising_code` is `RAISED`: pay `pay_fen` by `pay_by_day`, pay
        every bill of `on_time_months` months on time, prepay `prepay_fen` so that `keep_cover_days` are covered, bring
        `more_guarantee_fen` of guarantee (0 where not asked), and the grade is `reached_grade`. Otherwise all of them
        are 0; `VETOED` carries the veto and the day it ends (0 while nobody knows).
    """
    candidates, supports = _candidates(table), _supports(table)
    found = _with_key(_with_futures(judged(frame, table=table), table), candidates, table)
    pays = nw.col("pay_fen") > 0
    raised = ~nw.col("_key").is_null()
    return (
        found.with_columns(
            raising_code=_code(raised),
            reached_grade=nw.when(raised).then(nw.col("grade") + 1).otherwise(number(0)),
            pay_fen=nw.when(raised).then(undisputed(column_facts())).otherwise(number(0)),
            on_time_months=_of_place("_months_place", [number(months) for months in table.raising.months]),
            prepay_fen=_of_place("_support_place", [_prepay(each) for each in supports]),
            keep_cover_days=_of_place("_support_place", [number(each.cover_days) for each in supports]),
            more_guarantee_fen=_of_place("_support_place", [_guarantee(each) for each in supports]),
        )
        .with_columns(
            pay_by_day=nw.when(pays).then(nw.col("as_of_day") + table.raising.pay_within_days).otherwise(number(0))
        )
        .select(*RAISING_COLUMNS)
    )


def suggestion_words(row: Mapping[str, Any]) -> tuple[str, str]:
    """A row of `raising` as a sentence, in Chinese and in English.

    Args:
        row: `RAISING_COLUMNS` of one account.
    """
    zh, en = RAISING_WORDS[row["raising_code"]]
    if row["raising_code"] == "VETOED" and row["veto_until_day"]:
        until = date_of_day(row["veto_until_day"])
        return f"{zh}（{until} 起）", f"{en} ({until})"
    if row["raising_code"] != "RAISED":
        return zh, en
    grade = grade_name(row["reached_grade"])
    steps = [(zh, en) for asked, zh, en in _steps(row) if asked]
    return (
        "；".join(zh for zh, _ in steps) + f"，可升至 {grade}",
        "; ".join(en for _, en in steps) + f": raises the grade to {grade}",
    )


def _candidates(table: Behaviour) -> list[_Candidate]:
    covers = sorted(step.limit for step in table.indices["cover"].ladders[0].steps)
    shares = sorted(step.limit for step in table.indices["guarantee"].ladders[0].steps)
    supports = [
        _Support(0, 0),
        *(_Support(days, 0) for days in covers if days > 0),
        *(_Support(0, share) for share in shares if share > 0),
        _Support(covers[-1], shares[-1]),
    ]
    candidates = [_Candidate(months, support) for months in table.raising.months for support in supports]
    assert len(candidates) <= _SLOTS
    return candidates


# The future: facts after some months of punctual payment, everything owed paid.


def _with_futures(frame: nw.LazyFrame, table: Behaviour) -> nw.LazyFrame:
    paid = frame.with_columns(
        _paid_arrears_fen=nw.min_horizontal("arrears_fen", "disputed_fen"),
        _paid_old_arrears_fen=nw.min_horizontal("old_arrears_fen", "disputed_fen"),
        _still_points=nw.sum_horizontal(*(f"{index}_points" for index in _STILL)),
        **{f"_due_{name}": value for name, value in _due(table).items()},
    )
    months = table.raising.months
    known = paid.with_columns(
        **{f"_{k}_{name}": value for k in months for name, value in _later_facts(k).items()},
    )
    facts = {k: _future(k) for k in months}
    measured = known.with_columns(
        **{
            f"_{k}_{measure}": MEASURES[measure](facts[k])
            for k in months
            for index in _LATER
            for measure in INDEX_MEASURES[index]
        }
    )
    return measured.with_columns(
        **{f"_{k}_points": _future_points(k, table) for k in months},
        **{f"_{k}_cap": veto_cap(facts[k], table) for k in months},
        **{f"_support_{slot}": _support_points(each, table) for slot, each in enumerate(_supports(table))},
    )


def _supports(table: Behaviour) -> list[_Support]:
    candidates = _candidates(table)
    return [each.support for each in candidates if each.months == candidates[0].months]


def _due(table: Behaviour) -> dict[str, nw.Expr]:
    """What the months to come start from."""
    owes = nw.col("arrears_fen") > nw.col("disputed_fen")
    late_days = nw.col("longest_overdue_days") + table.raising.pay_within_days
    stays = nw.col("grade") == nw.col("previous_grade")
    return {
        # no bill was overdue in the clean months: the late ones are at least so old
        "age_months": nw.when(owes).then(number(0)).otherwise(nw.col("clean_months")),
        "clean_months": nw.when(owes | ~stays).then(number(0)).otherwise(nw.col("clean_months")),
        "longest": nw.when(owes).then(late_days).otherwise(nw.col("longest_overdue_days")),
        "span": nw.max_horizontal(nw.min_horizontal(nw.col("months_known"), number(_YEAR_MONTHS)), number(1)),
    }


def _later_facts(months: int) -> dict[str, nw.Expr]:
    """Facts that `months` of punctual payment change, at their worst."""
    bills, on_time, overdue = nw.col("bills_12m"), nw.col("on_time_12m"), nw.col("overdue_12m")
    span = nw.col("_due_span")
    # the first month may have been a part of the usual round, so a short history is taken a month longer
    came = natural_quotient(bills * months, nw.min_horizontal(span + 1, number(_YEAR_MONTHS)))
    added = nw.when(bills > 0).then(came).otherwise(number(months))
    leaving = nw.max_horizontal(span + (months - _YEAR_MONTHS), number(0))
    # where months and bills do not fit evenly, one more punctual bill leaves and one late bill fewer
    punctual = nw.min_horizontal(natural_quotient(bills * leaving + span - 1, span), on_time)
    late = nw.min_horizontal(
        nw.max_horizontal(natural_quotient(bills * leaving, span) - on_time, number(0)), overdue, bills - punctual
    )
    renewed = nw.col("_due_age_months") + months >= _YEAR_MONTHS if months else nw.lit(value=False, dtype=nw.Boolean())
    kept = nw.max_horizontal(bills - punctual - late, number(0)) + added
    return {
        "bills_12m": kept,
        "on_time_12m": nw.when(renewed).then(kept).otherwise(on_time - punctual + added),
        "overdue_12m": nw.when(renewed).then(number(0)).otherwise(overdue - late),
        "longest_overdue_days": nw.when(renewed).then(number(0)).otherwise(nw.col("_due_longest")),
        "broken_promises_12m": nw.when(renewed).then(number(0)).otherwise(nw.col("broken_promises_12m")),
    }


def _future(months: int) -> Facts:
    # the shortest that so many months of the calendar can be
    days = months * _MONTH_DAYS - 2 if months else 0
    return (
        column_facts()
        | {name: nw.col(f"_{months}_{name}") for name in _later_facts(months)}
        | {
            "as_of_day": nw.col("as_of_day") + days,
            "months_known": nw.col("months_known") + months,
            "arrears_fen": nw.col("_paid_arrears_fen"),
            "old_arrears_fen": nw.col("_paid_old_arrears_fen"),
            "previous_grade": nw.col("grade"),
            "clean_months": nw.col("_due_clean_months") + months,
        }
    )


def _future_points(months: int, table: Behaviour) -> nw.Expr:
    points = [nw.col("_still_points")]
    for name in _LATER:
        ladders = table.indices[name].ladders
        points.append(least([ladder_points(nw.col(f"_{months}_{ladder.measure}"), ladder) for ladder in ladders]))
    return nw.sum_horizontal(*points)


def _support_points(support: _Support, table: Behaviour) -> nw.Expr:
    cover, guarantee = table.indices["cover"], table.indices["guarantee"]
    days = nw.max_horizontal(nw.col("prepaid_cover_days"), number(support.cover_days))
    kept = nw.col("prepaid_cover_days") if support.cover_days == 0 else days
    share = nw.max_horizontal(nw.col("_guarantee_permille"), number(support.guarantee_permille))
    return lifted(ladder_points(kept, cover.ladders[0]), cover, column_facts()) + ladder_points(
        share, guarantee.ladders[0]
    )


# The choice.


def _with_key(frame: nw.LazyFrame, candidates: Sequence[_Candidate], table: Behaviour) -> nw.LazyFrame:
    supports, cost = _supports(table), table.raising.cost
    goal = number(0)
    for grade in range(1, BEST):
        goal = nw.when(nw.col("grade") == grade).then(number(table.lowest_total(grade + 1))).otherwise(goal)
    ready = frame.with_columns(
        _goal=goal,
        **{f"_burden_{slot}": _support_burden(each, table) for slot, each in enumerate(supports)},
        **{f"_{months}_lets": _lets(months, table) for months in table.raising.months},
        **{
            f"_{months}_wait": _weighed(nw.col("monthly_bill_fen") * months, cost.month)
            for months in table.raising.months
        },
    )
    keys = []
    for slot, each in enumerate(candidates):
        place = supports.index(each.support)
        enough = nw.col(f"_{each.months}_points") + nw.col(f"_support_{place}") >= nw.col("_goal")
        burden = nw.col(f"_burden_{place}") + nw.col(f"_{each.months}_wait")
        keys.append(nw.when(nw.col(f"_{each.months}_lets") & enough).then(burden * _SLOTS + slot))
    chosen = nw.col("_key") % _SLOTS
    return ready.with_columns(_key=nw.min_horizontal(*keys)).with_columns(
        _support_place=chosen % len(supports), _months_place=natural_quotient(chosen, len(supports))
    )


def _lets(months: int, table: Behaviour) -> nw.Expr:
    """Whether all but the points would let the grade rise after so many months."""
    facts = _future(months)
    allowed = capped(number(BEST), nw.col(f"_{months}_cap"), facts, table)
    return moved(allowed, facts, table) > nw.col("grade")


def _support_burden(support: _Support, table: Behaviour) -> nw.Expr:
    """What a support weighs; null where it asks for nothing or cannot be measured."""
    cost = table.raising.cost
    burden = _weighed(_prepay(support), cost.prepay) + _weighed(_guarantee(support), cost.guarantee)
    return nw.when(_feasible(support)).then(burden)


def _weighed(fen: nw.Expr, permille: int) -> nw.Expr:
    return natural_quotient(fen * permille, _PERMILLE)


def _feasible(support: _Support) -> nw.Expr:
    """A support that is asked for is something, and a cover has a bill to be measured by."""
    feasible = nw.col("grade") < BEST
    if support.cover_days:
        short = nw.col("prepaid_cover_days") < support.cover_days
        feasible = feasible & short & (nw.col("monthly_bill_fen") > 0)
    if support.guarantee_permille:
        feasible = feasible & (_guarantee(support) > 0)
    return feasible


def _prepay(support: _Support) -> nw.Expr:
    """Whole yuan that lift the cover to the days asked for [fen]."""
    if not support.cover_days:
        return number(0)
    short = nw.max_horizontal(number(support.cover_days) - nw.col("prepaid_cover_days"), number(0))
    unit = _MONTH_DAYS * FEN_PER_YUAN
    return natural_quotient(short * nw.col("monthly_bill_fen") + (unit - 1), unit) * FEN_PER_YUAN


def _guarantee(support: _Support) -> nw.Expr:
    """Whole yuan that lift the guarantee to the share asked for [fen]."""
    if not support.guarantee_permille:
        return number(0)
    asked = nw.col("exposure_fen") * support.guarantee_permille - nw.col("guarantee_fen") * _PERMILLE
    unit = _PERMILLE * FEN_PER_YUAN
    return natural_quotient(nw.max_horizontal(asked, number(0)) + (unit - 1), unit) * FEN_PER_YUAN


def _of_place(place: str, values: Sequence[nw.Expr]) -> nw.Expr:
    """The value at a place; 0 where no candidate was chosen."""
    chosen = number(0)
    for slot, value in enumerate(values):
        chosen = nw.when(nw.col(place) == slot).then(value).otherwise(chosen)
    return chosen


def _code(raised: nw.Expr) -> nw.Expr:
    vetoed = nw.col("_0_cap") <= nw.col("grade")
    return (
        nw.when(nw.col("grade") >= BEST)
        .then(nw.lit("BEST_GRADE"))
        .when(raised)
        .then(nw.lit("RAISED"))
        .when(vetoed)
        .then(nw.lit("VETOED"))
        .otherwise(nw.lit("OUT_OF_REACH"))
    )


def _steps(row: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    pay, prepay, more = (yuan_text(row[name]) for name in ("pay_fen", "prepay_fen", "more_guarantee_fen"))
    by = date_of_day(row["pay_by_day"])
    months, days = row["on_time_months"], row["keep_cover_days"]
    return [
        (row["pay_fen"], f"{by} 前缴清欠费 {pay} 元", f"pay {pay} yuan by {by}"),
        (
            row["prepay_fen"],
            f"预存 {prepay} 元并保持可用 {days} 天",
            f"prepay {prepay} yuan and keep {days} days covered",
        ),
        (row["more_guarantee_fen"], f"补充担保 {more} 元", f"bring {more} yuan more of guarantee"),
        (months, f"连续 {months} 个月按时缴费", f"pay every bill of {months} months on time"),
    ]
