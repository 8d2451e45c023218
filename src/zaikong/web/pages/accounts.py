"""What is to be known about one account? A header that stays, and a tab for each question."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zaikong.kernel.period import date_of_day
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import account_page as queries
from zaikong.store.queries.dashboard import AGEING
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, business_day, figures, labels
from zaikong.web.frame import page, page_number, shown
from zaikong.web.owed import late_fee_of_account

USE_DAYS = (31, 92, 366)
"""Windows of the daily-use chart [days]; the second is shown first."""


@page("zaikong.view_account")
def account_bills(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its bills."""
    account = account_in_sight(account_no, scope)
    bills = queries.bills_of(account, page=page_number(request))
    return tab_page(request, account, "bills", bills=bills)


@page("zaikong.view_leg")
def account_ledger(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its ledger: the customer's own accounts, or with `?all=1` every leg of its transactions."""
    account = account_in_sight(account_no, scope)
    whole = request.GET.get("all") == "1"
    legs = queries.ledger_of(account, page=page_number(request), whole=whole)
    return tab_page(request, account, "ledger", legs=legs, whole=whole)


@page("zaikong.view_leg")
def account_statement(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account's statement from `?from=` to `?to=`, both included; by default the year of the business date."""
    from zaikong.application.statement import statement  # noqa: PLC0415 -- loads the late-fee rules on first use

    account = account_in_sight(account_no, scope)
    today = business_day.business_date()
    from_date = asked.day(request.GET, "from") or today.replace(month=1, day=1)
    to_date = asked.day(request.GET, "to") or today
    context: dict[str, Any] = {"from_date": from_date, "to_date": to_date, "statement": None, "refusal": None}
    try:
        made = statement(account_no=account.account_no, from_date=from_date, to_date=to_date + timedelta(days=1))
    except Refusal as refusal:
        context["refusal"] = refusal
    else:
        rows = made.lines.to_dicts()
        context.update(statement=made, rows=[{**row, "day": date_of_day(row["day"])} for row in rows])
    return tab_page(request, account, "statement", **context)


@page("zaikong.view_payment")
def account_payments(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its payments and what each paid."""
    account = account_in_sight(account_no, scope)
    payments = queries.payments_of(account, page=page_number(request))
    return tab_page(request, account, "payments", payments=payments, prepaid_use=queries.prepaid_use_of(account))


@page("zaikong.view_dailyuse")
def account_use(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with its daily use over `?days=`."""
    account = account_in_sight(account_no, scope)
    window = asked.number(request.GET, "days")
    days = window if window in USE_DAYS else USE_DAYS[1]
    last = queries.last_use_date(account)
    rows = (
        queries.daily_use_of(account, from_date=last - timedelta(days=days - 1), to_date=last + timedelta(days=1))
        if last
        else []
    )
    return tab_page(
        request,
        account,
        "use",
        rows=rows,
        figure=figures.daily_use(rows) if rows else None,
        days=days,
        windows=USE_DAYS,
        estimated=sum(row.source == "estimated" for row in rows),
        total_centi_kwh=sum(row.centi_kwh for row in rows),
        series_note=_series_note(account),
    )


@page("zaikong.view_meteringfinding", "zaikong.view_billfinding")
def account_findings(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with what checks found on its bills and in its readings."""
    account = account_in_sight(account_no, scope)
    return tab_page(request, account, "findings", findings=queries.findings_of(account))


def account_in_sight(account_no: str, scope: Scope) -> Any:
    """The account with this number.

    Raises:
        Http404: There is none in sight.
    """
    account = queries.account_by_number(account_no, scope=scope)
    if account is None:
        raise Http404(_("No account with this number is in your sight."))
    return account


def tab_page(request: HttpRequest, account: Any, current: str, **context: Any) -> TemplateResponse:
    """The account with one tab open; asked for by the tabs themselves, the tab alone."""
    shared = {
        "account": account,
        "voltage": labels.voltage_title(account.supply_point.voltage),
        "tabs": _tabs(request, account, current),
        "tab_template": f"zaikong/account/{current}.html",
        "business_date": business_day.business_date(),
        **context,
    }
    if request.htmx and request.htmx.target == "zk-tab":
        return TemplateResponse(request, "zaikong/account/tab.html", shared)
    return shown(request, "zaikong/account/page.html", title=_title(account), **shared, **_header(account))


def _series_note(account: Any) -> str:
    """What stands beside the use of an enterprise of the sample county; empty for everybody else."""
    if account.category not in _ENTERPRISES:
        return ""
    from zaikong.application.demo import series_note  # noqa: PLC0415 -- loads the simulator, which no other page needs

    return series_note()


_ENTERPRISES = ("business", "industrial")

_TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("bills", "account", ("view_account",)),
    ("ledger", "account_ledger", ("view_leg",)),
    ("statement", "account_statement", ("view_leg",)),
    ("payments", "account_payments", ("view_payment",)),
    ("use", "account_use", ("view_dailyuse",)),
    ("findings", "account_findings", ("view_meteringfinding", "view_billfinding")),
    ("credit", "account_credit", ("view_creditstanding",)),
    ("contracts", "account_contracts", ("view_supplycontract",)),
    ("prepayment", "account_prepayment", ("view_prepaidbalance",)),
    ("collection", "account_collection", ("view_collectioncase",)),
    ("ahead", "account_ahead", ("view_collectioncase",)),
)


def _header(account: Any) -> dict[str, Any]:
    exposure = getattr(account, "accountexposure", None)
    return {
        "balance": getattr(account, "accountbalance", None),
        "exposure": exposure,
        "standing": getattr(account, "creditstanding", None),
        "buckets": ageing_buckets({column: getattr(exposure, column) for column in AGEING}) if exposure else [],
        "meters": queries.meters_of(account),
        "late_fee_fen": late_fee_of_account(account),
    }


def ageing_buckets(sums: dict[str, int]) -> list[tuple[str, int, str]]:
    """Title, amount [fen] and colour of each bucket of `AGEING`, in order."""
    titles = (_("not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("over 90 days"))
    return list(zip(titles, (sums[column] for column in AGEING), figures.AGEING_COLOURS, strict=True))


def _tabs(request: HttpRequest, account: Any, current: str) -> list[dict[str, Any]]:
    titles = {
        "bills": _("Bills"),
        "ledger": _("Ledger"),
        "statement": _("Statement of account"),
        "payments": _("Payments"),
        "use": _("Daily use"),
        "findings": _("Findings"),
        "credit": pgettext("credit file", "Credit"),
        "contracts": _("Contract and guarantees"),
        "prepayment": _("Prepayment"),
        "collection": _("Collection"),
        "ahead": _("If nothing is paid"),
    }
    return [
        {"title": titles[name], "link": reverse(address, args=[account.account_no]), "current": name == current}
        for name, address, permissions in _TABS
        if any(request.user.has_perm(f"zaikong.{word}") for word in permissions)
    ]


def _title(account: Any) -> str:
    return f"{account.account_no} {account.customer.name}"
