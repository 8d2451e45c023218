"""What does a provider say of the messages it took?

A receipt file is CSV with a header: `reference` (ours), `state` (`delivered` or `failed`), `time` with its zone or in the
company's, and `reason` where there is one. Every row is taken or is a finding that names its line; a receipt that comes
twice changes nothing. What failed becomes work in the cases of its bills.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from zaikong.application.messaging.told import FAILED, LONGEST_REASON, tell_cases
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import OutboundMessage

COLUMNS: Final = ("reference", "state", "time")
_STATES: Final = ("delivered", "failed")

State = OutboundMessage.State


class UnableToReadReceiptsError(Refusal):
    """A file is no file of receipts."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What a file of receipts did.

    Attributes:
        rows: Rows of the file.
        delivered: Messages now delivered.
        failed: Messages now failed.
        repeated: Receipts known before.
        findings: One a row that was not taken.
    """

    rows: int
    delivered: int
    failed: int
    repeated: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Receipt:
    line: int
    reference: str
    state: str
    at: datetime
    reason: str


@transaction.atomic
def take_receipts(content: bytes, *, now: datetime) -> Receipts:
    """Take in a file of receipts.

    Args:
        content: The file, UTF-8, with or without a byte order mark.
        now: The time; a receipt from the future is refused.

    Raises:
        UnableToReadReceiptsError: Not UTF-8, or a column is missing.
    """
    findings: list[Finding] = []
    tally = dict.fromkeys((*_STATES, "repeated"), 0)
    rows = 0
    for rows, row in enumerate(_rows(content), start=1):  # noqa: B007 -- the count outlives the loop
        receipt = _read(row, now)
        fault = receipt if isinstance(receipt, Finding) else _take(receipt, tally)
        if fault is not None:
            findings.append(fault)
    return Receipts(rows, tally["delivered"], tally["failed"], tally["repeated"], tuple(findings))


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnableToReadReceiptsError(
            "the file is not UTF-8", code="ENCODING_WRONG", remedy="Save it as UTF-8."
        ) from error
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UnableToReadReceiptsError(
            f"columns are missing: {', '.join(missing)}",
            code="COLUMN_MISSING",
            fields={"columns": missing},
            remedy="Write a header with " + ", ".join(COLUMNS) + ".",
        )
    for row in reader:
        yield {"line": str(reader.line_num)} | {key: (value or "").strip() for key, value in row.items() if key}


def _read(row: dict[str, str], now: datetime) -> _Receipt | Finding:
    subject = f"line {row['line']}"
    if row["state"] not in _STATES:
        return Finding("RECEIPT_STATE_UNKNOWN", subject, f"state {row['state']!r}; write delivered or failed")
    try:
        at = datetime.fromisoformat(row["time"])
    except ValueError:
        return Finding("RECEIPT_TIME_UNREADABLE", subject, f"time {row['time']!r}; write 2026-01-31T08:30:00")
    at = at if at.tzinfo else at.replace(tzinfo=TIME_ZONE)
    if at > now:
        return Finding("RECEIPT_FROM_THE_FUTURE", subject, f"time {row['time']} has not come yet")
    return _Receipt(int(row["line"]), row["reference"], row["state"], at, row.get("reason", ""))


def _take(receipt: _Receipt, tally: dict[str, int]) -> Finding | None:
    message = OutboundMessage.objects.select_for_update().filter(provider_ref=receipt.reference).first()
    subject = f"line {receipt.line}"
    if message is None or not receipt.reference:
        return Finding("RECEIPT_WITHOUT_MESSAGE", subject, f"no message has the reference {receipt.reference!r}")
    if message.state == receipt.state:
        tally["repeated"] += 1
        return None
    if message.state not in {State.SENT, State.UNKNOWN}:
        return Finding(
            "RECEIPT_CONTRADICTS", subject, f"message {receipt.reference} is {message.state}, not {receipt.state}"
        )
    if message.sent_at is not None and receipt.at < message.sent_at.replace(microsecond=0):
        return Finding("RECEIPT_TOO_EARLY", subject, f"message {receipt.reference} was sent later than {receipt.at}")
    _settle(message, receipt)
    tally[receipt.state] += 1
    return None


def _settle(message: OutboundMessage, receipt: _Receipt) -> None:
    message.state = receipt.state
    if receipt.state == "delivered":
        message.delivered_at, message.sent_at, message.failure = receipt.at, message.sent_at or receipt.at, ""
        message.save(update_fields=["state", "delivered_at", "sent_at", "failure"])
        return
    message.failed_at = receipt.at
    message.failure = (receipt.reason or "the provider could not deliver it")[:LONGEST_REASON]
    message.save(update_fields=["state", "failed_at", "failure"])
    tell_cases(message, FAILED, message.failure, at=receipt.at)
