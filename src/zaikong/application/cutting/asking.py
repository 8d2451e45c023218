"""May supply to these accounts be cut at this moment? The facts of the tables, put to the one rule.

Basis: `domain.feecontrol.cut_off`; the law of the day of the cut, in the jurisdiction of this company.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts, reasons_of
from zaikong.domain.law.cutting import CutLaw, cut_law
from zaikong.domain.law.parameters import QuietWindows, in_law
from zaikong.domain.law.protection import MOMENT_COLUMNS, QUIET_DAY_COLUMNS, quiet_days, quiet_moments
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.dated import Basis
from zaikong.kernel.period import TIME_ZONE, day_number, moment_number
from zaikong.store.queries import cut_facts as queries

JURISDICTION = "cn.henan.county"
"""The place of the company whose law decides."""

_NULLABLE = tuple(name for name in CUT_COLUMNS if name != "account")
_COUNTED = ("demand", "warning", "approval")
_TYPES = {"account": pl.Int64, "evidence": pl.String, "evidence_at": pl.Int64, "role": pl.String}


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition that failed.

    Attributes:
        reason: One of `domain.law.cutting.REASONS`.
        basis: What asks for the condition.
    """

    reason: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rule says of one account.

    Attributes:
        account: Account.
        account_no: Its number.
        at: The moment asked for.
        allowed: Whether supply may be cut then.
        failed: Every condition that failed, in the order of the law module.
        missing: Facts that are not known.
        facts: What the rule was asked with, by column.
        protected_by: Reasons of protection that stand.
        notice: The notice of cutting that counts, if any.
        proofs: Rows of proof, as `store.queries.cut_facts.PROOFS` without the account.
    """

    account: int
    account_no: str
    at: datetime
    allowed: bool
    failed: tuple[Failed, ...]
    missing: tuple[str, ...]
    facts: Mapping[str, Any]
    protected_by: tuple[str, ...]
    notice: int | None
    proofs: tuple[Mapping[str, Any], ...]


@transaction.atomic
def may_cut(asked: Iterable[tuple[int, int | None]], *, at: datetime, jurisdiction: str = JURISDICTION) -> list[Answer]:
    """Ask the rule.

    Args:
        asked: Account and the cut order whose notice and approvals count; None for the newest notice and no approval.
        at: The moment of the cut.
        jurisdiction: The company's place.

    Returns:
        One answer an account, in the order of accounts.
    """
    rows = list(asked)
    if not rows:
        return []
    law = cut_law(as_of=at.astimezone(TIME_ZONE).date(), jurisdiction=jurisdiction)
    final_by = at - timedelta(
        minutes=max(law.resident.final_minutes, law.other.final_minutes, law.prepaid_final_minutes)
    )
    question = pl.DataFrame(rows, schema={"account": pl.Int64, "cut_order": pl.Int64}, orient="row")
    queries.stage(question, at=at, final_by=final_by)
    stored, proofs = queries.facts(), queries.proofs()
    facts = _facts(stored, at=at, jurisdiction=jurisdiction)
    verdicts = collected(
        cut_verdicts(
            checked(nw.from_native(facts.lazy()), CUT_COLUMNS, rule="cut_verdicts", nullable=_NULLABLE),
            checked(nw.from_native(_evidence(proofs).lazy()), EVIDENCE_COLUMNS, rule="cut_verdicts"),
            law=law,
        )
    )
    rows_of = _by_account(proofs)
    told = stored.join(verdicts, on="account").sort("account")
    asked_with = {row["account"]: row for row in facts.iter_rows(named=True)}
    return [
        _answer(row, asked_with[row["account"]], rows_of.get(row["account"], ()), law=law, at=at)
        for row in told.iter_rows(named=True)
    ]


def _facts(stored: pl.DataFrame, *, at: datetime, jurisdiction: str) -> pl.DataFrame:
    timed = stored.with_columns(cut_at=pl.lit(moment_number(at), pl.Int64))
    quiet = _quiet(timed.select(list(MOMENT_COLUMNS)), at=at, jurisdiction=jurisdiction)
    return (
        timed.join(quiet, on="account", how="left")
        .with_columns(
            demands_known=pl.lit(value=True),
            approvals_known=pl.lit(value=True),
            protected=pl.col("protected_by") != "",
        )
        .select(list(CUT_COLUMNS))
    )


def _quiet(moments: pl.DataFrame, *, at: datetime, jurisdiction: str) -> pl.DataFrame:
    on = at.astimezone(TIME_ZONE).date()
    law = in_law(QuietWindows, as_of=on, jurisdiction=jurisdiction).value
    today = day_number(on)
    days = pl.DataFrame(
        list(quiet_days(today, today + 1, law=law)),
        schema={"day": pl.Int64, "quiet_reason": pl.String},
        orient="row",
    ).select(list(QUIET_DAY_COLUMNS))
    answer = quiet_moments(nw.from_native(moments.lazy()), nw.from_native(days.lazy()), law=law)
    return collected(answer).select("account", "quiet_window")


def _evidence(proofs: pl.DataFrame) -> pl.DataFrame:
    return proofs.filter(pl.col("evidence").is_in(_COUNTED)).select(list(EVIDENCE_COLUMNS)).cast(_TYPES)  # type: ignore[arg-type] # a schema by name


def _by_account(proofs: pl.DataFrame) -> dict[int, tuple[Mapping[str, Any], ...]]:
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in proofs.iter_rows(named=True):
        found.setdefault(row.pop("account"), []).append(row)
    return {account: tuple(rows) for account, rows in found.items()}


def _answer(
    row: Mapping[str, Any],
    facts: Mapping[str, Any],
    proofs: tuple[Mapping[str, Any], ...],
    *,
    law: CutLaw,
    at: datetime,
) -> Answer:
    return Answer(
        account=row["account"],
        account_no=row["account_no"],
        at=at,
        allowed=row["allowed"],
        failed=tuple(Failed(word, law.basis(word, regime=facts["regime"])) for word in reasons_of(row["reasons"])),
        missing=reasons_of(row["missing"]),
        facts=facts,
        protected_by=reasons_of(row["protected_by"]),
        notice=row["notice"],
        proofs=proofs,
    )
