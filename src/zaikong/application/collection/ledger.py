"""What does money that moved do to the cases of its accounts, at once?

Whoever pays, applies, undoes or lets off money calls `ledger_moved` in the same transaction. A case closes when nothing
of its account is past its due day any more, and opens again when money that had closed it is taken back. Promises and
instalment agreements are decided by the same look, by the rules of `domain.collection.promises` and
`domain.recovery.instalments`; the night takes it once more for the days that passed.

Choices of policy:

- a case whose money is taken back goes on in its episode, because nothing was really paid: what had been demanded of
  the customer was demanded. A debt that falls overdue after a case was closed is a new case. A broken agreement begins
  a new episode, so that a cut stands on a new notice;
- a late fee left over holds no case open: it is not principal, accrues no more, and nobody is cut for it alone;
- disputed principal keeps a case that is there, but opens none;
- money in transit breaks neither a promise nor an agreement before it has arrived or bounced.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.domain.collection.case_terms import case_terms
from zaikong.domain.collection.promises import PAID_COLUMNS, PROMISE_COLUMNS, promise_outcomes
from zaikong.domain.recovery.instalments import (
    AGREEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    MONEY_COLUMNS,
    agreement_states,
)
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.store.models import CaseEvent, CollectionCase, InstalmentAgreement, PromiseToPay
from zaikong.store.queries import cases as reads

_Case = CollectionCase.State
_Promise = PromiseToPay.State
_Agreement = InstalmentAgreement.State
_Kind = CaseEvent.Kind

PAID = "paid"
NOTHING_OVERDUE = "nothing_overdue"
"""Why a case was closed: money came, or what was overdue is owed no more (a bill reversed)."""

_LAST_MOMENT = time(23, 59, 59)
_EVENT = {
    "place": pl.Int64,
    "case": pl.Int64,
    "kind": pl.String,
    "outcome": pl.String,
    "amount_fen": pl.Int64,
    "facts": pl.String,
}


def end_of_day(business_date: date) -> datetime:
    """The moment at which a batch booked on a business date is noted in a case."""
    return datetime.combine(business_date, _LAST_MOMENT, TIME_ZONE)


def business_date_of(at: datetime) -> date:
    """The business date a moment lies on."""
    return at.astimezone(TIME_ZONE).date()


def moved_by_account(applied: pl.DataFrame) -> pl.DataFrame:
    """What was paid, or with a negative sign undone, an account: `account`, `amount_fen`.

    Args:
        applied: `account`, `principal_fen`, `late_fee_fen`.
    """
    return applied.group_by("account").agg(amount_fen=pl.sum_horizontal(pl.col("principal_fen", "late_fee_fen").sum()))


def ledger_moved(moved: pl.DataFrame, *, at: datetime) -> int:
    """Bring the cases of accounts to what their ledger says now.

    Call it after the items were moved, in the same transaction, which holds the locks of the accounts.

    Args:
        moved: One row an account, `account` and `amount_fen`: paid (positive), undone (negative) or neither (0).
        at: When; its local date is the business date.

    Returns:
        Cases that changed. Called again with nothing moved, none does.
    """
    if moved.is_empty():
        return 0
    restore_ended_cuts(moved["account"], at=at)
    if not reads.stage_touched(moved.select("account", "amount_fen")):
        return 0
    as_of = business_date_of(at)
    seen = reads.cases_of_touched(as_of=as_of)
    promises = _decided_promises(seen, as_of=as_of)
    agreements = _decided_agreements(as_of=as_of)
    cases = _decided_cases(seen, promises, agreements)
    _write_promises(promises, as_of=as_of)
    _write_agreements(agreements, as_of=as_of)
    changed = _write_cases(cases, at=at)
    events = pl.concat(
        [*_money_events(cases), *_promise_events(promises), *_agreement_events(agreements), *_state_events(cases)]
    )
    reads.write_events(events.sort("case", "place", maintain_order=True), at=at)
    return changed


def _decided_promises(seen: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Promises with `paid_fen` and `to_state`."""
    promises = reads.promises_of_touched()
    if promises.is_empty():
        return promises.with_columns(paid_fen=pl.lit(0, pl.Int64), to_state=pl.lit(""))
    money = reads.money_since_promises()
    arrived = _outcomes(promises, money.filter(~pl.col("in_transit")), as_of=as_of)
    awaited = _outcomes(promises, money, as_of=as_of).select("promise", _with_transit="promise_state")
    told = (
        promises.join(arrived.select("promise", "promise_state", "paid_fen"), on="promise")
        .join(awaited, on="promise")
        .join(seen.select("case", "overdue_fen"), on="case")
    )
    gone = pl.col("overdue_fen") == 0
    later = (pl.col("state") == str(_Promise.OPEN)).any().over("case")
    ruled = (
        pl.when(pl.col("promise_state") == "kept")
        .then(pl.lit(str(_Promise.KEPT)))
        .when((pl.col("promise_state") == "broken") & (pl.col("_with_transit") != "kept"))
        .then(pl.lit(str(_Promise.BROKEN)))
        .otherwise(pl.lit(str(_Promise.OPEN)))
    )
    return (
        told.with_columns(_ruled=ruled, _later=later)
        .with_columns(
            to_state=pl.when((pl.col("_ruled") == str(_Promise.OPEN)) & (pl.col("state") == str(_Promise.OPEN)) & gone)
            # what it was promised for is owed no more
            .then(pl.lit(str(_Promise.WITHDRAWN)))
            .when((pl.col("_ruled") == str(_Promise.OPEN)) & (pl.col("state") == str(_Promise.KEPT)) & gone)
            .then(pl.lit(str(_Promise.KEPT)))
            # one promise is open at a time: a later one has taken its place
            .when((pl.col("_ruled") == str(_Promise.OPEN)) & (pl.col("state") == str(_Promise.KEPT)) & pl.col("_later"))
            .then(pl.lit(str(_Promise.BROKEN)))
            .otherwise("_ruled")
        )
        .drop("_ruled", "_later", "_with_transit", "promise_state", "overdue_fen")
    )


