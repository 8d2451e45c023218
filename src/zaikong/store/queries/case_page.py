"""What do the pages of collection show: the cases in sight, one case's head and its history?

A case is seen by who sees its account. Every function asks a fixed number of queries, however many rows it tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import (
    CaseEvent,
    CaseEventEvidence,
    CasePause,
    CollectionCase,
    CreditStanding,
    CutOrder,
    Dispute,
    Evidence,
    Instalment,
    InstalmentAgreement,
    MessageItem,
    Notice,
    OpenItem,
    OutboundMessage,
    Payment,
    PromiseToPay,
    Protection,
    Staff,
    VulnerableReview,
)
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 50

NOBODY = 0
"""In place of a collector: cases that nobody has."""

ORDERS = {
    "age": ("overdue_since_date", "-open_fen", "id"),
    "amount": ("-open_fen", "overdue_since_date", "id"),
    "newest": ("-overdue_since_date", "-open_fen", "id"),
}
"""How a list may be ordered: the longest overdue, the largest amount, or the newest first."""

EVENT_KINDS = CaseEvent.Kind
"""What may happen in a case."""

PROTECTION_REASONS = Protection.Reason.choices
REVIEW_OUTCOMES = VulnerableReview.Outcome.choices
"""What a form offers: value and label."""

State = CollectionCase.State
"""Where a case stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases a reader asks for; None and an empty text let every one through.

    Attributes:
        state: One of `State`; without it every case that is not closed.
        collector: Key of the collector, `NOBODY` for cases without one.
        station: Key of the station.
        ladder: Name of the ladder.
        category: User category of the account.
        overdue_days: At least so many days overdue [day].
        from_fen: At least so much open [fen].
        hardship: Whether only cases in hardship.
        text: Part of an account number or of a customer's name.
        grade: Number of the behaviour grade, 0 for accounts without one.
        order: One of `ORDERS`; another word is the first of them.
    """

    state: str = ""
    collector: int | None = None
    station: int | None = None
    ladder: str = ""
    category: str = ""
    overdue_days: int | None = None
    from_fen: int | None = None
    hardship: bool = False
    text: str = ""
    grade: int | None = None
    order: str = ""


@dataclass(frozen=True, slots=True)
class StateSum:
    """Cases in one state: how many, and what is open in them [fen]."""

    state: str
    cases: int
    open_fen: int


@dataclass(frozen=True, slots=True)
class CaseHead:
    """The figures at the head of a case.

    Attributes:
        case: The case with its account, customer and collector.
        overdue_days: Days since the oldest due day [day].
        overdue_fen: Principal past its due day, disputed included [fen].
        disputed_fen: Of it what is disputed [fen].
        not_due_fen: Principal not yet due [fen].
        in_transit_fen: Money accepted and not yet arrived [fen].
        prepaid_fen: Prepaid balance [fen].
        grade: Number of the behaviour grade, 0 for none.
        probability_ppm: Probability of loss, None for none.
        promise: The open promise.
        pause: The pause that runs.
        agreement: The draft or active agreement.
        instalments: Its schedule.
        disputes: Open disputes.
        protections: Protections in force.
        review: The last look at the home, None for none.
        cut_order: The cut order that lives.
        notices: Notices of this episode, the latest first.
        broken_promises: Promises broken in this case.
        contacts: Calls and visits so far.
        last_contact_at: The last of them.
    """

    case: CollectionCase
    overdue_days: int
    overdue_fen: int
    disputed_fen: int
    not_due_fen: int
    in_transit_fen: int
    prepaid_fen: int
    grade: int
    probability_ppm: int | None
    promise: PromiseToPay | None
    pause: CasePause | None
    agreement: InstalmentAgreement | None
    instalments: Sequence[Instalment]
    disputes: Sequence[Dispute]
    protections: Sequence[Protection]
    review: VulnerableReview | None
    cut_order: CutOrder | None
    notices: Sequence[Notice]
    broken_promises: int
    contacts: int
    last_contact_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history.

    Attributes:
        at: When.
        kind: Kind of the event, or `queued` for a message that waits and `in_transit` for money on its way.
        outcome: What came of it.
        amount_fen: Amount, None where there is none [fen].
        note: What was said.
        staff: Who did it, None for the system.
        facts: What else is kept.
        evidence: Proofs, without their content.
        message: The message it tells of.
        notice: The notice it tells of.
        order: The cut order it tells of.
        recorded_at: When it was written down.
    """

    at: datetime
    kind: str
    outcome: str = ""
    amount_fen: int | None = None
    note: str = ""
    staff: Staff | None = None
    facts: dict[str, object] = field(default_factory=dict)
    evidence: Sequence[Evidence] = ()
    message: OutboundMessage | None = None
    notice: Notice | None = None
    order: CutOrder | None = None
    recorded_at: datetime | None = None


