"""What does a person decide about one held bill?"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import DECIDE_BILLS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import account_page
from zaikong.store.queries import bill_runs as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.explained import explanation_of_draft
from zaikong.web.frame import page, shown

EARLIER_MONTHS = 6
LONGEST_REASON = 200


@page("zaikong.view_billdraft")
@require_http_methods(["GET", "HEAD", "POST"])
def held_bill(request: HttpRequest, draft_id: int, *, scope: Scope) -> HttpResponse:
    """A held bill with its lines and findings; posted, it is released, rated again or discarded with a reason."""
    draft = queries.draft_by_id(draft_id, scope=scope)
    if draft is None:
        raise Http404(_("No held bill with this number is in your sight."))
    if request.method != "POST":
        return _shown(request, draft)
    if not request.user.has_perm(permission(DECIDE_BILLS)):
        raise PermissionDenied
    reason = asked.text(request.POST, "reason")[:LONGEST_REASON]
    act = _ACTS.get(request.POST.get("decision", ""))
    if act is None:
        raise Http404(_("There is no such decision."))
    try:
        told = act(draft, staff=request.user, reason=reason, as_of=business_date())
    except Refusal as refusal:
        return _shown(request, draft, refusal=refusal, reason=reason)
    messages.success(request, told)
    return redirect("bill_run", run_id=draft.run_id)


def _release(draft: Any, *, staff: Any, reason: str, as_of: date) -> str:
    from zaikong.application import billing  # noqa: PLC0415 -- loads the rating rules, which no other page needs

    billing.release_draft(draft.pk, staff=staff, reason=reason, as_of=as_of)
    return _("The bill of %(account)s was released.") % {"account": draft.account.account_no}


def _rerate(draft: Any, *, staff: Any, reason: str, as_of: date) -> str:
    from zaikong.application import billing  # noqa: PLC0415 -- as above

    holding = billing.rerate_draft(draft.pk, staff=staff, reason=reason, as_of=as_of)
    if holding:
        return _("The bill of %(account)s was rated again and is held again.") % {"account": draft.account.account_no}
    return _("The bill of %(account)s was rated again and released.") % {"account": draft.account.account_no}


def _discard(draft: Any, *, staff: Any, reason: str, as_of: date) -> str:
    from zaikong.application import billing  # noqa: PLC0415 -- as above

    billing.discard_draft(draft.pk, staff=staff, reason=reason, as_of=as_of)
    return _("The bill of %(account)s was discarded.") % {"account": draft.account.account_no}


_ACTS: dict[str, Callable[..., str]] = {"release": _release, "rerate": _rerate, "discard": _discard}


def _shown(request: HttpRequest, draft: Any, *, refusal: Refusal | None = None, reason: str = "") -> HttpResponse:
    return shown(
        request,
        "zaikong/held_bill.html",
        title=_("Held bill of %(account)s") % {"account": draft.account.account_no},
        status=409 if refusal else 200,
        draft=draft,
        findings=queries.findings_of(draft),
        explanation=explanation_of_draft(draft),
        earlier=account_page.monthly_use_of(draft.account, months=EARLIER_MONTHS),
        business_date=business_date(),
        refusal=refusal,
        reason=reason,
    )
