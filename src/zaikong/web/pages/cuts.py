"""Which cuts are asked for, whose word is still missing, what does the rule say of them, and are all cuts stopped?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import (
    APPROVE_CUTS,
    EXECUTE_CUTS,
    PROPOSE_CUTS,
    RELEASE_ALL_CUTS,
    STOP_ALL_CUTS,
    permission,
)
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import cut_page as queries
from zaikong.store.queries import device_page
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, cut_words
from zaikong.web.business_day import business_date, keeps_pace, lawful_time
from zaikong.web.frame import page, page_number, shown

_RIGHTS: Final = {
    "approve": (APPROVE_CUTS,),
    "refuse": (APPROVE_CUTS,),
    "cancel": (PROPOSE_CUTS, APPROVE_CUTS),
    "propose": (PROPOSE_CUTS,),
    "reserve": (EXECUTE_CUTS,),
    "record": (EXECUTE_CUTS,),
    "wire": (EXECUTE_CUTS,),
    "stop": (STOP_ALL_CUTS,),
    "release": (RELEASE_ALL_CUTS,),
}
"""What can be done here, and the rights of which one is needed."""

_SWITCHED: Final = ("stop", "release")
_CARRIED: Final = ("reserve", "record")
_ON_ITS_WAY: Final = (queries.State.APPROVED, queries.State.RESERVED)


class UnableToRecordNowError(Refusal):
    """The books do not keep pace with the calendar."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the rule says of an order.

    Attributes:
        answer: As it was asked.
        waits: Failed conditions that time or a further step may still meet.
        stands: Failed conditions that stand against the cut.
    """

    answer: Any
    waits: tuple[Any, ...]
    stands: tuple[Any, ...]


@page("zaikong.view_cutorder")
@require_http_methods(["GET", "HEAD", "POST"])
def cuts_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Orders by state, what waits for the reader first; posted, one is decided, or all cuts are stopped or go on."""
    refusal = None
    if request.method == "POST":
        refusal = _act(request, scope, asked.number(request.POST, "order"))
        if refusal is None:
            return redirect(request.get_full_path())
    return _list(request, scope, refusal)


@page("zaikong.view_cutorder")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_page(request: HttpRequest, order_id: int, *, scope: Scope) -> HttpResponse:
    """One order with every condition, its proofs, the approvals and what happened; posted, it is decided."""
    if _order(order_id, request, scope) is None:
        raise Http404(_("No such cut order is in your sight."))
    refusal = None
    if request.method == "POST":
        refusal = _act(request, scope, order_id)
        if refusal is None:
            return redirect("cut", order_id)
    return _one(request, _order(order_id, request, scope), refusal)


def _list(request: HttpRequest, scope: Scope, refusal: Refusal | None) -> HttpResponse:
    state = asked.text(request.GET, "state")
    state = state if state in queries.State.values else ""
    reader = _reader(request)
    at = lawful_time()
    rows = queries.orders(state, scope=scope, page=page_number(request), reader=reader)
    counts = queries.by_state(scope=scope)
    may_propose = request.user.has_perm(permission(PROPOSE_CUTS))
    said = _said(rows.object_list, at)
    return shown(
        request,
        "zaikong/cuts.html",
        title=_("Cuts of supply"),
        status=409 if refusal else 200,
        scope=scope,
        rows=rows,
        table=[(row, said.get(row.account_id)) for row in rows.object_list],
        state=state,
        states=[
            (value, cut_words.OUTCOMES.get(value, label), counts.get(value, 0))
            for value, label in queries.State.choices
        ],
        living=sum(counts.get(str(one), 0) for one in queries.OPEN),
        mine=queries.mine_count(scope=scope, reader=reader),
        ready=queries.ready_notices(scope=scope, at=at) if may_propose else [],
        may_propose=may_propose,
        **_shared(request, at, refusal),
    )


