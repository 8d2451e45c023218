"""Figures of the score: the table of one feature, and the watch night by night."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

_TEAL, _AMBER = "#0f766e", "#d97706"


def score_table(feature: Any) -> dict[str, Any]:
    """What a feature adds, as steps over its values.

    Args:
        feature: `score_model.ScoreFeature`.
    """
    edges = [float(edge) for edge in feature.edges]
    points = [value / 1e6 for value in feature.points_e6]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [*edges, edges[-1] + (edges[-1] - edges[0] or 1) / 10] if edges else [0],
                "y": points,
                "line": {"color": _TEAL, "shape": "vh"},
                "hovertemplate": "%{x:,}: %{y:+.2f}<extra></extra>",
            }
        ],
        "layout": {"yaxis": {"zeroline": True}, "showlegend": False},
    }


def score_watch(watches: Sequence[Any]) -> dict[str, Any]:
    """PSI of the probability, and observed for each foretold, night by night.

    Args:
        watches: `ScoreWatch` rows, the latest first.
    """
    nights = list(reversed(watches))
    days = [night.watched_date.isoformat() for night in nights]
    ratio = [
        night.observed * 1_000_000 / night.foretold_ppm if night.foretold_ppm and night.outcomes else None
        for night in nights
    ]
    lines = (
        (_("PSI of the probability"), [night.psi.get("probability") for night in nights], _TEAL),
        (_("came true for each foretold"), ratio, _AMBER),
    )
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "name": name, "x": days, "y": values, "line": {"color": colour}}
            for name, values, colour in lines
        ],
        "layout": {
            "xaxis": {"type": "date", "tickformat": "%m-%d"},
            "yaxis": {"rangemode": "tozero"},
            "showlegend": True,
        },
    }
