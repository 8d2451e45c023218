"""Did notices, cuts and low grades fall on any class, station or area more than circumstances explain?"""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, fairness_words
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, shown

_YEAR: Final = timedelta(days=365)
_LONGEST: Final = timedelta(days=1100)
_SHOWN_ROWS: Final = 300


class UnableToAuditPeriodError(Refusal):
    """The period ends before it begins, or is too long."""


@page(permission("view_decisionrecord"), county=True)
@require_http_methods(["GET", "HEAD"])
def fairness_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """The audit of `?from=` to `?to=`, both included; drawn only when a period is asked for."""
    today = business_date()
    from_date = asked.day(request.GET, "from") or today - _YEAR
    to_date = asked.day(request.GET, "to") or today
    by = asked.text(request.GET, "by")
    gaps, refusal = None, None
    if "from" in request.GET or "to" in request.GET:
        try:
            gaps = _audit(from_date, to_date)
        except Refusal as error:
            refusal = error
    rows = [row for row in gaps or [] if by in {"", row.dimension}]
    return shown(
        request,
        "zaikong/fairness.html",
        title=_("Fairness"),
        status=409 if refusal else 200,
        scope=scope,
        from_date=from_date,
        to_date=to_date,
        by=by,
        dimensions=list(fairness_words.DIMENSIONS.items()),
        asked_for=gaps is not None,
        rows=rows[:_SHOWN_ROWS],
        more=max(len(rows) - _SHOWN_ROWS, 0),
        tested=sum(row.verdict != "too_few" for row in rows),
        found=sum(row.verdict == "gap" for row in rows),
        few=sum(row.verdict == "too_few" for row in rows),
        refusal=refusal,
    )


def _audit(from_date: Any, to_date: Any) -> list[Any]:
    from zaikong.application.fairness import audit_fairness  # noqa: PLC0415 -- loads the engine on first use

    if not timedelta() <= to_date - from_date <= _LONGEST:
        raise UnableToAuditPeriodError(
            _("The period ends before it begins, or is longer than three years."),
            code="PERIOD_WRONG",
            remedy=_("Choose other dates."),
        )
    return audit_fairness(from_date=from_date, to_date=to_date + timedelta(days=1))
