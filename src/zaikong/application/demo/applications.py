"""How do the sample county's applications for supply get in, with their papers and first grades?

No file brings applications: an intake clerk takes them in one by one, grades them and now and then sets a proposal aside.
"""

from datetime import date, timedelta
from typing import Any

import polars as pl
from django.db import transaction

from zaikong.application.first_grading import grade_connection, override_first_grade
from zaikong.sim.applications import FACTS, application_papers, applications
from zaikong.sim.county import County
from zaikong.store.models import (
    Account,
    ApplicationDocument,
    ConnectionApplication,
    Customer,
    FirstGrade,
    Premise,
    Staff,
    Station,
)

_CENTI = 100
_GRADED_AFTER = timedelta(days=2)
_SET_ASIDE_EVERY = 6

_SET_ASIDE = {
    "A": ("B", "新设企业，先按分次结算观察半年"),
    "B": ("A", "集团公司书面承诺统一代扣，风险可控"),
    "C": ("B", "已签银行代扣协议，核实无不良记录"),
    "D": ("C", "法定代表人提供个人担保，主管同意"),
    "E": ("D", "历史欠费已于受理当日结清"),
}
"""Proposed grade to the one the clerk of the sample puts in its place, and why."""


@transaction.atomic
def load_applications(county: County, *, first_night: date) -> int:
    """Take the sample county's applications in, grade most of them, set a few proposals aside; run again, nothing changes.

    Args:
        county: The county; its customers are loaded.
        first_night: The applications came in before it.

    Returns:
        How many were taken in.
    """
    if ConnectionApplication.objects.exists():
        return 0
    rows = applications(county.seed, county.customers, first_night=first_night)
    papers = application_papers(county.seed, rows).partition_by("application_no", as_dict=True)
    clerk, _ = Staff.objects.get_or_create(username="intake", defaults={"is_active": False})
    stations = {station.code: station for station in Station.objects.all()}
    proposals = []
    for row in rows.iter_rows(named=True):
        application = _taken_in(row, stations)
        _hand_in(application, papers.get((row["application_no"],)))
        if row["graded"] and application.state != ConnectionApplication.State.WITHDRAWN:
            proposals.append(_graded(row, clerk, first_night))
    for proposal in proposals[::_SET_ASIDE_EVERY]:
        _set_aside(proposal, clerk)
    return rows.height


def _taken_in(row: dict[str, Any], stations: dict[str, Station]) -> ConnectionApplication:
    known = Account.objects.select_related("customer").filter(account_no=row["known_account_no"]).first()
    customer = known.customer if known else _customer(row)
    premise = Premise.objects.create(address=row["address"], station=stations[row["station"]], route=row["route"])
    return ConnectionApplication.objects.create(
        application_no=row["application_no"],
        customer=customer,
        premise=premise,
        category=row["category"],
        capacity_centi_kva=row["capacity_kva"] * _CENTI,
        state=row["state"],
        accepted_date=row["accepted_date"],
    )


def _customer(row: dict[str, Any]) -> Customer:
    return Customer.objects.create(
        name=row["name"], usci=row["usci"] or "", id_no=row["id_no"] or "", phone=row["phone"]
    )


def _hand_in(application: ConnectionApplication, papers: pl.DataFrame | None) -> None:
    if papers is None:
        return
    ApplicationDocument.objects.bulk_create(
        ApplicationDocument(application=application, **paper)
        for paper in papers.drop("application_no").iter_rows(named=True)
    )


def _graded(row: dict[str, Any], clerk: Staff, first_night: date) -> FirstGrade:
    facts = {name: row[name] for name in FACTS if row[name] is not None}
    day = min(row["accepted_date"] + _GRADED_AFTER, first_night - timedelta(days=1))
    return grade_connection(row["application_no"], facts, as_of=day, staff=clerk)


def _set_aside(proposal: FirstGrade, clerk: Staff) -> None:
    if proposal.grade:
        grade, reason = _SET_ASIDE[proposal.grade]
        override_first_grade(
            proposal.pk, grade=grade, reason=reason, staff=clerk, as_of=proposal.graded_date + timedelta(days=1)
        )
