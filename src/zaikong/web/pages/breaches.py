"""Which cuts of our own were wrong or given back too late, who judges them, and are they made good?"""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import DECIDE_BREACHES, MAKE_GOOD_BREACHES, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import breach_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, breach_words
from zaikong.web.business_day import lawful_time
from zaikong.web.frame import page, page_number, shown

_RIGHTS: Final = {"confirm": DECIDE_BREACHES, "dismiss": DECIDE_BREACHES, "make_good": MAKE_GOOD_BREACHES}
"""What can be done here, and the right it takes."""


@page("zaikong.view_cutbreach")
@require_http_methods(["GET", "HEAD", "POST"])
def breaches_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Breaches by state, the last first; posted, one is decided or made good."""
    if request.method != "POST":
        return _list(request, scope)
    act = asked.text(request.POST, "act")
    if act not in _RIGHTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not request.user.has_perm(permission(_RIGHTS[act])):
        raise PermissionDenied
    number = asked.number(request.POST, "breach")
    found = queries.breach_in_sight(number, scope=scope) if number is not None else None
    if found is None:
        raise Http404(_("Nothing of this number is in your sight."))
    try:
        messages.success(request, _do(request, act, found))
    except Refusal as refusal:
        return _list(request, scope, refusal=refusal, posted=found.pk)
    return redirect(request.get_full_path())


def _list(
    request: HttpRequest, scope: Scope, *, refusal: Refusal | None = None, posted: int | None = None
) -> HttpResponse:
    state = asked.text(request.GET, "state")
    state = state if state in queries.State.values else ""
    counts = queries.by_state(scope=scope)
    return shown(
        request,
        "zaikong/breaches.html",
        title=_("Own breaches"),
        status=409 if refusal else 200,
        scope=scope,
        rows=queries.breaches(state, scope=scope, page=page_number(request)),
        state=state,
        states=[(value, label, counts.get(value)) for value, label in queries.State.choices],
        total=sum(one.breaches for one in counts.values()),
        may_decide=request.user.has_perm(permission(DECIDE_BREACHES)),
        may_make_good=request.user.has_perm(permission(MAKE_GOOD_BREACHES)),
        longest_reason=queries.LONGEST_REASON,
        refusal=refusal,
        refusal_said=breach_words.refusal(refusal) if refusal else "",
        posted=posted,
    )


def _do(request: HttpRequest, act: str, found: Any) -> str:
    from zaikong.application.breaches import decide_breach, make_good_breach  # noqa: PLC0415 -- loads the rules

    if act == "make_good":
        make_good_breach(breach=found.pk, staff=request.user, at=lawful_time())
        return _("The compensation is credited to the customer.")
    decide_breach(
        breach=found.pk,
        confirm=act == "confirm",
        reason=asked.text(request.POST, "reason"),
        staff=request.user,
        at=lawful_time(),
    )
    return _("The breach is confirmed.") if act == "confirm" else _("It is noted that this was no breach.")
