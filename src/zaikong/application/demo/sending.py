"""Which of the sample county's messages leave on a day, and what does the provider say of them?

They go to a file in the folder of the sample county, whatever the settings name as a provider.
"""

import csv
import io
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final

import polars as pl
from django.db.models import Min

from zaikong.application.demo.lived import DayLived, counter_of, moment
from zaikong.application.messaging.receipts import take_receipts
from zaikong.application.messaging.sending import send_waiting
from zaikong.application.messaging.targets import targets_of
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.sim import collection_life as chance
from zaikong.store.models import BalanceMessage, MessageItem, OutboundMessage
from zaikong.store.server import var_folder

MESSAGES_A_DAY: Final = 20
"""Demands sent a day; reminders the law does not ask for wait, so that a night stays short."""


def send_demands(seed: int, day: date, lived: DayLived) -> None:
    """Hand waiting demands over, and take in the receipts of all that were handed over today.

    Args:
        seed: The county's seed.
        day: The business date.
        lived: Where it is counted.
    """
    begun = moment(day, 9 * 60)
    waiting = OutboundMessage.objects.filter(state="queued", statutory=True, not_before_at__lte=begun).count()
    today = OutboundMessage.objects.filter(sent_at__gte=begun, sent_at__lt=begun + timedelta(hours=12))
    most = min(waiting, MESSAGES_A_DAY - today.count())
    if most > 0:
        seconds = count()
        targets = targets_of({}, outbox=var_folder() / "demo" / "outbox")
        sent = send_waiting(targets=targets, clock=lambda: begun + timedelta(seconds=next(seconds)), most=most)
        lived.done["message"] += sent.sent
    rows = list(today.filter(state="sent").order_by("pk").values("pk", "provider_ref", "sent_at"))
    if rows:
        taken = take_receipts(_receipts(seed, day, rows), now=begun + timedelta(hours=2))
        lived.done["delivered"] += taken.delivered
        lived.done["undelivered"] += taken.failed
        lived.refused.update(finding.code for finding in taken.findings)


def _receipts(seed: int, day: date, rows: list[dict[str, Any]]) -> bytes:
    """The provider's file about some messages."""
    items = MessageItem.objects.filter(message__in=[row["pk"] for row in rows]).values("message_id")
    named = dict(items.annotate(no=Min("account__account_no")).values_list("message_id", "no"))
    warned = BalanceMessage.objects.filter(message__in=[row["pk"] for row in rows])
    named |= dict(warned.values_list("message_id").annotate(no=Min("account__account_no")))
    asked = pl.DataFrame(
        [
            (counter_of(named[row["pk"]]), day_number(day), row["provider_ref"], row["sent_at"].isoformat())
            for row in rows
            if row["pk"] in named
        ],
        schema={"account": pl.Int64, "day": pl.Int64, "reference": pl.String, "sent": pl.String},
        orient="row",
    )
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("reference", "state", "time", "reason"))
    for row in chance.receipts(seed, asked).iter_rows(named=True):
        at = datetime.fromisoformat(row["sent"]) + timedelta(seconds=row["after_seconds"])
        writer.writerow((row["reference"], row["state"], at.astimezone(TIME_ZONE).isoformat(), row["reason"]))
    return file.getvalue().encode()
