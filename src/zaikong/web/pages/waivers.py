"""Which late-fee waivers wait, and who decides on them?"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import APPROVE_WAIVERS, REQUEST_WAIVERS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import waivers as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, shown


@page(permission(APPROVE_WAIVERS), permission(REQUEST_WAIVERS), "zaikong.view_latefeewaiver")
@require_http_methods(["GET", "HEAD", "POST"])
def waivers_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Requests that wait and those decided last; posted, one of them is approved or refused."""
    if request.method == "POST":
        return _decide(request, scope)
    return _shown(request, scope)


def _decide(request: HttpRequest, scope: Scope) -> HttpResponse:
    from zaikong.application.waiver import decide_waiver  # noqa: PLC0415 -- loads the late-fee rules on first use

    if not request.user.has_perm(permission(APPROVE_WAIVERS)):
        raise PermissionDenied
    number, decision = asked.number(request.POST, "waiver"), request.POST.get("decision", "")
    waiver = queries.waiver_by_id(number, scope=scope) if number is not None else None
    if waiver is None or decision not in {"approve", "refuse"}:
        raise Http404(_("No such request is in your sight."))
    try:
        decide_waiver(waiver=waiver.pk, approve=decision == "approve", staff=request.user, as_of=business_date())
    except Refusal as refusal:
        return _shown(request, scope, refusal=refusal)
    told = _("The waiver was approved.") if decision == "approve" else _("The waiver was refused.")
    messages.success(request, told)
    return redirect("waivers")


def _shown(request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None) -> HttpResponse:
    return shown(
        request,
        "zaikong/waivers.html",
        title=_("Late-fee waivers"),
        status=409 if refusal else 200,
        waiting=queries.waiting(scope=scope),
        decided=queries.decided(scope=scope),
        may_decide=request.user.has_perm(permission(APPROVE_WAIVERS)),
        business_date=business_date(),
        refusal=refusal,
    )
