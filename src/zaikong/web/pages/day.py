"""What does a collector do today, in which order, and what came of it?"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import HANDLE_CASES, PLAN_WORK, SERVE_NOTICES, Role, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import day_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, case_acts, case_words, proofs
from zaikong.web.business_day import business_date, business_time
from zaikong.web.form_fields import UnableToReadFieldError
from zaikong.web.frame import page, shown

MOST_UNLISTED: Final = 30
"""Cases on no list that are looked at: the largest of them."""

_CALLS: Final = ("CALL", "FINAL_NOTICE")
_NOTES: Final = ("LEGAL_LETTER",)
_NOTICES: Final = {"DEMAND_NOTICE": "demand", "STOP_NOTICE": "stop"}
_PEOPLE_STEPS: Final = ("PHONE_CALL", "VISIT", "DEMAND_NOTICE", "FIELD_ORDER", "STOP_NOTICE")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list as it is shown.

    Attributes:
        row: The row.
        kind: `call`, `visit`, `serve` or `note`: which form takes its outcome.
        action: What is to be done.
        why: Why this one, why today.
        notice: The notice to be served, None where there is none.
        overdue_days: Days overdue [day].
        companion: Who goes along, empty for nobody.
    """

    row: Any
    kind: str
    action: Any
    why: list[str]
    notice: Any
    overdue_days: int
    companion: str


@page("zaikong.view_worklistrow")
@require_http_methods(["GET", "HEAD", "POST"])
def day_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """The list of a day; posted, a row is done or dropped, or the list is changed or planned again."""
    collectors = queries.collectors(group=Role.COLLECTOR.value, scope=scope)
    chosen = _collector(request, collectors)
    if request.method != "POST":
        return _shown(request, scope, collectors, chosen)
    act = asked.text(request.POST, "act")
    if act not in _ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    rights, run = _ACTS[act]
    if not any(request.user.has_perm(permission(right)) for right in rights):
        raise PermissionDenied
    kept: list[int] = []
    try:
        messages.success(request, run(request, scope, chosen, kept))
    except Refusal as refusal:
        return _shown(request, scope, collectors, chosen, refusal=refusal, kept=kept)
    return redirect(f"{reverse('day')}?staff={chosen.pk}" if chosen and chosen != request.user else reverse("day"))


def _collector(request: HttpRequest, collectors: Any) -> Any:
    """Whose list is shown: the reader's own, or the one a reader who has none of their own asks for."""
    if not _may_choose(request):
        return request.user
    wanted = asked.number(request.GET, "staff")
    return next((one for one in collectors if one.pk == wanted), collectors[0] if collectors else None)


def _may_choose(request: HttpRequest) -> bool:
    return bool(
        request.user.has_perm(permission(PLAN_WORK)) or not request.user.groups.filter(name=Role.COLLECTOR).exists()
    )


def _shown(
    request: HttpRequest,
    scope: Scope,
    collectors: Any,
    chosen: Any,
    *,
    refusal: Refusal | None = None,
    kept: list[int] | None = None,
) -> HttpResponse:
    today, now = business_date(), business_time()
    known = case_words.actions(as_of=today)
    rows = queries.rows_of(chosen.pk, as_of=today, scope=scope) if chosen else []
    names = {one.pk: str(one) for one in collectors}
    notices = queries.notices_to_serve([row.case_id for row in rows if row.action in _NOTICES])
    lines = [_line(row, known, notices, names, today) for row in rows]
    to_do = [line for line in lines if line.row.state == "listed"]
    may_plan = request.user.has_perm(permission(PLAN_WORK))
    posted = asked.number(request.POST, "row") if refusal else None
    # a row that is gone from the list has no place of its own to be refused at
    act_row = posted if any(line.row.pk == posted for line in to_do) else None
    return shown(
        request,
        "zaikong/day.html",
        title=_("The day's work"),
        status=409 if refusal else 200,
        scope=scope,
        business_date=today,
        now=now,
        chosen=chosen,
        mine=chosen == request.user,
        collectors=collectors if _may_choose(request) else [],
        plan=queries.plan_of(chosen.station_id, as_of=today) if chosen and chosen.station_id else None,
        calls=[line for line in to_do if not line.row.route],
        routes=[(route, list(group)) for route, group in groupby([one for one in to_do if one.row.route], _route)],
        finished=[line for line in lines if line.row.state != "listed"],
        totals=_totals(to_do),
        unlisted=_unlisted(request, chosen, scope, today),
        changes=queries.changes(as_of=today, scope=scope) if may_plan else [],
        actions=known,
        may_plan=may_plan,
        may_act=chosen is not None and (chosen == request.user or may_plan),
        call_outcomes=case_words.CALLS.items(),
        visit_outcomes=case_words.VISITS.items(),
        services=case_words.SERVICES.items(),
        standings=case_words.STANDINGS.items(),
        refusal=refusal,
        act=asked.text(request.POST, "act") if refusal else "",
        act_row=act_row,
        typed=request.POST if refusal else {},
        kept_count=len(set(kept or [])),
        kept_token=_token(act_row, lines, kept),
    )