def _outcomes(promises: pl.DataFrame, money: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    return collected(
        promise_outcomes(
            _entry(promises, PROMISE_COLUMNS, "promise_outcomes"),
            _entry(money, PAID_COLUMNS, "promise_outcomes"),
            as_of_day=day_number(as_of),
            grace_days=case_terms(as_of=as_of).promise_grace_days,
        )
    )


def _decided_agreements(*, as_of: date) -> pl.DataFrame:
    """Agreements with `paid_fen`, `short_fen`, `to_state`."""
    agreements = reads.agreements_of_touched()
    if agreements.is_empty():
        return agreements.with_columns(paid_fen=pl.lit(0, pl.Int64), short_fen=pl.lit(0, pl.Int64), to_state=pl.lit(""))
    keys = agreements["agreement"].to_list()
    stood = collected(
        agreement_states(
            _entry(agreements, AGREEMENT_COLUMNS, "agreement_states"),
            _entry(reads.instalments_of(keys), INSTALMENT_COLUMNS, "agreement_states"),
            _entry(reads.money_of_agreements(keys), MONEY_COLUMNS, "agreement_states"),
            as_of_day=day_number(as_of),
            grace_days=case_terms(as_of=as_of).instalment_grace_days,
        )
    )
    state = pl.col("agreement_state")
    return agreements.join(
        stood.select("agreement", "agreement_state", "paid_fen", "short_fen"), on="agreement"
    ).with_columns(
        to_state=pl.when(state == "fulfilled")
        .then(pl.lit(str(_Agreement.FULFILLED)))
        .when(state == "defaulted")
        .then(pl.lit(str(_Agreement.DEFAULTED)))
        .otherwise(pl.lit(str(_Agreement.ACTIVE)))
    )


def _decided_cases(seen: pl.DataFrame, promises: pl.DataFrame, agreements: pl.DataFrame) -> pl.DataFrame:
    """Cases with `to_state`, `to_episode`, `closed_reason`."""
    promised = promises.filter(pl.col("to_state") == str(_Promise.OPEN))["case"].implode()
    agreed = agreements.filter(pl.col("to_state") == str(_Agreement.ACTIVE))["case"].implode()
    broken = agreements.filter(pl.col("to_state") == str(_Agreement.DEFAULTED))["case"].implode()
    state = pl.col("state")
    closed, clear = state == str(_Case.CLOSED), pl.col("overdue_fen") == 0
    # what was due before the case closed is the debt of the case
    returned = closed & (pl.col("moved_fen") < 0) & (pl.col("open_fen") > 0)
    returned &= pl.col("since_day") < pl.col("closed_day")
    resting = (
        pl.when(pl.col("_agreed"))
        .then(pl.lit(str(_Case.INSTALMENT)))
        .when(pl.col("_promised"))
        .then(pl.lit(str(_Case.PROMISED)))
        .otherwise(pl.lit(str(_Case.OPEN)))
    )
    kept = state.is_in([_Case.PAUSED, _Case.CUT])
    to_state = (
        pl.when(closed)
        .then(pl.when(returned).then(resting).otherwise(state))
        .when(clear & ~pl.col("_agreed"))
        .then(pl.lit(str(_Case.CLOSED)))
        .when(kept)
        .then(state)
        .otherwise(resting)
    )
    return (
        seen.with_columns(
            _promised=pl.col("case").is_in(promised),
            _agreed=pl.col("case").is_in(agreed),
            _broken=pl.col("case").is_in(broken),
        )
        .with_columns(to_state=to_state)
        .with_columns(
            to_episode=pl.col("episode") + pl.col("_broken").cast(pl.Int64),
            closed_reason=pl.when((pl.col("to_state") == str(_Case.CLOSED)) & (pl.col("moved_fen") > 0))
            .then(pl.lit(PAID))
            .when(pl.col("to_state") == str(_Case.CLOSED))
            .then(pl.lit(NOTHING_OVERDUE))
            .otherwise(pl.lit("")),
        )
        .drop("_promised", "_agreed", "_broken")
    )


def _write_promises(promises: pl.DataFrame, *, as_of: date) -> None:
    changed = promises.filter(
        (pl.col("state") != pl.col("to_state")) | (pl.col("paid_fen") != pl.col("stored_paid_fen"))
    )
    reads.move_promises(changed.select("promise", "paid_fen", state="to_state"), as_of=as_of)


def _write_agreements(agreements: pl.DataFrame, *, as_of: date) -> None:
    again = (pl.col("state") == str(_Agreement.FULFILLED)) & (pl.col("to_state") != str(_Agreement.FULFILLED))
    first = agreements.filter(again).select("agreement", state=pl.lit(str(_Agreement.ACTIVE)))
    reads.move_agreements(first, as_of=as_of)
    changed = agreements.filter(
        (pl.col("state") != pl.col("to_state")) & (pl.col("to_state") != str(_Agreement.ACTIVE))
    )
    reads.move_agreements(changed.select("agreement", state="to_state"), as_of=as_of)


def _write_cases(cases: pl.DataFrame, *, at: datetime) -> int:
    closed = pl.col("to_state") == str(_Case.CLOSED)
    changed = cases.filter(
        (pl.col("state") != pl.col("to_state"))
        | (~closed & (pl.col("stored_fen") != pl.col("open_fen")))
        | (~closed & (pl.col("since_day") > 0) & (pl.col("stored_since_day") != pl.col("since_day")))
        | (pl.col("episode") != pl.col("to_episode"))
    )
    columns = ("case", "state", "episode", "open_fen", "since_day", "closed_reason")
    again = changed.filter((pl.col("state") == str(_Case.CLOSED)) & ~closed & (pl.col("to_state") != str(_Case.OPEN)))
    reads.move_cases(again.with_columns(state=pl.lit(str(_Case.OPEN)), closed_reason=pl.lit("")).select(columns), at=at)
    told = changed.with_columns(state="to_state", episode="to_episode").select(columns)
    moved = reads.move_cases(told, at=at)
    ended = changed.filter((pl.col("state") == str(_Case.PAUSED)) & closed)
    if not ended.is_empty():
        reads.end_pauses(ended["case"], as_of=business_date_of(at))
    return moved


def _money_events(cases: pl.DataFrame) -> Iterable[pl.DataFrame]:
    alive = (pl.col("state") != str(_Case.CLOSED)) | (pl.col("to_state") != str(_Case.CLOSED))
    for kind, moved in ((str(_Kind.PAYMENT), pl.col("moved_fen") > 0), (str(_Kind.BOUNCE), pl.col("moved_fen") < 0)):
        yield _events(cases.filter(alive & moved), 1, kind, amount="moved_fen", facts=("open_fen", "overdue_fen"))


def _promise_events(promises: pl.DataFrame) -> Iterable[pl.DataFrame]:
    for kind, state in (
        (str(_Kind.PROMISE_KEPT), str(_Promise.KEPT)),
        (str(_Kind.PROMISE_BROKEN), str(_Promise.BROKEN)),
    ):
        rows = promises.filter((pl.col("to_state") == state) & (pl.col("state") != state))
        yield _events(rows, 2, kind, amount="amount_fen", facts=("promise", "paid_fen", "promised_day"))
    gone = promises.filter((pl.col("to_state") == str(_Promise.WITHDRAWN)) & (pl.col("state") == str(_Promise.OPEN)))
    yield _events(gone, 2, str(_Kind.PROMISE), amount="amount_fen", facts=("promise", "paid_fen"), outcome="withdrawn")


def _agreement_events(agreements: pl.DataFrame) -> Iterable[pl.DataFrame]:
    facts = ("agreement", "paid_fen", "short_fen")
    moved = pl.col("state") != pl.col("to_state")
    broken = agreements.filter(moved & (pl.col("to_state") == str(_Agreement.DEFAULTED)))
    yield _events(broken, 3, str(_Kind.INSTALMENT_DEFAULTED), amount="short_fen", facts=facts)
    for state in (str(_Agreement.FULFILLED), str(_Agreement.ACTIVE)):
        rows = agreements.filter(moved & (pl.col("to_state") == state))
        yield _events(rows, 3, str(_Kind.INSTALMENT), amount="paid_fen", facts=facts, outcome=state)


def _state_events(cases: pl.DataFrame) -> Iterable[pl.DataFrame]:
    closed, was = pl.col("to_state") == str(_Case.CLOSED), pl.col("state") == str(_Case.CLOSED)
    rows = cases.filter(closed & ~was)
    for reason in (PAID, NOTHING_OVERDUE):
        of_reason = rows.filter(pl.col("closed_reason") == reason)
        yield _events(of_reason, 4, str(_Kind.CLOSED), amount=None, facts=("state", "episode"), outcome=reason)
    yield _events(cases.filter(was & ~closed), 4, str(_Kind.REOPENED), amount="open_fen", facts=("episode",))


def _events(
    rows: pl.DataFrame, place: int, kind: str, *, amount: str | None, facts: tuple[str, ...], outcome: str = ""
) -> pl.DataFrame:
    if rows.is_empty():
        return pl.DataFrame(schema=_EVENT)
    return rows.select(
        place=pl.lit(place, pl.Int64),
        case="case",
        kind=pl.lit(kind),
        outcome=pl.lit(outcome),
        amount_fen=pl.lit(None, pl.Int64) if amount is None else pl.col(amount).abs(),
        facts=pl.struct(facts).struct.json_encode(),
    )


def _entry(frame: pl.DataFrame, columns: Iterable[str], rule: str) -> nw.LazyFrame[Any]:
    names = list(columns)
    return checked(nw.from_native(frame.select(names).lazy()), names, rule=rule)
