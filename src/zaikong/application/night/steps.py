"""What does each step of the night do? Each returns its manifest: inputs, row counts, control totals."""

from datetime import date
from pathlib import Path
from typing import Any

from zaikong.application import closing, decision_log
from zaikong.application.allocating import apply_prepaid
from zaikong.application.balances.last_notice import order_last_notices
from zaikong.application.balances.nightly import run_balances
from zaikong.application.balances.proposing import propose_due
from zaikong.application.billing.run import run_settlements
from zaikong.application.breaches import find_breaches
from zaikong.application.collection.climbing import climb
from zaikong.application.collection.ledger import end_of_day
from zaikong.application.collection.nightly import run_cases
from zaikong.application.credit.county import score_bills, watch_score
from zaikong.application.exposure import assess_exposure
from zaikong.application.grading import grade_accounts, standing_facts
from zaikong.application.imports import load
from zaikong.application.metering import estimate_missing
from zaikong.application.prepayment.switching import apply_due_switches
from zaikong.application.proving import prove_balances
from zaikong.application.use_watch import watch_use
from zaikong.application.warning import warn
from zaikong.domain.credit.behaviour_table import grade_name
from zaikong.kernel.period import Month
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import closing as closing_reads
from zaikong.store.queries import snapshot as snapshots
from zaikong.store.server import var_folder

_SUFFIXES = (".parquet", ".csv", ".xlsx")


class UnableToProveBalancesError(Refusal):
    """Stored balances or open items differ from what the legs and allocations say."""


