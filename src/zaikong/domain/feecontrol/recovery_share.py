"""How much of a top-up recovers old debt, and how much stays the customer's balance?

The agreement names a share in thousandths. The share of a top-up is rounded half away from zero to the fen and recovers
old debt, never more than there is; every other fen of it stays prepaid. Old debt is what was past its due day when the
agreement came into force, principal and late fee; a bill that falls due under the agreement is not old and is paid from
the balance as a whole. Why the line is drawn there stands in `docs/algorithms/prepayment.md`.

Basis: the prepayment agreement (《河南省供用电条例》 article 41); 《民法典》 article 560 lets the parties agree what a payment
settles, before the debtor's designation and before the legal order.
"""

from typing import Final

import narwhals as nw

from zaikong.kernel.money import half_away

TOPUP_COLUMNS: Final = ("payment", "account", "amount_fen", "old_debt_permille", "old_debt_fen")
"""What `recovery_shares` reads of a top-up; none of the three last is negative."""

DEBT_COLUMNS: Final = ("bill", "account", "due_day", "agreement_from_day")
"""What `old_debts` reads of an open item; `agreement_from_day` is 0 where no agreement is in force."""

_PERMILLE: Final = 1000
_STEPS: Final = 32
"""Brings a thousand to a multiple of 2**8, which `half_away` divides by exactly."""


def old_debts(items: nw.LazyFrame) -> nw.LazyFrame:
    """Which open items are old debt under the agreement of their account.

    Args:
        items: One row an item with `DEBT_COLUMNS`.

    Returns:
        One row an item: `bill`, `old_debt` whether its due day had passed when the agreement came into force.
    """
    return items.select("bill", old_debt=nw.col("due_day") < nw.col("agreement_from_day"))


def recovery_shares(topups: nw.LazyFrame) -> nw.LazyFrame:
    """Split top-ups by the share agreed.

    Args:
        topups: One row a top-up with `TOPUP_COLUMNS` [fen, 0.1 %].

    Returns:
        One row a top-up: `payment`, `account`, `share_fen` the share agreed, `recovered_fen` what of it old debt takes,
        `kept_fen` the rest of the top-up [fen]; the two last add up to it.
    """
    share = half_away(nw.col("amount_fen") * nw.col("old_debt_permille") * _STEPS, _PERMILLE * _STEPS)
    return (
        topups.with_columns(share_fen=share)
        .with_columns(recovered_fen=nw.min_horizontal("share_fen", "old_debt_fen"))
        .select(
            "payment", "account", "share_fen", "recovered_fen", kept_fen=nw.col("amount_fen") - nw.col("recovered_fen")
        )
    )
