"""Notices, contracts and guarantees for the pages' tests, by the verbs that make them; the console's day is 11 August 2025."""

from datetime import date, timedelta
from typing import Any

import builders
import cut_builders

from cutting_desk import moment, open_case
from supply_contracts import contract
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.contracts import draft_contract, sign_contract
from zaikong.application.guarantees import GuaranteeGiven, add_guarantee
from zaikong.application.notice_service import record_service
from zaikong.application.notices import NoticeAsked, issue_notice
from zaikong.application.roles import Role
from zaikong.store.models import Account, Guarantee, Notice, Station, SupplyContract

TODAY = cut_builders.TODAY
NOW = moment("2025-08-11 00:00")
PDF = b"%PDF-1.4 signed"
PNG = b"\x89PNG\r\n\x1a\nhouse"


def owing(at: Station, **fields: Any) -> Account:
    """A firm with an open case, its bill due on 1 July."""
    account = cut_builders.owing(at, **fields)
    open_case(account)
    return account


def demanded(of: Account, **fields: Any) -> Notice:
    """A demand that is not served yet."""
    asked = NoticeAsked(account_no=of.account_no, kind="demand", pay_by_date=TODAY + timedelta(days=5), **fields)
    return issue_notice(asked=asked, staff=None, at=NOW, as_of=TODAY)


def served(notice: Notice) -> Notice:
    """A notice signed for, with its proof."""
    clerk = builders.staff(Role.LEGAL_OFFICER)
    slip = add_evidence(
        kind="signature", content=PDF + notice.notice_no.encode(), file_name="回证.pdf", staff=clerk, at=NOW
    )
    record_service(
        notice_no=notice.notice_no,
        method="signed",
        served_at=NOW,
        staff=clerk,
        as_of=TODAY,
        evidence=[slip.pk],
        receiver_name="李光明",
        receiver_standing="head",
    )
    notice.refresh_from_db()
    return notice


def warned(of: Account) -> Notice:
    """A notice of cutting that follows a served demand."""
    served(demanded(of))
    asked = NoticeAsked(
        account_no=of.account_no,
        kind="stop",
        pay_by_date=TODAY + timedelta(days=5),
        planned_cut_at=moment("2025-08-20 10:00"),
    )
    return issue_notice(asked=asked, staff=None, at=NOW, as_of=TODAY)


def drafted(of: Account, changes: dict[str, Any] | None = None) -> SupplyContract:
    """A draft of a clean contract."""
    terms = contract(changes or {}, account_no=of.account_no, contract_no=f"HT-{of.account_no}")
    return draft_contract(account_no=of.account_no, terms=terms, staff=builders.staff(Role.INTAKE_CLERK), as_of=TODAY)


def signed(of: Account, changes: dict[str, Any] | None = None) -> SupplyContract:
    """A contract in force."""
    return sign_contract(
        contract=drafted(of, changes).pk,
        signed_by_name="李光明",
        signed_date=TODAY,
        staff=builders.staff(Role.MANAGER),
        as_of=TODAY,
    )


def guaranteed(of: Account, number: str = "BZ-1", to_date: date = date(2025, 8, 20), **fields: Any) -> Guarantee:
    """A third party's guarantee of 80 yuan that ends in nine days."""
    given = GuaranteeGiven(
        kind="third_party",
        guarantor="光明商贸有限公司",
        document_no=number,
        maximum_fen=8_000,
        from_date=date(2025, 1, 1),
        to_date=to_date,
        **fields,
    )
    clerk = builders.staff(Role.INTAKE_CLERK)
    return add_guarantee(account_no=of.account_no, given=given, staff=clerk, as_of=TODAY)