def _one(request: HttpRequest, order: Any, refusal: Refusal | None) -> HttpResponse:
    from zaikong.application.cutting.explained import (  # noqa: PLC0415 -- loads the rule on first use
        conditions_asked,
        conditions_frozen,
    )

    at = lawful_time()
    said = _said([order], at).get(order.account_id)
    conditions = conditions_asked(said.answer) if said else conditions_frozen(order)
    return shown(
        request,
        "zaikong/cut.html",
        title=f"{_('Cut order')} {order.pk}",
        status=409 if refusal else 200,
        order=order,
        said=said,
        conditions=conditions,
        unmet=sum(not row.met for row in conditions),
        notices=queries.notices_of(order),
        events=queries.events_of(order),
        **_carried(request, order),
        **_shared(request, at, refusal),
    )


def _carried(request: HttpRequest, order: Any) -> dict[str, Any]:
    """How an order is or was carried out: over the wire or by hand, and whether its supply came back."""
    from zaikong.application.commanding.meters import commandable_meter  # noqa: PLC0415 -- as the verbs

    commands = device_page.commands_of_order(order.pk)
    field = queries.field_orders_of(order)
    spent = any(one.verb == "trip" and one.state != "queued" for one in commands)
    by_hand = any(one.kind == "cut" and one.state in {"issued", "assigned"} for one in field)
    free = order.state in _ON_ITS_WAY and not spent and not by_hand
    return {
        "commands": commands if request.user.has_perm("zaikong.view_metercommand") else [],
        "field_orders": field if request.user.has_perm("zaikong.view_fieldorder") else [],
        "restore": queries.restore_of(order) if request.user.has_perm("zaikong.view_restoreorder") else None,
        "wire": commandable_meter(order.account_id) if free else None,
    }


def _shared(request: HttpRequest, at: datetime, refusal: Refusal | None) -> dict[str, Any]:
    from zaikong.application.cutting.switch import switch_standing  # noqa: PLC0415 -- as the verbs

    def may(right: str) -> bool:
        return bool(request.user.has_perm(permission(right)))

    return {
        "at": at,
        "business_date": business_date(),
        "standing_of_cuts": switch_standing(),
        "may_approve": may(APPROVE_CUTS),
        "may_cancel": may(PROPOSE_CUTS) or may(APPROVE_CUTS),
        "may_execute": may(EXECUTE_CUTS) and keeps_pace(),
        "may_stop": may(STOP_ALL_CUTS),
        "may_release": may(RELEASE_ALL_CUTS),
        "longest_reason": queries.LONGEST_REASON,
        "refusal": refusal,
    }


def _said(orders: Any, at: datetime) -> dict[int, Said]:
    """What the rule says of the living orders at this moment, by account; asked once for all of them."""
    from zaikong.application.cutting.asking import may_cut  # noqa: PLC0415 -- loads the rule on first use

    living = [(row.account_id, row.pk) for row in orders if row.state in queries.LIVE]
    return {answer.account: _sorted(answer) for answer in may_cut(living, at=at)}


def _sorted(answer: Any) -> Said:
    waits = tuple(one for one in answer.failed if one.reason in cut_words.WAITING)
    return Said(answer, waits, tuple(one for one in answer.failed if one not in waits))


def _reader(request: HttpRequest) -> queries.Reader:
    return queries.Reader(
        staff=request.user.pk,
        decides=request.user.has_perm(permission(APPROVE_CUTS)),
        executes=request.user.has_perm(permission(EXECUTE_CUTS)),
    )


def _order(order_id: int | None, request: HttpRequest, scope: Scope) -> Any:
    return None if order_id is None else queries.order_by_id(order_id, scope=scope, reader=_reader(request))


