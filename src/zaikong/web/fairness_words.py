"""How are actions, groups and verdicts of the fairness audit said to a reader? A code without words is shown as it is."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.web import labels

ACTIONS: labels.Words = {
    "notice": _("notice of cutting issued"),
    "cut": pgettext_lazy("fairness", "supply cut"),
    "low_grade": _("low grade (C, D)"),
}

DIMENSIONS: labels.Words = {
    "category": pgettext_lazy("fairness", "class"),
    "station": pgettext_lazy("fairness", "station"),
    "area": pgettext_lazy("fairness", "area"),
}

VERDICTS: labels.Words = {
    "gap": _("gap: look at it"),
    "small": _("sure but small"),
    "none": pgettext_lazy("fairness", "no gap"),
    "too_few": _("too few to judge"),
}

MARKS: Final[Mapping[str, str]] = {"gap": "zk-bad", "small": "zk-warn", "none": "zk-good"}


def action(code: str) -> str:
    """What was or was not done."""
    return str(ACTIONS.get(code, code))


def dimension(code: str) -> str:
    """By what accounts are grouped."""
    return str(DIMENSIONS.get(code, code))


def group(of: str, name: str) -> str:
    """A group as staff call it."""
    return labels.category(name) if of == "category" else name


def verdict(code: str) -> str:
    """What the test says."""
    return str(VERDICTS.get(code, code))
