"""How long until rated bills stand in the ledger?

Settlements are read from Parquet, rated, checked and posted by the verbs of every bill run, each month in one
transaction that is durable when it ends. A month before the first gives the checks a history to compare with. What was
written is counted afterwards, and a difference is an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

import polars as pl
from django.db import connection, transaction

from zaikong.application.bench.database import bytes_written
from zaikong.application.bench.parts import Steps
from zaikong.application.bench.population import PART_ROWS, parts, with_facts, write_population
from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.application.billing.checking import check_bills
from zaikong.application.billing.rated import RatedFrames, lines_of, rate_frame
from zaikong.application.billing.run import unrated_settlements, write_drafts, write_findings
from zaikong.application.posting import post_bills
from zaikong.domain.billing.schedule import due_date
from zaikong.kernel.period import Month, day_number
from zaikong.store import bulk
from zaikong.store.models import BillRun, Customer, Premise, Station, SupplyPoint

FIRST_MONTH = Month(2025, 5)
"""Posted before the clock runs; the months after it are measured."""

MOST_MONTHS = 6
"""Months measured at most: the business book ends with the year."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What one month's posting did.

    Attributes:
        seconds: From the first byte read to the commit.
        steps: Seconds of the steps.
        bills: Bills posted.
        lines: Lines posted.
        legs: Ledger legs posted.
        held: Settlements a check held back.
        findings: Findings written.
        total_fen: Sum of the bills [fen].
        bytes_in: Settlements read [byte].
        bytes_database: Growth of the tables and their indexes [byte].
        bytes_log: Write-ahead log of the server meanwhile [byte].
    """

    seconds: float
    steps: dict[str, float]
    bills: int
    lines: int
    legs: int
    held: int
    findings: int
    total_fen: int
    bytes_in: int
    bytes_database: int
    bytes_log: int


def post_months(folder: Path, *, accounts: int, months: int, seed: int) -> Iterator[Posted]:
    """Post one month after another.

    Args:
        folder: For the settlements.
        accounts: How many accounts.
        months: Months to measure, at most `MOST_MONTHS`.
        seed: Seed of every choice.

    Yields:
        One row a month measured.

    Raises:
        UnableToMeasureError: The tables do not hold what was posted.
    """
    _open_accounts(accounts, seed=seed)
    for place in range(months + 1):
        month = FIRST_MONTH.shifted(place)
        files = write_population(folder / str(month), accounts=accounts, seed=seed, month=month)
        posted = _post_month(files, month, seed=seed)
        for file in files:
            file.unlink()
        if place:
            yield posted


def _open_accounts(accounts: int, *, seed: int) -> None:
    """Every account with its own number, all at one place."""
    station = Station.objects.create(code="BENCH", name="bench")
    premise = Premise.objects.create(address="bench", station=station, route="bench")
    point = SupplyPoint.objects.create(premise=premise)
    customer = Customer.objects.create(name="bench")
    for part in parts(accounts, seed=seed, month=FIRST_MONTH, part_rows=PART_ROWS):
        facts = with_facts(part, seed=seed)
        bulk.write(
            facts.select(
                pl.col("account").alias("id"),
                (4_100_000_000 + pl.col("account")).cast(pl.String).alias("account_no"),
                pl.lit(customer.pk).alias("customer_id"),
                pl.lit(point.pk).alias("supply_point_id"),
                "category",
                "book",
                "plan",
                pl.lit("post_paid").alias("payment_mode"),
                pl.lit("none").alias("important_grade"),
                pl.lit(date(2020, 1, 1)).alias("contract_date"),
                pl.lit(0).alias("household_size"),
                pl.lit(False).alias("low_income"),
                "power_factor_standard",
                pl.col("centi_contract_demand_kw").alias("contract_demand_centi_kw"),
                pl.lit(1).alias("settlements_a_month"),
                pl.lit(0).alias("late_fee_ppm"),
            ),
            "zaikong_account",
        )
    bulk.execute("ANALYZE zaikong_account")


def _post_month(files: list[Path], month: Month, *, seed: int) -> Posted:
    bytes_in = sum(file.stat().st_size for file in files)
    settlements = pl.scan_parquet(files).collect().height
    before, steps, started = bytes_written(), Steps(), perf_counter()
    with transaction.atomic():
        run = BillRun.objects.create(key=f"bench/{month}", kind="monthly", month=month.number, run_date=month.end)
        with steps.step("read"):
            frame = with_facts(pl.read_parquet(files), seed=seed)
        with steps.step("rate"):
            rated = rate_frame(frame)
        with steps.step("check"):
            findings = check_bills(frame, rated, month=month.number)
        with steps.step("hold"):
            free, held = _held_back(run.pk, frame, rated, findings, month=month)
            lines = lines_of(rated.lines, free["settlement"].to_list())
        with steps.step("post"):
            posted = post_bills(free, lines, run_id=run.pk, issued_date=month.end)
        counts = (posted.height, lines.height, int(posted["total_fen"].sum()))
        del frame, rated, free, lines, posted
        commit = perf_counter()
    steps.seconds["commit"] = perf_counter() - commit
    seconds, after = perf_counter() - started, bytes_written()
    if counts[0] + held != settlements:
        raise _wrong("settlements", settlements, counts[0] + held)
    return Posted(
        seconds=seconds,
        steps=steps.seconds,
        bills=counts[0],
        lines=counts[1],
        legs=_verified(run.pk, month, *counts),
        held=held,
        findings=findings.height,
        total_fen=counts[2],
        bytes_in=bytes_in,
        bytes_database=after["database"] - before["database"],
        bytes_log=after["log"] - before["log"],
    )


def _held_back(
    run_id: int, frame: pl.DataFrame, rated: RatedFrames, findings: pl.DataFrame, *, month: Month
) -> tuple[pl.DataFrame, int]:
    write_findings(run_id, findings)
    held = findings.filter(pl.col("severity") == "hold").select("account").unique()
    kept = rated.bills.join(held, on="account", how="semi")
    write_drafts(run_id, kept, rated.lines, unrated_settlements(frame, rated))
    due = day_number(due_date(month.end, kind="periodic"))
    free = rated.bills.join(held, on="account", how="anti").with_columns(due_day=pl.lit(due, pl.Int64))
    return free, kept.height + rated.unrated.height


def _verified(run_id: int, month: Month, bills: int, lines: int, total_fen: int) -> int:
    """Count what stands in the tables; returns the legs of the month."""
    booked = month.end
    _same("bills", "SELECT count(*), sum(total_fen) FROM zaikong_bill WHERE run_id = %s", [run_id], (bills, total_fen))
    _same(
        "lines",
        "SELECT count(*), sum(amount_fen) FROM zaikong_billline l JOIN zaikong_bill b ON b.id = l.bill_id WHERE run_id = %s",
        [run_id],
        (lines, total_fen),
    )
    _same(
        "receivable",
        "SELECT sum(amount_fen) FILTER (WHERE gl = '1122'), sum(amount_fen) FROM zaikong_leg WHERE booked_date = %s",
        [booked],
        (total_fen, 0),
    )
    _same(
        "open items",
        "SELECT sum(open_fen) FROM zaikong_openitem o JOIN zaikong_bill b ON b.id = o.bill_id WHERE run_id = %s",
        [run_id],
        (total_fen,),
    )
    _same(
        "balances",
        "SELECT sum(receivable_fen) - (SELECT sum(total_fen) FROM zaikong_bill), sum(prepaid_fen) FROM zaikong_accountbalance",
        [],
        (0, 0),
    )
    return int(_row("SELECT count(*) FROM zaikong_leg WHERE booked_date = %s", [booked])[0])


def _row(query: str, params: list[object]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return tuple(int(value or 0) for value in cursor.fetchone())


def _same(what: str, query: str, params: list[object], expected: tuple[int, ...]) -> None:
    found = _row(query, params)
    if found != expected:
        raise _wrong(what, expected, found)


def _wrong(what: str, expected: object, found: object) -> UnableToMeasureError:
    return UnableToMeasureError(
        f"{what}: {found} stand in the tables, {expected} were posted",
        code="POSTING_WRONG",
        fields={"what": what},
        remedy="This is a fault of the program; please report it with the command you ran.",
    )
