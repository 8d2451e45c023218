"""Receipts: credited once, undone as a whole, never lost."""

from zaikong.application.payments.crediting import credit
from zaikong.application.payments.receipts import (
    OUTCOME,
    RECEIPT,
    Kind,
    Outcome,
    UnableToReadReceiptsError,
    findings,
)

__all__ = ["OUTCOME", "RECEIPT", "Kind", "Outcome", "UnableToReadReceiptsError", "credit", "findings"]
