"""Which cuts of our own were wrong or given back too late, who judges them, and how are they made good? 错停、迟复登记.

`find_breaches` asks the cut rule again with every certificate's own facts and what is known today, looks at every clock of
giving back, and writes down what it finds, once a kind and cut. Whoever decides says why; a breach is confirmed only when
supply is back, so that its hours are known. Another person makes it good: the compensation goes to the customer's prepaid
balance, from where it pays bills or is refunded.

Basis: `domain.feecontrol.breach`; 《电力法》 articles 59 and 60; the company's own table.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.booking import book, event
from zaikong.application.collection.entries import lock_account, require_moment, require_right
from zaikong.application.collection.entries import require_text as required
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.cutting.asking import JURISDICTION
from zaikong.application.decision_log import log_act
from zaikong.application.roles import DECIDE_BREACHES, MAKE_GOOD_BREACHES
from zaikong.application.seeing import scope_of
from zaikong.domain.feecontrol import breach as rule
from zaikong.domain.feecontrol.compensation_table import compensation_on
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts, reasons_of
from zaikong.domain.feecontrol.restoration import restoration_law
from zaikong.domain.law.cutting import CutLaw, cut_law
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.period import MINUTE, moment_number, moment_of_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, CutBreach, Notice, Staff
from zaikong.store.queries import breaches as queries

_State = CutBreach.State
_LONGEST_REASON: Final = 200
_LONGEST_BASIS: Final = 200
_TYPES: Final = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
_NULLABLE: Final = tuple(name for name in CUT_COLUMNS if name != "account")
_COUNTED: Final = ("demand", "approval", "warning")
_FINDING = {
    "cut_order": pl.Int64,
    "breach_kind": pl.String,
    "breach_at": pl.Int64,
    "basis": pl.String,
    "reasons": pl.String,
    "minutes_late": pl.Int64,
}


class UnableToDecideBreachError(Refusal):
    """A breach that cannot be decided so, or by this person."""


class UnableToMakeGoodError(Refusal):
    """A breach that cannot be made good, or not by this person."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look came to.

    Attributes:
        cuts: Cuts looked at.
        new: Breaches found for the first time.
        updated: Breaches found before whose hours or sum have changed.
        standing: Breaches that wait for a decision.
    """

    cuts: int
    new: int
    updated: int
    standing: int


@transaction.atomic
def find_breaches(*, at: datetime) -> Found:
    """Look at every cut ever carried out by what is known now.

    Args:
        at: Now; the last moment that counts for the clocks.

    Returns:
        What was found. Run again at the same moment, nothing changes.
    """
    queries.one_at_a_time()
    cuts = queries.cuts_carried_out(at=at)
    found = pl.concat([_uncertified(cuts), _wrongful(cuts), _late(cuts, at=at)])
    found = _with_sums(found, cuts, at=at)
    known = {
        (row.cut_order_id, row.kind): row
        for row in CutBreach.objects.select_for_update().filter(cut_order__in=cuts["cut_order"].to_list())
    }
    new = updated = 0
    for row in found.sort("cut_order", "breach_kind").iter_rows(named=True):
        stored = known.get((row["cut_order"], row["breach_kind"]))
        if stored is None:
            _write(row, at=at)
            new += 1
        elif stored.state == _State.FOUND and _refresh(stored, row):
            updated += 1
    updated += _found_no_more(known, found)
    standing = CutBreach.objects.filter(state=_State.FOUND).count()
    return Found(cuts=cuts.height, new=new, updated=updated, standing=standing)


@transaction.atomic
def decide_breach(*, breach: int, confirm: bool, reason: str, staff: Staff, at: datetime) -> CutBreach:
    """Confirm a breach, or dismiss it as none.

    Args:
        breach: Its number.
        confirm: Whether it was a breach.
        reason: Why.
        staff: Who decides.
        at: When.

    Raises:
        UnableToDecideBreachError: `NOT_ENTITLED`, `BREACH_UNKNOWN`, `BREACH_DECIDED`, `REASON_MISSING`,
            `MOMENT_TOO_EARLY`, `FOUND_NO_MORE`, `SUPPLY_STILL_OFF`.
    """
    error = UnableToDecideBreachError
    require_right(staff, DECIDE_BREACHES, error=error)
    said = required(reason, name="reason", error=error, longest=_LONGEST_REASON)
    found = _locked(breach, staff, error)
    moment = require_moment(at, error=error, not_before=found.found_at)
    if found.state != _State.FOUND:
        raise error(f"breach {breach} is {found.state}", code="BREACH_DECIDED", remedy="Look at its decision.")
    if confirm and not found.facts.get("stands"):
        raise error(
            "what is known today does not bear it any more, or it has become another kind",
            code="FOUND_NO_MORE",
            fields={"breach": breach},
            remedy="Dismiss it; what it has become stands in the register beside it.",
        )
    if confirm and not found.facts.get("restored"):
        raise error(
            "supply is not known to be back, and the hours still run",
            code="SUPPLY_STILL_OFF",
            fields={"breach": breach},
            remedy="Give supply back, let the register be brought up to date, then decide.",
        )
    found.state = _State.CONFIRMED if confirm else _State.DISMISSED
    found.decided_by, found.decided_at, found.decided_reason = staff, moment, said
    found.save(update_fields=["state", "decided_by", "decided_at", "decided_reason"])
    _log("breach_decided", found, {"confirmed": confirm}, staff=staff, at=moment, reason=said)
    return found


@transaction.atomic
def make_good_breach(*, breach: int, staff: Staff, at: datetime) -> CutBreach:
    """Credit the compensation of a confirmed breach to the customer.

    Args:
        breach: Its number.
        staff: Who does it; not the one who decided.
        at: When.

    Raises:
        UnableToMakeGoodError: `NOT_ENTITLED`, `BREACH_UNKNOWN`, `NOT_CONFIRMED`, `SAME_PERSON`, `MOMENT_TOO_EARLY`.
    """
    error = UnableToMakeGoodError
    require_right(staff, MAKE_GOOD_BREACHES, error=error)
    found = _locked(breach, staff, error)
    if found.state != _State.CONFIRMED:
        raise error(f"breach {breach} is {found.state}", code="NOT_CONFIRMED", remedy="Only a confirmed one, once.")
    if found.decided_by_id == staff.pk:
        raise error("who decided does not make it good", code="SAME_PERSON", remedy="Ask a colleague.")
    moment = require_moment(at, error=error, not_before=found.decided_at)
    row = {"transaction": 1, "account": found.account_id, "amount_fen": found.compensation_fen}
    if found.compensation_fen:
        book(event(pl.DataFrame([row]), "compensation_credited"), booked_date=business_date_of(moment))
    found.state, found.made_good_at, found.made_good_by = _State.COMPENSATED, moment, staff
    found.save(update_fields=["state", "made_good_at", "made_good_by"])
    _log("breach_made_good", found, {"compensation_fen": found.compensation_fen}, staff=staff, at=moment)
    return found


def breach_counts(*, from_at: datetime, to_at: datetime) -> pl.DataFrame:
    """Breaches that happened in a period, for indicators; dismissed ones stand under their state.

    Args:
        from_at: First moment.
        to_at: First moment no longer in it.

    Returns:
        `station`, `breach_kind`, `state`, `breaches`, `minutes_off`, `minutes_late` [min], `compensation_fen` [fen].
    """
    return queries.counts(from_at=from_at, to_at=to_at)


def listed_breaches(*, state: str = "") -> list[CutBreach]:
    """The register, the latest first.

    Args:
        state: Only breaches in this state; all where empty.
    """
    rows = CutBreach.objects.select_related("account").order_by("-breach_at", "-pk")
    return list(rows.filter(state=state) if state else rows)


def _uncertified(cuts: pl.DataFrame) -> pl.DataFrame:
    rows = cuts.filter(pl.col("certificate") == "")
    return rows.select(
        "cut_order",
        breach_kind=pl.lit(rule.NO_CERTIFICATE),
        breach_at="sent_at",
        basis=pl.lit("DESIGN: no cut without a certificate"),
        reasons=pl.lit(""),
        minutes_late=pl.lit(0, pl.Int64),
    )


def _wrongful(cuts: pl.DataFrame) -> pl.DataFrame:
    """Ask the rule again, law by law, once with the money that came and once with all that is known."""
    told = {
        row["cut_order"]: json.loads(row["certificate"])
        for row in cuts.filter(pl.col("certificate") != "").iter_rows(named=True)
    }
    void = _void_notices(told.values())
    rows = [pl.DataFrame(schema=_FINDING)]
    for law, keys in _by_law(told):
        some = {key: told[key] for key in keys}
        known = cuts.filter(pl.col("cut_order").is_in(keys))
        facts, evidence = _facts(some), _evidence(some, void)
        later = _later(known, some, void)
        alone = later.with_columns(late_reversed_fen=pl.lit(0, pl.Int64))
        whole = later.with_columns(hindsight_unpaid_fen="unpaid_with_reversals_fen")
        money = _replayed(facts, alone, evidence, law).select("account", alone_reasons="reasons")
        verdicts = _replayed(facts, whole, evidence, law).join(money, on="account")
        verdicts = verdicts.with_columns(paid_alone=_has_any(pl.col("alone_reasons"), rule.MONEY_REASONS))
        kinds = collected(rule.wrongful(nw.from_native(verdicts.select("account", "reasons", "paid_alone").lazy())))
        told_why = kinds.join(verdicts.select("reasons", cut_order="account"), on="cut_order")
        told_why = told_why.join(known.select("cut_order", "regime", breach_at="sent_at"), on="cut_order")
        rows.append(
            told_why.with_columns(
                basis=pl.struct("breach_kind", "reasons", "regime").map_elements(
                    lambda row: _basis(row, law),  # noqa: B023 -- called at once
                    return_dtype=pl.String,
                ),
                minutes_late=pl.lit(0, pl.Int64),
            ).select(list(_FINDING))
        )
    return pl.concat(rows)


def _late(cuts: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Clocks of giving back, each by the hours of the law of the day its duty began."""
    if cuts.is_empty():
        return pl.DataFrame(schema=_FINDING)
    days = cuts.select(day=pl.max_horizontal("duty_since_at", "sent_at")).unique()["day"].to_list()
    laws = {since: restoration_law(as_of=business_date_of(_local(since)), jurisdiction=JURISDICTION) for since in days}
    known = cuts.with_columns(
        cut_done_at="sent_at",
        restore_ordered=pl.col("restore_order") > 0,
        _since=pl.max_horizontal("duty_since_at", "sent_at"),
    )
    known = known.with_columns(
        restore_hours=pl.col("_since").replace_strict(
            {since: law.value.hours for since, law in laws.items()}, return_dtype=pl.Int64
        ),
        basis=pl.col("_since").replace_strict(
            {since: str(law.basis) for since, law in laws.items()}, return_dtype=pl.String
        ),
    )
    entry = checked(_lazy(known), rule.RESTORE_COLUMNS, rule="late_restores")
    late = collected(rule.late_restores(entry, as_of_at=moment_number(at)))
    return late.join(known.select("cut_order", "basis"), on="cut_order").select(
        "cut_order",
        "breach_kind",
        breach_at="due_by_at",
        basis="basis",
        reasons=pl.lit(""),
        minutes_late="minutes_late",
    )


