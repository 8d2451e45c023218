"""Which clauses of a supply contract are missing or against the law of the day, and how are they mended?

Every check is a row of `clauses.yaml` (its versions with document, publication, effect, repeal and limit) and a condition
here under the same code. A check whose rule is not in force on the day is not made; the narrowest jurisdiction with a
version in force decides. The article is printed only where its number was read in the law itself.

Basis: each row of `clauses.yaml`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.law.parameters import NATION, LateFeeBand, in_law
from zaikong.domain.registry.contract_terms import ContractTerms, GuaranteeClause, PrepaymentClause
from zaikong.kernel.dated import Basis, UnableToReadDatedFileError, read_yaml, validated

Severity = Literal["unlawful", "missing", "warning"]

BLOCKING: Final[frozenset[Severity]] = frozenset(("unlawful", "missing"))
"""Faults that keep a contract from being signed."""

_PPM_PER_PERMILLE: Final = 1000


@dataclass(frozen=True, slots=True)
class ClauseFault:
    """One clause that is missing, unlawful or unwise.

    Attributes:
        code: Code of the check, such as `LATE_FEE_OUTSIDE_BAND`.
        severity: `unlawful`, `missing` (both keep the contract from being signed) or `warning`.
        clause: Where in the terms, such as `late_fee.daily_ppm`.
        title_zh: The fault in Chinese.
        title_en: The fault in English.
        found: The value at fault, empty where something is missing.
        article: Document, and its article where the number is verified.
        verified: Whether the number was read in the document.
        mend_zh: How to mend it, in Chinese.
        mend_en: How to mend it, in English.
    """

    code: str
    severity: Severity
    clause: str
    title_zh: str
    title_en: str
    found: str
    article: str
    verified: bool
    mend_zh: str
    mend_en: str

    @property
    def blocking(self) -> bool:
        """Whether a contract with it may not be signed."""
        return self.severity in BLOCKING


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Row):
    """A sentence in both languages."""

    zh: str = Field(min_length=2)
    en: str = Field(min_length=2)


class RuleVersion(_Row):
    """One version of the rule behind a check.

    Attributes:
        jurisdiction: Dotted path of where it holds.
        published: Day of the document.
        effective_from: First day in force.
        effective_to: First day no longer in force, None while it lasts.
        basis: Document and article.
        limit: Number the check compares with, in the unit of the check; None where there is none.
        note: What a reader should know of the number.
    """

    jurisdiction: str = Field(pattern=r"^cn(\.[a-z0-9_]+)*$")
    published: date
    effective_from: date
    effective_to: date | None
    basis: Basis
    limit: int | None = None
    note: str = ""

    @model_validator(mode="after")
    def _forward(self) -> "RuleVersion":
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("effective_to is not after effective_from")
        return self

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


class ClauseRule(_Row):
    """One check as data."""

    code: str = Field(pattern=r"^[A-Z][A-Z_]+$")
    severity: Severity
    clause: str = Field(min_length=2)
    title: Wording
    mend: Wording
    versions: tuple[RuleVersion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_a_day(self) -> "ClauseRule":
        for version in self.versions:
            rivals = [
                other
                for other in self.versions
                if other is not version
                and other.jurisdiction == version.jurisdiction
                and other.holds_on(version.effective_from)
            ]
            if rivals:
                raise ValueError(f"two versions are in force in {version.jurisdiction} on {version.effective_from}")
        return self

    def version_on(self, day: date, jurisdiction: str) -> RuleVersion | None:
        """The narrowest version in force on a day, None where there is none."""
        place = jurisdiction
        while True:
            for version in self.versions:
                if version.jurisdiction == place and version.holds_on(day):
                    return version
            if place == NATION or "." not in place:
                return None
            place = place.rpartition(".")[0]


class _File(_Row):
    clauses: tuple[ClauseRule, ...]


def read_clauses(path: Path) -> tuple[ClauseRule, ...]:
    """Read the checks of a file.

    Raises:
        UnableToReadDatedFileError: Not YAML, a rule without a source, a code twice, or a code without its condition
            here; the message names file, line and reason.
    """
    rules = validated(read_yaml(path), _File, path=path).clauses
    codes = [rule.code for rule in rules]
    odd = sorted({code for code in codes if codes.count(code) > 1} | set(codes) ^ set(_CONDITIONS))
    if odd:
        raise UnableToReadDatedFileError(
            f"{path}:1: clauses: {', '.join(odd)} stand twice, or have no condition or no row",
            code="CLAUSES_WRONG",
            fields={"file": str(path), "codes": odd},
            remedy="Give every check one row and one condition.",
        )
    return rules


@cache
def clause_rules() -> tuple[ClauseRule, ...]:
    """Every shipped check."""
    with as_file(files("zaikong.domain.registry").joinpath("clauses.yaml")) as path:
        return read_clauses(path)


def check_clauses(terms: ContractTerms, *, as_of: date, jurisdiction: str = NATION) -> tuple[ClauseFault, ...]:
    """Every fault of a contract under the law in force.

    Args:
        terms: The contract.
        as_of: The day whose law decides: the day of signing, or today for a contract in force.
        jurisdiction: The company's place.

    Returns:
        Faults in the order of `clauses.yaml`; empty for a clean contract.
    """
    band = in_law(LateFeeBand, as_of=as_of, jurisdiction=jurisdiction).value
    faults = []
    for rule in clause_rules():
        version = rule.version_on(as_of, jurisdiction)
        if version is None:
            continue
        found = _CONDITIONS[rule.code](_Question(terms, version.limit or 0, band))
        if found is not None:
            faults.append(_fault(rule, version, found, band))
    return tuple(faults)


def legal_basis(code: str, *, as_of: date, jurisdiction: str = NATION) -> Basis | None:
    """The document behind a check on a day, None where the rule is not in force.

    Args:
        code: Code of a check.
        as_of: The day.
        jurisdiction: The company's place.
    """
    rule = next(rule for rule in clause_rules() if rule.code == code)
    version = rule.version_on(as_of, jurisdiction)
    return version.basis if version else None


def clauses_edition() -> str:
    """Short hash of the checks as shipped, which a contract keeps with its findings."""
    return sha256(json.dumps([rule.model_dump(mode="json") for rule in clause_rules()]).encode()).hexdigest()[:12]


def unlawful(faults: tuple[ClauseFault, ...]) -> tuple[ClauseFault, ...]:
    """Those of the faults that keep the contract from being signed."""
    return tuple(fault for fault in faults if fault.blocking)


@dataclass(frozen=True, slots=True)
class _Question:
    """What a condition looks at: the contract, the limit of the rule's version, the band of late fees."""

    terms: ContractTerms
    limit: int
    band: LateFeeBand


