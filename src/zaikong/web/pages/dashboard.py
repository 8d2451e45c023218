"""What does the first page show?

The county's staff see the last closed day and the nights before it; staff of a station see the same questions answered
for their own accounts, from the live position.
"""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from zaikong.application.seeing import scope_of
from zaikong.store.queries import closes, warning_page
from zaikong.store.queries import dashboard as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import figures as drawings
from zaikong.web.business_day import business_date
from zaikong.web.pages.accounts import ageing_buckets
from zaikong.web.pages.closes import TREND_DAYS, trend_figure

ROWS = 8


def figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the figures of the first page into the frame's context; each part only for who may see it."""
    scope = scope_of(request.user)
    position = queries.position(scope=scope) if request.user.has_perm("zaikong.view_accountexposure") else None
    context.update(
        title=_("Overview"),
        is_fullwidth="1",
        scope=scope,
        position=position,
        buckets=ageing_buckets(position.ageing) if position else [],
        largest=queries.largest_exposures(scope=scope, limit=ROWS) if position else [],
        business_date=business_date(),
        **_money(request, scope),
        **_work(request, scope),
    )
    return context


def _money(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    if scope.whole_county and request.user.has_perm("zaikong.view_daybook"):
        last = closes.last_day_book()
        books = closes.day_books_until(last.business_date, days=TREND_DAYS * 3) if last else []
        return {"book": last, "trend": trend_figure(books) if len(books) > 1 else None}
    if request.user.has_perm("zaikong.view_payment"):
        until = business_date() - timedelta(days=1)
        days = queries.receipts_by_day(scope=scope, until=until, days=TREND_DAYS)
        return {"receipts": drawings.receipts(days) if days else None, "received": days[-1] if days else None}
    return {}


def _work(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    work: dict[str, Any] = {}
    if request.user.has_perm("zaikong.view_billdraft"):
        count, fen, rows = queries.held_bills(scope=scope, limit=ROWS)
        work.update(held_count=count, held_fen=fen, held=rows)
    if request.user.has_perm("zaikong.view_meteringfinding"):
        work["findings"] = queries.open_findings(scope=scope)[:ROWS]
    if request.user.has_perm("zaikong.view_riskwarning"):
        work["warned"] = warning_page.by_level(scope=scope)
    return work
