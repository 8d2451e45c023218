"""May supply be cut? Read from the articles by a person with a diary, knowing nothing of the rule.

The diary is everything that happened to one customer, newest last. Every article is a question about the diary.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import chinese_calendar

ALWAYS = datetime(2100, 1, 1)


@dataclass
class Bill:
    """What was billed; `settled` holds the moments and yuan of money that is not taken back."""

    due: date
    yuan: Fraction
    settled: list[tuple[datetime, Fraction]] = field(default_factory=list)

    def open(self, at: datetime) -> Fraction:
        return self.yuan - sum((yuan for when, yuan in self.settled if when <= at), Fraction(0))


@dataclass
class Span:
    """Something that holds from a moment to another."""

    start: datetime
    end: datetime = ALWAYS

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass
class Diary:
    """One customer's history. Lists hold moments in the order they happened."""

    household: bool
    prepaid: bool
    level: str
    company: bool
    overdraft: Fraction
    bills: list[Bill] = field(default_factory=list)
    demands: list[datetime] = field(default_factory=list)
    notices: list[datetime] = field(default_factory=list)
    last_calls: list[datetime] = field(default_factory=list)
    copies: list[datetime] = field(default_factory=list)
    approvals: list[tuple[datetime, str]] = field(default_factory=list)
    disputes: list[Span] = field(default_factory=list)
    money_on_its_way: list[Span] = field(default_factory=list)
    instalments: list[Span] = field(default_factory=list)
    defaults: list[datetime] = field(default_factory=list)
    protections: list[tuple[str, Span]] = field(default_factory=list)
    reviews: list[datetime] = field(default_factory=list)
    agreement: Span | None = None
    purse: list[tuple[datetime, Fraction]] = field(default_factory=list)
    warnings: list[datetime] = field(default_factory=list)
    confirmations: list[datetime] = field(default_factory=list)
    heat: list[Span] = field(default_factory=list)


HOURS_OF_PROTECTION = {"important_event": 30 * 24, "vulnerable_home": 183 * 24, "safety": 30 * 24}


def forbids(diary: Diary, at: datetime) -> list[str]:
    """Every article or promise the cut would break, in plain words."""
    broken = [*_anyone(diary, at), *(_prepaid(diary, at) if diary.prepaid else _post_paid(diary, at))]
    return sorted(broken)


def _anyone(diary: Diary, at: datetime) -> list[str]:
    broken = []
    if any(span.holds(at) for span in diary.disputes):
        broken.append("dispute")
    if any(span.holds(at) for span in diary.money_on_its_way):
        broken.append("money on its way")
    if any(span.holds(at) for span in diary.instalments):
        broken.append("instalments kept")
    for reason, span in diary.protections:
        longest = span.start + timedelta(hours=HOURS_OF_PROTECTION[reason])
        if span.start <= at < min(span.end, longest):
            broken.append("protected")
    if diary.household and not any(when <= at for when in diary.reviews):
        broken.append("nobody looked for hardship")
    if diary.household and _is_quiet(diary, at):
        broken.append("quiet time")
    return sorted(set(broken))


def _is_quiet(diary: Diary, at: datetime) -> bool:
    if not time(8) <= at.time() < time(17):
        return True
    today, tomorrow = at.date(), at.date() + timedelta(days=1)
    if chinese_calendar.is_holiday(today) or chinese_calendar.is_holiday(tomorrow):
        return True
    if (6, 6) <= (today.month, today.day) <= (6, 10):
        return True
    return any(span.start.date() <= today < span.end.date() for span in diary.heat)


def _post_paid(diary: Diary, at: datetime) -> list[str]:
    """条例 39: more than 30 days, demanded; 规则 67: approved, notice three to seven days before, again 30 minutes."""
    broken = []
    unpaid = [bill for bill in diary.bills if bill.open(at) > 0]
    if not unpaid:
        broken.append("nothing owed")
    oldest = min((bill.due for bill in unpaid), default=None)
    if oldest is None or (at.date() - oldest).days <= 30:
        broken.append("not more than 30 days")
    # an instalment agreement that was broken starts the path anew: what was served before it counts no more
    anew = max((when for when in diary.defaults if when <= at), default=datetime(1990, 1, 1))
    served = [when for when in diary.notices if anew < when <= at]
    notice = served[-1] if served else None
    if not any(
        when <= at and (oldest is None or when.date() > oldest) and (notice is None or when < notice)
        for when in diary.demands
    ):
        broken.append("not demanded before the notice")
    if notice is None:
        broken.append("no notice")
    elif not _in_time(diary, notice, at):
        broken.append("notice too new or too old")
    broken += _last_call(diary, at, after=notice)
    approvers = {role for when, role in diary.approvals if when <= at}
    if not approvers & _may_approve(diary):
        broken.append("not approved")
    if diary.level != "none":
        copy = diary.copies[-1] if diary.copies else None
        if copy is None or not _in_time(diary, copy, at):
            broken.append("authority has no copy")
    return broken


def _in_time(diary: Diary, when: datetime, at: datetime) -> bool:
    if diary.company and diary.household:
        return when + timedelta(days=7) <= at and at.date() <= when.date() + timedelta(days=7)
    return timedelta(days=3) <= at - when <= timedelta(days=7)


def _last_call(diary: Diary, at: datetime, *, after: datetime | None) -> list[str]:
    call = diary.last_calls[-1] if diary.last_calls else None
    if call is None or (after is not None and call <= after):
        return ["not told again"]
    if diary.company and at - call > timedelta(days=1):
        return ["not told again"]
    return ["told again too late"] if at - call < timedelta(minutes=30) else []


def _may_approve(diary: Diary) -> set[str]:
    if not diary.company or diary.level in {"none", "second", "temporary"}:
        return {"manager", "director"}
    return {"director"} if diary.level == "first" else set()


def _prepaid(diary: Diary, at: datetime) -> list[str]:
    """A signed agreement, a balance below what was agreed, a warning, the last notice, and a person's word."""
    broken = []
    if diary.agreement is None or not diary.agreement.holds(at):
        broken.append("no agreement")
    left = sum((yuan for when, yuan in diary.purse if when <= at), Fraction(0))
    if left + diary.overdraft >= 0:
        broken.append("balance suffices")
    call = diary.last_calls[-1] if diary.last_calls else None
    wait = timedelta(days=1) if diary.company else timedelta(0)
    if not any(when + wait <= at and (call is None or when < call) for when in diary.warnings):
        broken.append("not warned")
    broken += _last_call(diary, at, after=None)
    if (diary.household or diary.level != "none") and not diary.confirmations:
        broken.append("no person confirmed")
    if diary.level != "none" and not diary.copies:
        broken.append("authority has no copy")
    if not _may_approve(diary):
        broken.append("not approved")
    return broken
