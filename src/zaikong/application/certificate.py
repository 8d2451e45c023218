"""What proves that a cut was lawful? 合法性证书: written in the transaction that records the cut.

It states every condition with the facts and the evidence it rests on, the hash of each, the article that asks for it, who
approved, and which rule and which edition of the law decided. Its evidence is put into the decision log first, then the
certificate names the head it was drafted behind, then the log names the certificate's hash: who wants to change one must
change the other, and every head kept elsewhere since.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.certificate_check import (
    FACTS,
    PROVED_BY,
    conditions_of,
    item_content,
    law_told,
    recheck,
    rule_told,
)
from zaikong.application.cutting.asking import JURISDICTION, Answer
from zaikong.application.decision_log import Decision
from zaikong.application.documents.certificate import LANGUAGES, certificate_pdf
from zaikong.domain.law.cutting import cut_law
from zaikong.kernel import chain
from zaikong.kernel.period import TIME_ZONE, day_number, moment_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CutApproval, CutOrder, DecisionRecord, LegalityCertificate, Staff

EXECUTOR = "executor"
"""Who acts where no person does."""

_LOGGED = ("certificate_no", "order", "account_no", "regime", "facts", "decision", "approvals", "rule", "as_of_day")


class UnableToCertifyError(Refusal):
    """A cut that no certificate can be written for; then it must not be recorded either."""


class UnableToFindCertificateError(Refusal):
    """No certificate has this number."""


@transaction.atomic
def issue_certificate(
    *, order: CutOrder, answer: Answer, staff: Staff | None, at: datetime, jurisdiction: str = JURISDICTION
) -> LegalityCertificate:
    """Write the certificate of a cut that is being recorded.

    Args:
        order: The order.
        answer: What the rule said at the moment of the cut.
        staff: Who carried it out; None for the executor.
        at: The moment of the cut.
        jurisdiction: The company's place.

    Raises:
        UnableToCertifyError: The rule did not allow it, or what stands in the certificate does not bear the answer.
    """
    actor = staff.get_username() if staff else EXECUTOR
    on = at.astimezone(TIME_ZONE).date()
    document = _founded_document(order, answer, actor=actor, at=at, jurisdiction=jurisdiction)
    proved = decision_log.append_many(
        [
            Decision(
                chain.EVIDENCE_KIND,
                answer.account_no,
                actor,
                {"certificate_no": document["certificate_no"], "ref": item["ref"], "sha256": item["sha256"]},
            )
            for item in document["evidence"]
        ],
        as_of=on,
        at=at,
    )
    document["after"] = {"seq": proved.last, "hash": proved.head}
    text = chain.canonical(document).decode()
    sha256 = chain.digest(document)
    body = {name: document[name] for name in _LOGGED if name != "as_of_day"}
    body |= {"sha256": sha256, "evidence": {item["ref"]: item["sha256"] for item in document["evidence"]}}
    entry = decision_log.append(
        kind=chain.CERTIFICATE_KIND, subject=answer.account_no, actor=actor, body=body, as_of=on, at=at
    )
    return LegalityCertificate.objects.create(
        order=order,
        certificate_no=document["certificate_no"],
        issued_at=at,
        document=text,
        sha256=sha256,
        decision=DecisionRecord.objects.get(pk=entry.last),
    )


def draft_certificate(*, order: CutOrder, answer: Answer, at: datetime, jurisdiction: str = JURISDICTION) -> None:
    """See, before supply is taken, that the certificate of this cut could be written.

    Raises:
        UnableToCertifyError: As `issue_certificate`.
    """
    _founded_document(order, answer, actor=EXECUTOR, at=at, jurisdiction=jurisdiction)


def certificate_document(certificate: LegalityCertificate) -> dict[str, Any]:
    """What a certificate says, as it was issued."""
    told: dict[str, Any] = json.loads(certificate.document)
    return told


def certificate_numbered(number: str) -> LegalityCertificate:
    """The certificate of a number.

    Raises:
        UnableToFindCertificateError: There is none.
    """
    found = LegalityCertificate.objects.filter(certificate_no=number.strip()).first()
    if found is None:
        raise UnableToFindCertificateError(
            f"there is no certificate {number}",
            code="CERTIFICATE_UNKNOWN",
            fields={"certificate_no": number},
            remedy="Check the number on the cut order.",
        )
    return found


def write_certificate(number: str, folder: Path) -> list[Path]:
    """Write a certificate as `NUMBER.json`, as it was hashed, and as PDF in both languages.

    Args:
        number: Its number.
        folder: Where to write.

    Returns:
        The files written, the JSON first.

    Raises:
        UnableToFindCertificateError: There is none.
    """
    certificate = certificate_numbered(number)
    folder.mkdir(parents=True, exist_ok=True)
    name, told = certificate.certificate_no, certificate_document(certificate)
    contents = {f"{name}.json": certificate.document.encode()}
    contents |= {f"{name}.{code}.pdf": certificate_pdf(told, language=code).content for code in LANGUAGES}
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    return [folder / file for file in contents]


def _founded_document(
    order: CutOrder, answer: Answer, *, actor: str, at: datetime, jurisdiction: str
) -> dict[str, Any]:
    if not answer.allowed:
        raise _refused("NOT_ALLOWED", "; ".join(failed.reason for failed in answer.failed), {"order": order.pk})
    document = _document(order, answer, actor=actor, at=at, jurisdiction=jurisdiction)
    faults, _notes = recheck(chain.canonical(document))
    if faults:
        told = "; ".join(chain.fault_text(fault) for fault in faults)
        raise _refused("CERTIFICATE_UNFOUNDED", told, {"order": order.pk})
    return document


def _document(order: CutOrder, answer: Answer, *, actor: str, at: datetime, jurisdiction: str) -> dict[str, Any]:
    on = at.astimezone(TIME_ZONE).date()
    law = cut_law(as_of=on, jurisdiction=jurisdiction)
    facts = {name: answer.facts[name] for name in FACTS}
    approvals = _approvals(order)
    proofs, evidence = _proofs(answer, approvals)
    reasons = [failed.reason for failed in answer.failed]
    return {
        "format": chain.CERTIFICATE,
        "certificate_no": f"LC-{on:%Y%m%d}-{order.pk:08d}",
        "order": order.pk,
        "account_no": answer.account_no,
        "regime": order.regime,
        "scope": order.scope,
        "jurisdiction": jurisdiction,
        "as_of_day": day_number(on),
        "issued_at": moment_number(at),
        "carried_out_by": actor,
        "proposed_by": order.proposed_by.get_username() if order.proposed_by else "night",
        "facts": facts,
        "proofs": proofs,
        "evidence": evidence,
        "conditions": conditions_of(facts, evidence, reasons=reasons, law=law),
        "decision": {"allowed": answer.allowed, "reasons": reasons},
        "approvals": [{name: item[name] for name in ("actor", "role", "at")} for item in approvals],
        "law": law_told(as_of=on, jurisdiction=jurisdiction),
        "rule": rule_told(law),
    }


def _approvals(order: CutOrder) -> list[dict[str, Any]]:
    given = CutApproval.objects.select_related("approver").filter(order=order, approved=True).order_by("at", "pk")
    return [
        {"number": str(row.pk), "actor": row.approver.get_username(), "role": row.role, "at": moment_number(row.at)}
        for row in given
    ]


def _proofs(
    answer: Answer, approvals: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every proof with the references of its evidence, and every item of evidence with its hash and what it backs."""
    by_number = {item["number"]: item for item in approvals}
    proofs: list[dict[str, Any]] = []
    items: dict[str, dict[str, Any]] = {}
    for row in answer.proofs:
        fact = PROVED_BY[row["evidence"]]
        content = {name: row[name] for name in ("source", "number", "evidence", "evidence_at", "role")}
        if row["evidence"] == "approval":
            content["actor"] = by_number[row["number"]]["actor"]
        own = f"{row['source']}/{row['number']}"
        own = f"{own}/{row['evidence_at']}" if own in items else own
        record = {"ref": own, "sha256": chain.digest(content), "content": content, "supports": [fact]}
        papers = [
            {"ref": f"{own}#{place}", "sha256": sha256, "supports": [fact]}
            for place, sha256 in enumerate(filter(None, row["sha256"].split(",")), start=1)
        ]
        items |= {item["ref"]: item for item in (record, *papers)}
        proofs.append({**{name: content[name] for name in content if name != "actor"}, "refs": [own, *_refs(papers)]})
    backed = {fact for item in items.values() for fact in item["supports"]}
    at = answer.facts["cut_at"]
    for name in FACTS:
        if answer.facts[name] is not None and name not in backed:
            content = item_content(name, answer.facts[name], account_no=answer.account_no, at=at)
            ref = f"books/{name}"
            items[ref] = {"ref": ref, "sha256": chain.digest(content), "content": content, "supports": [name]}
    return proofs, list(items.values())


def _refs(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(item["ref"]) for item in items]


def _refused(code: str, message: str, fields: Mapping[str, object]) -> UnableToCertifyError:
    return UnableToCertifyError(
        message, code=code, fields=fields, remedy="Leave the account connected and mend what is named."
    )