def cases(asked: Asked, *, scope: Scope, as_of: date, page: int) -> Page[CollectionCase]:
    """One page of cases in the order asked for, without which the longest overdue come first.

    Args:
        asked: The filter.
        scope: What the reader sees.
        as_of: The business date.
        page: Number of the page.
    """
    rows = _asked(asked, scope=scope, as_of=as_of)
    ordered = rows.select_related(
        "account__customer", "account__supply_point__premise__station", "collector", "account__creditstanding"
    ).order_by(*ORDERS.get(asked.order, ORDERS["age"]))
    return Paginator(ordered, PAGE_ROWS).get_page(page)


def by_state(asked: Asked, *, scope: Scope, as_of: date) -> list[StateSum]:
    """The cases asked for by state, in the order of the states; one query."""
    rows = _asked(asked, scope=scope, as_of=as_of).values("state").annotate(cases=Count("id"), fen=Sum("open_fen"))
    found = {row["state"]: StateSum(row["state"], row["cases"], row["fen"]) for row in rows.order_by("state")}
    return [found[state] for state in State.values if state in found]


def collectors(*, scope: Scope) -> Sequence[Staff]:
    """Staff who have a living case in sight."""
    having = CollectionCase.objects.filter(scope.rows("account")).exclude(state=State.CLOSED)
    return list(Staff.objects.filter(pk__in=having.values("collector")).order_by("username"))


def takers(*, account: Any) -> Sequence[Staff]:
    """Collectors who may take a case of an account: of its station."""
    station = account.supply_point.premise.station_id
    able = Staff.objects.filter(is_active=True, groups__permissions__codename="handle_collectioncase")
    return list(able.filter(Q(station=station) | Q(station=None)).distinct().order_by("username"))


def belongs(case: CollectionCase, kind: str, number: int) -> bool:
    """Whether a promise, a dispute, a protection or an agreement is of a case's account."""
    tables: dict[str, QuerySet[Any]] = {
        "promise": PromiseToPay.objects.filter(case__account=case.account_id),
        "dispute": Dispute.objects.filter(account=case.account_id),
        "protection": Protection.objects.filter(account=case.account_id),
        "agreement": InstalmentAgreement.objects.filter(account=case.account_id),
    }
    return tables[kind].filter(pk=number).exists()


def open_items_of(account: int) -> Sequence[OpenItem]:
    """What an account owes, the oldest due day first."""
    return list(OpenItem.objects.filter(account_id=account, open_fen__gt=0).order_by("due_date", "bill_id"))


def case_by_id(case: int, *, scope: Scope) -> CollectionCase | None:
    """A case, open or closed, or None when out of sight."""
    seen = CollectionCase.objects.filter(scope.rows("account"), pk=case)
    found: CollectionCase | None = seen.select_related(
        "account__customer", "account__supply_point__premise__station", "collector"
    ).first()
    return found


def case_of_account(account: int, *, scope: Scope) -> CollectionCase | None:
    """The last case of an account, open or closed, or None."""
    seen = CollectionCase.objects.filter(scope.rows("account"), account_id=account)
    found: CollectionCase | None = seen.order_by("-id").first()
    return found


def cases_of_account(account: int, *, scope: Scope) -> Sequence[CollectionCase]:
    """Every case of an account, the last first."""
    seen = CollectionCase.objects.filter(scope.rows("account"), account_id=account)
    return list(seen.select_related("collector").order_by("-id"))


