"""What provision does this matrix give?"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from zaikong.application.cases.facts import Facts, Money, Number, Percent, collected, frame, yuan
from zaikong.domain.ledger.provision import BUCKET_COLUMNS, provisions


class Bucket(Facts):
    """One bucket of the matrix."""

    name: str
    balance_yuan: Money
    loss_rate_percent: Percent


class Input(Facts):
    """Facts."""

    buckets: Annotated[list[Bucket], Field(min_length=1, max_length=500)]


class Expect(Facts):
    """Answer."""

    provision_yuan: Number = Decimal(0)


def answer(facts: Input) -> dict[str, object]:
    """Provision of all buckets together."""
    rows = [
        {"group": 1, "balance_fen": bucket.balance_yuan, "loss_rate_ppm": bucket.loss_rate_percent}
        for bucket in facts.buckets
    ]
    row = collected(provisions(frame(BUCKET_COLUMNS, rows, rule="provisions")))[0]
    return {"provision_yuan": yuan(row["provision_fen"])}
