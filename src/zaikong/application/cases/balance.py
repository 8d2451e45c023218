"""What is available to this prepaid customer, and which threshold has been passed?

The overdraft limit may be written as the amount agreed (20) or as the balance it allows (-20); both mean that the
balance may go down to -20.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from zaikong.application.cases.facts import Facts, Money, NotNegative, Number, collected, frame, yuan
from zaikong.domain.feecontrol.balance import BALANCE_COLUMNS, THRESHOLD_COLUMNS, available_balances

_STRATEGY = 1


class Input(Facts):
    """Facts."""

    settled_yuan: Money
    estimated_yuan: NotNegative = 0
    warn_yuan: list[Money] = Field(default_factory=list)
    overdraft_limit_yuan: Money = 0


class Expect(Facts):
    """Answer."""

    available_yuan: Number = Decimal(0)
    level: Annotated[int, Field(strict=True, ge=0)] | Literal["cut"] = 0


def answer(facts: Input) -> dict[str, object]:
    """Available balance and level."""
    account = {
        "account": 1,
        "settled_fen": facts.settled_yuan,
        "estimated_fen": facts.estimated_yuan,
        "overdraft_limit_fen": abs(facts.overdraft_limit_yuan),
        "strategy": _STRATEGY,
    }
    thresholds = [{"strategy": _STRATEGY, "warn_fen": fen} for fen in facts.warn_yuan]
    row = collected(
        available_balances(
            frame(BALANCE_COLUMNS, [account], rule="available_balances"),
            frame(THRESHOLD_COLUMNS, thresholds, rule="available_balances"),
        )
    )[0]
    return {
        "available_yuan": yuan(row["available_fen"]),
        "level": "cut" if row["below_limit"] else row["warning_level"],
    }
