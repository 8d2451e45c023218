"""May supply be cut on these facts?

A key that is absent is unknown (null in the rule's columns); a key that is null is known not to have happened (0 or
false there). A null says nothing where a kind or a moment of the question is asked for: of the regime, the customer,
the importance, the balance and `at` itself; these stay unknown.
"""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from zaikong.application.cases.facts import Day, Facts, Money, collected, frame
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts, reasons_of
from zaikong.domain.law.cutting import REASONS, cut_law
from zaikong.kernel.period import day_number, moment_number, moment_of_number

_ACCOUNT = 1


def _as_moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and ":" in value):
        return value
    raise ValueError(f"{value!r} is not a date with a time, such as 2024-04-02T10:00")


def _as_proof(value: object) -> object:
    """Proof of a day without its time counts from the end of that day."""
    if isinstance(value, str) and ":" not in value:
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.max)
    return _as_moment(value)


def _in_order(reasons: list[str]) -> list[str]:
    return sorted(set(reasons), key=REASONS.index)


Moment = Annotated[datetime, BeforeValidator(_as_moment)]
Proof = Annotated[datetime, BeforeValidator(_as_proof)]
Reason = Literal[
    "NOTHING_OWED",
    "NOT_OVERDUE_ENOUGH",
    "NOT_DUNNED",
    "NO_NOTICE",
    "NOTICE_TOO_RECENT",
    "NOTICE_EXPIRED",
    "NO_FINAL_NOTICE",
    "FINAL_NOTICE_TOO_LATE",
    "NOT_APPROVED",
    "AUTHORITY_NOT_COPIED",
    "DISPUTED",
    "PAYMENT_IN_TRANSIT",
    "INSTALMENT_HONOURED",
    "PROTECTED",
    "VULNERABLE_NOT_REVIEWED",
    "QUIET_WINDOW",
    "NO_AGREEMENT",
    "BALANCE_SUFFICIENT",
    "NOT_WARNED",
    "HUMAN_STEP_MISSING",
    "FACT_MISSING",
]


class Input(Facts):
    """Facts."""

    at: Moment | None = None
    regime: Literal["post_paid", "prepaid"] | None = None
    customer: Literal["resident", "other"] | None = None
    important_user: Literal["none", "special", "first", "second", "temporary"] | None = None
    overdue_since: Day | None = None
    unpaid_yuan: Money | None = None
    dunned_at: list[Proof] | None = None
    notice_served_at: Proof | None = None
    final_notice_at: Proof | None = None
    approved_by: list[str] | None = None
    copied_to_authority_at: Proof | None = None
    disputed: bool | None = None
    payment_in_transit: bool | None = None
    instalment_honoured: bool | None = None
    protected: list[str] | None = None
    vulnerable_reviewed: bool | None = None
    quiet_window: bool | None = None
    agreement_signed: bool | None = None
    available_balance_yuan: Money | None = None
    overdraft_limit_yuan: Money | None = None
    warned_at: list[Proof] | None = None
    human_confirmed: bool | None = None


class Expect(Facts):
    """Answer; the reasons are a set, whatever order they are written in."""

    allowed: bool = False
    reasons: Annotated[list[Reason], AfterValidator(_in_order)] = Field(default_factory=list)


def answer(facts: Input) -> dict[str, object]:
    """Whether supply may be cut, and every reason why not."""
    law = cut_law(as_of=moment_of_number(moment_number(facts.at)).date() if facts.at else date.max)
    verdicts = cut_verdicts(
        frame(CUT_COLUMNS, [_facts(facts)], rule="cut_verdicts", nullable=CUT_COLUMNS[1:]),
        frame(EVIDENCE_COLUMNS, _evidence(facts), rule="cut_verdicts"),
        law=law,
    )
    (verdict,) = collected(verdicts)
    return {"allowed": verdict["allowed"], "reasons": list(reasons_of(verdict["reasons"]))}


def _facts(facts: Input) -> dict[str, object]:
    given = facts.model_fields_set

    def known(name: str, value: Any) -> Any:
        return value if name in given else None

    def moment(name: str) -> int | None:
        at: datetime | None = getattr(facts, name)
        return known(name, moment_number(at) if at else 0)

    def flag(name: str) -> bool | None:
        return known(name, bool(getattr(facts, name)))

    return {
        "account": _ACCOUNT,
        "cut_at": moment_number(facts.at) if facts.at else None,
        "regime": facts.regime,
        "resident": facts.customer == "resident" if facts.customer else None,
        "important_user": facts.important_user,
        "oldest_due_day": known("overdue_since", day_number(facts.overdue_since) if facts.overdue_since else 0),
        "unpaid_fen": known("unpaid_yuan", facts.unpaid_yuan or 0),
        "demands_known": known("dunned_at", value=True),
        "notice_at": moment("notice_served_at"),
        "final_notice_at": moment("final_notice_at"),
        "approvals_known": known("approved_by", value=True),
        "copied_at": moment("copied_to_authority_at"),
        "disputed": flag("disputed"),
        "in_transit": flag("payment_in_transit"),
        "instalment_honoured": flag("instalment_honoured"),
        "protected": flag("protected"),
        "vulnerable_reviewed": flag("vulnerable_reviewed"),
        "quiet_window": flag("quiet_window"),
        "agreement_signed": flag("agreement_signed"),
        "available_fen": facts.available_balance_yuan,
        "overdraft_limit_fen": known("overdraft_limit_yuan", abs(facts.overdraft_limit_yuan or 0)),
        "warnings_known": known("warned_at", value=True),
        "human_confirmed": flag("human_confirmed"),
    }


def _evidence(facts: Input) -> list[dict[str, object]]:
    def row(evidence: str, at: datetime | None = None, role: str = "") -> dict[str, object]:
        moment = moment_number(at) if at else 0
        return {"account": _ACCOUNT, "evidence": evidence, "evidence_at": moment, "role": role}

    return [
        *(row("demand", at) for at in facts.dunned_at or ()),
        *(row("warning", at) for at in facts.warned_at or ()),
        *(row("approval", role=role) for role in facts.approved_by or ()),
    ]
