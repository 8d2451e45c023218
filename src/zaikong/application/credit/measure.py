"""How good is our score on the public record of card payments, beside every rival, in one run?

Five folds, the same for all. Ours goes the whole way of the product: fitted by `fit_score`, read off its tables by
`domain.credit.score`. The figures stand in a section of `docs/measures/credit.md` that the command writes anew.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from time import perf_counter
from typing import Final

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from zaikong.application.credit import rivals
from zaikong.application.credit.card_panel import panel_features, panel_table
from zaikong.application.credit.comparing import (
    RESAMPLES,
    calibration_error,
    interval_of_area,
    paired_intervals,
)
from zaikong.application.credit.fitting import fit_score, read_label
from zaikong.application.credit.metrics import auc, calibration, ks
from zaikong.application.credit.stumps import Plan, UnableToFitError
from zaikong.application.credit.table import read_table
from zaikong.domain.credit.card_features import CARD_COLUMNS
from zaikong.domain.credit.score import score

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LABEL: Final = "default.payment.next.month"
FOLDS: Final = 5
SEED: Final = 42
OURS: Final = "Zaikong, additive tables"
CHALLENGER: Final = "LightGBM, monotone, tuned, same features (challenger)"


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of scoring, out of fold.

    Attributes:
        name: Of the way.
        probability: Of each row by the fit that did not see it, shape (n,).
        fold_areas: AUC of each fold.
        seconds: Spent fitting and scoring.
    """

    name: str
    probability: Floats
    fold_areas: tuple[float, ...]
    seconds: float


