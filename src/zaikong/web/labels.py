"""What does a code of the rules say to a reader, in the language of the page?

A code without an entry is shown as it is: a page never hides a row because its word is new.
"""

from collections.abc import Mapping
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.checks import CHECKS
from zaikong.domain.metering.codes import READING_CODES

Words = Mapping[str, "str | Promise"]

LEDGER_ACCOUNTS: Words = {
    "1001": _("cash in the till"),
    "1002": _("bank deposits"),
    "1012": _("money in transit"),
    "1122": _("electricity receivable"),
    "1221": _("refunds claimed back"),
    "1231": _("provision for bad debts"),
    "2203": _("prepaid electricity"),
    "224101": _("received, to be allocated"),
    "224102": _("received, payer unknown"),
    "224110": _("government funds payable"),
    "6001": _("electricity revenue"),
    "6301": _("late-fee income"),
    "6702": _("credit impairment loss"),
    "6711": _("compensation paid"),
    "9101": _("late fee receivable (memorandum)"),
    "9102": _("late fee waived (memorandum)"),
}

EVENTS: Words = {
    "bill_released": _("bill released"),
    "bill_reversed": _("bill reversed"),
    "bill_credited": _("bill credited to the customer"),
    "bill_credit_reversed": _("credit of a bill reversed"),
    "payment_received": _("payment received"),
    "payment_reversed": _("payment reversed"),
    "payment_in_transit": _("payment in transit"),
    "payment_bounced": _("payment bounced"),
    "payment_cleared": _("payment cleared"),
    "clearing_reversed": _("clearing reversed"),
    "unidentified_assigned": _("unknown payment assigned"),
    "assignment_reversed": _("assignment reversed"),
    "payment_allocated": _("payment allocated"),
    "allocation_reversed": _("allocation reversed"),
    "late_fee_collected": _("late fee collected"),
    "late_fee_returned": _("late fee returned"),
    "prepayment_topped_up": _("prepayment topped up"),
    "topup_reversed": _("top-up reversed"),
    "prepayment_applied": _("prepayment applied"),
    "prepaid_use_reversed": _("use of prepayment reversed"),
    "prepaid_late_fee": _("late fee from prepayment"),
    "prepaid_fee_returned": _("late fee returned to prepayment"),
    "prepayment_refunded": _("prepayment refunded"),
    "refund_reversed": _("refund reversed"),
    "refund_claimed": _("refund claimed back"),
    "refund_claim_settled": _("claim for a refund settled"),
    "compensation_credited": _("compensation credited"),
    "compensation_reversed": _("compensation reversed"),
    "late_fee_waived": _("late fee waived"),
    "waiver_withdrawn": _("waiver withdrawn"),
    "provision_raised": _("provision raised"),
    "provision_released": _("provision released"),
}

CHANNELS: Words = {
    "counter": _("counter"),
    "counter_cash": _("counter, cash"),
    "counter_card": _("counter, card"),
    "grid_app": _("grid company's app"),
    "bank_debit": _("auto-debit"),
    "bank": _("bank"),
    "bank_file": _("bank file"),
    "bank_transfer": _("bank transfer"),
    "auto_debit": _("auto-debit"),
    "gateway": _("payment gateway"),
    "app": _("mobile app"),
    "wechat": _("WeChat Pay"),
    "alipay": _("Alipay"),
    "unionpay": _("UnionPay"),
    "agent": _("agent"),
    "prepayment": _("prepayment"),
    "card": _("payment card"),
    "kiosk": _("self-service kiosk"),
    "imported": _("imported"),
}

BILL_PARTS: Words = {
    "energy_fen": _("energy charge"),
    "capacity_fen": _("capacity charge"),
    "power_factor_fen": _("power factor adjustment"),
    "surcharge_fen": _("surcharges"),
    "fund_fen": _("government funds"),
    "other_fen": _("other items"),
}

PLAN_PARTS: Words = {
    "single": _("single-rate"),
    "two_part": _("two-part"),
    "lt1kv": _("below 1 kV"),
    "10kv": _("1–10 kV"),
    "35kv": _("35 kV"),
    "110kv": _("110 kV"),
    "220kv": _("220 kV"),
    "tou": _("time-of-use"),
    "kva": _("by capacity"),
    "demand": _("by measured demand"),
    "contract_demand": _("by contract demand"),
}
"""Parts of the name of a plan that is composed and has no title of its own."""

_PART_COMMA = pgettext_lazy("between parts of a tariff plan", ", ")

