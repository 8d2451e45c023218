"""Which cases are open, what happened in one of them, and what can be done next?"""

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import APPROVE_CASES, DECIDE_DISPUTES, HANDLE_CASES, permission
from zaikong.domain.credit.behaviour_table import GRADE_NAMES
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import case_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.store.queries.warning_page import stations
from zaikong.web import asked, case_acts, case_words, labels, proofs
from zaikong.web.business_day import business_date, business_time
from zaikong.web.frame import page, page_number, shown
from zaikong.web.owed import late_fee_of_account
from zaikong.web.pages.accounts import account_in_sight, tab_page

_VIEW: Final = "zaikong.view_collectioncase"
_PREVIEW: Final = "preview"
_FRONT: Final = 12
"""Entries of the history shown at once."""


@page(_VIEW)
@require_GET
def case_list(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Cases in sight, by state, with what is open in them."""
    today = business_date()
    chosen = _chosen(request, scope)
    sums = queries.by_state(replace(chosen, state=""), scope=scope, as_of=today)
    return shown(
        request,
        "zaikong/cases.html",
        title=_("Collection cases"),
        scope=scope,
        chosen=chosen,
        chosen_from=asked.text(request.GET, "from"),
        business_date=today,
        rows=queries.cases(chosen, scope=scope, as_of=today, page=page_number(request)),
        sums=sums,
        states=queries.State.choices,
        total={"cases": sum(row.cases for row in sums), "open_fen": sum(row.open_fen for row in sums)},
        collectors=queries.collectors(scope=scope),
        stations=stations(scope=scope),
        grades=list(enumerate(GRADE_NAMES, start=1)),
        categories=labels.CATEGORIES.items(),
        ladder_names={row: case_words.ladder_name(row, as_of=today) for row in case_words.ladders(as_of=today)},
    )


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def case_page(request: HttpRequest, case_id: int, *, scope: Scope) -> HttpResponse:
    """One case: its head, its ladder, its history; posted, something is done in it."""
    case = _in_sight(case_id, scope)
    if request.method != "POST":
        return _shown(request, case)
    act = asked.text(request.POST, "act")
    if act == _PREVIEW:
        return _previewed(request, case)
    if act not in case_acts.ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not request.user.has_perm(permission(case_acts.ACTS[act].right)):
        raise PermissionDenied
    kept: list[int] = []
    try:
        told = case_acts.do(act, request, case, kept)
    except Refusal as refusal:
        return _shown(request, _in_sight(case_id, scope), refusal=refusal, act=act, kept=kept)
    messages.success(request, told)
    return redirect("case", case_id)


@page(_VIEW)
@require_GET
def case_ladder(request: HttpRequest, case_id: int, *, scope: Scope) -> HttpResponse:
    """Where a case stands on its ladder and what comes next; asked for by the case's page, it comes alone."""
    case = _in_sight(case_id, scope)
    today = business_date()
    told = {"case": case, "ahead": _ahead(case, today), "ladder": case_words.ladder_name(case.ladder, as_of=today)}
    if request.htmx:
        return TemplateResponse(request, "zaikong/case_ladder.html", told)
    return shown(request, "zaikong/case_ladder_page.html", title=f"{_('Case')} {case.pk}", **told)


@page("zaikong.view_evidence")
@require_GET
def evidence_file(_request: HttpRequest, evidence_id: int, *, scope: Scope) -> HttpResponse:
    """A proof to the byte; a browser saves it and never guesses what it is."""
    found = queries.evidence_by_id(evidence_id, scope=scope)
    if found is None:
        raise Http404(_("No such proof is in your sight."))
    return proof_answer(found)


def proof_answer(found: Any) -> HttpResponse:
    """A proof as a file to be saved, whatever it says it is."""
    name = found.file_name or f"{found.sha256[:16]}"
    return HttpResponse(
        bytes(found.content),
        content_type=found.media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


@page(_VIEW)
@require_GET
def account_collection(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its cases."""
    account = account_in_sight(account_no, scope)
    rows = queries.cases_of_account(account.pk, scope=scope)
    return tab_page(request, account, "collection", cases=rows)


def _in_sight(case_id: int, scope: Scope) -> Any:
    case = queries.case_by_id(case_id, scope=scope)
    if case is None:
        raise Http404(_("No such case is in your sight."))
    return case


def _previewed(request: HttpRequest, case: Any) -> HttpResponse:
    """The page with the schedule a proposal would have."""
    from zaikong.application.collection.schedule_preview import preview_instalments  # noqa: PLC0415 -- loads the rules

    if not request.user.has_perm(permission(HANDLE_CASES)):
        raise PermissionDenied
    form = case_acts.Form(request, case, [], business_time())
    try:
        schedule = preview_instalments(case=case.pk, staff=request.user, at=form.now, **case_acts.schedule_asked(form))
    except Refusal as refusal:
        return _shown(request, case, refusal=refusal, act="propose")
    return _shown(request, case, act="propose", schedule=schedule)


def _shown(
    request: HttpRequest,
    case: Any,
    *,
    refusal: Refusal | None = None,
    act: str = "",
    kept: list[int] | None = None,
    schedule: Any = None,
) -> HttpResponse:
    now, today = business_time(), business_date()
    entries = queries.timeline(case)
    entries.reverse()
    return shown(
        request,
        "zaikong/case.html",
        title=f"{_('Case')} {case.pk} {case.account.account_no}",
        status=409 if refusal else 200,
        case=case,
        head=queries.case_head(case, at=now),
        late_fee_fen=late_fee_of_account(case.account),
        ladder=case_words.ladder_name(case.ladder, as_of=today),
        entries=entries[:_FRONT],
        older=entries[_FRONT:],
        items=queries.open_items_of(case.account_id),
        business_date=today,
        now=now,
        refusal=refusal,
        act=act,
        typed={act: request.POST} if act else {},
        kept_token=proofs.token(case_acts.subject(case), kept or []),
        kept_count=len(set(kept or [])),
        schedule=schedule,
        **_choices(request, case),
    )


def _choices(request: HttpRequest, case: Any) -> dict[str, Any]:
    may_handle = request.user.has_perm(permission(HANDLE_CASES))
    return {
        "may_handle": may_handle,
        "may_approve": request.user.has_perm(permission(APPROVE_CASES)),
        "may_decide": request.user.has_perm(permission(DECIDE_DISPUTES)),
        "may_see_files": request.user.has_perm("zaikong.view_evidence"),
        "takers": queries.takers(account=case.account) if may_handle else [],
        "calls": case_words.CALLS.items(),
        "visits": case_words.VISITS.items(),
        "channels": case_words.PROMISE_CHANNELS.items(),
        "decisions": case_words.DECISIONS.items(),
        "reasons": queries.PROTECTION_REASONS,
        "findings": queries.REVIEW_OUTCOMES,
    }


def _ahead(case: Any, today: Any) -> Any:
    """The ladder of a living case, by the nightly rule."""
    if case.state == queries.State.CLOSED:
        return None
    from zaikong.application.collection.ahead import ahead_of  # noqa: PLC0415 -- loads the rules on first use
    from zaikong.application.documents.letterhead import letterhead  # noqa: PLC0415 -- as above

    return ahead_of(
        case.account_id,
        as_of=today,
        resident=case.account.category == "residential",
        jurisdiction=letterhead().jurisdiction,
    )


def _chosen(request: HttpRequest, scope: Scope) -> queries.Asked:
    state, order = asked.text(request.GET, "state"), asked.text(request.GET, "order")
    return queries.Asked(
        state=state if state in queries.State.values else "",
        collector=asked.number(request.GET, "collector"),
        station=asked.number(request.GET, "station") if scope.whole_county else None,
        category=asked.text(request.GET, "category"),
        grade=asked.number(request.GET, "grade"),
        overdue_days=asked.number(request.GET, "days"),
        from_fen=_fen(asked.text(request.GET, "from")),
        text=asked.text(request.GET, "q"),
        order=order if order in queries.ORDERS else "age",
    )


def _fen(typed: str) -> int | None:
    """Yuan of an address as fen, None where they cannot be read."""
    try:
        return fen_of_yuan(typed) if typed else None
    except Refusal:
        return None
