"""How are a first grade, the facts and papers behind it, and the terms it proposes said to a reader?

Names of papers, facts, items and terms are those of the dated tables that use them; here are only the units of the
facts. A code that no table has is shown as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from zaikong.domain.credit.intake_card import FACTS, PAPER_NAMES
from zaikong.domain.credit.terms import TERM_WORDS
from zaikong.web import labels
from zaikong.web.templatetags import console

PREMISES: Final[labels.Words] = {"owned": gettext_lazy("owned"), "rented": gettext_lazy("rented")}

RISKS: Final[labels.Words] = {
    "0": gettext_lazy("none"),
    "1": gettext_lazy("low"),
    "2": gettext_lazy("middle"),
    "3": gettext_lazy("high"),
}

_SIGNALS: Final[labels.Words] = {
    "0": gettext_lazy("none"),
    "1": gettext_lazy("capacity cut"),
    "2": gettext_lazy("closure order or deregistration"),
    "3": gettext_lazy("court execution"),
    "4": gettext_lazy("bankruptcy"),
}

_MARKS: Final = {"A": "zk-good", "B": "zk-good", "D": "zk-warn", "E": "zk-bad"}


def grade_mark(grade: str) -> str:
    """The class of a first grade's mark."""
    return _MARKS.get(grade, "")


def paper(kind: str) -> str:
    """The name of a kind of paper."""
    return PAPER_NAMES.get(kind, kind) if _chinese() else kind.replace("_", " ")


def papers(kinds: list[str]) -> str:
    """Papers any one of which will do."""
    return _(" or ").join(paper(kind) for kind in kinds)


def fact(name: str) -> str:
    """The name of a fact."""
    return _of(FACTS.get(name), name)


def term(code: str) -> str:
    """A word of the terms: how is paid, an alternative, a condition."""
    return _of(TERM_WORDS.get(code), code)


def said(row: Mapping[str, Any] | str) -> str:
    """An item, a request, a veto or terms in the language of the page; empty where a template has none."""
    return str(row.get("zh" if _chinese() else "en", "")) if isinstance(row, Mapping) else ""


def fact_said(name: str, value: Any) -> str:
    """A fact in its unit; a dash where it is not known."""
    if value is None:
        return "–"
    show = _FACTS.get(name)
    return show(value) if show else str(value)


def _chinese() -> bool:
    return get_language() == labels.CHINESE


def _of(words: tuple[str, str] | None, code: str) -> str:
    if words is None:
        return code
    return words[0] if _chinese() else words[1]


def _money(fen: int) -> str:
    return f"{console.yuan(fen)} {_('yuan')}"


def _word(words: labels.Words) -> Callable[[Any], str]:
    return lambda value: str(words.get(str(value), value))


def _earlier(accounts: list[Mapping[str, Any]]) -> str:
    if not accounts:
        return _("no earlier account")
    bills, on_time = (sum(account[name] for account in accounts) for name in ("bills", "on_time"))
    arrears = sum(account["arrears_fen"] for account in accounts)
    count = ngettext("%(count)s account", "%(count)s accounts", len(accounts)) % {"count": len(accounts)}
    paid = _("%(on_time)s of %(bills)s bills on time") % {"on_time": on_time, "bills": bills}
    owed = _("%(money)s past due") % {"money": _money(arrears)}
    return " · ".join([count, paid, *([owed] if arrears else [])])


_FACTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "registered_capital_fen": _money,
    "monthly_bill_fen": _money,
    "bank_credit_line_fen": _money,
    "guarantee_fen": _money,
    "premises": _word(PREMISES),
    "industry_risk": _word(RISKS),
    "adverse_signal": _word(_SIGNALS),
    "capacity_centi_kva": lambda centi: f"{console.kwh(centi)} kVA",
    "earlier_accounts": _earlier,
}
