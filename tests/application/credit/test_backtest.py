"""A back-test on a supplier's own files: what is read, what is learned, what is refused."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from zaikong.application.credit.backtest import UnableToBacktestError, backtest
from zaikong.application.credit.histories import UnableToReadHistoryError, features_of, history_of, read_history
from zaikong.application.credit.report import write_report
from zaikong.application.credit.stumps import UnableToFitError
from zaikong.cli.credit import app
from zaikong.domain.credit.features import FEATURES

CUSTOMER = {
    "name": "张三",
    "category": "residential",
    "address": "一号",
    "station": "GD01",
    "route": "R1",
    "tariff": "cn.henan.residential",
    "payment_mode": "post_paid",
    "contract_date": "2020-01-01",
}


def month_end(place: int) -> date:
    start = date(2024, 1 + place, 1) if place < 12 else date(2025, place - 11, 1)
    return (start + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def late_by(account: int, month: int) -> int:
    """Every third account pays late, most often far too late; the others are punctual but for a slip."""
    if account % 3 == 0:
        return 45 if (account + month) % 4 else 5
    return 40 if (account * 7 + month * 3) % 41 == 0 else -3


def files(folder: Path, *, accounts=150, months=16, late=late_by) -> dict[str, Path]:
    customers = [{"account_no": f"{n:010d}", **CUSTOMER} for n in range(1, accounts + 1)]
    bills, payments = [], []
    for n in range(1, accounts + 1):
        for month in range(months):
            issued = month_end(month)
            due = issued + timedelta(days=20)
            amount = f"{50 + n % 7}.00"
            bills.append(
                {
                    "account_no": f"{n:010d}",
                    "period": f"{issued:%Y-%m}",
                    "issued_date": issued,
                    "due_date": due,
                    "kwh": "100.00",
                    "amount_yuan": amount,
                }
            )
            payments.append(
                {
                    "account_no": f"{n:010d}",
                    "paid_at": f"{due + timedelta(days=late(n, month))} 10:00:00",
                    "amount_yuan": amount,
                    "channel": "wechat",
                    "channel_ref": f"W{n}-{month}",
                }
            )
    made = {}
    for name, rows in (("customers", customers), ("bills", bills), ("payments", payments)):
        made[name] = folder / f"{name}.csv"
        pl.DataFrame(rows).write_csv(made[name])
    return made


def tried(history, **options):
    return backtest(features_of(history), history.standing, notes=history.notes, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return files(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def found(made):
    return tried(read_history(**made, as_of=date(2026, 1, 1)), resamples=20)


def test_the_past_foretells_the_future_and_beats_a_simple_rule(found):
    figures = found.figures
    assert figures["auc"] > 0.9
    assert figures["auc"] >= max(beside["auc"] for beside in figures["beside"].values()) - 0.02
    assert figures["intervals"]["auc"][0] <= figures["auc"] <= figures["intervals"]["auc"][1]
    assert (figures["n"], figures["positives"]) == (found.rows.height, found.rows["bad"].sum())


def test_nothing_is_learned_from_bills_whose_outcome_was_open_when_the_test_began(found):
    first_tested = date.fromisoformat(found.figures["test"]["from"])
    last_learned = date.fromisoformat(found.figures["learned"]["to"])
    assert last_learned + timedelta(days=20 + 30) < first_tested


def test_the_model_is_monotone_and_reads_nothing_personal(found):
    assert {feature.name for feature in found.model.features} <= set(FEATURES)
    for feature in found.model.features:
        steps = [later - earlier for earlier, later in zip(feature.points_e6, feature.points_e6[1:], strict=False)]
        assert all(step * feature.direction >= 0 for step in steps)


def test_a_future_payment_changes_no_feature(made):
    history = read_history(**made, as_of=date(2026, 1, 1))
    before = features_of(history)
    cut = before["issued_day"].unique().sort()[8]
    kept = history.receipts.filter(pl.col("available_day") <= cut)
    values = {"receipt": 9_999_999, "paid_day": cut + 1, "available_day": cut + 1, "amount_fen": 10**9}
    planted = kept.tail(1).with_columns(pl.lit(value, pl.Int64).alias(name) for name, value in values.items())
    changed = features_of(
        type(history)(
            history.bills, pl.concat([kept, planted.select(kept.columns)]), history.standing, history.last_day, ()
        )
    )
    columns = [name for name in before.columns if name != "bad"]
    until = pl.col("issued_day") <= cut
    assert changed.filter(until).select(columns).equals(before.filter(until).select(columns))


def test_a_bounce_that_is_not_known_yet_is_not_seen(made):
    history = read_history(**made, as_of=date(2026, 1, 1))
    before = features_of(history)
    released = before["issued_day"].unique().sort()
    # the payment of the sixth bill of a punctual account bounces two days after the seventh is released
    one = history.receipts.filter((pl.col("account") == 1) & (pl.col("paid_day") < released[6])).tail(1)
    bounced = history.receipts.with_columns(
        void_day=pl.when(pl.col("receipt") == one["receipt"][0]).then(released[6] + 2).otherwise("void_day")
    )
    after = features_of(type(history)(history.bills, bounced, history.standing, history.last_day, ()))
    columns = [name for name in before.columns if name not in {"bad", "segment_late_permille"}]
    seventh = (pl.col("account") == 1) & (pl.col("issued_day") == released[6])
    eighth = (pl.col("account") == 1) & (pl.col("issued_day") == released[7])
    assert after.filter(seventh).select(columns).equals(before.filter(seventh).select(columns))
    assert after.filter(eighth)["bounced_receipts"].item() == 1


def test_a_history_of_one_month_is_refused(tmp_path):
    history = read_history(**files(tmp_path, months=1), as_of=date(2026, 1, 1))
    with pytest.raises(UnableToBacktestError) as refusal:
        tried(history)
    assert refusal.value.code in {"OUTCOME_UNKNOWN", "NOTHING_TO_LEARN_FROM"}


@pytest.mark.parametrize("late", [lambda *_: -3, lambda *_: 90])
def test_a_history_with_one_outcome_is_refused(tmp_path, late):
    history = read_history(**files(tmp_path, late=late), as_of=date(2027, 1, 1))
    with pytest.raises(UnableToFitError) as refusal:
        tried(history)
    assert refusal.value.code == "ONE_CLASS_ONLY"


def test_repeated_payments_are_counted_once_and_told(tmp_path, made):
    once = pl.read_csv(made["payments"], infer_schema_length=0)
    twice = tmp_path / "payments.csv"
    pl.concat([once, once.head(10).with_columns(paid_at=pl.lit("2025-06-01 08:00:00"))]).write_csv(twice)
    history = read_history(**{**made, "payments": twice}, as_of=date(2026, 1, 1), accept_partial=True)
    assert history.receipts.height <= once.height
    assert history.notes != ()


def test_a_negative_bill_is_refused_with_its_line(tmp_path, made):
    rows = pl.read_csv(made["bills"], infer_schema_length=0)
    path = tmp_path / "bills.csv"
    rows.with_columns(
        amount_yuan=pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("-5.00")).otherwise("amount_yuan")
    ).write_csv(path)
    with pytest.raises(UnableToReadHistoryError, match="line 6, amount_yuan"):
        read_history(**{**made, "bills": path}, as_of=date(2026, 1, 1))


def test_files_of_two_counties_are_refused(made):
    customers = pl.DataFrame({"account_no": ["X"], "category": ["residential"], "contract_date": [date(2020, 1, 1)]})
    bills = pl.DataFrame(
        {
            "account_no": ["Y"],
            "issued_date": [date(2025, 1, 31)],
            "due_date": [date(2025, 2, 20)],
            "kwh": [100],
            "amount_yuan": [100],
        }
    )
    payments = pl.DataFrame(
        schema={
            "account_no": pl.String,
            "paid_at": pl.Datetime("us", "Asia/Shanghai"),
            "amount_yuan": pl.Int64,
            "channel": pl.String,
            "channel_ref": pl.String,
        }
    )
    with pytest.raises(UnableToReadHistoryError) as refusal:
        history_of(customers, bills, payments)
    assert refusal.value.code == "NO_BILLS"


def test_the_page_holds_its_own_script_and_names_nothing_elsewhere(found, tmp_path):
    page = write_report(found, tmp_path / "score.html").read_text(encoding="utf-8")
    assert "欠费概率评分回测" in page
    head, _, rest = page.partition("<script>")
    _, _, body = rest.partition("</script>")
    assert "http" not in head
    assert 'src="' not in body


def test_the_command_prints_one_object_without_a_database(made, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    files_given = [part for name, path in made.items() for part in (f"--{name}", str(path))]
    result = CliRunner().invoke(app, ["backtest", *files_given, "--from", "2024-11-01"], catch_exceptions=False)
    assert result.exit_code == 0
    figures = json.loads(result.stdout.splitlines()[-1])
    assert set(figures) >= {"auc", "ks", "brier", "n", "positives", "intervals"}
    assert figures["test"]["from"] >= "2024-11-01"


def test_two_of_three_files_are_refused(made):
    with pytest.raises(Exception, match="needs all three"):
        CliRunner().invoke(app, ["backtest", "--bills", str(made["bills"])], catch_exceptions=False)


def test_the_figures_stand_on_the_page_of_measures(found):
    from zaikong.application.credit.bill_page import bill_lines

    lines = bill_lines(found.figures, source="Invented files.")
    assert lines[0].startswith("Invented files. Learned from ")
    assert any(line.startswith(f"| AUC | {found.figures['auc']:.4f} | ") for line in lines)
    assert sum(line.startswith("| residential | ") for line in lines) == 1
