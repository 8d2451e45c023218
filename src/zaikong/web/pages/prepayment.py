"""What has an account that pays ahead left, on what terms, and what can be done about it?"""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import (
    APPROVE_REFUNDS,
    APPROVE_SWITCHES,
    CONFIRM_CUTS,
    DRAFT_PREPAYMENTS,
    ORDER_SWITCHES,
    REQUEST_REFUNDS,
    SIGN_PREPAYMENTS,
    permission,
)
from zaikong.domain.feecontrol.mode_grounds import GROUNDS
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import prepayment_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, prepayment_acts, prepayment_words, proofs
from zaikong.web.business_day import business_date, lawful_time
from zaikong.web.frame import page
from zaikong.web.pages.accounts import account_in_sight, tab_page
from zaikong.web.pages.notices import download

_VIEW: Final = "zaikong.view_prepaidbalance"


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def account_prepayment(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its balance and papers; posted, one of the acts."""
    account = account_in_sight(account_no, scope)
    if request.method != "POST":
        return _tab(request, account)
    act = asked.text(request.POST, "act")
    if act not in prepayment_acts.ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not any(request.user.has_perm(permission(right)) for right in prepayment_acts.ACTS[act].rights):
        raise PermissionDenied
    kept: list[int] = []
    try:
        told = prepayment_acts.do(act, request, account, kept)
    except Refusal as refusal:
        return _tab(request, account, refusal=refusal, act=act, kept=kept)
    messages.success(request, told)
    return redirect("account_prepayment", account_no)


@page("zaikong.view_prepaymentagreement")
@require_GET
def agreement_file(request: HttpRequest, account_no: str, agreement_no: str, *, scope: Scope) -> HttpResponse:
    """The paper of an agreement, as it is signed."""
    from zaikong.application.prepayment.agreements import agreement_pdf  # noqa: PLC0415 -- loads the type-setter

    account = account_in_sight(account_no, scope)
    try:
        paper = agreement_pdf(agreement_no=agreement_no, staff=request.user)
    except Refusal as refusal:
        return _tab(request, account, refusal=refusal)
    return download(paper.content, paper.media_type, f"{agreement_no}.pdf")


def _tab(
    request: HttpRequest, account: Any, *, refusal: Refusal | None = None, act: str = "", kept: list[int] | None = None
) -> HttpResponse:
    from zaikong.application.prepayment.topping_up import balance_of  # noqa: PLC0415 -- loads the rules on first use

    today = business_date()
    agreements = queries.agreements_of(account)
    prepaid = account.payment_mode == "prepaid"
    money, estimate = balance_of(account, as_of=today), queries.estimate_of(account)
    in_force = next((one for one in agreements if one.state == "in_force"), None)
    draft = next((one for one in agreements if one.state == "draft"), None)
    choices = _choices(request, prepaid=prepaid)
    offered = {
        "draft": choices["may_draft"] and draft is None,
        "sign": choices["may_sign"] and draft is not None,
        "withdraw": choices["may_draft"] and draft is not None,
        "end": choices["may_sign"] and in_force is not None,
        "request": choices["may_request"] and money.prepaid_fen > 0,
        "order_switch": choices["may_order"],
        "confirm_cut": choices["may_confirm"] and estimate is not None and estimate.below_limit,
    }
    return tab_page(
        request,
        account,
        "prepayment",
        status=409 if refusal else 200,
        prepaid=prepaid,
        money=money,
        estimate=estimate,
        agreements=agreements,
        in_force=in_force,
        draft=draft,
        offered=offered,
        # a form that is not offered any more has no place of its own to be refused at
        placed=bool(act) and offered.get(act, True),
        strategy_titles=dict(prepayment_words.strategies(today)),
        crossings=queries.crossings_of(account),
        topups=queries.topups_of(account),
        refunds=queries.refunds_of(account),
        switches=queries.switches_of(account),
        confirmations=queries.confirmations_of(account),
        at=lawful_time(),
        to_mode="post_paid" if prepaid else "prepaid",
        refusal=refusal,
        act=act,
        typed=request.POST if refusal else {},
        kept_token=proofs.token(prepayment_acts.subject(account, act), kept or []) if act else "",
        kept_count=len(set(kept or [])),
        kept_for={act: True},
        **choices,
    )


def _choices(request: HttpRequest, *, prepaid: bool) -> dict[str, Any]:
    def may(right: str) -> bool:
        return bool(request.user.has_perm(permission(right)))

    to_mode = "post_paid" if prepaid else "prepaid"
    return {
        "may_draft": may(DRAFT_PREPAYMENTS),
        "may_sign": may(SIGN_PREPAYMENTS),
        "may_request": may(REQUEST_REFUNDS),
        "may_approve": may(APPROVE_REFUNDS),
        "may_order": may(ORDER_SWITCHES),
        "may_approve_switch": may(APPROVE_SWITCHES),
        "may_confirm": may(CONFIRM_CUTS),
        "strategies": prepayment_words.strategies(business_date()),
        "cut_modes": queries.CUT_MODES,
        "restore_modes": queries.RESTORE_MODES,
        "grounds": [
            (code, prepayment_words.GROUNDS.get(code, code)) for code, row in GROUNDS.items() if to_mode in row.to_modes
        ],
        "payout_channels": prepayment_words.PAYOUT_CHANNELS.items(),
        "longest_reason": queries.LONGEST_REASON,
        "longest_payee": queries.LONGEST_PAYEE,
        "longest_name": queries.LONGEST_NAME,
    }
