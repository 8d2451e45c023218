"""How long does the night step `balances` take over tables in which every account pays ahead?"""

import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import polars as pl
from django.db import connection, transaction

from zaikong.application.balances.nightly import run_balances
from zaikong.application.bench.balances_engine import money_of
from zaikong.application.bench.parts import Steps
from zaikong.application.bench.population import MONTH, PART_ROWS, parts
from zaikong.sim.draws import Stream
from zaikong.store import bulk
from zaikong.store.models import Evidence, Premise, Station, SupplyPoint
from zaikong.store.queries import balances as reads

FIRST = date(2025, 7, 20)
_SIGNED = "2025-01-01 10:00+08"


def measure_nights(*, accounts: int, seed: int) -> dict[str, Any]:
    """Two nights over the same accounts.

    Returns:
        `first_night` and `second_night`: seconds in all and of the parts, and what each did.
    """
    load = os.getloadavg()[0]
    _open_accounts(accounts, seed=seed)
    first = _night(FIRST)
    _use_a_day(FIRST + timedelta(days=1))
    second = _night(FIRST + timedelta(days=1))
    return {"load_before": round(load, 2), "first_night": first, "second_night": second}


def _night(day: date) -> dict[str, Any]:
    steps = Steps()
    started = perf_counter()
    with _timed_reads(steps), transaction.atomic():
        found = asdict(run_balances(as_of=day))
    seconds = perf_counter() - started
    told = {name: found[name] for name in ("accounts", "below_limit", "crossed", "messages", "withheld")}
    rest = seconds - sum(steps.seconds.values())
    parts_of = {name: round(value, 2) for name, value in steps.seconds.items()} | {"rules and texts": round(rest, 2)}
    return {"seconds": round(seconds, 2), "steps": parts_of, **told, "findings": len(found["findings"])}


