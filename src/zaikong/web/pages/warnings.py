"""Who must be looked at today, why, how much is at risk, and what was done?"""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import HANDLE_WARNINGS, permission
from zaikong.application.warning import LONGEST_NOTE, handle_warning
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import warning_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, figures
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, page_number, shown

HISTORY_DAYS = 366
"""Nights of the chart of grades [days]."""


@page("zaikong.view_riskwarning")
@require_http_methods(["GET", "HEAD", "POST"])
def warnings_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """The board; posted, what was done about one warning is noted."""
    if request.method == "POST":
        return _handle(request, scope)
    return _shown(request, scope)


def _handle(request: HttpRequest, scope: Scope) -> HttpResponse:
    if not request.user.has_perm(permission(HANDLE_WARNINGS)):
        raise PermissionDenied
    number = asked.number(request.POST, "warning")
    warning = queries.warning_by_id(number, scope=scope) if number is not None else None
    if warning is None:
        raise Http404(_("No such warning is in your sight."))
    try:
        handle_warning(warning.pk, staff=request.user, note=asked.text(request.POST, "note"))
    except Refusal as refusal:
        return _shown(request, scope, refusal=refusal)
    messages.success(request, _("What was done is noted."))
    return redirect(f"{request.get_full_path()}#zk-warnings")


def _shown(request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None) -> HttpResponse:
    today = business_date()
    night = today - timedelta(days=1)
    chosen = _chosen(request, scope)
    levels = queries.by_level(scope=scope)
    grades = queries.by_grade(scope=scope)
    nights = queries.grades_over_time(scope=scope, from_date=night - timedelta(days=HISTORY_DAYS))
    return shown(
        request,
        "zaikong/warnings.html",
        title=_("Risk warnings"),
        status=409 if refusal else 200,
        scope=scope,
        night=night,
        business_date=today,
        chosen=chosen,
        choices=list(queries.Level),
        rows=queries.warnings(chosen, scope=scope, page=page_number(request), as_of=today),
        levels=levels,
        level_sum=_summed(levels),
        causes=queries.by_cause(scope=scope),
        grades=grades,
        grade_sum=_summed(grades),
        over_time=figures.grades_over_time(nights, until=today) if len({row[0] for row in nights}) > 1 else None,
        movement=queries.movement(night, scope=scope),
        late=queries.late(scope=scope, as_of=today),
        owners=queries.owners(scope=scope),
        stations=queries.stations(scope=scope),
        may_handle=request.user.has_perm(permission(HANDLE_WARNINGS)),
        longest_note=LONGEST_NOTE,
        refusal=refusal,
    )


def _chosen(request: HttpRequest, scope: Scope) -> queries.Chosen:
    level = asked.number(request.GET, "level")
    return queries.Chosen(
        level=level if level in queries.Level.values else None,
        cause=asked.text(request.GET, "cause"),
        owner=asked.number(request.GET, "owner"),
        station=asked.number(request.GET, "station") if scope.whole_county else None,
        late=asked.text(request.GET, "late") == "1",
    )


def _summed(rows: list[Any]) -> dict[str, int]:
    return {name: sum(getattr(row, name) for row in rows) for name in ("accounts", "exposure_fen", "expected_loss_fen")}
