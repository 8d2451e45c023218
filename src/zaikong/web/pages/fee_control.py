"""How does fee control stand, what failed, who goes out, and whose supply must be given back by when?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import (
    EXECUTE_CUTS,
    HANDLE_CASES,
    RELEASE_ALL_CUTS,
    STOP_ALL_CUTS,
    permission,
)
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import fee_control_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, fee_control_words, form_fields, proofs
from zaikong.web.business_day import lawful_time
from zaikong.web.form_fields import UnableToReadFieldError
from zaikong.web.frame import page, page_number, shown
from zaikong.web.pages.cases import proof_answer
from zaikong.web.pages.cuts import require_pace, switch_by_form

_VIEW: Final = ("zaikong.view_restoreorder", "zaikong.view_prepaidbalance")
_REPAIR_WITHIN: Final = timedelta(hours=24)
"""What nobody waits for without supply is mended within a day."""

_FIRST_AT_LEAST: Final = timedelta(minutes=30)
"""A crew is given at least so long."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted.

    Attributes:
        request: The request.
        scope: What its reader sees.
        at: Now.
        kept: Receives the keys of the proofs kept, also when the verb refuses.
    """

    request: HttpRequest
    scope: Scope
    at: datetime
    kept: list[int] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A text, empty where it is absent."""
        return asked.text(self.request.POST, name)

    def found(self, name: str, find: Callable[..., Any]) -> Any:
        """The row a form names, in sight.

        Raises:
            Http404: There is none.
        """
        number = asked.number(self.request.POST, name)
        row = None if number is None else find(number, scope=self.scope)
        if row is None:
            raise Http404(_("Nothing of this number is in your sight."))
        return row


