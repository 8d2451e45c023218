"""How does the county's own score come about, and what does it say of tonight's bills?

The model that stands is the file `credit/bill-score.json` in the folder of this installation. Without it no bill is scored
and the grade's own probability counts.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import narwhals as nw
import polars as pl

from zaikong.application.credit.model_file import load_model, save_model
from zaikong.application.credit.scoring import with_probability
from zaikong.domain.credit.drift import Watched, watched
from zaikong.domain.credit.features import FEATURES, HISTORY_DAYS, STANDING_COLUMNS, bill_features
from zaikong.domain.credit.score import POINTS_SUFFIX, split
from zaikong.domain.credit.score_model import ScoreModel, content_hash
from zaikong.domain.credit.settled import HORIZON_DAYS, SETTLED_BILL_COLUMNS
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import ScoreWatch
from zaikong.store.queries import score_history as reads
from zaikong.store.server import var_folder

PPM = 1_000_000

_WINDOW_DAYS = 92
_LEARNED_DAYS = 800
_JUDGED = tuple(name for name, direction in FEATURES.items() if direction and name != "segment_late_permille")
"""What goes either way follows the calendar and the length of the record; a rate all bills of a day share moves at once."""
_PROBABILITY_BINS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


class UnableToInstallScoreError(Refusal):
    """A model that cannot score bills."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a night's scoring did.

    Attributes:
        bills: Bills scored.
        model_sha256: Of the model, empty where none stands.
        mean_ppm: Mean probability of the bills [ppm].
    """

    bills: int
    model_sha256: str
    mean_ppm: int


def model_path() -> Path:
    """Where the model that stands lies."""
    return var_folder() / "credit" / "bill-score.json"


def standing_model() -> ScoreModel | None:
    """The model that stands, or None.

    Raises:
        UnableToLoadModelError: The file was edited or is damaged: no bill is scored silently wrong.
    """
    path = model_path()
    return load_model(path) if path.exists() else None


def install_model(model: ScoreModel, learned: pl.DataFrame) -> str:
    """Let a model stand from the next night on.

    Args:
        model: A score of bills.
        learned: The rows it was learned from, with `FEATURES`: the watch sets later rows beside them.

    Returns:
        Its SHA-256.

    Raises:
        UnableToInstallScoreError: It reads features that bills do not have.
    """
    unknown = sorted({feature.name for feature in model.features} - set(FEATURES))
    if unknown:
        raise UnableToInstallScoreError(
            "the model reads " + ", ".join(unknown),
            code="FEATURE_UNKNOWN",
            fields={"features": unknown},
            remedy="Install a model of `zaikong credit backtest`.",
        )
    path = model_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = save_model(model, path)
    shares = {"model_sha256": sha256, "shares": bins_of(learned, model)}
    _shares_path().write_text(json.dumps(shares, ensure_ascii=False), encoding="utf-8")
    return sha256


def bins_of(rows: pl.DataFrame, model: ScoreModel) -> dict[str, dict[str, int]]:
    """Rows in each bin of each feature, and of the probability."""
    told = collected(split(nw.from_native(rows.lazy()), model, keep=("bill",))).with_columns(
        probability=sum(((pl.col("probability") > edge).cast(pl.Int64) for edge in _PROBABILITY_BINS), start=pl.lit(0))
    )
    columns = {feature.name: f"{feature.name}{POINTS_SUFFIX}" for feature in model.features} | {
        "probability": "probability"
    }
    return {
        name: {str(value): count for value, count in told.group_by(column).len().sort(column).iter_rows()}
        for name, column in columns.items()
    }


def watch_score(*, as_of: date) -> Watched | None:
    """Set the bills of the last three months beside those the score was learned from, and keep what was found.

    Returns:
        What was found; None where no model stands, or the night was watched already.
    """
    model = standing_model()
    if model is None or ScoreWatch.objects.filter(pk=as_of).exists():
        return None
    kept = json.loads(_shares_path().read_text(encoding="utf-8")) if _shares_path().exists() else {}
    sha256 = content_hash(model)
    outcomes = reads.scores_with_outcome(as_of=as_of, since=as_of - timedelta(days=_WINDOW_DAYS)).filter(
        pl.col("model_sha256") == sha256
    )
    then = kept["shares"] if kept.get("model_sha256") == sha256 else {}
    pairs = [(ppm / PPM, bad) for ppm, bad in outcomes.select("probability_ppm", "bad").iter_rows()]
    recent = recent_rows(as_of=as_of) if then else None
    now = bins_of(recent, model) if recent is not None and recent.height else {}
    found = watched(then, now, pairs, judged=_JUDGED)
    ScoreWatch.objects.create(
        watched_date=as_of,
        model_sha256=sha256,
        suspended=bool(found.faults),
        faults=list(found.faults),
        psi={name: round(value, 4) for name, value in found.psi.items()},
        outcomes=found.rows,
        observed=found.observed,
        foretold_ppm=int(found.foretold * PPM),
    )
    return found


def recent_rows(*, as_of: date) -> pl.DataFrame:
    """The features of every bill of the last three months; older bills are read only as far as these look back."""
    bills = reads.settled_bills(as_of=as_of, days=_WINDOW_DAYS + HISTORY_DAYS)
    return _features(bills.filter(pl.col("issued_day") > day_number(as_of) - _WINDOW_DAYS), bills)


def _shares_path() -> Path:
    return model_path().with_suffix(".shares.json")


def county_standing() -> pl.DataFrame:
    """The accounts of the county, for a back-test of `county_rows`: `features.STANDING_COLUMNS`."""
    return reads.standing()


def county_rows(*, as_of: date) -> pl.DataFrame:
    """Every bill of the county with what was known at its release and what came of it; see `histories.features_of`."""
    bills = reads.settled_bills(as_of=as_of, days=_LEARNED_DAYS)
    rows = _features(bills, bills)
    late = pl.col("settled_day") > pl.col("due_day") + HORIZON_DAYS
    over = pl.col("due_day") + HORIZON_DAYS < day_number(as_of)
    return (
        rows.join(bills.select("bill", "due_day", "settled_day"), on="bill")
        .with_columns(bad=pl.when(over).then(late.cast(pl.Int64)))
        .drop("settled_day")
        .sort("issued_day", "bill")
    )


def score_bills(*, issued_date: date) -> Scored:
    """Score the bills released on a day, once.

    Raises:
        UnableToLoadModelError: The model's file was edited.
    """
    model = standing_model()
    if model is None:
        return Scored(0, "", 0)
    sha256 = content_hash(model)
    history = reads.settled_bills(as_of=issued_date, days=HISTORY_DAYS + 1, issued_on=issued_date)
    targets = history.filter(
        (pl.col("issued_day") == day_number(issued_date))
        & ~pl.col("bill").is_in(reads.scored_on(issued_date).implode())
    )
    if targets.is_empty():
        return Scored(0, sha256, 0)
    scored = with_probability(_features(targets, history), model).select(
        bill_id="bill",
        account_id="account",
        scored_date=pl.lit(issued_date),
        model_sha256=pl.lit(sha256),
        probability_ppm=(pl.col("probability") * PPM).round().cast(pl.Int64),
    )
    reads.write_scores(scored)
    return Scored(scored.height, sha256, int(scored["probability_ppm"].sum()) // scored.height)


def _features(targets: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    found = bill_features(
        checked(nw.from_native(targets.lazy()), SETTLED_BILL_COLUMNS, rule="bill features"),
        checked(nw.from_native(history.lazy()), SETTLED_BILL_COLUMNS, rule="bill features"),
        checked(nw.from_native(reads.standing().lazy()), STANDING_COLUMNS, rule="bill features"),
        nw.from_native(reads.bounced().lazy()),
    )
    return collected(found)
