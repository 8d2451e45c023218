"""What is there to say of one prepaid balance: of the last night, of this moment, and of what was told?"""

from typing import Any

from zaikong.kernel.refusal import Refusal
from zaikong.store.models import BalanceCrossing, PrepaidBalance
from zaikong.store.queries import balances as reads

_FIELDS = (
    "as_of_date",
    "measured_to_date",
    "settled_fen",
    "estimated_fen",
    "available_fen",
    "overdraft_limit_fen",
    "daily_fen",
    "days_left",
    "warning_level",
    "below_limit",
    "fallen_at",
)


class UnableToShowBalanceError(Refusal):
    """No night has estimated this account."""


def balance_shown(account: int) -> dict[str, Any]:
    """A balance as the last night left it, what is available now, and every threshold passed, the newest first.

    Args:
        account: The account.

    Raises:
        UnableToShowBalanceError: It does not pay ahead, or no night has run since it does.
    """
    row = PrepaidBalance.objects.filter(pk=account).first()
    if row is None:
        raise UnableToShowBalanceError(
            f"no night has estimated a balance of account {account}",
            code="BALANCE_UNKNOWN",
            fields={"account": account},
            remedy="Balances are of accounts that pay ahead; the next night estimates a new one.",
        )
    crossings = BalanceCrossing.objects.filter(account_id=account).select_related("message").order_by("-pk")
    return {name: getattr(row, name) for name in _FIELDS} | {
        "available_now_fen": reads.available_now_fen(account),
        "crossings": [
            {
                "night_date": one.night_date,
                "kind": one.kind,
                "threshold": one.threshold,
                "available_fen": one.available_fen,
                "message": one.message.state if one.message else "",
            }
            for one in crossings
        ],
    }