@page(*_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def fee_control_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """The board with one of its lists; posted, one of the acts."""
    if request.method != "POST":
        return _board(request, scope)
    act = asked.text(request.POST, "act")
    if act not in _ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    rights, run = _ACTS[act]
    if not any(request.user.has_perm(permission(right)) for right in rights):
        raise PermissionDenied
    form = Form(request, scope, lawful_time())
    try:
        told = run(form)
    except Refusal as refusal:
        return _board(request, scope, refusal=refusal, act=act, kept=form.kept)
    messages.success(request, told)
    return redirect(request.get_full_path())


@page("zaikong.view_fieldorder")
@require_GET
def field_photo(_request: HttpRequest, order_id: int, *, scope: Scope) -> HttpResponse:
    """The photo that proves a field order, to the byte."""
    photo = queries.photo_of(order_id, scope=scope)
    if photo is None:
        raise Http404(_("No such proof is in your sight."))
    return proof_answer(photo)


def _board(
    request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None, act: str = "", kept: list[int] | None = None
) -> HttpResponse:
    from zaikong.application.cutting.switch import switch_standing  # noqa: PLC0415 -- loads the log on first use

    at = lawful_time()
    tabs = _tabs(request)
    tab = next((name for name, _title in tabs if name == asked.text(request.GET, "tab")), tabs[0][0])
    posted = request.POST if refusal else {}
    number = next((asked.number(posted, name) for name in _NAMED if name in posted), None) if refusal else None
    listed = _LISTS[tab](request, scope, at)
    return shown(
        request,
        "zaikong/fee_control.html",
        title=_("Fee control board"),
        status=409 if refusal else 200,
        scope=scope,
        at=at,
        tabs=tabs,
        tab=tab,
        tab_template=f"zaikong/fee_control_{tab}.html",
        standing_of_cuts=switch_standing(),
        may_stop=_may(request, STOP_ALL_CUTS),
        may_release=_may(request, RELEASE_ALL_CUTS),
        may_execute=_may(request, EXECUTE_CUTS),
        may_confirm_safety=_may(request, EXECUTE_CUTS) or _may(request, HANDLE_CASES),
        switch_here=True,
        longest_reason=queries.LONGEST_REASON,
        longest_name=queries.LONGEST_NAME,
        refusal=refusal,
        act=act,
        posted=number,
        # a row that is gone from the list, or has no such form any more, has no place of its own to be refused at
        placed=_has_form(act, number, tab, listed, request.user.pk),
        typed=posted,
        kept_count=len(set(kept or [])),
        kept_token=proofs.token(_subject(asked.number(posted, "field")), kept or []) if refusal else "",
        **_figures(request, scope, at),
        **listed,
    )


def _has_form(act: str, number: int | None, tab: str, listed: dict[str, Any], reader: int) -> bool:
    """Whether a row of the open list offers the form that was refused, so that it is said there."""
    if number is None or _LIST_OF.get(act) != tab:
        return False
    row = next((one for one in listed["acted_on"] if one.pk == number), None)
    if row is None:
        return False
    if act == "restore":
        return not row.restoreorder_set.all()
    if act == "confirm":
        return row.state == "assigned" and reader in {row.first_id, row.second_id}
    if act == "cancel" and row.kind == "restore":
        return False
    return act not in _WHILE or row.state in _WHILE[act]


def _figures(request: HttpRequest, scope: Scope, at: datetime) -> dict[str, Any]:
    sees_work = request.user.has_perm("zaikong.view_restoreorder")
    sees_balances = request.user.has_perm("zaikong.view_prepaidbalance")
    levels = queries.levels(scope=scope) if sees_balances else []
    outcomes = queries.outcomes(scope=scope, at=at) if sees_work else []
    return {
        "sees_work": sees_work,
        "sees_balances": sees_balances,
        "levels": levels,
        "prepaid": sum(one.accounts for one in levels),
        "warned": sum(one.accounts for one in levels if one.level),
        "below_limit": sum(one.below_limit for one in levels),
        "work": queries.work(scope=scope, at=at) if sees_work else None,
        "outcomes": outcomes,
        "exchanges": sum(one.exchanges for one in outcomes),
    }


def _queue(_request: HttpRequest, scope: Scope, _at: datetime) -> dict[str, Any]:
    restores = queries.restores(scope=scope)
    return {"restores": restores, "cuts": queries.queued_cuts(scope=scope), "acted_on": restores}


def _cuts(request: HttpRequest, scope: Scope, _at: datetime) -> dict[str, Any]:
    from zaikong.application.restoring.ordering import BY_HAND  # noqa: PLC0415 -- loads the rule on first use

    rows = queries.standing_cuts(scope=scope, page=page_number(request))
    table = [(row, next(iter(row.restoreorder_set.all()), None)) for row in rows.object_list]
    causes = [(code, fee_control_words.RESTORE_CAUSES[code]) for code in BY_HAND]
    return {"rows": rows, "table": table, "causes": causes, "acted_on": rows.object_list}


def _failures(request: HttpRequest, scope: Scope, at: datetime) -> dict[str, Any]:
    rows = queries.failures(scope=scope, page=page_number(request))
    table = [(row, _due_by(row, at)) for row in rows.object_list]
    return {"rows": rows, "table": table, "acted_on": rows.object_list}


def _field(request: HttpRequest, scope: Scope, _at: datetime) -> dict[str, Any]:
    state = asked.text(request.GET, "state")
    state = state if state in queries.FieldState.values else ""
    rows = queries.field_orders(state, scope=scope, page=page_number(request))
    return {
        "rows": rows,
        "acted_on": rows.object_list,
        "state": state,
        "states": [
            (value, fee_control_words.FIELD_STATES.get(value, label)) for value, label in queries.FieldState.choices
        ],
        "crew": queries.crew(right=EXECUTE_CUTS, scope=scope) if _may(request, EXECUTE_CUTS) else [],
    }


def _balances(request: HttpRequest, scope: Scope, _at: datetime) -> dict[str, Any]:
    level = asked.number(request.GET, "level")
    return {"rows": queries.balances(level, scope=scope, page=page_number(request)), "level": level}


def _tabs(request: HttpRequest) -> list[tuple[str, str]]:
    titles = {
        "queue": pgettext("fee control", "Queue"),
        "cuts": _("Cuts standing"),
        "failures": pgettext("fee control", "Failures"),
        "field": _("Field orders"),
        "balances": _("Prepaid balances"),
    }
    return [(name, titles[name]) for name, table in _SEEN_BY.items() if request.user.has_perm(f"zaikong.view_{table}")]


def _may(request: HttpRequest, right: str) -> bool:
    return bool(request.user.has_perm(permission(right)))


def _due_by(failure: Any, at: datetime) -> datetime:
    """By when a crew should have done the work of a failed command, unless somebody names another time."""
    from zaikong.application.cutting.orders import LATEST_AFTER  # noqa: PLC0415 -- loads the rule on first use

    command = failure.command
    if command.restore_order is not None:
        return command.restore_order.due_by_at  # type: ignore[no-any-return] # a column
    if command.cut_order is not None:
        return max(command.cut_order.planned_at + LATEST_AFTER, at + _FIRST_AT_LEAST)
    return at + _REPAIR_WITHIN


def _subject(order: int | None) -> str:
    """What photos kept with a form of this field order are signed for."""
    return f"field order {order}"


def _send_crew(form: Form) -> str:
    from zaikong.application.fieldwork.orders import issue_for_failure  # noqa: PLC0415 -- loads the log on first use

    failure = form.found("failure", queries.failure_in_sight)
    due = form_fields.moment(form.request.POST, "due_by", now=form.at) if form.text("due_by") else None
    issue_for_failure(
        failure=failure.pk, staff=form.request.user, at=form.at, due_by_at=due or _due_by(failure, form.at)
    )
    return _("The field order is issued. Name its crew.")


def _close(form: Form) -> str:
    from zaikong.application.fieldwork.failures import close_failure  # noqa: PLC0415 -- as above

    failure = form.found("failure", queries.failure_in_sight)
    close_failure(failure=failure.pk, staff=form.request.user, at=form.at, reason=form.text("reason"))
    return _("The failure is closed.")


def _name_crew(form: Form) -> str:
    from zaikong.application.fieldwork.orders import name_crew  # noqa: PLC0415 -- as above

    order = form.found("field", queries.field_order_in_sight)
    people = [
        queries.crew_member(asked.number(form.request.POST, name) or 0, right=EXECUTE_CUTS, scope=form.scope)
        for name in ("first", "second")
    ]
    first, second = people
    if first is None or second is None:
        raise UnableToReadFieldError("two people go", code="PERSON_MISSING", remedy="Name both people of the crew.")
    name_crew(order=order.pk, first=first, second=second, staff=form.request.user, at=form.at)
    return _("The crew is named.")


def _confirm(form: Form) -> str:
    from zaikong.application.fieldwork.orders import confirm_field_order  # noqa: PLC0415 -- as above

    order = form.found("field", queries.field_order_in_sight)
    proofs.keep_proofs(form.request, _subject(order.pk), form.at, form.kept)
    if order.kind == "cut":
        require_pace()
    supply = form.text("supply")
    if supply not in {"on", "off"}:
        raise UnableToReadFieldError(
            "whether supply is on is missing", code="SUPPLY_MISSING", remedy="Say how you left it."
        )
    photo = queries.photo_kept(form.kept[-1]) if form.kept else None
    if photo is None:
        raise UnableToReadFieldError("the photo is missing", code="PHOTO_MISSING", remedy="Take one of the meter.")
    confirm_field_order(
        order=order.pk,
        staff=form.request.user,
        at=form.at,
        photo=photo,
        result=form.text("result"),
        supply_on=supply == "on",
    )
    return _("The field work is recorded.")


def _cancel(form: Form) -> str:
    from zaikong.application.fieldwork.orders import cancel_field_order  # noqa: PLC0415 -- as above

    order = form.found("field", queries.field_order_in_sight)
    cancel_field_order(order=order.pk, staff=form.request.user, at=form.at, reason=form.text("reason"))
    return _("The field order is cancelled.")


def _restore(form: Form) -> str:
    from zaikong.application.restoring.ordering import order_restore  # noqa: PLC0415 -- loads the rule on first use

    cut = form.found("cut", queries.standing_cut)
    order_restore(cut_order=cut.pk, cause=form.text("cause"), staff=form.request.user, at=form.at)
    return _("Supply is ordered back.")


def _safety(form: Form) -> str:
    from zaikong.application.restoring.ordering import confirm_safety  # noqa: PLC0415 -- as above

    restore = form.found("restore", queries.restore_in_sight)
    confirm_safety(restore=restore.pk, confirmed_by=form.text("confirmed_by"), staff=form.request.user, at=form.at)
    return _("The confirmation is written down; supply goes back on.")


def _switch(form: Form) -> str:
    return switch_by_form(form.request, stop=form.text("act") == "stop", at=form.at)


_SEEN_BY: Final = {
    "queue": "restoreorder",
    "cuts": "restoreorder",
    "failures": "commandfailure",
    "field": "fieldorder",
    "balances": "prepaidbalance",
}
"""Lists of the board, and the table one must be allowed to see for each."""

_LISTS: Final = {"queue": _queue, "cuts": _cuts, "failures": _failures, "field": _field, "balances": _balances}

_LIST_OF: Final = {
    "safety": "queue",
    "restore": "cuts",
    "send": "failures",
    "close": "failures",
    "name": "field",
    "confirm": "field",
    "cancel": "field",
}
"""The list whose rows offer the form of an act."""

_WHILE: Final = {"safety": ("waiting",), "send": ("open",), "name": ("issued",), "cancel": ("issued", "assigned")}
"""States in which a row offers the form of an act."""

_NAMED: Final = ("failure", "field", "cut", "restore")
"""What a form is about."""

_ACTS: Final[dict[str, tuple[tuple[str, ...], Callable[[Form], str]]]] = {
    "send": ((EXECUTE_CUTS,), _send_crew),
    "close": ((EXECUTE_CUTS,), _close),
    "name": ((EXECUTE_CUTS,), _name_crew),
    "confirm": ((EXECUTE_CUTS,), _confirm),
    "cancel": ((EXECUTE_CUTS,), _cancel),
    "restore": ((EXECUTE_CUTS,), _restore),
    "safety": ((EXECUTE_CUTS, HANDLE_CASES), _safety),
    "stop": ((STOP_ALL_CUTS,), _switch),
    "release": ((RELEASE_ALL_CUTS,), _switch),
}
"""What can be done here, the rights of which one is needed, and how."""
