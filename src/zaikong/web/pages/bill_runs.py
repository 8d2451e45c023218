"""What came out of a bill run, and what waits for a person?"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zaikong.store.queries import bill_runs as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.frame import page, page_number, shown

_STATES = ("held", "released", "discarded")


@page("zaikong.view_billrun")
def run_list(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Bill runs, newest first, of one month by `?month=`."""
    month = asked.number(request.GET, "month")
    return shown(
        request,
        "zaikong/bill_runs.html",
        title=_("Bill runs"),
        runs=queries.runs(page=page_number(request), month=month),
        months=queries.run_months(),
        month=month,
        whole_county=scope.whole_county,
    )


@page("zaikong.view_billrun")
def run_page(request: HttpRequest, run_id: int, *, scope: Scope) -> HttpResponse:
    """A run's totals, its findings by code, and its held bills; `?code=` keeps those with one finding."""
    run = queries.run_by_id(run_id)
    if run is None:
        raise Http404(_("There is no such bill run."))
    code, state = asked.text(request.GET, "code"), asked.text(request.GET, "state")
    state = state if state in _STATES else "held"
    return shown(
        request,
        "zaikong/bill_run.html",
        title=_("Bill run %(key)s") % {"key": run.key},
        run=run,
        totals=queries.totals_of(run, scope=scope),
        findings=queries.finding_counts(run, scope=scope),
        held=queries.held_bills(scope=scope, run=run, page=page_number(request), code=code, state=state),
        code=code,
        state=state,
        states=_states(),
        whole_county=scope.whole_county,
    )


@page("zaikong.view_billdraft")
def held_list(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Held bills of every run, the largest first."""
    code = asked.text(request.GET, "code")
    return shown(
        request,
        "zaikong/held_bills.html",
        title=_("Held bills"),
        held=queries.held_bills(scope=scope, page=page_number(request), code=code),
        code=code,
        codes=queries.held_codes(scope=scope),
    )


def _states() -> list[tuple[str, Any]]:
    return list(zip(_STATES, (_("held"), _("released"), _("discarded")), strict=True))
