"""The page of the score: the model that stands, its watch, what came true."""

from datetime import date

import pytest
from django.test import Client

from zaikong.application.credit import county
from zaikong.application.credit.speed import drawn_model
from zaikong.application.roles import Role
from zaikong.store import models

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(signed_in) -> Client:
    return signed_in(Role.MANAGER)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model of drawn tables that stands, in a folder of its own."""
    from zaikong.application.credit.model_file import save_model

    path = tmp_path / "bill-score.json"
    save_model(drawn_model(features=3, bins=4), path)
    monkeypatch.setattr(county, "model_path", lambda: path)
    return path


def watch(**facts):
    return models.ScoreWatch.objects.create(
        **{
            "watched_date": date(2025, 8, 31),
            "model_sha256": "0" * 64,
            "suspended": False,
            "psi": {"probability": 0.031},
            "outcomes": 0,
            "observed": 0,
            "foretold_ppm": 0,
        }
        | facts
    )


def test_without_a_model_the_page_says_that_the_grade_counts(manager, tmp_path, monkeypatch):
    monkeypatch.setattr(county, "model_path", lambda: tmp_path / "none.json")
    page = manager.get("/score/", headers={"accept-language": "en"})
    assert page.status_code == 200
    assert page.context["model"] is None
    assert page.context["watches"] == []


def test_the_model_that_stands_is_shown_with_its_tables(manager, model):
    page = manager.get("/score/")
    assert page.status_code == 200
    assert [len(rows) for _stem, rows in page.context["stems"]] == [3]


def test_an_edited_model_is_told_by_name(manager, model):
    model.write_text(model.read_text(encoding="utf-8").replace('"seed"', '"sead"'), encoding="utf-8")
    page = manager.get("/score/")
    assert page.context["refusal"] is not None
    assert page.context["model"] is None


def test_a_suspended_score_says_why(manager, model):
    watch()
    watch(watched_date=date(2025, 9, 1), suspended=True, faults=["PSI_HIGH probability 0.400"])
    page = manager.get("/score/")
    assert page.context["last"].suspended
    assert "PSI_HIGH probability 0.400" in page.content.decode()
    assert page.context["trend"] is not None


def test_who_may_not_see_the_score_is_turned_away(client):
    assert client.get("/score/").status_code == 302
