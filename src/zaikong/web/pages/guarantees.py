"""Which guarantees lapse soon, and what is at stake?"""

from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zaikong.store.queries import contract_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, page_number, shown

RUNGS: Final = (0, 7, 30, 90)
"""Rungs of the ladder, the gravest first [day]; 0 once lapsed."""

_PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Rung:
    """What stands on a rung.

    Attributes:
        days: The rung.
        guarantees: How many endings.
        at_stake_fen: What is at stake [fen].
    """

    days: int
    guarantees: int
    at_stake_fen: int


@page("zaikong.view_guarantee")
@require_GET
def guarantees_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Lapsing guarantees by rung, the most urgent first."""
    from zaikong.application.guarantees import lapsing_guarantees  # noqa: PLC0415 -- loads the rules on first use

    today = business_date()
    ladder = lapsing_guarantees(as_of=today).to_dicts()
    known = queries.guarantees_among({row["guarantee"] for row in ladder}, scope=scope)
    seen = [{**row, "row": known[row["guarantee"]]} for row in ladder if row["guarantee"] in known]
    chosen = asked.number(request.GET, "rung")
    listed = [row for row in seen if chosen not in RUNGS or row["rung_days"] == chosen]
    return shown(
        request,
        "zaikong/guarantees.html",
        title=_("Lapsing guarantees"),
        scope=scope,
        rungs=[_rung(seen, days) for days in RUNGS],
        chosen=chosen if chosen in RUNGS else None,
        rows=Paginator(listed, _PAGE_ROWS).get_page(page_number(request)),
        business_date=today,
    )


def _rung(rows: list[dict[str, Any]], days: int) -> Rung:
    standing = [row for row in rows if row["rung_days"] == days]
    return Rung(days, len(standing), sum(row["at_stake_fen"] for row in standing))