def _with_sums(found: pl.DataFrame, cuts: pl.DataFrame, *, at: datetime) -> pl.DataFrame:
    """Findings with hours and sums: `minutes_off`, `compensation_fen`, `table`."""
    now = moment_number(at)
    facts = cuts.select(
        "cut_order", "account", "resident", "sent_at", "restore_order", "duty_since_at", "restored_at", "late_money_fen"
    )
    told = found.join(facts, on="cut_order").with_columns(
        minutes_off=(
            (pl.when(pl.col("restored_at") > 0).then("restored_at").otherwise(now) - pl.col("sent_at") + MINUTE - 1)
            // MINUTE
        )
    )
    parts = [told.head(0).with_columns(compensation_fen=pl.lit(0, pl.Int64), table=pl.lit(""))]
    tables = {day: compensation_on(as_of=business_date_of(_local(day))) for day in told["breach_at"].unique().to_list()}
    for edition in dict.fromkeys(version.edition for version in tables.values()):
        days = [day for day, version in tables.items() if version.edition == edition]
        some = told.filter(pl.col("breach_at").is_in(days))
        entry = checked(_lazy(some), rule.OWED_COLUMNS, rule="compensations")
        owed = collected(rule.compensations(entry, table=tables[days[0]].value))
        parts.append(some.join(owed, on=["cut_order", "breach_kind"]).with_columns(table=pl.lit(edition)))
    return pl.concat(parts, how="vertical_relaxed")


