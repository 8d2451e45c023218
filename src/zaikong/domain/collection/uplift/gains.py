"""What is an action expected to bring?

    before = chance by days overdue * scale of the grade
    after  = before + (1 - before) * share of the action by category * what age and earlier tries leave of it
    gain   = what is open * (after - before)

Every figure is an integer: chances in ppm, amounts in fen, each step rounded half away from zero.
"""

from typing import Final

import narwhals as nw

from zaikong.domain.collection.uplift.table import CollectionUplift
from zaikong.domain.credit.behaviour_table import GRADE_NAMES
from zaikong.kernel.money import half_away, natural_quotient

OFFER_COLUMNS: Final = ("case", "action", "category", "grade", "open_fen", "days_overdue", "contacts_7d")
"""What the gain reads of a case and an open action."""

GAIN_COLUMNS: Final = ("before_ppm", "after_ppm", "stranger_after_ppm", "gain_fen", "stranger_gain_fen")

_MILLION: Final = 1_000_000
_THOUSAND: Final = 1000
_UNIT: Final = 2**8
_MOST_TRIES: Final = 7


def expected_gains(offers: nw.LazyFrame, *, table: CollectionUplift) -> nw.LazyFrame:
    """Adds what each action is expected to bring.

    Args:
        offers: `OFFER_COLUMNS`, one row a case and action.
        table: The edition in force.

    Returns:
        The rows with `before_ppm`, `after_ppm` [ppm] and `gain_fen` [fen] of the case's own collector, and with
        `stranger_after_ppm`, `stranger_gain_fen` of any other.
    """
    return (
        offers.with_columns(
            _base=_by_age([(row.from_days, row.ppm) for row in table.before]),
            _grade=_by_grade(table),
            _share=_by_action(table),
            _age=_by_age([(row.from_days, row.permille) for row in table.age_permille]),
            _tried=_by_tries(table.tried_permille),
        )
        .with_columns(
            before_ppm=nw.min_horizontal(_permille("_base", nw.col("_grade")), nw.lit(_MILLION, nw.Int64)),
            _share_ppm=half_away(nw.col("_share") * nw.col("_age") * nw.col("_tried") * _UNIT, _THOUSAND * _UNIT),
        )
        .with_columns(_stranger_ppm=_permille("_share_ppm", nw.lit(table.stranger_permille, nw.Int64)))
        .with_columns(_moved=_moved("_share_ppm"), _stranger_moved=_moved("_stranger_ppm"))
        .with_columns(
            after_ppm=nw.col("before_ppm") + nw.col("_moved"),
            stranger_after_ppm=nw.col("before_ppm") + nw.col("_stranger_moved"),
            gain_fen=_part(nw.col("open_fen"), nw.col("_moved")),
            stranger_gain_fen=_part(nw.col("open_fen"), nw.col("_stranger_moved")),
        )
        .drop("_base", "_grade", "_share", "_age", "_tried", "_share_ppm", "_stranger_ppm", "_moved", "_stranger_moved")
    )


def _by_age(rows: list[tuple[int, int]]) -> nw.Expr:
    value: nw.Expr = nw.lit(rows[0][1], nw.Int64)
    for from_days, here in rows[1:]:
        value = nw.when(nw.col("days_overdue") >= from_days).then(nw.lit(here, nw.Int64)).otherwise(value)
    return value


def _by_grade(table: CollectionUplift) -> nw.Expr:
    scales = {str(name): permille for name, permille in table.grade_permille.items()}
    value: nw.Expr = nw.lit(min(scales.values()), nw.Int64)
    for number, name in enumerate(GRADE_NAMES, start=1):
        scale = nw.lit(scales[name], nw.Int64)
        value = nw.when(nw.col("grade") == number).then(scale).otherwise(value)
    return value


def _by_action(table: CollectionUplift) -> nw.Expr:
    value: nw.Expr = nw.lit(0, nw.Int64)
    for code, action in table.actions.items():
        for category, permille in action.share_permille.items():
            here = (nw.col("action") == code) & (nw.col("category") == category)
            value = nw.when(here).then(nw.lit(permille, nw.Int64)).otherwise(value)
    return value


def _by_tries(permille: int) -> nw.Expr:
    left, value = _THOUSAND, nw.lit(_THOUSAND, nw.Int64)
    for tries in range(1, _MOST_TRIES + 1):
        left = left * permille
        value = nw.when(nw.col("contacts_7d") >= tries).then(nw.lit(_thousandth(left), nw.Int64)).otherwise(value)
        left = _thousandth(left)
    return value


def _thousandth(number: int) -> int:
    whole, rest = divmod(number, _THOUSAND)
    return whole + (2 * rest >= _THOUSAND)


def _permille(name: str, permille: nw.Expr) -> nw.Expr:
    return half_away(nw.col(name) * permille * _UNIT, _THOUSAND * _UNIT)


def _moved(share: str) -> nw.Expr:
    return half_away((_MILLION - nw.col("before_ppm")) * nw.col(share) * _UNIT, _MILLION * _UNIT)


def _part(fen: nw.Expr, ppm: nw.Expr) -> nw.Expr:
    # whole millions are multiplied apart so that nothing leaves int64
    return natural_quotient(fen, _MILLION) * ppm + half_away(fen % _MILLION * ppm * _UNIT, _MILLION * _UNIT)
