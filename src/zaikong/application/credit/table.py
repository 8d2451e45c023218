"""How does a plain table come in to be learned from or scored, and how do its scores leave?

A row is known by its place in the file, counted from 0. CSV (also `.csv.gz`) and Parquet are read; what cannot be read
surely is refused by name.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import narwhals as nw
import polars as pl

from zaikong.application.credit.card_panel import panel_features, panel_table
from zaikong.application.credit.feature_column import FeatureColumn
from zaikong.domain.credit.card_features import CARD_IGNORED
from zaikong.domain.credit.score import score
from zaikong.domain.credit.score_model import ScoreModel
from zaikong.engine.answers import collected
from zaikong.kernel.refusal import Refusal

if TYPE_CHECKING:
    from zaikong.application.credit.stumps import Plan

ROW: Final = "row"
_OWN_ROW: Final = "_own_row"
_NULLS: Final = ("", "NA", "N/A", "null", "NULL", "None")
_GZIP: Final = b"\x1f\x8b"


class UnableToReadTableError(Refusal):
    """The file is no table, or not one that can be read surely."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to learn from in a table.

    Attributes:
        label: Column of 0 and 1.
        drop: Columns to leave out.
        increasing: Columns with which the chance may only rise.
        decreasing: Columns with which it may only fall.
        panel: Empty, or `card`.
    """

    label: str
    drop: Sequence[str] = ()
    increasing: Sequence[str] = ()
    decreasing: Sequence[str] = ()
    panel: str = ""


def read_table(path: Path) -> pl.DataFrame:
    """Read a table.

    Raises:
        UnableToReadTableError: `TABLE_UNREADABLE`, `TABLE_EMPTY`, `COLUMNS_TWICE`, `FORM_UNKNOWN`.
    """
    name = path.name.lower()
    if not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise _refused(path, "FORM_UNKNOWN", "ends in no form that can be read", "Give .csv, .csv.gz or .parquet.")
    try:
        table = pl.read_parquet(path) if name.endswith(".parquet") else _read_csv(path)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise _refused(path, "TABLE_UNREADABLE", reason, "Check the path and the file.") from error
    if not table.height or not table.width:
        raise _refused(path, "TABLE_EMPTY", "holds no rows", "Give a table with a header and rows.")
    return table


def fit_table(
    table: pl.DataFrame, choice: Choice, *, name: str, version: str = "1", seed: int = 42, plan: "Plan | None" = None
) -> ScoreModel:
    """Fit a score to a table.

    Raises:
        UnableToReadTableError: `COLUMN_UNKNOWN`, `COLUMN_NOT_NUMERIC`, `DIRECTION_UNCLEAR`.
        UnableToReadPanelError: The table is not of the panel's layout.
        UnableToFitError: See `fit_score`.
    """
    from zaikong.application.credit.fitting import fit_score  # noqa: PLC0415 -- scoring must not need what fitting needs

    _refuse_unknown(table, choice)
    if choice.panel:
        rows = panel_table(table, choice.panel)
        columns = panel_features(choice.panel, drop=choice.drop)
        rows = rows.with_columns(table[choice.label]) if choice.label in table.columns else rows
        dropped: dict[str, str] = {column: "never read" for column in CARD_IGNORED if column in table.columns}
    else:
        rows, columns, dropped = table, _plain_columns(table, choice), {}
    return fit_score(
        rows,
        columns,
        choice.label,
        name=name,
        version=version,
        panel=choice.panel,
        seed=seed,
        plan=plan,
        dropped=dict.fromkeys(choice.drop, "asked for") | dropped,
    )


def predict_table(model: ScoreModel, table: pl.DataFrame) -> pl.DataFrame:
    """Score a table.

    Returns:
        `row` int64 from 0, in the order of the file; `probability` float64.

    Raises:
        UnableToReadPanelError: The table is not of the model's panel.
        UnableToScoreError: A column of the model is missing or holds no numbers.
        UnableToReadTableError: `NUMBER_INFINITE`.
    """
    rows = panel_table(table, model.panel) if model.panel else _as_numbers(table)
    _refuse_infinite(rows, [feature.name for feature in model.features])
    if ROW in rows.columns:
        rows, model = rows.rename({ROW: _OWN_ROW}), _moved(model)
    numbered = rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
    return collected(score(nw.from_native(numbered.lazy()), model, keep=(ROW,)).select(ROW, "probability"))


def _moved(model: ScoreModel) -> ScoreModel:
    """The model over a table whose own column `row` stepped aside for the place in the file."""
    features = [
        feature.model_copy(update={"name": _OWN_ROW}) if feature.name == ROW else feature for feature in model.features
    ]
    return model.model_copy(update={"features": tuple(features)})


def _read_csv(path: Path) -> pl.DataFrame:
    content = path.read_bytes()
    content = gzip.decompress(content) if content.startswith(_GZIP) else content
    lines = content.decode("utf-8-sig").splitlines()
    header = next(csv.reader(lines[:1]), [])
    if twice := sorted(column for column, count in Counter(header).items() if count > 1):
        raise _refused(path, "COLUMNS_TWICE", f"columns stand twice: {', '.join(twice)}", "Name every column once.")
    return pl.read_csv(content, infer_schema_length=None, null_values=list(_NULLS))


def _plain_columns(table: pl.DataFrame, choice: Choice) -> list[FeatureColumn]:
    from zaikong.application.credit.fitting import refuse_forbidden  # noqa: PLC0415 -- as above

    left_out = {choice.label, *choice.drop}
    names = [column for column in table.columns if column not in left_out]
    refuse_forbidden(names)
    if words := [name for name in names if not (table[name].dtype.is_numeric() or table[name].dtype == pl.Boolean)]:
        raise UnableToReadTableError(
            f"{', '.join(words)} hold no numbers",
            code="COLUMN_NOT_NUMERIC",
            fields={"columns": words},
            remedy=f"Leave them out (--drop {','.join(words)}), or give what they mean as numbers.",
        )
    directions = {**dict.fromkeys(choice.increasing, 1), **dict.fromkeys(choice.decreasing, -1)}
    return [FeatureColumn(name, "", directions.get(name, 0)) for name in names]


def _refuse_unknown(table: pl.DataFrame, choice: Choice) -> None:
    known: Collection[str] = table.columns
    if choice.panel:
        known = {*known, *(column.name for column in panel_features(choice.panel))}
    named = [*choice.drop, *choice.increasing, *choice.decreasing]
    if unknown := [column for column in named if column not in known]:
        raise UnableToReadTableError(
            f"the table has no column {', '.join(unknown)}",
            code="COLUMN_UNKNOWN",
            fields={"columns": unknown},
            remedy="Name columns as the header does.",
        )
    directed = [*choice.increasing, *choice.decreasing]
    unclear = [
        column for column, count in Counter(directed).items() if count > 1 or column in {*choice.drop, choice.label}
    ]
    if unclear or (choice.panel and directed):
        raise UnableToReadTableError(
            f"the direction of {', '.join(unclear or directed)} is unclear",
            code="DIRECTION_UNCLEAR",
            fields={"columns": unclear or directed},
            remedy="Name a column once, one that is kept; a panel has directions of its own.",
        )


def _as_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """Truth values become 0 and 1, decimals floating numbers."""
    return table.with_columns(
        pl.col(pl.Boolean).cast(pl.Int64),
        pl.selectors.decimal().cast(pl.Float64),
        pl.selectors.unsigned_integer().cast(pl.Int64),
    )


def _refuse_infinite(rows: pl.DataFrame, names: Sequence[str]) -> None:
    floating = [name for name in names if name in rows.columns and rows[name].dtype.is_float()]
    if infinite := [name for name in floating if rows[name].is_infinite().any()]:
        raise UnableToReadTableError(
            f"{', '.join(infinite)} hold infinite numbers",
            code="NUMBER_INFINITE",
            fields={"columns": infinite},
            remedy="Give finite numbers, or leave the cell empty.",
        )


def _refused(path: Path, code: str, what: str, remedy: str) -> UnableToReadTableError:
    return UnableToReadTableError(f"{path}: {what}", code=code, fields={"file": str(path)}, remedy=remedy)
