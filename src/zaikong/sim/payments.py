"""When does which money come for a bill, and what goes wrong with it on the way?

A plan is a pure function of the seed and the bill: the same bill is paid the same way whatever other bills stand beside
it, so a night may plan its new bills alone. Rows are of two sorts: money handed in, and later news of it (bounced,
reversed, cleared) that names the same channel reference.

    normal            the amount of the bill, or a part of it, with its late fee
    overpayment       rounded up to a round sum
    designated        names the month it pays
    unknown_account   the account number is mistyped
    duplicate         the same receipt delivered again, same reference
    in_transit        accepted, cleared a day or two later
    topup             prepaid money
    topup_again       the same top-up delivered again, same reference
    cleared           news: money in transit has arrived
    bounced           news: the bank took a debit back
    reversed          news: the counter took a receipt back
"""

from datetime import date
from types import MappingProxyType

import polars as pl

from zaikong.domain.law.late_fee import RatePeriod, late_fee_rates
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.habits import CASH, CHANNELS, DEBIT, TRANSFER, habit_table

PLAN_COLUMNS = (
    "account_no",
    "month",
    "sequence",
    "paid_day",
    "minute",
    "amount_fen",
    "channel",
    "channel_ref",
    "kind",
    "bill_month",
    "at_day",
)
"""Columns of a plan: `paid_day` is the day whose file holds the row, `at_day` and `minute` when the money was handed in
(a receipt delivered again a day later keeps its time), `sequence` tells the bills of a month apart, `bill_month` is null
unless the payer designates a bill."""

NEWS = ("cleared", "bounced", "reversed")
"""Kinds that carry no money of their own."""

_FILE_KINDS = MappingProxyType(
    {
        "in_transit": "in_transit",
        "topup": "topup",
        "topup_again": "topup",
        "cleared": "cleared",
        "bounced": "bounce",
        "reversed": "reversal",
    }
)
"""What the payment file calls a kind; all others are a plain `payment`."""

_PREFIXES = ("GC", "GK", "YD", "WX", "ZF", "WS", "DZ")
_IN_TEN_THOUSAND = {
    "duplicate": 45,
    "unknown_account": 25,
    "bounced": 160,
    "reversed": 35,
    "overpayment": 160,
    "designated": 70,
}
"""How often each fault strikes a payment it can strike."""

_UNKNOWN_CORRECTED = 7_000
_ROUND_FEN = 10_000
_STOPS_PAYING = 1_600
_GIVES_UP = 3_000
_FIRST_STOP_DAY, _STOP_DAYS = 14, 43
_HOME_SEGMENT = "home"
_MILLION = 1_000_000
_HARVESTS = ((6, 18), (10, 12))


