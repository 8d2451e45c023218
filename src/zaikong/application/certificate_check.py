"""Does a legality certificate follow from its own facts, by the rule and the law of the day it names?

Needs no tables: the facts and proofs stand in the certificate, the rule is the one that allowed the cut. Every fact must
be backed by a piece of evidence, every proof must have its hashes among them, and the rule asked again must give the same
answer. Whether the log knows the same facts and hashes, `kernel.chain.verify_certificate` says.

Basis: `domain.feecontrol.cut_off`, `domain.law.cutting`.
"""

import hashlib
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final

import narwhals as nw
import polars as pl
from pydantic import BaseModel

from zaikong.domain.feecontrol import cut_off
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, PREPAID, cut_verdicts, reasons_of
from zaikong.domain.law import cutting
from zaikong.domain.law.cutting import CutLaw, cut_law
from zaikong.domain.law.parameters import (
    AuthorityCopy,
    CutApproval,
    HumanStep,
    Overdue,
    Parameter,
    PrepaidCut,
    Protection,
    QuietWindows,
    StopNotice,
    VulnerableReview,
    in_law,
)
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import UnableToEnterEngineError, checked
from zaikong.kernel import chain
from zaikong.kernel.chain import Fault
from zaikong.kernel.dated import UnableToFindValueError
from zaikong.kernel.period import DAY, date_of_day

FACTS: Final = tuple(name for name in CUT_COLUMNS if name != "account")
"""Facts a certificate states."""

PROVED_BY: Final[Mapping[str, str]] = {
    "demand": "demands_known",
    "warning": "warnings_known",
    "approval": "approvals_known",
    "notice": "notice_at",
    "final_notice": "final_notice_at",
    "copy": "copied_at",
    "review": "vulnerable_reviewed",
}
"""Kind of proof to the fact it proves."""

_MOMENT_OF: Final = {"notice": "notice_at", "final_notice": "final_notice_at", "copy": "copied_at"}
_PROOF_FIELDS: Final = ("source", "number", "evidence", "evidence_at", "role")
_COUNTED: Final = ("demand", "warning", "approval")

_BOTH: Final = {
    "NO_FINAL_NOTICE": ("final_notice_at", "cut_at"),
    "FINAL_NOTICE_TOO_LATE": ("final_notice_at", "cut_at"),
    "AUTHORITY_NOT_COPIED": ("important_user", "copied_at"),
    "DISPUTED": ("disputed",),
    "PAYMENT_IN_TRANSIT": ("in_transit",),
    "PROTECTED": ("protected",),
    "VULNERABLE_NOT_REVIEWED": ("resident", "vulnerable_reviewed"),
    "QUIET_WINDOW": ("quiet_window", "cut_at"),
    "FACT_MISSING": ("regime",),
}
_POST_PAID: Final = {
    "NOTHING_OWED": ("unpaid_fen",),
    "NOT_OVERDUE_ENOUGH": ("oldest_due_day", "cut_at"),
    "NOT_DUNNED": ("demands_known",),
    "NO_NOTICE": ("notice_at",),
    "NOTICE_TOO_RECENT": ("notice_at", "cut_at", "resident"),
    "NOTICE_EXPIRED": ("notice_at", "cut_at", "resident"),
    "NOT_APPROVED": ("approvals_known", "important_user"),
    "INSTALMENT_HONOURED": ("instalment_honoured",),
}
_PREPAID: Final = {
    "NO_AGREEMENT": ("agreement_signed",),
    "BALANCE_SUFFICIENT": ("available_fen", "overdraft_limit_fen"),
    "NOT_WARNED": ("warnings_known",),
    "HUMAN_STEP_MISSING": ("human_confirmed", "resident", "important_user"),
}
_LAWS: Final[tuple[type[Parameter], ...]] = (
    Overdue,
    StopNotice,
    CutApproval,
    AuthorityCopy,
    PrepaidCut,
    HumanStep,
    VulnerableReview,
    Protection,
    QuietWindows,
)


