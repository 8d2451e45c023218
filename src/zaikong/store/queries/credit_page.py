"""What does the credit file of one account hold?

Four queries, however long the file is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zaikong.store.models import Account, BillScore, CreditStanding, GradeMove, RiskWarning, SignalMatch

MOVE_ROWS = 60
WARNING_ROWS = 40


@dataclass(frozen=True, slots=True)
class CreditFile:
    """What is kept of an account's credit.

    Attributes:
        standing: Its behaviour grade as of the last night, None before its first.
        moves: Grades given and moved, newest first.
        score: Score of the bill scored last.
        signals: Signals confirmed to be about its customer, newest first.
        warnings: Open ones by level, then closed ones, newest first.
    """

    standing: CreditStanding | None
    moves: Sequence[GradeMove]
    score: BillScore | None
    signals: Sequence[SignalMatch]
    warnings: Sequence[RiskWarning]


def credit_file(account: Account) -> CreditFile:
    """The credit file of an account read with its grade (`account_page.account_by_number`)."""
    warnings = RiskWarning.objects.filter(account=account).select_related("owner")
    return CreditFile(
        standing=getattr(account, "creditstanding", None),
        moves=list(GradeMove.objects.filter(account=account).order_by("-moved_date", "-id")[:MOVE_ROWS]),
        score=BillScore.objects.filter(account=account)
        .select_related("bill")
        .order_by("-scored_date", "-bill_id")
        .first(),
        signals=list(
            SignalMatch.objects.filter(customer=account.customer_id, state="confirmed")
            .select_related("signal", "decided_by")
            .order_by("-signal__signal_date", "-signal_id")
        ),
        warnings=sorted(
            warnings.order_by("-opened_date", "-id")[:WARNING_ROWS],
            key=lambda row: (row.closed_date is not None, -row.level),
        ),
    )
