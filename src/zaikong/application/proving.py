"""Do the stored balances agree with the records, to the fen?

Balances, open items and late fees that stand are stored for speed; every night they are rebuilt from legs, allocations,
payments and waivers, and each difference is a finding. A sound ledger has none.
"""

from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.domain.ledger import postings
from zaikong.kernel.finding import Finding
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import day_number
from zaikong.store.queries import payments, proof

_BASIS = "DESIGN: balances are stored and rebuilt by the night check, which must find no difference"


def prove_balances(*, as_of: date) -> list[Finding]:
    """Rebuild what is stored and report every difference.

    Args:
        as_of: Business date; late fees that stand are re-reckoned for the items that moved on it.

    Returns:
        One finding a difference, with both amounts; none on a sound ledger.
    """
    chart = proof.checks(
        receivable=postings.RECEIVABLE,
        prepaid=postings.PREPAID,
        held=postings.HELD,
        unidentified=postings.UNIDENTIFIED,
        late_fee=postings.LATE_FEE_INCOME,
    )
    findings = [
        _finding(check.code, check.says, *row) for check in chart for row in proof.differences(check).iter_rows()
    ]
    with transaction.atomic():
        return findings + _late_fees_that_stand(as_of)


def _late_fees_that_stand(as_of: date) -> list[Finding]:
    payments.lock_accounts(payments.settled_late_items(booked_date=as_of)["account"])
    items = payments.settled_late_items(booked_date=as_of)
    if items.is_empty():
        return []
    applications = payments.paid_by_day(items["bill"])
    last = int(applications["day"].max() or day_number(as_of))  # type: ignore[arg-type] # an int column
    fees = late_fees_of(with_law_facts(items), applications, day=last).select("bill", "late_fee_fen")
    wrong = items.join(fees, on="bill", how="left").filter(
        pl.col("late_fee_fixed_fen") != pl.when(pl.col("amount_fen") > 0).then("late_fee_fen").otherwise(0)
    )
    says = "late fee that stands and the rule"
    return [
        _finding("LATE_FEE_FIXED_DIFFERS", says, f"bill {bill}", stored, fee)
        for bill, stored, fee in wrong.select("bill", "late_fee_fixed_fen", "late_fee_fen").iter_rows()
    ]


def _finding(code: str, says: str, subject: str, stored: int, records: int) -> Finding:
    return Finding(code, subject, f"{says} differ: {yuan_text(stored)} and {yuan_text(records)} yuan", _BASIS)