def _act(request: HttpRequest, scope: Scope, order_id: int | None) -> Refusal | None:
    """Do what was posted; None when it is done."""
    act = asked.text(request.POST, "act")
    if act not in _RIGHTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not any(request.user.has_perm(permission(right)) for right in _RIGHTS[act]):
        raise PermissionDenied
    try:
        if act in _SWITCHED:
            messages.success(request, switch_by_form(request, stop=act == "stop", at=lawful_time()))
        elif act == "propose":
            _propose(request, scope)
        else:
            order = _order(order_id, request, scope)
            if order is None:
                raise Http404(_("No such cut order is in your sight."))
            _decide(request, act, order.pk)
    except Refusal as refusal:
        return refusal
    return None


def switch_by_form(request: HttpRequest, *, stop: bool, at: datetime) -> str:
    """Stop all cuts, or let them go on, as a form asks; what was done, in words.

    Raises:
        Refusal: The verb's.
    """
    from zaikong.application.cutting.switch import switch_cuts  # noqa: PLC0415 -- loads the log on first use

    switch_cuts(stop=stop, reason=asked.text(request.POST, "reason"), staff=request.user, at=at)
    return _("All cuts are stopped.") if stop else _("Cuts go on.")


def _propose(request: HttpRequest, scope: Scope) -> None:
    from zaikong.application.cutting.orders import propose_cut  # noqa: PLC0415 -- loads the rule on first use

    number = asked.number(request.POST, "notice")
    notice = queries.notice_in_sight(number, scope=scope) if number is not None else None
    if notice is None:
        raise Http404(_("No such notice is in your sight."))
    propose_cut(notice=notice.pk, staff=request.user, at=lawful_time())
    messages.success(request, _("The cut is proposed; two others decide."))


def _decide(request: HttpRequest, act: str, order: int) -> None:
    from zaikong.application.cutting.orders import cancel_cut, decide_cut  # noqa: PLC0415 -- as above

    reason, at = asked.text(request.POST, "reason"), lawful_time()
    if act in _CARRIED:
        _carry_out(request, act, order, at)
    elif act == "wire":
        _send_over_the_wire(request, order, at)
    elif act == "cancel":
        cancel_cut(order=order, staff=request.user, at=at, reason=reason)
        messages.success(request, _("The order is cancelled."))
    else:
        decided = decide_cut(order=order, approve=act == "approve", staff=request.user, at=at, note=reason)
        told = {
            "proposed": _("Your approval is noted; a second person decides."),
            "approved": _("The order is approved."),
            "refused": _("The order is refused."),
        }
        messages.success(request, told[decided.state])


def require_pace() -> None:
    """Refuse an act of this moment in a county of the past.

    Raises:
        UnableToRecordNowError: `BOOKS_BEHIND`.
    """
    if not keeps_pace():
        raise UnableToRecordNowError(
            _("The open business date is not today: the console cannot say when supply was cut."),
            code="BOOKS_BEHIND",
            remedy=_("Run the nights that are missing first."),
        )


def _send_over_the_wire(request: HttpRequest, order: int, at: datetime) -> None:
    from zaikong.application.commanding.asking import ask_for_cut  # noqa: PLC0415 -- as above

    require_pace()
    ask_for_cut(order=order, staff=request.user, at=at)
    messages.success(request, _("The cut waits for the worker; the rule is asked once more before anything is sent."))


def _carry_out(request: HttpRequest, act: str, order: int, at: datetime) -> None:
    """Reserve the order before supply is cut, or record that it was."""
    from zaikong.application.cutting.executing import record_cut, reserve_cut  # noqa: PLC0415 -- as above

    require_pace()
    carried = (reserve_cut if act == "reserve" else record_cut)(order=order, staff=request.user, at=at)
    if carried.state == queries.State.RESERVED:
        messages.success(request, _("The rule allows the cut now. Cut supply, then record it at once."))
        return
    if carried.certificate:
        messages.success(request, _("The cut is recorded; certificate %(number)s.") % {"number": carried.certificate})
        return
    why = "; ".join(cut_words.condition(one.reason, met=False) for one in carried.answer.failed)
    messages.error(request, _("The rule does not allow the cut: %(why)s.") % {"why": why})
    if act == "record":
        messages.error(request, _("If supply is off already, give it back at once."))
