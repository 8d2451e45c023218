"""Whose is a signal that no rule could place for certain?"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import DECIDE_SIGNALS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import signal_review as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, page_number, shown


@page("zaikong.view_signalmatch")
@require_http_methods(["GET", "HEAD", "POST"])
def signals_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Matches that wait, those decided last and signals about nobody known; posted, one match is decided."""
    if request.method == "POST":
        return _decide(request, scope)
    return _shown(request, scope)


def _decide(request: HttpRequest, scope: Scope) -> HttpResponse:
    from zaikong.application.credit_signals import confirm_match, reject_match  # noqa: PLC0415 -- loads the matcher

    if not request.user.has_perm(permission(DECIDE_SIGNALS)):
        raise PermissionDenied
    number, decision = asked.number(request.POST, "match"), request.POST.get("decision", "")
    match = queries.match_in_sight(number, scope=scope) if number is not None else None
    if match is None or decision not in {"confirm", "reject"}:
        raise Http404(_("No such match is in your sight."))
    decide = confirm_match if decision == "confirm" else reject_match
    try:
        decide(match=match.pk, staff=request.user, reason=asked.text(request.POST, "reason"), as_of=business_date())
    except Refusal as refusal:
        return _shown(request, scope, refusal=refusal)
    told = _("The signal is about this customer.") if decision == "confirm" else _("The match was rejected.")
    messages.success(request, told)
    return redirect(request.get_full_path())


def _shown(request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None) -> HttpResponse:
    return shown(
        request,
        "zaikong/signals.html",
        title=_("Signals"),
        status=409 if refusal else 200,
        waiting=queries.waiting(scope=scope, page=page_number(request)),
        decided=queries.decided(scope=scope),
        unmatched=queries.unmatched(page=asked.number(request.GET, "unmatched") or 1) if scope.whole_county else None,
        may_decide=request.user.has_perm(permission(DECIDE_SIGNALS)),
        longest_reason=queries.LONGEST_REASON,
        refusal=refusal,
    )
