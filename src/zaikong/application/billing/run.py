"""How does a bill run go: who settles today, what do the checks hold, what is posted?

A run is keyed by month, settlements a month and sequence: run twice, posted once. Rating, checks, held drafts, bills,
lines, open items and legs are one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models.functions import Now

from zaikong.application.billing.checking import check_bills
from zaikong.application.billing.rated import RatedFrames, lines_of, rate_frame
from zaikong.application.billing.settlements import settlement_frame
from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.domain.billing.schedule import Settlement, due_date, settlements_ending
from zaikong.kernel.period import Month, day_number
from zaikong.store import bulk
from zaikong.store.models import BillRun
from zaikong.store.queries import settlements as reads


@dataclass(frozen=True, slots=True)
class BillRunReport:
    """What a run did.

    Attributes:
        key: Run key.
        skipped: It was posted before.
        bills: Bills posted.
        held: Drafts held.
        total_fen: Total posted [fen].
        findings: Check code to count.
    """

    key: str
    skipped: bool
    bills: int
    held: int
    total_fen: int
    findings: Mapping[str, int]


def run_settlements(*, run_date: date) -> list[BillRunReport]:
    """Bill every settlement that ends on a day; one that no account has makes no run."""
    counts = set(reads.account_terms()["settlements_a_month"])
    return [
        bill_settlement(settlement, run_date=run_date)
        for settlement in settlements_ending(run_date)
        if settlement.settlements_a_month in counts
    ]


def bill_settlement(settlement: Settlement, *, run_date: date) -> BillRunReport:
    """Bill one settlement of all accounts that settle so often, once."""
    month = Month.of(settlement.from_date)
    key = f"{month}/{settlement.settlements_a_month}-{settlement.sequence}"
    with transaction.atomic():
        run, _ = BillRun.objects.get_or_create(
            key=key, defaults={"kind": _kind(settlement), "month": month.number, "run_date": run_date}
        )
        run = BillRun.objects.select_for_update().get(pk=run.pk)
        if run.posted_at is not None:
            return BillRunReport(key, True, run.bills, run.held, run.total_fen, run.manifest.get("findings", {}))
        frame = settlement_frame(settlement)
        interim = reads.billed_in(month.number) if settlement.kind == "closing" else None
        return _post_run(run, frame, rate_frame(frame, interim=interim), run_date=run_date)


def _kind(settlement: Settlement) -> str:
    return str(BillRun.Kind.INTERIM if settlement.kind == "interim" else BillRun.Kind.MONTHLY)


def _post_run(run: BillRun, frame: pl.DataFrame, rated: RatedFrames, *, run_date: date) -> BillRunReport:
    findings = check_bills(frame, rated, month=run.month)
    write_findings(run.pk, findings)
    held = findings.filter(pl.col("severity") == "hold")["account"].unique()
    kept = rated.bills.filter(pl.col("account").is_in(held.implode()))
    free = rated.bills.filter(~pl.col("account").is_in(held.implode()))
    write_drafts(run.pk, kept, rated.lines, unrated_settlements(frame, rated))
    due = day_number(due_date(run_date, kind=_due_kind(frame)))
    posted = post_bills(
        free.with_columns(due_day=pl.lit(due, pl.Int64)),
        lines_of(rated.lines, free["settlement"].to_list()),
        run_id=run.pk,
        issued_date=run_date,
    )
    counts = findings.group_by("code").len().sort("code")
    report = BillRunReport(
        key=run.key,
        skipped=False,
        bills=posted.height,
        held=kept.height + rated.unrated.height,
        total_fen=int(posted["total_fen"].sum() or 0),
        findings=dict(counts.iter_rows()),
    )
    _close_run(run, report, frame)
    return report


def _due_kind(frame: pl.DataFrame) -> str:
    return str(frame["kind"][0]) if frame.height else "periodic"


def _close_run(run: BillRun, report: BillRunReport, frame: pl.DataFrame) -> None:
    BillRun.objects.filter(pk=run.pk).update(
        posted_at=Now(),
        bills=report.bills,
        held=report.held,
        total_fen=report.total_fen,
        manifest={
            "settlements": frame.height,
            "centi_kwh": int(frame["centi_kwh"].sum() or 0),
            "findings": dict(report.findings),
        },
    )


def write_findings(run_id: int, findings: pl.DataFrame) -> None:
    """Keep what the checks found."""
    bulk.write(
        findings.select(
            pl.lit(run_id).alias("run_id"),
            pl.col("account").alias("account_id"),
            "month",
            "code",
            "severity",
            "observed",
            "limit",
        ),
        "zaikong_billfinding",
    )


def unrated_settlements(frame: pl.DataFrame, rated: RatedFrames) -> pl.DataFrame:
    """Settlements without a bill, as bills of nothing, so that a draft waits for each."""
    missing = frame.join(rated.unrated.select("settlement"), on="settlement", how="semi")
    zeros: dict[str, Any] = {
        name: pl.lit(0, pl.Int64) for name in RATED_AMOUNTS if name not in frame.columns or name.endswith("_fen")
    }
    return missing.with_columns(verified=pl.lit(False), **zeros)


def write_drafts(run_id: int, kept: pl.DataFrame, lines: pl.DataFrame, unrated: pl.DataFrame) -> None:
    """Keep held bills with their lines until a person decides."""
    import json  # noqa: PLC0415 -- only for drafts

    columns = ["account", "month", "sequence", "kind", "from_day", "to_day", "book", "plan", "verified", *RATED_AMOUNTS]
    drafts = pl.concat([kept.select("settlement", *columns), unrated.select("settlement", *columns)])
    if drafts.is_empty():
        return
    texts = {
        key[0]: json.dumps(part.drop("settlement").to_dicts(), ensure_ascii=False)
        for key, part in lines_of(lines, drafts["settlement"].to_list())
        .partition_by("settlement", as_dict=True)
        .items()
    }
    bulk.write(
        drafts.select(
            pl.lit(run_id).alias("run_id"),
            pl.col("account").alias("account_id"),
            "month",
            "sequence",
            "kind",
            pl.col("from_day").cast(pl.Int32).cast(pl.Date).alias("from_date"),
            pl.col("to_day").cast(pl.Int32).cast(pl.Date).alias("to_date"),
            "book",
            "plan",
            "verified",
            *RATED_AMOUNTS,
            pl.lit("held").alias("state"),
            pl.col("settlement").replace_strict(texts, default="[]", return_dtype=pl.String).alias("lines"),
            pl.lit("").alias("reason"),
        ),
        "zaikong_billdraft",
    )
