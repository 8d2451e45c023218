"""Facts of a cut: a sound one of each regime, and the rule asked about any number of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts, reasons_of
from zaikong.domain.law.cutting import CutLaw, cut_law
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.period import day_number, moment_number

TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
LAW = cut_law(as_of=date(2024, 4, 2))
COMPANY = cut_law(as_of=date(2024, 4, 2), jurisdiction="cn.henan.county")
AT = datetime(2024, 4, 2, 10, 0)


def moment(text: str) -> int:
    """`2024-04-02T10:00` as a moment number."""
    return moment_number(datetime.fromisoformat(text))


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def before(**span: float) -> int:
    """A moment so long before the cut."""
    return moment_number(AT - timedelta(**span))


POST_PAID: Mapping[str, Any] = {
    "account": 1,
    "cut_at": moment_number(AT),
    "regime": "post_paid",
    "resident": True,
    "important_user": "none",
    "oldest_due_day": day("2024-03-01"),
    "unpaid_fen": 50_000,
    "demands_known": True,
    "notice_at": moment("2024-03-28T09:00"),
    "final_notice_at": moment("2024-04-02T09:25"),
    "approvals_known": True,
    "copied_at": None,
    "disputed": False,
    "in_transit": False,
    "instalment_honoured": False,
    "protected": False,
    "vulnerable_reviewed": True,
    "quiet_window": False,
    "agreement_signed": None,
    "available_fen": None,
    "overdraft_limit_fen": None,
    "warnings_known": None,
    "human_confirmed": None,
}
POST_PAID_PROOF = (("demand", moment("2024-03-05T09:00"), ""), ("approval", 0, "manager"))

PREPAID: Mapping[str, Any] = dict.fromkeys(CUT_COLUMNS) | {
    "account": 1,
    "cut_at": moment_number(AT),
    "regime": "prepaid",
    "resident": True,
    "important_user": "none",
    "final_notice_at": moment("2024-04-02T09:00"),
    "disputed": False,
    "in_transit": False,
    "protected": False,
    "vulnerable_reviewed": True,
    "quiet_window": False,
    "agreement_signed": True,
    "available_fen": -320,
    "overdraft_limit_fen": 0,
    "warnings_known": True,
    "human_confirmed": True,
}
PREPAID_PROOF = (("warning", moment("2024-03-30T08:00"), ""),)

Proof = tuple[str, int, str]


def facts_table(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    schema = {name: TYPES[dictionary()[name].type] for name in CUT_COLUMNS}
    return pl.DataFrame([dict(row) for row in rows], schema=schema)


def proof_table(rows: Iterable[tuple[int, str, int, str]]) -> pl.DataFrame:
    schema = {name: TYPES[dictionary()[name].type] for name in EVIDENCE_COLUMNS}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def verdicts(
    rows: Sequence[Mapping[str, Any]], proof: Iterable[tuple[int, str, int, str]], law: CutLaw = LAW
) -> dict[int, dict[str, Any]]:
    """Verdict by account, through the engine's entry."""
    facts = checked(
        nw.from_native(facts_table(rows).lazy()), CUT_COLUMNS, rule="cut_verdicts", nullable=CUT_COLUMNS[1:]
    )
    evidence = checked(nw.from_native(proof_table(proof).lazy()), EVIDENCE_COLUMNS, rule="cut_verdicts")
    answer = cut_verdicts(facts, evidence, law=law).collect().rows(named=True)
    return {row["account"]: row for row in answer}


def judged(
    base: Mapping[str, Any] = POST_PAID, *, proof: Iterable[Proof] | None = None, law: CutLaw = LAW, **changed: Any
) -> tuple[str, ...]:
    """Reasons against one cut; `ALLOWED` alone where there is none."""
    sound = POST_PAID_PROOF if base is POST_PAID else PREPAID_PROOF
    rows = [(1, *row) for row in (sound if proof is None else proof)]
    verdict = verdicts([{**base, **changed}], rows, law)[1]
    assert verdict["allowed"] == (verdict["reasons"] == "")
    return reasons_of(verdict["reasons"]) or ("ALLOWED",)
