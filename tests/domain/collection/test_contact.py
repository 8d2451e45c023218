"""When a message may go."""

from datetime import UTC, date, datetime

import pytest

from zaikong.domain.collection.contact import ContactTerms, contact_terms, next_allowed
from zaikong.kernel.dated import UnableToFindValueError
from zaikong.kernel.period import TIME_ZONE

TERMS = contact_terms(as_of=date(2025, 9, 1)).value


def when(text, channel="sms"):
    asked = datetime.fromisoformat(text).replace(tzinfo=TIME_ZONE)
    return f"{next_allowed(asked, channel=channel, terms=TERMS):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("2025-09-10 08:29", "2025-09-10 08:30"),
        ("2025-09-10 08:30", "2025-09-10 08:30"),
        ("2025-09-10 20:59", "2025-09-10 20:59"),
        ("2025-09-10 21:00", "2025-09-11 08:30"),
        ("2025-09-10 00:00", "2025-09-10 08:30"),
        ("2025-12-31 22:00", "2026-01-04 08:30"),
        ("2024-02-28 21:30", "2024-02-29 08:30"),
    ],
)
def test_a_text_outside_its_hours_waits(asked, sent):
    assert when(asked) == sent


def test_a_holiday_is_quiet_and_an_ordinary_weekend_is_not():
    assert when("2025-09-13 10:00") == "2025-09-13 10:00"
    assert when("2025-10-01 10:00") == "2025-10-09 08:30"
    assert when("2025-09-28 10:00") == "2025-09-28 10:00"  # a Sunday worked in exchange


def test_a_weekend_inside_a_holiday_is_quiet_with_it():
    assert when("2025-05-03 10:00") == "2025-05-06 08:30"
    assert when("2025-10-04 10:00") == "2025-10-09 08:30"


def test_a_voice_call_rests_on_weekends_and_an_e_mail_never():
    assert when("2025-09-13 10:00", "voice") == "2025-09-15 09:00"
    assert when("2025-10-01 03:00", "email") == "2025-10-01 03:00"


def test_a_time_of_another_zone_is_read_in_the_company_s():
    asked = datetime(2025, 9, 10, 1, 0, tzinfo=UTC)
    assert next_allowed(asked, channel="sms", terms=TERMS) == asked


@pytest.mark.parametrize(
    "window", [{"from_minute": 600, "to_minute": 600}, {"from_minute": 600, "to_minute": 60}, {"from_minute": -1}]
)
def test_a_window_that_never_opens_is_refused(window):
    terms = TERMS.model_dump()
    terms["windows"]["sms"] |= window
    with pytest.raises(ValueError, match=r"minute|closes"):
        ContactTerms.model_validate(terms)


def test_every_channel_has_its_hours():
    terms = TERMS.model_dump()
    del terms["windows"]["voice"]
    with pytest.raises(ValueError, match="every channel"):
        ContactTerms.model_validate(terms)


def test_before_the_first_terms_nobody_is_written_to():
    with pytest.raises(UnableToFindValueError):
        contact_terms(as_of=date(2014, 12, 31))
