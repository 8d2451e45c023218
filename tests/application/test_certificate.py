"""A certificate stands on its facts, its evidence and the log; whatever is taken from it or changed in it is named."""

import copy
import json
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from typer.testing import CliRunner

from cutting_desk import moment, notice, open_case, overdue_account, serve
from ledger_desk import entitled
from zaikong.application import decision_log
from zaikong.application.certificate import (
    UnableToCertifyError,
    UnableToFindCertificateError,
    certificate_document,
    issue_certificate,
)
from zaikong.application.certificate_check import FACTS, recheck
from zaikong.application.cutting.asking import may_cut
from zaikong.application.cutting.executing import record_cut, reserve_cut
from zaikong.application.cutting.orders import decide_cut, propose_cut
from zaikong.cli.audit import app
from zaikong.kernel import chain
from zaikong.store.models import CutOrder, DecisionRecord, Evidence, LegalityCertificate, ServiceEvidence, Staff

pytestmark = pytest.mark.django_db

CUT = "2025-08-12 10:00"


def approver(name, role):
    from django.contrib.auth.models import Group

    staff = entitled(name)
    staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


def photo(service, content):
    import hashlib

    evidence = Evidence.objects.create(
        kind="photo",
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="image/jpeg",
        content=content,
        added_at=moment("2025-08-07 10:00"),
    )
    ServiceEvidence.objects.create(service=service, evidence=evidence)
    return evidence


