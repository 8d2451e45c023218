"""Which step of its ladder does every debt take tonight? Messages are ordered, notices issued, cuts proposed.

The rules choose; here what they chose is written. A message step goes to the outbox, one message a customer; a demand
and a notice of cutting are issued for the morning's print; a served notice of cutting becomes a proposal that two people
decide. Calls, visits and field orders are people's work and stay with the work list. A night run again finds its work
done.

Basis: `domain.collection` strategy, ladder and messages; `domain.law` for the times of a notice of cutting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.collection.ledger import end_of_day
from zaikong.application.cutting.orders import UnableToOrderCutError, expire_cuts, propose_cut
from zaikong.application.documents.letterhead import letterhead
from zaikong.application.messaging.ordering import Supplier, order_messages
from zaikong.application.notices import NoticeAsked, issue_notices
from zaikong.domain.collection.ladder import DEBT_COLUMNS, DONE_COLUMNS, HOLD_COLUMNS, TRANSIT_COLUMNS, positions
from zaikong.domain.collection.ladder_table import ladders_on
from zaikong.domain.collection.strategy import SUBJECT_COLUMNS, chosen_ladders
from zaikong.domain.collection.strategy_table import strategy_on
from zaikong.domain.law.parameters import QuietWindows, StopNotice, in_law
from zaikong.domain.law.protection import quiet_days
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE, date_of_day, day_number
from zaikong.store.queries import ladder as reads
from zaikong.store.queries import messages as message_reads

PAY_WITHIN = timedelta(days=7)
"""What a demand on paper gives to pay."""

_DAYS_AHEAD = 30
_MORNING = time(10, 0)
_AFTERNOON = time(16, 30)


@dataclass(frozen=True, slots=True)
class Climbed:
    """What a night's steps came to.

    Attributes:
        debts: Debts looked at.
        steps: Step to how many debts take it tonight; those of people are only counted.
        messages: Messages ordered.
        demands: Demands issued.
        stops: Notices of cutting issued.
        expired: Cut orders whose stated time has passed.
        proposed: Cuts proposed.
        findings: What a person must look at.
    """

    debts: int
    steps: dict[str, int]
    messages: int
    demands: int
    stops: int
    expired: int
    proposed: int
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class LadderFacts:
    """What is known of debts on their ladders.

    Attributes:
        debts: `ladder.DEBT_COLUMNS`.
        done: `ladder.DONE_COLUMNS`.
        holds: `ladder.HOLD_COLUMNS`.
        transit: `ladder.TRANSIT_COLUMNS`.
    """

    debts: pl.DataFrame
    done: pl.DataFrame
    holds: pl.DataFrame
    transit: pl.DataFrame


def climb(*, as_of: date) -> Climbed:
    """Take tonight's steps.

    Args:
        as_of: The business date.
    """
    now = end_of_day(as_of)
    standing = where_debts_stand(as_of=as_of)
    head = letterhead()
    supplier = Supplier(company=head.supplier_name, hotline=head.contact_phone)
    ordered = order_messages(standing, supplier=supplier, as_of=as_of, now=now)
    findings = list(ordered.findings)
    demands = _demand(_accounts_at(standing, "DEMAND_NOTICE"), as_of=as_of, now=now, findings=findings)
    stops = _announce(
        _accounts_at(standing, "STOP_NOTICE"), as_of=as_of, now=now, jurisdiction=head.jurisdiction, findings=findings
    )
    expired = len(expire_cuts(at=now))
    proposed = _propose(now, findings)
    steps = standing.filter(pl.col("step") != "").group_by("step").len().sort("step")
    return Climbed(
        debts=standing.height,
        steps=dict(steps.iter_rows()),
        messages=ordered.queued,
        demands=demands,
        stops=stops,
        expired=expired,
        proposed=proposed,
        findings=findings,
    )


def where_debts_stand(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Where every debt stands on its ladder: `domain.collection.ladder.POSITION_COLUMNS`.

    Args:
        as_of: The business date.
        accounts: Only of these; of the whole county where None.
    """
    return positions_of(ladder_facts(as_of=as_of, accounts=accounts), as_of=as_of)


def positions_of(facts: LadderFacts, *, as_of: date) -> pl.DataFrame:
    """Where the debts of some facts stand: `domain.collection.ladder.POSITION_COLUMNS`."""
    return collected(
        positions(
            _entry(facts.debts, DEBT_COLUMNS, "positions"),
            _entry(facts.done, DONE_COLUMNS, "positions"),
            _entry(facts.holds, HOLD_COLUMNS, "positions"),
            _entry(facts.transit, TRANSIT_COLUMNS, "positions"),
            as_of_day=day_number(as_of),
            ladders=ladders_on(as_of=as_of),
        )
    )


