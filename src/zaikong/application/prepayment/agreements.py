"""Who drafts a prepayment agreement, who signs it, and what ends it?

A draft takes its terms from the supply contract in force where that has a clause on prepayment; what it adds may not
contradict the clause. It is signed by another person than drafted it, with the paper the customer signed as a proof, once
it has been pointed out and explained. Signed terms stay as they are: a change is a new agreement. One agreement of an
account is in force at a time; it governs money once the account pays ahead (`switching`).

Basis: 《河南省供用电条例》 article 41; 《民法典》 article 496; the checks' own (`domain.feecontrol.prepayment_terms`).
"""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from zaikong.application.collection.entries import LONGEST_NAME, require_evidence, require_moment, require_right
from zaikong.application.collection.entries import require_text as required
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.contracts import terms_of_json
from zaikong.application.documents.pdf import Paper, pdf_of
from zaikong.application.documents.prepayment_paper import (
    Language,
    PrepaymentContents,
    contents_as_json,
    prepayment_sheet,
    stated,
)
from zaikong.application.prepayment.acts import logged, require_other, require_sight, seen_account
from zaikong.application.roles import DRAFT_PREPAYMENTS, SIGN_PREPAYMENTS
from zaikong.domain.feecontrol.fee_strategy import UnableToFindStrategyError, strategies_on
from zaikong.domain.feecontrol.prepayment_terms import (
    ARTICLE_41,
    ARTICLE_496,
    AgreementTerms,
    check_agreement,
    prepayment_terms,
)
from zaikong.domain.registry.contract_terms import ContractTerms
from zaikong.kernel.chain import digest
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Evidence, PrepaymentAgreement, Staff, SupplyContract
from zaikong.store.queries import prepayment as queries

_State = PrepaymentAgreement.State
_SIGNED_KINDS: Final = (str(Evidence.Kind.SIGNATURE), str(Evidence.Kind.DOCUMENT))
_LONGEST_REASON: Final = 200
_KILOVOLTS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:kV|千伏)", re.IGNORECASE)


class UnableToDraftPrepaymentError(Refusal):
    """Terms that are none, or contradict the supply contract, or a person who may not draft."""


class UnableToSignPrepaymentError(Refusal):
    """An agreement that may not come into force so, or that this person may not sign."""


class UnableToEndPrepaymentError(Refusal):
    """An agreement that cannot be ended or withdrawn so."""


class UnableToFindPrepaymentError(Refusal):
    """No such agreement, or it is out of sight."""


