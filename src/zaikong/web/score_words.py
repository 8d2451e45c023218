"""What is a feature of the score called, and which features speak of the same thing?"""

from collections.abc import Iterable
from typing import Final, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zaikong.web import labels

Row = TypeVar("Row")

FEATURES: Final[labels.Words] = {
    "late_bills": _("bills paid late, of twelve"),
    "late_permille": _("share of bills paid late"),
    "late_weight": _("late bills, the latest weighing most"),
    "late_streak": _("late bills in a row"),
    "bills_since_late": _("bills since the last late one"),
    "last_delay_days": _("delay of the last bill"),
    "second_delay_days": _("delay of the bill before it"),
    "third_delay_days": _("delay of the third last bill"),
    "longest_delay_days": _("longest delay"),
    "mean_delay_days": _("mean delay"),
    "open_bills": _("bills still open"),
    "open_permille": _("open amount over a usual bill"),
    "overdue_permille": _("overdue amount over a usual bill"),
    "oldest_overdue_days": _("age of the oldest overdue bill"),
    "paid_share_permille": _("share of the amount due that was paid in time"),
    "last_lead_days": _("days from the last bill to its payment"),
    "mean_lead_days": _("days from bill to payment, mean"),
    "days_since_paid": _("days since the last payment"),
    "bounced_receipts": _("payments that bounced"),
    "amount_fen": _("amount of the bill"),
    "amount_permille": _("amount over a usual bill"),
    "amount_range_permille": _("range of the amounts over a usual bill"),
    "term_days": _("days from bill to due day"),
    "use_permille": _("use over usual use"),
    "bills_seen": _("earlier bills known"),
    "tenure_months": _("months since the contract"),
    "segment_late_permille": _("share of late bills in the category"),
    "is_residential": _("residential account"),
    "is_industrial": _("industrial account"),
    "month_of_year": _("season"),
    "probability": _("probability"),
}
"""Each feature, and the score itself, by its column."""

STEMS: Final[tuple[tuple["str | Promise", tuple[str, ...]], ...]] = (
    (_("Late bills"), ("late_bills", "late_permille", "late_weight", "late_streak", "bills_since_late")),
    (
        _("Delay"),
        ("last_delay_days", "second_delay_days", "third_delay_days", "longest_delay_days", "mean_delay_days"),
    ),
    (
        _("Open debt"),
        ("open_bills", "open_permille", "overdue_permille", "oldest_overdue_days", "paid_share_permille"),
    ),
    (_("Way of paying"), ("last_lead_days", "mean_lead_days", "days_since_paid", "bounced_receipts")),
    (_("Bill and use"), ("amount_fen", "amount_permille", "amount_range_permille", "term_days", "use_permille")),
    (
        _("Account and season"),
        ("bills_seen", "tenure_months", "segment_late_permille", "is_residential", "is_industrial", "month_of_year"),
    ),
)
"""Features that speak of the same thing."""

_OTHERS = _("Others")

_UNITS: Final[labels.Words] = {
    "day": _("days"),
    "permille": "‰",
    "fen": _("fen"),
    "months": _("months"),
    "month": _("months"),
}


def feature(name: str) -> str:
    """What a feature is called."""
    return str(FEATURES.get(name, name))


def unit(code: str) -> str:
    """What a unit of a feature is called."""
    return str(_UNITS.get(code, code))


def by_stem(rows: Iterable[tuple[str, Row]]) -> list[tuple[str, list[tuple[str, Row]]]]:
    """Features with what belongs to them, grouped by what they speak of; the order within a group is kept.

    Args:
        rows: Name of a feature and its row.
    """
    given = list(rows)
    known = {name for _title, names in STEMS for name in names}
    groups = [(str(title), [row for row in given if row[0] in names]) for title, names in STEMS]
    groups.append((str(_OTHERS), [row for row in given if row[0] not in known]))
    return [(title, group) for title, group in groups if group]