Condition = Callable[[_Question], str | None]
"""What is at fault as text (empty where something is missing), or None when the clause is sound."""


def _fault(rule: ClauseRule, version: RuleVersion, found: str, band: LateFeeBand) -> ClauseFault:
    words = {"limit": version.limit, "low": _permille(band.low_ppm), "high": _permille(band.high_ppm)}
    return ClauseFault(
        code=rule.code,
        severity=rule.severity,
        clause=rule.clause,
        title_zh=rule.title.zh.format_map(words),
        title_en=rule.title.en.format_map(words),
        found=found,
        article=str(version.basis),
        verified=version.basis.verified,
        mend_zh=rule.mend.zh.format_map(words),
        mend_en=rule.mend.en.format_map(words),
    )


def _permille(ppm: int) -> str:
    whole, rest = divmod(ppm, _PPM_PER_PERMILLE)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + "‰"


def _missing(absent: bool) -> str | None:  # noqa: FBT001 -- a condition in one word
    return "" if absent else None


def _found(value: object, wrong: bool) -> str | None:  # noqa: FBT001 -- a condition in one word
    return str(value) if wrong else None


def _late_fee_outside_band(q: _Question) -> str | None:
    rate = q.terms.late_fee.daily_ppm
    return _found(_permille(rate), not q.band.low_ppm <= rate <= q.band.high_ppm) if rate is not None else None


def _short(agreed: int | None, q: _Question) -> str | None:
    return "" if agreed is None else _found(agreed, agreed < q.limit)


def _restore_too_late(q: _Question) -> str | None:
    hours = q.terms.restore.within_hours
    return "" if hours is None else _found(hours, hours > q.limit)


def _query_too_slow(q: _Question) -> str | None:
    days = q.terms.dispute.query_days
    return "" if days is None else _found(days, days > q.limit)