def _token(act_row: int | None, lines: list[Line], kept: list[int] | None) -> str:
    case = next((line.row.case for line in lines if line.row.pk == act_row), None)
    return proofs.token(case_acts.subject(case), kept or []) if case else ""


def _route(line: Line) -> str:
    return str(line.row.route)


def _line(row: Any, known: Any, notices: Any, names: dict[int, str], today: Any) -> Line:
    kind = _NOTICES.get(row.action, "")
    return Line(
        row=row,
        kind="call" if row.action in _CALLS else "note" if row.action in _NOTES else "serve" if kind else "visit",
        action=known.get(row.action),
        why=case_words.why_said(row, known),
        notice=next((one for one in notices.get(row.case_id, ()) if one.kind == kind), None),
        overdue_days=max((today - row.case.overdue_since_date).days, 0),
        companion=names.get(row.why.get("companion") or 0, ""),
    )


def _totals(lines: list[Line]) -> dict[str, int]:
    return {
        "rows": len(lines),
        "minutes": sum(line.row.minutes for line in lines),
        "exposure_fen": sum(line.row.exposure_fen for line in lines),
        "expected_fen": sum(line.row.expected_fen for line in lines),
    }


def _unlisted(request: HttpRequest, chosen: Any, scope: Scope, today: Any) -> list[dict[str, Any]]:
    """Own cases on nobody's list whose ladder has a person's step today."""
    from zaikong.application.collection.climbing import where_debts_stand  # noqa: PLC0415 -- loads the rules

    if chosen is None or not request.user.has_perm("zaikong.view_collectioncase"):
        return []
    cases = queries.on_no_list(chosen, as_of=today, scope=scope, most=MOST_UNLISTED)
    if not cases:
        return []
    stands = where_debts_stand(as_of=today, accounts=[case.account_id for case in cases])
    steps: dict[int, Any] = {}
    for row in stands.sort("rank").iter_rows(named=True):
        if row["step"] in _PEOPLE_STEPS:
            steps[row["account"]] = row
    named = {(row["ladder"], row["step"]): None for row in steps.values()}
    titles = {key: case_words.step_named(*key, as_of=today) for key in named}
    return [
        {
            "case": case,
            "step": titles[steps[case.account_id]["ladder"], steps[case.account_id]["step"]],
            "days": (today - case.overdue_since_date).days,
        }
        for case in cases
        if case.account_id in steps
    ]


def _posted_row(request: HttpRequest, scope: Scope) -> Any:
    number = asked.number(request.POST, "row")
    row = queries.row_by_id(number, as_of=business_date(), scope=scope) if number is not None else None
    if row is None:
        raise Http404(_("No such row is in your sight."))
    return row


def _done(request: HttpRequest, scope: Scope, _chosen: Any, kept: list[int]) -> str:
    """Write down what came of a row, and tick it off."""
    from zaikong.application.worklist.planning import tick_off  # noqa: PLC0415 -- loads the planner on first use

    row = _posted_row(request, scope)
    if row.staff_id != request.user.pk and not request.user.has_perm(permission(PLAN_WORK)):
        raise PermissionDenied
    now = business_time()
    proofs.keep_proofs(request, case_acts.subject(row.case), now, kept)
    form = case_acts.Form(request, row.case, kept, now)
    with transaction.atomic():
        tick_off(row.pk, staff=request.user, at=now)
        return _written_down(form, row)