def case_head(case: CollectionCase, *, at: datetime) -> CaseHead:
    """The figures at the head of a case.

    Args:
        case: As `case_by_id` gives it.
        at: The moment; its local date is the business date.
    """
    today = at.astimezone(TIME_ZONE).date()
    account = case.account_id
    items = _items(account, today)
    transit = Payment.objects.filter(account_id=account, state=Payment.State.IN_TRANSIT).aggregate(
        fen=Sum("amount_fen")
    )
    standing = CreditStanding.objects.filter(account_id=account).first()
    agreement = (
        InstalmentAgreement.objects.filter(case=case, state__in=["draft", "active"])
        .select_related("proposed_by", "approved_by")
        .order_by("-id")
        .first()
    )
    touched = CaseEvent.objects.filter(case=case, kind__in=["call", "visit"]).aggregate(
        count=Count("id"), last=Max("at")
    )
    balance = getattr(case.account, "accountbalance", None)
    return CaseHead(
        case=case,
        overdue_days=(today - items["since"]).days if items["since"] else 0,
        overdue_fen=items["overdue"] or 0,
        disputed_fen=items["disputed"] or 0,
        not_due_fen=items["not_due"] or 0,
        in_transit_fen=transit["fen"] or 0,
        prepaid_fen=balance.prepaid_fen if balance else 0,
        grade=standing.grade if standing else 0,
        probability_ppm=standing.probability_ppm if standing else None,
        promise=PromiseToPay.objects.filter(case=case, state="open").select_related("taken_by").first(),
        pause=CasePause.objects.filter(case=case, ended_date=None, from_date__lte=today, to_date__gt=today).first(),
        agreement=agreement,
        instalments=list(Instalment.objects.filter(agreement=agreement)) if agreement else [],
        disputes=list(Dispute.objects.filter(account_id=account, state="open").select_related("bill").order_by("id")),
        protections=protections_at(account, at=at),
        review=VulnerableReview.objects.filter(account_id=account, reviewed_at__lte=at)
        .order_by("-reviewed_at")
        .first(),
        cut_order=CutOrder.objects.filter(account_id=account, state__in=["proposed", "approved", "reserved"]).first(),
        notices=list(Notice.objects.filter(case=case, episode=case.episode).order_by("-issued_at")),
        broken_promises=PromiseToPay.objects.filter(case=case, state="broken").count(),
        contacts=touched["count"],
        last_contact_at=touched["last"],
    )


def protections_at(account: int, *, at: datetime) -> list[Protection]:
    """Protections of an account in force at a moment, the one that ends first first."""
    live = Q(from_at__lte=at, to_at__gt=at) & (Q(ended_at=None) | Q(ended_at__gt=at))
    return list(Protection.objects.filter(live, account_id=account).select_related("approved_by").order_by("to_at"))


def timeline(case: CollectionCase) -> list[Entry]:
    """All that happened in a case, in order, with the messages, notices, cut orders and proofs it tells of.

    What has no event yet stands in its place: messages that wait to be sent, and money on its way.
    """
    events = list(CaseEvent.objects.filter(case=case).select_related("staff").order_by("at", "id"))
    proofs = _proofs(events)
    messages = _named(OutboundMessage.objects.all(), events, "message")
    notices = {notice.notice_no: notice for notice in Notice.objects.filter(case=case)}
    orders = _named(CutOrder.objects.all(), events, "order")
    told = [
        Entry(
            at=event.at,
            kind=event.kind,
            outcome=event.outcome,
            amount_fen=event.amount_fen,
            note=event.note,
            staff=event.staff,
            facts=event.facts,
            evidence=proofs.get(event.pk, ()),
            message=messages.get(_key(event, "message")),
            notice=notices.get(str(event.facts.get("notice_no", ""))),
            order=orders.get(_key(event, "order")),
            recorded_at=event.recorded_at,
        )
        for event in events
    ]
    return sorted([*told, *_waiting(case)], key=lambda entry: entry.at)


def answers_due(*, scope: Scope, until: date) -> list[Dispute]:
    """Open disputes to be answered by a day, the earliest first."""
    rows = Dispute.objects.filter(scope.rows("account"), state="open", answer_due_date__lte=until)
    return list(rows.select_related("account__customer", "bill", "recorded_by").order_by("answer_due_date", "id"))


