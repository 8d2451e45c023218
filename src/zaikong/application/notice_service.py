"""How is it proved that a notice reached its receiver?

Each way of service asks for its own proof, and a service without it is not recorded: a signature names who signed and what
he is to the receiver; a refusal needs photo or video and two witnesses; post its receipt; a message its delivery report and,
for a stop notice, the contract's consent that a message counts; a public notice its print.

Basis: 《最高人民法院关于审理民事案件适用诉讼时效制度若干问题的规定》 article 8 (who may sign, when a message has arrived).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from django.db import transaction

from zaikong.application.decision_log import log_act
from zaikong.application.notices import notice_numbered
from zaikong.application.roles import SERVE_NOTICES, permission
from zaikong.domain.registry.clause_check import legal_basis
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import (
    AuthorityCopy,
    CaseEvent,
    CaseEventEvidence,
    Evidence,
    Notice,
    NoticeService,
    ServiceEvidence,
    Staff,
    SupplyContract,
)

PERSON_STANDINGS: Final = ("self", "adult_family")
"""Who may sign for a person: himself, or an adult relative who lives with him."""

ORGANISATION_STANDINGS: Final = ("legal_representative", "head", "mail_room", "authorised")
"""Who may sign for an organisation."""

PROOFS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "signed": frozenset({"signature", "photo", "document"}),
        "left": frozenset({"photo", "video"}),
        "mail": frozenset({"receipt"}),
        "message": frozenset({"delivery_report"}),
        "call": frozenset({"recording"}),
        "public": frozenset({"document", "photo"}),
    }
)
"""Kinds of evidence one of which each way of service needs."""


class UnableToServeNoticeError(Refusal):
    """A service that may not be recorded like this, or lacks its proof."""


@transaction.atomic
def record_service(
    *,
    notice_no: str,
    method: str,
    served_at: datetime,
    staff: Staff,
    as_of: date,
    evidence: Sequence[int] = (),
    receiver_name: str = "",
    receiver_standing: str = "",
    witnesses: Sequence[str] = (),
    note: str = "",
) -> NoticeService:
    """Record that a notice was served, with its proof.

    Args:
        notice_no: Notice.
        method: `signed`, `left`, `mail`, `message`, `call` or `public`.
        served_at: When it reached its receiver, with a time zone.
        staff: Who records it.
        as_of: Business date.
        evidence: Primary keys of proofs kept before.
        receiver_name: Who signed; needed for `signed`.
        receiver_standing: What he is to the receiver: one of `PERSON_STANDINGS` or, for an organisation,
            `ORGANISATION_STANDINGS`; needed for `signed`.
        witnesses: Two different names; needed for `left`.
        note: Remark, such as why it was refused.

    Returns:
        The service; the notice stands as served, and its case tells so.

    Raises:
        UnableToFindNoticeError: `NOTICE_UNKNOWN`.
        UnableToServeNoticeError: `NOT_ENTITLED`, `NOTICE_VOID`, `METHOD_UNKNOWN`, `TIME_WRONG`, `EVIDENCE_UNKNOWN`,
            `EVIDENCE_MISSING`, `RECEIVER_MISSING`, `RECEIVER_UNFIT`, `WITNESSES_MISSING`, `MESSAGE_NOT_AGREED`,
            `CALL_UNFIT`.
    """
    _entitled(staff)
    notice = notice_numbered(notice_no, staff=staff, lock=True)
    if notice.state == Notice.State.VOID:
        raise _refused("NOTICE_VOID", f"{notice_no} is void", "Serve the notice that replaces it.")
    proofs = _proofs(evidence)
    _timely(notice, served_at, as_of)
    named = tuple(name.strip() for name in witnesses if name.strip())
    _proved(
        notice,
        method,
        proofs,
        receiver=receiver_name.strip(),
        standing=receiver_standing,
        witnesses=named,
        served_at=served_at,
    )
    service: NoticeService = NoticeService.objects.create(
        notice=notice,
        method=method,
        served_at=served_at,
        receiver_name=receiver_name.strip()[:80],
        receiver_standing=receiver_standing,
        first_witness=named[0][:80] if named else "",
        second_witness=named[1][:80] if len(named) > 1 else "",
        recorded_by=staff,
        note=note.strip()[:300],
    )
    ServiceEvidence.objects.bulk_create(ServiceEvidence(service=service, evidence=proof) for proof in proofs)
    if notice.state == Notice.State.ISSUED:
        notice.state = Notice.State.SERVED
        notice.save(update_fields=["state"])
    _told(notice, service, proofs, staff, as_of)
    return service


@transaction.atomic
def copy_to_authority(
    *,
    notice_no: str,
    authority: str,
    copied_at: datetime,
    evidence: int,
    staff: Staff,
    as_of: date,
) -> AuthorityCopy:
    """Record that a copy of a stop notice went to the power authority.

    Args:
        notice_no: Stop notice.
        authority: Which authority.
        copied_at: When it arrived there, with a time zone.
        evidence: Primary key of the proof of arrival.
        staff: Who records it.
        as_of: Business date.

    Raises:
        UnableToFindNoticeError: `NOTICE_UNKNOWN`.
        UnableToServeNoticeError: `NOT_ENTITLED`, `NOTICE_VOID`, `NO_STOP_NOTICE`, `AUTHORITY_MISSING`, `TIME_WRONG`,
            `EVIDENCE_UNKNOWN`.
    """
    _entitled(staff)
    notice = notice_numbered(notice_no, staff=staff, lock=True)
    if notice.state == Notice.State.VOID:
        raise _refused("NOTICE_VOID", f"{notice_no} is void", "Copy the notice that replaces it.")
    if notice.kind == Notice.Kind.DEMAND:
        raise _refused(
            "NO_STOP_NOTICE", f"{notice_no} is a demand, which nobody gets a copy of", "Copy the stop notice."
        )
    if not authority.strip():
        raise _refused("AUTHORITY_MISSING", "no authority is named", "Name it.")
    _timely(notice, copied_at, as_of)
    (proof,) = _proofs([evidence])
    copy: AuthorityCopy = AuthorityCopy.objects.create(
        notice=notice, authority=authority.strip()[:100], copied_at=copied_at, evidence=proof, recorded_by=staff
    )
    body = {"notice_no": notice.notice_no, "authority_copy": copy.pk, "evidence_sha256": proof.sha256}
    log_act(kind="notice_copied", subject=notice.account.account_no, staff=staff, body=body, as_of=as_of)
    return copy


def _entitled(staff: Staff) -> None:
    if not (staff.is_active and staff.has_perm(permission(SERVE_NOTICES))):
        raise _refused("NOT_ENTITLED", f"{staff.get_username()} may not record service", "Ask somebody whose role may.")


def _proofs(keys: Sequence[int]) -> list[Evidence]:
    wanted = list(dict.fromkeys(keys))
    found = Evidence.objects.defer("content").in_bulk(wanted)
    absent = [str(key) for key in wanted if key not in found]
    if absent:
        raise _refused("EVIDENCE_UNKNOWN", f"there is no evidence {', '.join(absent)}", "Keep the proof first.")
    return [found[key] for key in wanted]


def _timely(notice: Notice, when: datetime, as_of: date) -> None:
    if when.tzinfo is None or when < notice.issued_at or when.astimezone(TIME_ZONE).date() > as_of:
        raise _refused(
            "TIME_WRONG",
            f"{when} lies before the notice was issued, or after {as_of}, or has no time zone",
            "Give the time it arrived.",
        )


def _proved(
    notice: Notice,
    method: str,
    proofs: Collection[Evidence],
    *,
    receiver: str,
    standing: str,
    witnesses: Sequence[str],
    served_at: datetime,
) -> None:
    if method not in NoticeService.Method.values:
        raise _refused("METHOD_UNKNOWN", f"{method!r} is no way of service", "Name a known one.")
    if not PROOFS[method] & {proof.kind for proof in proofs}:
        raise _refused(
            "EVIDENCE_MISSING",
            f"service by {method} needs {' or '.join(sorted(PROOFS[method]))}",
            "Add it and record the service again.",
        )
    if method == "signed":
        _signed(notice, receiver, standing)
    if method == "left" and not (len(witnesses) == 2 and witnesses[0] != witnesses[1]):  # noqa: PLR2004 -- two
        raise _refused("WITNESSES_MISSING", "a refused notice is left before two witnesses", "Name two people.")
    if method == "call" and notice.kind == Notice.Kind.STOP:
        raise _refused("CALL_UNFIT", "a stop notice is served in writing", "Serve it by another way.")
    if method == "message" and notice.kind == Notice.Kind.STOP:
        _agreed(notice, served_at)


def _signed(notice: Notice, receiver: str, standing: str) -> None:
    if not receiver:
        raise _refused("RECEIVER_MISSING", "who signed is not named", "Write the name as signed.")
    allowed = ORGANISATION_STANDINGS if notice.account.customer.usci else PERSON_STANDINGS
    if standing not in allowed:
        raise _refused(
            "RECEIVER_UNFIT",
            f"{standing or 'nobody'} may not sign for this receiver",
            f"One of {', '.join(allowed)} may.",
        )


def _agreed(notice: Notice, served_at: datetime) -> None:
    on = served_at.astimezone(TIME_ZONE).date()
    contract = SupplyContract.objects.filter(account_id=notice.account_id, state="in_force", from_date__lte=on).first()
    service = (contract.terms if contract else {}).get("service", {})
    if not (service.get("sms_counts_as_delivered") is True and service.get("consent_recorded") is True):
        basis = legal_basis("SMS_SERVICE_WITHOUT_CONSENT", as_of=on)
        raise UnableToServeNoticeError(
            "no contract in force agrees that a message counts as a delivered stop notice",
            code="MESSAGE_NOT_AGREED",
            article=str(basis or ""),
            remedy="Serve the paper, or sign a contract that says so.",
        )


def _told(notice: Notice, service: NoticeService, proofs: Sequence[Evidence], staff: Staff, as_of: date) -> None:
    if notice.case_id:
        event = CaseEvent.objects.create(
            case_id=notice.case_id,
            at=service.served_at,
            kind=CaseEvent.Kind.SERVED,
            staff=staff,
            outcome=service.method,
            facts={"notice_no": notice.notice_no, "episode": notice.episode, "service": service.pk},
        )
        CaseEventEvidence.objects.bulk_create(CaseEventEvidence(event=event, evidence=proof) for proof in proofs)
    body = {
        "notice_no": notice.notice_no,
        "service": service.pk,
        "method": service.method,
        "evidence_sha256": [proof.sha256 for proof in proofs],
    }
    log_act(kind="notice_served", subject=notice.account.account_no, staff=staff, body=body, as_of=as_of)


def _refused(code: str, message: str, remedy: str) -> UnableToServeNoticeError:
    return UnableToServeNoticeError(message, code=code, remedy=remedy)
