"""How are balances, agreements, refunds and switches of accounts that pay ahead said to a reader?

A code without words is shown as it is.
"""

from datetime import date
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from zaikong.domain.feecontrol.fee_strategy import strategies_on
from zaikong.kernel.money import yuan_text
from zaikong.web import labels

GROUNDS: labels.Words = {
    "agreed": pgettext_lazy("ground of a switch", "agreed with the customer"),
    "arrears": pgettext_lazy("ground of a switch", "arrears, by the company's choice"),
    "good_record": pgettext_lazy("ground of a switch", "a good record of paying ahead"),
}

MODES: labels.Words = {
    "post_paid": gettext_lazy("post-paid"),
    "prepaid": pgettext_lazy("payment mode", "prepaid"),
}

PAYOUT_CHANNELS: labels.Words = {
    "counter": gettext_lazy("counter"),
    "bank": gettext_lazy("bank"),
}
"""Ways prepaid money goes back."""

AGREEMENT_MARKS: Final = {"draft": "zk-warn", "in_force": "zk-good"}
REFUND_MARKS: Final = {"requested": "zk-warn", "approved": "zk-good", "refused": "zk-bad"}
SWITCH_MARKS: Final = {"ordered": "zk-warn", "done": "zk-good"}
CROSSING_MARKS: Final = {"warn": "zk-warn", "days": "zk-warn", "limit": "zk-bad", "recovered": "zk-good"}

REFUSALS: labels.Words = {
    "ACCOUNT_CLOSED": gettext_lazy("The account is closed."),
    "AGREEMENT_IN_FORCE": gettext_lazy("Another agreement is in force. End that one first."),
    "AGREEMENT_UNKNOWN": gettext_lazy("No such agreement is in your sight."),
    "AMOUNT_NOT_POSITIVE": gettext_lazy("The amount is missing. Give one above zero."),
    "APPROVED_ALREADY": gettext_lazy("It is approved already. Wait for its day."),
    "BALANCE_SUFFICIENT": gettext_lazy("The balance is not below what was agreed. Leave the account connected."),
    "BALANCE_UNKNOWN": gettext_lazy("The balance is not known. Wait for the night's estimate."),
    "CHANNEL_MISSING": gettext_lazy("How it is paid out is missing. Choose a way."),
    "CONSENT_MISSING": gettext_lazy(
        "The customer's consent is not proved. Add the signed paper, or choose another ground."
    ),
    "DATE_MISSING": gettext_lazy("A day is missing. Fill it in."),
    "DATE_PASSED": gettext_lazy("The day has passed. Name today or a later day."),
    "DATE_WRONG": gettext_lazy("The day does not fit. Correct it."),
    "ESTIMATE_MISSING": gettext_lazy(
        "No night has estimated the use since the last bill. Pay out after the next night."
    ),
    "ESTIMATE_OLD": gettext_lazy("The estimate of use is too old. Pay out after the next night."),
    "EVIDENCE_MISSING": gettext_lazy("The file is not of a kind that proves this. Add the signed paper."),
    "EVIDENCE_UNKNOWN": gettext_lazy("The signed paper is missing. Add it as a file."),
    "FILE_EMPTY": gettext_lazy("The file is empty. Choose it again."),
    "FILE_TOO_LARGE": gettext_lazy("The file is larger than 10 MB. Take a smaller picture or a shorter recording."),
    "GROUND_MISFIT": gettext_lazy("This ground does not lead there. Choose another."),
    "GROUND_UNKNOWN": gettext_lazy("The ground is missing. Choose one."),
    "MODE_SAME": gettext_lazy("The account pays in this way already."),
    "MONEY_UNREADABLE": gettext_lazy("The amount cannot be read. Write yuan with at most two decimals."),
    "NAME_MISSING": gettext_lazy("Who signed is missing. Write the name down."),
    "NOTE_MISSING": gettext_lazy("What you looked at is missing. Say it."),
    "NOT_APPROVED": gettext_lazy("Only an approved refund is paid out, once."),
    "NOT_A_DRAFT": gettext_lazy("This is no draft any more. Look at it again."),
    "NOT_ENTITLED": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "NOT_EXPLAINED": gettext_lazy(
        "Explain warning, cut, overdraft and the share for old debt first, then let the customer sign."
    ),
    "NOT_IN_ARREARS": gettext_lazy("Nothing undisputed is overdue. Without arrears the customer must agree."),
    "NOT_IN_FORCE": gettext_lazy("The agreement is not in force. Nothing is left to end."),
    "NOT_ORDERED": gettext_lazy("The switch is over. Order a new one if need be."),
    "NOT_READY": gettext_lazy("A signed agreement or a meter that can be commanded is missing."),
    "NO_RIGHT": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "NUMBER_UNREADABLE": gettext_lazy("A number cannot be read. Correct it."),
    "PAYEE_MISSING": gettext_lazy("To whom it is paid is missing. Name the payee."),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "RECORD_NOT_GOOD": gettext_lazy("The account has not paid ahead well for long enough, or something is overdue."),
    "REFUND_DECIDED": gettext_lazy("The refund is decided already. Ask anew if need be."),
    "REFUND_TOO_HIGH": gettext_lazy("So much is not free to go. Ask for no more than is free."),
    "SAME_PERSON": gettext_lazy("One person may not do both parts. Ask a colleague."),
    "STRATEGY_UNKNOWN": gettext_lazy("There is no such strategy. Choose one."),
    "SWITCH_ORDERED": gettext_lazy("A switch is ordered already. Cancel it first."),
    "TERMS_DIFFER_FROM_CONTRACT": gettext_lazy("The terms differ from the supply contract. Keep to the contract."),
    "TERMS_WRONG": gettext_lazy("The terms cannot be agreed on so. Correct them."),
}
"""What is wrong and what to do, by the code of a refusal."""

_SAID_WHOLE: Final = frozenset({"TERMS_WRONG", "TERMS_DIFFER_FROM_CONTRACT", "REFUND_TOO_HIGH", "RECORD_NOT_GOOD"})
"""Refusals whose message tells which of several things is wrong."""


def refusal(found: Any) -> list[str]:
    """A refusal in words: what is wrong and what to do."""
    said = REFUSALS.get(found.code)
    if said is None:
        return [line for line in (found.message, found.remedy) if line]
    return [str(said), found.message] if found.code in _SAID_WHOLE else [str(said)]


def strategies(as_of: date) -> list[tuple[str, str]]:
    """Name and title of every fee-control strategy of a day."""
    chinese = get_language() == labels.CHINESE
    return [(row.strategy, row.zh if chinese else row.en) for row in strategies_on(as_of=as_of).value.rows]


def strategy(name: str, as_of: date) -> str:
    """The title of a strategy."""
    return dict(strategies(as_of)).get(name, name)


def threshold(crossing: Any) -> str:
    """The threshold of a crossing in its unit."""
    if crossing.kind == "days":
        return _("%(days)d days of use") % {"days": crossing.threshold}
    return f"{yuan_text(crossing.threshold)} {_('yuan')}"
