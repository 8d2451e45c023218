"""Receipts: credited once, undone as a whole, never lost.

receipts   what a receipt is, which rows of a batch can be taken
crediting  a batch becomes credited money
undo       a payment is taken back with everything it paid
counter    a cashier takes money; the printed receipt
changing   what a person may do with a receipt in the books
"""

from zaikong.application.payments.changing import (
    UnableToChangePaymentError,
    assign_unallocated,
    bounce_payment,
    clear_in_transit,
    reverse_payment,
)
from zaikong.application.payments.counter import (
    COUNTER,
    PaidLine,
    PrintedReceipt,
    UnableToPrintReceiptError,
    UnableToTakePaymentError,
    printed_receipt,
    take_counter_payment,
)
from zaikong.application.payments.crediting import credit
from zaikong.application.payments.receipts import (
    OUTCOME,
    RECEIPT,
    Kind,
    Outcome,
    UnableToReadReceiptsError,
    findings,
)

__all__ = [
    "COUNTER",
    "OUTCOME",
    "RECEIPT",
    "Kind",
    "Outcome",
    "PaidLine",
    "PrintedReceipt",
    "UnableToChangePaymentError",
    "UnableToPrintReceiptError",
    "UnableToReadReceiptsError",
    "UnableToTakePaymentError",
    "assign_unallocated",
    "bounce_payment",
    "clear_in_transit",
    "credit",
    "findings",
    "printed_receipt",
    "reverse_payment",
    "take_counter_payment",
]
