"""Which balanced legs does a business event write?

Money taken stands first on a holding account, 待分配 for a known payer (`224101`), 未识别 for an unknown one
(`224102`), and leaves it as bills, late fees or prepaid money take it; so a payment, its way to the bank and what it
settled are undone each on its own. Receivables carry the tax-inclusive bill. A late fee is booked when it is
collected; a waiver moves memorandum accounts only. Money refunded of a top-up that bounced afterwards is claimed back
(`1221`): the claim fills the prepaid balance the undoing empties. Debit is positive, credit negative, a transaction sums to zero.

Basis: 《企业会计准则应用指南》 chart of accounts for the four-digit numbers; the six-digit ones are the company's.
"""

from dataclasses import dataclass
from typing import Literal

import narwhals as nw

EVENT_COLUMNS = ("transaction", "event", "account", "bill", "channel", "amount_fen", "fund_fen")
"""What `legs` reads: `account` and `bill` 0 where there is none, `channel` empty where no money moves, `fund_fen` the
government funds inside a bill's `amount_fen`, else 0 [fen]."""

CASH_CHANNELS = ("counter",)
"""Channels whose money lies in the till; that of every other channel lies at the bank."""

CHART: dict[str, str] = {
    "1001": "库存现金",
    "1002": "银行存款",
    "1012": "在途资金",
    "1122": "应收电费",
    "1221": "其他应收款-退费追索",
    "1231": "坏账准备",
    "2203": "预收电费",
    "224101": "暂收款-待分配",
    "224102": "暂收款-未识别",
    "224110": "应付政府性基金及附加",
    "6001": "主营业务收入-电费",
    "6301": "违约金收入",
    "6702": "信用减值损失",
    "6711": "营业外支出-赔偿",
    "9101": "应收违约金（备查）",
    "9102": "违约金减免（备查）",
}
"""General ledger account to its name."""

RECEIVABLE = "1122"
PREPAID = "2203"
IN_TRANSIT = "1012"
HELD = "224101"
UNIDENTIFIED = "224102"
CLAIMED = "1221"
LATE_FEE_INCOME = "6301"

_TILL_OR_BANK = "till or bank"
_HELD_FOR_PAYER = "held for payer"

_Part = Literal["amount", "fund", "rest"]


@dataclass(frozen=True, slots=True)
class _Leg:
    gl: str
    sign: int
    part: _Part = "amount"
    to_account: bool = True


def _pair(debit: str, credit: str) -> tuple[_Leg, ...]:
    return _Leg(debit, 1), _Leg(credit, -1)


_FORWARD: dict[str, tuple[_Leg, ...]] = {
    "bill_released": (_Leg(RECEIVABLE, 1), _Leg("6001", -1, "rest"), _Leg("224110", -1, "fund")),
    "bill_credited": (_Leg(PREPAID, -1), _Leg("6001", 1, "rest"), _Leg("224110", 1, "fund")),
    "payment_received": _pair(_TILL_OR_BANK, _HELD_FOR_PAYER),
    "payment_in_transit": _pair(IN_TRANSIT, _HELD_FOR_PAYER),
    "payment_cleared": _pair("1002", IN_TRANSIT),
    "unidentified_assigned": (_Leg(UNIDENTIFIED, 1, to_account=False), _Leg(HELD, -1)),
    "payment_allocated": _pair(HELD, RECEIVABLE),
    "late_fee_collected": _pair(HELD, "6301"),
    "prepayment_topped_up": _pair(HELD, PREPAID),
    "prepayment_applied": _pair(PREPAID, RECEIVABLE),
    "prepaid_late_fee": _pair(PREPAID, "6301"),
    "prepayment_refunded": _pair(PREPAID, _TILL_OR_BANK),
    "refund_claimed": _pair(CLAIMED, PREPAID),
    "compensation_credited": _pair("6711", PREPAID),
    "late_fee_waived": _pair("9102", "9101"),
    "provision_raised": _pair("6702", "1231"),
}

_BACKWARD = {
    "bill_reversed": "bill_released",
    "bill_credit_reversed": "bill_credited",
    "payment_reversed": "payment_received",
    "payment_bounced": "payment_in_transit",
    "clearing_reversed": "payment_cleared",
    "assignment_reversed": "unidentified_assigned",
    "allocation_reversed": "payment_allocated",
    "late_fee_returned": "late_fee_collected",
    "topup_reversed": "prepayment_topped_up",
    "prepaid_use_reversed": "prepayment_applied",
    "prepaid_fee_returned": "prepaid_late_fee",
    "refund_reversed": "prepayment_refunded",
    "refund_claim_settled": "refund_claimed",
    "compensation_reversed": "compensation_credited",
    "waiver_withdrawn": "late_fee_waived",
    "provision_released": "provision_raised",
}

_TEMPLATES = _FORWARD | {
    name: tuple(_Leg(leg.gl, -leg.sign, leg.part, leg.to_account) for leg in _FORWARD[of])
    for name, of in _BACKWARD.items()
}

EVENTS = tuple(_TEMPLATES)
"""Every event that can be posted."""


