"""Which account does the reader look for?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from zaikong.store.queries import search
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.frame import page, shown

LIVE_ROWS = 8
PAGE_ROWS = 50


@page("zaikong.view_account")
def search_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Matches of `?q=`; the whole number of an account leads straight to its page.

    Asked by htmx, from the box in the header, it answers with the short list below the box.
    """
    text = asked.text(request.GET, "q")
    if request.htmx:
        found = search.search_accounts(text, scope=scope, limit=LIVE_ROWS)
        return TemplateResponse(request, "zaikong/search_live.html", {"accounts": found, "text": text})
    if text and search.account_number_exists(text, scope=scope):
        return redirect("account", account_no=text)
    found = search.search_accounts(text, scope=scope, limit=PAGE_ROWS)
    return shown(
        request,
        "zaikong/search.html",
        title=_("Find an account"),
        accounts=found,
        text=text,
        most=PAGE_ROWS,
    )
