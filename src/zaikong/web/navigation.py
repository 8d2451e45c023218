"""Which pages does the side bar offer? Only those the reader may open."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zaikong.application.roles import APPROVE_WAIVERS, REQUEST_WAIVERS, TAKE_PAYMENTS
from zaikong.application.seeing import scope_of

_Entry = tuple["str | Promise", str, str, tuple[str, ...], bool]
"""Title, symbol, address name, permissions of which one is needed, whether it shows the whole county."""

_WORK: tuple[tuple["str | Promise", tuple[_Entry, ...]], ...] = (
    (
        "",
        (
            (_("Overview"), "space_dashboard", "admin:index", (), False),
            (_("Find an account"), "person_search", "search", ("view_account",), False),
        ),
    ),
    (
        _("Billing"),
        (
            (_("Bill runs"), "receipt_long", "bill_runs", ("view_billrun",), False),
            (_("Held bills"), "front_hand", "held_bills", ("view_billdraft",), False),
        ),
    ),
    (
        _("Charging"),
        (
            (_("Take a payment"), "point_of_sale", "counter", (TAKE_PAYMENTS,), False),
            (_("Late-fee waivers"), "approval", "waivers", (REQUEST_WAIVERS, APPROVE_WAIVERS), False),
        ),
    ),
    (
        _("Collection"),
        (
            (_("The day's work"), "checklist", "day", ("view_worklistrow",), False),
            (_("Collection cases"), "folder_shared", "cases", ("view_collectioncase",), False),
            (_("Notices"), "outgoing_mail", "notices", ("view_notice",), False),
            (_("Limitation of claims"), "hourglass_bottom", "limitation", ("view_limitationevent",), False),
        ),
    ),
    (
        _("Risk control"),
        (
            (_("First grades"), "fact_check", "first_grades", ("view_firstgrade",), False),
            (_("Lapsing guarantees"), "verified_user", "guarantees", ("view_guarantee",), False),
            (_("Risk warnings"), "crisis_alert", "warnings", ("view_riskwarning",), False),
            (_("Signals"), "campaign", "signals", ("view_signalmatch",), False),
            (_("Score"), "functions", "score", ("view_scorewatch",), True),
        ),
    ),
    (
        _("Fee control"),
        (
            (_("Fee control board"), "tune", "fee_control", ("view_restoreorder", "view_prepaidbalance"), False),
            (_("Cuts of supply"), "power_off", "cuts", ("view_cutorder",), False),
            (_("Legality certificates"), "workspace_premium", "certificates", ("view_legalitycertificate",), False),
            (_("Own breaches"), "report", "breaches", ("view_cutbreach",), False),
            (_("Collection strategy"), "account_tree", "strategy", ("view_collectioncase",), False),
        ),
    ),
    (
        _("Audit"),
        (
            (_("Decision log"), "history_edu", "decisions", ("view_decisionrecord",), True),
            (_("Fairness"), "balance", "fairness", ("view_decisionrecord",), True),
        ),
    ),
    (
        _("Day and month close"),
        (
            (_("Day book"), "today", "day_book_last", ("view_daybook",), True),
            (_("Month close"), "calendar_month", "month_close_last", ("view_monthclose",), True),
        ),
    ),
)

_RECORDS: tuple[tuple["str | Promise", str, str], ...] = (
    (_("Accounts"), "group", "account"),
    (_("Bills"), "request_quote", "bill"),
    (_("Payments"), "payments", "payment"),
    (_("Ledger"), "account_balance", "leg"),
    (_("Open items"), "pending_actions", "openitem"),
    (_("Readings"), "speed", "registerreading"),
    (_("Daily use"), "bar_chart", "dailyuse"),
    (_("Metering findings"), "troubleshoot", "meteringfinding"),
    (_("Meters"), "electric_meter", "meter"),
    (_("Applications"), "assignment", "connectionapplication"),
    (_("Imports"), "upload_file", "importbatch"),
    (_("Nights"), "bedtime", "night"),
    (_("Staff"), "badge", "staff"),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links for the reader, empty groups left out."""
    if not request.user.is_authenticated:
        return []
    county = scope_of(request.user).whole_county
    groups = [
        {
            "title": title,
            "separator": False,
            "items": [
                {"title": name, "icon": icon, "link": reverse(address)}
                for name, icon, address, permissions, sums in entries
                if _allowed(request, permissions) and (county or not sums)
            ],
        }
        for title, entries in _WORK
    ]
    records = [
        {"title": name, "icon": icon, "link": reverse(f"admin:zaikong_{table}_changelist")}
        for name, icon, table in _RECORDS
        if _allowed(request, (f"view_{table}",))
    ]
    groups.append({"title": _("Records"), "separator": True, "collapsible": True, "items": records})
    return [group for group in groups if group["items"]]


def _allowed(request: HttpRequest, permissions: tuple[str, ...]) -> bool:
    return not permissions or any(request.user.has_perm(f"zaikong.{word}") for word in permissions)