@transaction.atomic
def draft_agreement(
    *,
    account_no: str,
    staff: Staff,
    at: datetime,
    strategy: str | None = None,
    warn_fen: Sequence[int] | None = None,
    warn_days: Sequence[int] | None = None,
    overdraft_cap_fen: int | None = None,
    old_debt_permille: int | None = None,
    cut_mode: str | None = None,
    restore_mode: str | None = None,
    phone: str | None = None,
) -> PrepaymentAgreement:
    """Draft an agreement; what is not given comes from the supply contract, then from the fee-control strategy.

    Args:
        account_no: Account.
        staff: Who drafts.
        at: When.
        strategy: Fee-control strategy; the default of the account's category and voltage where not given.
        warn_fen: Balances that warn, the highest first [fen]. The contract's own threshold must be the first of them.
        warn_days: Days of use that warn, the most first [day].
        overdraft_cap_fen: How far below zero the balance may go at most [fen].
        old_debt_permille: Share of each top-up for old debt [0.1 %].
        cut_mode: `automatic` or `approved`.
        restore_mode: `automatic` or `safe`.
        phone: Where warnings go.

    Raises:
        UnableToDraftPrepaymentError: `NOT_ENTITLED`, `ACCOUNT_UNKNOWN`, `ACCOUNT_CLOSED`, `STRATEGY_UNKNOWN`,
            `TERMS_DIFFER_FROM_CONTRACT`, or `TERMS_WRONG` naming each fault.
    """
    error = UnableToDraftPrepaymentError
    require_right(staff, DRAFT_PREPAYMENTS, error=error)
    moment = require_moment(at, error=error)
    account = seen_account(account_no, staff=staff, error=error)
    if account.closed_date is not None and account.closed_date <= business_date_of(moment):
        raise error("the account is closed", code="ACCOUNT_CLOSED", remedy="Open a new account for the customer.")
    contract = SupplyContract.objects.filter(account=account, state=SupplyContract.State.IN_FORCE).first()
    agreed = terms_of_json(contract.terms) if contract else None
    asked = {
        "strategy": strategy,
        "warn_fen": None if warn_fen is None else tuple(warn_fen),
        "warn_days": None if warn_days is None else tuple(warn_days),
        "overdraft_cap_fen": overdraft_cap_fen,
        "old_debt_permille": old_debt_permille,
        "cut_mode": cut_mode,
        "restore_mode": restore_mode,
        "phone": None if phone is None else phone.strip(),
    }
    terms = _terms(account, asked, agreed, on=business_date_of(moment))
    _checked(terms, error)
    key = _next_key()
    draft: PrepaymentAgreement = PrepaymentAgreement.objects.create(
        pk=key,
        agreement_no=f"PA-{business_date_of(moment):%Y%m%d}-{key:06d}",
        account=account,
        contract=contract if agreed is not None and agreed.prepayment is not None else None,
        drafted_at=moment,
        drafted_by=staff,
        **{**asdict(terms), "warn_fen": list(terms.warn_fen), "warn_days": list(terms.warn_days)},
    )
    logged("prepayment_drafted", account, _told(draft), staff=staff, at=moment)
    return draft


@transaction.atomic
def sign_agreement(
    *,
    agreement_no: str,
    signed_by_name: str,
    evidence: int,
    explained: bool,
    from_date: date,
    staff: Staff,
    at: datetime,
    signed_at: datetime | None = None,
) -> PrepaymentAgreement:
    """Put a draft in force.

    Args:
        agreement_no: Its number.
        signed_by_name: Who signed for the customer.
        evidence: The signed paper.
        explained: Whether the clauses that limit the customer were pointed out and explained.
        from_date: First day it is in force; not before the signature.
        staff: Who signs for the company; not the one who drafted.
        at: When it is recorded.
        signed_at: When the customer signed; `at` where not given.

    Raises:
        UnableToFindPrepaymentError: `AGREEMENT_UNKNOWN`.
        UnableToSignPrepaymentError: `NOT_ENTITLED`, `SAME_PERSON`, `NOT_A_DRAFT`, `NAME_MISSING`, `EVIDENCE_UNKNOWN`,
            `EVIDENCE_MISSING`, `NOT_EXPLAINED`, `DATE_WRONG`, `AGREEMENT_IN_FORCE`, `TERMS_WRONG`,
            `TERMS_DIFFER_FROM_CONTRACT`.
    """
    error = UnableToSignPrepaymentError
    require_right(staff, SIGN_PREPAYMENTS, error=error)
    moment = require_moment(at, error=error)
    draft = _locked(agreement_no, staff)
    if draft.state != _State.DRAFT:
        raise error(f"{draft.agreement_no} is {draft.state}", code="NOT_A_DRAFT", remedy="Draft a new agreement.")
    require_other(draft.drafted_by, staff, what="who drafted an agreement does not sign it", error=error)
    name = required(signed_by_name, name="name", error=error, longest=LONGEST_NAME)
    (paper,) = require_evidence([evidence], error=error, kinds=_SIGNED_KINDS)
    if not explained:
        raise error(
            "the clauses that limit the customer were not pointed out and explained",
            code="NOT_EXPLAINED",
            article=ARTICLE_496,
            remedy="Explain warning, cut, overdraft and the share for old debt, then let the customer sign.",
        )
    signed = moment if signed_at is None else require_moment(signed_at, error=error, not_before=draft.drafted_at)
    _dated(signed, from_date, moment)
    _alone(draft)
    _agrees_with_contract(draft, error)
    _checked(_terms_of(draft), error)
    draft.state, draft.signed_at, draft.signed_by_name = _State.IN_FORCE, signed, name
    draft.evidence, draft.from_date = paper, from_date
    draft.save(update_fields=["state", "signed_at", "signed_by_name", "evidence", "from_date"])
    body = _told(draft) | {"evidence_sha256": paper.sha256, "explained": True, "from_date": from_date.isoformat()}
    logged("prepayment_signed", draft.account, body, staff=staff, at=moment)
    return draft


