"""Who lives and farms in the county, which public places it has, and how much do they use each day?

Homes use more in summer heat and winter cold, more when the family is home for the Spring Festival, and next to nothing
when it is away. Wells run in bursts when fields are dry. Schools rest in summer, street lamps burn longer in winter.
"""

from datetime import date

import polars as pl

from zaikong.kernel.energy import CENTI
from zaikong.sim.calendar import FAR, SPRING_FESTIVALS, distances
from zaikong.sim.draws import Quantiles, Stream, grown, looked_up, ranked
from zaikong.sim.enterprise_series import Span
from zaikong.sim.identities import COUNTY, id_numbers, person_names, phones, uscis
from zaikong.sim.places import HOUSE_WEIGHTS, settled, villages
from zaikong.sim.registers import PATTERNS, power_factors

HOUSE_ACCOUNT = 2_000_000
"""Account numbers of homes, farms and public places start after this."""

AGRICULTURAL_IN_3000, PUBLIC_IN_3000 = 250, 150

_MILLI = 1000
_MONTHLY_KWH = {
    "residential": Quantiles(
        (0, 500, 1500, 3000, 5000, 7500, 9000, 9700, 10_000), (18, 45, 75, 105, 145, 215, 310, 480, 950)
    ),
    "agricultural": Quantiles((0, 1000, 3000, 5000, 8000, 9500, 10_000), (30, 90, 260, 520, 1500, 4200, 9000)),
    "public": Quantiles((0, 1000, 3000, 5000, 8000, 9500, 10_000), (120, 350, 900, 2200, 7500, 24_000, 68_000)),
}
_HOME_MONTHS = (1230, 1130, 880, 770, 790, 1040, 1470, 1520, 1000, 760, 850, 1130)
_SCHOOL_MONTHS = (900, 450, 1050, 1000, 1000, 1100, 350, 250, 1250, 1000, 1050, 1100)
_OFFICE_MONTHS = (1150, 1050, 900, 800, 850, 1100, 1400, 1400, 1050, 800, 850, 1150)
_LAMP_MONTHS = (1220, 1120, 1020, 910, 830, 780, 800, 880, 980, 1080, 1190, 1250)
_STEADY_MONTHS = (1000, 980, 960, 960, 980, 1020, 1080, 1080, 1020, 970, 960, 990)
_BARN_MONTHS = (1150, 1050, 920, 880, 930, 1050, 1200, 1200, 1000, 880, 900, 1050)
_MONTH_SHAPES = (_HOME_MONTHS, _SCHOOL_MONTHS, _OFFICE_MONTHS, _LAMP_MONTHS, _STEADY_MONTHS, _BARN_MONTHS)
_HOME, _SCHOOL, _OFFICE, _LAMP, _STEADY, _BARN = range(len(_MONTH_SHAPES))
_WELL = len(_MONTH_SHAPES)

_WATERING = ((3, 5, 3, 28), (4, 12, 5, 12), (6, 8, 6, 28), (7, 15, 8, 20), (9, 28, 10, 18), (11, 20, 12, 10))
"""Seasons in which fields are watered: from month, day to month, day."""

_PUBLIC_KINDS = (
    # name, weight, month shape, working pattern, important grade
    ("小学", 22, _SCHOOL, "office", "none"),
    ("初级中学", 8, _SCHOOL, "office", "none"),
    ("村民委员会", 34, _OFFICE, "office", "none"),
    ("卫生院", 9, _STEADY, "two", "second"),
    ("供水站", 6, _STEADY, "continuous", "second"),
    ("路灯管理所", 12, _LAMP, "lighting", "none"),
    ("人民政府办公室", 5, _OFFICE, "office", "none"),
    ("文化站", 4, _OFFICE, "evening", "none"),
)
_JOINER_DAYS = 320
_SATURDAY = 6
_HOME_FROM, _HOME_TO = -6, 15


def households(seed: int, *, count: int, start: date) -> pl.DataFrame:
    """Describe the homes, farms and public places.

    Args:
        seed: The county's seed.
        count: How many in all; of every 3,000, 250 are agricultural and 150 public.
        start: First day of the county's history.

    Returns:
        One row an account, with the columns of `firms.firms` and those `house_use` needs.
    """
    accounts = pl.DataFrame({"account": pl.int_range(HOUSE_ACCOUNT + 1, HOUSE_ACCOUNT + count + 1, eager=True)})
    farms, public = count * AGRICULTURAL_IN_3000 // 3000, count * PUBLIC_IN_3000 // 3000
    order = pl.int_range(pl.len())
    accounts = accounts.with_columns(
        category=pl.when(order < count - farms - public)
        .then(pl.lit("residential"))
        .when(order < count - public)
        .then(pl.lit("agricultural"))
        .otherwise(pl.lit("public"))
    )
    placed = settled(seed, accounts, HOUSE_WEIGHTS)
    parts = [
        _homes(seed, placed.filter(category="residential")),
        _farms(seed, placed.filter(category="agricultural")),
        _public(seed, placed.filter(category="public")),
    ]
    return pl.concat(parts, how="diagonal_relaxed").pipe(_signed, seed, start)


