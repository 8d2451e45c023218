"""How did a bill come about? Each line from reading to money, with the clause of the book that made it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import REQUEST_WAIVERS, permission
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import account_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.explained import explanation_of
from zaikong.web.frame import page, shown
from zaikong.web.templatetags import console

LONGEST_REASON = 200


@page("zaikong.view_bill")
@require_http_methods(["GET", "HEAD", "POST"])
def bill_page(request: HttpRequest, bill_id: int, *, scope: Scope) -> HttpResponse:
    """A bill explained; asked by htmx it answers with the explanation alone; posted, it asks for a late-fee waiver."""
    bill = queries.bill_by_id(bill_id, scope=scope)
    if bill is None:
        raise Http404(_("No bill with this number is in your sight."))
    if request.method == "POST":
        return _ask(request, bill)
    if request.htmx:
        return TemplateResponse(
            request, "zaikong/bill_explained.html", {"bill": bill, "explanation": explanation_of(bill)}
        )
    return _shown(request, bill)


def _ask(request: HttpRequest, bill: Any) -> HttpResponse:
    from zaikong.application.waiver import request_waiver  # noqa: PLC0415 -- loads the late-fee rules on first use

    if not request.user.has_perm(permission(REQUEST_WAIVERS)):
        raise PermissionDenied
    try:
        request_waiver(
            bill=bill.pk,
            amount_fen=fen_of_yuan(asked.text(request.POST, "amount")),
            reason=asked.text(request.POST, "reason")[:LONGEST_REASON],
            staff=request.user,
            as_of=business_date(),
        )
    except Refusal as refusal:
        return _shown(request, bill, refusal=refusal, typed=request.POST)
    messages.success(request, _("The waiver was asked for; another person decides on it."))
    return redirect("bill", bill_id=bill.pk)


def _shown(request: HttpRequest, bill: Any, *, refusal: Refusal | None = None, typed: Any = None) -> HttpResponse:
    words = {"month": console.month(bill.month), "account": bill.account.account_no}
    as_of = business_date()
    return shown(
        request,
        "zaikong/bill.html",
        title=_("Bill %(month)s of %(account)s") % words,
        status=409 if refusal else 200,
        bill=bill,
        explanation=explanation_of(bill),
        business_date=as_of,
        late_fee_fen=_late_fee(bill, as_of),
        may_ask=request.user.has_perm(permission(REQUEST_WAIVERS)),
        refusal=refusal,
        typed=typed or {},
    )


def _late_fee(bill: Any, as_of: Any) -> int:
    if getattr(bill, "openitem", None) is None:
        return 0
    from zaikong.application.waiver import late_fee_owed  # noqa: PLC0415 -- as above

    return late_fee_owed(bill=bill.pk, as_of=as_of)