def _write(row: Mapping[str, Any], *, at: datetime) -> None:
    CutBreach.objects.create(
        kind=row["breach_kind"],
        account_id=row["account"],
        cut_order_id=row["cut_order"],
        restore_order_id=row["restore_order"] or None,
        breach_at=_local(row["breach_at"]),
        found_at=at,
        basis=row["basis"][:_LONGEST_BASIS],
        facts=_told(row),
        minutes_off=row["minutes_off"],
        minutes_late=row["minutes_late"],
        compensation_fen=row["compensation_fen"],
        compensation_table=row["table"],
    )


def _refresh(stored: CutBreach, row: Mapping[str, Any]) -> bool:
    """Bring hours and sum of a breach nobody has decided up to date; whether anything changed."""
    now = {
        "facts": _told(row),
        "minutes_off": row["minutes_off"],
        "minutes_late": row["minutes_late"],
        "compensation_fen": row["compensation_fen"],
        "restore_order_id": row["restore_order"] or None,
    }
    if all(getattr(stored, name) == value for name, value in now.items()):
        return False
    for name, value in now.items():
        setattr(stored, name, value)
    stored.save(update_fields=[name.removesuffix("_id") for name in now])
    return True


def _found_no_more(known: Mapping[tuple[int, str], CutBreach], found: pl.DataFrame) -> int:
    """Mark breaches nobody has decided that today's look does not find: how many."""
    still = set(found.select("cut_order", "breach_kind").iter_rows())
    gone = [
        row
        for key, row in known.items()
        if row.state == _State.FOUND and key not in still and row.facts.get("stands", True)
    ]
    for row in gone:
        row.facts = row.facts | {"stands": False}
        row.save(update_fields=["facts"])
    return len(gone)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("sent_at", "duty_since_at", "restored_at", "late_money_fen")
    reasons = list(reasons_of(row["reasons"]))
    told = {"reasons": reasons, "stands": True, "restored": row["restored_at"] > 0}
    return told | {name: row[name] for name in names}


