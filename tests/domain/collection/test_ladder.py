"""Which step each debt takes today, against one debt at a time in plain words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.collection.ladder import (
    DEBT_COLUMNS,
    DONE_COLUMNS,
    HOLD_COLUMNS,
    POSITION_COLUMNS,
    TRANSIT_COLUMNS,
    positions,
)
from zaikong.domain.collection.ladder_table import ALWAYS_HELD, HOLDS, STEPS, ladders_on

from .made import TODAY, entry, rows_of, table

LADDERS = ladders_on(as_of=date(2026, 10, 1))
BEFORE = TODAY - 1


def debt(**facts):
    day = facts.pop("day", 1)
    base = {
        "bill": 1,
        "account": 1,
        "ladder": "standard",
        "due_day": TODAY - day,
        "open_fen": 20_000,
        "disputed": False,
        "resumed_day": 0,
    }
    return base | facts


def done(*steps, proven=True, bill=1, day=BEFORE):
    return [{"bill": bill, "step": step, "day": day, "proven": proven} for step in steps]


def held(*holds, until=TODAY + 1, bill=1):
    return [{"bill": bill, "hold": hold, "until_day": until} for hold in holds]


def placed(debts, steps=(), holds=(), transit=(), *, as_of_day=TODAY):
    frame = positions(
        entry(DEBT_COLUMNS, debts),
        entry(DONE_COLUMNS, list(steps)),
        entry(HOLD_COLUMNS, list(holds)),
        entry(TRANSIT_COLUMNS, list(transit)),
        as_of_day=as_of_day,
        ladders=LADDERS,
    )
    return rows_of(frame, "bill")


def one(debts=None, steps=(), holds=(), transit=(), **facts):
    return placed([debt(**facts)] if debts is None else debts, steps, holds, transit)[0]


@pytest.mark.parametrize(
    ("day", "step"),
    [
        (-6, ""),
        (-5, "BILL_NOTICE"),
        (-2, "BILL_NOTICE"),
        (-1, "DUE_REMINDER"),
        (0, "DUE_REMINDER"),
        (1, "FIRST_DEMAND"),
        (4, "FIRST_DEMAND"),
        (5, "VOICE_CALL"),
        (10, "PHONE_CALL"),
        (15, "DEMAND_NOTICE"),
        (30, "DEMAND_NOTICE"),
        (31, "DEMAND_NOTICE"),
    ],
)
def test_the_day_past_due_gives_the_step(day, step):
    row = one(day=day)
    assert (row["step"], row["ladder_day"], row["held_by"]) == (step, day, "")


def test_a_step_is_taken_once_and_a_milder_one_never_afterwards():
    assert one(day=5, steps=done("VOICE_CALL"))["step"] == ""
    assert one(day=5, steps=done("PHONE_CALL"))["step"] == ""
    assert one(day=10, steps=done("VOICE_CALL", "PHONE_CALL"))["last_step"] == "PHONE_CALL"


def test_after_a_pause_only_the_latest_step_is_taken():
    paused = one(day=12, holds=held("pause"))
    assert (paused["step"], paused["held_by"], paused["waiting_step"]) == ("", "pause", "PHONE_CALL")
    ended = one(day=12, holds=held("pause", until=TODAY))
    assert (ended["step"], ended["held_by"]) == ("PHONE_CALL", "")


def test_a_stop_notice_waits_for_a_proven_demand_seven_days_old():
    def stop(*steps):
        row = one(day=40, steps=list(steps))
        return row["step"], row["waiting_step"], row["waiting_for"]

    assert stop() == ("DEMAND_NOTICE", "STOP_NOTICE", "proof")
    assert stop(*done("DEMAND_NOTICE", proven=False)) == ("", "STOP_NOTICE", "proof")
    assert stop(*done("DEMAND_NOTICE", day=TODAY - 6)) == ("FIELD_ORDER", "STOP_NOTICE", "proof")
    assert stop(*done("DEMAND_NOTICE", day=TODAY - 7)) == ("STOP_NOTICE", "", "")
    assert one(day=30, steps=done("DEMAND_NOTICE", day=TODAY - 7))["step"] == "FIELD_ORDER"


def test_a_broken_agreement_begins_the_ladder_anew():
    old = done("DEMAND_NOTICE", "FIELD_ORDER", "STOP_NOTICE", day=TODAY - 30)
    assert one(day=90, steps=old)["step"] == ""
    again = one(day=90, steps=old, resumed_day=TODAY - 10)
    assert (again["step"], again["last_step"]) == ("DEMAND_NOTICE", "")
    served = old + done("DEMAND_NOTICE", day=TODAY - 8)
    assert one(day=90, steps=served, resumed_day=TODAY - 10)["step"] == "STOP_NOTICE"


@pytest.mark.parametrize("hold", ["bankruptcy", "dispute", "pause", "promise", "instalment"])
def test_what_holds_a_debt_back_is_named(hold):
    row = one(day=10, holds=held(hold))
    # of what is disputed nothing is owed, so no step waits
    waiting = "" if hold == "dispute" else hold
    assert (row["step"], row["held_by"], row["waiting_for"]) == ("", hold, waiting)
    assert one(day=10, holds=held(hold, until=TODAY))["step"] == "PHONE_CALL"


def test_hardship_leaves_the_demands_and_holds_the_rest():
    row = one(day=10, holds=held("hardship"))
    assert (row["step"], row["held_by"]) == ("FIRST_DEMAND", "")
    after = one(day=10, steps=done("FIRST_DEMAND"), holds=held("hardship"))
    assert (after["step"], after["waiting_step"], after["waiting_for"]) == ("", "PHONE_CALL", "hardship")


def test_a_protected_account_is_asked_to_pay_but_gets_no_stop_notice():
    row = one(day=40, steps=done("DEMAND_NOTICE", "FIELD_ORDER", day=TODAY - 9), holds=held("protection"))
    assert (row["step"], row["waiting_step"], row["waiting_for"], row["held_by"]) == (
        "",
        "STOP_NOTICE",
        "protection",
        "",
    )
    assert one(day=10, holds=held("protection"))["step"] == "PHONE_CALL"


def test_a_disputed_bill_is_left_out_and_the_others_go_on():
    rows = placed([debt(bill=1, disputed=True, day=40), debt(bill=2, day=1)])
    assert [(row["step"], row["held_by"], row["owed_fen"]) for row in rows] == [
        ("", "dispute", 20_000),
        ("FIRST_DEMAND", "", 20_000),
    ]


@pytest.mark.parametrize(
    ("money", "first", "second"), [(19_999, "", ""), (20_000, "in_transit", ""), (40_000, "in_transit", "in_transit")]
)
def test_money_on_its_way_covers_the_oldest_debt_first(money, first, second):
    rows = placed([debt(bill=1, day=9), debt(bill=2, day=2)], transit=[{"account": 1, "in_transit_fen": money}])
    assert [row["held_by"] for row in rows] == [first, second]
    assert {row["owed_fen"] for row in rows} == {40_000 - money}


def test_what_an_account_owes_in_all_decides_the_least_amount():
    assert one(day=10, open_fen=4_999)["step"] == "VOICE_CALL"
    two = placed([debt(bill=1, day=10, open_fen=4_999), debt(bill=2, day=-20, open_fen=1)])
    assert [row["step"] for row in two] == ["PHONE_CALL", ""]


def test_a_debt_without_a_ladder_takes_no_step():
    assert one(day=10, ladder="")["step"] == one(day=10, ladder="steep")["step"] == ""


def test_a_bill_that_is_paid_is_gone():
    assert placed([debt(open_fen=0)]) == []


def test_a_ladder_says_how_the_step_goes():
    row = one(day=1)
    assert (row["channel"], row["template"], row["statutory"], row["rank"]) == ("sms", "first_demand", True, 3)
    other = one(day=10)
    assert (other["channel"], other["template"], other["rank"]) == ("phone", "", STEPS.index("PHONE_CALL") + 1)
    assert one(day=-3)["statutory"] is False


def told(debts, steps, holds, transit, today):
    """Each debt by itself, in the words of the brief."""
    answer = {}
    for bill in debts:
        if bill["open_fen"] <= 0:
            continue
        mine = sorted(
            (x for x in debts if x["account"] == bill["account"] and x["open_fen"] > 0),
            key=lambda x: (x["disputed"], x["due_day"], x["bill"]),
        )
        money = sum(x["in_transit_fen"] for x in transit if x["account"] == bill["account"])
        left = {}
        for x in mine:
            used = min(money, x["open_fen"])
            money, left[x["bill"]] = money - used, x["open_fen"] - used

        def holds_of(x, left=left):
            live = {h["hold"] for h in holds if h["bill"] == x["bill"] and h["until_day"] > today}
            return live | ({"dispute"} if x["disputed"] else set()) | (set() if left[x["bill"]] else {"in_transit"})

        owed = sum(left[x["bill"]] for x in mine if "dispute" not in holds_of(x))
        now = holds_of(bill)
        past = [s for s in steps if s["bill"] == bill["bill"] and s["day"] >= bill["resumed_day"]]
        hardest = max((STEPS.index(s["step"]) for s in past), default=-1)
        day = today - bill["due_day"]
        step = ""
        for rung in LADDERS[bill["ladder"]].steps:
            proofs = [s["day"] for s in past if s["step"] == rung.after and s["proven"]]
            if (
                day >= rung.day
                and (rung.day > 0 or day <= 0)
                and owed >= rung.minimum_fen
                and STEPS.index(rung.step) > hardest
                and not now & set(rung.held_by)
                and (rung.after is None or (proofs and max(proofs) + rung.after_days <= today))
            ):
                step = rung.step
        answer[bill["bill"]] = (step, owed, next((h for h in ALWAYS_HELD if h in now), ""))
    return answer


BILL = st.fixed_dictionaries(
    {
        "account": st.integers(1, 2),
        "ladder": st.sampled_from(sorted(LADDERS)),
        "due_day": st.integers(TODAY - 60, TODAY + 6),
        "open_fen": st.sampled_from([0, 99, 500, 4_999, 10_000, 50_000]),
        "disputed": st.booleans(),
        "resumed_day": st.sampled_from([0, TODAY - 20]),
    }
)
DONE = st.fixed_dictionaries(
    {
        "bill": st.integers(1, 3),
        "step": st.sampled_from(STEPS),
        "day": st.integers(TODAY - 40, TODAY),
        "proven": st.booleans(),
    }
)
HOLD = st.fixed_dictionaries(
    {
        "bill": st.integers(1, 3),
        "hold": st.sampled_from([hold for hold in HOLDS if hold != "in_transit"]),
        "until_day": st.integers(TODAY - 1, TODAY + 2),
    }
)
TRANSIT = st.dictionaries(st.integers(1, 2), st.sampled_from([1, 500, 10_500]), max_size=2)


@given(st.lists(BILL, min_size=1, max_size=3), st.lists(DONE, max_size=5), st.lists(HOLD, max_size=2), TRANSIT)
def test_columns_say_what_one_debt_at_a_time_says(bills, steps, holds, transit):
    debts = [{"bill": n} | bill for n, bill in enumerate(bills, start=1)]
    steps = list({(s["bill"], s["step"], s["day"]): s for s in steps}.values())
    money = [{"account": account, "in_transit_fen": fen} for account, fen in transit.items()]
    got = {row["bill"]: (row["step"], row["owed_fen"], row["held_by"]) for row in placed(debts, steps, holds, money)}
    assert got == told(debts, steps, holds, money, TODAY)


@pytest.mark.spark
def test_spark_gives_the_same_positions(on_both):
    names = sorted(LADDERS)
    debts = [
        debt(
            bill=n,
            account=n % 25,
            ladder=names[n % len(names)],
            day=n % 70 - 8,
            open_fen=n * 977 % 60_000,
            disputed=n % 11 == 0,
            resumed_day=(TODAY - 15) * (n % 7 == 0),
        )
        for n in range(1, 121)
    ]
    steps = [
        {"bill": n % 120, "step": STEPS[n * 7 % len(STEPS)], "day": TODAY - n % 40, "proven": n % 3 > 0}
        for n in range(200)
    ]
    holds = [{"bill": n * 5, "hold": HOLDS[n % 3], "until_day": TODAY + n % 4 - 1} for n in range(1, 20)]
    money = [{"account": n, "in_transit_fen": n * 3_000} for n in range(1, 9)]

    def rule(a, b, c, d):
        return positions(a, b, c, d, as_of_day=TODAY, ladders=LADDERS)

    rows = on_both(
        rule,
        table(DEBT_COLUMNS, debts),
        table(DONE_COLUMNS, steps),
        table(HOLD_COLUMNS, holds),
        table(TRANSIT_COLUMNS, money),
    )
    assert set(rows[0]) == set(POSITION_COLUMNS)
    assert len({row["step"] for row in rows}) > 5
