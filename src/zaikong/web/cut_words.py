"""How are the conditions of a cut, its facts, proofs and acts said to a reader?

A code without words is shown as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from zaikong.domain.registry.masking import mask_name
from zaikong.kernel.period import date_of_day, moment_of_number
from zaikong.web import labels
from zaikong.web.templatetags import console

CONDITIONS: labels.Words = {
    "NOTHING_OWED": gettext_lazy("something is owed that nobody disputes"),
    "NOT_OVERDUE_ENOUGH": gettext_lazy("overdue for longer than the law asks"),
    "NOT_DUNNED": gettext_lazy("payment was demanded"),
    "NO_NOTICE": gettext_lazy("a notice of cutting was served"),
    "NOTICE_TOO_RECENT": gettext_lazy("the notice was served early enough"),
    "NOTICE_EXPIRED": gettext_lazy("the notice is not too old"),
    "NO_FINAL_NOTICE": gettext_lazy("the customer was told once more before the cut"),
    "FINAL_NOTICE_TOO_LATE": gettext_lazy("the last notice came early enough"),
    "NOT_APPROVED": gettext_lazy("those the law names have approved"),
    "AUTHORITY_NOT_COPIED": gettext_lazy("the authority has its copy"),
    "DISPUTED": gettext_lazy("no dispute is open"),
    "PAYMENT_IN_TRANSIT": gettext_lazy("no payment is on its way"),
    "INSTALMENT_HONOURED": gettext_lazy("no instalments are being honoured"),
    "PROTECTED": gettext_lazy("supply is not protected"),
    "VULNERABLE_NOT_REVIEWED": gettext_lazy("a person has looked whether the home is vulnerable"),
    "QUIET_WINDOW": gettext_lazy("it is no quiet time"),
    "NO_AGREEMENT": gettext_lazy("a prepayment agreement is signed"),
    "BALANCE_SUFFICIENT": gettext_lazy("the prepaid balance is used up"),
    "NOT_WARNED": gettext_lazy("the customer was warned of the low balance"),
    "HUMAN_STEP_MISSING": gettext_lazy("a person has confirmed the cut"),
    "FACT_MISSING": gettext_lazy("every fact is known"),
}
"""Conditions, as they are said when they are met."""

FAILURES: labels.Words = {
    "NOTHING_OWED": gettext_lazy("nothing is owed"),
    "NOT_OVERDUE_ENOUGH": gettext_lazy("not overdue long enough"),
    "NOT_DUNNED": gettext_lazy("payment was not demanded"),
    "NO_NOTICE": gettext_lazy("no notice of cutting served"),
    "NOTICE_TOO_RECENT": gettext_lazy("notice too recent"),
    "NOTICE_EXPIRED": gettext_lazy("notice too old"),
    "NO_FINAL_NOTICE": gettext_lazy("last notice not served"),
    "FINAL_NOTICE_TOO_LATE": gettext_lazy("last notice too recent"),
    "NOT_APPROVED": gettext_lazy("not approved"),
    "AUTHORITY_NOT_COPIED": gettext_lazy("authority has no copy"),
    "DISPUTED": gettext_lazy("disputed"),
    "PAYMENT_IN_TRANSIT": gettext_lazy("payment in transit"),
    "INSTALMENT_HONOURED": gettext_lazy("instalments honoured"),
    "PROTECTED": gettext_lazy("protected"),
    "VULNERABLE_NOT_REVIEWED": gettext_lazy("home not reviewed"),
    "QUIET_WINDOW": gettext_lazy("quiet time"),
    "NO_AGREEMENT": gettext_lazy("no prepayment agreement"),
    "BALANCE_SUFFICIENT": gettext_lazy("balance sufficient"),
    "NOT_WARNED": gettext_lazy("not warned"),
    "HUMAN_STEP_MISSING": gettext_lazy("not confirmed by a person"),
    "FACT_MISSING": gettext_lazy("a fact is not known"),
}
"""Conditions, as they are said when they failed."""

FACTS: labels.Words = {
    "cut_at": gettext_lazy("moment of the cut"),
    "regime": gettext_lazy("regime"),
    "resident": gettext_lazy("resident"),
    "important_user": gettext_lazy("importance"),
    "oldest_due_day": gettext_lazy("oldest due date"),
    "unpaid_fen": gettext_lazy("unpaid"),
    "demands_known": gettext_lazy("demands on record"),
    "notice_at": gettext_lazy("notice of cutting served"),
    "final_notice_at": gettext_lazy("last notice served"),
    "approvals_known": gettext_lazy("approvals on record"),
    "copied_at": gettext_lazy("copied to the authority"),
    "disputed": gettext_lazy("dispute open"),
    "in_transit": gettext_lazy("payment in transit"),
    "instalment_honoured": gettext_lazy("instalments honoured"),
    "protected": gettext_lazy("protected"),
    "vulnerable_reviewed": gettext_lazy("home reviewed"),
    "quiet_window": gettext_lazy("quiet time"),
    "agreement_signed": gettext_lazy("agreement signed"),
    "available_fen": gettext_lazy("available balance"),
    "overdraft_limit_fen": gettext_lazy("overdraft limit"),
    "warnings_known": gettext_lazy("warnings on record"),
    "human_confirmed": gettext_lazy("confirmed by a person"),
}

PROOFS: labels.Words = {
    "demand": gettext_lazy("demand for payment"),
    "warning": gettext_lazy("warning of a low balance"),
    "notice": gettext_lazy("notice of cutting"),
    "final_notice": gettext_lazy("last notice before the cut"),
    "copy": gettext_lazy("copy to the authority"),
    "approval": gettext_lazy("approval of a cut"),
    "review": gettext_lazy("review of a vulnerable home"),
}

LEVELS: labels.Words = {
    "none": pgettext_lazy("importance of a user", "ordinary"),
    "special": pgettext_lazy("importance of a user", "special"),
    "first": pgettext_lazy("importance of a user", "first grade"),
    "second": pgettext_lazy("importance of a user", "second grade"),
    "temporary": pgettext_lazy("importance of a user", "temporary"),
}

REGIMES: labels.Words = {
    "post_paid": gettext_lazy("post-paid"),
    "prepaid": pgettext_lazy("payment mode", "prepaid"),
}

OUTCOMES: labels.Words = {
    "proposed": pgettext_lazy("cut order", "proposed"),
    "approved": pgettext_lazy("cut order", "approved"),
    "refused": pgettext_lazy("cut order", "refused"),
    "cancelled": pgettext_lazy("cut order", "cancelled"),
    "expired": pgettext_lazy("cut order", "expired"),
}
"""Outcomes of an event of a cut order."""

ACTORS: labels.Words = {
    "night": gettext_lazy("the night"),
    "executor": gettext_lazy("the executor"),
}
"""Who acts where no person does."""

ENDINGS: labels.Words = {
    "recorded": gettext_lazy("the cut was recorded"),
    "the stated time has passed": gettext_lazy("the stated time has passed"),
}
"""Why an order ended, where the house says it."""

PARAMETERS: labels.Words = {
    "overdue": gettext_lazy("days overdue before a cut"),
    "stop_notice": gettext_lazy("times of the notices"),
    "cut_approval": gettext_lazy("who approves"),
    "authority_copy": gettext_lazy("copy to the authority"),
    "prepaid_cut": gettext_lazy("cuts of prepaid supply"),
    "human_step": gettext_lazy("confirmation by a person"),
    "vulnerable_review": gettext_lazy("review of a vulnerable home"),
    "protection": gettext_lazy("protection from cutting"),
    "quiet_windows": gettext_lazy("quiet times"),
}
"""Parameters of the law a certificate names."""

WAITING: Final = frozenset(
    {
        *("NOT_OVERDUE_ENOUGH", "NOTICE_TOO_RECENT", "NO_FINAL_NOTICE", "FINAL_NOTICE_TOO_LATE", "NOT_APPROVED"),
        *("AUTHORITY_NOT_COPIED", "VULNERABLE_NOT_REVIEWED", "PAYMENT_IN_TRANSIT", "QUIET_WINDOW"),
    }
)
"""Conditions that time or a further step may still meet before the cut; the others stand against it."""

REFUSALS: labels.Words = {
    "ALL_STOPPED": gettext_lazy("All cuts are stopped. Wait until they are let go on."),
    "CASE_OVER": gettext_lazy("The notice belongs to no open case. Begin with a new notice."),
    "CREW_OUT": gettext_lazy("A crew is on its way for this. Confirm or cancel its field order first."),
    "DECIDED_BEFORE": gettext_lazy("You have given your word on this order. A second person must decide."),
    "ENDED": gettext_lazy("The order has ended. Nothing is left to cancel."),
    "NOTICE_NOT_SERVED": gettext_lazy("The notice is not served. Record its service first."),
    "NOTICE_UNKNOWN": gettext_lazy("This is no notice of cutting. Issue and serve one first."),
    "NOT_THE_STATED_TIME": gettext_lazy("It is not the time the notice states. Wait for it, or issue a new notice."),
    "NOT_WAITING": gettext_lazy("The order is decided already."),
    "NO_RIGHT": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "NO_WIRE": gettext_lazy("No single meter of this account can be commanded. Supply is cut by hand."),
    "ORDER_LIVES": gettext_lazy("A cut order of this account lives already. Decide or cancel that one."),
    "ORDER_UNKNOWN": gettext_lazy("There is no such cut order."),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "ROLE_MISSING": gettext_lazy("A cut of this user needs the approval of another role. Ask a person of that role."),
    "SAME_PERSON": gettext_lazy("Who proposes a cut may not approve it. Ask a colleague."),
    "STANDS_SO": gettext_lazy("The switch stands so already."),
    "TIME_PASSED": gettext_lazy("The time the notice states has passed. Issue and serve a new notice."),
    "TRIP_SPENT": gettext_lazy("The one command of this order was used. Supply is cut by hand."),
    "WRONG_STATE": gettext_lazy("The order stands otherwise by now. Look at it again."),
}
"""What is wrong and what to do, by the code of a refusal."""

MARKS: Final[Mapping[str, str]] = {
    "proposed": "zk-warn",
    "approved": "zk-good",
    "reserved": "zk-good",
    "sent": "zk-warn",
    "failed": "zk-bad",
    "recorded": "zk-bad",
}


def condition(code: str, *, met: bool) -> str:
    """What a condition says, met or failed."""
    return str((CONDITIONS if met else FAILURES).get(code, code))


def refusal(code: str, message: str) -> list[str]:
    """A refusal in words, one line a reason; the message as it is where nobody has put the code into words."""
    if code == "CONDITION_FAILS":
        return [_failure(part) for part in message.split("; ")]
    return [str(REFUSALS.get(code, message))]


def _failure(part: str) -> str:
    """A failed condition of a message, such as `DISPUTED (basis)`."""
    word, _opening, basis = part.partition(" ")
    return f"{condition(word, met=False)} {basis}".strip()


def fact(name: str) -> str:
    """The name of a fact."""
    return str(FACTS.get(name, name))


def fact_said(name: str, value: Any) -> str:
    """A fact in its unit."""
    if value is None:
        return pgettext("fact", "unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    shown = next((show for ending, show in _BY_ENDING if name.endswith(ending)), None)
    return shown(value) if shown else str({**REGIMES, **LEVELS}.get(value, value))


def proof(kind: str) -> str:
    """What a proof is."""
    return str(PROOFS.get(kind, kind))


def moment(number: int) -> str:
    """A moment by the clock on the wall; a dash for 0, which did not happen."""
    return f"{moment_of_number(number):%Y-%m-%d %H:%M}" if number else "–"


def parameter(name: str) -> str:
    """What a parameter of the law decides."""
    return str(PARAMETERS.get(name, name))


def outcome(code: str) -> str:
    """How an event of an order ended."""
    return str(OUTCOMES.get(code, code))


def actor(name: str) -> str:
    """Who acted: a log-in, or the run."""
    return str(ACTORS.get(name, name))


def masked(customer: Any) -> str:
    """The name of a customer; a person's is masked."""
    return str(customer.name) if customer.usci else mask_name(customer.name)


def _day(number: int) -> str:
    return date_of_day(number).isoformat() if number else "–"


def _fen(number: int) -> str:
    return f"{console.yuan(number)} {_('yuan')}"


_BY_ENDING: Final[tuple[tuple[str, Callable[[int], str]], ...]] = (("_at", moment), ("_day", _day), ("_fen", _fen))
