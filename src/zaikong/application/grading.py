"""Which behaviour grade does each account get tonight, and what is kept of its move?

Facts are read as columns, the grade is the rule's, every move is kept with its reasons, the facts it rests on and the
ledger transactions of the unpaid bills. A night run again finds its moves there and writes none twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.decision_log import log_grade_night, rule_hash, text_hash
from zaikong.domain.credit import behaviour
from zaikong.domain.credit.behaviour import BEHAVIOUR_COLUMNS, behaviour_grades, behaviour_reasons
from zaikong.domain.credit.behaviour_table import behaviour_table
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number
from zaikong.store import bulk
from zaikong.store.queries import credit_facts as reads
from zaikong.store.queries import signals as signal_reads

SIGNAL_RANK = {"capacity_cut": 1, "closure_order": 2, "deregistration": 2, "court_execution": 3, "bankruptcy": 4}
"""How grave a confirmed signal is, as `adverse_signal` counts it."""

_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Graded:
    """What a night's grading did.

    Attributes:
        accounts: Accounts graded.
        moved: Grades given or moved.
        up: Of them those that rose.
        down: Of them those that fell.
        by_grade: Number of a grade to accounts that hold it.
    """

    accounts: int
    moved: int
    up: int
    down: int
    by_grade: dict[int, int]


@transaction.atomic
def grade_accounts(facts: pl.DataFrame, *, as_of: date) -> tuple[Graded, pl.DataFrame]:
    """Grade every account at the end of a business date, and keep the moves.

    Args:
        facts: As `standing_facts` gives them.
        as_of: The business date.

    Returns:
        What was done, and `account`, `grade` of tonight.
    """
    edition = behaviour_table(as_of=as_of)
    graded = collected(behaviour_grades(_entry(facts), table=edition.value)).join(
        facts.select("account", "previous_grade", "since_day", "last_overdue_day"), on="account"
    )
    known = reads.moves_of_night(as_of)
    moved = graded.filter((pl.col("grade") != pl.col("previous_grade")) & ~pl.col("account").is_in(sorted(known)))
    _keep_moves(moved, facts, as_of=as_of)
    _keep_standings(graded, as_of=as_of, edition=edition.edition)
    before = pl.col("previous_grade")
    done = Graded(
        accounts=graded.height,
        moved=moved.height,
        up=moved.filter((before > 0) & (pl.col("grade") > before)).height,
        down=moved.filter(pl.col("grade") < before).height,
        by_grade=dict(graded.group_by("grade").len().sort("grade").iter_rows()),
    )
    log_grade_night(
        moved["account"].to_list(),
        as_of=as_of,
        counts={"accounts": done.accounts, "moved": done.moved, "up": done.up, "down": done.down},
        rule={
            "table_edition": edition.edition,
            "table_sha256": text_hash(edition.value.model_dump_json()),
            "rule_sha256": rule_hash(behaviour),
        },
    )
    return done, graded.select("account", "grade")


def standing_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """What is known of every account at the end of a business date.

    Args:
        as_of: The business date.
        accounts: Account keys, every account where None.

    Returns:
        `BEHAVIOUR_COLUMNS`, and `category`, `since_day`, `last_overdue_day`, `days_overdue`, `periods_overdue`,
        `oldest_due_day`, `signal_day`.
    """
    today = day_number(as_of)
    found = reads.account_facts(as_of=as_of, accounts=accounts)
    customers = None if accounts is None else found["customer"].unique().to_list()
    rows = (
        found.join(reads.bill_facts(as_of=as_of, accounts=accounts), on="account", how="left")
        .join(reads.use_facts(as_of=as_of, accounts=accounts), on="account", how="left")
        .join(reads.conduct_facts(as_of=as_of, accounts=accounts), on="account", how="left")
        .join(worst_signals(as_of=as_of, customers=customers), on="customer", how="left")
    )
    numbers = [name for name, kind in rows.schema.items() if kind == pl.Int64]
    rows = rows.with_columns(pl.col(numbers).fill_null(0))
    monthly = pl.when(pl.col("billed_months") > 0).then(pl.col("billed_fen") // pl.col("billed_months")).otherwise(0)
    rows = rows.with_columns(
        as_of_day=pl.lit(today, pl.Int64),
        monthly_bill_fen=pl.max_horizontal(monthly, pl.lit(0, pl.Int64)),
        months_known=pl.when(pl.col("first_bill_day") > 0)
        .then((today - pl.min_horizontal("first_bill_day", pl.lit(today))) // _MONTH_DAYS)
        .otherwise(0)
        .cast(pl.Int64),
    )
    nothing = pl.lit(0, pl.Int64)
    unknown = ("theft_day", "breach_day", "industry_risk")
    return rows.with_columns(
        prepaid_cover_days=_cover_days(),
        use_trend_permille=pl.when(pl.col("collapse").is_null()).then(1000).otherwise("use_permille").cast(pl.Int64),
        use_stopped_days=pl.when(pl.col("collapse") == "stop").then("days_low").otherwise(0).cast(pl.Int64),
        clean_months=_clean_months(today),
        adverse_signal=pl.max_horizontal(
            "adverse_signal", pl.when(pl.col("bankruptcy_day") > 0).then(SIGNAL_RANK["bankruptcy"]).otherwise(0)
        ).cast(pl.Int64),
        signal_day=pl.max_horizontal("signal_day", "bankruptcy_day"),
        # kept by capabilities that are not built yet; a zero is what the tables say today
        **dict.fromkeys(unknown, nothing),
    ).select(
        *BEHAVIOUR_COLUMNS,
        "category",
        "since_day",
        "last_overdue_day",
        "days_overdue",
        "periods_overdue",
        "oldest_due_day",
        "signal_day",
    )


def worst_signals(*, as_of: date, customers: Sequence[int] | None = None) -> pl.DataFrame:
    """The gravest signal that is certain by a day, of each customer that has one, and the day of it.

    Args:
        as_of: The business date; what became known later does not count.
        customers: Customer keys, every customer where None.

    Returns:
        `customer`, `adverse_signal`, `signal_day`.
    """
    ranked = signal_reads.confirmed_facts(as_of=as_of, customers=customers).with_columns(
        adverse_signal=pl.col("kind").replace_strict(SIGNAL_RANK, default=0, return_dtype=pl.Int64)
    )
    return ranked.group_by("customer").agg(
        pl.col("adverse_signal").max(), signal_day=pl.col("signal_day").sort_by("adverse_signal", "signal_day").last()
    )


def reasons_of(facts: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Why accounts have their grade: `behaviour.REASON_COLUMNS`.

    Args:
        facts: As `standing_facts` gives them.
        as_of: The business date.
    """
    return collected(behaviour_reasons(_entry(facts), table=behaviour_table(as_of=as_of).value))