def house_use(seed: int, houses: pl.DataFrame, span: Span) -> pl.DataFrame:
    """Draw the daily use of homes, farms and public places.

    Args:
        seed: The county's seed.
        houses: From `households`.
        span: Days to draw.

    Returns:
        `account`, `day` [day number], `date`, `centi_kwh` [0.01 kWh], from the day each contract was signed.
    """
    days = _days(span)
    grid = (
        houses.select("account", "level", "shape", "feels", "lives", "away_from", "away_days", "contract_date")
        .join(days, how="cross")
        .filter(pl.col("date") >= pl.col("contract_date"))
    )
    who, day = pl.col("account"), pl.col("day")
    weather = looked_up(_weather(seed, span), day - days["day"][0])
    month = _month_factor()
    own = Stream.of(seed, "house.noise").bell(who, day) * pl.col("sways") // _MILLI
    grid = grid.with_columns(sways=pl.when(pl.col("shape") == _HOME).then(260).otherwise(140), month_factor=month)
    grid = grid.with_columns(
        centi=pl.col("level") * CENTI * 12 // 365 * pl.col("month_factor") // _MILLI,
        factor=grown(own + weather * pl.col("feels") // _MILLI) // _MILLI,
    )
    centi = pl.col("centi") * pl.col("factor") // _MILLI * _week_factor() // _MILLI * _home_factor(seed) // _MILLI
    return grid.select(
        "account", "day", "date", centi_kwh=pl.when(pl.col("shape") == _WELL).then(_well(seed)).otherwise(centi)
    )


def _homes(seed: int, homes: pl.DataFrame) -> pl.DataFrame:
    who, count = pl.col("account"), len(homes)
    size = Stream.of(seed, "house.size").weighted((10, 24, 27, 21, 11, 5, 2), who) + 1
    lives = Stream.of(seed, "house.lives").weighted((880, 60, 60), who)
    shared = Stream.of(seed, "house.shared").chance(300, who)
    yearly = Stream.of(seed, "house.yearly").chance(1_000, who)
    return homes.with_columns(
        ranked(seed, "house.level", count).alias("rank"),
        household_size=size,
        # 0: at home all year; 1: empty house; 2: away to work, home for the festival
        lives=lives,
        shape=pl.lit(_HOME, dtype=pl.Int64),
        feels=Stream.of(seed, "house.feels").below(1_800, who) + 200,
        low_income=Stream.of(seed, "house.low_income").chance(320, who),
        name=person_names(seed, who),
        id_no=id_numbers(seed, who),
        tariff=pl.when(shared)
        .then(pl.lit("cn.henan.residential:shared"))
        .when(yearly)
        .then(pl.lit("cn.henan.residential:year"))
        .otherwise(pl.lit("cn.henan.residential:month")),
        capacity_kva=looked_up((8, 8, 8, 12, 16), Stream.of(seed, "house.capacity").below(5, who)),
        industry=pl.lit("居民生活"),
        prepaid_share=pl.lit(720),
    ).with_columns(
        level=_MONTHLY_KWH["residential"].drawn(pl.col("rank")) * (70 + pl.col("household_size") * 10) // 100
    )


def _farms(seed: int, farms: pl.DataFrame) -> pl.DataFrame:
    who = pl.col("account")
    well = Stream.of(seed, "farm.well").chance(7_000, who)
    cooperative = Stream.of(seed, "farm.cooperative").chance(3_000, who)
    named = pl.concat_str(
        pl.lit(COUNTY),
        looked_up(villages()["village_name"].to_list(), pl.col("village")),
        Stream.of(seed, "farm.word").pick(tuple("兴丰惠富盛旺"), who),
        pl.lit("农种植专业合作社"),
    )
    return farms.with_columns(
        ranked(seed, "farm.level", len(farms)).alias("rank"),
        shape=pl.when(well).then(_WELL).otherwise(_BARN),
        lives=pl.lit(0, dtype=pl.Int64),
        feels=pl.lit(500),
        low_income=pl.lit(False),
        name=pl.when(cooperative).then(named).otherwise(person_names(seed, who)),
        usci=pl.when(cooperative).then(uscis(seed, who, pl.lit("93"))),
        id_no=pl.when(~cooperative).then(id_numbers(seed, who)),
        tariff=pl.lit("cn.henan.agriculture:lt1kv"),
        capacity_kva=looked_up((10, 15, 20, 30, 50, 80), Stream.of(seed, "farm.capacity").below(6, who)),
        industry=pl.when(well).then(pl.lit("农田灌溉")).otherwise(pl.lit("畜禽养殖")),
        prepaid_share=pl.lit(800),
    ).with_columns(level=_MONTHLY_KWH["agricultural"].drawn(pl.col("rank")))


def _public(seed: int, places: pl.DataFrame) -> pl.DataFrame:
    who = pl.col("account")
    kind = Stream.of(seed, "public.kind").weighted([row[1] for row in _PUBLIC_KINDS], who)
    village = looked_up(villages()["village_name"].to_list(), pl.col("village"))
    township = looked_up(villages()["township"].to_list(), pl.col("village"))
    places = places.with_columns(ranked(seed, "public.level", len(places)).alias("rank"), kind=kind).with_columns(
        level=_MONTHLY_KWH["public"].drawn(pl.col("rank"))
    )
    # A place of 250 working hours a month at half load, rounded up to a transformer.
    needed = pl.col("level") // 100 + 5
    sizes = (10, 20, 30, 50, 80, 100, 160, 200, 250, 315, 400, 630, 800)
    capacity = looked_up(
        sizes, sum(((needed > size).cast(pl.Int64) for size in sizes[:-1]), start=pl.lit(0, dtype=pl.Int64))
    )
    return places.with_columns(
        shape=looked_up([row[2] for row in _PUBLIC_KINDS], pl.col("kind")),
        pattern=looked_up([PATTERNS.index(row[3]) for row in _PUBLIC_KINDS], pl.col("kind")),
        important=looked_up([row[4] for row in _PUBLIC_KINDS], pl.col("kind")),
        lives=pl.lit(0, dtype=pl.Int64),
        feels=pl.lit(600),
        low_income=pl.lit(False),
        name=pl.concat_str(
            pl.lit(COUNTY), township, village, looked_up([row[0] for row in _PUBLIC_KINDS], pl.col("kind"))
        ),
        usci=uscis(seed, who, pl.lit("12")),
        industry=looked_up([row[0] for row in _PUBLIC_KINDS], pl.col("kind")),
        capacity_kva=capacity,
        power_factor=power_factors(seed, who),
        prepaid_share=pl.lit(200),
    ).with_columns(
        voltage=pl.when(pl.col("capacity_kva") < 100).then(pl.lit("lt1kv")).otherwise(pl.lit("10kv")),  # noqa: PLR2004 -- own transformer
        power_factor_standard=pl.when(pl.col("capacity_kva") >= 100).then(85),  # noqa: PLR2004 -- order of 1983
        tariff=pl.when(pl.col("capacity_kva") >= 315)  # noqa: PLR2004 -- two-part scope
        .then(pl.lit("cn.henan.business:two_part.10kv.kva"))
        .when(pl.col("capacity_kva") >= 100)  # noqa: PLR2004 -- own transformer
        .then(pl.lit("cn.henan.business:single.10kv.tou"))
        .otherwise(pl.lit("cn.henan.business:single.lt1kv")),
    )


def _signed(houses: pl.DataFrame, seed: int, start: date) -> pl.DataFrame:
    """Terms all of them share; one in forty joins during the history."""
    who = pl.col("account")
    joins = Stream.of(seed, "house.joins").chance(250, who) & (pl.col("category") != "public")
    since = (
        pl.when(joins)
        .then(30 + Stream.of(seed, "house.joined").below(_JOINER_DAYS, who))
        .otherwise(-60 - Stream.of(seed, "house.signed").below(5_000, who))
    )
    away = Stream.of(seed, "house.away").chance(500, who) & (pl.col("category") == "residential")
    return houses.with_columns(
        phone=phones(seed, who),
        voltage=pl.coalesce("voltage", pl.lit("lt1kv")),
        important=pl.coalesce("important", pl.lit("none")),
        payment_mode=pl.when(
            (pl.col("important").fill_null("none") == "none")
            & Stream.of(seed, "house.prepaid").chance(pl.col("prepaid_share"), who)
        )
        .then(pl.lit("prepaid"))
        .otherwise(pl.lit("post_paid")),
        contract_date=pl.lit(start) + pl.duration(days=since),
        settlements_a_month=pl.lit(1),
        away_from=Stream.of(seed, "house.away.from").below(430, who),
        away_days=pl.when(away).then(20 + Stream.of(seed, "house.away.days").below(70, who)).otherwise(0),
    )


def _days(span: Span) -> pl.DataFrame:
    days = pl.DataFrame({"date": pl.date_range(span.start, span.end, closed="left", eager=True)})
    return days.with_columns(
        day=pl.col("date").dt.epoch("d").cast(pl.Int64),
        since=pl.int_range(pl.len()),
        weekday=pl.col("date").dt.weekday().cast(pl.Int64),
        month=pl.col("date").dt.month().cast(pl.Int64),
        feast=distances(span.start, span.end, SPRING_FESTIVALS, before=20, after=20)["offset"],
        watering=_watering(days),
    )


def _watering(days: pl.DataFrame) -> pl.Series:
    here = pl.col("date").dt.month().cast(pl.Int64) * 100 + pl.col("date").dt.day()
    seasons = [here.is_between(first * 100 + day, last * 100 + end) for first, day, last, end in _WATERING]
    return days.select(pl.any_horizontal(seasons)).to_series()


def _weather(seed: int, span: Span) -> list[int]:
    """How far each day's cooling and heating lies from its month [1/1000 of a logarithm], the same for the county."""
    stream = Stream.of(seed, "weather")
    days = pl.DataFrame({"since": pl.int_range(span.days, eager=True)}).with_columns(
        epoch=pl.col("since") + pl.lit(span.start).dt.epoch("d").cast(pl.Int64)
    )
    block, into = pl.col("epoch") // 5, pl.col("epoch") % 5
    path = (stream.bell(block) * (5 - into) + stream.bell(block + 1) * into) // 5
    return days.select(path * 130 // _MILLI).to_series().to_list()


def _month_factor() -> pl.Expr:
    """Month shape; a home that feels the weather more swings further."""
    shape = pl.col("shape").clip(upper_bound=len(_MONTH_SHAPES) - 1)
    flat = [value for months in _MONTH_SHAPES for value in months]
    factor = looked_up(flat, shape * 12 + pl.col("month") - 1)
    swung = _MILLI + (factor - _MILLI) * pl.col("feels") // _MILLI
    return pl.when(pl.col("shape") == _HOME).then(swung.clip(lower_bound=200)).otherwise(factor)


def _week_factor() -> pl.Expr:
    weekend = pl.col("weekday") >= _SATURDAY
    desk = pl.col("shape").is_in([_SCHOOL, _OFFICE])
    return pl.when(weekend & desk).then(380).when(weekend & (pl.col("shape") == _HOME)).then(1_090).otherwise(_MILLI)


def _home_factor(seed: int) -> pl.Expr:
    """Empty houses, families away, and the Spring Festival."""
    festival = (pl.col("feast") != FAR) & pl.col("feast").is_between(_HOME_FROM, _HOME_TO)
    home, empty, worker = (pl.col("lives") == kind for kind in range(3))
    gone = (pl.col("since") - pl.col("away_from")).is_between(0, pl.col("away_days"), closed="left")
    visit = Stream.of(seed, "house.visit").chance(300, pl.col("account"), pl.col("day"))
    residential = pl.col("shape") == _HOME
    return (
        pl.when(residential & empty & ~(festival | visit))
        .then(15)
        .when(residential & worker & ~festival)
        .then(120)
        .when(residential & gone)
        .then(60)
        .when(residential & festival)
        .then(1_420)
        .when(festival & pl.col("shape").is_in([_SCHOOL, _OFFICE]) & home)
        .then(350)
        .otherwise(_MILLI)
    )


def _well(seed: int) -> pl.Expr:
    """A well: bursts of two to four days in the watering seasons, a trickle otherwise [0.01 kWh]."""
    who, day = pl.col("account"), pl.col("day")
    burst = Stream.of(seed, "well.burst").chance(4_200, who, day // 3) & pl.col("watering")
    strength = 600 + Stream.of(seed, "well.strength").below(900, who, day)
    trickle = Stream.of(seed, "well.trickle").below(60, who, day)
    # The month's level is used up in about eight days of watering.
    return pl.when(burst).then(pl.col("level") * CENTI // 8 * strength // _MILLI).otherwise(trickle)
