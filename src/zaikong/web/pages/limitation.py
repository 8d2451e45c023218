"""Which claims run out next, from what does each clock run, and what has interrupted it?"""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import HANDLE_CASES, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import limitation_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, form_fields, paper_words, proofs
from zaikong.web.business_day import business_date, business_time
from zaikong.web.frame import page, shown

_VIEW: Final = "zaikong.view_limitationevent"
_MOST: Final = 200
_BY_HAND: Final = "record "


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def limitation_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Claims by days left; posted, an interruption is written down."""
    if request.method != "POST":
        return _shown(request, scope)
    if not request.user.has_perm(permission(HANDLE_CASES)):
        raise PermissionDenied
    kept: list[int] = []
    try:
        _record(request, scope, kept)
    except Refusal as refusal:
        return _shown(request, scope, refusal=refusal, kept=kept)
    messages.success(request, _("The interruption is written down; the clock runs anew."))
    return redirect("limitation")


def _shown(
    request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None, kept: list[int] | None = None
) -> HttpResponse:
    from zaikong.application.limitation import limitation_queue  # noqa: PLC0415 -- loads the rules on first use

    alert, today = asked.number(request.GET, "alert") or 0, business_date()
    queue = limitation_queue(as_of=today, scope=scope, least_alert=alert, most=_MOST)
    account_no = asked.text(request.POST if refusal else request.GET, "account_no")
    numbers = {claim.account_no for claim in queue.claims} | ({account_no} if account_no else set())
    accounts = queries.accounts_among(numbers, scope=scope)
    account = accounts.get(account_no)
    may_record = request.user.has_perm(permission(HANDLE_CASES))
    return shown(
        request,
        "zaikong/limitation.html",
        title=_("Limitation of claims"),
        status=409 if refusal else 200,
        scope=scope,
        alert=alert,
        tiles=_tiles(queue),
        claims=_claims(queue.claims, accounts, scope),
        most=_MOST,
        more=sum(queue.by_alert.get(one, (0, 0))[0] for one in queue.by_alert if one >= alert) > _MOST,
        account=account,
        account_no=account_no,
        bills=queries.open_bills_of(account) if account and may_record else [],
        services=queries.services_of(account) if account and may_record else [],
        kinds=queries.Kind.choices,
        evidence_kinds=paper_words.EVIDENCE_KINDS.items(),
        may_record=may_record,
        may_see_files=request.user.has_perm("zaikong.view_evidence"),
        business_date=today,
        refusal=refusal,
        typed=request.POST,
        kept_token=proofs.token(account_no, kept or []),
        kept_count=len(kept or []),
    )


def _tiles(queue: Any) -> list[dict[str, Any]]:
    """Each alert with how many claims stand on it: expired ones first, those without an alert last."""
    last = len(queue.alert_days)
    days = {last + 1: None, 0: None} | {place: queue.alert_days[place - 1] for place in range(1, last + 1)}
    return [
        {
            "alert": alert,
            "days": days[alert],
            "expired": alert > last,
            "claims": queue.by_alert.get(alert, (0, 0))[0],
            "fen": queue.by_alert.get(alert, (0, 0))[1],
        }
        for alert in sorted(days, reverse=True)
    ]


def _claims(claims: list[Any], accounts: dict[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """Claims with their accounts and, where a person wrote the interruption down, that record."""
    keys = {claim: int(claim.proof.removeprefix(_BY_HAND)) for claim in claims if claim.proof.startswith(_BY_HAND)}
    events = queries.events_among(set(keys.values()), scope=scope)
    kinds = dict(queries.Kind.choices)
    return [
        {
            "claim": claim,
            "account": accounts.get(claim.account_no),
            "event": events.get(keys.get(claim, 0)),
            "interruption": kinds.get(claim.interruption, claim.interruption),
            "is_notice": claim.interruption == queries.Kind.DEMAND_DELIVERED and " " not in claim.proof,
        }
        for claim in claims
    ]


def _record(request: HttpRequest, scope: Scope, kept: list[int]) -> None:
    from zaikong.application.collection.interruptions import record_interruption  # noqa: PLC0415 -- loads the ledger

    now, account_no = business_time(), asked.text(request.POST, "account_no")
    account = queries.accounts_among({account_no}, scope=scope).get(account_no)
    if account is None:
        raise form_fields.UnableToReadFieldError(
            f"there is no account {account_no}",
            code="ACCOUNT_UNKNOWN",
            fields={"account_no": account_no},
            remedy="Check the number.",
        )
    bill = asked.number(request.POST, "bill")
    if bill is not None and bill not in {row.pk for row in queries.open_bills_of(account)}:
        raise Http404(_("No such bill is in your sight."))
    proofs.keep_proofs(request, account_no, now, kept)
    record_interruption(
        account=account.pk,
        kind=asked.text(request.POST, "kind"),
        event_date=form_fields.day(request.POST, "event_date"),
        staff=request.user,
        at=now,
        bill=bill,
        evidence=kept[-1] if kept else None,
        service=asked.number(request.POST, "service"),
        note=asked.text(request.POST, "note"),
    )
