"""What stands in a closed day and in a closed month?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from zaikong.store.queries import closes as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, closing_rows, figures, labels
from zaikong.web.frame import page, shown
from zaikong.web.templatetags import console

TREND_DAYS = 31


@page("zaikong.view_daybook", county=True)
def day_book_last(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """To the latest closed day, or to the one of `?date=`."""
    del scope
    chosen = asked.day(request.GET, "date")
    if chosen:
        return redirect("day_book", business_date=chosen)
    last = queries.last_day_book()
    if last is None:
        return shown(request, "zaikong/day_book_none.html", title=_("Day book"))
    return redirect("day_book", business_date=last.business_date)


@page("zaikong.view_daybook", county=True)
def day_book_page(request: HttpRequest, business_date: date, *, scope: Scope) -> HttpResponse:
    """The day book of a date, with the days before it as a line."""
    del scope
    book = queries.day_book(business_date)
    if book is None:
        raise Http404(_("This day is not closed."))
    trend = queries.day_books_until(business_date, days=TREND_DAYS)
    return shown(
        request,
        "zaikong/day_book.html",
        title=_("Day book %(date)s") % {"date": business_date.isoformat()},
        book=book,
        tables=closing_rows.tables_of(book.figures),
        steps=queries.steps_of_night(business_date),
        earlier=trend[-2].business_date if len(trend) > 1 else None,
        later=queries.next_closed_date(business_date),
        trend=trend_figure(trend) if len(trend) > 1 else None,
        ageing=ageing_figure(book.figures),
        channels=channel_figure(book.figures),
    )


@page("zaikong.view_monthclose", county=True)
def month_close_last(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """To the latest closed month."""
    del scope
    months = queries.month_closes()
    if not months:
        return shown(request, "zaikong/month_close_none.html", title=_("Month close"))
    return redirect("month_close", month=months[0].month)


@page("zaikong.view_monthclose", county=True)
def month_close_page(request: HttpRequest, month: int, *, scope: Scope) -> HttpResponse:
    """The close of a month."""
    del scope
    months = queries.month_closes()
    close = next((row for row in months if row.month == month), None)
    if close is None:
        raise Http404(_("This month is not closed."))
    place = months.index(close)
    return shown(
        request,
        "zaikong/month_close.html",
        title=_("Month close %(month)s") % {"month": console.month(month)},
        close=close,
        months=months,
        tables=closing_rows.tables_of(close.figures),
        earlier=months[place + 1].month if place + 1 < len(months) else None,
        later=months[place - 1].month if place else None,
        ageing=ageing_figure(close.figures),
        channels=channel_figure(close.figures),
    )


def trend_figure(books: list[Any]) -> figures.Figure:
    """Receivable and receipts over closed days."""
    return figures.receivable_and_receipts(
        [
            (book.business_date, book.figures.get("receivable_open_fen"), book.figures.get("received_fen"))
            for book in books
        ]
    )


def ageing_figure(closed: Mapping[str, Any]) -> figures.Figure | None:
    """Ageing of a close, None where nothing is open."""
    buckets = {str(closing_rows.title_of(code)): fen for code, fen in closing_rows.ageing_of(closed).items()}
    return figures.ageing(buckets) if any(buckets.values()) else None


def channel_figure(closed: Mapping[str, Any]) -> figures.Figure | None:
    """Receipts by channel of a close, None where nothing came in."""
    channels = closed.get("received_by_channel") or {}
    parts = {labels.channel(code): row.get("fen", 0) for code, row in channels.items()}
    return figures.by_title(parts) if any(parts.values()) else None
