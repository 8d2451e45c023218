"""How did a bill come about? Each line from reading to money, with the clause of the book that made it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from zaikong.store.queries import account_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import business_day
from zaikong.web.frame import page, shown
from zaikong.web.templatetags import console


@page("zaikong.view_bill")
def bill_page(request: HttpRequest, bill_id: int, *, scope: Scope) -> HttpResponse:
    """A bill with its lines explained; asked by htmx it answers with the explanation alone."""
    bill = queries.bill_by_id(bill_id, scope=scope)
    if bill is None:
        raise Http404(_("No bill with this number is in your sight."))
    context: dict[str, Any] = {
        "bill": bill,
        "lines": queries.lines_of(bill),
        "readings": queries.readings_around(bill),
        "business_date": business_day.business_date(),
    }
    if request.htmx:
        return TemplateResponse(request, "zaikong/bill_explained.html", context)
    return shown(request, "zaikong/bill.html", title=_title(bill), **context)


def _title(bill: Any) -> str:
    words = {"month": console.month(bill.month), "account": bill.account.account_no}
    return _("Bill %(month)s of %(account)s") % words
