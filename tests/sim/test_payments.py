"""Money comes as habits say, goes wrong at small rates, and a bill's plan hangs on the bill alone."""

from datetime import date

import polars as pl
import pytest

from zaikong.kernel.period import date_of_day, day_number
from zaikong.sim.ageing import sketched_bills
from zaikong.sim.county import County
from zaikong.sim.habits import ANCHORS, CHANNELS, all_habits
from zaikong.sim.payments import NEWS, PLAN_COLUMNS, payments_of, plan_payments, plan_topups

ISSUED, DUE = day_number(date(2025, 7, 31)), day_number(date(2025, 8, 20))


KINDS = {
    *("normal", "overpayment", "designated", "unknown_account", "duplicate", "in_transit"),
    *("cleared", "bounced", "reversed"),
}
DAY_BEFORE_NEW_YEAR = day_number(date(2025, 12, 31))
NO_COLLAPSE = pl.DataFrame(schema={"account_no": pl.String, "collapse_day": pl.Int64, "recovery_day": pl.Int64})


def bills(count=400, *, month=202507, issued=ISSUED, due=DUE, fen=12_345):
    return pl.DataFrame(
        {
            "account_no": [f"4102{n:06d}" for n in range(count)],
            "month": [month] * count,
            "issued_day": [issued] * count,
            "due_day": [due] * count,
            "amount_fen": [fen] * count,
        }
    )


def habits(number, count=400, *, segment="home", mode="post_paid", later=None, drifts_after=None):
    return pl.DataFrame(
        {
            "account": [2_000_000 + n for n in range(count)],
            "account_no": [f"4102{n:06d}" for n in range(count)],
            "segment": [segment] * count,
            "habit": [number] * count,
            "later_habit": [number if later is None else later] * count,
            "drifts_after": pl.Series([drifts_after] * count, dtype=pl.Int64),
            "payment_mode": [mode] * count,
            "topup_fen": [10_000] * count,
            "topup_late_days": [0] * count,
        }
    )


def number_of(archetype, **wanted):
    return next(
        n
        for n, habit in enumerate(all_habits())
        if habit.archetype == archetype and all(getattr(habit, name) == value for name, value in wanted.items())
    )


def sound(plan):
    """Money of accounts that nothing went wrong with."""
    troubled = plan.filter(pl.col("kind").is_in(["bounced", "reversed", "unknown_account", "overpayment"]))
    accounts = troubled.select(pl.concat_str(pl.lit("410"), pl.col("account_no").str.slice(3)).alias("account_no"))
    good = plan.join(accounts, on="account_no", how="anti").filter(~pl.col("account_no").str.starts_with("419"))
    return good.filter(~pl.col("kind").is_in([*NEWS, "duplicate"]))


def planned(number, **options):
    return plan_payments(bills(**options), habits(number), NO_COLLAPSE, seed=1)


def test_a_plan_has_its_columns_and_order(plan):
    assert tuple(plan.columns) == PLAN_COLUMNS
    assert plan.select("paid_day", "minute", "channel_ref", "kind").equals(
        plan.select("paid_day", "minute", "channel_ref", "kind").sort("paid_day", "minute", "channel_ref", "kind")
    )
    assert set(plan["channel"]) == set(CHANNELS)
    assert set(plan["kind"]) == KINDS


def test_the_same_seed_plans_the_same_and_another_another(county: County, plan):
    of_county = sketched_bills(county)
    assert plan.equals(plan_payments(of_county, county.habits, county.collapse_days, seed=county.seed))
    assert not plan.equals(plan_payments(of_county, county.habits, county.collapse_days, seed=county.seed + 1))


def test_a_bill_is_paid_alike_alone_and_among_others(county: County, plan):
    part = sketched_bills(county).filter((pl.col("month") == 202503) & pl.col("account_no").str.ends_with("7"))
    alone = plan_payments(part, county.habits, county.collapse_days, seed=county.seed)
    kept = alone.select("channel_ref").unique()
    among = plan.join(kept, on="channel_ref", how="semi", maintain_order="left")
    assert alone.height > 300
    assert alone.equals(among)