def conditions_of(
    facts: Mapping[str, Any], evidence: Sequence[Mapping[str, Any]], *, reasons: Iterable[str], law: CutLaw
) -> list[dict[str, Any]]:
    """Each condition of the regime: whether it is met, on which facts and evidence, by which article.

    Args:
        facts: By name, `FACTS`.
        evidence: Items with `ref` and the facts they `supports`.
        reasons: The conditions that failed.
        law: The law of the day.
    """
    asked = _BOTH | (_PREPAID if facts["regime"] == PREPAID else _POST_PAID)
    failed = set(reasons)
    return [
        {
            "code": code,
            "met": code not in failed,
            "facts": list(asked[code]),
            "evidence": [item["ref"] for item in evidence if set(item["supports"]) & set(asked[code])],
            "basis": _basis_told(law, code, facts["regime"]),
        }
        for code in cutting.REASONS
        if code in asked
    ]


def law_told(*, as_of: date, jurisdiction: str) -> list[dict[str, Any]]:
    """Which edition of each parameter decides on a day."""
    told = []
    for kind in _LAWS:
        version = in_law(kind, as_of=as_of, jurisdiction=jurisdiction)
        basis = version.basis
        told.append(
            {
                "parameter": kind.name,
                "edition": version.edition,
                "jurisdiction": version.jurisdiction,
                "effective_from": version.effective_from.isoformat(),
                "source": basis.source,
                "article": basis.article if basis.verified else "",
                "verified": basis.verified,
            }
        )
    return told


def rule_told(law: CutLaw) -> dict[str, str]:
    """Which rule decides: its module, the hash of its text and of the parameters it was asked with."""
    text = "".join(inspect.getsource(module) for module in (cut_off, cutting))
    return {
        "module": cut_off.__name__,
        "module_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "parameters_sha256": chain.digest(_plain({field.name: getattr(law, field.name) for field in fields(law)})),
    }


