"""What does the first contract of an account say before anybody has written one?

What the register and the letterhead know, and the law's own times; everything else is left open, and the clause check names
it. Nothing is agreed by it: it is what a form of a first draft begins with.

Basis: 《电力供应与使用条例》 articles 33 and 39; the parameters of the law in force (`domain.law.parameters`).
"""

from datetime import date
from typing import Literal

from zaikong.application.documents.letterhead import letterhead
from zaikong.domain.billing.books import all_books
from zaikong.domain.law.parameters import Overdue, Restoration, StopNotice, in_law
from zaikong.domain.registry.contract_terms import (
    ContractTerms,
    CutClause,
    LateFeeClause,
    Party,
    Payment,
    Price,
    RestoreClause,
    ServiceClause,
    Supply,
)
from zaikong.store.models import Account

_LONGEST_NAME = 400
_NOT_IMPORTANT = "none"


def first_terms(account: Account, *, as_of: date) -> ContractTerms:
    """Terms a first draft begins with.

    Args:
        account: The account with its customer and premise.
        as_of: Business date; its law gives the times.
    """
    head, customer, point = letterhead(), account.customer, account.supply_point
    book = all_books().get(account.book)
    return ContractTerms(
        contract_no=f"{as_of.year}-{account.account_no}",
        account_no=account.account_no,
        category=account.category,
        important_user=account.important_grade != _NOT_IMPORTANT,
        supplier=Party(name=head.supplier_name, address=head.office_address, phone=head.contact_phone),
        customer=Party(
            name=customer.name[:_LONGEST_NAME],
            address=point.premise.address[:_LONGEST_NAME],
            phone=customer.phone,
            identifier=customer.usci or customer.id_no,
        ),
        supply=Supply(address=point.premise.address[:_LONGEST_NAME], capacity_centi_kva=point.capacity_centi_kva),
        charging=_charging(account),
        price=Price(book=book.title if book else ""),
        payment=Payment(settlements_a_month=account.settlements_a_month),
        late_fee=LateFeeClause(daily_ppm=account.late_fee_ppm or None),
        cut=_cut(account, as_of, head.jurisdiction),
        restore=RestoreClause(
            within_hours=in_law(Restoration, as_of=as_of, jurisdiction=head.jurisdiction).value.hours,
            security_restores=True,
        ),
        service=ServiceClause(address=point.premise.address[:_LONGEST_NAME], phone=customer.phone),
        from_date=as_of,
    )


def _charging(account: Account) -> Literal["prepayment", "split_settlement", "post_paid"]:
    if account.payment_mode == "prepaid":
        return "prepayment"
    return "split_settlement" if account.settlements_a_month > 1 else "post_paid"


def _cut(account: Account, as_of: date, jurisdiction: str) -> CutClause:
    notices = in_law(StopNotice, as_of=as_of, jurisdiction=jurisdiction).value
    times = notices.resident if account.category == "residential" else notices.other
    return CutClause(
        after_overdue_days=in_law(Overdue, as_of=as_of, jurisdiction=jurisdiction).value.cut_after_days,
        notice_days=times.minimum_days,
        final_notice_minutes=times.final_minutes,
        authority_copied=account.important_grade != _NOT_IMPORTANT,
    )