def _written_down(form: case_acts.Form, row: Any) -> str:
    if row.action in _CALLS:
        return case_acts.ACTS["call"].run(form)
    if row.action in _NOTES:
        return case_acts.ACTS["note"].run(form)
    if row.action in _NOTICES and form.text("outcome") in case_words.SERVICES:
        return _served(form, row)
    return case_acts.ACTS["visit"].run(form)


def _served(form: case_acts.Form, row: Any) -> str:
    from zaikong.application.notice_service import record_service  # noqa: PLC0415 -- loads the law on first use

    if not form.request.user.has_perm(permission(SERVE_NOTICES)):
        raise PermissionDenied
    kind = _NOTICES[row.action]
    waiting = queries.notices_to_serve([row.case_id]).get(row.case_id, ())
    notice = next((one for one in waiting if one.kind == kind), None)
    if notice is None:
        raise UnableToReadFieldError(
            f"no {kind} notice of case {row.case_id} waits to be served",
            code="NOTICE_MISSING",
            fields={"case": row.case_id},
            remedy="Issue the notice first, or write the visit down.",
        )
    record_service(
        notice_no=notice.notice_no,
        method=form.text("outcome"),
        served_at=form.at(),
        staff=form.request.user,
        as_of=business_date(),
        evidence=form.evidence,
        receiver_name=form.text("spoken_to"),
        receiver_standing=form.text("receiver_standing"),
        witnesses=form.witnesses(),
        note=form.text("note"),
    )
    return _("The service is recorded.")


def _drop(request: HttpRequest, scope: Scope, _chosen: Any, _kept: list[int]) -> str:
    from zaikong.application.worklist.dropping import drop_row  # noqa: PLC0415 -- as above

    row = _posted_row(request, scope)
    drop_row(row.pk, reason=asked.text(request.POST, "reason"), staff=request.user, at=business_time())
    return _("The row is left out today.")


def _plan(_request: HttpRequest, _scope: Scope, chosen: Any, _kept: list[int]) -> str:
    from zaikong.application.documents.letterhead import letterhead  # noqa: PLC0415 -- as above
    from zaikong.application.worklist.planning import plan_day  # noqa: PLC0415 -- as above

    if chosen is None:
        raise Http404(_("No collector is in your sight."))
    made = plan_day(
        business_date=business_date(),
        at=business_time(),
        station_id=chosen.station_id,
        jurisdiction=letterhead().jurisdiction,
    )
    return _("Planned: %(rows)d rows for %(cases)d cases.") % {"rows": made.rows, "cases": made.cases}


def _change(request: HttpRequest, scope: Scope, chosen: Any, _kept: list[int]) -> str:
    from zaikong.application.documents.letterhead import letterhead  # noqa: PLC0415 -- as above
    from zaikong.application.worklist.planning import change_by_hand  # noqa: PLC0415 -- as above

    kind = asked.text(request.POST, "act")
    case = queries.case_of_number(asked.text(request.POST, "account_no"), scope=scope)
    if case is None:
        raise UnableToReadFieldError(
            "no living case of this account is in sight",
            code="CASE_UNKNOWN",
            fields={"account_no": asked.text(request.POST, "account_no")},
            remedy="Look the account up again.",
        )
    made = change_by_hand(
        business_date=business_date(),
        case_id=case.pk,
        kind="pin" if kind == "pin" else "exclude" if kind == "exclude" else "release",
        reason=asked.text(request.POST, "reason"),
        changed_by=request.user,
        at=business_time(),
        collector=chosen if kind == "pin" else None,
        action=asked.text(request.POST, "action") if kind == "pin" else "",
        jurisdiction=letterhead().jurisdiction,
    )
    missing = [found for found in made.findings if str(case.pk) in found.subject]
    if missing:
        messages.warning(request, _("It could not be listed as asked: %(why)s") % {"why": missing[0].message})
    return _("The list is changed and planned again.")


_ACTS: Final = {
    "done": ((HANDLE_CASES,), _done),
    "drop": ((HANDLE_CASES, PLAN_WORK), _drop),
    "plan": ((PLAN_WORK,), _plan),
    "pin": ((PLAN_WORK,), _change),
    "exclude": ((PLAN_WORK,), _change),
    "release": ((PLAN_WORK,), _change),
}
"""What can be done here, the rights of which one is needed, and how."""