class _timed_reads:  # noqa: N801 -- a context manager read as words
    """Counts the time each read and write of the tables takes."""

    _NAMES = (
        "prepaid_accounts",
        "agreed_limits",
        "passed",
        "told",
        "addressed",
        "replace_balances",
        "append_crossings",
        "append_messages",
        "append_balance_messages",
    )

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._before: dict[str, Callable[..., Any]] = {}

    def __enter__(self) -> None:
        for name in self._NAMES:
            self._before[name] = getattr(reads, name)
            setattr(reads, name, self._timed(name, self._before[name]))

    def __exit__(self, *_: object) -> None:
        for name, act in self._before.items():
            setattr(reads, name, act)

    def _timed(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            with self._steps.step(name.replace("_", " ")):
                return act(*given, **named)

        return timed


def _open_accounts(accounts: int, *, seed: int) -> None:
    station = Station.objects.create(code="BENCH", name="bench")
    premise = Premise.objects.create(address="bench", station=station, route="bench")
    low = SupplyPoint.objects.create(premise=premise, voltage="lt1kv").pk
    high = SupplyPoint.objects.create(premise=premise, voltage="10kv").pk
    paper = _paper()
    # made at once in the state they are signed in; nothing measured writes past its triggers
    with transaction.atomic():
        bulk.execute("SET LOCAL session_replication_role = replica")
        for part in parts(accounts, seed=seed, month=MONTH, part_rows=PART_ROWS):
            _write(part, money_of(part, seed=seed), low=low, high=high, paper=paper, seed=seed)
    for table in ("customer", "account", "accountexposure", "accountbalance", "creditstanding", "prepaymentagreement"):
        bulk.execute(f"ANALYZE zaikong_{table}")


def _paper() -> int:
    content = b"bench"
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(sha256(%s), 'hex')", [content])
        sha256 = cursor.fetchone()[0]
    return int(
        Evidence.objects.create(
            kind="signature", sha256=sha256, media_type="application/pdf", content=content, added_at=_SIGNED
        ).pk
    )


def _write(part: pl.DataFrame, money: pl.DataFrame, *, low: int, high: int, paper: int, seed: int) -> None:
    account = pl.col("account")
    whole = part.join(money, on="account")
    number = (4_100_000_000 + account).cast(pl.String)
    bulk.write(
        whole.select(
            account.alias("id"),
            pl.concat_str(pl.lit("户"), number).alias("name"),
            *(pl.lit("").alias(name) for name in ("usci", "id_no", "industry")),
            (13_800_000_000 + account % 99_999_999).cast(pl.String).alias("phone"),
        ),
        "zaikong_customer",
    )
    bulk.write(
        whole.select(
            account.alias("id"),
            number.alias("account_no"),
            account.alias("customer_id"),
            pl.when("high_voltage").then(high).otherwise(low).alias("supply_point_id"),
            "category",
            "book",
            "plan",
            pl.lit("prepaid").alias("payment_mode"),
            pl.lit("none").alias("important_grade"),
            pl.lit(date(2020, 1, 1)).alias("contract_date"),
            pl.lit(0).alias("household_size"),
            pl.lit(value=False).alias("low_income"),
            "power_factor_standard",
            pl.col("centi_contract_demand_kw").alias("contract_demand_centi_kw"),
            pl.lit(1).alias("settlements_a_month"),
            pl.lit(0).alias("late_fee_ppm"),
        ),
        "zaikong_account",
    )
    bulk.write(
        whole.select(account.alias("account_id"), pl.lit(0).alias("receivable_fen"), "prepaid_fen"),
        "zaikong_accountbalance",
    )
    bulk.write(
        whole.select(
            account.alias("account_id"),
            pl.lit(FIRST).alias("as_of_date"),
            *(pl.lit(0).alias(name) for name in _EMPTY),
            (pl.col("average_daily_fen") * Stream.of(seed, "bench.days").below(40, account)).alias("unbilled_fen"),
            "prepaid_fen",
            "average_daily_fen",
            pl.lit(0).alias("billed_recently_fen"),
            pl.lit(FIRST).alias("measured_to_date"),
        ),
        "zaikong_accountexposure",
    )
    bulk.write(
        whole.filter(pl.col("grade") > 0).select(
            account.alias("account_id"),
            pl.lit(FIRST).alias("as_of_date"),
            "grade",
            pl.lit(50).alias("points"),
            pl.lit("").alias("veto_code"),
            pl.lit(FIRST).alias("since_date"),
            pl.lit("2026").alias("table_edition"),
            pl.lit(0).alias("expected_loss_fen"),
        ),
        "zaikong_creditstanding",
    )
    bulk.write(
        whole.select(
            pl.concat_str(pl.lit("B"), account.cast(pl.String)).alias("agreement_no"),
            account.alias("account_id"),
            pl.lit("in_force").alias("state"),
            pl.when("high_voltage")
            .then(pl.lit("hv_days"))
            .when(pl.col("category") == "residential")
            .then(pl.lit("lv_resident"))
            .otherwise(pl.lit("lv_non_resident"))
            .alias("strategy"),
            # one in ten has agreed warnings of its own
            pl.when(account % 10 == 0).then(pl.lit("[8000, 1000]")).otherwise(pl.lit("[]")).alias("warn_fen"),
            pl.lit("[]").alias("warn_days"),
            "overdraft_cap_fen",
            pl.lit(0).alias("old_debt_permille"),
            pl.lit("approved").alias("cut_mode"),
            pl.lit("safe").alias("restore_mode"),
            pl.lit("").alias("phone"),
            pl.lit(_SIGNED).alias("drafted_at"),
            pl.lit(_SIGNED).alias("signed_at"),
            pl.lit("bench").alias("signed_by_name"),
            pl.lit(paper).alias("evidence_id"),
            pl.lit(date(2025, 1, 1)).alias("from_date"),
            pl.lit("").alias("ended_reason"),
        ),
        "zaikong_prepaymentagreement",
    )


_EMPTY = (
    "not_due_fen",
    "days_1_30_fen",
    "days_31_60_fen",
    "days_61_90_fen",
    "over_90_fen",
    "cross_year_fen",
    "open_fen",
    "exposure_fen",
    "exposure_days",
    "periods_open",
)


def _use_a_day(day: date) -> None:
    """Everybody uses a day more, and one in fifty tops up."""
    bulk.execute(
        "UPDATE zaikong_accountexposure SET as_of_date = %s, measured_to_date = %s, "
        "unbilled_fen = unbilled_fen + average_daily_fen",
        [day, day],
    )
    bulk.execute("UPDATE zaikong_accountbalance SET prepaid_fen = prepaid_fen + 20000 WHERE mod(account_id, 50) = 0")
    for table in ("accountexposure", "accountbalance", "prepaidbalance", "balancecrossing", "balancemessage"):
        bulk.execute(f"ANALYZE zaikong_{table}")
