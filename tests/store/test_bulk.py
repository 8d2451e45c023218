"""Columns in and out of the tables."""

from datetime import date

import polars as pl
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.store import bulk

pytestmark = pytest.mark.django_db

TYPES = {"a": "bigint", "b": "text", "c": "boolean", "d": "date"}
SCHEMA = {"a": pl.Int64, "b": pl.String, "c": pl.Boolean, "d": pl.Date}

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")).filter(lambda text: text != r"\N")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | texts,
            st.none() | st.booleans(),
            st.none() | st.dates(date(1970, 1, 1), date(2100, 1, 1)),
        ),
        max_size=20,
    )
)
def test_what_goes_in_comes_out(rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    with transaction.atomic():
        bulk.stage(frame, "trial", TYPES)
        got = bulk.fetch("SELECT a, b, c, d FROM trial", SCHEMA)
    assert sorted(map(repr, got.rows())) == sorted(map(repr, frame.rows()))


def test_numbers_are_taken_in_blocks_that_never_overlap():
    first, second = bulk.reserve("zaikong_bill_number", 5), bulk.reserve("zaikong_bill_number", 1)

    assert second == first + 5


def test_parameters_are_values_not_text():
    got = bulk.fetch("SELECT %s::text", {"b": pl.String}, ["'; DROP TABLE zaikong_leg; --"])

    assert got["b"].to_list() == ["'; DROP TABLE zaikong_leg; --"]


def test_a_query_with_too_few_parameters_is_refused():
    with pytest.raises(ValueError, match="2 places for 1 parameters"):
        bulk.fetch("SELECT %s, %s", {"a": pl.Int64}, [1])


@pytest.mark.django_db(transaction=True)
def test_a_failed_transaction_leaves_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        bulk.write(pl.DataFrame({"code": ["X"], "name": ["Y"]}), "zaikong_station")
        raise RuntimeError
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM zaikong_station")
        assert cursor.fetchone()[0] == 0