def protections_to_review(*, scope: Scope, at: datetime, until: date) -> list[Protection]:
    """Protections in force that are to be looked at again by a day, the earliest first."""
    live = Q(to_at__gt=at) & (Q(ended_at=None) | Q(ended_at__gt=at))
    rows = Protection.objects.filter(scope.rows("account"), live, review_date__lte=until)
    return list(rows.select_related("account__customer", "approved_by").order_by("review_date", "id"))


def drafts_to_approve(*, scope: Scope) -> list[InstalmentAgreement]:
    """Drafts of agreements nobody has approved yet, the oldest first."""
    rows = InstalmentAgreement.objects.filter(scope.rows("account"), state="draft", approved_by=None)
    return list(rows.select_related("account__customer", "proposed_by", "case").order_by("proposed_date", "id"))


def evidence_by_id(evidence: int, *, scope: Scope) -> Evidence | None:
    """A proof with its content, when it belongs to an event of a case in sight."""
    seen = CaseEventEvidence.objects.filter(scope.rows("event__case__account"), evidence_id=evidence)
    found: Evidence | None = Evidence.objects.filter(pk__in=seen.values("evidence")).first()
    return found


def _asked(asked: Asked, *, scope: Scope, as_of: date) -> QuerySet[CollectionCase]:
    rows = CollectionCase.objects.filter(scope.rows("account"))
    rows = rows.filter(state=asked.state) if asked.state else rows.exclude(state=State.CLOSED)
    if asked.collector is not None:
        rows = rows.filter(collector=asked.collector or None)
    if asked.station is not None:
        rows = rows.filter(account__supply_point__premise__station=asked.station)
    if asked.ladder:
        rows = rows.filter(ladder=asked.ladder)
    if asked.category:
        rows = rows.filter(account__category=asked.category)
    if asked.overdue_days is not None:
        rows = rows.filter(overdue_since_date__lte=as_of - timedelta(days=asked.overdue_days))
    if asked.from_fen is not None:
        rows = rows.filter(open_fen__gte=asked.from_fen)
    if asked.hardship:
        rows = rows.filter(hardship=True)
    if asked.grade is not None:
        graded = Q(account__creditstanding=None) if asked.grade == 0 else Q(account__creditstanding__grade=asked.grade)
        rows = rows.filter(graded)
    if asked.text.strip():
        text = asked.text.strip()
        rows = rows.filter(Q(account__account_no__contains=text) | Q(account__customer__name__contains=text))
    return rows


def _items(account: int, today: date) -> dict[str, Any]:
    overdue = Q(due_date__lt=today)
    return OpenItem.objects.filter(account_id=account, open_fen__gt=0).aggregate(
        overdue=Sum("open_fen", filter=overdue),
        disputed=Sum("open_fen", filter=overdue & Q(disputed=True)),
        not_due=Sum("open_fen", filter=~overdue),
        since=Min("due_date", filter=overdue),
    )


def _proofs(events: Sequence[CaseEvent]) -> dict[int, list[Evidence]]:
    proofs: dict[int, list[Evidence]] = {}
    rows = CaseEventEvidence.objects.filter(event__in=[event.pk for event in events]).select_related("evidence")
    for row in rows.defer("evidence__content").order_by("id"):
        proofs.setdefault(row.event_id, []).append(row.evidence)
    return proofs


def _key(event: CaseEvent, name: str) -> int:
    """The key of what an event tells of; 0 for nothing."""
    value = event.facts.get(name)
    return value if isinstance(value, int) else 0


def _named(rows: QuerySet[Any], events: Sequence[CaseEvent], name: str) -> dict[int, Any]:
    keys = {_key(event, name) for event in events} - {0}
    return rows.in_bulk(keys) if keys else {}


def _waiting(case: CollectionCase) -> list[Entry]:
    queued = MessageItem.objects.filter(case=case, message__state__in=["queued", "sending", "unknown"])
    messages = OutboundMessage.objects.filter(pk__in=queued.values("message"))
    transit = Payment.objects.filter(account_id=case.account_id, state=Payment.State.IN_TRANSIT)
    return [
        *(Entry(at=row.queued_at, kind="queued", outcome=row.state, message=row) for row in messages.order_by("id")),
        *(
            Entry(at=row.paid_at, kind="in_transit", amount_fen=row.amount_fen, note=row.channel)
            for row in transit.order_by("id")
        ),
    ]
