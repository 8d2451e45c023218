"""Who applied for supply before the first night, with which papers, and what did the clerk learn of them?

Every user category applies, a few applicants hold an account already, and a third of the applications lacks a paper.
Names, numbers and amounts are made up.
"""

from datetime import date

import polars as pl

from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.identities import firm_names, id_numbers, person_names, phones, uscis
from zaikong.sim.places import HOUSE_WEIGHTS, settled

APPLICATIONS = 32
DAYS = 45
"""Applications came in over so many days before the first night [day]."""

FACTS = (
    *("established_on", "registered_capital_fen", "premises", "monthly_bill_fen", "industry_risk"),
    *("bank_credit_line_fen", "guarantee_fen"),
)
"""What the clerk learns from papers and talk; null where it was not asked for yet."""

_FIRST_NUMBER = 8_000_000
_CATEGORIES = (
    "business",
    "residential",
    "industrial",
    "agricultural",
    "business",
    "residential",
    "industrial",
    "public",
)
_TRADES = ("餐饮", "商贸", "机械", "食品", "建材", "纺织", "印刷", "物流")
_PAPERS = {  # who rents brings the lease in place of the title
    "residential": ("application_form", "identity_card", "premise_title"),
    "agricultural": ("application_form", "identity_card", "premise_title", "water_or_land_permit"),
    "business": ("application_form", "business_licence", "representative_identity_card", "premise_title"),
    "industrial": (
        *("application_form", "business_licence", "representative_identity_card", "premise_title", "load_list"),
        *("bank_credit_letter", "guarantee_letter"),
    ),
    "public": ("application_form", "institution_certificate", "representative_identity_card", "premise_title"),
}
_BILLS = {"residential": 8_000, "agricultural": 60_000, "business": 350_000, "industrial": 4_000_000, "public": 900_000}
"""Expected monthly bill about which the drawn ones lie [fen]."""

_KVA = {"residential": (8, 12, 16), "agricultural": (15, 30, 50), "business": (30, 50, 80), "public": (80, 100, 160)}
_INDUSTRIAL_KVA = (160, 250, 315, 400, 630)
_STAGES = (
    "accepted",
    "accepted",
    "surveyed",
    "surveyed",
    "designed",
    "contracted",
    "accepted",
    "surveyed",
    "withdrawn",
)
_AGAIN = 5
"""Every fifth applicant holds an account already."""

_GRADED = 7
"""Of so many applications all but one are graded."""

_IDENTITY = ("name", "usci", "id_no", "phone")