def plan_payments(bills: pl.DataFrame, habits: pl.DataFrame, collapse_days: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Plan the money that comes for issued bills.

    Args:
        bills: `account_no`, `month` [YYYYMM], `issued_day`, `due_day` [day number], `amount_fen`; `sequence` where an
            account has several bills a month. Bills of nothing and of prepaid accounts are left alone.
        habits: From `habits.choose_habits`.
        collapse_days: `account_no`, `collapse_day`, `recovery_day`.
        seed: The county's seed.

    Returns:
        `PLAN_COLUMNS`, sorted by `paid_day`, `minute`, `channel_ref`, `kind`.
    """
    if "sequence" not in bills.columns:
        bills = bills.with_columns(sequence=pl.lit(1, dtype=pl.Int64))
    owed = (
        bills.select("account_no", "month", "sequence", "issued_day", "due_day", "amount_fen")
        .with_columns(pl.exclude("account_no").cast(pl.Int64))
        .join(habits.filter(pl.col("payment_mode") == "post_paid"), on="account_no")
        .filter(pl.col("amount_fen") > 0)
        .with_columns(
            habit=pl.when(pl.col("issued_day") >= pl.col("drifts_after")).then("later_habit").otherwise("habit")
        )
        .join(habit_table(), on="habit")
        .sort("account_no", "month", "sequence")
    )
    owed = _troubled(seed, _timed(seed, owed), collapse_days)
    return _ordered(_faulted(seed, _parts(owed)))


def plan_topups(charges: pl.DataFrame, habits: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Plan the top-ups of prepaid accounts.

    A customer fills up when what is left would not last three days more, some later, a few much later. Charges may be
    handed over up to any day: earlier top-ups stay the same.

    Args:
        charges: `account_no`, `day` [day number], `charge_fen`: what each day's use costs, from the first day on.
        habits: From `habits.choose_habits`.
        seed: The county's seed.

    Returns:
        `PLAN_COLUMNS`; the kind is `topup` (or `topup_again`), `month` is that of the day.
    """
    prepaid = habits.filter(pl.col("payment_mode") == "prepaid").select(
        "account", "account_no", "topup_fen", "topup_late_days"
    )
    # Two fills at the start; then one whenever use has eaten the last but a fifth of one.
    used = (
        charges.join(prepaid, on="account_no")
        .sort("account_no", "day")
        .with_columns(
            used=pl.col("charge_fen").cum_sum().over("account_no"), first=pl.col("day").min().over("account_no")
        )
        .with_columns(fills=(pl.col("used") + pl.col("topup_fen") // 5) // pl.col("topup_fen") + 1)
        .with_columns(new=pl.col("fills") - pl.col("fills").shift(1).over("account_no").fill_null(0))
        .filter(pl.col("new") > 0)
    )
    who, fill = pl.col("account"), pl.col("fills")
    late = Stream.of(seed, "topup.late").below(pl.col("topup_late_days") + 1, who, fill)
    channel = Stream.of(seed, "topup.channel").weighted((12, 6, 0, 42, 22, 16, 2), who, fill)
    filled = used.with_columns(
        paid_day=pl.col("day") + pl.when(pl.col("day") == pl.col("first")).then(0).otherwise(late),
        channel=channel,
        minute=_minute(seed, who, fill),
        amount_fen=pl.col("topup_fen") * pl.col("new"),
        sequence=fill,
        part=pl.lit(1, dtype=pl.Int64),
    ).with_columns(month=_month_of(pl.col("paid_day")))
    rows = filled.with_columns(channel_ref=_reference(), kind=pl.lit("topup"), bill_month=pl.lit(None, dtype=pl.Int64))
    again = rows.filter(Stream.of(seed, "topup.again").chance(_IN_TEN_THOUSAND["duplicate"], who, fill))
    again = _again(seed, again, "topup_again")
    return _ordered(pl.concat([rows, again], how="diagonal"))


def payments_of(plan: pl.DataFrame, day: date) -> pl.DataFrame:
    """The payment file of one day.

    Args:
        plan: From `plan_payments` and `plan_topups`.
        day: The business date.

    Returns:
        The import columns `account_no`, `paid_at`, `amount_yuan`, `channel`, `channel_ref`, `bill_period`, and `kind`:
        `payment`, `topup`, `in_transit`, or news of an earlier one: `cleared`, `bounce`, `reversal`.
    """
    rows = plan.filter(pl.col("paid_day") == day_number(day))
    at = pl.from_epoch("at_day", time_unit="d").cast(pl.Datetime("ms")) + pl.duration(minutes="minute")
    fen = pl.col("amount_fen")
    return rows.select(
        "account_no",
        at.dt.replace_time_zone(str(TIME_ZONE)).alias("paid_at"),
        pl.concat_str((fen // 100).cast(pl.String), pl.lit("."), (fen % 100).cast(pl.String).str.zfill(2)).alias(
            "amount_yuan"
        ),
        "channel",
        "channel_ref",
        pl.concat_str(
            (pl.col("bill_month") // 100).cast(pl.String),
            pl.lit("-"),
            (pl.col("bill_month") % 100).cast(pl.String).str.zfill(2),
        ).alias("bill_period"),
        pl.col("kind").replace_strict(_FILE_KINDS, default="payment", return_dtype=pl.String),
    )


def _key() -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return pl.col("account"), pl.col("month"), pl.col("sequence")


def _timed(seed: int, owed: pl.DataFrame) -> pl.DataFrame:
    """The day a bill would be paid by habit; null for never."""
    lag = pl.col("lag_low") + Stream.of(seed, "pay.lag").below(pl.col("lag_high") - pl.col("lag_low") + 1, *_key())
    odd = pl.when(pl.col("month") % 2 == 1).then(pl.col("odd_lag")).otherwise(0)
    issued, due = pl.col("issued_day"), pl.col("due_day")
    by_anchor = (
        pl.when(pl.col("anchor") == "issued")
        .then(pl.min_horizontal(issued + lag, due))
        .when(pl.col("anchor") == "due")
        .then(due + lag + odd)
        .when(pl.col("anchor") == "pay_day")
        .then(_next_pay_day(issued) + lag)
        .when(pl.col("anchor") == "harvest")
        .then(_next_harvest(issued) + lag)
    )
    never = by_anchor.is_null()
    return owed.with_columns(paid_day=pl.when(~never).then(pl.max_horizontal(by_anchor, issued)))


def _next_pay_day(issued: pl.Expr) -> pl.Expr:
    day = pl.from_epoch(issued, time_unit="d")
    passed = day.dt.day().cast(pl.Int64) > pl.col("pay_day")
    month = pl.when(passed).then(day.dt.month_start().dt.offset_by("1mo")).otherwise(day.dt.month_start())
    return month.dt.epoch("d").cast(pl.Int64) + pl.col("pay_day") - 1


def _next_harvest(issued: pl.Expr) -> pl.Expr:
    day = pl.from_epoch(issued, time_unit="d")
    year = day.dt.year()
    sales = [pl.date(year, month, at).dt.epoch("d").cast(pl.Int64) for month, at in _HARVESTS]
    next_year = pl.date(year + 1, *_HARVESTS[0]).dt.epoch("d").cast(pl.Int64)
    after = next_year
    for sale in reversed(sales):
        after = pl.when(issued <= sale).then(sale).otherwise(after)
    return after


def _troubled(seed: int, owed: pl.DataFrame, collapse_days: pl.DataFrame) -> pl.DataFrame:
    """Bills of enterprises whose use collapsed: weeks later some stop paying, and pay up when use has recovered."""
    who = pl.col("account")
    # A large works that never paid again would be the whole county's arrears; small ones close their doors.
    gives_up = (pl.col("segment") == "small_firm") & Stream.of(seed, "trouble.gives_up").chance(_GIVES_UP, who)
    stops = pl.when(pl.col("segment") == "large_firm").then(_STOPS_PAYING // 4).otherwise(_STOPS_PAYING)
    stopping = (
        collapse_days.join(owed.select("account", "account_no", "segment").unique(), on="account_no")
        .filter(Stream.of(seed, "trouble.stops").chance(stops, who, pl.col("collapse_day")))
        .select(
            "account_no",
            stops_day=pl.col("collapse_day") + _FIRST_STOP_DAY + Stream.of(seed, "trouble.from").below(_STOP_DAYS, who),
            # It pays up when use has recovered or credit is found, whichever comes first; a few small ones never do.
            resumes_day=pl.when(~gives_up).then(
                pl.min_horizontal(
                    pl.col("recovery_day") + 10 + Stream.of(seed, "trouble.until").below(35, who),
                    pl.col("collapse_day") + 90 + Stream.of(seed, "trouble.limps").below(70, who),
                )
            ),
        )
        .sort("account_no", "stops_day")
    )
    held = (
        owed.select("account_no", "month", "sequence", "paid_day")
        .join(stopping, on="account_no")
        .filter(
            (pl.col("paid_day") >= pl.col("stops_day"))
            & (pl.col("paid_day") < pl.col("resumes_day").fill_null(1 << 20))
        )
        .group_by("account_no", "month", "sequence")
        .agg(pl.col("resumes_day").max().alias("until"), pl.lit(value=True).alias("held"))
    )
    return owed.join(held, on=["account_no", "month", "sequence"], how="left", maintain_order="left").with_columns(
        paid_day=pl.when(pl.col("held")).then("until").otherwise("paid_day")
    )


def _parts(owed: pl.DataFrame) -> pl.DataFrame:
    """One row a payment: most bills are paid whole, some in two parts."""
    first_fen = pl.col("amount_fen") * pl.col("first_permille") // 1000
    split = pl.col("first_permille") < 1000  # noqa: PLR2004 -- the whole
    first = owed.with_columns(
        amount_fen=pl.when(split).then(first_fen.clip(lower_bound=1)).otherwise("amount_fen"),
        part=pl.lit(1, dtype=pl.Int64),
    )
    rest = owed.filter(split & (first_fen.clip(lower_bound=1) < pl.col("amount_fen"))).with_columns(
        amount_fen=pl.col("amount_fen") - first_fen.clip(lower_bound=1),
        paid_day=pl.col("paid_day") + pl.col("rest_days"),
        part=pl.lit(2, dtype=pl.Int64),
    )
    parts = pl.concat([first, rest]).filter(pl.col("paid_day").is_not_null())
    return parts.with_columns(amount_fen=pl.col("amount_fen") + _late_fee())


def _late_fee() -> pl.Expr:
    """What the counter asks for on top of a late payment, rounded up to the fen so that nothing stays open for a rounding."""
    first, past = pl.col("due_day") + 1, pl.col("paid_day") + 1
    new_year = pl.date(pl.from_epoch(pl.col("due_day"), time_unit="d").dt.year() + 1, 1, 1).dt.epoch("d").cast(pl.Int64)
    home = pl.col("segment") == _HOME_SEGMENT
    ppm_days: pl.Expr = pl.lit(0, pl.Int64)
    for period in late_fee_rates():
        late = _days_within(first, past, period)
        crossed = _days_within(pl.max_horizontal(first, new_year), past, period)
        ppm_days += (
            pl.when(home)
            .then(late * period.resident_ppm)
            .otherwise((late - crossed) * period.current_year_ppm + crossed * period.cross_year_ppm)
        )
    return (pl.col("amount_fen") * ppm_days + _MILLION - 1) // _MILLION


def _days_within(first: pl.Expr, past: pl.Expr, period: RatePeriod) -> pl.Expr:
    """Days `[first, past)` on which the rates of a period accrue."""
    return (pl.min_horizontal(past, pl.lit(period.to_day)) - pl.max_horizontal(first, pl.lit(period.from_day))).clip(0)


def _faulted(seed: int, parts: pl.DataFrame) -> pl.DataFrame:
    """What goes wrong with a payment, each row at most one way, and what follows from it."""
    counters = (*_key(), pl.col("part"))

    def strikes(kind: str, where: pl.Expr) -> pl.Expr:
        return where & Stream.of(seed, f"pay.{kind}").chance(_IN_TEN_THOUSAND[kind], *counters)

    channel = pl.col("channel")
    at_counter = channel <= CASH + 1
    transit = (channel == TRANSFER) | ((channel == DEBIT) & Stream.of(seed, "pay.transit").chance(3_000, *counters))
    whole = (pl.col("first_permille") == 1000) & (pl.col("sequence") == 1)  # noqa: PLR2004 -- the whole
    # A firm of some size pays under its number on file; people type theirs.
    typed = (channel != DEBIT) & ~pl.col("segment").is_in(["firm", "large_firm"])
    base = parts.with_columns(
        minute=_minute(seed, *counters),
        channel_ref=_reference(),
        kind=pl.when(strikes("bounced", channel == DEBIT))
        .then(pl.lit("bounces"))
        .when(strikes("reversed", at_counter))
        .then(pl.lit("reverses"))
        .when(strikes("unknown_account", typed))
        .then(pl.lit("unknown_account"))
        .when(strikes("duplicate", pl.lit(value=True)))
        .then(pl.lit("delivered_again"))
        .when(strikes("overpayment", at_counter & whole))
        .then(pl.lit("overpayment"))
        .when(strikes("designated", whole))
        .then(pl.lit("designated"))
        .when(transit)
        .then(pl.lit("in_transit"))
        .otherwise(pl.lit("normal")),
        bill_month=pl.lit(None, dtype=pl.Int64),
    )
    wait = 1 + Stream.of(seed, "pay.wait").below(2, *counters)
    news = 1 + Stream.of(seed, "pay.news").below(3, *counters)
    again = 3 + Stream.of(seed, "pay.again").below(9, *counters)
    money = base.with_columns(
        kind=pl.when(pl.col("kind").is_in(["bounces", "reverses", "delivered_again"]))
        .then(pl.lit("normal"))
        .otherwise("kind"),
        amount_fen=pl.when(pl.col("kind") == "overpayment")
        .then((pl.col("amount_fen") // _ROUND_FEN + 1) * _ROUND_FEN)
        .otherwise("amount_fen"),
        bill_month=pl.when(pl.col("kind") == "designated").then("month"),
        account_no=pl.when(pl.col("kind") == "unknown_account").then(_mistyped()).otherwise("account_no"),
    )
    found_out = base.filter(
        (pl.col("kind") == "unknown_account") & Stream.of(seed, "pay.corrected").chance(_UNKNOWN_CORRECTED, *counters)
    )
    followed = [
        base.filter(kind="in_transit").with_columns(kind=pl.lit("cleared"), paid_day=pl.col("paid_day") + wait),
        _again(seed, base.filter(kind="delivered_again"), "duplicate"),
        base.filter(kind="bounces").with_columns(kind=pl.lit("bounced"), paid_day=pl.col("paid_day") + news),
        base.filter(kind="reverses").with_columns(kind=pl.lit("reversed"), minute=pl.col("minute") + 7),
        found_out.with_columns(kind=pl.lit("reversed"), paid_day=pl.col("paid_day") + again, account_no=_mistyped()),
        *(
            _paid_again(rows, delay)
            for rows, delay in (
                (base.filter(kind="bounces"), news + again),
                (base.filter(kind="reverses"), pl.lit(0)),
                (found_out, again),
            )
        ),
    ]
    return pl.concat([money, *followed], how="diagonal")


def _paid_again(rows: pl.DataFrame, delay: pl.Expr) -> pl.DataFrame:
    """The same money handed in properly later, at the counter, under a new reference."""
    return rows.with_columns(
        kind=pl.lit("normal"),
        paid_day=pl.col("paid_day") + delay,
        minute=pl.col("minute") + 9,
        channel=pl.when(pl.col("channel") == DEBIT).then(CASH).otherwise("channel"),
        part=pl.col("part") + 5,
    ).with_columns(channel_ref=_reference())


def _again(seed: int, rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The same receipts delivered a second time, unchanged: half in the same file, half in the next day's."""
    late = Stream.of(seed, "pay.again.late").below(2, *_key(), pl.col("part"))
    return rows.with_columns(at_day="paid_day").with_columns(kind=pl.lit(kind), paid_day=pl.col("paid_day") + late)


def _minute(seed: int, *counters: pl.Expr) -> pl.Expr:
    return 8 * 60 + Stream.of(seed, "pay.minute").below(13 * 60, *counters)


def _mistyped() -> pl.Expr:
    """The account number with two wrong digits; no account starts so."""
    return pl.concat_str(pl.lit("419"), pl.col("account_no").str.slice(3))


def _reference() -> pl.Expr:
    """A reference no other payment of the channel has: channel, month, account, settlement and part."""
    return pl.concat_str(
        looked_up(_PREFIXES, pl.col("channel")),
        pl.col("month").cast(pl.String),
        pl.col("account").cast(pl.String),
        pl.col("sequence").cast(pl.String).str.zfill(3),
        pl.col("part").cast(pl.String),
    )


def _month_of(day: pl.Expr) -> pl.Expr:
    at = pl.from_epoch(day, time_unit="d")
    return at.dt.year().cast(pl.Int64) * 100 + at.dt.month()


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.with_columns(channel=looked_up(CHANNELS, pl.col("channel")), at_day=pl.coalesce("at_day", "paid_day"))
        .select(PLAN_COLUMNS)
        .sort("paid_day", "minute", "channel_ref", "kind")
    )