def _by_law(told: Mapping[int, Mapping[str, Any]]) -> list[tuple[CutLaw, list[int]]]:
    """Cuts by the law of their day, in the company's place as the certificate names it."""
    laws: list[tuple[CutLaw, list[int]]] = []
    of_day: dict[tuple[int, str], CutLaw] = {}
    for key, document in told.items():
        day = (int(document["as_of_day"]), str(document["jurisdiction"]))
        if day not in of_day:
            on = business_date_of(_local(int(document["facts"]["cut_at"])))
            of_day[day] = cut_law(as_of=on, jurisdiction=day[1])
        law = of_day[day]
        same = next((keys for known, keys in laws if known == law), None)
        if same is None:
            laws.append((law, [key]))
        else:
            same.append(key)
    return laws


def _replayed(facts: pl.DataFrame, later: pl.DataFrame, evidence: pl.DataFrame, law: CutLaw) -> pl.DataFrame:
    entry = checked(_lazy(facts), CUT_COLUMNS, rule="hindsight", nullable=_NULLABLE)
    known = checked(_lazy(later), rule.LATER_COLUMNS, rule="hindsight", nullable=("hindsight_unpaid_fen",))
    proof = checked(_lazy(evidence), EVIDENCE_COLUMNS, rule="hindsight")
    return collected(cut_verdicts(rule.hindsight(entry, known), proof, law=law)).select("account", "reasons")


