"""How is a grade, its reason, the cause of a warning and its next step said to a reader?

Words of reasons, causes and next steps are those of the dated tables that decide them; here are only the units of their
numbers. A code that no table has is shown as it is.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from zaikong.domain.credit.behaviour_table import FILE, Behaviour
from zaikong.domain.credit.editions import editions
from zaikong.domain.credit.raising import RAISING_WORDS
from zaikong.domain.warning.level_table import editions as warning_editions
from zaikong.kernel.money import half_away_int
from zaikong.web import labels
from zaikong.web.templatetags import console

Show = Callable[[int], str]

_PPM_IN_PERMILLE = 1000
_NO_BILL_PERMILLE: Final = 1_000_000
"""Arrears of an account without a monthly bill are so many of it [permille]."""

_BETTER, _WORSE = 5, 2

DOUBTS: labels.Words = {
    "NAME": gettext_lazy("the names differ"),
    "NUMBER": gettext_lazy("the numbers in the names differ"),
    "OPPOSED": gettext_lazy("the names say opposite things"),
    "PLACE": gettext_lazy("province or city differs"),
    "FORM": gettext_lazy("the legal form differs"),
    "BRANCH": gettext_lazy("one may be a branch of the other"),
    "AMBIGUOUS": gettext_lazy("several customers have this name"),
}
"""Why a match of a signal is not certain."""


def reason(code: str) -> str:
    """What a reason of a grade, or a veto, says; its unit is left to its numbers."""
    return _in_language(_reasons().get(code), code).partition(" [")[0]


def reason_figure(code: str, number: int) -> str:
    """A number of a reason in its unit."""
    return _FIGURES.get(code, console.thousands)(number)


def veto_limit(code: str, number: int) -> str:
    """The limit of a reason in its unit, empty where it has none: some vetoes hold whatever the number."""
    return "" if code in _WITHOUT_LIMIT else reason_figure(code, number)


def cause(code: str) -> str:
    """The name of the cause of a warning."""
    return _in_language(_causes().get(code), code)


def cause_said(code: str, observed: int) -> str:
    """The cause of a warning with what was observed, such as `31 days overdue`."""
    said = _SAID.get(code)
    return said(observed) if said else f"{cause(code)} {console.thousands(observed)}"


def next_step(code: str) -> str:
    """What comes next."""
    return _in_language(_next_steps().get(code), code)


def raising(code: str) -> str:
    """What a suggestion says as a whole."""
    return _in_language(RAISING_WORDS.get(code), code)


def doubt(code: str) -> str:
    """Why a match is not certain."""
    return str(DOUBTS.get(code, code))


def chance(ppm: int) -> str:
    """A probability in percent with one decimal."""
    return console.permille(half_away_int(ppm, _PPM_IN_PERMILLE))


def grade_mark(grade: int) -> str:
    """The class of a grade's mark."""
    return "zk-good" if grade >= _BETTER else "zk-bad" if grade == 1 else "zk-warn" if grade == _WORSE else ""


def _in_language(words: tuple[str, str] | None, code: str) -> str:
    if words is None:
        return code
    return words[0] if get_language() == labels.CHINESE else words[1]


@cache
def _reasons() -> dict[str, tuple[str, str]]:
    words: dict[str, tuple[str, str]] = {}
    for edition in editions(Behaviour, FILE):
        words |= edition.value.wording()
    return words


@cache
def _causes() -> dict[str, tuple[str, str]]:
    rows = [edition.value.causes for edition in warning_editions()]
    return {code: (row.zh, row.en) for causes in rows for code, row in causes.items()}


@cache
def _next_steps() -> dict[str, tuple[str, str]]:
    rows = [edition.value.next_steps.values() for edition in warning_editions()]
    return {step.code: (step.zh, step.en) for steps in rows for step in steps}


def _days(number: int) -> str:
    return ngettext("%(number)s day", "%(number)s days", number) % {"number": console.thousands(number)}


def _months(number: int) -> str:
    return ngettext("%(number)s month", "%(number)s months", number) % {"number": console.thousands(number)}


def _times(number: int) -> str:
    return ngettext("%(number)s time", "%(number)s times", number) % {"number": console.thousands(number)}


def _of_a_bill(permille: int) -> str:
    return _("no monthly bill") if permille >= _NO_BILL_PERMILLE else console.permille(permille)


def _money(fen: int) -> str:
    return f"{console.yuan(fen)} {_('yuan')}"


_SIGNAL_RANKS: Final = {
    0: gettext_lazy("none"),
    1: gettext_lazy("capacity cut"),
    2: gettext_lazy("closure order or deregistration"),
    3: gettext_lazy("court execution"),
    4: gettext_lazy("bankruptcy"),
}


def _signal(rank: int) -> str:
    return str(_SIGNAL_RANKS.get(rank, rank))


_RISKS: Final = {
    0: gettext_lazy("low"),
    1: gettext_lazy("moderate"),
    2: gettext_lazy("raised"),
    3: gettext_lazy("high"),
}


def _risk(number: int) -> str:
    return str(_RISKS.get(number, number))


_WITHOUT_LIMIT: Final = frozenset({"BANKRUPTCY", "DISHONEST", "CLOSURE_ORDER"})

_FIGURES: Final[dict[str, Show]] = {
    "ON_TIME_RATE_LOW": console.permille,
    "OVERDUE_OFTEN": _times,
    "OVERDUE_LONG": _days,
    "ARREARS_TO_BILL": _of_a_bill,
    "COVER_SHORT": _days,
    "USE_FALLING": console.permille,
    "USE_STOPPED": _days,
    "THEFT_REMEMBERED": _days,
    "BREACH_REMEMBERED": _days,
    "PROMISES_BROKEN": _times,
    "INDUSTRY_RISK": _risk,
    "SIGNAL_ADVERSE": _signal,
    "GUARANTEE_SHORT": console.permille,
    "BANKRUPTCY": _signal,
    "DISHONEST": _signal,
    "THEFT": _days,
    "OLD_ARREARS": _money,
    "ARREARS_MONTHS": _months,
    "BREACH": _days,
    "CLOSURE_ORDER": _signal,
    "ARREARS_OPEN": _money,
    "HISTORY_SHORT": _months,
    "UPGRADE_WAITS": _months,
}
"""Code of a reason to how its two numbers are written."""


def _overdue(days: int) -> str:
    return ngettext("%(days)d day overdue", "%(days)d days overdue", days) % {"days": days}


def _periods(bills: int) -> str:
    return ngettext("%(bills)d bill past its due day", "%(bills)d bills past their due day", bills) % {"bills": bills}


def _cover(days: int) -> str:
    if days <= 0:
        return _("prepaid money is used up")
    return ngettext("prepaid money lasts %(days)d day", "prepaid money lasts %(days)d days", days) % {"days": days}


def _dropped(permille: int) -> str:
    return _("use down by %(share)s") % {"share": console.permille(permille)}


def _stopped(days: int) -> str:
    return ngettext("no use for %(days)d day", "no use for %(days)d days", days) % {"days": days}


def _likely(ppm: int) -> str:
    return _("expected to stay unpaid: %(share)s") % {"share": chance(ppm)}


_SAID: Final[dict[str, Show]] = {
    "BILL_OVERDUE": _overdue,
    "PERIODS_OPEN": _periods,
    "PREPAID_LOW": _cover,
    "USE_DROP": _dropped,
    "USE_STOPPED": _stopped,
    "SIGNAL": lambda rank: _("notice: %(what)s") % {"what": _signal(rank)},
    "SCORE_HIGH": _likely,
}
"""Code of a cause to how it is said with what was observed."""
