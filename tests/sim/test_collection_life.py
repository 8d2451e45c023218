"""Do the choices of the county's people follow from the seed, and come out about as often as they should?"""

import zlib
from datetime import date

import polars as pl
import pytest

from zaikong.kernel.period import day_number
from zaikong.sim.collection_life import (
    CALL_OUTCOMES,
    FOLLOW_UPS,
    VISIT_OUTCOMES,
    answers,
    approvals,
    contacts,
    picture,
    receipts,
    reviews,
    services,
)

DAY = day_number(date(2025, 8, 6))
COUNT = 4_000


def accounts(**columns: object) -> pl.DataFrame:
    drawn = pl.DataFrame({"account": pl.int_range(4_100_000_000, 4_100_000_000 + COUNT, eager=True)})
    return drawn.with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def shares(column: pl.Series) -> dict[str, int]:
    """Per cent of each value."""
    counted = column.value_counts().rows()
    return {value: round(100 * count / len(column)) for value, count in counted}


def called(*, visit: bool = False, pays_in: int = -1, seed: int = 1) -> pl.DataFrame:
    return contacts(seed, accounts(visit=visit, pays_in=pays_in, open_fen=123_456), day=DAY)


def test_the_same_seed_makes_the_same_choices_and_another_seed_others():
    papers = accounts(issued_day=DAY, organisation=False)

    assert services(1, papers).equals(services(1, papers))
    assert not services(1, papers).equals(services(2, papers))
    assert called().equals(called())
    assert not called().equals(called(seed=2))


def test_a_choice_does_not_depend_on_the_rows_beside_it():
    papers = accounts(issued_day=DAY, organisation=False)
    last = papers.tail(1)

    assert services(1, papers).tail(1).equals(services(1, last))


def test_three_of_four_notices_are_signed_for_and_some_are_not_served():
    served = services(1, accounts(issued_day=DAY, organisation=False))

    assert shares(served["way"]) == pytest.approx({"signed": 75, "left": 15, "mail": 5, "": 5}, abs=2)
    assert set(served["standing"]) == {"self", "adult_family"}
    assert served.filter(pl.col("first_witness") == pl.col("second_witness")).is_empty()
    assert shares(served["after_days"].cast(pl.String)) == pytest.approx({"1": 94, "2": 6}, abs=2)


def test_for_an_organisation_signs_who_may():
    served = services(1, accounts(issued_day=DAY, organisation=True))

    assert set(served["standing"]) == {"mail_room", "authorised", "head"}


def test_a_message_arrives_or_fails_with_a_reason():
    told = receipts(1, accounts(day=DAY))

    assert shares(told["state"]) == pytest.approx({"delivered": 96, "failed": 4}, abs=1)
    assert told.filter((pl.col("state") == "failed") != (pl.col("reason") != "")).is_empty()


@pytest.mark.parametrize(("visit", "outcomes"), [(False, CALL_OUTCOMES), (True, VISIT_OUTCOMES)])
def test_only_who_was_met_promises_disputes_or_asks_for_time(visit, outcomes):
    made = called(visit=visit)

    assert set(made["outcome"]) == set(outcomes)
    assert set(made["follow_up"]) == set(FOLLOW_UPS)
    silent = made.filter(pl.col("outcome") != outcomes[0])
    assert set(silent["follow_up"]) == set(silent["spoken_to"]) == {""}
    assert made.filter((pl.col("outcome") == outcomes[0]) & (pl.col("spoken_to") == "")).is_empty()


def test_who_means_to_pay_promises_more_often_and_a_day_after_the_money():
    willing, unwilling = called(pays_in=4), called()

    def promised(made: pl.DataFrame) -> float:
        return made.filter(pl.col("follow_up") == "promise").height / made.filter(pl.col("spoken_to") != "").height

    assert promised(willing) > 2 * promised(unwilling)
    assert set(willing["promised_in"]) == {5, 6, 7}
    assert set(unwilling["promised_in"]) == set(range(3, 11))


def test_a_promise_is_of_the_whole_debt_or_half_of_it_in_whole_yuan():
    made = called()

    assert set(made["promised_fen"]) == {123_456, 61_700}
    small = contacts(1, accounts(visit=False, pays_in=-1, open_fen=90), day=DAY)
    assert set(small["promised_fen"]) == {90}


def test_four_of_five_cuts_are_approved_by_both():
    said = approvals(1, accounts(day=DAY))

    both = said.filter(pl.col("manager") & pl.col("director")).height
    assert 100 * both / COUNT == pytest.approx(81, abs=2)
    assert said.filter(pl.col("reason") == "").is_empty()


def test_disputes_are_decided_and_homes_looked_at():
    decided, looked = answers(1, accounts(day=DAY)), reviews(1, accounts(day=DAY))

    assert set(decided["outcome"]) == {"rejected", "withdrawn", "upheld"}
    assert shares(looked["outcome"]) == pytest.approx({"may_proceed": 90, "protect": 10}, abs=2)


def test_a_picture_is_a_png_that_says_what_it_shows():
    made = picture(["signed", "催缴2025-000001"])

    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert "催缴2025-000001".encode() in made
    assert picture(["signed", "催缴2025-000001"]) == made
    assert picture(["signed", "催缴2025-000002"]) != made
    start = made.index(b"IDAT")
    length = int.from_bytes(made[start - 4 : start], "big")
    assert len(zlib.decompress(made[start + 4 : start + 4 + length])) == 24 * 49
