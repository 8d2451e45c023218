"""Which score stands, what does each of its tables say, and does it still fit the county?"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zaikong.application.credit.county import standing_model
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import score_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import score_figures, score_words
from zaikong.web.frame import page, shown

NIGHTS = 92
"""Nights of the watch shown."""

MOST_TABLES = 12
"""Features shown, those that spread the score most."""


@page("zaikong.view_scorewatch", county=True)
def score_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """The model that stands, its tables, and what the watch of each night found."""
    del scope
    refusal, model = None, None
    try:
        model = standing_model()
    except Refusal as found:
        refusal = found
    watches = queries.watches(nights=NIGHTS)
    return shown(
        request,
        "zaikong/score.html",
        title=_("Score"),
        refusal=refusal,
        model=model,
        watches=watches,
        last=watches[0] if watches else None,
        psi=sorted(watches[0].psi.items(), key=lambda row: -row[1]) if watches else [],
        outcome=queries.outcomes(),
        trend=score_figures.score_watch(watches) if len(watches) > 1 else None,
        stems=score_words.by_stem(_tables(model)) if model else [],
    )


def _tables(model: Any) -> list[tuple[str, tuple[str, dict[str, Any]]]]:
    spread = sorted(model.features, key=lambda each: min(each.points_e6) - max(each.points_e6))
    return [(each.name, (each.unit, score_figures.score_table(each))) for each in spread[:MOST_TABLES]]
