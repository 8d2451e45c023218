"""By which table, ladders and texts is collected, on a day, and what lies ahead of one account?"""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.documents.letterhead import letterhead
from zaikong.application.roles import permission
from zaikong.domain.collection.ladder_table import ALWAYS_HELD, ladders_on, shipped_ladders
from zaikong.domain.collection.strategy_table import editions, strategy_on
from zaikong.domain.collection.templates import MessageLine, MessageTemplate, shipped_templates, template_on, written
from zaikong.kernel.dated import in_force
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries.ahead_page import months_of
from zaikong.store.queries.scope import Scope
from zaikong.web import asked
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, shown
from zaikong.web.pages.accounts import account_in_sight, tab_page

STRATEGY: Final = "henan"
AHEAD_DAYS: Final = 60
_VIEW: Final = permission("view_collectioncase")


@page(_VIEW)
@require_http_methods(["GET", "HEAD"])
def strategy_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Decision table, ladders and texts in force on `?on=`, the business date when none is asked for."""
    del scope  # the table is one for the whole company and names no account
    on = asked.day(request.GET, "on") or business_date()
    context: dict[str, Any] = {"version": None, "refusal": None}
    try:
        context.update(_in_force(on))
    except Refusal as refusal:
        context["refusal"] = refusal
    return shown(
        request,
        "zaikong/strategy.html",
        title=_("Collection strategy"),
        status=409 if context["refusal"] else 200,
        on=on,
        editions=editions(STRATEGY),
        **context,
    )


@page(_VIEW)
@require_http_methods(["GET", "HEAD"])
def account_ahead(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with what would happen in the next 60 days if nothing were paid."""
    from zaikong.application.collection.ahead import ahead_of  # noqa: PLC0415 -- loads the rules on first use

    account = account_in_sight(account_no, scope)
    today = business_date()
    resident = account.category == "residential"
    ahead, refusal = None, None
    try:
        ahead = ahead_of(
            account.pk, as_of=today, resident=resident, days=AHEAD_DAYS, jurisdiction=letterhead().jurisdiction
        )
    except Refusal as error:
        refusal = error
    return tab_page(
        request,
        account,
        "ahead",
        until=today + timedelta(days=AHEAD_DAYS),
        ahead=ahead,
        refusal=refusal,
        **(_foreseen(ahead.preview, today) if ahead else {}),
    )


def _foreseen(foreseen: Any, today: Any) -> dict[str, Any]:
    """Steps with the month of their bill and the subject of their message, and what holds bills back."""
    months = months_of([*(step.bill for step in foreseen.steps), *foreseen.held])
    return {
        "steps": [(step, months.get(step.bill), _subject(step.step, today)) for step in foreseen.steps],
        "held": [(months.get(bill), hold) for bill, hold in sorted(foreseen.held.items())],
    }


def _in_force(on: Any) -> dict[str, Any]:
    version = strategy_on(STRATEGY, as_of=on)
    ladders = ladders_on(as_of=on)
    return {
        "version": version,
        "always_held": ALWAYS_HELD,
        "season": version.value.season_of(on),
        "rows": sorted(version.value.rows, key=lambda row: row.priority),
        "ladders": [
            (in_force(shipped_ladders()[name], as_of=on, what=name), ladder) for name, ladder in ladders.items()
        ],
        "texts": [_text(template_on(name, as_of=on), on) for name in shipped_templates()],
    }


def _text(version: Any, on: Any) -> dict[str, Any]:
    """A template with its text in each language, over two sample bills."""
    template: MessageTemplate = version.value
    head, today = letterhead(), day_number(on)
    lines = [
        MessageLine("4100000001", _month_before(on, 2), 12_345, 296, today - 12, 12),
        MessageLine("4100000001", _month_before(on, 1), 9_876, 0, today + 5, -5),
    ]
    samples = [
        (
            language,
            written(
                template,
                lines,
                language=language,
                customer_name="张三丰",
                is_person=True,
                company=head.supplier_name,
                hotline=head.contact_phone,
            ),
        )
        for language in ("zh", "en")
    ]
    return {"version": version, "template": template, "samples": samples}


def _month_before(on: Any, back: int) -> int:
    year, month = divmod(on.year * 12 + on.month - 1 - back, 12)
    return int(year * 100 + month + 1)


def _subject(step: Any, on: Any) -> str:
    """What the message of a step is called, in Chinese as it is sent; empty for a person's step."""
    return template_on(step.template, as_of=on).value.zh.subject if step.is_message else ""
