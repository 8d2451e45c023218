"""How does an application get its first grade, and who may set it aside?

What the record knows is read from the record: the papers on file, the accounts the customer has, notices about the
customer. What it does not know is handed in. Every grading and every override is a row of its own; none is changed.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from zaikong.application.decision_log import log_act
from zaikong.application.grading import standing_facts, worst_signals
from zaikong.domain.credit import intake
from zaikong.domain.credit.intake_card import PAPER_NAMES
from zaikong.domain.credit.terms import propose_terms
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, ApplicationDocument, ConnectionApplication, FirstGrade, Staff

LONGEST_REASON = FirstGrade._meta.get_field("override_reason").max_length
"""Characters the reason of an override may have."""

_FROM_RECORD = ("category", "papers", "capacity_centi_kva", "earlier_accounts", "adverse_signal")


class UnableToGradeConnectionError(Refusal):
    """An application that cannot be graded so."""


@transaction.atomic
def grade_connection(
    application_no: str, facts: Mapping[str, Any], *, as_of: date, staff: Staff | None = None
) -> FirstGrade:
    """Grade an application by its papers and facts, and keep the grade with the terms it proposes.

    Args:
        application_no: Number of the application.
        facts: What the record does not know: see `intake.IntakeApplication`.
        as_of: Business date.
        staff: Who asks.

    Raises:
        UnableToGradeConnectionError: No such application, or a fact the record itself knows.
        UnableToGradeApplicationError: Facts that contradict each other.
    """
    application = _application(application_no)
    told = sorted(set(facts) & set(_FROM_RECORD))
    if told:
        raise UnableToGradeConnectionError(
            ", ".join(told) + " are read from the record",
            code="FACT_OF_THE_RECORD",
            fields={"facts": told},
            remedy="Leave them out, or mend the record.",
        )
    judged = intake.application_of({**_record(application, as_of=as_of), **facts})
    first = intake.grade_application(judged, as_of=as_of)
    bill = facts.get("monthly_bill_fen")
    terms: dict[str, Any] = {"monthly_bill_fen": bill}
    if first.grade is not None:  # no terms follow from a grade that is still open
        terms |= asdict(propose_terms(first.grade, category=first.category, monthly_bill_fen=bill, as_of=as_of))
    evidence = judged.model_dump(mode="json") | {"papers": sorted(judged.papers)}
    return _kept(application, first, terms, evidence, staff=staff)


@transaction.atomic
def override_first_grade(first_grade_id: int, *, grade: str, reason: str, staff: Staff, as_of: date) -> FirstGrade:
    """Put a clerk's grade in place of the proposed one; the proposal stays.

    Raises:
        UnableToGradeConnectionError: No such proposal, or one that was set aside already.
        UnableToOverrideGradeError: As `intake.overriding_grade` says, or `REASON_TOO_LONG`.
    """
    proposal = FirstGrade.objects.select_for_update().filter(pk=first_grade_id, overridden=None).first()
    if proposal is None or FirstGrade.objects.filter(application=proposal.application_id, pk__gt=proposal.pk).exists():
        raise UnableToGradeConnectionError(
            f"there is no proposal {first_grade_id} that can be set aside",
            code="PROPOSAL_UNKNOWN",
            fields={"first_grade": first_grade_id},
            remedy="Look again: it may have been set aside, or the application graded anew.",
        )
    known = intake.overriding_grade(proposal.card_grade, grade, reason, staff.get_username())
    if len(reason.strip()) > LONGEST_REASON:
        raise intake.UnableToOverrideGradeError(
            f"a reason has at most {LONGEST_REASON} characters",
            code="REASON_TOO_LONG",
            fields={"characters": len(reason.strip())},
            remedy="Say it shorter.",
        )
    bill = proposal.terms.get("monthly_bill_fen")
    terms = propose_terms(known, category=proposal.application.category, monthly_bill_fen=bill, as_of=as_of)
    kept = {
        name: getattr(proposal, name)
        for name in ("card_edition", "points", "lowest_points", "highest_points", "card_grade", "provisional")
    }
    override = FirstGrade.objects.create(
        **kept,
        application=proposal.application,
        graded_date=as_of,
        grade=known,
        items=proposal.items,
        facts=proposal.facts,
        vetoes=proposal.vetoes,
        missing=proposal.missing,
        terms={**asdict(terms), "monthly_bill_fen": bill},
        override_reason=reason.strip(),
        overridden=proposal,
        graded_by=staff,
    )
    body = {"first_grade": override.pk, "sets_aside": proposal.pk, "grade_before": proposal.grade, "grade": known}
    body |= {"card_grade": proposal.card_grade, "card_edition": proposal.card_edition}
    subject = proposal.application.application_no
    log_act(kind="first_grade_overridden", subject=subject, staff=staff, body=body, as_of=as_of, reason=reason)
    return override


def overrides_by_staff(*, from_date: date, to_date: date) -> dict[str, int]:
    """How often each member of staff set a proposal aside over `[from_date, to_date)`."""
    rows = FirstGrade.objects.filter(
        ~Q(overridden=None), graded_date__gte=from_date, graded_date__lt=to_date
    ).values_list("graded_by__username", flat=True)
    counts: dict[str, int] = {}
    for name in rows:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _application(application_no: str) -> ConnectionApplication:
    found = ConnectionApplication.objects.select_related("customer").filter(application_no=application_no).first()
    if found is None:
        raise UnableToGradeConnectionError(
            f"there is no application {application_no}",
            code="APPLICATION_UNKNOWN",
            fields={"application_no": application_no},
            remedy="Check the number.",
        )
    if found.state == ConnectionApplication.State.WITHDRAWN:
        raise UnableToGradeConnectionError(
            f"application {application_no} was withdrawn",
            code="APPLICATION_WITHDRAWN",
            fields={"application_no": application_no},
            remedy="Nothing is left to grade; the customer may apply anew.",
        )
    return found


def _record(application: ConnectionApplication, *, as_of: date) -> dict[str, Any]:
    """What the record knows: papers that are valid, earlier accounts, the worst notice."""
    papers = ApplicationDocument.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=as_of), application=application, kind__in=list(PAPER_NAMES)
    )
    return {
        "category": application.category,
        "papers": frozenset(papers.values_list("kind", flat=True)),
        "capacity_centi_kva": application.capacity_centi_kva or None,
        "earlier_accounts": tuple(_earlier(application, as_of=as_of)),
        "adverse_signal": int(worst_signals(as_of=as_of, customers=[application.customer_id])["adverse_signal"].sum()),
    }


def _earlier(application: ConnectionApplication, *, as_of: date) -> list[dict[str, Any]]:
    accounts = dict(
        Account.objects.filter(customer=application.customer, contract_date__lte=as_of)
        .exclude(pk=application.account_id)
        .values_list("id", "account_no")
    )
    if not accounts:
        return []
    facts = standing_facts(as_of=as_of, accounts=list(accounts))
    return [
        {
            "account_no": accounts[row["account"]],
            "bills": row["bills_12m"],
            "on_time": row["on_time_12m"],
            "arrears_fen": row["arrears_fen"],
        }
        for row in facts.sort("account").iter_rows(named=True)
    ]


def _kept(
    application: ConnectionApplication,
    first: intake.FirstGrade,
    terms: dict[str, Any],
    evidence: dict[str, Any],
    *,
    staff: Staff | None,
) -> FirstGrade:
    return FirstGrade.objects.create(
        application=application,
        graded_date=first.as_of,
        card_edition=first.card_edition,
        points=first.score,
        lowest_points=first.lowest_score,
        highest_points=first.highest_score,
        card_grade=first.grade or "",
        grade=first.grade or "",
        provisional=first.provisional,
        items=[asdict(item) for item in first.items],
        facts=evidence,
        vetoes=[asdict(each) | {"until": each.until and each.until.isoformat()} for each in first.vetoes],
        missing=[asdict(each) for each in first.missing],
        terms=terms,
        graded_by=staff,
    )
