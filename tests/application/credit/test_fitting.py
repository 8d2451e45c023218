"""A score is fitted to what came true, or refused."""

import builtins

import numpy as np
import polars as pl
import pytest

from application.credit.made_tables import QUICK, plain
from zaikong.application.credit.binning import UnableToBinError, binned
from zaikong.application.credit.fitting import FeatureColumn, fit_score
from zaikong.application.credit.metrics import auc
from zaikong.application.credit.stumps import UnableToFitError, _collapsed, _read, fit_tables, lightgbm, merged, parts
from zaikong.application.credit.table import predict_table

COLUMNS = [FeatureColumn("late_days", "day", 1), FeatureColumn("paid_share", "", -1), FeatureColumn("noise")]


def fitted(table, columns=COLUMNS, **options):
    return fit_score(table, columns, "missed", name="unpaid", plan=QUICK, **options)


def refused(table, columns=COLUMNS):
    with pytest.raises(UnableToFitError) as raised:
        fitted(table, columns)
    return raised.value.code


def test_a_fit_finds_what_was_planted():
    model, fresh = fitted(plain()), plain(seed=2)
    label = fresh["missed"].to_numpy()
    found = auc(label, predict_table(model, fresh)["probability"].to_numpy())
    true = auc(label, (0.05 * fresh["late_days"] - 2.0 * fresh["paid_share"]).to_numpy())
    assert found > true - 0.015
    spread = {each.name: max(each.points_e6) - min(each.points_e6) for each in model.features}
    assert spread["noise"] < spread["paid_share"] < spread["late_days"]


def test_probabilities_are_calibrated():
    model, fresh = fitted(plain(4_000)), plain(4_000, seed=2)
    assert predict_table(model, fresh)["probability"].mean() == pytest.approx(fresh["missed"].mean(), abs=0.02)


def test_points_turn_only_as_declared():
    late, share = fitted(plain()).features[:2]
    assert list(late.points_e6) == sorted(late.points_e6)
    assert list(share.points_e6) == sorted(share.points_e6, reverse=True)


def test_a_direction_against_the_truth_leaves_a_feature_without_a_say():
    model = fitted(plain(), [FeatureColumn("late_days", "", -1), FeatureColumn("paid_share", "", -1)])
    assert model.features[0].points_e6 == (0,)


def test_the_same_seed_gives_the_same_model_and_another_another():
    assert fitted(plain()) == fitted(plain())
    assert fitted(plain(), seed=7).features != fitted(plain()).features


def test_the_model_says_how_it_was_made():
    training = fitted(plain(), dropped={"ID": "asked for"}, from_date="2025-01-01", to_date="2025-06-30").training
    assert (training.rows, training.positives, training.bags, training.rounds, training.seed) == (
        1_500,
        int(plain()["missed"].sum()),
        3,
        150,
        42,
    )
    assert (training.dropped, training.from_date, training.to_date) == ({"ID": "asked for"}, "2025-01-01", "2025-06-30")
    assert sorted(training.libraries) == ["lightgbm", "numpy", "polars"]


def test_the_tables_are_the_trees_to_the_last_digit():
    table = plain()
    bins = [binned(table[column.name]) for column in COLUMNS]
    places = np.stack([each.place for each in bins], axis=1)
    places[::5, 0] = np.nan
    label = table["missed"].to_numpy()
    rows = lightgbm().Dataset(places, label, params={"verbose": -1})
    booster = lightgbm().train(
        {"objective": "binary", "num_leaves": 2, "boost_from_average": False, "verbose": -1, "num_threads": 1}, rows, 80
    )
    offset, tables = _collapsed(booster, [len(each.edges) + 1 for each in bins])
    assert _read(tables, places) + offset == pytest.approx(booster.predict(places, raw_score=True), abs=1e-12)


def test_what_is_missing_has_points_of_its_own():
    table = plain().with_columns(pl.when(pl.col("missed") == 0).then(pl.col("paid_share")).alias("paid_share"))
    share = fitted(table).features[1]
    assert share.missing_e6 > share.points_e6[-1]


def test_what_was_never_missing_says_nothing_when_it_is():
    assert [each.missing_e6 for each in fitted(plain()).features] == [0, 0, 0]


def test_constant_and_repeated_columns_are_left_out_and_said():
    table = plain().with_columns(
        flat=pl.lit(3), empty=pl.lit(None, pl.Int64), hollow=pl.lit(float("nan")), twin=pl.col("noise")
    )
    model = fitted(table, [*COLUMNS, *map(FeatureColumn, ("flat", "empty", "hollow", "twin"))])
    assert [each.name for each in model.features] == ["late_days", "paid_share", "noise"]
    assert model.training.dropped == {
        "flat": "constant",
        "empty": "constant",
        "hollow": "constant",
        "twin": "equal to noise",
    }