def _facts(told: Mapping[int, Mapping[str, Any]]) -> pl.DataFrame:
    rows = [
        {"account": key, **{name: document["facts"].get(name) for name in CUT_COLUMNS if name != "account"}}
        for key, document in told.items()
    ]
    schema = {name: _TYPES[dictionary()[name].type] for name in CUT_COLUMNS}
    return pl.DataFrame(rows, schema=schema)


def _evidence(told: Mapping[int, Mapping[str, Any]], void: frozenset[str]) -> pl.DataFrame:
    rows = [
        (key, proof["evidence"], proof["evidence_at"], proof["role"])
        for key, document in told.items()
        for proof in document["proofs"]
        if proof["evidence"] in _COUNTED and not _is_void(proof, void)
    ]
    schema = {name: _TYPES[dictionary()[name].type] for name in EVIDENCE_COLUMNS}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _later(known: pl.DataFrame, told: Mapping[int, Mapping[str, Any]], void: frozenset[str]) -> pl.DataFrame:
    gone = {
        key: {proof["evidence"] for proof in document["proofs"] if _is_void(proof, void)}
        for key, document in told.items()
    }
    return known.with_columns(
        account=pl.col("cut_order"),
        notice_void=pl.col("cut_order").is_in([key for key, what in gone.items() if "notice" in what]),
        final_void=pl.col("cut_order").is_in([key for key, what in gone.items() if "final_notice" in what]),
    )


def _void_notices(told: Any) -> frozenset[str]:
    numbers = {proof["number"] for document in told for proof in document["proofs"] if proof["source"] == "notice"}
    rows = Notice.objects.filter(notice_no__in=numbers, state=Notice.State.VOID)
    return frozenset(rows.values_list("notice_no", flat=True))


def _is_void(proof: Mapping[str, Any], void: frozenset[str]) -> bool:
    return proof["source"] == "notice" and proof["number"] in void


def _has_any(reasons: pl.Expr, words: Sequence[str]) -> pl.Expr:
    return reasons.str.split(",").list.set_intersection(list(words)).list.len() > 0


def _basis(row: Mapping[str, str], law: CutLaw) -> str:
    """The texts behind the conditions a breach of this kind breaks."""
    kind = row["breach_kind"]
    words = rule.VERDICT_KINDS.get(kind, rule.MONEY_REASONS)
    texts = [str(law.basis(word, regime=row["regime"])) for word in reasons_of(row["reasons"]) if word in words]
    return "; ".join(dict.fromkeys(texts))


def _lazy(frame: pl.DataFrame) -> nw.LazyFrame[Any]:
    return nw.from_native(frame.lazy())


def _local(moment: int) -> datetime:
    return moment_of_number(moment)


def _locked(breach: int, staff: Staff, error: type[Refusal]) -> CutBreach:
    rows = CutBreach.objects.select_related("account").filter(scope_of(staff).rows("account"), pk=breach)
    found = rows.first()
    if found is None:
        raise error(f"there is no breach {breach}", code="BREACH_UNKNOWN", remedy="Check the number.")
    lock_account(found.account_id)
    CutBreach.objects.select_for_update().get(pk=breach)
    again: CutBreach = CutBreach.objects.select_related("account").get(pk=breach)
    return again


def _log(kind: str, of: CutBreach, body: Mapping[str, Any], *, staff: Staff, at: datetime, reason: str = "") -> None:
    account: Account = of.account
    told = {"breach": of.pk, "breach_kind": of.kind, "cut_order": of.cut_order_id, **body}
    log_act(
        kind=kind, subject=account.account_no, staff=staff, body=told, as_of=business_date_of(at), reason=reason, at=at
    )
