"""How are breaches of our own in cutting and restoring said to a reader?

A code without words is shown as it is.
"""

from typing import Any, Final

from django.utils.translation import gettext_lazy, pgettext_lazy

from zaikong.web import labels

KINDS: labels.Words = {
    "no_certificate": pgettext_lazy("breach", "cut without a certificate"),
    "paid_before": pgettext_lazy("breach", "cut although it was paid before"),
    "bill_reversed": pgettext_lazy("breach", "cut for a bill that was reversed"),
    "disputed": pgettext_lazy("breach", "cut although it was disputed"),
    "protected": pgettext_lazy("breach", "cut although supply was protected"),
    "notice": pgettext_lazy("breach", "cut without the notices the law asks"),
    "unlawful": pgettext_lazy("breach", "cut although a condition was not met"),
    "late_restore": pgettext_lazy("breach", "supply given back too late"),
    "no_restore": pgettext_lazy("breach", "supply not ordered back"),
}

MARKS: Final = {"found": "zk-warn", "confirmed": "zk-bad", "compensated": "zk-good"}

REFUSALS: labels.Words = {
    "BREACH_DECIDED": gettext_lazy("The breach is decided already. Look at its decision."),
    "BREACH_UNKNOWN": gettext_lazy("There is no such breach in your sight."),
    "FOUND_NO_MORE": gettext_lazy("What is known today does not bear this breach any more. Dismiss it."),
    "MOMENT_TOO_EARLY": gettext_lazy("The console's time lies before the breach was found. Run the nights first."),
    "NOT_CONFIRMED": gettext_lazy("Only a confirmed breach is made good, once."),
    "NOT_ENTITLED": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "SAME_PERSON": gettext_lazy("One person may not do both parts. Ask a colleague."),
    "SUPPLY_STILL_OFF": gettext_lazy("Supply is not known to be back, and the hours still run. Give it back first."),
}
"""What is wrong and what to do, by the code of a refusal."""


def kind(code: str) -> str:
    """What was wrong."""
    return str(KINDS.get(code, code))


def refusal(found: Any) -> str:
    """A refusal in words, its own where nobody has put its code into words."""
    return str(REFUSALS.get(found.code, found.message))
