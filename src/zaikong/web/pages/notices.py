"""Which notices are issued, what do they say, how were they served, and what can be done with them?"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import SERVE_NOTICES, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import notice_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.store.queries.warning_page import stations
from zaikong.web import asked, form_fields, paper_words, proofs
from zaikong.web.business_day import business_date, business_time
from zaikong.web.frame import page, page_number, shown

_VIEW: Final = "zaikong.view_notice"
_PRINTS: Final = ("print", "print_all")


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def notices_page(request: HttpRequest, *, scope: Scope) -> HttpResponseBase:
    """Notices in sight; posted, several are printed as one, or one is issued."""
    if request.method != "POST":
        return _list(request, scope)
    act = asked.text(request.POST, "act")
    if act not in {*_PRINTS, "issue"}:
        raise Http404(_("Nothing of this name can be done here."))
    if act == "issue" and not _may_serve(request):
        raise PermissionDenied
    try:
        if act in _PRINTS:
            return _printed(request, scope, every=act == "print_all")
        issued = _issue(request)
    except Refusal as refusal:
        return _list(request, scope, refusal=refusal, act=act)
    messages.success(request, _("Notice %(number)s is issued.") % {"number": issued.notice_no})
    return redirect("notice", issued.notice_no)


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def notice_page(request: HttpRequest, notice_no: str, *, scope: Scope) -> HttpResponse:
    """One notice as on paper with its services; posted, it is served, copied to the authority, or void."""
    notice = _in_sight(notice_no, scope)
    if request.method != "POST":
        return _one(request, notice)
    act = asked.text(request.POST, "act")
    if act not in _ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not _may_serve(request):
        raise PermissionDenied
    kept: list[int] = []
    try:
        told = _ACTS[act](request, notice, kept)
    except Refusal as refusal:
        return _one(request, _in_sight(notice_no, scope), refusal=refusal, act=act, kept=kept)
    messages.success(request, told)
    return redirect("notice", notice_no)


@page(_VIEW)
@require_GET
def notice_file(request: HttpRequest, notice_no: str, form: str, *, scope: Scope) -> HttpResponse:
    """A notice as `pdf` or `word`, or its receipt slip alone as `slip`."""
    from zaikong.application import notices as verbs  # noqa: PLC0415 -- loads the type-setter

    notice = _in_sight(notice_no, scope)
    made: dict[str, tuple[Callable[..., Any], str]] = {
        "pdf": (verbs.notice_pdf, f"{notice_no}.pdf"),
        "word": (verbs.notice_word, f"{notice_no}.docx"),
        "slip": (verbs.receipt_pdf, f"{notice_no} {_('receipt slip')}.pdf"),
    }
    write, name = made[form]
    try:
        paper = write(notice_no=notice.notice_no, staff=request.user)
    except Refusal as refusal:
        return _one(request, notice, refusal=refusal)
    return download(paper.content, paper.media_type, name)


@page("zaikong.view_evidence")
@require_GET
def proof_file(_request: HttpRequest, evidence_id: int, *, scope: Scope) -> HttpResponse:
    """A proof of a service, a copy or an interruption to the byte; a browser saves it and never guesses what it is."""
    found = queries.proof_by_id(evidence_id, scope=scope)
    if found is None:
        raise Http404(_("No such proof is in your sight."))
    answer = download(bytes(found.content), found.media_type, found.file_name or found.sha256[:16])
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def download(content: bytes, media_type: str, name: str) -> HttpResponse:
    """A file that a browser saves under its name."""
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=media_type, headers=headers)


def _list(request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None, act: str = "") -> HttpResponse:
    chosen = _chosen(request, scope)
    return shown(
        request,
        "zaikong/notices.html",
        title=_("Notices"),
        status=409 if refusal else 200,
        scope=scope,
        chosen=chosen,
        rows=queries.notices(chosen, scope=scope, page=page_number(request)),
        counts=queries.counts(scope=scope, today=business_date()),
        kinds=queries.Kind.choices,
        states=paper_words.NOTICE_STATES.items(),
        stations=stations(scope=scope),
        business_date=business_date(),
        may_serve=_may_serve(request),
        account=asked.text(request.GET, "account"),
        refusal=refusal,
        act=act,
        typed=request.POST,
        ticked=set(request.POST.getlist("notice")),
    )


def _one(
    request: HttpRequest,
    notice: Any,
    *,
    refusal: Refusal | None = None,
    act: str = "",
    kept: list[int] | None = None,
) -> HttpResponse:
    sheet, broken = _sheet(notice)
    return shown(
        request,
        "zaikong/notice.html",
        title=f"{notice.get_kind_display()} {notice.notice_no}",
        status=409 if refusal else 200,
        notice=notice,
        sheet=sheet,
        refusal=refusal or broken,
        act=act,
        typed={act: request.POST} if act else {},
        kept_token=proofs.token(notice.notice_no, kept or []),
        kept_count=len(kept or []),
        may_serve=_may_serve(request),
        may_see_files=request.user.has_perm("zaikong.view_evidence"),
        methods=queries.METHODS,
        standings=paper_words.standings(organisation=bool(notice.account.customer.usci)),
        evidence_kinds=paper_words.EVIDENCE_KINDS.items(),
        authority=_authority(notice),
        longest_reason=queries.LONGEST_REASON,
        now=business_time(),
    )


def _sheet(notice: Any) -> tuple[Any, Refusal | None]:
    """The notice as on paper, or why it cannot be read."""
    from zaikong.application.documents.sheet import notice_sheet  # noqa: PLC0415 -- loads the wording on first use
    from zaikong.application.notices import frozen_contents  # noqa: PLC0415 -- as above

    try:
        return notice_sheet(frozen_contents(notice), with_slip=False), None
    except Refusal as refusal:
        return None, refusal


def _authority(notice: Any) -> str:
    """The authority a copy of a stop notice goes to; empty where none must."""
    return str((notice.contents.get("stop") or {}).get("authority", ""))


def _chosen(request: HttpRequest, scope: Scope) -> queries.Asked:
    kind, state = asked.text(request.GET, "kind"), asked.text(request.GET, "state")
    return queries.Asked(
        kind=kind if kind in queries.Kind.values else "",
        state=state if state in queries.State.values else "",
        station=asked.number(request.GET, "station") if scope.whole_county else None,
        cut_date=business_date() if asked.text(request.GET, "cut") == "today" else None,
        text=asked.text(request.GET, "q"),
    )


def _may_serve(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(permission(SERVE_NOTICES)))


def _in_sight(notice_no: str, scope: Scope) -> Any:
    notice = queries.notice_by_no(notice_no, scope=scope)
    if notice is None:
        raise Http404(_("No such notice is in your sight."))
    return notice


def _printed(request: HttpRequest, scope: Scope, *, every: bool) -> FileResponse:
    """The ticked notices, or all that are listed, as one PDF."""
    from zaikong.application.notices import notices_pdf  # noqa: PLC0415 -- loads the type-setter

    wanted = queries.numbers(_chosen(request, scope), scope=scope) if every else request.POST.getlist("notice")
    wanted = list(dict.fromkeys(wanted))
    if not wanted or len(wanted) > queries.MOST_PRINTED:
        raise form_fields.UnableToReadFieldError(
            f"{len(wanted)} notices are chosen",
            code="NOTHING_TICKED" if not wanted else "TOO_MANY_TICKED",
            fields={"notices": len(wanted)},
            remedy=f"Choose 1 to {queries.MOST_PRINTED} notices.",
        )
    paper = notices_pdf(notice_nos=wanted, staff=request.user)
    name = f"{_('Notices')} {business_date()} {len(wanted)}.pdf"
    return FileResponse(BytesIO(paper.content), as_attachment=True, filename=name, content_type=paper.media_type)


def _issue(request: HttpRequest) -> Any:
    from zaikong.application.documents.contents import NOTICE_KINDS  # noqa: PLC0415 -- as below
    from zaikong.application.notices import NoticeAsked, issue_notice  # noqa: PLC0415 -- loads the law on first use

    typed, now = asked.text(request.POST, "kind"), business_time()
    kind = next((one for one in NOTICE_KINDS if one == typed), None)
    if kind is None:
        raise form_fields.UnableToReadFieldError(
            "the kind is missing", code="KIND_UNKNOWN", fields={"kind": typed}, remedy="Choose which notice."
        )
    planned = asked.text(request.POST, "planned_cut_at")
    wanted = NoticeAsked(
        account_no=asked.text(request.POST, "account_no"),
        kind=kind,
        pay_by_date=form_fields.day(request.POST, "pay_by_date"),
        planned_cut_at=form_fields.moment(request.POST, "planned_cut_at", now=now) if planned else None,
        scope=asked.text(request.POST, "scope"),
    )
    return issue_notice(asked=wanted, staff=request.user, at=now, as_of=business_date())


def _serve(request: HttpRequest, notice: Any, kept: list[int]) -> str:
    from zaikong.application.notice_service import record_service  # noqa: PLC0415 -- loads the law on first use

    now = business_time()
    proofs.keep_proofs(request, notice.notice_no, now, kept)
    record_service(
        notice_no=notice.notice_no,
        method=asked.text(request.POST, "method"),
        served_at=form_fields.moment(request.POST, "served_at", now=now),
        staff=request.user,
        as_of=business_date(),
        evidence=kept,
        receiver_name=asked.text(request.POST, "receiver_name"),
        receiver_standing=asked.text(request.POST, "receiver_standing"),
        witnesses=[asked.text(request.POST, "witness_1"), asked.text(request.POST, "witness_2")],
        note=asked.text(request.POST, "note"),
    )
    return _("The service is recorded.")


def _copy(request: HttpRequest, notice: Any, kept: list[int]) -> str:
    from zaikong.application.notice_service import copy_to_authority  # noqa: PLC0415 -- as above

    now = business_time()
    proofs.keep_proofs(request, notice.notice_no, now, kept)
    if not kept:
        raise form_fields.UnableToReadFieldError(
            "nothing proves that it arrived", code="EVIDENCE_MISSING", remedy="Add the receipt of the authority."
        )
    copy_to_authority(
        notice_no=notice.notice_no,
        authority=asked.text(request.POST, "authority"),
        copied_at=form_fields.moment(request.POST, "copied_at", now=now),
        evidence=kept[-1],
        staff=request.user,
        as_of=business_date(),
    )
    return _("The copy to the authority is recorded.")


def _void(request: HttpRequest, notice: Any, _kept: list[int]) -> str:
    from zaikong.application.notices import void_notice  # noqa: PLC0415 -- as above

    void_notice(
        notice_no=notice.notice_no,
        reason=asked.text(request.POST, "reason"),
        staff=request.user,
        as_of=business_date(),
    )
    return _("The notice is void.")


_ACTS: Final[dict[str, Callable[[HttpRequest, Any, list[int]], str]]] = {
    "serve": _serve,
    "copy": _copy,
    "void": _void,
}
"""What can be done with a notice."""