def measure_card(
    path: Path, *, folds: int = FOLDS, plan: Plan | None = None, told: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Fit and score every way on every fold.

    Args:
        path: The record.
        folds: Parts, stratified and shuffled.
        plan: Of our fit.
        told: Called with each finished step.

    Returns:
        Lines of Markdown.

    Raises:
        UnableToFitError: `LIBRARY_MISSING`, or the record cannot be learned from.
    """
    table = read_table(path)
    label, features = read_label(table, LABEL), panel_table(table, "card")
    raw = table.select(pl.col(column).cast(pl.Int64) for column in CARD_COLUMNS)
    cut = _folds(label, folds)
    measured = []
    for name, way, rows in _ways(features, raw, plan):
        measured.append(_measured(name, way, rows, label, cut))
        told(f"{name}: AUC {np.mean(measured[-1].fold_areas):.4f}, {measured[-1].seconds:.0f} s")
    return page_lines(label, measured, cut=cut, features=features.width)


def page_lines(label: Ints, measured: Sequence[Measured], *, cut: Ints, features: int) -> list[str]:
    """The figures as lines of Markdown, ours first."""
    ours, others = measured[0], measured[1:]
    libraries = ", ".join(f"{library} {version_of(library)}" for library in rivals.LIBRARIES)
    return [
        f"{len(label):,} accounts, {int(label.sum()):,} of which missed the next payment; {int(cut.max()) + 1} stratified folds,",
        f"shuffled, seed {SEED}. `SEX`, `MARRIAGE`, `EDUCATION`, `AGE` and `ID` are read by none. Ours and the challenger read",
        f"the {features} features of `domain/credit/card_features.py`, the others the {len(CARD_COLUMNS)} raw columns. Everything is fitted,",
        "binned, tuned and calibrated inside each training part. Features and bands were thought out on this record with these",
        "folds in view, for ours and the challenger alike: on accounts never seen expect a little less of both.",
        "",
        "Made by `zaikong credit measure --card FILE`, FILE in the layout of UCI data set 350 (Yeh and Lien 2009).",
        "",
        f"Versions: {libraries}, polars {pl.__version__}.",
        "",
        "| way | AUC, mean of folds | AUC, all rows [95 %] | KS | Brier | calibration error | seconds |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_quality_row(label, each) for each in measured),
        "",
        f"Ours minus the rival on the same rows, {RESAMPLES:,} paired resamples, 95 %:",
        "",
        "| rival | AUC | Brier |",
        "|---|---:|---:|",
        *(_difference_row(label, ours, other) for other in others),
        "",
        "Ours by tenth of the rows, lowest first:",
        "",
        "| tenth | predicted | observed |",
        "|---:|---:|---:|",
        *(
            f"| {row['decile']} | {row['predicted']:.4f} | {row['observed']:.4f} |"
            for row in calibration(label, ours.probability)
        ),
    ]


def write_section(page: Path, name: str, lines: Sequence[str]) -> None:
    """Put lines between the marks of a section, leaving every other section as it is."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    text = page.read_text(encoding="utf-8") if page.exists() else "# Scores beside what came true\n"
    body = "\n".join([begin, *lines, end])
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    text = pattern.sub(lambda _: body, text) if pattern.search(text) else f"{text.rstrip()}\n\n{_head(name)}{body}\n"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


def _head(name: str) -> str:
    title = _TITLES.get(name, name.capitalize())
    return f"## {title}\n\n"


_TITLES: Final[Mapping[str, str]] = {
    "card": "The public record of card payments",
    "speed": "A million scores",
    "bills": "Bills of the sample county",
}


def _ways(features: pl.DataFrame, raw: pl.DataFrame, plan: Plan | None) -> list[tuple[str, rivals.Rival, pl.DataFrame]]:
    def ours(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame) -> Floats:
        return _scored_by_tables(rows, label, asked, plan)

    return [
        (OURS, ours, features),
        (CHALLENGER, rivals.challenger, features),
        ("EBM without pairs, raw columns", rivals.plain_ebm, raw),
        ("optbinning and logistic regression", rivals.optimal_binning, raw),
        ("toad and logistic regression", rivals.toad_scorecard, raw),
    ]


def _scored_by_tables(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame, plan: Plan | None) -> Floats:
    told = rows.with_columns(pl.Series(LABEL, label))
    model = fit_score(told, panel_features("card"), LABEL, name="card", panel="card", seed=SEED, plan=plan)
    answered = score(nw.from_native(asked.lazy()), model, keep=()).collect()
    probability: Floats = answered["probability"].to_numpy()
    return probability


def _measured(name: str, way: rivals.Rival, rows: pl.DataFrame, label: Ints, cut: Ints) -> Measured:
    started, probability, areas = perf_counter(), np.zeros(len(label)), []
    for fold in range(int(cut.max()) + 1):
        held = cut == fold
        probability[held] = way(rows.filter(~held), label[~held], rows.filter(held))
        areas.append(auc(label[held], probability[held]))
    return Measured(name, probability, tuple(areas), perf_counter() - started)


def _folds(label: Ints, count: int) -> Ints:
    try:
        from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 -- heavy, only to compare
    except ImportError as error:
        raise UnableToFitError(
            "scikit-learn is not installed", code="LIBRARY_MISSING", remedy="Install the extra: uv sync --extra credit."
        ) from error
    cut = np.zeros(len(label), dtype=np.int64)
    for number, (_, held) in enumerate(StratifiedKFold(count, shuffle=True, random_state=SEED).split(label, label)):
        cut[held] = number
    return cut


def _quality_row(label: Ints, each: Measured) -> str:
    low, high = interval_of_area(label, each.probability)
    return (
        f"| {each.name} | {np.mean(each.fold_areas):.4f} | {auc(label, each.probability):.4f} [{low:.4f}, {high:.4f}] "
        f"| {ks(label, each.probability):.4f} | {np.mean((each.probability - label) ** 2):.4f} "
        f"| {calibration_error(label, each.probability):.4f} | {each.seconds:.0f} |"
    )


def _difference_row(label: Ints, ours: Measured, other: Measured) -> str:
    ends = paired_intervals(label, ours.probability, other.probability)
    area = auc(label, ours.probability) - auc(label, other.probability)
    brier = float(np.mean((ours.probability - label) ** 2) - np.mean((other.probability - label) ** 2))
    return (
        f"| {other.name} | {area:+.4f} [{ends['auc'][0]:+.4f}, {ends['auc'][1]:+.4f}] "
        f"| {brier:+.4f} [{ends['brier'][0]:+.4f}, {ends['brier'][1]:+.4f}] |"
    )
