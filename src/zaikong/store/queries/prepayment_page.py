"""What is there to show of an account that pays ahead: balance, agreements, crossings, top-ups, refunds, switches?

Each function asks a fixed number of queries.
"""

from collections.abc import Sequence
from typing import Final

from django.db.models import Exists, OuterRef, Q

from zaikong.store.models import (
    Account,
    BalanceCrossing,
    HumanConfirmation,
    Leg,
    Payment,
    PaymentModeSwitch,
    PrepaidBalance,
    PrepaymentAgreement,
    PrepaymentRefund,
)

CROSSING_ROWS: Final = 20
TOPUP_ROWS: Final = 20
PAPER_ROWS: Final = 20

LONGEST_REASON: Final[int] = PrepaymentRefund._meta.get_field("reason").max_length
"""Room for a reason [characters]."""

LONGEST_PAYEE: Final[int] = PrepaymentRefund._meta.get_field("payee").max_length
"""Room for a payee [characters]."""

LONGEST_NAME: Final[int] = PrepaymentAgreement._meta.get_field("signed_by_name").max_length
"""Room for a name [characters]."""

CUT_MODES: Final = PrepaymentAgreement.CutMode.choices
RESTORE_MODES: Final = PrepaymentAgreement.RestoreMode.choices

_TOPPED_UP: Final = "prepayment_topped_up"


def estimate_of(account: Account) -> PrepaidBalance | None:
    """What the last night found, None where no night has."""
    found: PrepaidBalance | None = PrepaidBalance.objects.filter(pk=account.pk).first()
    return found


def agreements_of(account: Account) -> Sequence[PrepaymentAgreement]:
    """Agreements of an account, the last first."""
    rows = PrepaymentAgreement.objects.filter(account=account).select_related("drafted_by").defer("evidence")
    return list(rows.order_by("-pk")[:PAPER_ROWS])


def crossings_of(account: Account) -> Sequence[BalanceCrossing]:
    """Thresholds passed, the last first, with the message that told of each."""
    rows = BalanceCrossing.objects.filter(account=account).select_related("message")
    return list(rows.order_by("-pk")[:CROSSING_ROWS])


def topups_of(account: Account) -> Sequence[Payment]:
    """Money that was put ahead, the last first, each with `debtrecovery` where old debt took a share of it."""
    ahead = Leg.objects.filter(payment=OuterRef("pk"), event=_TOPPED_UP)
    rows = Payment.objects.filter(Q(Exists(ahead)) | Q(debtrecovery__isnull=False) | Q(topup=True), account=account)
    return list(rows.select_related("debtrecovery").order_by("-paid_at", "-pk")[:TOPUP_ROWS])


def refunds_of(account: Account) -> Sequence[PrepaymentRefund]:
    """Refunds of an account, the last first."""
    rows = PrepaymentRefund.objects.filter(account=account).select_related("requested_by", "decided_by")
    return list(rows.order_by("-pk")[:PAPER_ROWS])


def switches_of(account: Account) -> Sequence[PaymentModeSwitch]:
    """Switches of the payment mode, the last first."""
    rows = PaymentModeSwitch.objects.filter(account=account).select_related("ordered_by", "approved_by")
    return list(rows.order_by("-pk")[:PAPER_ROWS])


def confirmations_of(account: Account) -> Sequence[HumanConfirmation]:
    """People's words that supply may be cut, the last first."""
    rows = HumanConfirmation.objects.filter(account=account).select_related("staff")
    return list(rows.order_by("-pk")[:PAPER_ROWS])


def belongs(account: Account, kind: str, number: int) -> bool:
    """Whether a refund or switch is one of this account's."""
    if kind == "refund":
        return PrepaymentRefund.objects.filter(pk=number, account=account).exists()
    return kind == "switch" and PaymentModeSwitch.objects.filter(pk=number, account=account).exists()
