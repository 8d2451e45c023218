"""How does a cashier take money and hand out a receipt?"""

import secrets
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import TAKE_PAYMENTS, permission
from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.period import Month
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import account_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date, business_time
from zaikong.web.frame import page, shown
from zaikong.web.owed import late_fee_of_account

TILL = permission(TAKE_PAYMENTS)


@page(TILL)
@require_http_methods(["GET", "HEAD", "POST"])
def counter_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """What the account of `?account=` owes, and the form that takes money for it."""
    account_no = asked.text(request.POST if request.method == "POST" else request.GET, "account")
    account = queries.account_by_number(account_no, scope=scope) if account_no else None
    if request.method == "POST":
        if account is None:
            raise Http404(_("No account with this number is in your sight."))
        return _take(request, account)
    return _shown(request, account, account_no=account_no)


@page(TILL, "zaikong.view_payment")
def receipt_page(request: HttpRequest, payment_id: int, *, scope: Scope) -> HttpResponse:
    """The receipt of a payment, for print and reprint."""
    from zaikong.application.payments import printed_receipt  # noqa: PLC0415 -- loads the payment rules on first use

    if queries.payment_by_id(payment_id, scope=scope) is None:
        raise Http404(_("No payment with this number is in your sight."))
    receipt = printed_receipt(payment=payment_id)
    return shown(
        request, "zaikong/receipt.html", title=_("Receipt %(number)s") % {"number": receipt.number}, receipt=receipt
    )


def _take(request: HttpRequest, account: Any) -> HttpResponse:
    from zaikong.application.payments import take_counter_payment  # noqa: PLC0415 -- as above

    month = asked.text(request.POST, "month")
    try:
        receipt = take_counter_payment(
            account_no=account.account_no,
            amount_fen=fen_of_yuan(asked.text(request.POST, "amount")),
            paid_at=business_time(),
            booked_date=business_date(),
            cashier=request.user,
            channel_ref=_reference(request),
            designated_month=Month.parse(month).number if month else None,
            topup=request.POST.get("topup") == "1",
        )
    except Refusal as refusal:
        return _shown(request, account, account_no=account.account_no, refusal=refusal, typed=request.POST)
    return redirect("receipt", payment_id=receipt.number)


def _reference(request: HttpRequest) -> str:
    """The till's reference of the form that was sent: this cashier's, whatever the browser says."""
    token = request.POST.get("token", "")
    if not (token.isalnum() and token.isascii() and len(token) <= _TOKEN_LENGTH):
        raise PermissionDenied
    return f"{business_date():%Y%m%d}-{request.user.pk}-{token}"


_TOKEN_LENGTH = 16


def _shown(
    request: HttpRequest, account: Any, *, account_no: str, refusal: Refusal | None = None, typed: Any = None
) -> HttpResponse:
    items = queries.open_items_of(account) if account else []
    owed = sum(item.open_fen for item in items)
    late_fee = late_fee_of_account(account) if account else 0
    return shown(
        request,
        "zaikong/counter.html",
        title=_("Take a payment"),
        status=409 if refusal else 200,
        account=account,
        account_no=account_no,
        items=items,
        owed_fen=owed,
        late_fee_fen=late_fee,
        payable_fen=owed + late_fee,
        balance=getattr(account, "accountbalance", None),
        business_date=business_date(),
        token=(typed or {}).get("token") or secrets.token_hex(_TOKEN_LENGTH // 2),
        refusal=refusal,
        typed=typed or {},
    )
