"""Applications of the sample county come from every category, some from customers, some without a paper."""

from datetime import date, timedelta

import polars as pl
import pytest

from zaikong.domain.credit.intake_card import PAPER_NAMES
from zaikong.domain.registry import identifiers
from zaikong.domain.registry.application import CATEGORIES, STATES
from zaikong.sim.applications import APPLICATIONS, DAYS, application_papers, applications
from zaikong.sim.county import County

from .conftest import SEED

FIRST_NIGHT = date(2025, 7, 1)


@pytest.fixture(scope="module")
def rows(small_county: County) -> pl.DataFrame:
    return applications(SEED, small_county.customers, first_night=FIRST_NIGHT)


@pytest.fixture(scope="module")
def papers(rows: pl.DataFrame) -> pl.DataFrame:
    return application_papers(SEED, rows)


def test_the_same_seed_draws_the_same_applications_and_another_seed_others(rows, papers, small_county):
    again = applications(SEED, small_county.customers, first_night=FIRST_NIGHT)
    assert again.equals(rows)
    assert application_papers(SEED, again).equals(papers)
    assert not applications(SEED + 1, small_county.customers, first_night=FIRST_NIGHT).equals(rows)


def test_every_category_applies_and_every_stage_is_one_of_the_trade(rows):
    assert rows.height == rows["application_no"].n_unique() == APPLICATIONS
    assert set(rows["category"]) == set(CATEGORIES)
    assert set(rows["state"]) - set(STATES) == set()


def test_they_came_in_before_the_first_night(rows):
    assert rows["accepted_date"].min() == FIRST_NIGHT - timedelta(DAYS)
    assert rows["accepted_date"].max() < FIRST_NIGHT


def test_whoever_holds_an_account_carries_its_name_and_category(rows, small_county):
    known = rows.filter(pl.col("known_account_no").is_not_null()).join(
        small_county.customers, left_on="known_account_no", right_on="account_no"
    )
    assert known.height >= 5
    assert known["name"].to_list() == known["name_right"].to_list()
    assert known["category"].to_list() == known["category_right"].to_list()


def test_every_category_is_graded_and_some_applications_wait(rows):
    assert set(rows.filter("graded")["category"]) == set(CATEGORIES)
    assert 0 < rows.filter(~pl.col("graded")).height < APPLICATIONS // 4


def test_numbers_pass_the_checks_a_real_one_passes(rows):
    for usci in rows["usci"].drop_nulls():
        assert identifiers.usci(usci) == usci
    for id_no in rows["id_no"].drop_nulls():
        assert identifiers.id_number(id_no, as_of=FIRST_NIGHT) == id_no


def test_papers_are_of_known_kinds_and_some_applications_lack_one(rows, papers):
    assert set(papers["kind"]) - set(PAPER_NAMES) == set()
    assert set(papers["application_no"]) == set(rows["application_no"])
    industrial = rows.filter(category="industrial")["application_no"].implode()
    counts = papers.filter(pl.col("application_no").is_in(industrial)).group_by("application_no").len()["len"]
    assert set(counts) == {6, 7}


def test_who_rents_brings_the_lease_and_who_owns_the_title(rows, papers):
    brought = papers.filter(pl.col("kind").is_in(["premise_title", "lease_contract"])).join(rows, on="application_no")
    assert set(brought.select("kind", "premises").iter_rows()) == {
        ("lease_contract", "rented"),
        ("premise_title", "owned"),
    }