def test_no_two_receipts_share_a_reference_but_those_delivered_twice(plan):
    money = plan.filter(~pl.col("kind").is_in([*NEWS, "duplicate"]))
    assert money.select("channel", "channel_ref").is_unique().all()
    again = plan.filter(kind="duplicate")
    first = money.join(again.select("channel", "channel_ref"), on=["channel", "channel_ref"], how="semi")
    same = ["account_no", "amount_fen", "channel", "channel_ref", "at_day", "minute"]
    assert again.select(same).sort(same).equals(first.select(same).sort(same))
    assert set(again.select(pl.col("paid_day") - pl.col("at_day")).to_series()) == {0, 1}


def test_news_names_money_that_came_before(plan):
    money = plan.filter(~pl.col("kind").is_in([*NEWS, "duplicate"]))
    news = plan.filter(pl.col("kind").is_in(NEWS)).join(money, on=["channel", "channel_ref"], how="left")
    assert news["kind_right"].null_count() == 0
    came = pl.col("paid_day") * 1_440 + pl.col("minute")
    first = pl.col("paid_day_right") * 1_440 + pl.col("minute_right")
    assert news.filter(came < first).height == 0
    assert (news["amount_fen"] == news["amount_fen_right"]).all()
    assert set(news.filter(kind="cleared")["kind_right"]) == {"in_transit"}
    assert set(news.filter(kind="bounced")["channel"]) == {"bank_debit"}


def test_money_in_transit_clears_a_day_or_two_later(plan):
    moves = plan.filter(kind="in_transit").join(plan.filter(kind="cleared"), on=["channel", "channel_ref"])
    assert moves.height == plan.filter(kind="in_transit").height
    assert set(moves.select(pl.col("paid_day_right") - pl.col("paid_day")).to_series()) == {1, 2}


def test_nothing_is_paid_before_it_is_issued(county: County, plan):
    issued = sketched_bills(county).select("account_no", "month", "issued_day")
    assert plan.join(issued, on=["account_no", "month"]).filter(pl.col("paid_day") < pl.col("issued_day")).height == 0


@pytest.mark.parametrize("kind", ["duplicate", "overpayment", "designated", "bounced", "reversed", "unknown_account"])
def test_faults_are_rare(plan, kind):
    share = plan.filter(kind=kind).height / plan.height
    assert 0.0003 < share < 0.01


def test_who_pays_on_issue_pays_within_days():
    paid = sound(planned(number_of("on_issue", lag_low=3)))
    assert set(paid["paid_day"]) == {ISSUED + 3, ISSUED + 4, ISSUED + 5}
    assert set(paid["amount_fen"]) == {12_345}


def test_an_automatic_debit_comes_on_its_day_before_the_due_date():
    assert set(sound(planned(number_of("auto_debit", lag_low=-2)))["paid_day"]) == {DUE - 2}


def test_who_is_late_is_late_by_so_many_days():
    paid = sound(planned(number_of("late", lag_low=7)))
    assert (paid["paid_day"].min(), paid["paid_day"].max()) == (DUE + 7, DUE + 14)


def test_wages_are_waited_for():
    paid = sound(planned(number_of("pay_day", pay_day=10)))
    assert {date_of_day(day).day for day in paid["paid_day"]} == {10, 11, 12}


def test_two_bills_are_paid_at_once():
    habit = number_of("two_at_once", lag_low=-1)
    odd, even = sound(planned(habit)), sound(planned(habit, month=202508, issued=ISSUED + 31, due=DUE + 31))
    assert (odd["paid_day"].min(), odd["paid_day"].max()) == (DUE + 30, DUE + 34)
    assert (even["paid_day"].min(), even["paid_day"].max()) == (DUE + 30, DUE + 34)


def test_every_other_bill_is_late():
    habit = number_of("alternating", odd_lag=33)
    assert sound(planned(habit))["paid_day"].min() == DUE - 4 + 33
    assert sound(planned(habit, month=202508))["paid_day"].max() == DUE


