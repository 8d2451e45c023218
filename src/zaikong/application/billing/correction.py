"""How is a released bill put right? 退补: the bill is reversed whole, and a new one is rated from the facts as they are.

A bill is never changed. Its reversal carries every line negated and points at it; what was paid on it becomes prepaid
money of the same account, and pays the new bill first. Bills of later months that counted this one's use towards annual
steps are not touched: they are corrected one by one where the step edge moved.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application import allocating
from zaikong.application.billing.drafts import rate_again
from zaikong.application.billing.rated import RatedFrames, rate_frame
from zaikong.application.collection.ledger import end_of_day, ledger_moved
from zaikong.application.decision_log import log_act
from zaikong.application.posting import post_bills
from zaikong.application.voiding import void_items
from zaikong.domain.billing.correction import reversed_bills, reversed_lines
from zaikong.domain.billing.schedule import Settlement, due_date
from zaikong.engine.answers import collected
from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Bill, BillRun, Staff
from zaikong.store.queries import reversals as reads
from zaikong.store.queries import settlements as settlement_reads


class UnableToCorrectBillError(Refusal):
    """A bill cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction did.

    Attributes:
        reversal: Number of the reversing bill.
        rebill: Number of the new bill, or None.
        difference_fen: New total less the old [fen]; negative is money back to the customer.
        freed_fen: Money taken off the old bill and kept as prepaid [fen].
    """

    reversal: int
    rebill: int | None
    difference_fen: int
    freed_fen: int


def correct_bill(
    bill_id: int,
    *,
    staff: Staff,
    reason: str,
    as_of: date,
    use_centi_kwh: Mapping[str, int] | None = None,
    rebill: bool = True,
) -> Correction:
    """Reverse a bill and rate it again.

    Args:
        bill_id: The bill.
        staff: Who decides.
        reason: Why.
        as_of: Business date both new bills are issued and booked on.
        use_centi_kwh: Use by register (`sharp`, `peak`, `flat`, `valley`) in place of what the daily use says
            [0.01 kWh].
        rebill: Whether a new bill replaces it.

    Raises:
        UnableToCorrectBillError: No such bill, reversed before, itself a reversal, settled in a closing bill, not to be
            rated again, or no reason.
    """
    if not reason.strip():
        raise UnableToCorrectBillError("a reason is missing", code="REASON_MISSING", remedy="Say why.")
    with transaction.atomic():
        bill = _standing(bill_id)
        run = BillRun.objects.create(
            key=f"correction/{bill_id}",
            kind=BillRun.Kind.CORRECTION,
            month=bill.month,
            run_date=as_of,
            manifest={"reason": reason.strip(), "staff": staff.get_username()},
        )
        reversal = _reverse(bill_id, run_id=run.pk, as_of=as_of)
        freed = void_items([bill_id], booked_date=as_of)
        total, number = _bill_again(bill, use_centi_kwh, run_id=run.pk, as_of=as_of) if rebill else (0, None)
        allocating.apply_prepaid(as_of=as_of, accounts=[bill.account_id])
        nothing_paid = pl.DataFrame({"account": [bill.account_id], "amount_fen": [0]})
        ledger_moved(nothing_paid, at=end_of_day(as_of))
        BillRun.objects.filter(pk=run.pk).update(bills=1 + bool(number), total_fen=total - bill.total_fen)
        done = Correction(reversal, number, total - bill.total_fen, freed)
        body, subject = {"bill": bill_id, **asdict(done)}, bill.account.account_no
        log_act(kind="bill_corrected", subject=subject, staff=staff, body=body, as_of=as_of, reason=reason)
        return done


def _standing(bill_id: int) -> Bill:
    bill = Bill.objects.filter(pk=bill_id).first()
    if bill is None:
        raise UnableToCorrectBillError(
            f"there is no bill {bill_id}", code="BILL_UNKNOWN", fields={"bill": bill_id}, remedy="Look again."
        )
    Account.objects.select_for_update().get(pk=bill.account_id)
    if bill.kind == Bill.Kind.REVERSAL or Bill.objects.filter(reverses=bill).exists():
        raise UnableToCorrectBillError(
            f"bill {bill_id} is reversed or a reversal",
            code="BILL_REVERSED",
            fields={"bill": bill_id},
            remedy="Correct the bill that stands.",
        )
    if bill.kind == Bill.Kind.INTERIM and _is_closed(bill):
        raise UnableToCorrectBillError(
            f"bill {bill_id} is settled in the closing bill of {bill.month}",
            code="BILL_CLOSED",
            fields={"bill": bill_id},
            remedy="Correct the closing bill.",
        )
    return bill


def _is_closed(bill: Bill) -> bool:
    return Bill.objects.filter(
        account_id=bill.account_id, month=bill.month, kind=Bill.Kind.CLOSING, reversals__isnull=True
    ).exists()


def _reverse(bill_id: int, *, run_id: int, as_of: date) -> int:
    bill, lines = reads.bill_row(bill_id), reads.bill_lines(bill_id)
    reversal = collected(reversed_bills(_lazy(bill))).with_columns(
        settlement="bill",
        ledger_fund_fen=-pl.col("posted_fund_fen"),
        due_day=pl.lit(day_number(as_of), pl.Int64),
    )
    amounts = collected(reversed_lines(_lazy(lines))).with_columns(settlement=pl.lit(bill_id, pl.Int64))
    posted = post_bills(reversal.drop("bill"), amounts, run_id=run_id, issued_date=as_of)
    return int(posted["bill"][0])


def _lazy(frame: pl.DataFrame) -> nw.LazyFrame:
    return nw.from_native(frame.lazy())


def _bill_again(
    bill: Bill, use_centi_kwh: Mapping[str, int] | None, *, run_id: int, as_of: date
) -> tuple[int, int | None]:
    count = Account.objects.get(pk=bill.account_id).settlements_a_month
    kind = bill.kind if bill.kind in {Bill.Kind.INTERIM, Bill.Kind.CLOSING} else "periodic"
    settlement = Settlement(count, bill.sequence, kind, bill.from_date, bill.to_date)
    frame, rated = rate_again(bill.account_id, settlement)
    if use_centi_kwh is not None:
        rated = _rate_with(frame, use_centi_kwh, settlement)
    if rated.bills.is_empty():
        codes = ", ".join(rated.unrated["code"].to_list()) or "no settlement"
        raise UnableToCorrectBillError(
            f"the new bill cannot be rated: {codes}",
            code="REBILL_UNRATED",
            fields={"bill": bill.pk},
            remedy="Mend the account's tariff or give the use, then correct again.",
        )
    renamed = rated.bills.with_columns(
        # a closing bill takes off the interim bills of its month: the new one must be found among them
        kind=pl.lit("rebill" if kind == "periodic" else kind),
        due_day=pl.lit(day_number(due_date(as_of, kind=kind)), pl.Int64),
        # the reversal took this bill's place in the run; the new bill stands behind it
        sequence=pl.col("sequence") + _BEHIND,
    )
    posted = post_bills(renamed, rated.lines, run_id=run_id, issued_date=as_of)
    return int(posted["total_fen"][0]), int(posted["bill"][0])


_BEHIND = 100
"""Sequence numbers of back-bills begin after this one."""


def _rate_with(frame: pl.DataFrame, use_centi_kwh: Mapping[str, int], settlement: Settlement) -> RatedFrames:
    unknown = set(use_centi_kwh) - set(REGISTERS)
    if unknown:
        raise UnableToCorrectBillError(
            f"no register {', '.join(sorted(unknown))}",
            code="REGISTER_UNKNOWN",
            fields={"use_centi_kwh": sorted(unknown)},
            remedy=f"Registers are {', '.join(REGISTERS)}.",
        )
    used = {f"{name}_centi_kwh": pl.lit(use_centi_kwh.get(name, 0), pl.Int64) for name in REGISTERS}
    month = int(frame["month"][0])
    interim = settlement_reads.billed_in(month) if settlement.kind == "closing" else None
    return rate_frame(
        frame.with_columns(**used, centi_kwh=pl.lit(sum(use_centi_kwh.values()), pl.Int64)), interim=interim
    )