def _entry(facts: pl.DataFrame) -> nw.LazyFrame:
    return checked(nw.from_native(facts.select(BEHAVIOUR_COLUMNS).lazy()), BEHAVIOUR_COLUMNS, rule="behaviour grade")


def _cover_days() -> pl.Expr:
    """Days of usual use that prepaid money, less what is open and not yet billed, still pays."""
    left = pl.col("prepaid_fen") - pl.col("open_fen") - pl.col("unbilled_fen")
    daily = pl.max_horizontal(pl.col("monthly_bill_fen") // _MONTH_DAYS, pl.lit(1, pl.Int64))
    return pl.when("prepaid").then((left // daily).clip(-40_000, 1_000_000)).otherwise(0).cast(pl.Int64)


def _clean_months(today: int) -> pl.Expr:
    since = pl.max_horizontal("since_day", "last_overdue_day")
    return pl.when(since > 0).then((today - since).clip(0) // _MONTH_DAYS).otherwise(0).cast(pl.Int64)


def _keep_moves(moved: pl.DataFrame, facts: pl.DataFrame, *, as_of: date) -> None:
    if moved.is_empty():
        return
    edition = behaviour_table(as_of=as_of)
    of_moved = facts.join(moved.select("account"), on="account", how="semi")
    reasons = (
        reasons_of(of_moved, as_of=as_of)
        .sort("account", "place")
        .group_by("account")
        .agg(reasons=pl.struct("code", "points_lost", "observed", "limit"))
    )
    told = of_moved.select("account", facts=pl.struct(pl.col(BEHAVIOUR_COLUMNS).exclude("account", "as_of_day")))
    rows = (
        moved.join(reasons, on="account", how="left")
        .join(told, on="account", how="left")
        .join(reads.entries_behind(moved["account"], as_of=as_of), on="account", how="left")
    )
    bulk.write(
        rows.select(
            pl.col("account").alias("account_id"),
            pl.lit(as_of).alias("moved_date"),
            pl.col("previous_grade").alias("grade_before"),
            "grade",
            pl.col("total_points").alias("points"),
            "veto_code",
            _json(pl.col("reasons"), "[]").alias("reasons"),
            _json(pl.col("facts"), "{}").alias("facts"),
            _json(pl.col("transactions"), "[]").alias("entries"),
            pl.lit(edition.edition).alias("table_edition"),
        ),
        "zaikong_grademove",
    )


def _keep_standings(graded: pl.DataFrame, *, as_of: date, edition: str) -> None:
    stays = (pl.col("grade") == pl.col("previous_grade")) & (pl.col("since_day") > 0)
    since = pl.when(stays).then(pl.col("since_day")).otherwise(pl.lit(day_number(as_of), pl.Int64))
    reads.replace_standings(
        graded.select(
            pl.col("account").alias("account_id"),
            pl.lit(as_of).alias("as_of_date"),
            "grade",
            pl.col("total_points").alias("points"),
            "veto_code",
            since.cast(pl.Int32).cast(pl.Date).alias("since_date"),
            pl.when(pl.col("last_overdue_day") > 0)
            .then(pl.col("last_overdue_day").cast(pl.Int32).cast(pl.Date))
            .alias("last_overdue_date"),
            pl.lit(edition).alias("table_edition"),
            pl.lit(0, pl.Int64).alias("expected_loss_fen"),
        )
    )


def _json(column: pl.Expr, empty: str) -> pl.Expr:
    """Nested values as JSON text, for a JSON column."""
    text = pl.struct(v=column).struct.json_encode()
    return pl.when(column.is_null()).then(pl.lit(empty)).otherwise(text.str.slice(5, text.str.len_chars() - 6))
