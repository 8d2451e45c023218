"""Which accounts have a collection case after tonight, and by which ladder does each go?

A case is opened for every account with undisputed principal past its due day, refreshed while something is overdue and
closed when nothing is. Days alone end a pause, break a promise and default an agreement; that is noted here. Everything
is done in bulk, under the locks of all accounts concerned. A night run again finds its work done.
"""

from dataclasses import dataclass
from datetime import date

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.collection.ledger import end_of_day, ledger_moved
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.domain.collection.strategy import SUBJECT_COLUMNS, chosen_ladders
from zaikong.domain.collection.strategy_table import strategy_on
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.store.models import CaseEvent, CollectionCase
from zaikong.store.queries import cases as reads
from zaikong.store.queries import payments as locks

_Case = CollectionCase.State


@dataclass(frozen=True, slots=True)
class CasesOfNight:
    """What a night did with the cases.

    Attributes:
        open: Cases that live now.
        opened: Of them those opened tonight.
        resumed: Cases whose pause ran out.
        changed: Earlier cases whose state or figures moved.
        open_fen: Undisputed principal past its due day in all cases that live [fen].
        without_ladder: Cases to which no row of the strategy, or more than one, gives a ladder.
    """

    open: int
    opened: int
    resumed: int
    changed: int
    open_fen: int
    without_ladder: int


@transaction.atomic
def run_cases(*, as_of: date) -> CasesOfNight:
    """Bring the cases of all accounts to the end of a business date.

    Args:
        as_of: The business date; an item due on it is not overdue yet.
    """
    locks.lock_accounts(reads.accounts_in_arrears(as_of=as_of))
    resumed = _resume(as_of)
    living = reads.living_accounts()
    changed = ledger_moved(living.with_columns(amount_fen=pl.lit(0, pl.Int64)), at=end_of_day(as_of))
    restore_ended_cuts(None, at=end_of_day(as_of))
    opened = _open(as_of)
    without = _choose_ladders(as_of)
    count, open_fen = reads.living_sums()
    return CasesOfNight(count, opened, resumed, changed, open_fen, without)


def _resume(as_of: date) -> int:
    """Take up again the cases whose pause has run out."""
    over = reads.expired_pauses(as_of=as_of)
    if over.is_empty():
        return 0
    at = end_of_day(as_of)
    reads.set_states(over.select("case", state=pl.lit(str(_Case.OPEN))))
    reads.set_states(over.filter("promised").select("case", state=pl.lit(str(_Case.PROMISED))))
    reads.write_events(_told(over, str(CaseEvent.Kind.RESUMED), outcome="run_out"), at=at)
    return over.height


def _open(as_of: date) -> int:
    at = end_of_day(as_of)
    owing = reads.arrears_without_case(as_of=as_of)
    if owing.is_empty():
        return 0
    opened = reads.open_cases(owing, opened_at=at)
    told = _told(opened, str(CaseEvent.Kind.OPENED)).with_columns(amount_fen=opened["open_fen"])
    return reads.write_events(told, at=at)


def _choose_ladders(as_of: date) -> int:
    """Give every case the ladder the strategy of the day names; returns those left without one."""
    strategy = strategy_on(as_of=as_of)
    subjects = reads.strategy_subjects(as_of=as_of, at=end_of_day(as_of))
    if subjects.is_empty():
        return 0
    entry = checked(nw.from_native(subjects.lazy()), SUBJECT_COLUMNS, rule="chosen_ladders")
    chosen = collected(chosen_ladders(entry, strategy=strategy.value, as_of=as_of))
    reads.set_ladders(chosen.select("account", "ladder"), edition=strategy.edition)
    return chosen.filter(pl.col("ladder") == "").height


def _told(rows: pl.DataFrame, kind: str, *, outcome: str = "") -> pl.DataFrame:
    return rows.select(
        "case",
        kind=pl.lit(kind),
        outcome=pl.lit(outcome),
        amount_fen=pl.lit(None, pl.Int64),
        facts=pl.lit("{}"),
    )