@transaction.atomic
def end_agreement(*, agreement_no: str, reason: str, on: date, staff: Staff, at: datetime) -> PrepaymentAgreement:
    """End an agreement; what lies prepaid stays the customer's. Without one nobody who pays ahead can be cut.

    Args:
        agreement_no: Its number.
        reason: Why.
        on: First day it is no longer in force.
        staff: Who ends it.
        at: When it is recorded.

    Raises:
        UnableToFindPrepaymentError: `AGREEMENT_UNKNOWN`.
        UnableToEndPrepaymentError: `NOT_ENTITLED`, `NOT_IN_FORCE`, `REASON_MISSING`, `DATE_WRONG`.
    """
    error = UnableToEndPrepaymentError
    require_right(staff, SIGN_PREPAYMENTS, error=error)
    moment = require_moment(at, error=error)
    said = required(reason, name="reason", error=error, longest=_LONGEST_REASON)
    agreement = _locked(agreement_no, staff)
    if agreement.state != _State.IN_FORCE or agreement.from_date is None:
        raise error(f"{agreement_no} is {agreement.state}", code="NOT_IN_FORCE", remedy="Nothing is left to end.")
    if on > business_date_of(moment):
        raise error(f"{on} is still to come", code="DATE_WRONG", fields={"on": on}, remedy="End it on that day.")
    ended(agreement, reason=said, on=on, staff=staff, at=moment)
    return agreement


@transaction.atomic
def withdraw_agreement(*, agreement_no: str, reason: str, staff: Staff, at: datetime) -> PrepaymentAgreement:
    """Withdraw a draft that will not be signed.

    Raises:
        UnableToFindPrepaymentError: `AGREEMENT_UNKNOWN`.
        UnableToEndPrepaymentError: `NOT_ENTITLED`, `NOT_A_DRAFT`, `REASON_MISSING`.
    """
    error = UnableToEndPrepaymentError
    require_right(staff, DRAFT_PREPAYMENTS, error=error)
    moment = require_moment(at, error=error)
    said = required(reason, name="reason", error=error, longest=_LONGEST_REASON)
    draft = _locked(agreement_no, staff)
    if draft.state != _State.DRAFT:
        raise error(f"{agreement_no} is {draft.state}", code="NOT_A_DRAFT", remedy="End it instead.")
    draft.state = _State.WITHDRAWN
    draft.save(update_fields=["state"])
    logged(
        "prepayment_withdrawn",
        draft.account,
        {"agreement_no": draft.agreement_no},
        staff=staff,
        at=moment,
        reason=said,
    )
    return draft


def agreement_pdf(*, agreement_no: str, staff: Staff, language: Language = "zh") -> Paper:
    """The paper of an agreement; the same bytes each time.

    Raises:
        UnableToFindPrepaymentError: `AGREEMENT_UNKNOWN`.
    """
    return pdf_of(prepayment_sheet(contents_of(_found(agreement_no, staff)), language=language))


def contents_of(agreement: PrepaymentAgreement) -> PrepaymentContents:
    """What the paper of an agreement says."""
    account = agreement.account
    return PrepaymentContents(
        agreement_no=agreement.agreement_no,
        account_no=account.account_no,
        customer_name=account.customer.name,
        address=account.supply_point.premise.address,
        made_on=business_date_of(agreement.drafted_at),
        terms=_terms_of(agreement),
        from_date=agreement.from_date,
        signed_by_name=agreement.signed_by_name,
        signed_on=business_date_of(agreement.signed_at) if agreement.signed_at else None,
    )


