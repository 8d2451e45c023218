"""Who drafts a supply contract, who signs it, and what does signing change?

A version is drafted with the faults the clause check finds, signed only when none keeps it from being lawful on the day of
signing, and stays as signed: the next version takes its place. Who did it and when stands on the version and in the decision
log. Signing carries the late-fee rate and the settlements a month to the account, unless bills are overdue: their late
fee was agreed under the old rate.

Basis: 《电力供应与使用条例》 articles 33 and 39; the check's own (`domain.registry.clause_check`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from pydantic import ValidationError

from zaikong.application.account_lookup import UnableToFindAccountError
from zaikong.application.decision_log import log_act
from zaikong.application.documents.contract_paper import ContractContents, contract_sheet
from zaikong.application.documents.letterhead import letterhead
from zaikong.application.documents.pdf import Paper, pdf_of
from zaikong.application.documents.sheet import Sheet
from zaikong.application.documents.word import word_of
from zaikong.application.roles import DRAFT_CONTRACTS, SIGN_CONTRACTS, permission
from zaikong.application.seeing import scope_of
from zaikong.domain.registry.clause_check import ClauseFault, check_clauses, clauses_edition, unlawful
from zaikong.domain.registry.contract_terms import ContractTerms, Signature
from zaikong.kernel.chain import digest
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, OpenItem, Staff, SupplyContract

_State = SupplyContract.State

_PREPAID = "prepaid"


class UnableToDraftContractError(Refusal):
    """Terms that are none, or a person who may not draft."""


class UnableToSignContractError(Refusal):
    """A contract that is not lawful, not a draft, or that this person may not sign."""


class UnableToFindContractError(Refusal):
    """No such contract, or it is out of sight."""


@dataclass(frozen=True, slots=True)
class ContractView:
    """A version as a page shows it.

    Attributes:
        contract: The row.
        terms: What it says.
        faults: What the clause check found when it was drafted, or signed.
        faults_today: What it finds under the law of today.
    """

    contract: SupplyContract
    terms: ContractTerms
    faults: tuple[ClauseFault, ...]
    faults_today: tuple[ClauseFault, ...]


def draft_contract(
    *, account_no: str, terms: ContractTerms | Mapping[str, Any], staff: Staff, as_of: date
) -> SupplyContract:
    """Draft the next version of an account's contract, with the faults of its clauses.

    Args:
        account_no: Account.
        terms: The terms, or their JSON.
        staff: Who drafts.
        as_of: Business date; its law checks the draft.

    Raises:
        UnableToFindAccountError: `ACCOUNT_UNKNOWN`.
        UnableToDraftContractError: `NOT_ENTITLED`, `TERMS_WRONG`, `TERMS_OF_ANOTHER_ACCOUNT`, `TERMS_SIGNED`.
    """
    _may(staff, DRAFT_CONTRACTS, UnableToDraftContractError)
    read = _terms(terms)
    if read.account_no != account_no:
        raise UnableToDraftContractError(
            f"the terms are for account {read.account_no or '?'}, not {account_no}",
            code="TERMS_OF_ANOTHER_ACCOUNT",
            remedy="Write the account number into the terms.",
        )
    if read.signatures:
        raise UnableToDraftContractError(
            "a draft carries no signatures", code="TERMS_SIGNED", remedy="Leave them out; signing adds them."
        )
    with transaction.atomic():
        account = _locked(account_no, staff)
        last = SupplyContract.objects.filter(account=account).order_by("-version").first()
        stored = terms_as_json(read)
        faults = check_clauses(read, as_of=as_of, jurisdiction=letterhead().jurisdiction)
        contract: SupplyContract = SupplyContract.objects.create(
            account=account,
            version=last.version + 1 if last else 1,
            terms=stored,
            terms_sha256=digest(stored),
            findings=[asdict(fault) for fault in faults],
            clauses_edition=clauses_edition(),
            drafted_date=as_of,
            drafted_by=staff,
        )
        _log("contract_drafted", contract, staff, as_of)
    return contract


def sign_contract(
    *, contract: int, signed_by_name: str, signed_date: date, staff: Staff, as_of: date
) -> SupplyContract:
    """Put a draft in force for both sides; the version before it is superseded.

    Args:
        contract: Primary key of the draft.
        signed_by_name: Who signed for the customer.
        signed_date: Day of the last signature; its law decides.
        staff: Who signs for the company; not the one who drafted.
        as_of: Business date.

    Raises:
        UnableToFindContractError: `CONTRACT_UNKNOWN`.
        UnableToSignContractError: `NOT_ENTITLED`, `SAME_PERSON`, `NOT_A_DRAFT`, `SIGNER_MISSING`, `DATE_WRONG`,
            `NOT_YET_IN_FORCE`, `CONTRACT_UNLAWFUL` (each fault named with its article), `RATE_CHANGES_ARREARS`.
    """
    _may(staff, SIGN_CONTRACTS, UnableToSignContractError)
    with transaction.atomic():
        draft = _contract(contract, staff)
        account = _locked(draft.account.account_no, staff)
        draft = SupplyContract.objects.select_for_update(of=("self",)).select_related("account").get(pk=draft.pk)
        terms = terms_of_json(draft.terms)
        _signable(draft, terms, signer=signed_by_name.strip(), signed_date=signed_date, staff=staff, as_of=as_of)
        faults = check_clauses(terms, as_of=signed_date, jurisdiction=letterhead().jurisdiction)
        _lawful(unlawful(faults))
        _carry_over(account, terms, signed_date, as_of)
        before = SupplyContract.objects.filter(account=account, state=_State.IN_FORCE)
        before.update(state=_State.SUPERSEDED, to_date=terms.from_date)
        draft.state, draft.findings = _State.IN_FORCE, [asdict(fault) for fault in faults]
        draft.clauses_edition = clauses_edition()
        draft.signed_date, draft.signed_by_name, draft.signed_by_staff = signed_date, signed_by_name.strip()[:80], staff
        draft.from_date, draft.to_date = terms.from_date, terms.to_date
        draft.save()
        _log("contract_signed", draft, staff, as_of)
    return draft


def withdraw_contract(*, contract: int, staff: Staff, as_of: date) -> SupplyContract:
    """Withdraw a draft that will not be signed.

    Raises:
        UnableToFindContractError: `CONTRACT_UNKNOWN`.
        UnableToDraftContractError: `NOT_ENTITLED`.
        UnableToSignContractError: `NOT_A_DRAFT`.
    """
    _may(staff, DRAFT_CONTRACTS, UnableToDraftContractError)
    with transaction.atomic():
        _contract(contract, staff)
        draft: SupplyContract = (
            SupplyContract.objects.select_for_update(of=("self",)).select_related("account").get(pk=contract)
        )
        _is_draft(draft)
        draft.state = _State.WITHDRAWN
        draft.save(update_fields=["state"])
        _log("contract_withdrawn", draft, staff, as_of)
    return draft


def contract_view(*, contract: int, staff: Staff, as_of: date) -> ContractView:
    """A version with its terms, and its faults then and now.

    Raises:
        UnableToFindContractError: `CONTRACT_UNKNOWN`.
    """
    row = _contract(contract, staff)
    terms = terms_of_json(row.terms)
    return ContractView(
        contract=row,
        terms=terms,
        faults=tuple(ClauseFault(**fault) for fault in row.findings),
        faults_today=check_clauses(terms, as_of=as_of, jurisdiction=letterhead().jurisdiction),
    )


def contract_pdf(*, contract: int, staff: Staff) -> Paper:
    """A version as PDF; the same bytes each time."""
    return pdf_of(_sheet(contract, staff))


def contract_word(*, contract: int, staff: Staff) -> Paper:
    """A version as a Word file; the same bytes each time."""
    return word_of(_sheet(contract, staff))


def terms_as_json(terms: ContractTerms) -> dict[str, Any]:
    """Terms as stored: their JSON, with the account's payment mode beside them for queries."""
    stored = terms.model_dump(mode="json")
    stored["payment_mode"] = _PREPAID if terms.charging == "prepayment" else "post_paid"
    return stored