def recheck(certificate: bytes) -> tuple[list[Fault], list[str]]:
    """Ask the rule again with the facts of a certificate.

    Args:
        certificate: Its JSON.

    Returns:
        Faults, and notes: what is no fault but a reader should know, such as another version of the rule.
    """
    try:
        told = json.loads(certificate)
        regime, facts, at = str(told["facts"]["regime"]), dict(told["facts"]), int(told["facts"]["cut_at"])
        day = date_of_day(at // DAY)
        law = cut_law(as_of=day, jurisdiction=str(told["jurisdiction"]))
        faults = [*_unbacked(told), *_answered(told, facts, law)]
        if told["conditions"] != conditions_of(facts, told["evidence"], reasons=told["decision"]["reasons"], law=law):
            faults.append(
                Fault("CONDITIONS_CHANGED", f"the conditions are not those of a {regime} cut", field="conditions")
            )
        told_law = law_told(as_of=day, jurisdiction=str(told["jurisdiction"]))
        return faults, list(_notes(told, rule_told(law), told_law))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [Fault("CERTIFICATE_INCOMPLETE", f"the certificate lacks or garbles {error}")], []
    except (UnableToFindValueError, UnableToEnterEngineError) as error:
        return [Fault("FACTS_UNFIT", str(error), field="facts")], []


def item_content(fact: str, value: object, *, account_no: str, at: int) -> dict[str, Any]:
    """What the record of a fact says that is no paper but a state of the books."""
    return {"account_no": account_no, "fact": fact, "value": value, "at": at}


def _answered(told: Mapping[str, Any], facts: Mapping[str, Any], law: CutLaw) -> Iterator[Fault]:
    decision = told["decision"]
    frame = pl.DataFrame(
        {"account": [0], **{name: [facts[name]] for name in FACTS}}, schema_overrides={"account": pl.Int64, **_TYPES}
    )
    proofs = [
        (0, proof["evidence"], proof["evidence_at"], proof["role"])
        for proof in told["proofs"]
        if proof["evidence"] in _COUNTED
    ]
    evidence = pl.DataFrame(proofs, schema=dict(zip(EVIDENCE_COLUMNS, _PROOF_TYPES, strict=True)), orient="row")
    (verdict,) = collected(
        cut_verdicts(
            checked(nw.from_native(frame.lazy()), CUT_COLUMNS, rule="cut_verdicts", nullable=FACTS),
            checked(nw.from_native(evidence.lazy()), EVIDENCE_COLUMNS, rule="cut_verdicts"),
            law=law,
        )
    ).rows(named=True)
    reasons = list(reasons_of(verdict["reasons"]))
    if decision != {"allowed": verdict["allowed"], "reasons": reasons}:
        says = "allows" if verdict["allowed"] else f"refuses for {', '.join(reasons)}"
        yield Fault("RULE_DISAGREES", f"asked with these facts the rule {says}", field="decision")


def _unbacked(told: Mapping[str, Any]) -> Iterator[Fault]:
    """Facts without evidence, proofs without their hashes, records that do not say what they back."""
    facts, items = told["facts"], {item["ref"]: item for item in told["evidence"]}
    backed = {fact for item in items.values() for fact in item["supports"]}
    for name in FACTS:
        if facts[name] is not None and name not in backed:
            yield Fault("FACT_UNPROVED", f"no evidence backs {name}", field=f"fact.{name}")
    for proof in told["proofs"]:
        yield from _unproved(proof, items)
    for kind, name in _MOMENT_OF.items():
        moments = {proof["evidence_at"] for proof in told["proofs"] if proof["evidence"] == kind}
        if facts[name] and facts[name] not in moments:
            yield Fault("FACT_UNPROVED", f"no {kind} of that moment is proved", field=f"fact.{name}")
    named = {ref for proof in told["proofs"] for ref in proof["refs"]}
    for ref, item in items.items():
        yield from _unfit_item(item, facts, is_named=ref in named)
    given = [(proof["role"], proof["evidence_at"]) for proof in told["proofs"] if proof["evidence"] == "approval"]
    if sorted(given) != sorted((item["role"], item["at"]) for item in told["approvals"]):
        yield Fault("APPROVALS_CHANGED", "approvals and their proofs differ", field="approvals")


def _unproved(proof: Mapping[str, Any], items: Mapping[str, Any]) -> Iterator[Fault]:
    kind = proof["evidence"]
    if not proof["refs"]:
        yield Fault("EVIDENCE_MISSING", f"a {kind} has no evidence", field=f"proof.{kind}")
    for ref in proof["refs"]:
        if ref not in items:
            yield Fault("EVIDENCE_MISSING", f"the {kind} names evidence {ref}", field=f"evidence.{ref}")
        elif PROVED_BY[kind] not in items[ref]["supports"]:
            yield Fault("EVIDENCE_MISPLACED", f"{ref} backs another fact", field=f"evidence.{ref}")
    own = items.get(proof["refs"][0]) if proof["refs"] else None
    if own and any(own["content"].get(name) != proof[name] for name in _PROOF_FIELDS):
        yield Fault("EVIDENCE_CHANGED", f"the {kind} differs from its record", field=f"evidence.{own['ref']}")


def _unfit_item(item: Mapping[str, Any], facts: Mapping[str, Any], *, is_named: bool) -> Iterator[Fault]:
    ref, content = item["ref"], item.get("content")
    if content is None:
        if not is_named:
            yield Fault("EVIDENCE_LOOSE", f"no proof names evidence {ref}", field=f"evidence.{ref}")
    elif chain.digest(content) != item["sha256"]:
        yield Fault("EVIDENCE_CHANGED", f"{ref} does not have its hash", field=f"evidence.{ref}")
    elif "fact" in content and facts.get(content["fact"]) != content["value"]:
        yield Fault("FACT_CHANGED", f"{ref} says {content['value']!r}", field=f"fact.{content['fact']}")


def _notes(told: Mapping[str, Any], rule: Mapping[str, str], law: list[dict[str, Any]]) -> Iterator[str]:
    for name, value in rule.items():
        if told["rule"].get(name) != value:
            yield f"{name} of the rule is another here than when the certificate was issued; asked again, it answers"
    if told["law"] != law:
        yield "the law of that day is written otherwise here than when the certificate was issued"


def _basis_told(law: CutLaw, code: str, regime: str) -> dict[str, Any]:
    basis = law.basis(code, regime=regime)
    return {"source": basis.source, "article": basis.article if basis.verified else "", "verified": basis.verified}


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


_INTEGERS: Final = frozenset(name for name in FACTS if name.endswith(("_at", "_day", "_fen")))
_WORDS: Final = frozenset({"regime", "important_user"})
_TYPES: Final[dict[str, Any]] = {
    name: pl.Int64 if name in _INTEGERS else pl.String if name in _WORDS else pl.Boolean for name in FACTS
}
_PROOF_TYPES: Final = (pl.Int64, pl.String, pl.Int64, pl.String)