@pytest.fixture
def order():
    """A lawful order of a firm, reserved, its notice of cutting proved by two photos."""
    case = open_case(overdue_account())
    notice(case, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(case, "stop", "2025-08-06 09:00", planned=CUT)
    service = serve(stop, "2025-08-07 09:00")
    photo(service, b"front door")
    photo(service, b"signature")
    proposer = entitled("proposer", "propose_cutorder")
    number = propose_cut(notice=stop.pk, staff=proposer, at=moment("2025-08-11 09:00")).order
    for person in (approver("first", "manager"), approver("second", "director")):
        decide_cut(order=number, approve=True, staff=person, at=moment("2025-08-11 15:00"))
    notice(case, "final", "2025-08-12 09:25", planned=CUT, served="2025-08-12 09:25")
    reserve_cut(order=number, staff=None, at=moment(CUT))
    return number


@pytest.fixture
def certificate(order):
    record_cut(order=order, staff=None, at=moment(CUT))
    return LegalityCertificate.objects.get(order=order)


def faults_of(told):
    """Faults of the certificate alone, and against the log."""
    text = chain.canonical(told)
    logged = chain.verify_certificate(text, decision_log.lines())
    return {(fault.code, fault.field) for fault in (*logged, *recheck(text)[0])}


def test_a_certificate_says_who_what_when_and_by_which_law(certificate):
    told = certificate_document(certificate)
    assert certificate.certificate_no == f"LC-20250812-{certificate.order_id:08d}"
    assert (told["decision"], told["regime"]) == ({"allowed": True, "reasons": []}, "post_paid")
    assert [(item["actor"], item["role"]) for item in told["approvals"]] == [
        ("first", "manager"),
        ("second", "director"),
    ]
    assert {item["parameter"] for item in told["law"]} >= {"overdue", "stop_notice", "cut_approval"}
    assert all(condition["met"] and condition["basis"]["source"] for condition in told["conditions"])
    overdue = next(item for item in told["conditions"] if item["code"] == "NOT_OVERDUE_ENOUGH")
    assert overdue["facts"] == ["oldest_due_day", "cut_at"]
    assert overdue["evidence"] == ["books/cut_at", "books/oldest_due_day"]
    assert "电力供应与使用条例" in overdue["basis"]["source"]
    assert len(told["evidence"]) >= 7


def test_a_certificate_as_issued_is_whole(certificate):
    assert faults_of(certificate_document(certificate)) == set()
    assert recheck(certificate.document.encode()) == ([], [])


def test_it_stands_in_the_log_behind_its_evidence(certificate):
    told = certificate_document(certificate)
    record = certificate.decision
    assert (record.kind, record.seq) == ("legality_certificate", told["after"]["seq"] + 1)
    proved = DecisionRecord.objects.filter(kind="evidence").order_by("seq")
    assert [json.loads(row.record)["body"]["sha256"] for row in proved] == [item["sha256"] for item in told["evidence"]]


def test_names_of_people_and_customers_are_not_in_it(certificate):
    log = b"".join(decision_log.lines()).decode()
    for word in ("户4100000001", "张三"):
        assert word not in certificate.document
        assert word not in log


def test_without_any_one_piece_of_evidence_it_fails_and_names_it(certificate):
    whole = certificate_document(certificate)
    for place, item in enumerate(whole["evidence"]):
        told = copy.deepcopy(whole)
        del told["evidence"][place]
        alone = {fault.field for fault in recheck(chain.canonical(told))[0]}
        assert ("EVIDENCE_MISSING", f"evidence.{item['ref']}") in faults_of(told), item["ref"]
        assert alone & {f"evidence.{item['ref']}", *(f"fact.{fact}" for fact in item["supports"])}, item["ref"]


def test_with_any_one_fact_changed_it_fails_and_names_it(certificate):
    whole = certificate_document(certificate)
    for name in FACTS:
        told = copy.deepcopy(whole)
        value = told["facts"][name]
        told["facts"][name] = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else "x"
        assert ("FACT_CHANGED", f"fact.{name}") in faults_of(told), name
        del told["facts"][name]
        assert ("FACT_MISSING", f"fact.{name}") in faults_of(told), name


def test_a_forger_who_changes_facts_and_their_records_is_found_by_rule_or_log(certificate):
    told = certificate_document(certificate)
    told["facts"]["disputed"] = True
    item = next(item for item in told["evidence"] if item["ref"] == "books/disputed")
    item["content"]["value"] = True
    item["sha256"] = chain.digest(item["content"])
    alone = {(fault.code, fault.field) for fault in recheck(chain.canonical(told))[0]}
    assert alone == {("RULE_DISAGREES", "decision")}
    assert {("EVIDENCE_CHANGED", "evidence.books/disputed"), ("EVIDENCE_NOT_LOGGED", "evidence.books/disputed")} <= (
        faults_of(told)
    )


def demand_of(told):
    return next(proof for proof in told["proofs"] if proof["evidence"] == "demand")


CHANGES = [
    (lambda told: told["approvals"].pop(), "APPROVALS_CHANGED"),
    (lambda told: told["proofs"].remove(demand_of(told)), "RULE_DISAGREES"),
    (lambda told: told["conditions"].pop(), "CONDITIONS_CHANGED"),
    (lambda told: told["conditions"][0].update(met=False), "CONDITIONS_CHANGED"),
    (lambda told: told["proofs"][0].update(role="x"), "EVIDENCE_CHANGED"),
    (lambda told: told["proofs"][0].update(refs=[]), "EVIDENCE_MISSING"),
    (lambda told: told["evidence"][0].update(supports=["disputed"]), "EVIDENCE_MISPLACED"),
    (lambda told: told["evidence"].append({"ref": "x", "sha256": "1" * 64, "supports": []}), "EVIDENCE_LOOSE"),
    (lambda told: told["evidence"][0]["content"].update(number="x"), "EVIDENCE_CHANGED"),
    (lambda told: told["decision"].update(allowed=False), "RULE_DISAGREES"),
    (lambda told: told.pop("law"), "CERTIFICATE_INCOMPLETE"),
    (lambda told: told["facts"].update(unpaid_fen="many"), "CERTIFICATE_INCOMPLETE"),
    (lambda told: told["facts"].update(cut_at=0), "FACTS_UNFIT"),
]


def test_what_does_not_bear_the_answer_is_found_without_the_log(certificate):
    for change, code in CHANGES:
        told = certificate_document(certificate)
        change(told)
        found, _notes = recheck(chain.canonical(told))
        assert code in {fault.code for fault in found}, (code, found)


def test_another_version_of_the_rule_is_a_note_and_no_fault(certificate):
    told = certificate_document(certificate)
    told["rule"]["module_sha256"] = "0" * 64
    told["law"][0]["edition"] = "x"
    found, notes = recheck(chain.canonical(told))
    assert (found, len(notes)) == ([], 2)


def test_what_is_no_certificate_is_told():
    assert [fault.code for fault in recheck(b"{}")[0]] == ["CERTIFICATE_INCOMPLETE"]
    assert [fault.code for fault in recheck(b"[")[0]] == ["CERTIFICATE_INCOMPLETE"]


def test_a_cut_the_rule_refuses_is_not_certified(order):
    (answer,) = may_cut([(CutOrder.objects.get(pk=order).account_id, order)], at=moment(CUT))
    refused = replace(answer, allowed=False)
    with pytest.raises(UnableToCertifyError, match="NOT_ALLOWED"):
        issue_certificate(order=CutOrder.objects.get(pk=order), answer=refused, staff=None, at=moment(CUT))


def test_an_answer_its_proofs_do_not_bear_is_not_certified(order):
    asked = CutOrder.objects.get(pk=order)
    (answer,) = may_cut([(asked.account_id, order)], at=moment(CUT))
    bare = replace(answer, proofs=tuple(row for row in answer.proofs if row["evidence"] != "demand"))
    with pytest.raises(UnableToCertifyError, match="CERTIFICATE_UNFOUNDED"):
        issue_certificate(order=asked, answer=bare, staff=None, at=moment(CUT))
    assert not LegalityCertificate.objects.exists()


def test_the_command_writes_a_certificate_that_proves_itself(certificate, tmp_path):
    def ran(*words, code=0):
        result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "300"}, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    number = certificate.certificate_no
    files = ran("certificate", number, "-o", tmp_path).split()
    assert files == [str(tmp_path / f"{number}.{end}") for end in ("json", "zh.pdf", "en.pdf")]
    ran("export", tmp_path / "log")
    check = ("verify", "--certificate", files[0], "--log", tmp_path / "log")
    assert ran(*check) == f"certificate {number}.json: whole\n"
    told = json.loads((tmp_path / f"{number}.json").read_text())
    told["facts"]["unpaid_fen"] = 1
    (tmp_path / f"{number}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1))
    assert "FACT_CHANGED record 16, fact.unpaid_fen: fact unpaid_fen is 1; record" in ran(*check, code=1).replace(
        f"record {certificate.decision_id}", "record 16"
    )
    with pytest.raises(UnableToFindCertificateError):
        ran("certificate", "LC-0")


def test_the_table_keeps_a_certificate_as_it_was_issued(certificate):
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalityCertificate.objects.filter(pk=certificate.pk).update(certificate_no="x")