def ladder_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> LadderFacts:
    """What the rules of the ladder are asked of.

    Args:
        as_of: The business date.
        accounts: Only these; the whole county where None.
    """
    subjects = reads.subjects(as_of=as_of, at=end_of_day(as_of), accounts=accounts)
    strategy = strategy_on(as_of=as_of)
    chosen = collected(
        chosen_ladders(_entry(subjects, SUBJECT_COLUMNS, "chosen_ladders"), strategy=strategy.value, as_of=as_of)
    )
    debts = (
        reads.debts(as_of=as_of, days_ahead=_DAYS_AHEAD, accounts=accounts)
        .join(chosen.select("account", "ladder"), on="account", how="left")
        .with_columns(pl.col("ladder").fill_null(""))
    )
    by_message = message_reads.steps_by_message(accounts).filter(pl.col("day") <= day_number(as_of))
    by_people = reads.done(as_of=as_of, accounts=accounts)
    return LadderFacts(
        debts=debts.select(list(DEBT_COLUMNS)),
        done=pl.concat([by_people.select(list(DONE_COLUMNS)), by_message.select(list(DONE_COLUMNS))]),
        holds=reads.holds(as_of=as_of, accounts=accounts),
        transit=reads.transit(accounts),
    )


def planned_cut(*, resident: bool, as_of: date, jurisdiction: str) -> datetime | None:
    """The time a notice of cutting issued tonight and served tomorrow may state; None where no day fits.

    A resident's notice states the afternoon of the last day it counts, everyone else's a morning in the middle of the
    span, so that a service a day late still counts.

    Args:
        resident: Class of the customer.
        as_of: The business date.
        jurisdiction: The company's place.
    """
    served = day_number(as_of) + 1
    times = in_law(StopNotice, as_of=date_of_day(served), jurisdiction=jurisdiction).value
    notice = times.resident if resident else times.other
    last = notice.maximum_days or notice.minimum_days + 7
    first = last if notice.to_end_of_day else min(notice.minimum_days + 2, last)
    law = in_law(QuietWindows, as_of=date_of_day(served), jurisdiction=jurisdiction).value
    concerned = law.resident if resident else law.other
    at = _AFTERNOON if notice.to_end_of_day else _MORNING
    spans = (
        [*range(first, last + 1), *range(first - 1, notice.minimum_days, -1)] if not notice.to_end_of_day else [last]
    )
    for days in spans:
        day = served + days
        reason = next(iter(quiet_days(day, day + 1, law=law)))[1]
        if not (concerned and reason):
            return datetime.combine(date_of_day(day), at, TIME_ZONE)
    return None


def _demand(accounts: pl.Series, *, as_of: date, now: datetime, findings: list[Finding]) -> int:
    asked = [
        NoticeAsked(account_no=row["account_no"], kind="demand", pay_by_date=as_of + PAY_WITHIN)
        for row in _subjects(accounts)
    ]
    return _issue(asked, as_of=as_of, now=now, findings=findings)


def _announce(accounts: pl.Series, *, as_of: date, now: datetime, jurisdiction: str, findings: list[Finding]) -> int:
    at = {kind: planned_cut(resident=kind, as_of=as_of, jurisdiction=jurisdiction) for kind in (True, False)}
    asked = []
    for row in _subjects(accounts):
        planned = at[row["resident"]]
        # what is cut is not cut again; where no day fits, tomorrow's night finds one
        if planned is not None and not row["is_cut"]:
            pay_by = planned.date() - timedelta(days=1)
            asked.append(NoticeAsked(row["account_no"], "stop", pay_by_date=pay_by, planned_cut_at=planned))
    return _issue(asked, as_of=as_of, now=now, findings=findings)


def _issue(asked: Sequence[NoticeAsked], *, as_of: date, now: datetime, findings: list[Finding]) -> int:
    if not asked:
        return 0
    issued = issue_notices(asked=asked, staff=None, at=now, as_of=as_of)
    findings += issued.findings
    return len(issued.notices)


def _propose(now: datetime, findings: list[Finding]) -> int:
    proposed = 0
    for notice in reads.served_stop_notices(at=now):
        try:
            propose_cut(notice=notice, staff=None, at=now)
        except UnableToOrderCutError as refused:
            findings.append(Finding(refused.code, str(notice), refused.message))
        else:
            proposed += 1
    return proposed


def _accounts_at(standing: pl.DataFrame, step: str) -> pl.Series:
    return standing.filter(pl.col("step") == step)["account"]


def _subjects(accounts: pl.Series) -> list[dict[str, Any]]:
    return [] if accounts.is_empty() else reads.notice_subjects(accounts).to_dicts()


def _entry(frame: pl.DataFrame, columns: Sequence[str], rule: str) -> nw.LazyFrame[Any]:
    return checked(nw.from_native(frame.lazy()), columns, rule=rule)