def readings(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Take in the day's register values; days without a reading are estimated."""
    taken = _take("readings", business_date, inbox)
    return {**taken, **estimate_missing(night_date=business_date)}


def switches(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Switch the accounts whose day has come between paying ahead and paying afterwards."""
    del inbox
    done = apply_due_switches(as_of=business_date)
    return {"to_prepaid": done.to_prepaid, "to_post_paid": done.to_post_paid, "cancelled": done.cancelled}


def payments(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Take in the day's receipts."""
    return _take("payments", business_date, inbox)


def bills(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Bill every settlement that ends today."""
    del inbox
    runs = run_settlements(run_date=business_date)
    return {
        "runs": [run.key for run in runs],
        "bills": sum(run.bills for run in runs),
        "held": sum(run.held for run in runs),
        "total_fen": sum(run.total_fen for run in runs),
    }


def prepaid(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Let prepaid money pay what is open."""
    del inbox
    applied = apply_prepaid(as_of=business_date)
    return {
        "accounts": applied.accounts,
        "principal_fen": applied.principal_fen,
        "late_fee_fen": applied.late_fee_fen,
    }


def proof(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Rebuild balances and open items; any difference stops the night."""
    del inbox
    findings = prove_balances(as_of=business_date)
    if findings:
        first = findings[0]
        raise UnableToProveBalancesError(
            f"{len(findings)} differences, the first: {first.subject}: {first.message}",
            code="BALANCE_DIFFERS",
            fields={"code": first.code},
            remedy="Stop posting; compare the account's legs with its stored balance before anything else.",
        )
    return {"differences": 0}


def exposure(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Exposure and ageing of every account."""
    del inbox
    frame = assess_exposure(as_of=business_date)
    closing_reads.replace_exposures(frame)
    return {"accounts": frame.height, "exposure_fen": int(frame["exposure_fen"].sum())}


def scores(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Score the bills released today, and watch whether the score still stands."""
    del inbox
    scored = score_bills(issued_date=business_date)
    found = watch_score(as_of=business_date)
    manifest: dict[str, Any] = {"bills": scored.bills, "model_sha256": scored.model_sha256, "mean_ppm": scored.mean_ppm}
    if found is not None:
        manifest |= {"suspended": bool(found.faults), "faults": list(found.faults), "outcomes": found.rows}
    return manifest


def grades(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Behaviour grade, expected loss and warnings of every account."""
    del inbox
    seen = watch_use(as_of=business_date)
    facts = standing_facts(as_of=business_date)
    graded, held = grade_accounts(facts, as_of=business_date)
    warned = warn(facts, held, as_of=business_date)
    return {
        "accounts": graded.accounts,
        "moved": graded.moved,
        "up": graded.up,
        "down": graded.down,
        **{f"grade_{grade_name(number)}": count for number, count in graded.by_grade.items()},
        "use_collapsed": seen.standing,
        "warnings": warned.open,
        **{f"warning_{move}": count for move, count in warned.moves.items()},
        "expected_loss_fen": warned.expected_loss_fen,
    }


def balances(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """What prepaid accounts have left, which thresholds they pass, and whose supply is asked to be cut."""
    del inbox
    found = run_balances(as_of=business_date)
    now = end_of_day(business_date)
    proposed = propose_due(as_of=business_date, at=now)
    unwritten = order_last_notices(at=now)
    return {
        "accounts": found.accounts,
        "below_limit": found.below_limit,
        "available_fen": found.available_fen,
        "estimated_fen": found.estimated_fen,
        **{f"crossed_{kind}": count for kind, count in found.crossed.items()},
        "messages": found.messages,
        **{f"withheld_{why.lower()}": count for why, count in found.withheld.items()},
        "cuts_proposed": proposed.proposed,
        **{f"kept_{why.lower()}": count for why, count in proposed.withheld.items()},
        "findings": len(found.findings) + len(proposed.findings) + len(unwritten),
    }


def cases(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Collection cases: opened, refreshed, closed; promises and agreements the days have decided; ladders."""
    del inbox
    done = run_cases(as_of=business_date)
    return {
        "cases": done.open,
        "opened": done.opened,
        "resumed": done.resumed,
        "changed": done.changed,
        "open_fen": done.open_fen,
        "without_ladder": done.without_ladder,
    }


def ladder(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Tonight's steps of every debt: messages ordered, notices issued, cuts proposed."""
    del inbox
    climbed = climb(as_of=business_date)
    return {
        "debts": climbed.debts,
        "messages": climbed.messages,
        "demands": climbed.demands,
        "stop_notices": climbed.stops,
        "cuts_expired": climbed.expired,
        "cuts_proposed": climbed.proposed,
        "findings": len(climbed.findings),
        **{f"step_{step.lower()}": count for step, count in climbed.steps.items()},
    }


def breaches(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Look for cuts of our own that were wrong or given back too late."""
    del inbox
    found = find_breaches(at=end_of_day(business_date))
    return {"cuts": found.cuts, "new": found.new, "updated": found.updated, "standing": found.standing}


def day_book(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Close the day."""
    del inbox
    figures = closing.close_day(business_date=business_date)
    return {name: figures[name] for name in ("receivable_open_fen", "received_fen", "issued_fen", "exposure_fen")}


def month_close(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Close the month on its last day."""
    del inbox
    month = Month.of(business_date)
    if business_date != month.last_day:
        return {"month": "not its last day"}
    figures = closing.close_month(month=month)
    return {"month": str(month), "days_closed": figures["days_closed"], "settled_fen": figures["settled_fen"]}


def snapshot(*, business_date: date, inbox: Path | None) -> dict[str, Any]:
    """Write the day's account table as Parquet, partitioned by date, and with it the head of the decision log.

    Who keeps the manifest outside this house can show later that no decision of the day was changed.
    """
    del inbox
    folder = var_folder() / "snapshots" / f"date={business_date}"
    last = decision_log.head()
    return {**snapshots.write_accounts(folder), "decision_log_head": f"{last.seq}:{last.hash}"}


def _take(kind: str, business_date: date, inbox: Path | None) -> dict[str, Any]:
    files = _files(kind, inbox)
    manifest: dict[str, Any] = {"files": [file.name for file in files], "rows": 0, "loaded": 0, "rejected": 0}
    for file in files:
        report = load(kind, [file], as_of=business_date, accept_partial=True)
        manifest["rows"] += report.rows
        manifest["loaded"] += report.loaded
        manifest["rejected"] += report.rejected
    return manifest


def _files(kind: str, inbox: Path | None) -> list[Path]:
    if inbox is None or not inbox.is_dir():
        return []
    return sorted(file for file in inbox.glob(f"{kind}*") if file.suffix in _SUFFIXES and ".rejected" not in file.name)
