"""What do the pages of bill runs show?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from zaikong.store.models import Bill, BillDraft, BillFinding, BillRun
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 30


@dataclass(frozen=True, slots=True)
class RunTotals:
    """A run's figures within the reader's sight.

    Attributes:
        bills: Bills released.
        held: Bills that wait for a person.
        decided: Held bills released or discarded since.
        centi_kwh: Energy released [0.01 kWh].
        parts: Column of the bill to its sum [fen].
        total_fen: Money released [fen].
        held_fen: Money that waits [fen].
    """

    bills: int
    held: int
    decided: int
    centi_kwh: int
    parts: dict[str, int]
    total_fen: int
    held_fen: int


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often a check found something in a run."""

    code: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class HeldBill:
    """A held draft with what holds it."""

    draft: BillDraft
    findings: Sequence[BillFinding]


PARTS = ("energy_fen", "capacity_fen", "power_factor_fen", "surcharge_fen", "fund_fen", "other_fen")
"""Columns of a bill that add up to its total."""


def runs(*, page: int, month: int | None = None) -> Page[BillRun]:
    """One page of bill runs, newest first; counts of drafts still waiting come as `waiting`."""
    rows = BillRun.objects.annotate(waiting=Count("billdraft", filter=Q(billdraft__state="held")))
    if month is not None:
        rows = rows.filter(month=month)
    return Paginator(rows.order_by("-run_date", "-id"), PAGE_ROWS).get_page(page)


def run_months() -> list[int]:
    """Billing months that have a run, newest first [YYYYMM]."""
    return list(BillRun.objects.order_by("-month").values_list("month", flat=True).distinct())


def run_by_id(run_id: int) -> BillRun | None:
    """A bill run, or None."""
    return BillRun.objects.filter(pk=run_id).first()


def totals_of(run: BillRun, *, scope: Scope) -> RunTotals:
    """The run's figures within sight: two queries."""
    released = Bill.objects.filter(scope.rows("account"), run=run).aggregate(
        bills=Count("id"),
        total_fen=Sum("total_fen", default=0),
        centi_kwh=Sum("centi_kwh", default=0),
        **{part: Sum(part, default=0) for part in PARTS},
    )
    held = BillDraft.objects.filter(scope.rows("account"), run=run).aggregate(
        held=Count("id", filter=Q(state="held")),
        decided=Count("id", filter=~Q(state="held")),
        held_fen=Sum("total_fen", filter=Q(state="held"), default=0),
    )
    return RunTotals(
        bills=released["bills"],
        total_fen=released["total_fen"],
        centi_kwh=released["centi_kwh"],
        parts={part: released[part] for part in PARTS},
        **held,
    )


def finding_counts(run: BillRun, *, scope: Scope) -> list[FindingCount]:
    """Findings of the run by code, those that hold first, then the most frequent."""
    rows = (
        BillFinding.objects.filter(scope.rows("account"), run=run)
        .values("code", "severity")
        .annotate(count=Count("id"))
        .order_by("severity", "-count", "code")
    )
    return [FindingCount(**row) for row in rows]


def held_bills(
    *, scope: Scope, page: int, run: BillRun | None = None, code: str = "", state: str = "held"
) -> Page[HeldBill]:
    """One page of drafts in a state with their findings, the largest amount first: three queries.

    Args:
        scope: Part of the county seen.
        page: Page number from 1.
        run: Only drafts of this run.
        code: Only drafts with this finding; empty for all.
        state: `held`, `released` or `discarded`.
    """
    rows = (
        BillDraft.objects.filter(scope.rows("account"), state=state)
        .select_related("account__customer", "account__supply_point__premise__station", "decided_by", "bill", "run")
        .order_by("-total_fen", "id")
    )
    if run is not None:
        rows = rows.filter(run=run)
    if code:
        rows = rows.filter(Exists(_findings_of_draft().filter(code=code)))
    found = Paginator(rows, PAGE_ROWS).get_page(page)
    drafts = list(found.object_list)
    findings = defaultdict(list)
    for finding in BillFinding.objects.filter(
        run_id__in={draft.run_id for draft in drafts}, account_id__in=[draft.account_id for draft in drafts]
    ).order_by("severity", "code", "id"):
        findings[finding.run_id, finding.account_id, finding.month].append(finding)
    found.object_list = [HeldBill(draft, findings[draft.run_id, draft.account_id, draft.month]) for draft in drafts]
    return found


def held_codes(*, scope: Scope) -> list[FindingCount]:
    """How many held bills each holding check has stopped, the most frequent first."""
    waiting = BillDraft.objects.filter(
        state="held", run=OuterRef("run"), account=OuterRef("account"), month=OuterRef("month")
    )
    rows = (
        BillFinding.objects.filter(scope.rows("account"), Exists(waiting), severity="hold")
        .values("code", "severity")
        .annotate(count=Count("id"))
        .order_by("-count", "code")
    )
    return [FindingCount(**row) for row in rows]


def _findings_of_draft() -> QuerySet[BillFinding]:
    return BillFinding.objects.filter(run=OuterRef("run"), account=OuterRef("account"), month=OuterRef("month"))


def draft_by_id(draft_id: int, *, scope: Scope) -> BillDraft | None:
    """A draft with its account and run, or None when out of sight."""
    return (
        BillDraft.objects.filter(scope.rows("account"), pk=draft_id)
        .select_related("account__customer", "account__supply_point__premise__station", "run", "decided_by", "bill")
        .first()
    )


def findings_of(draft: BillDraft) -> list[BillFinding]:
    """What holds a draft, and the notes beside it."""
    return list(
        BillFinding.objects.filter(run_id=draft.run_id, account_id=draft.account_id, month=draft.month).order_by(
            "severity", "code", "id"
        )
    )
