"""What does the credit file of an account say?"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from zaikong.kernel.period import date_of_day
from zaikong.store.queries import credit_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import figures
from zaikong.web.frame import page, shown
from zaikong.web.pages.accounts import account_in_sight, tab_page


@page("zaikong.view_creditstanding")
def account_credit(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its credit file; the reasons of tonight come after it by `account_reasons`."""
    account = account_in_sight(account_no, scope)
    file = queries.credit_file(account)
    return tab_page(
        request,
        account,
        "credit",
        file=file,
        figure=_history(file),
        may_warn=request.user.has_perm("zaikong.view_riskwarning"),
        may_signal=request.user.has_perm("zaikong.view_signalmatch"),
    )


@page("zaikong.view_creditstanding")
def account_reasons(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """Why the account has its grade, by what is known now, and the smallest change that would raise it.

    Asked for by the tab, it comes alone; by a browser without scripts, as a page.
    """
    account = account_in_sight(account_no, scope)
    told = _reasons(account, getattr(account, "creditstanding", None))
    if request.htmx:
        return TemplateResponse(request, "zaikong/account/credit_reasons.html", told)
    page_title = f"{account.account_no} {account.customer.name}"
    return shown(request, "zaikong/account/credit_reasons_page.html", title=page_title, account=account, **told)


def _reasons(account: Any, standing: Any) -> dict[str, Any]:
    from zaikong.application.raising import explained_grade  # noqa: PLC0415 -- loads the rules on first use

    found = explained_grade(account.pk, as_of=standing.as_of_date) if standing else None
    if found is None:
        return {"found": None}
    change = found.change
    return {
        "found": found,
        "moves_tonight": found.grade != standing.grade,
        "change": change,
        "pay_by_date": date_of_day(change["pay_by_day"]) if change["pay_by_day"] else None,
        "veto_until_date": date_of_day(change["veto_until_day"]) if change["veto_until_day"] else None,
    }


def _history(file: queries.CreditFile) -> figures.Figure | None:
    moves = [(move.moved_date, move.grade, move.points) for move in reversed(file.moves)]
    if file.standing is None or not moves or moves[0][0] == file.standing.as_of_date:
        return None  # a line takes two nights
    return figures.grade_history(moves, file.standing.as_of_date)
