"""Plain tables and panels are learned from and scored."""

import gzip

import polars as pl
import pytest

from application.credit.made_tables import QUICK, card, plain
from zaikong.application.credit.card_panel import UnableToReadPanelError, panel_features, panel_table
from zaikong.application.credit.stumps import UnableToFitError
from zaikong.application.credit.table import Choice, UnableToReadTableError, fit_table, predict_table, read_table
from zaikong.domain.credit.score import UnableToScoreError

LABEL = "default.payment.next.month"


def fitted(table, choice=None):
    return fit_table(table, choice or Choice("missed"), name="unpaid", plan=QUICK)


def code_of(refused, verb, *arguments):
    with pytest.raises(refused) as raised:
        verb(*arguments)
    return raised.value.code


@pytest.fixture(scope="module")
def card_model():
    return fitted(card(), Choice(LABEL, panel="card"))


def test_the_three_forms_hold_the_same_table(tmp_path):
    table = plain(50)
    table.write_csv(tmp_path / "t.csv")
    table.write_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    assert all(read_table(tmp_path / name).equals(table) for name in ("t.csv", "t.parquet", "t.csv.gz"))


def test_a_mark_of_byte_order_is_no_part_of_a_name(tmp_path):
    (tmp_path / "t.csv").write_text("\ufeffa,b\n1,2\n", encoding="utf-8")
    assert read_table(tmp_path / "t.csv").columns == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", b"a,a\n1,2\n", "COLUMNS_TWICE"),
        ("t.csv", b"a,b\n", "TABLE_EMPTY"),
        ("t.csv", b"", "TABLE_UNREADABLE"),
        ("t.csv", b"a,b\n1,2,3\n", "TABLE_UNREADABLE"),
        ("t.csv", b"\xff\xfe,\x00\n", "TABLE_UNREADABLE"),
        ("t.csv.gz", b"\x1f\x8bnothing", "TABLE_UNREADABLE"),
        ("t.parquet", b"nothing", "TABLE_UNREADABLE"),
        ("t.xlsx", b"nothing", "FORM_UNKNOWN"),
    ],
)
def test_a_file_that_is_no_sure_table_is_refused(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    assert code_of(UnableToReadTableError, read_table, tmp_path / name) == code


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert code_of(UnableToReadTableError, read_table, tmp_path / "none.csv") == "TABLE_UNREADABLE"


def test_every_column_but_the_label_and_those_dropped_is_learned_from():
    model = fitted(plain(), Choice("missed", drop=("noise",), increasing=("late_days",), decreasing=("paid_share",)))
    assert [(each.name, each.direction) for each in model.features] == [("late_days", 1), ("paid_share", -1)]
    assert model.training.dropped == {"noise": "asked for"}


def test_scores_stand_in_the_order_of_the_file():
    table = plain()
    model = fitted(table)
    scored = predict_table(model, table.drop("missed"))
    assert scored.schema == {"row": pl.Int64, "probability": pl.Float64}
    assert scored["row"].to_list() == list(range(1_500))
    backwards = predict_table(model, table.reverse())["probability"].reverse()
    assert backwards.equals(scored["probability"])


def test_a_column_of_the_table_may_itself_be_called_row():
    table = plain().rename({"late_days": "row"})
    renamed = predict_table(fitted(table), table)
    assert renamed.equals(predict_table(fitted(plain()), plain()))


def test_truth_values_small_and_decimal_numbers_are_numbers():
    typed = plain().with_columns(
        pl.col("noise") > 4, pl.col("late_days").cast(pl.UInt8), pl.col("paid_share").cast(pl.Decimal(10, 4))
    )
    assert predict_table(fitted(typed), typed).height == 1_500


def test_words_are_refused_with_the_way_out():
    table = plain().with_columns(town=pl.lit("X"), street=pl.lit("Y"))
    with pytest.raises(UnableToReadTableError, match="--drop town,street") as raised:
        fitted(table)
    assert (raised.value.code, raised.value.fields) == ("COLUMN_NOT_NUMERIC", {"columns": ["town", "street"]})


def test_what_a_person_is_is_refused_unless_it_is_dropped():
    table = plain().with_columns(SEX=pl.col("noise"))
    assert code_of(UnableToFitError, fitted, table) == "COLUMN_FORBIDDEN"
    assert "SEX" not in [each.name for each in fitted(table, Choice("missed", drop=("SEX",))).features]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice("missed", drop=("nothing",)), "COLUMN_UNKNOWN"),
        (Choice("missed", increasing=("nothing",)), "COLUMN_UNKNOWN"),
        (Choice("missed", increasing=("noise",), decreasing=("noise",)), "DIRECTION_UNCLEAR"),
        (Choice("missed", drop=("noise",), increasing=("noise",)), "DIRECTION_UNCLEAR"),
        (Choice("missed", increasing=("missed",)), "DIRECTION_UNCLEAR"),
    ],
)
def test_a_choice_that_is_not_clear_is_refused(choice, code):
    assert code_of(UnableToReadTableError, fitted, plain(), choice) == code


