"""What is agreed with a customer in which version, what is wrong with it, and what secures the account?"""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import APPROVE_CASES, DRAFT_CONTRACTS, HANDLE_CASES, SIGN_CONTRACTS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import contract_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, contract_form, form_fields
from zaikong.web.business_day import business_date
from zaikong.web.frame import page, shown
from zaikong.web.pages.accounts import account_in_sight, tab_page
from zaikong.web.pages.notices import download

_VIEW: Final = "zaikong.view_supplycontract"
_BASES: Final = ("in_force", "draft", "superseded")
"""Which version a new one begins with: the one in force, else the newest of these."""


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def account_contracts(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The account with the versions of its contract and its guarantees; posted, a guarantee is kept."""
    account = account_in_sight(account_no, scope)
    if request.method != "POST":
        return _tab(request, account)
    act = asked.text(request.POST, "act")
    if act not in _KEPT:
        raise Http404(_("Nothing of this name can be done here."))
    rights, run = _KEPT[act]
    if not any(_may(request, right) for right in rights):
        raise PermissionDenied
    try:
        told = run(request, account, scope)
    except Refusal as refusal:
        return _tab(request, account, refusal=refusal, act=act)
    messages.success(request, told)
    return redirect("account_contracts", account_no)


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def contract_draft(request: HttpRequest, account_no: str, *, scope: Scope) -> HttpResponse:
    """The form of the next version, as the present one says; posted, it is drafted."""
    from zaikong.application.contracts import draft_contract  # noqa: PLC0415 -- loads the type-setter

    if not _may(request, DRAFT_CONTRACTS):
        raise PermissionDenied
    account = account_in_sight(account_no, scope)
    present = _present(account)
    if request.method != "POST":
        return _form(request, account, present)
    try:
        terms = contract_form.terms_of_form(present, request.POST)
        drafted = draft_contract(
            account_no=account.account_no,
            terms={**terms, "account_no": account.account_no},
            staff=request.user,
            as_of=business_date(),
        )
    except Refusal as refusal:
        return _form(request, account, present, typed=request.POST, refusal=refusal)
    messages.success(request, _("Version %(number)s is drafted.") % {"number": drafted.version})
    return redirect("contract", drafted.pk)


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def contract_page(request: HttpRequest, contract_id: int, *, scope: Scope) -> HttpResponse:
    """One version as on paper with the faults of its clauses; posted, it is signed or withdrawn."""
    contract = _in_sight(contract_id, scope)
    if request.method != "POST":
        return _one(request, contract)
    act = asked.text(request.POST, "act")
    if act not in _ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    right, run = _ACTS[act]
    if not _may(request, right):
        raise PermissionDenied
    try:
        told = run(request, contract)
    except Refusal as refusal:
        return _one(request, contract, refusal=refusal, act=act)
    messages.success(request, told)
    return redirect("contract", contract_id)


@page(_VIEW)
@require_GET
def contract_file(request: HttpRequest, contract_id: int, form: str, *, scope: Scope) -> HttpResponse:
    """A version as `pdf` or `word`."""
    from zaikong.application import contracts as verbs  # noqa: PLC0415 -- loads the type-setter

    contract = _in_sight(contract_id, scope)
    write, ending = {"pdf": (verbs.contract_pdf, "pdf"), "word": (verbs.contract_word, "docx")}[form]
    try:
        paper = write(contract=contract.pk, staff=request.user)
    except Refusal as refusal:
        return _one(request, contract, refusal=refusal)
    return download(paper.content, paper.media_type, f"{contract.account.account_no} v{contract.version}.{ending}")


def _tab(request: HttpRequest, account: Any, *, refusal: Refusal | None = None, act: str = "") -> HttpResponse:
    today = business_date()
    sees_guarantees = request.user.has_perm("zaikong.view_guarantee")
    return tab_page(
        request,
        account,
        "contracts",
        status=409 if refusal else 200,
        versions=queries.versions_of(account),
        sees_guarantees=sees_guarantees,
        guarantees=_guarantees(account, today) if sees_guarantees else [],
        coverage=_coverage(account, today) if sees_guarantees else None,
        kinds=queries.GuaranteeKind.choices,
        endings=queries.ENDINGS,
        may_draft=_may(request, DRAFT_CONTRACTS),
        may_keep=_may(request, DRAFT_CONTRACTS) or _may(request, HANDLE_CASES),
        may_end=_may(request, APPROVE_CASES),
        refusal=refusal,
        act=act,
        typed=request.POST,
    )


def _one(request: HttpRequest, contract: Any, *, refusal: Refusal | None = None, act: str = "") -> HttpResponse:
    from zaikong.application.contracts import contract_view  # noqa: PLC0415 -- loads the type-setter
    from zaikong.application.documents.contract_paper import ContractContents, contract_sheet  # noqa: PLC0415 -- as above

    view = contract_view(contract=contract.pk, staff=request.user, as_of=business_date())
    contents = ContractContents(view.terms, contract.version, contract.drafted_date)
    return shown(
        request,
        "zaikong/contract.html",
        title=f"{_('Supply contract')} {contract.account.account_no} v{contract.version}",
        status=409 if refusal else 200,
        contract=contract,
        faults=view.faults,
        faults_today=view.faults_today,
        changed=view.faults != view.faults_today,
        blocking=sum(fault.blocking for fault in view.faults_today),
        sheet=contract_sheet(contents),
        may_sign=_may(request, SIGN_CONTRACTS),
        drafted_here=contract.drafted_by_id == request.user.pk,
        may_draft=_may(request, DRAFT_CONTRACTS),
        business_date=business_date(),
        refusal=refusal,
        act=act,
        typed=request.POST,
    )


def _form(
    request: HttpRequest,
    account: Any,
    present: dict[str, Any],
    *,
    typed: QueryDict | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    return shown(
        request,
        "zaikong/contract_draft.html",
        title=f"{_('New version of the contract')} {account.account_no}",
        status=409 if refusal else 200,
        account=account,
        groups=contract_form.rows(present, typed),
        refusal=refusal,
    )


def _present(account: Any) -> dict[str, Any]:
    """Terms a new version begins with: those in force, else the newest, else what the register knows."""
    from zaikong.application.contract_start import first_terms  # noqa: PLC0415 -- loads the law on first use

    versions = queries.versions_of(account)
    found = next((row for state in _BASES for row in versions if row.state == state), None)
    if found is not None:
        return dict(found.terms)
    return dict(first_terms(account, as_of=business_date()).model_dump(mode="json"))


def _guarantees(account: Any, today: Any) -> list[dict[str, Any]]:
    return [{"row": row, "days": (row.to_date - today).days} for row in queries.guarantees_of(account)]


def _coverage(account: Any, today: Any) -> dict[str, int] | None:
    """What the account owes and what of it is secured; None where it owes nothing or holds no guarantee."""
    from zaikong.application.guarantees import guarantee_coverage  # noqa: PLC0415 -- loads the rules on first use

    rows = guarantee_coverage(as_of=today, account=account.pk).to_dicts()
    return rows[0] if rows else None


def _in_sight(contract_id: int, scope: Scope) -> Any:
    contract = queries.contract_in_sight(contract_id, scope=scope)
    if contract is None:
        raise Http404(_("No such contract is in your sight."))
    return contract


def _may(request: HttpRequest, right: str) -> bool:
    return bool(request.user.has_perm(permission(right)))


def _sign(request: HttpRequest, contract: Any) -> str:
    from zaikong.application.contracts import sign_contract  # noqa: PLC0415 -- loads the type-setter

    sign_contract(
        contract=contract.pk,
        signed_by_name=asked.text(request.POST, "signed_by_name"),
        signed_date=form_fields.day(request.POST, "signed_date"),
        staff=request.user,
        as_of=business_date(),
    )
    return _("The contract is in force.")


def _withdraw(request: HttpRequest, contract: Any) -> str:
    from zaikong.application.contracts import withdraw_contract  # noqa: PLC0415 -- as above

    withdraw_contract(contract=contract.pk, staff=request.user, as_of=business_date())
    return _("The draft is withdrawn.")


_ACTS: Final[dict[str, tuple[str, Callable[[HttpRequest, Any], str]]]] = {
    "sign": (SIGN_CONTRACTS, _sign),
    "withdraw": (DRAFT_CONTRACTS, _withdraw),
}
"""What can be done with a version."""


def _given(request: HttpRequest) -> Any:
    """A guarantee as typed."""
    from zaikong.application.guarantees import GuaranteeGiven  # noqa: PLC0415 -- loads the rules on first use

    typed = request.POST
    return GuaranteeGiven(
        kind=asked.text(typed, "kind"),
        guarantor=asked.text(typed, "guarantor"),
        guarantor_usci=asked.text(typed, "guarantor_usci")[:18],
        state_organ=asked.text(typed, "state_organ") == "1",
        document_no=asked.text(typed, "document_no"),
        maximum_fen=form_fields.fen(typed, "maximum"),
        joint=asked.text(typed, "joint") == "1",
        from_date=form_fields.day(typed, "from_date"),
        to_date=form_fields.day(typed, "to_date"),
        period_months=asked.number(typed, "period_months"),
        note=asked.text(typed, "note"),
    )


def _add(request: HttpRequest, account: Any, _scope: Scope) -> str:
    from zaikong.application.guarantees import add_guarantee  # noqa: PLC0415 -- as above

    add_guarantee(account_no=account.account_no, given=_given(request), staff=request.user, as_of=business_date())
    return _("The guarantee is recorded.")


def _renew(request: HttpRequest, account: Any, scope: Scope) -> str:
    from zaikong.application.guarantees import renew_guarantee  # noqa: PLC0415 -- as above

    renew_guarantee(
        guarantee=_named(request, account, scope), given=_given(request), staff=request.user, as_of=business_date()
    )
    return _("The guarantee is renewed.")


def _end(request: HttpRequest, account: Any, scope: Scope) -> str:
    from zaikong.application.guarantees import end_guarantee  # noqa: PLC0415 -- as above

    end_guarantee(
        guarantee=_named(request, account, scope),
        state=asked.text(request.POST, "state"),
        reason=asked.text(request.POST, "reason"),
        staff=request.user,
        as_of=business_date(),
    )
    return _("The guarantee is ended.")


def _named(request: HttpRequest, account: Any, scope: Scope) -> int:
    """The guarantee of this account that was named."""
    number = asked.number(request.POST, "guarantee")
    found = queries.guarantee_in_sight(number, scope=scope) if number is not None else None
    if found is None or found.account_id != account.pk:
        raise Http404(_("No such guarantee is in your sight."))
    return int(found.pk)


_KEPT: Final[dict[str, tuple[tuple[str, ...], Callable[[HttpRequest, Any, Scope], str]]]] = {
    "add": ((DRAFT_CONTRACTS, HANDLE_CASES), _add),
    "renew": ((DRAFT_CONTRACTS, HANDLE_CASES), _renew),
    "end": ((APPROVE_CASES,), _end),
}
"""What can be done with guarantees, and the rights of which one is needed."""
