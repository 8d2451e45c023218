"""How well would the score have foretold the bills of a supplier's own files?

The files are split by time: the score learns from bills whose outcome was known before the first day of the test, and
is tried on the bills released from then on. Nothing that became known later is seen by either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from zaikong.application.credit import metrics
from zaikong.application.credit.fitting import FeatureColumn, fit_score
from zaikong.application.credit.metrics import Floats, Ints
from zaikong.application.credit.rule_yardstick import points_lost
from zaikong.application.credit.scoring import with_probability
from zaikong.application.credit.stumps import Plan
from zaikong.domain.credit.features import FEATURES, UNITS
from zaikong.domain.credit.score_model import ScoreModel
from zaikong.domain.credit.settled import HORIZON_DAYS
from zaikong.kernel.period import date_of_day, day_number
from zaikong.kernel.refusal import Refusal

_TEST_SHARE = 4
"""A quarter of the months is tested where no days are given."""

FEWEST_TEST_ROWS = 30


class UnableToBacktestError(Refusal):
    """The files do not hold enough to learn from, or to test on."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What a back-test found.

    Attributes:
        model: Fitted on what was known before the test.
        rows: The tested bills: `account`, `bill`, `issued_day`, `due_day`, `amount_fen`, `category`, `bad`, `probability`, and the
            yardsticks: `rule` (points the rule grade takes), `late_share`, `last_late`.
        figures: As printed.
    """

    model: ScoreModel
    rows: pl.DataFrame
    figures: dict[str, Any]


def backtest(
    rows: pl.DataFrame,
    standing: pl.DataFrame,
    *,
    notes: Sequence[str] = (),
    from_date: date | None = None,
    to_date: date | None = None,
    seed: int = 42,
    resamples: int = 300,
) -> Backtest:
    """Fit on the past, test on what came after.

    Args:
        rows: Every bill with what was known at its release and what came of it, as `histories.features_of` gives them.
        standing: `features.STANDING_COLUMNS` of their accounts.
        notes: What was left out when they were read.
        from_date: First day of release that is tested; where left out, the last quarter of the months with an outcome.
        to_date: Last day of release that is tested.
        seed: Of every choice.
        resamples: Bootstrap resamples, drawn by account.

    Raises:
        UnableToBacktestError: Nothing with a known outcome to test on, or no day before the test.
        UnableToFitError: Too little, or only one outcome, to learn from.
    """
    known = rows.filter(pl.col("bad").is_not_null())
    start, end = _window(known, from_date, to_date)
    learned = known.filter(pl.col("due_day") + HORIZON_DAYS < start)
    tested = known.filter(pl.col("issued_day").is_between(start, end))
    _refuse_too_little(known, learned, tested, start)
    model = fit_bill_score(learned, seed=seed)
    scored = with_probability(tested, model).join(standing.select("account", "category"), on="account", how="left")
    scored = scored.with_columns(points_lost(scored, as_of=date_of_day(end)))
    kept = scored.select(
        *("account", "bill", "issued_day", "due_day", "amount_fen", "category", "bad", "probability"),
        "rule",
        late_share="late_permille",
        last_late="last_delay_days",
    )
    return Backtest(model, kept, _figures(kept, learned, model, notes=notes, seed=seed, resamples=resamples))


def fit_bill_score(rows: pl.DataFrame, *, seed: int = 42, plan: Plan | None = None) -> ScoreModel:
    """Fit the score of bills.

    Args:
        rows: As `histories.features_of` gives them, outcomes known.
        seed: Of every choice.
        plan: How; see `stumps.Plan`.
    """
    columns = [FeatureColumn(name, UNITS.get(name, ""), direction) for name, direction in FEATURES.items()]
    days = rows["issued_day"]
    return fit_score(
        rows,
        columns,
        "bad",
        name="unpaid 30 days after due",
        seed=seed,
        plan=plan,
        from_date=str(date_of_day(int(days.min()))),  # type: ignore[arg-type] # not empty
        to_date=str(date_of_day(int(days.max()))),  # type: ignore[arg-type] # not empty
    )


def _window(known: pl.DataFrame, from_date: date | None, to_date: date | None) -> tuple[int, int]:
    if known.is_empty():
        raise UnableToBacktestError(
            f"no bill is older than {HORIZON_DAYS} days past its due day",
            code="OUTCOME_UNKNOWN",
            fields={"bills": 0},
            remedy="Hand in files that reach further.",
        )
    days = known["issued_day"].unique().sort()
    start = day_number(from_date) if from_date else int(days[len(days) - max(1, len(days) // _TEST_SHARE)])
    return start, day_number(to_date) if to_date else int(days[-1])


def _refuse_too_little(known: pl.DataFrame, learned: pl.DataFrame, tested: pl.DataFrame, start: int) -> None:
    wrong = {
        "NOTHING_TO_LEARN_FROM": ("no bill has an outcome known before the test", learned.height == 0),
        "NOTHING_TO_TEST": (
            "fewer than 30 bills with a known outcome are in the test",
            tested.height < FEWEST_TEST_ROWS,
        ),
    }
    for code, (what, holds) in wrong.items():
        if holds:
            raise UnableToBacktestError(
                f"{what}, which starts on {date_of_day(start)}",
                code=code,
                fields={"known": known.height, "learned": learned.height, "tested": tested.height},
                remedy="Hand in more months, or choose --from and --to inside them.",
            )


def _figures(
    rows: pl.DataFrame,
    learned: pl.DataFrame,
    model: ScoreModel,
    *,
    notes: Sequence[str],
    seed: int,
    resamples: int,
) -> dict[str, Any]:
    label, probability, amount, account = _arrays(rows)
    found = metrics.quality(label, probability)
    measures = {"auc": metrics.auc, "ks": metrics.ks, "brier": _brier, "pr_auc": metrics.average_precision}
    yardsticks = {
        "rule_grade": rows["rule"],
        "late_share_of_12_months": rows["late_share"],
        "last_bill_late_by_days": rows["last_late"],
    }
    return {
        "auc": found.auc,
        "ks": found.ks,
        "brier": found.brier,
        "pr_auc": found.pr_auc,
        "n": found.n,
        "positives": found.positives,
        "intervals": metrics.intervals(measures, label, probability, group=account, seed=seed, resamples=resamples),
        "test": _span(rows["issued_day"]),
        "learned": {
            **_span(learned["issued_day"]),
            "n": learned.height,
            "positives": int(learned["bad"].sum()),
            "features": len(model.features),
        },
        "horizon_days": HORIZON_DAYS,
        "mean_probability": found.mean_probability,
        "calibration": metrics.calibration(label, probability),
        "captured_yuan": metrics.captured(label, probability, amount),
        "lift": metrics.lift(label, probability),
        "beside": {
            name: _beside(label, values.cast(pl.Float64).to_numpy(), amount) for name, values in yardsticks.items()
        },
        "by_segment": _by(rows, pl.col("category")),
        "by_month": _by(rows, pl.col("issued_day").cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m")),
        "notes": list(notes),
    }


def _arrays(rows: pl.DataFrame) -> tuple[Ints, Floats, Floats, Ints]:
    return (
        rows["bad"].to_numpy(),
        rows["probability"].to_numpy(),
        rows["amount_fen"].cast(pl.Float64).to_numpy(),
        rows["account"].to_numpy(),
    )


def _span(days: pl.Series) -> dict[str, str]:
    return {"from": str(date_of_day(int(days.min()))), "to": str(date_of_day(int(days.max())))}  # type: ignore[arg-type] # not empty


def _beside(label: Ints, values: Floats, amount: Floats) -> dict[str, Any]:
    both = 0 < label.sum() < len(label)
    return {
        "auc": metrics.auc(label, values) if both else None,
        "captured_yuan": metrics.captured(label, values, amount)["by_risk"],
    }


def _by(rows: pl.DataFrame, key: pl.Expr) -> dict[str, Mapping[str, Any]]:
    parts = rows.with_columns(_key=key).partition_by("_key", as_dict=True)
    found: dict[str, Mapping[str, Any]] = {}
    for (name,), part in sorted(parts.items(), key=lambda item: str(item[0][0])):
        label, probability, _, _ = _arrays(part)
        measured = metrics.quality(label, probability)
        found[str(name)] = {
            "n": measured.n,
            "positives": measured.positives,
            "auc": measured.auc,
            "brier": measured.brier,
            "mean_probability": measured.mean_probability,
        }
    return found


def _brier(label: Ints, probability: Floats) -> float:
    return float(np.mean((probability - label) ** 2))
