"""Which first grade has an application for supply, why, on which terms, and who set it aside?"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zaikong.application.roles import GRADE_APPLICATIONS, permission
from zaikong.domain.credit.intake_card import FIRST_GRADES
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import first_grades as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, first_grade_words, labels
from zaikong.web.business_day import business_date
from zaikong.web.first_grade_rows import MONEY, asked_facts, item_rows, papers_missing, papers_wanted, read_facts
from zaikong.web.frame import page, page_number, shown

_VIEW = "zaikong.view_firstgrade"
_FEN_IN_YUAN = 100


@page(_VIEW)
def application_list(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Applications with papers, grade and terms, the latest first."""
    chosen = _chosen(request, scope)
    rows = queries.applications(chosen, scope=scope, page=page_number(request))
    as_of = business_date()
    rows.object_list = [(row, _missing(row, as_of)) for row in rows.object_list]
    return shown(
        request,
        "zaikong/first_grades.html",
        title=_("First grades"),
        scope=scope,
        chosen=chosen,
        rows=rows,
        counts=queries.counts(scope=scope),
        states=queries.State.choices,
        categories=labels.CATEGORIES.items(),
        grades=FIRST_GRADES,
        stations=queries.stations(scope=scope),
        may_count=request.user.has_perm("zaikong.view_staff"),
    )


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def application_page(request: HttpRequest, application_id: int, *, scope: Scope) -> HttpResponse:
    """One application: items, facts, sources, what is asked for; posted, it is graded or its grade overridden."""
    application = queries.application_by_id(application_id, scope=scope)
    if application is None:
        raise Http404(_("No application with this number is in your sight."))
    if request.method != "POST":
        return _shown(request, application)
    if not request.user.has_perm(permission(GRADE_APPLICATIONS)):
        raise PermissionDenied
    act = {"grade": _grade, "override": _override}.get(request.POST.get("decision", ""))
    if act is None:
        raise Http404(_("There is no such decision."))
    try:
        told = act(request, application)
    except Refusal as refusal:
        return _shown(request, application, refusal=refusal, typed=request.POST)
    messages.success(request, told)
    return redirect("first_grade", application_id=application.pk)


@page("zaikong.view_staff")
def override_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """How often each member of staff set a proposal aside, month by month."""
    return shown(
        request,
        "zaikong/first_grade_overrides.html",
        title=_("Overrides of first grades"),
        rows=queries.override_counts(scope=scope),
        months=queries.MONTHS,
    )


def _grade(request: HttpRequest, application: Any) -> str:
    from zaikong.application.first_grading import grade_connection  # noqa: PLC0415 -- loads the rules on first use

    today = business_date()
    facts = read_facts(request.POST, asked_facts(application.category, as_of=today))
    found = grade_connection(application.application_no, facts, as_of=today, staff=request.user)
    if not found.grade:
        return _("Too little is proved for a grade yet; what is missing is named below.")
    return _("The application was graded %(grade)s.") % {"grade": found.grade}


def _override(request: HttpRequest, application: Any) -> str:
    from zaikong.application.first_grading import override_first_grade  # noqa: PLC0415 -- as above

    number = asked.number(request.POST, "first_grade")
    if number not in {row.pk for row in queries.gradings_of(application)}:
        raise Http404(_("No such proposal is in your sight."))
    found = override_first_grade(
        number,
        grade=asked.text(request.POST, "grade"),
        reason=asked.text(request.POST, "reason"),
        staff=request.user,
        as_of=business_date(),
    )
    return _("The grade is %(grade)s now; the proposal is kept beside it.") % {"grade": found.grade}


def _shown(
    request: HttpRequest, application: Any, *, refusal: Refusal | None = None, typed: Any = None
) -> HttpResponse:
    as_of = business_date()
    papers, gradings = queries.papers_of(application), queries.gradings_of(application)
    last = gradings[0] if gradings else None
    row = queries.ApplicationRow(application, papers, last)
    names = asked_facts(application.category, as_of=as_of)
    return shown(
        request,
        "zaikong/first_grade.html",
        title=_("Application %(number)s") % {"number": application.application_no},
        status=409 if refusal else 200,
        application=application,
        papers=papers,
        business_date=as_of,
        last=last,
        items=item_rows(last, application.category) if last else [],
        wanted=papers_wanted(application.category, _held(row, as_of), as_of=as_of),
        arrived=_arrived(row, as_of),
        gradings=gradings,
        fields=[_field(name, typed, last) for name in names],
        grades=FIRST_GRADES,
        typed=typed or {},
        may_grade=request.user.has_perm(permission(GRADE_APPLICATIONS)),
        longest_reason=queries.LONGEST_REASON,
        refusal=refusal,
    )


def _chosen(request: HttpRequest, scope: Scope) -> queries.Chosen:
    def one_of(name: str, known: Any) -> str:
        typed = asked.text(request.GET, name)
        return typed if typed in known else ""

    return queries.Chosen(
        state=one_of("state", queries.State.values),
        category=one_of("category", labels.CATEGORIES),
        grade=one_of("grade", (*FIRST_GRADES, queries.NOT_GRADED, queries.OPEN)),
        station=asked.number(request.GET, "station") if scope.whole_county else None,
        overridden=asked.text(request.GET, "overridden") == "1",
        missing=asked.text(request.GET, "missing") == "1",
    )


def _held(row: queries.ApplicationRow, as_of: Any) -> set[str]:
    """Kinds of paper on file and valid."""
    return {paper.kind for paper in row.papers if paper.valid_to is None or paper.valid_to > as_of}


def _arrived(row: queries.ApplicationRow, as_of: Any) -> list[str]:
    """Papers asked for by the last grading that are on file by now: grading again takes them in."""
    if row.grade is None:
        return []
    wanted = {kind for kinds in papers_missing(row.grade) for kind in kinds}
    return sorted(wanted & _held(row, as_of))


def _missing(row: queries.ApplicationRow, as_of: Any) -> list[list[str]]:
    """Papers still asked for: those of the last grading that did not come since, or of the card before the first."""
    held = _held(row, as_of)
    if row.grade is None:
        return papers_wanted(row.application.category, held, as_of=as_of)
    return [kinds for kinds in papers_missing(row.grade) if not held & set(kinds)]


def _field(name: str, typed: Any, last: Any) -> dict[str, Any]:
    """A fact of the form: as typed, else as the last grading had it."""
    choices = {"premises": first_grade_words.PREMISES, "industry_risk": first_grade_words.RISKS}.get(name)
    kind = "choice" if choices else "day" if name == "established_on" else "yuan"
    known = last.facts.get(name) if last else None
    text = "" if known is None else _yuan(known) if name in MONEY else str(known)
    value = typed.get(name, "") if typed and typed.get("decision") == "grade" else text
    return {"name": name, "kind": kind, "choices": choices, "value": value}


def _yuan(fen: int) -> str:
    whole, cents = divmod(fen, _FEN_IN_YUAN)
    return f"{whole}.{cents:02d}" if cents else str(whole)