def test_a_column_that_is_only_there_or_not_tells_rows_apart():
    table = plain().with_columns(seen=pl.when(pl.col("noise") > 4).then(1))
    model = fitted(table, [*COLUMNS, FeatureColumn("seen")])
    assert model.features[-1].edges == ()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (plain().with_columns(missed=pl.lit(0)), "ONE_CLASS_ONLY"),
        (plain().with_columns(missed=pl.lit(1)), "ONE_CLASS_ONLY"),
        (plain(199), "TOO_FEW_ROWS"),
        (plain().with_columns(missed=(pl.int_range(pl.len()) < 19).cast(pl.Int64)), "TOO_FEW_OF_A_CLASS"),
        (plain().with_columns(missed=(pl.int_range(pl.len()) >= 19).cast(pl.Int64)), "TOO_FEW_OF_A_CLASS"),
        (plain().with_columns(missed=pl.col("missed") * 2), "LABEL_NOT_BINARY"),
        (plain().with_columns(missed=pl.col("missed").cast(pl.String)), "LABEL_NOT_BINARY"),
        (plain().with_columns(missed=pl.when(pl.col("noise") > 0).then(pl.col("missed"))), "LABEL_NOT_BINARY"),
        (
            plain().with_columns(missed=pl.when(pl.col("noise") > 0).then(0.0).otherwise(float("nan"))),
            "LABEL_NOT_BINARY",
        ),
        (plain().drop("missed"), "LABEL_MISSING"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(table, code):
    assert refused(table) == code


def test_a_label_may_be_a_truth_value():
    assert fitted(plain().with_columns(pl.col("missed").cast(pl.Boolean))).training.rows == 1_500


def test_columns_of_which_none_tells_anything_are_refused():
    assert refused(plain().with_columns(late_days=pl.lit(1)), [FeatureColumn("late_days")]) == "NO_FEATURES"


@pytest.mark.parametrize("name", ["SEX", "MARRIAGE", "EDUCATION", "AGE", "户主民族", "用电地址"])
def test_what_a_person_is_is_refused(name):
    table = plain().with_columns(pl.lit(1).alias(name))
    assert refused(table, [*COLUMNS, FeatureColumn(name)]) == "COLUMN_FORBIDDEN"


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pl.lit(float("inf")), "NUMBER_TOO_LARGE"),
        (pl.lit(2**53 + 1), "NUMBER_TOO_LARGE"),
        (pl.lit("many"), "COLUMN_NOT_NUMERIC"),
    ],
)
def test_a_column_without_plain_numbers_is_refused(column, code):
    with pytest.raises(UnableToBinError) as raised:
        fitted(plain().with_columns(late_days=column))
    assert raised.value.code == code


def test_without_the_library_the_extra_is_named(monkeypatch):
    imported = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "lightgbm":
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert refused(plain()) == "LIBRARY_MISSING"


def test_bins_end_at_values_that_were_seen():
    column = pl.Series("x", [5, 1, 3, None, 3, 9])
    assert binned(column).edges == (1, 3, 5)
    assert binned(column).place.tolist()[:3] == [2.0, 0.0, 1.0]
    assert np.isnan(binned(column).place[3])
    assert binned(pl.Series("x", [0.1, 0.25, 0.7])).edges == ("0.1", "0.25")
    assert len(binned(pl.Series("x", range(1_000)), most_bins=10).edges) == 9


def test_parts_hold_the_same_share_of_each_class():
    label = np.array([1] * 30 + [0] * 70)
    part = parts(label, 10, seed=1)
    assert {(int((part == n).sum()), int(label[part == n].sum())) for n in range(10)} == {(10, 3)}


def test_neighbouring_bins_of_equal_points_are_put_together():
    assert merged((1, 2, 3), [5, 5, 6, 6]) == ((2,), (5, 6))
    assert merged((1,), [5, 5]) == ((), (5,))


def test_more_fits_change_the_tables_little():
    table = plain()
    bins = [binned(table[column.name]) for column in COLUMNS]
    places, sizes = np.stack([each.place for each in bins], axis=1), [len(each.edges) + 1 for each in bins]
    tables = fit_tables(places, sizes, [1, -1, 0], table["missed"].to_numpy(), plan=QUICK, seed=1)
    assert [
        abs(points[place.astype(int)].mean()) < 1e-9 for points, place in zip(tables.points, places.T, strict=True)
    ] == [
        True,
        True,
        True,
    ]
