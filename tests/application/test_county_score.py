"""The county's own score: bills scored at release, once; a score that no longer stands is set aside."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from zaikong.application.credit.county import (
    UnableToInstallScoreError,
    county_rows,
    install_model,
    model_path,
    score_bills,
    standing_model,
    watch_score,
)
from zaikong.application.credit.model_file import UnableToLoadModelError
from zaikong.application.demo import DemoPlan, load_county
from zaikong.store import models
from zaikong.store.queries.warnings import latest_scores

# a history of ten months, long enough to learn from
PLAN = DemoPlan(
    seed=3,
    enterprises=60,
    residents=120,
    history_start=date(2024, 9, 1),
    first_night=date(2025, 7, 1),
    last_night=date(2025, 7, 2),
)
LAST_ISSUED = date(2025, 6, 30)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    before = os.environ["ZAIKONG_VAR"]
    os.environ["ZAIKONG_VAR"] = str(tmp_path_factory.mktemp("county"))
    with django_db_blocker.unblock():
        yield load_county(PLAN)
        call_command("flush", interactive=False, verbosity=0)
        connection.close()
    os.environ["ZAIKONG_VAR"] = before


def test_the_history_teaches_a_score_that_stands(county):
    model = standing_model()
    assert model is not None
    assert model.training.rows > 1_000
    assert Path(model_path()).exists()


def test_bills_are_scored_once(county):
    first = score_bills(issued_date=LAST_ISSUED)
    again = score_bills(issued_date=LAST_ISSUED)

    billed = models.OpenItem.objects.filter(bill__issued_date=LAST_ISSUED, amount_fen__gt=0).count()
    assert (first.bills, again.bills) == (billed, 0)
    assert models.BillScore.objects.count() == billed
    assert 0 < first.mean_ppm < 1_000_000


def test_late_payers_are_expected_to_pay_late(county):
    rows = county_rows(as_of=date(2025, 7, 1))
    score_bills(issued_date=LAST_ISSUED)
    chances = dict(models.BillScore.objects.values_list("bill_id", "probability_ppm"))
    tonight = rows.filter(rows["bill"].is_in(list(chances)))
    late = [chances[row["bill"]] for row in tonight.iter_rows(named=True) if row["late_permille"] >= 900]
    punctual = [chances[row["bill"]] for row in tonight.iter_rows(named=True) if row["late_bills"] == 0]
    assert min(len(late), len(punctual)) > 0
    assert sum(late) / len(late) > 5 * sum(punctual) / len(punctual)


def test_the_score_is_watched_once_a_night(county):
    found = watch_score(as_of=date(2025, 7, 1))
    assert found is not None
    assert set(found.psi) >= {"probability"}
    assert watch_score(as_of=date(2025, 7, 1)) is None
    assert models.ScoreWatch.objects.get().suspended is bool(found.faults)


def test_a_score_that_is_suspended_does_not_count(county):
    score_bills(issued_date=LAST_ISSUED)
    assert latest_scores().height > 0
    models.ScoreWatch.objects.create(
        watched_date=LAST_ISSUED,
        model_sha256="0" * 64,
        suspended=True,
        faults=["PSI_HIGH probability 0.900"],
        outcomes=0,
        observed=0,
        foretold_ppm=0,
    )
    assert latest_scores().height == 0


def test_an_edited_model_is_refused_and_scores_nothing(county):
    path = model_path()
    kept = path.read_text(encoding="utf-8")
    edited = json.loads(kept)
    edited["intercept_e6"] += 1
    path.write_text(json.dumps(edited), encoding="utf-8")
    try:
        with pytest.raises(UnableToLoadModelError) as refusal:
            score_bills(issued_date=LAST_ISSUED)
        assert refusal.value.code == "MODEL_HASH_WRONG"
        assert models.BillScore.objects.count() == 0
    finally:
        path.write_text(kept, encoding="utf-8")


def test_a_model_of_other_features_cannot_be_installed(county):
    model = standing_model()
    first, *others = model.features
    foreign = model.model_copy(update={"features": (first.model_copy(update={"name": "limit_use"}), *others)})
    with pytest.raises(UnableToInstallScoreError):
        install_model(foreign, county_rows(as_of=date(2025, 7, 1)))
