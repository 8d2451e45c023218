"""Whom may a message reach, what was sent, and what stands in the messages of today?"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from zaikong.domain.collection.ladder import DONE_COLUMNS
from zaikong.domain.collection.messages import CONTACT_COLUMNS, HOLDER_COLUMNS, REACH_COLUMNS
from zaikong.store import bulk

_INT = pl.Int64
_EPOCH = "date '1970-01-01'"
_PHONE_CHANNELS = ("sms", "voice")
_REACH = dict(zip(REACH_COLUMNS, (_INT, pl.String), strict=True))


def holders() -> pl.DataFrame:
    """The customer of each open account: `messages.HOLDER_COLUMNS`."""
    return bulk.fetch(
        "SELECT id, customer_id FROM zaikong_account WHERE closed_date IS NULL",
        dict.fromkeys(HOLDER_COLUMNS, _INT),
    )


def reach() -> pl.DataFrame:
    """Channels that reach a customer: `messages.REACH_COLUMNS`; without a telephone none does."""
    channels = ", ".join(f"('{channel}')" for channel in _PHONE_CHANNELS)
    return bulk.fetch(
        f"SELECT c.id, h.channel FROM zaikong_customer c CROSS JOIN (VALUES {channels}) AS h(channel) "
        "WHERE c.phone <> ''",
        _REACH,
    )


def opt_outs(*, as_of: date) -> pl.DataFrame:
    """Channels customers do not want on a day: `messages.REACH_COLUMNS`."""
    return bulk.fetch(
        "SELECT DISTINCT customer_id, channel FROM zaikong_contactoptout "
        f"WHERE from_date <= date '{as_of}' AND (to_date IS NULL OR to_date > date '{as_of}')",
        _REACH,
    )


def contacts(*, as_of: date) -> pl.DataFrame:
    """Messages of the seven days to a day that did not fail: `messages.CONTACT_COLUMNS`."""
    return bulk.fetch(
        f"SELECT customer_id, business_date - {_EPOCH} FROM zaikong_outboundmessage "
        f"WHERE business_date > date '{as_of}' - 7 AND business_date <= date '{as_of}' AND state <> 'failed'",
        dict.fromkeys(CONTACT_COLUMNS, _INT),
    )


def steps_by_message(accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Steps taken by messages on bills still open: `ladder.DONE_COLUMNS`; proven where the message was delivered.

    A message that failed took its step too: a person takes it up, and the ladder goes on from there.

    Args:
        accounts: Only of these; of all where None.
    """
    asked = None if accounts is None else list(accounts)
    return bulk.fetch(
        f"SELECT i.bill_id, i.step, m.business_date - {_EPOCH}, m.state = 'delivered' "
        "FROM zaikong_messageitem i JOIN zaikong_outboundmessage m ON m.id = i.message_id "
        "JOIN zaikong_openitem o ON o.bill_id = i.bill_id AND o.open_fen > 0 WHERE i.step <> '' "
        "AND (%s::bigint[] IS NULL OR o.account_id = ANY(%s::bigint[]))",
        dict(zip(DONE_COLUMNS, (_INT, pl.String, _INT, pl.Boolean), strict=True)),
        [asked, asked],
    )


def addressees(customers: pl.Series) -> pl.DataFrame:
    """What a message needs of its customer: `customer`, `name`, `phone`, `is_person`."""
    bulk.stage(customers.unique().to_frame("customer"), "customer_asked", {"customer": "bigint"})
    return bulk.fetch(
        "SELECT c.id, c.name, c.phone, c.usci = '' FROM zaikong_customer c JOIN customer_asked q ON q.customer = c.id",
        {"customer": _INT, "name": pl.String, "phone": pl.String, "is_person": pl.Boolean},
    )


def account_facts(accounts: pl.Series) -> pl.DataFrame:
    """`account`, `account_no`, and `case`, its open case or null."""
    bulk.stage(accounts.unique().to_frame("account"), "account_asked", {"account": "bigint"})
    return bulk.fetch(
        "SELECT a.id, a.account_no, k.id FROM zaikong_account a JOIN account_asked q ON q.account = a.id "
        "LEFT JOIN zaikong_collectioncase k ON k.account_id = a.id AND k.state <> 'closed'",
        {"account": _INT, "account_no": pl.String, "case": _INT},
    )


def written_today(*, as_of: date) -> pl.DataFrame:
    """Customers who have a message of a day already, failed or not: `customer`."""
    return bulk.fetch(
        f"SELECT DISTINCT customer_id FROM zaikong_outboundmessage WHERE business_date = date '{as_of}'",
        {"customer": _INT},
    )
