"""Which figure does Plotly draw from the rows of a page?

A figure is the JSON object Plotly takes: `data` and `layout`. Colours and fonts are the page's own and are put in by
`console.js`, so that a figure follows the light and the dark theme.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from zaikong.domain.credit.behaviour_table import GRADE_NAMES
from zaikong.kernel.energy import CENTI
from zaikong.kernel.money import FEN_PER_YUAN

Figure = dict[str, Any]

REGISTER_COLOURS = {"sharp": "#b4483c", "peak": "#d98a3d", "flat": "#4a8fa8", "valley": "#3c6e8f"}
"""Sharp, peak, flat, valley: from warm and dear to cool and cheap."""

AGEING_COLOURS = ("#2f8f83", "#e3c565", "#e0a03f", "#cf6a3a", "#a83232")
"""Not due, 1–30, 31–60, 61–90, over 90 days."""

_TEAL = "#0b766f"
_AMBER = "#d98a3d"
_ESTIMATED = "/"
"""Fill pattern of an estimated day."""

_TEN_THOUSAND = 10_000


def yuan_of(fen: int) -> float:
    """Fen as yuan for an axis; a drawing needs no exact amount."""
    return fen / FEN_PER_YUAN


def kwh_of(centi: int) -> float:
    """0.01 kWh as kWh for an axis."""
    return centi / CENTI


def daily_use(rows: Sequence[Any]) -> Figure:
    """Daily use as stacked bars, the registers apart where the account has more than one; estimated days hatched.

    Args:
        rows: `DailyUse` rows, oldest first.
    """
    days = [row.use_date.isoformat() for row in rows]
    estimated = [_ESTIMATED if row.source == "estimated" else "" for row in rows]
    source = [row.get_source_display() for row in rows]
    titles = {"sharp": _("sharp"), "peak": _("peak"), "flat": _("flat"), "valley": _("valley")}
    used = {name: [getattr(row, f"{name}_centi_kwh") for row in rows] for name in titles}
    registers = [name for name, values in used.items() if any(values)]
    single = len(registers) < 2 or any(  # noqa: PLR2004 -- one register is the total
        sum(values) != row.centi_kwh for row, *values in zip(rows, *used.values(), strict=True)
    )
    series = (
        [(_("use"), [row.centi_kwh for row in rows], _TEAL)]
        if single
        else [(titles[name], used[name], REGISTER_COLOURS[name]) for name in registers]
    )
    return {
        "data": [
            {
                "type": "bar",
                "name": str(name),
                "x": days,
                "y": [kwh_of(value) for value in values],
                "customdata": source,
                "marker": {"color": colour, "pattern": {"shape": estimated, "fillmode": "overlay", "size": 6}},
                "hovertemplate": "%{x}<br>%{fullData.name} %{y:,.2f} kWh · %{customdata}<extra></extra>",
            }
            for name, values, colour in series
        ],
        "layout": {
            "barmode": "stack",
            "bargap": 0.15,
            "yaxis": {"title": {"text": "kWh"}, "tickformat": ",~f"},
            "xaxis": {"type": "date", "tickformat": "%m-%d<br>%Y"},
            "showlegend": not single,
        },
    }


def receivable_and_receipts(books: Sequence[tuple[date, int | None, int | None]]) -> Figure:
    """Open receivable as a line, and below it the money received a day as bars.

    Args:
        books: Date, receivable open and received [fen], oldest first; None where a figure is missing.
    """
    days = [day.isoformat() for day, _open, _received in books]
    return {
        "data": [
            {
                "type": "bar",
                "name": _("received"),
                "x": days,
                "y": [None if fen is None else yuan_of(fen) / _TEN_THOUSAND for _day, _open, fen in books],
                "marker": {"color": _AMBER},
                "yaxis": "y2",
                "hovertemplate": "%{x}<br>%{fullData.name} %{y:,.2f} " + _("10k yuan") + "<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": _("receivable open"),
                "x": days,
                "y": [None if fen is None else yuan_of(fen) / _TEN_THOUSAND for _day, fen, _received in books],
                "line": {"color": _TEAL, "width": 2.5},
                "hovertemplate": "%{x}<br>%{fullData.name} %{y:,.2f} " + _("10k yuan") + "<extra></extra>",
            },
        ],
        "layout": {
            "xaxis": {"type": "date", "tickformat": "%m-%d", "anchor": "y2"},
            "yaxis": {
                "title": {"text": _("receivable open, 10k yuan")},
                "tickformat": ",~f",
                "rangemode": "tozero",
                "nticks": 6,
                "domain": [0.42, 1],
            },
            "yaxis2": {
                "title": {"text": _("received, 10k yuan")},
                "tickformat": ",~f",
                "rangemode": "tozero",
                "nticks": 4,
                "domain": [0, 0.34],
            },
            "showlegend": True,
        },
    }


def receipts(days: Sequence[tuple[date, int]]) -> Figure:
    """Money received a day as bars [fen]."""
    return {
        "data": [
            {
                "type": "bar",
                "name": _("received"),
                "x": [day.isoformat() for day, _fen in days],
                "y": [yuan_of(fen) for _day, fen in days],
                "marker": {"color": _AMBER},
                "hovertemplate": "%{x}<br>%{y:,.2f} " + _("yuan") + "<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"type": "date", "tickformat": "%m-%d"},
            "yaxis": {"title": {"text": _("received, yuan")}, "tickformat": ",~f", "rangemode": "tozero"},
            "showlegend": False,
        },
    }


def ageing(buckets: Mapping[str, int]) -> Figure:
    """Money by days past due as horizontal bars, not due on top.

    Args:
        buckets: Title to amount [fen], in order.
    """
    titles = list(buckets)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": titles,
                "x": [yuan_of(fen) / _TEN_THOUSAND for fen in buckets.values()],
                "marker": {"color": list(AGEING_COLOURS[: len(titles)])},
                "hovertemplate": "%{y}<br>%{x:,.2f} " + _("10k yuan") + "<extra></extra>",
            }
        ],
        "layout": {
            "yaxis": {"autorange": "reversed", "type": "category"},
            "xaxis": {"title": {"text": _("10k yuan")}, "tickformat": ",~f", "rangemode": "tozero"},
            "showlegend": False,
        },
    }


def by_title(parts: Mapping[str, int]) -> Figure:
    """Money by title as horizontal bars, the largest on top.

    Args:
        parts: Title to amount [fen].
    """
    ordered = sorted(parts.items(), key=lambda item: -item[1])
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": [title for title, _fen in ordered],
                "x": [yuan_of(fen) for _title, fen in ordered],
                "marker": {"color": _TEAL},
                "hovertemplate": "%{y}<br>%{x:,.2f} " + _("yuan") + "<extra></extra>",
            }
        ],
        "layout": {
            "bargap": 0.45,
            "yaxis": {"autorange": "reversed", "type": "category"},
            "xaxis": {"title": {"text": _("yuan")}, "tickformat": ",~f", "rangemode": "tozero"},
            "showlegend": False,
        },
    }


GRADE_COLOURS = ("#a83232", "#cf6a3a", "#e0a03f", "#e3c565", "#7fb38a", "#2f8f83")
"""D, C, B, A, AA, AAA."""


def grade_history(moves: Sequence[tuple[date, int, int]], until: date) -> Figure:
    """The grade of one account as steps, with its points on hovering.

    Args:
        moves: Night, grade (1 D to 6 AAA) and points of each move, oldest first.
        until: The last night; the last grade is drawn up to it.
    """
    told = [*moves, *([(until, *moves[-1][1:])] if moves and moves[-1][0] < until else [])]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [night.isoformat() for night, _grade, _points in told],
                "y": [grade for _night, grade, _points in told],
                "customdata": [[GRADE_NAMES[grade - 1], points] for _night, grade, points in told],
                "line": {"color": _TEAL, "width": 2.5, "shape": "hv"},
                "marker": {"size": 7, "color": [GRADE_COLOURS[grade - 1] for _night, grade, _points in told]},
                "hovertemplate": "%{x}<br>%{customdata[0]} · %{customdata[1]} " + _("points") + "<extra></extra>",
            }
        ],
        "layout": {
            "xaxis": {"type": "date", "tickformat": "%m-%d<br>%Y"},
            "yaxis": {
                "tickvals": list(range(1, len(GRADE_NAMES) + 1)),
                "ticktext": list(GRADE_NAMES),
                "range": [0.5, len(GRADE_NAMES) + 0.5],
            },
            "showlegend": False,
        },
    }


def grades_over_time(nights: Sequence[tuple[date, int, int]], until: date) -> Figure:
    """Accounts of each grade after each night, as a stack of areas, the worst grade at the bottom.

    Args:
        nights: Night, grade (1 D to 6 AAA) and accounts, oldest night first; nights that moved nothing are absent.
        until: The day up to which the last night is drawn.
    """
    held = {(night, grade): accounts for night, grade, accounts in nights}
    days = sorted({night for night, _grade, _accounts in nights})
    if days and days[-1] < until:
        held |= {(until, grade): held.get((days[-1], grade), 0) for grade in range(1, len(GRADE_NAMES) + 1)}
        days.append(until)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "stackgroup": "grades",
                "x": [day.isoformat() for day in days],
                "y": [held.get((day, grade), 0) for day in days],
                "line": {"color": GRADE_COLOURS[grade - 1], "width": 0.5, "shape": "hv"},
                "fillcolor": GRADE_COLOURS[grade - 1],
                "hovertemplate": "%{fullData.name} %{y:,d}<extra></extra>",
            }
            for grade, name in enumerate(GRADE_NAMES, start=1)
        ],
        "layout": {
            "hovermode": "x unified",
            "xaxis": {"type": "date", "tickformat": "%m-%d<br>%Y"},
            "yaxis": {"title": {"text": _("accounts")}, "tickformat": ",d", "rangemode": "tozero"},
            "showlegend": True,
        },
    }
