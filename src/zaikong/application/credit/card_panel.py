"""Is this a table of card accounts over six months, and which features does it give?

Every cell the features are worked out from must be there and whole: a gap would make a sum too small without a word.
A file without the label, with columns never read, or with states and amounts never seen is taken.
"""

from collections.abc import Sequence
from typing import Final

import narwhals as nw
import polars as pl

from zaikong.application.credit.feature_column import FeatureColumn
from zaikong.domain.credit.card_features import CARD_COLUMNS, card_feature_list, card_features
from zaikong.engine.answers import collected
from zaikong.kernel.refusal import Refusal

PANELS: Final = ("card",)
_LARGEST: Final = 10**15


class UnableToReadPanelError(Refusal):
    """The table is not of the layout the panel declares."""


def panel_features(panel: str, *, drop: Sequence[str] = ()) -> list[FeatureColumn]:
    """The features a panel gives, without those dropped.

    Raises:
        UnableToReadPanelError: `PANEL_UNKNOWN`.
    """
    _refuse_unknown(panel)
    return [
        FeatureColumn(feature.name, feature.unit, feature.direction)
        for feature in card_feature_list()
        if feature.name not in drop
    ]


def panel_table(table: pl.DataFrame, panel: str) -> pl.DataFrame:
    """Work out a panel's features, one row for each row, in order.

    Raises:
        UnableToReadPanelError: `PANEL_UNKNOWN`, `PANEL_COLUMN_MISSING`, `PANEL_CELLS_WRONG`.
    """
    _refuse_unknown(panel)
    whole = pl.DataFrame([_whole(table, column) for column in _present(table)])
    return collected(card_features(nw.from_native(whole.lazy())))


def _present(table: pl.DataFrame) -> Sequence[str]:
    if missing := [column for column in CARD_COLUMNS if column not in table.columns]:
        raise UnableToReadPanelError(
            f"the table has no column {', '.join(missing)}",
            code="PANEL_COLUMN_MISSING",
            fields={"columns": missing},
            remedy=f"The panel card reads {', '.join(CARD_COLUMNS)}.",
        )
    return CARD_COLUMNS


def _whole(table: pl.DataFrame, column: str) -> pl.Series:
    given = table[column]
    values = given.cast(pl.Float64, strict=False) if given.dtype.is_numeric() else None
    wrong = (
        given.len()
        if values is None
        else int((values.is_null() | values.is_nan() | (values != values.floor()) | (values.abs() > _LARGEST)).sum())
    )
    if wrong or values is None:
        raise UnableToReadPanelError(
            f"{column} is empty, no whole number or too large in {wrong} rows",
            code="PANEL_CELLS_WRONG",
            fields={"column": column, "rows": wrong},
            remedy="Give whole numbers in every row; 0 where nothing was billed or paid.",
        )
    return given.cast(pl.Int64)


def _refuse_unknown(panel: str) -> None:
    if panel not in PANELS:
        raise UnableToReadPanelError(
            f"there is no panel {panel}",
            code="PANEL_UNKNOWN",
            fields={"panel": panel},
            remedy=f"Known are: {', '.join(PANELS)}.",
        )
