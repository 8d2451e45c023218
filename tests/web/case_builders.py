"""Cases, lists of a day and files for the tests of the collection pages."""

from datetime import date
from typing import Any

import builders
from django.core.files.uploadedfile import SimpleUploadedFile

from zaikong.application.collection.nightly import run_cases
from zaikong.application.roles import Role
from zaikong.application.worklist.planning import plan_day
from zaikong.store.models import Account, CollectionCase, Staff, StaffCapacity, Station, WorkListRow
from zaikong.web.business_day import business_time

PNG = b"\x89PNG\r\n\x1a\nhouse"
PDF = b"%PDF-1.7\nsigned"


NIGHT = date(2025, 10, 8)
"""A night whose next day is a working day; the one after `builders.TODAY` is a holiday."""


def opened(county: builders.County, *, night: date = builders.TODAY) -> CollectionCase:
    """The case of the seen account after a night; that of the other station is opened too."""
    builders.day_book(night)
    run_cases(as_of=night)
    return CollectionCase.objects.get(account=county.seen)


def case_of(account: Account) -> CollectionCase:
    """The case of an account as it is stored now."""
    return CollectionCase.objects.get(account=account)


def more_cases(at: Station, count: int, *, night: date = builders.TODAY) -> None:
    """So many more cases at a station."""
    by = builders.run(202508)
    for _ in range(count):
        builders.bill(builders.account(at), by, total_fen=300_000, due_date=date(2025, 9, 1))
    run_cases(as_of=night)


def collector(at: Station, *, minutes: int = 400) -> Staff:
    """A collector of a station with hours and skills."""
    staff = builders.staff(Role.COLLECTOR, at)
    StaffCapacity.objects.create(staff=staff, minutes_a_day=minutes, wage_fen_an_hour=3000, skills=["certified"])
    return staff


def planned(county: builders.County, **fields: Any) -> tuple[Staff, WorkListRow]:
    """A collector of the near station with the planned list of a large debt, and its first row."""
    owing = builders.account(county.near, name="王五", category="industrial")
    builders.bill(owing, builders.run(202508), total_fen=5_000_000, due_date=date(2025, 9, 20), **fields)
    opened(county, night=NIGHT)
    staff = collector(county.near)
    plan_day(business_date=date(2025, 10, 9), at=business_time(), station_id=county.near.pk, steps=0)
    return staff, WorkListRow.objects.filter(staff=staff, case__account=owing).get()


def photo(name: str = "house.png", content: bytes = PNG) -> SimpleUploadedFile:
    """A picture as a browser sends it."""
    return SimpleUploadedFile(name, content, content_type="image/png")


def paper(name: str = "signed.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A paper as a browser sends it."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")