def test_a_part_is_paid_first_and_the_rest_follows():
    paid = sound(planned(number_of("partial", first_permille=300, rest_days=20)))
    parts = paid.group_by("account_no").agg(pl.col("amount_fen").sort_by("paid_day"), pl.col("paid_day").sort())
    whole = parts.filter(pl.col("paid_day").list.len() == 2)
    assert whole.height > 350
    # each part brings the late fee of its own days
    for principal, place in ((3_703, 0), (12_345 - 3_703, 1)):
        late = (whole["paid_day"].list.get(place) - DUE).clip(0)
        assert whole["amount_fen"].list.get(place).to_list() == [
            principal + -(-principal * days // 1000) for days in late
        ]
    assert set(whole.select(pl.col("paid_day").list.last() - pl.col("paid_day").list.first()).to_series()) == {20}


def test_farmers_pay_after_the_harvest():
    habit = number_of("after_harvest", lag_low=0)
    summer = sound(planned(habit))
    assert (date_of_day(summer["paid_day"].min()), date_of_day(summer["paid_day"].max())) == (
        date(2025, 10, 12),
        date(2025, 10, 24),
    )
    winter = sound(planned(habit, issued=day_number(date(2025, 10, 31)), due=day_number(date(2025, 11, 20))))
    assert date_of_day(winter["paid_day"].min()) == date(2026, 6, 18)


def test_who_never_pays_never_pays():
    assert planned(number_of("never")).height == 0


def test_a_habit_changes_from_its_day_on():
    never, prompt = number_of("never"), number_of("on_issue", lag_low=0)
    before = plan_payments(bills(), habits(prompt, later=never, drifts_after=ISSUED + 1), NO_COLLAPSE, seed=1)
    after = plan_payments(bills(), habits(prompt, later=never, drifts_after=ISSUED), NO_COLLAPSE, seed=1)
    assert (before.height > 390, after.height) == (True, 0)


def test_bills_of_nothing_and_of_prepaid_accounts_are_left_alone():
    prompt = number_of("on_issue", lag_low=0)
    assert plan_payments(bills(fen=0), habits(prompt), NO_COLLAPSE, seed=1).height == 0
    assert plan_payments(bills(), habits(prompt, mode="prepaid"), NO_COLLAPSE, seed=1).height == 0


def test_several_bills_of_a_month_are_paid_each_for_itself():
    three = pl.concat([bills(50).with_columns(sequence=pl.lit(place)) for place in (1, 2, 3)])
    paid = plan_payments(three, habits(number_of("on_issue", lag_low=0)), NO_COLLAPSE, seed=1)
    assert sound(paid).select("account_no", "sequence").is_unique().all()
    assert set(paid["sequence"]) == {1, 2, 3}


def test_what_was_taken_back_is_paid_again():
    plan = planned(number_of("auto_debit", lag_low=0))
    plan = pl.concat(
        [plan, plan_payments(bills(3_000), habits(number_of("auto_debit", lag_low=0), 3_000), NO_COLLAPSE, seed=2)]
    )
    bounced = plan.filter(kind="bounced").select("account_no", came=pl.col("paid_day"))
    again = plan.filter((pl.col("channel") == "counter_cash") & (pl.col("kind") == "normal")).join(
        bounced, on="account_no"
    )
    assert bounced.height > 20
    assert again["account_no"].n_unique() == bounced["account_no"].n_unique()


def test_some_firms_stop_paying_weeks_after_their_use_collapsed():
    prompt = number_of("on_issue", lag_low=0)
    collapsed = bills().select("account_no", collapse_day=pl.lit(ISSUED - 60), recovery_day=pl.lit(ISSUED + 20))
    usual = plan_payments(bills(), habits(prompt, segment="firm"), NO_COLLAPSE, seed=1)
    troubled = plan_payments(bills(), habits(prompt, segment="firm"), collapsed, seed=1)
    first = troubled.filter(kind="normal").group_by("account_no").agg(pl.col("paid_day").min())
    held = first.filter(pl.col("paid_day") > ISSUED + 20)
    assert usual.filter(pl.col("paid_day") > ISSUED + 20).height == 0
    # They pay up ten days or more after use has recovered.
    assert 0.08 < held.height / 400 < 0.2
    assert held["paid_day"].min() >= ISSUED + 30


def test_a_small_firm_may_never_pay_again():
    prompt = number_of("on_issue", lag_low=0)
    collapsed = bills(4_000).select(
        "account_no", collapse_day=pl.lit(ISSUED - 60), recovery_day=pl.lit(None, dtype=pl.Int64)
    )
    small = plan_payments(bills(4_000), habits(prompt, 4_000, segment="small_firm"), collapsed, seed=1)
    larger = plan_payments(bills(4_000), habits(prompt, 4_000, segment="firm"), collapsed, seed=1)
    assert larger["month"].count() > small["month"].count()
    paid = small.filter(pl.col("account_no").str.starts_with("410"))["account_no"].n_unique()
    assert 3_700 < paid < 3_950


def charges(days=120, fen=500, count=40):
    return pl.DataFrame(
        {
            "account_no": [f"4102{n:06d}" for n in range(count) for _ in range(days)],
            "day": [ISSUED + step for _ in range(count) for step in range(days)],
            "charge_fen": [fen] * (count * days),
        }
    )


def test_top_ups_keep_ahead_of_use():
    prepaid = habits(0, 40, mode="prepaid")
    plan = plan_topups(charges(), prepaid, seed=1)
    money = plan.filter(kind="topup")
    assert set(money["amount_fen"]) == {10_000}
    one = money.filter(account_no="4102000000").sort("paid_day")
    # 500 fen a day eat 10,000 in twenty days; it is filled up when a fifth is left.
    assert one["paid_day"].to_list() == [
        ISSUED,
        ISSUED + 15,
        ISSUED + 35,
        ISSUED + 55,
        ISSUED + 75,
        ISSUED + 95,
        ISSUED + 115,
    ]


def test_top_ups_do_not_change_when_more_days_are_known():
    prepaid = habits(0, 40, mode="prepaid").with_columns(topup_late_days=pl.lit(4))
    short, longer = plan_topups(charges(60), prepaid, seed=1), plan_topups(charges(120), prepaid, seed=1)
    until = ISSUED + 59
    assert short.filter(pl.col("paid_day") <= until).equals(longer.filter(pl.col("paid_day") <= until))


def test_post_paid_accounts_are_not_topped_up():
    assert plan_topups(charges(), habits(0, 40), seed=1).height == 0


def test_a_large_use_fills_up_several_times_at_once():
    plan = plan_topups(charges(3, 25_000, 1), habits(0, 1, mode="prepaid"), seed=1)
    assert plan.filter(kind="topup")["amount_fen"].to_list() == [30_000, 30_000, 20_000]


def test_the_file_of_a_day_has_the_import_columns(plan):
    day = date(2025, 8, 20)
    rows = payments_of(plan, day)
    assert rows.columns == ["account_no", "paid_at", "amount_yuan", "channel", "channel_ref", "bill_period", "kind"]
    assert rows.height == plan.filter(pl.col("paid_day") == day_number(day)).height > 0
    assert set(rows["kind"]) <= {"payment", "topup", "in_transit", "cleared", "bounce", "reversal"}
    assert rows["amount_yuan"].str.contains(r"^\d+\.\d{2}$").all()
    assert rows["paid_at"].dt.date().max() == day


def test_a_designated_month_is_written_as_a_period(plan):
    marked = plan.filter(kind="designated").row(0, named=True)
    rows = payments_of(plan, date_of_day(marked["paid_day"])).filter(channel_ref=marked["channel_ref"])
    assert rows["bill_period"].to_list() == [f"{marked['month'] // 100}-{marked['month'] % 100:02d}"]


def test_a_receipt_of_the_next_days_file_keeps_its_time(plan):
    late = plan.filter((pl.col("kind") == "duplicate") & (pl.col("at_day") < pl.col("paid_day"))).row(0, named=True)
    rows = payments_of(plan, date_of_day(late["paid_day"])).filter(channel_ref=late["channel_ref"])
    assert rows["paid_at"].dt.date().to_list() == [date_of_day(late["at_day"])]


def test_anchors_are_known():
    assert {habit.anchor for habit in all_habits()} == set(ANCHORS)


@pytest.mark.parametrize(
    ("segment", "due", "days", "fee"),
    [
        ("home", DUE, 10, 124),
        ("firm", DUE, 10, 247),
        ("home", DUE, 0, 0),
        ("firm", DAY_BEFORE_NEW_YEAR, 3, 12_345 * 9 // 1000 + 1),
    ],
)
def test_a_late_payment_brings_its_late_fee_rounded_up(segment, due, days, fee):
    from zaikong.sim.payments import _late_fee

    row = pl.DataFrame({"due_day": [due], "paid_day": [due + days], "segment": [segment], "amount_fen": [12_345]})
    assert row.select(_late_fee()).item() == fee
