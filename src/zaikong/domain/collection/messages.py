"""Who is written to today, by what, about which bills, and who is not?

A customer gets one message a day, however many accounts and bills are behind it. The hardest step due speaks; the other
bills open and not held stand in the same message, so that the sum is the whole of what is asked. What is disputed,
promised, paused, being paid off or on its way is left out. A reminder is withheld where the customer has opted out of the
channel or has been written to often enough; a demand the law asks for is not. Where the customer cannot be reached by
the channel the row says so, and becomes a person's work.
"""

from typing import Final

import narwhals as nw

from zaikong.domain.collection.ladder_table import MESSAGE_CHANNELS

SUBJECT_COLUMNS: Final = (
    "bill",
    "account",
    "ladder_day",
    "step",
    "rank",
    "channel",
    "template",
    "statutory",
    "held_by",
)
"""What is read of `ladder.POSITION_COLUMNS`."""

HOLDER_COLUMNS: Final = ("account", "customer")
REACH_COLUMNS: Final = ("customer", "channel")
"""A customer and a channel: in `reach` one that reaches them, in `opt_outs` one they do not want."""

CONTACT_COLUMNS: Final = ("customer", "day")
"""A message a customer was sent, one row each, whatever its step."""

MESSAGE_COLUMNS: Final = ("customer", "step", "channel", "template", "statutory", "decision", "items")
"""One row a customer with a message step due.

`decision` is `send`, or why not: `OPTED_OUT`, `NOT_REACHED`, `SENT_TODAY`, `WEEK_LIMIT`.
"""

ITEM_COLUMNS: Final = ("customer", "account", "bill", "step")
"""The bills of each message to send; `step` is the bill's own step taken by it, empty for one that only stands in it."""

_WEEK: Final = 7


def messages_today(
    positions: nw.LazyFrame,
    holders: nw.LazyFrame,
    reach: nw.LazyFrame,
    opt_outs: nw.LazyFrame,
    contacts: nw.LazyFrame,
    *,
    as_of_day: int,
    reminders_a_week: int,
) -> tuple[nw.LazyFrame, nw.LazyFrame]:
    """The messages of a day and what stands in them.

    Args:
        positions: `SUBJECT_COLUMNS`.
        holders: `HOLDER_COLUMNS`, the customer of each account.
        reach: `REACH_COLUMNS`, channels that reach a customer, no row twice.
        opt_outs: `REACH_COLUMNS`, channels a customer does not want, no row twice.
        contacts: `CONTACT_COLUMNS` of the last seven days and today.
        as_of_day: The business date [day].
        reminders_a_week: Messages in seven days, today among them, from which a reminder waits.

    Returns:
        `MESSAGE_COLUMNS`, and `ITEM_COLUMNS` of those with decision `send`.
    """
    owned = positions.select(SUBJECT_COLUMNS).join(holders.select(HOLDER_COLUMNS), on="account", how="inner")
    due = owned.filter((nw.col("step") != "") & nw.col("channel").is_in(list(MESSAGE_CHANNELS)))
    leads = _leads(due)
    named = _named(owned).join(leads.select("customer"), on="customer", how="inner")
    counted = named.group_by("customer").agg(items=nw.len()).with_columns(items=nw.col("items").cast(nw.Int64))
    decided = _decided(
        leads.join(counted, on="customer", how="left"),
        reach,
        opt_outs,
        _recent(contacts, as_of_day),
        reminders_a_week,
    )
    sent = decided.filter(nw.col("decision") == "send").select("customer")
    # only a step that goes by message is taken by it
    taken = nw.when(nw.col("channel").is_in(list(MESSAGE_CHANNELS))).then(nw.col("step")).otherwise(nw.lit(""))
    items = named.with_columns(step=taken).join(sent, on="customer", how="inner").select(*ITEM_COLUMNS)
    return decided.select(*MESSAGE_COLUMNS), items


def _leads(due: nw.LazyFrame) -> nw.LazyFrame:
    """The bill that speaks for each customer: the hardest step, of those the one the law asks for, the lowest bill."""
    weight = nw.col("rank") * 2 + nw.col("statutory").cast(nw.Int64)
    weighed = due.with_columns(_weight=weight)
    most = weighed.group_by("customer").agg(_most=nw.col("_weight").max())
    hardest = weighed.join(most, on="customer", how="inner").filter(nw.col("_weight") == nw.col("_most"))
    first = hardest.group_by("customer").agg(bill=nw.col("bill").min())
    return hardest.join(first, on=["customer", "bill"], how="inner").select(
        "customer", "step", "channel", "template", "statutory"
    )


def _named(owned: nw.LazyFrame) -> nw.LazyFrame:
    """Bills a message may name: those with a step today and those past due, none of them held."""
    return owned.filter((nw.col("held_by") == "") & ((nw.col("step") != "") | (nw.col("ladder_day") > 0)))


def _recent(contacts: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    week = contacts.filter((nw.col("day") > as_of_day - _WEEK) & (nw.col("day") <= as_of_day))
    return (
        week.with_columns(_one=nw.lit(1, nw.Int64), _now=(nw.col("day") == as_of_day).cast(nw.Int64))
        .group_by("customer")
        .agg(_week=nw.col("_one").sum(), _today=nw.col("_now").sum())
    )


def _decided(
    leads: nw.LazyFrame,
    reach: nw.LazyFrame,
    opt_outs: nw.LazyFrame,
    recent: nw.LazyFrame,
    reminders_a_week: int,
) -> nw.LazyFrame:
    both = ["customer", "channel"]
    zero, no = nw.lit(0, nw.Int64), nw.lit(False)
    whole = (
        leads.join(reach.select(*both).with_columns(_reached=nw.lit(True)), on=both, how="left")
        .join(opt_outs.select(*both).with_columns(_opted=nw.lit(True)), on=both, how="left")
        .join(recent, on="customer", how="left")
        .with_columns(
            _reached=nw.coalesce(nw.col("_reached"), no),
            _opted=nw.coalesce(nw.col("_opted"), no),
            _week=nw.coalesce(nw.col("_week"), zero),
            _today=nw.coalesce(nw.col("_today"), zero),
        )
    )
    reminder = ~nw.col("statutory")
    decision = (
        nw.when(reminder & nw.col("_opted"))
        .then(nw.lit("OPTED_OUT"))
        .when(~nw.col("_reached"))
        .then(nw.lit("NOT_REACHED"))
        .when(nw.col("_today") > 0)
        .then(nw.lit("SENT_TODAY"))
        .when(reminder & (nw.col("_week") >= reminders_a_week))
        .then(nw.lit("WEEK_LIMIT"))
        .otherwise(nw.lit("send"))
    )
    return whole.with_columns(decision=decision)