def test_a_table_without_a_column_of_the_model_is_refused():
    assert code_of(UnableToScoreError, predict_table, fitted(plain()), plain().drop("noise")) == "FEATURE_MISSING"


def test_infinite_numbers_are_not_scored():
    table = plain().with_columns(paid_share=pl.lit(float("inf")))
    assert code_of(UnableToReadTableError, predict_table, fitted(plain()), table) == "NUMBER_INFINITE"


def test_a_card_model_reads_no_person_and_works_its_features_out_itself(card_model):
    assert card_model.panel == "card"
    assert {each.name for each in card_model.features} <= {each.name for each in panel_features("card")}
    assert [name for name, why in card_model.training.dropped.items() if why == "never read"] == [
        "ID",
        "SEX",
        "EDUCATION",
        "MARRIAGE",
        "AGE",
    ]
    scored = predict_table(card_model, card(100, seed=2))
    assert scored["row"].to_list() == list(range(100))
    assert scored["probability"].is_between(0, 1, closed="none").all()


def test_who_a_person_is_changes_no_score(card_model):
    table = card(100, seed=2)
    other = table.with_columns(SEX=9, AGE=99, MARRIAGE=0, EDUCATION=7, ID=0).drop(LABEL)
    assert predict_table(card_model, other).equals(predict_table(card_model, table))
    bare = table.drop("ID", "SEX", "AGE", "MARRIAGE", "EDUCATION")
    assert predict_table(card_model, bare).equals(predict_table(card_model, table))


def test_states_and_amounts_never_seen_are_scored(card_model):
    strange = card(40, seed=2).with_columns(
        PAY_0=pl.int_range(40) - 5, BILL_AMT1=-(10**9), PAY_AMT1=10**9, LIMIT_BAL=pl.int_range(40) % 2
    )
    scored = predict_table(card_model, strange)["probability"]
    assert (scored.null_count(), scored.is_nan().sum()) == (0, 0)


def test_a_later_delay_never_lowers_the_chance(card_model):
    quiet = card(1, seed=2).with_columns(PAY_0=pl.lit(1))
    deeper = pl.concat([quiet.with_columns(PAY_0=pl.lit(months)) for months in range(1, 9)])
    features = panel_table(deeper, "card")
    directed = [each for each in card_model.features if each.direction == 1]
    assert all(features[each.name].drop_nulls().is_sorted() for each in directed)


def test_a_feature_of_the_panel_may_be_dropped():
    model = fitted(card(), Choice(LABEL, drop=("limit", "SEX"), panel="card"))
    assert "limit" not in [each.name for each in model.features]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (card().drop("PAY_AMT3"), "PANEL_COLUMN_MISSING"),
        (card().with_columns(PAY_0=pl.lit(None, pl.Int64)), "PANEL_CELLS_WRONG"),
        (card().with_columns(PAY_0=pl.lit(0.5)), "PANEL_CELLS_WRONG"),
        (card().with_columns(BILL_AMT1=pl.lit(float("nan"))), "PANEL_CELLS_WRONG"),
        (card().with_columns(BILL_AMT1=pl.lit(float("inf"))), "PANEL_CELLS_WRONG"),
        (card().with_columns(LIMIT_BAL=pl.lit("much")), "PANEL_CELLS_WRONG"),
        (card().with_columns(LIMIT_BAL=pl.lit(10**17)), "PANEL_CELLS_WRONG"),
    ],
)
def test_a_table_of_another_layout_is_refused(card_model, table, code):
    assert code_of(UnableToReadPanelError, predict_table, card_model, table) == code


def test_whole_numbers_written_with_a_point_are_whole(card_model):
    floating = card(50, seed=2).with_columns(pl.col("^(PAY|BILL).*$").cast(pl.Float64))
    assert predict_table(card_model, floating).equals(predict_table(card_model, card(50, seed=2)))


def test_an_unknown_panel_is_refused():
    assert code_of(UnableToReadPanelError, fitted, card(), Choice(LABEL, panel="water")) == "PANEL_UNKNOWN"


def test_a_panel_has_directions_of_its_own():
    choice = Choice(LABEL, increasing=("limit",), panel="card")
    assert code_of(UnableToReadTableError, fitted, card(), choice) == "DIRECTION_UNCLEAR"