def _short_for_resident(q: _Question) -> str | None:
    days = q.terms.cut.notice_days
    return None if days is None or not q.terms.resident else _post_paid(lambda: _found(days, days < q.limit), q)


def _post_paid(condition: Callable[[], str | None], q: _Question) -> str | None:
    """A rule for cuts after a bill; a prepaid contract is warned and cut by its own thresholds."""
    return condition() if q.terms.prepayment is None else None


def _prepaid(wrong: Callable[[PrepaymentClause], bool]) -> Condition:
    def condition(q: _Question) -> str | None:
        return "" if q.terms.prepayment is not None and wrong(q.terms.prepayment) else None

    return condition


def _charge(kind: str) -> Condition:
    def condition(q: _Question) -> str | None:
        names = [charge.name for charge in q.terms.charges if charge.kind == kind]
        return "、".join(names) if names else None

    return condition


def _guarantors(q: _Question, wrong: Callable[[GuaranteeClause], bool]) -> str | None:
    at_fault = [clause.guarantor or clause.kind for clause in q.terms.guarantees if wrong(clause)]
    return "、".join(at_fault) if at_fault else None


_BY_PERSON: Final = frozenset(("third_party",))


def _prepayment_thresholds(q: _Question) -> str | None:
    clause = q.terms.prepayment
    if clause is None:
        return None
    if clause.warn_below_fen is None or clause.cut_below_fen is None or not clause.balance_formula:
        return ""
    return _found(f"{clause.warn_below_fen} ≤ {clause.cut_below_fen}", clause.warn_below_fen <= clause.cut_below_fen)


def _unsigned(q: _Question) -> str | None:
    sides = {signature.side for signature in q.terms.signatures if signature.authorised}
    wanted = {"supplier": "供电方", "customer": "用电方"}
    absent = [name for side, name in wanted.items() if side not in sides]
    return "、".join(absent) if absent and q.terms.signatures else None


def _settlement_missing(q: _Question) -> str | None:
    payment = q.terms.payment
    dated = payment.due_day_of_month is not None or payment.due_days_after_bill is not None
    return _missing(not (payment.methods and (dated or q.terms.charging == "prepayment")))


def _supply_missing(q: _Question) -> str | None:
    supply = q.terms.supply
    return _missing(not (supply.mode and supply.voltage and supply.quality))


def _capacity_missing(q: _Question) -> str | None:
    supply = q.terms.supply
    return _missing(not (supply.address and supply.use and supply.capacity_centi_kva))


def _settlements_short(q: _Question) -> str | None:
    times = q.terms.payment.settlements_a_month
    return _found(times, q.terms.charging == "split_settlement" and times < q.limit)


_CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "PARTIES_INCOMPLETE": lambda q: _missing(
            not all((q.terms.supplier.name, q.terms.customer.name, q.terms.customer.address))
        ),
        "SUPPLY_MODE_MISSING": _supply_missing,
        "CAPACITY_AND_USE_MISSING": _capacity_missing,
        "METERING_AND_PRICE_MISSING": lambda q: _missing(not (q.terms.supply.metering and q.terms.price.book)),
        "SETTLEMENT_MISSING": _settlement_missing,
        "BOUNDARY_MISSING": lambda q: _missing(not q.terms.supply.boundary),
        "TERM_MISSING": lambda q: _missing(q.terms.from_date is None),
        "BREACH_MISSING": lambda q: _missing(not q.terms.breach),
        "SIGNATURE_MISSING": _unsigned,
        "LATE_FEE_OUTSIDE_BAND": _late_fee_outside_band,
        "LATE_FEE_COMPOUNDS": lambda q: _found("", q.terms.late_fee.bears_on_late_fee),
        "LATE_FEE_BEFORE_OVERDUE": lambda q: _found("", not q.terms.late_fee.starts_after_due),
        "DUNNING_FEE": _charge("dunning_fee"),
        "RECONNECTION_FEE": _charge("reconnection_fee"),
        "CASH_DEPOSIT": _charge("cash_deposit"),
        "ADDED_FEE": _charge("other_fee"),
        "PRICE_SELF_MADE": lambda q: _found(q.terms.price.book, q.terms.price.basis == "self_made"),
        "PRICE_CHANGED_ALONE": lambda q: _found("", q.terms.price.supplier_may_change),
        "SETTLEMENTS_TOO_FEW": _settlements_short,
        "CUT_WITHOUT_NOTICE": lambda q: _found("", q.terms.cut.cuts_without_notice),
        "CUT_WITHOUT_DEMAND": lambda q: _found("", not q.terms.cut.demands_first),
        "CUT_TOO_EARLY": lambda q: _post_paid(lambda: _short(q.terms.cut.after_overdue_days, q), q),
        "STOP_NOTICE_TOO_SHORT": lambda q: _post_paid(lambda: _short(q.terms.cut.notice_days, q), q),
        "STOP_NOTICE_SHORT_FOR_RESIDENT": _short_for_resident,
        "FINAL_NOTICE_TOO_SHORT": lambda q: _post_paid(lambda: _short(q.terms.cut.final_notice_minutes, q), q),
        "CUT_BY_PROGRAM_ALONE": lambda q: _found("", q.terms.resident and not q.terms.cut.person_decides),
        "SAFETY_LOAD_MISSING": lambda q: _missing(q.terms.important_user and not q.terms.cut.safety_load_agreed),
        "AUTHORITY_NOT_COPIED": lambda q: _missing(q.terms.important_user and not q.terms.cut.authority_copied),
        "RESTORE_TOO_LATE": _restore_too_late,
        "SECURITY_DOES_NOT_RESTORE": lambda q: _missing(not q.terms.restore.security_restores),
        "PREPAYMENT_CLAUSE_MISSING": lambda q: _missing(
            q.terms.charging == "prepayment" and q.terms.prepayment is None
        ),
        "PREPAYMENT_NOT_PROMINENT": _prepaid(lambda clause: not clause.prominent),
        "PREPAYMENT_WITHOUT_CONSENT": _prepaid(lambda clause: not clause.consent_recorded),
        "PREPAYMENT_THRESHOLDS": _prepayment_thresholds,
        "PREPAYMENT_SAFE_RESTORE": _prepaid(lambda clause: not clause.safe_restore),
        "PREPAYMENT_NOT_REFUNDED": _prepaid(lambda clause: not clause.refund_agreed),
        "GUARANTOR_STATE_ORGAN": lambda q: _guarantors(q, lambda clause: clause.guarantor_is_state_organ),
        "GUARANTEE_UNWRITTEN": lambda q: _guarantors(q, lambda clause: not clause.written),
        "GUARANTEE_MAXIMUM_MISSING": lambda q: _guarantors(
            q, lambda clause: clause.kind in _BY_PERSON and clause.maximum_fen is None
        ),
        "GUARANTEE_PERIOD_MISSING": lambda q: _guarantors(
            q, lambda clause: clause.kind in _BY_PERSON and clause.period_months is None
        ),
        "GUARANTEE_KIND_MISSING": lambda q: _guarantors(
            q, lambda clause: clause.kind in _BY_PERSON and clause.suretyship is None
        ),
        "SMS_SERVICE_WITHOUT_CONSENT": lambda q: _found(
            "", q.terms.service.sms_counts_as_delivered and not q.terms.service.consent_recorded
        ),
        "SERVICE_ADDRESS_MISSING": lambda q: _missing(not (q.terms.service.address and q.terms.service.phone)),
        "COMPLAINT_BARRED": lambda q: _found("", q.terms.dispute.bars_complaint),
        "QUERY_TOO_SLOW": _query_too_slow,
        "HOTLINES_MISSING": lambda q: _missing(not {"12398", "95598"} <= set(q.terms.dispute.hotlines)),
        "LIMITATION_WAIVED": lambda q: _found("", q.terms.dispute.bars_limitation),
        "SUPPLIER_EXEMPT": lambda q: _found("", q.terms.supplier_exempt),
        "AUTOMATED_DECISION_UNEXPLAINED": lambda q: _missing(
            q.terms.resident and not q.terms.personal_data.automated_decisions_explained
        ),
        "PERSONAL_DATA_PURPOSE_MISSING": lambda q: _missing(q.terms.resident and not q.terms.personal_data.purposes),
        "BLACKLISTED_WITHOUT_JUDGMENT": lambda q: _found("", q.terms.personal_data.blacklist_without_judgment),
    }
)
"""Condition of every check, by its code."""