def terms_of_json(stored: Mapping[str, Any]) -> ContractTerms:
    """Terms from their stored form.

    Raises:
        UnableToDraftContractError: `TERMS_WRONG`.
    """
    return _terms({name: value for name, value in stored.items() if name != "payment_mode"})


def _terms(terms: ContractTerms | Mapping[str, Any]) -> ContractTerms:
    if isinstance(terms, ContractTerms):
        return terms
    try:
        return ContractTerms.model_validate(terms)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise UnableToDraftContractError(
            f"the terms cannot be read: {faults}", code="TERMS_WRONG", remedy="Mend the fields named."
        ) from error


def _may(staff: Staff, right: str, error: type[Refusal]) -> None:
    if not (staff.is_active and staff.has_perm(permission(right))):
        raise error(f"{staff.get_username()} may not do this", code="NOT_ENTITLED", remedy="Ask whose role may.")


def _locked(account_no: str, staff: Staff) -> Account:
    seen = Account.objects.select_for_update(of=("self",)).filter(scope_of(staff).rows())
    account: Account | None = seen.filter(account_no=account_no).first()
    if account is None:
        raise UnableToFindAccountError(
            f"no account {account_no}",
            code="ACCOUNT_UNKNOWN",
            fields={"account_no": account_no},
            remedy="Look the customer up by name or phone.",
        )
    return account


