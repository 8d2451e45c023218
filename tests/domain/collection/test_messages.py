"""One message a customer and day, with every bill that may stand in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.collection.ladder_table import MESSAGE_CHANNELS
from zaikong.domain.collection.messages import (
    CONTACT_COLUMNS,
    HOLDER_COLUMNS,
    ITEM_COLUMNS,
    MESSAGE_COLUMNS,
    REACH_COLUMNS,
    SUBJECT_COLUMNS,
    messages_today,
)

from .made import TODAY, entry, rows_of, table

HOLDERS = [{"account": 1, "customer": 9}, {"account": 2, "customer": 9}, {"account": 3, "customer": 8}]
REACHED = [{"customer": customer, "channel": channel} for customer in (8, 9) for channel in ("sms", "voice")]


def bill(number, account=1, **facts):
    base = {
        "bill": number,
        "account": account,
        "ladder_day": 1,
        "step": "FIRST_DEMAND",
        "rank": 3,
        "channel": "sms",
        "template": "first_demand",
        "statutory": True,
        "held_by": "",
    }
    return base | facts


def reminder(number, account=1, **facts):
    return bill(
        number, account, step="BILL_NOTICE", rank=1, template="bill_notice", statutory=False, ladder_day=-5, **facts
    )


def quiet(number, account=1, **facts):
    return bill(number, account, step="", rank=0, channel="", template="", statutory=False, **facts)


def run(bills, *, opted=(), contacts=(), reach=REACHED, holders=HOLDERS):
    messages, items = messages_today(
        entry(SUBJECT_COLUMNS, bills),
        entry(HOLDER_COLUMNS, holders),
        entry(REACH_COLUMNS, reach),
        entry(REACH_COLUMNS, list(opted)),
        entry(CONTACT_COLUMNS, list(contacts)),
        as_of_day=TODAY,
        reminders_a_week=3,
    )
    return rows_of(messages, "customer"), rows_of(items, "bill")


def decision(bills, **facts):
    return [row["decision"] for row in run(bills, **facts)[0]]


def test_several_bills_of_several_accounts_are_one_message_by_the_hardest_step():
    voice = bill(3, 2, step="VOICE_CALL", rank=5, channel="voice", template="voice_call")
    messages, items = run([reminder(1), bill(2), voice])
    assert messages == [
        {
            "customer": 9,
            "step": "VOICE_CALL",
            "channel": "voice",
            "template": "voice_call",
            "statutory": True,
            "decision": "send",
            "items": 3,
        }
    ]
    assert items == [
        {"customer": 9, "account": 1, "bill": 1, "step": "BILL_NOTICE"},
        {"customer": 9, "account": 1, "bill": 2, "step": "FIRST_DEMAND"},
        {"customer": 9, "account": 2, "bill": 3, "step": "VOICE_CALL"},
    ]


@pytest.mark.parametrize("hold", ["dispute", "promise", "pause", "instalment", "in_transit"])
def test_what_is_held_is_left_out(hold):
    messages, items = run([bill(1), quiet(2, held_by=hold, ladder_day=40)])
    assert messages[0]["items"] == 1
    assert [item["bill"] for item in items] == [1]


def test_other_bills_past_due_stand_in_it_and_those_not_due_do_not():
    items = run([bill(1), quiet(2, ladder_day=20), quiet(3, ladder_day=0), quiet(4, 3, ladder_day=20)])[1]
    assert [(item["bill"], item["step"]) for item in items] == [(1, "FIRST_DEMAND"), (2, "")]


def test_a_step_a_person_takes_stands_in_the_message_and_is_not_taken_by_it():
    items = run([bill(1), bill(2, step="PHONE_CALL", rank=6, channel="phone", template="")])[1]
    assert [(item["bill"], item["step"]) for item in items] == [(1, "FIRST_DEMAND"), (2, "")]


def test_without_a_message_step_nobody_is_written_to():
    assert run([quiet(1), bill(2, step="VISIT", rank=7, channel="visit", template="")]) == ([], [])


def test_an_opt_out_stops_a_reminder_and_not_a_demand_of_the_law():
    opted = [{"customer": 9, "channel": "sms"}]
    assert decision([reminder(1)], opted=opted) == ["OPTED_OUT"]
    assert decision([bill(1)], opted=opted) == ["send"]
    assert decision([reminder(1)], opted=[{"customer": 9, "channel": "voice"}]) == ["send"]


def test_nobody_is_written_to_twice_a_day():
    today = [{"customer": 9, "day": TODAY}]
    assert decision([reminder(1)], contacts=today) == ["SENT_TODAY"]
    assert decision([bill(1)], contacts=today) == ["SENT_TODAY"]


@pytest.mark.parametrize(("days", "reminded"), [([1, 2], "send"), ([1, 2, 6], "WEEK_LIMIT"), ([1, 2, 7], "send")])
def test_reminders_of_a_week_are_counted_and_demands_go(days, reminded):
    contacts = [{"customer": 9, "day": TODAY - back} for back in days]
    assert decision([reminder(1)], contacts=contacts) == [reminded]
    assert decision([bill(1)], contacts=contacts) == ["send"]


def test_a_customer_no_channel_reaches_is_work_for_a_person():
    messages, items = run([bill(1)], reach=[{"customer": 9, "channel": "voice"}])
    assert ([row["decision"] for row in messages], items) == (["NOT_REACHED"], [])


SUBJECT = st.builds(
    lambda account, kind, held, day: (account, kind, held, day),
    st.integers(1, 3),
    st.sampled_from(["reminder", "demand", "phone", "none"]),
    st.sampled_from(["", "", "dispute", "promise"]),
    st.integers(-5, 9),
)


@given(st.lists(SUBJECT, max_size=7), st.lists(st.integers(8, 9), max_size=4), st.booleans())
def test_no_customer_gets_two_messages_and_no_held_bill_is_named(subjects, written, opts):
    kinds = {
        "reminder": {"step": "BILL_NOTICE", "rank": 1, "statutory": False},
        "demand": {},
        "phone": {"step": "PHONE_CALL", "rank": 6, "channel": "phone", "template": ""},
        "none": {"step": "", "rank": 0, "channel": "", "template": "", "statutory": False},
    }
    bills = [
        bill(n, account, held_by=held, ladder_day=day, **(kinds["none"] if held else kinds[kind]))
        for n, (account, kind, held, day) in enumerate(subjects)
    ]
    contacts = [{"customer": customer, "day": TODAY - n} for n, customer in enumerate(written)]
    opted = [{"customer": 9, "channel": "sms"}] if opts else []
    messages, items = run(bills, contacts=contacts, opted=opted)
    assert len({row["customer"] for row in messages}) == len(messages)
    sent = {row["customer"]: row["items"] for row in messages if row["decision"] == "send"}
    assert {customer: sum(item["customer"] == customer for item in items) for customer in sent} == sent
    assert len(items) == sum(sent.values())
    held = {row["bill"] for row in bills if row["held_by"]}
    assert not held & {item["bill"] for item in items}
    stepped = {b["bill"] for b in bills if b["step"] and b["channel"] in MESSAGE_CHANNELS}
    customer_of = {holder["account"]: holder["customer"] for holder in HOLDERS}
    for row in messages:
        own = [b for b in bills if customer_of[b["account"]] == row["customer"] and b["bill"] in stepped]
        assert max(b["rank"] for b in own) == {"BILL_NOTICE": 1, "FIRST_DEMAND": 3}[row["step"]]
        if row["decision"] == "send":
            assert not (opts and row["customer"] == 9 and not row["statutory"])
            assert all(c["customer"] != row["customer"] or c["day"] != TODAY for c in contacts)


@pytest.mark.spark
def test_spark_writes_the_same_messages(on_both):
    holders = [{"account": n, "customer": n % 17} for n in range(40)]
    makes = [bill, reminder, quiet]
    bills = [makes[n % 3](n, n % 40, held_by="dispute" if n % 13 == 0 else "") for n in range(100)]
    reach = [{"customer": n, "channel": "sms"} for n in range(14)]
    opted = [{"customer": n, "channel": "sms"} for n in range(5)]
    contacts = [{"customer": n % 17, "day": TODAY - n % 5} for n in range(30)]
    tables = [
        table(SUBJECT_COLUMNS, bills),
        table(HOLDER_COLUMNS, holders),
        table(REACH_COLUMNS, reach),
        table(REACH_COLUMNS, opted),
        table(CONTACT_COLUMNS, contacts),
    ]
    for place, columns in enumerate((MESSAGE_COLUMNS, ITEM_COLUMNS)):

        def rule(*frames, place=place):
            return messages_today(*frames, as_of_day=TODAY, reminders_a_week=3)[place]

        rows = on_both(rule, *tables)
        assert set(rows[0]) == set(columns)