PAYMENT_STATES: Words = {
    "in_transit": _("in transit"),
    "credited": _("credited"),
    "unallocated": _("account unknown"),
    "reversed": _("reversed"),
    "bounced": _("bounced"),
}

CATEGORIES: Words = {
    "residential": _("residential"),
    "agricultural": _("agricultural"),
    "business": _("business"),
    "industrial": _("industrial"),
    "public": _("public"),
}

BILL_KINDS: Words = {
    "periodic": _("periodic"),
    "interim": _("interim settlement"),
    "closing": _("monthly closing of interim settlements"),
    "reversal": _("reversal"),
    "rebill": _("back-bill"),
    "imported": _("imported"),
}

SEVERITIES: Words = {
    "hold": _("holds the bill"),
    "note": _("note"),
}

STEPS: Words = {
    "readings": _("readings taken"),
    "payments": _("payments credited"),
    "switches": _("payment modes switched"),
    "bills": _("bills rated and released"),
    "prepaid": _("prepaid money applied"),
    "proof": _("books proved"),
    "exposure": _("exposure measured"),
    "scores": _("bills scored"),
    "grades": _("behaviour grades and warnings"),
    "balances": _("prepaid balances estimated"),
    "cases": _("collection cases opened and closed"),
    "ladder": _("steps of collection taken"),
    "breaches": _("own breaches in cutting looked for"),
    "day_book": _("day closed"),
    "month_close": _("month closed"),
    "snapshot": _("snapshot written"),
}
"""Steps of a night."""

UNRATED_WORDS: Words = {
    "FACT_MISSING": _("a fact of the settlement is missing"),
    "TARIFF_UNKNOWN": _("no book has this plan"),
    "TARIFF_NOT_IN_FORCE": _("the plan has no price for some day"),
    "PERIOD_EMPTY": _("the settlement covers no day"),
    "QUANTITY_TOO_LARGE": _("more use than can be rated exactly"),
    "POWER_FACTOR_STANDARD_UNKNOWN": _("unknown power-factor standard"),
    "LOSS_OUT_OF_RANGE": _("more use than the transformer can pass"),
    "UNRATED": _("could not be rated"),
}
"""Why a settlement was not rated at all."""

CHINESE = "zh-hans"


def ledger_account(code: str) -> str:
    """The name of a general ledger account."""
    return _word(LEDGER_ACCOUNTS, code)


def event(code: str) -> str:
    """The name of a ledger event."""
    return _word(EVENTS, code)


def channel(code: str) -> str:
    """The name of a payment channel."""
    return _word(CHANNELS, code)


def finding(code: str) -> str:
    """What a finding says: the title its rule gave it."""
    if code in UNRATED_WORDS:
        return str(UNRATED_WORDS[code])
    titles = _finding_titles().get(code)
    if titles is None:
        return code
    return titles[0] if get_language() == CHINESE else titles[1]


@cache
def _finding_titles() -> dict[str, tuple[str, str]]:
    reading = {row.code: (row.title_zh, row.title_en) for row in READING_CODES.values()}
    return reading | {rule.code: (rule.zh, rule.en) for rule in CHECKS}


def bill_part(column: str) -> str:
    """The name of a part of a bill's total."""
    return _word(BILL_PARTS, column)


def category(code: str) -> str:
    """The name of a user category."""
    return _word(CATEGORIES, code)


def bill_kind(code: str) -> str:
    """The name of a kind of bill."""
    return _word(BILL_KINDS, code)


def payment_state(code: str) -> str:
    """Where the money of a payment is."""
    return _word(PAYMENT_STATES, code)


def step(name: str) -> str:
    """What a step of the night does."""
    return _word(STEPS, name)


def severity(code: str) -> str:
    """How grave a finding is."""
    return _word(SEVERITIES, code)


def book_title(book_id: str) -> str:
    """The title of a tariff book as published."""
    book = all_books().get(book_id)
    return book.title if book else book_id


def plan_title(plan_id: str, book_id: str) -> str:
    """The title of a plan as published."""
    book = all_books().get(book_id)
    plan = book.plans.get(plan_id) if book else None
    if plan is not None and plan.title != plan_id:
        return plan.title
    parts = plan_id.split(".")
    return str(_PART_COMMA).join(_word(PLAN_PARTS, part) for part in parts)


def voltage_title(code: str) -> str:
    """A supply voltage as staff say it."""
    return _word(PLAN_PARTS, code)


def _word(words: Words, code: str) -> str:
    return str(words.get(code, code))