def _contract(key: int, staff: Staff) -> SupplyContract:
    rows = SupplyContract.objects.select_related("account", "drafted_by", "signed_by_staff")
    found: SupplyContract | None = rows.filter(scope_of(staff).rows("account"), pk=key).first()
    if found is None:
        raise UnableToFindContractError(
            f"there is no contract {key}", code="CONTRACT_UNKNOWN", remedy="Open it from its account."
        )
    return found


def _is_draft(draft: SupplyContract) -> None:
    if draft.state != _State.DRAFT:
        raise _unsigned("NOT_A_DRAFT", f"version {draft.version} is {draft.state}", "Draft a new version.")


def _signable(
    draft: SupplyContract, terms: ContractTerms, *, signer: str, signed_date: date, staff: Staff, as_of: date
) -> None:
    _is_draft(draft)
    if draft.drafted_by_id == staff.pk:
        raise _unsigned("SAME_PERSON", "who drafted a contract does not sign it", "Ask a colleague.")
    if not signer:
        raise _unsigned("SIGNER_MISSING", "who signed for the customer is not named", "Write the name.")
    if not draft.drafted_date <= signed_date <= as_of:
        raise _unsigned(
            "DATE_WRONG", f"{signed_date} lies before the draft or after {as_of}", "Give the day it was signed."
        )
    if terms.from_date is not None and terms.from_date > as_of:
        raise _unsigned(
            "NOT_YET_IN_FORCE",
            f"the term begins on {terms.from_date}, until when the version before it holds",
            "Sign it into the system on that day.",
        )


def _lawful(faults: tuple[ClauseFault, ...]) -> None:
    if faults:
        named = "; ".join(f"{fault.code}: {fault.title_zh}（{fault.article}）{fault.mend_zh}" for fault in faults)
        raise UnableToSignContractError(
            f"{len(faults)} clauses are missing or unlawful: {named}",
            code="CONTRACT_UNLAWFUL",
            fields={"clauses": [fault.code for fault in faults]},
            article=faults[0].article,
            remedy="Mend them in a new version.",
        )


def _carry_over(account: Account, terms: ContractTerms, signed_date: date, as_of: date) -> None:
    """Bring rate and settlements to the account; the rate may not reach back into arrears."""
    rate = terms.late_fee.daily_ppm or 0
    late = OpenItem.objects.filter(account=account, due_date__lt=as_of).filter(
        Q(open_fen__gt=0) | Q(late_fee_fixed_fen__gt=F("late_fee_paid_fen") + F("late_fee_waived_fen"))
    )
    if rate != account.late_fee_ppm and late.exists():
        raise _unsigned(
            "RATE_CHANGES_ARREARS",
            "the new late-fee rate would change what has accrued on overdue bills",
            "Keep the rate, or sign when the arrears are paid.",
        )
    account.late_fee_ppm, account.settlements_a_month = rate, terms.payment.settlements_a_month
    account.contract_date = signed_date
    account.save(update_fields=["late_fee_ppm", "settlements_a_month", "contract_date"])


def _sheet(key: int, staff: Staff) -> Sheet:
    row = _contract(key, staff)
    terms = terms_of_json(row.terms)
    if row.signed_date is not None:
        by_company = str(row.signed_by_staff) if row.signed_by_staff else terms.supplier.representative or "—"
        signatures = (
            Signature(side="supplier", name=by_company, signed_date=row.signed_date),
            Signature(side="customer", name=row.signed_by_name, signed_date=row.signed_date),
        )
        terms = terms.model_copy(update={"signatures": signatures})
    return contract_sheet(ContractContents(terms, row.version, row.drafted_date))


def _log(kind: str, contract: SupplyContract, staff: Staff, as_of: date) -> None:
    body = {
        "contract": contract.pk,
        "version": contract.version,
        "terms_sha256": contract.terms_sha256,
        "clauses_edition": contract.clauses_edition,
        "faults": [fault["code"] for fault in contract.findings],
    }
    log_act(kind=kind, subject=contract.account.account_no, staff=staff, body=body, as_of=as_of)


def _unsigned(code: str, message: str, remedy: str) -> UnableToSignContractError:
    return UnableToSignContractError(message, code=code, remedy=remedy)