def ended(agreement: PrepaymentAgreement, *, reason: str, on: date, staff: Staff | None, at: datetime) -> None:
    """End an agreement whose account is locked; the night does so when an account is switched away.

    Raises:
        UnableToEndPrepaymentError: `DATE_WRONG`.
    """
    if agreement.from_date is not None and on < agreement.from_date:
        raise UnableToEndPrepaymentError(
            f"it is in force from {agreement.from_date} only",
            code="DATE_WRONG",
            fields={"on": on},
            remedy="End it on its first day or later.",
        )
    agreement.state, agreement.ended_date = _State.ENDED, on
    agreement.ended_reason = reason[:_LONGEST_REASON]
    agreement.save(update_fields=["state", "ended_date", "ended_reason"])
    body = {"agreement_no": agreement.agreement_no, "ended_date": on.isoformat()}
    logged("prepayment_ended", agreement.account, body, staff=staff, at=at, reason=reason)


def _terms(account: Account, asked: dict[str, Any], agreed: ContractTerms | None, *, on: date) -> AgreementTerms:
    """The terms: those of the contract, beside them those asked for, and the strategy's for the rest."""
    strategies = strategies_on(as_of=on).value
    high = _high_voltage(account.supply_point.voltage)
    try:
        named = asked["strategy"]
        chosen = strategies.named(named) if named else strategies.default(account.category, high_voltage=high)
    except UnableToFindStrategyError as refusal:
        raise UnableToDraftPrepaymentError(
            refusal.message, code=refusal.code, fields=refusal.fields, remedy=refusal.remedy
        ) from refusal
    fixed = _fixed_by(agreed)
    _without_contradiction(asked, fixed)
    usual = {
        "strategy": chosen.strategy,
        "warn_fen": tuple(figure.limit for figure in chosen.warn_fen),
        "warn_days": tuple(figure.limit for figure in chosen.warn_days),
        "overdraft_cap_fen": 0,
        "old_debt_permille": 0,
        "cut_mode": "approved",
        "restore_mode": "safe",
        "phone": account.customer.phone,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    terms = usual | fixed | given
    first = fixed.get("warn_fen")
    if first and "warn_fen" not in given:
        terms["warn_fen"] = first + tuple(limit for limit in usual["warn_fen"] if limit < first[0])
    return AgreementTerms(**terms)


def _fixed_by(agreed: ContractTerms | None) -> dict[str, Any]:
    """What the contract in force says already."""
    if agreed is None or agreed.prepayment is None:
        return {}
    clause = agreed.prepayment
    fixed: dict[str, Any] = {
        "overdraft_cap_fen": clause.overdraft_fen,
        "old_debt_permille": clause.old_debt_permille,
        "restore_mode": "safe" if clause.safe_restore else "automatic",
        "cut_mode": "approved" if agreed.cut.person_decides else "automatic",
    }
    if clause.warn_below_fen is not None:
        fixed["warn_fen"] = (clause.warn_below_fen,)
    if clause.warning_phone:
        fixed["phone"] = clause.warning_phone
    return fixed


def _without_contradiction(asked: dict[str, Any], fixed: dict[str, Any]) -> None:
    for name, value in fixed.items():
        given = asked[name]
        same = given[:1] == value if name == "warn_fen" and given is not None else given == value
        if given is not None and not same:
            raise UnableToDraftPrepaymentError(
                f"{name} is {given} here and {value} in the supply contract",
                code="TERMS_DIFFER_FROM_CONTRACT",
                fields={"term": name},
                article=ARTICLE_41,
                remedy="Keep the contract's, or sign a new version of the contract first.",
            )


def _agrees_with_contract(draft: PrepaymentAgreement, error: type[Refusal]) -> None:
    """The contract may have been superseded since the draft."""
    contract = SupplyContract.objects.filter(account=draft.account, state=SupplyContract.State.IN_FORCE).first()
    fixed = _fixed_by(terms_of_json(contract.terms) if contract else None)
    try:
        _without_contradiction(asdict(_terms_of(draft)), fixed)
    except UnableToDraftPrepaymentError as refusal:
        raise error(
            refusal.message,
            code=refusal.code,
            fields=refusal.fields,
            article=refusal.article,
            remedy="Draft the agreement anew from the contract in force.",
        ) from refusal


def _checked(terms: AgreementTerms, error: type[Refusal]) -> None:
    faults = check_agreement(terms, stated=stated())
    if faults:
        named = "; ".join(f"{fault.code} ({fault.term})" for fault in faults)
        raise error(
            f"{len(faults)} terms are missing or not allowed: {named}",
            code="TERMS_WRONG",
            fields={"faults": [fault.code for fault in faults], "terms": [fault.term for fault in faults]},
            article=next((fault.article for fault in faults if fault.article), ""),
            remedy=" ".join(dict.fromkeys(fault.remedy for fault in faults)),
        )


def _dated(signed: datetime, from_date: date, moment: datetime) -> None:
    start = prepayment_terms(as_of=business_date_of(moment)).start_days
    first = business_date_of(signed)
    if signed > moment or not first <= from_date <= first + timedelta(days=start):
        raise UnableToSignPrepaymentError(
            f"signed {signed:%Y-%m-%d %H:%M}, in force from {from_date}, recorded {moment:%Y-%m-%d %H:%M}",
            code="DATE_WRONG",
            fields={"signed_at": signed, "from_date": from_date},
            remedy=f"It is in force from the day of the signature or at most {start} days later; none lies ahead.",
        )


def _alone(draft: PrepaymentAgreement) -> None:
    other = queries.agreement_in_force(draft.account)
    if other is not None:
        raise UnableToSignPrepaymentError(
            f"{other.agreement_no} is in force",
            code="AGREEMENT_IN_FORCE",
            fields={"agreement_no": other.agreement_no},
            remedy="End it first.",
        )


def _terms_of(agreement: PrepaymentAgreement) -> AgreementTerms:
    return AgreementTerms(
        strategy=agreement.strategy,
        warn_fen=tuple(agreement.warn_fen),
        warn_days=tuple(agreement.warn_days),
        overdraft_cap_fen=agreement.overdraft_cap_fen,
        old_debt_permille=agreement.old_debt_permille,
        cut_mode=str(agreement.cut_mode),
        restore_mode=str(agreement.restore_mode),
        phone=agreement.phone,
    )


def _high_voltage(voltage: str) -> bool:
    found = _KILOVOLTS.search(voltage)
    return found is not None and float(found.group(1)) >= 1


def _told(agreement: PrepaymentAgreement) -> dict[str, Any]:
    """What the decision log keeps of an agreement: its figures, and the hash of what its paper says."""
    terms = asdict(_terms_of(agreement)) | {"warn_fen": agreement.warn_fen, "warn_days": agreement.warn_days}
    del terms["phone"]
    return {
        "agreement_no": agreement.agreement_no,
        "paper_sha256": digest(contents_as_json(contents_of(agreement))),
        **terms,
    }


def _next_key() -> int:
    return queries.next_agreement_key()


def _found(agreement_no: str, staff: Staff) -> PrepaymentAgreement:
    rows = PrepaymentAgreement.objects.select_related(
        "account__customer", "account__supply_point__premise", "drafted_by", "evidence"
    ).defer("evidence__content")
    found: PrepaymentAgreement | None = rows.filter(agreement_no=agreement_no.strip()).first()
    if found is None:
        raise UnableToFindPrepaymentError(
            f"there is no agreement {agreement_no}",
            code="AGREEMENT_UNKNOWN",
            fields={"agreement_no": agreement_no},
            remedy="Look at the account's agreements.",
        )
    require_sight(found.account, staff=staff, error=UnableToFindPrepaymentError)
    return found


def _locked(agreement_no: str, staff: Staff) -> PrepaymentAgreement:
    found = _found(agreement_no, staff)
    seen_account(found.account.account_no, staff=staff, error=UnableToFindPrepaymentError)
    PrepaymentAgreement.objects.select_for_update().get(pk=found.pk)
    return _found(agreement_no, staff)