def legs(events: nw.LazyFrame) -> nw.LazyFrame:
    """Legs of business events.

    Args:
        events: One row per transaction with `EVENT_COLUMNS`; `amount_fen` is positive, also of events that undo.

    Returns:
        Rows `transaction`, `event`, `gl`, `account`, `bill`, `amount_fen` (debit positive) [fen]; they sum to zero in
        each transaction. Legs of nothing are left out. An event the chart does not know writes no legs: see
        `unpostable`.
    """
    most = max(len(template) for template in _TEMPLATES.values())
    return nw.concat([_nth_leg(events, place) for place in range(most)], how="vertical")


def unpostable(events: nw.LazyFrame) -> nw.LazyFrame:
    """Events that `legs` cannot write: unknown, or assigning money to nobody. A caller posts nothing while one exists.

    Args:
        events: Rows with `EVENT_COLUMNS`.

    Returns:
        The rows at fault with `transaction`, `event`, `account`.
    """
    to_nobody = nw.col("event").is_in(["unidentified_assigned", "payment_allocated", "prepayment_topped_up"])
    return events.filter(~nw.col("event").is_in(EVENTS) | (to_nobody & (nw.col("account") == 0))).select(
        "transaction", "event", "account"
    )


def balances(posted: nw.LazyFrame) -> nw.LazyFrame:
    """Receivable and prepaid balance of each account, from its legs.

    Args:
        posted: Rows with `gl`, `account`, `amount_fen` [fen].

    Returns:
        Rows `account`, `receivable_fen` (debit positive), `prepaid_fen` (credit positive), `held_fen` money taken and
        not yet allocated (credit positive) [fen], for accounts with any leg.
    """
    amount = nw.col("amount_fen")

    return (
        posted.filter(nw.col("account") > 0)
        .with_columns(
            _receivable=_only(RECEIVABLE, amount),
            _prepaid=_only(PREPAID, -amount),
            _held=_only(HELD, -amount),
        )
        .group_by("account")
        .agg(
            receivable_fen=nw.col("_receivable").sum(),
            prepaid_fen=nw.col("_prepaid").sum(),
            held_fen=nw.col("_held").sum(),
        )
    )


def trial_balance(posted: nw.LazyFrame) -> nw.LazyFrame:
    """Balance of each general ledger account; the balances sum to zero.

    Args:
        posted: Rows with `gl`, `amount_fen` [fen].

    Returns:
        Rows `gl`, `debit_fen`, `credit_fen` turnover and `balance_fen` (debit positive) [fen].
    """
    amount = nw.col("amount_fen")
    return (
        posted.with_columns(_debit=nw.max_horizontal(amount, nw.lit(0)), _credit=nw.max_horizontal(-amount, nw.lit(0)))
        .group_by("gl")
        .agg(debit_fen=nw.col("_debit").sum(), credit_fen=nw.col("_credit").sum(), balance_fen=amount.sum())
    )


def _only(gl: str, amount: nw.Expr) -> nw.Expr:
    return nw.when(nw.col("gl") == gl).then(amount).otherwise(nw.lit(0))


def _nth_leg(events: nw.LazyFrame, place: int) -> nw.LazyFrame:
    here = {event: template[place] for event, template in _TEMPLATES.items() if place < len(template)}
    return (
        events.filter(nw.col("event").is_in(list(here)))
        .select(
            "transaction",
            "event",
            gl=_gl(here),
            account=_account(here),
            bill=nw.col("bill"),
            amount_fen=_amount(here),
        )
        .filter(nw.col("amount_fen") != 0)
    )


def _gl(here: dict[str, _Leg]) -> nw.Expr:
    chosen: nw.Expr = nw.lit("")
    for gl in sorted({leg.gl for leg in here.values()}):
        events = [event for event, leg in here.items() if leg.gl == gl]
        chosen = nw.when(nw.col("event").is_in(events)).then(_account_of(gl)).otherwise(chosen)
    return chosen


def _account_of(gl: str) -> nw.Expr:
    if gl == _TILL_OR_BANK:
        return nw.when(nw.col("channel").is_in(CASH_CHANNELS)).then(nw.lit("1001")).otherwise(nw.lit("1002"))
    if gl == _HELD_FOR_PAYER:
        return nw.when(nw.col("account") == 0).then(nw.lit(UNIDENTIFIED)).otherwise(nw.lit(HELD))
    return nw.lit(gl)


def _account(here: dict[str, _Leg]) -> nw.Expr:
    nobody = [event for event, leg in here.items() if not leg.to_account]
    if not nobody:
        return nw.col("account")
    return nw.when(nw.col("event").is_in(nobody)).then(nw.lit(0)).otherwise(nw.col("account"))


def _amount(here: dict[str, _Leg]) -> nw.Expr:
    parts = {
        "amount": nw.col("amount_fen"),
        "fund": nw.col("fund_fen"),
        "rest": nw.col("amount_fen") - nw.col("fund_fen"),
    }
    chosen: nw.Expr = nw.lit(0)
    for sign, part in sorted({(leg.sign, leg.part) for leg in here.values()}):
        events = [event for event, leg in here.items() if (leg.sign, leg.part) == (sign, part)]
        chosen = nw.when(nw.col("event").is_in(events)).then(parts[part] * sign).otherwise(chosen)
    return chosen