def applications(seed: int, customers: pl.DataFrame, *, first_night: date) -> pl.DataFrame:
    """Draw the applications.

    Args:
        seed: The county's seed.
        customers: The customer file, `county.CUSTOMER_COLUMNS`.
        first_night: They came in before it.

    Returns:
        `application_no`, `known_account_no` (null for who is new), `name`, `usci`, `id_no`, `phone`, `address`,
        `station`, `route`, `category`, `capacity_kva`, `state`, `accepted_date`, `graded`, and `FACTS`; sorted by
        number.
    """
    who = pl.col("account")
    place = who - _FIRST_NUMBER
    rows = pl.DataFrame({"account": [_FIRST_NUMBER + number for number in range(APPLICATIONS)]})
    rows = settled(seed, rows, HOUSE_WEIGHTS).with_columns(
        category=looked_up(_CATEGORIES, place % len(_CATEGORIES)),
        state=looked_up(_STAGES, place % len(_STAGES)),
        accepted_date=pl.lit(first_night) - pl.duration(days=DAYS - place * DAYS // APPLICATIONS),
    )
    firm = pl.col("category").is_in(["business", "industrial"])
    public = pl.col("category") == "public"
    named = rows.with_columns(
        application_no=pl.concat_str(pl.lit(f"YK{first_night.year}-"), (place + 1).cast(pl.String).str.zfill(4)),
        name=pl.when(firm)
        .then(firm_names(seed, who, Stream.of(seed, "application.trade").pick(_TRADES, who)))
        .when(public)
        .then(pl.concat_str(pl.lit("安澜县第"), (1 + place % 9).cast(pl.String), pl.lit("中学")))
        .otherwise(person_names(seed, who)),
        usci=pl.when(firm).then(uscis(seed, who, pl.lit("91"))).when(public).then(uscis(seed, who, pl.lit("12"))),
        id_no=pl.when(~firm & ~public).then(id_numbers(seed, who)),
        phone=phones(seed, who),
        graded=place % _GRADED != _GRADED - 1,
    )
    return _known(_learned(seed, named), customers).select(
        "application_no",
        "known_account_no",
        *_IDENTITY,
        *("address", "station", "route", "category", "capacity_kva", "state", "accepted_date", "graded"),
        *FACTS,
    )


def application_papers(seed: int, rows: pl.DataFrame) -> pl.DataFrame:
    """Draw the papers handed in: all that are needed, but in every third application one that is missing.

    Args:
        seed: The county's seed.
        rows: See `applications`.

    Returns:
        `application_no`, `kind`, `number`, `valid_from`, `valid_to`, `received_date`.
    """
    papers = [
        {"application_no": number, "category": category, "kind": kind, "place": place, "papers": len(kinds)}
        for number, category in rows.select("application_no", "category").iter_rows()
        for kinds in (_PAPERS[category],)
        for place, kind in enumerate(kinds)
    ]
    who = pl.col("application_no").str.slice(-4).cast(pl.Int64)
    lacks = Stream.of(seed, "application.lacks").chance(3_500, who)
    left_out = 1 + Stream.of(seed, "application.left_out").below(pl.col("papers") - 1, who)
    licence = pl.col("kind").is_in(["business_licence", "institution_certificate"])
    card = pl.col("kind").str.ends_with("identity_card")
    rented = (pl.col("kind") == "premise_title") & (pl.col("premises") == "rented")
    facts = rows.select("application_no", "usci", "id_no", "accepted_date", "established_on", "premises")
    return (
        pl.DataFrame(papers)
        .filter(~lacks | (pl.col("place") != left_out))
        .join(facts, on="application_no", maintain_order="left")
        .with_columns(kind=pl.when(rented).then(pl.lit("lease_contract")).otherwise("kind"))
        .select(
            "application_no",
            "kind",
            number=pl.when(licence).then("usci").when(card).then("id_no").fill_null(""),
            valid_from=pl.when(licence).then("established_on"),
            valid_to=pl.when(pl.col("kind") == "lease_contract").then(pl.col("accepted_date") + pl.duration(days=730)),
            received_date=pl.col("accepted_date") + pl.duration(days=pl.col("place") // 3),
        )
        .sort("application_no", "kind")
    )


def _learned(seed: int, rows: pl.DataFrame) -> pl.DataFrame:
    """Capacity and the facts; a person has no capital, line or guarantee to speak of."""
    who = pl.col("account")
    firm = pl.col("category").is_in(["business", "industrial"])
    organisation = firm | (pl.col("category") == "public")
    capacity = pl.lit(0, dtype=pl.Int64)
    for category, sizes in {**_KVA, "industrial": _INDUSTRIAL_KVA}.items():
        drawn = looked_up(sizes, Stream.of(seed, "application.kva").below(len(sizes), who))
        capacity = pl.when(pl.col("category") == category).then(drawn).otherwise(capacity)
    usual = pl.col("category").replace_strict(_BILLS, return_dtype=pl.Int64)
    bill = usual * (60 + Stream.of(seed, "application.bill").below(120, who)) // 10_000 * 100
    months = Stream.of(seed, "application.capital").below(36, who)
    line, guarantee = (Stream.of(seed, f"application.{name}").below(7, who) for name in ("line", "guarantee"))
    days = 90 + Stream.of(seed, "application.established").below(5_400, who)
    return rows.with_columns(capacity_kva=capacity, monthly_bill_fen=bill).with_columns(
        established_on=pl.when(organisation).then(pl.col("accepted_date") - pl.duration(days=days)),
        registered_capital_fen=pl.when(firm).then(pl.col("monthly_bill_fen") * months // 100_000 * 100_000 + 1_000_000),
        premises=Stream.of(seed, "application.premises").pick(("owned", "owned", "rented"), who),
        industry_risk=pl.when(firm).then(Stream.of(seed, "application.risk").weighted((5, 3, 2, 1), who)),
        bank_credit_line_fen=pl.when(firm).then(pl.col("monthly_bill_fen") * (line - 3).clip(lower_bound=0) * 3),
        guarantee_fen=pl.when(firm).then(pl.col("monthly_bill_fen") * (guarantee - 3).clip(lower_bound=0)).otherwise(0),
    )


def _known(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Every fifth applicant is a customer of its category that holds an account already."""
    place = pl.int_range(pl.len())
    held = customers.sort("account_no").with_columns(turn=pl.int_range(pl.len()).over("category"))
    asking = rows.with_columns(turn=pl.when(place % _AGAIN == 1).then(place * 7 + 3))
    count = held.group_by("category").agg(pl.len().alias("held"))
    theirs = held.select(
        "category", "turn", known_account_no="account_no", **{f"known_{name}": pl.col(name) for name in _IDENTITY}
    )
    found = (
        asking.join(count, on="category", how="left", maintain_order="left")
        .with_columns(turn=pl.col("turn") % pl.col("held"))
        .join(theirs, on=["category", "turn"], how="left", maintain_order="left")
    )
    new = pl.col("known_account_no").is_null()
    return found.with_columns(
        pl.when(new).then(pl.col(name)).otherwise(pl.col(f"known_{name}")).alias(name) for name in _IDENTITY
    )
