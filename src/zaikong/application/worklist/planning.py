"""How does a day's work list come to stand, and how does a person change it?

Each station has one standing plan a day. Planning again replaces it: what was done stays done and its minutes are gone,
what a person changed is kept, everything else is chosen anew. A change by hand is written down with its reason and the
station is planned again at once, so that what it displaces is seen.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from django.db import transaction

from zaikong.application.roles import PLAN_WORK, permission
from zaikong.application.seeing import scope_of
from zaikong.application.worklist.explained import WHY_COLUMNS
from zaikong.application.worklist.morning import morning
from zaikong.application.worklist.plan import STEPS, Plan, Told, gap_ppm, plan
from zaikong.domain.collection.uplift.table import collection_uplift
from zaikong.domain.law.parameters import NATION
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import date_of_day
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CollectionCase, Staff, Station, WorkListChange, WorkListRow, WorkPlanRun
from zaikong.store.queries import work_list as queries

ChangeKind = Literal["pin", "exclude", "release"]

_WHY = (*WHY_COLUMNS, "companion", "own", "net_fen")


class UnableToChangeWorkListError(Refusal):
    """A change by hand that cannot be made so."""


@dataclass(frozen=True, slots=True)
class DayPlanned:
    """What planning a day gave.

    Attributes:
        runs: Number of the standing plan of each station planned.
        cases: Cases looked at.
        rows: Rows on all lists.
        value_fen: Expected additional money less cost [fen].
        bound_fen: What no plan can exceed [fen].
        gap_ppm: How far the value may be from the best [ppm].
        milliseconds: Time taken [ms].
        unlisted: Reason to how many cases are on no list for it.
        findings: What must be on a list and is not.
    """

    runs: tuple[int, ...]
    cases: int
    rows: int
    value_fen: int
    bound_fen: int
    gap_ppm: int
    milliseconds: int
    unlisted: dict[str, int]
    findings: tuple[Finding, ...]


@transaction.atomic
def plan_day(
    *,
    business_date: date,
    at: datetime,
    station_id: int | None = None,
    jurisdiction: str = NATION,
    steps: float = STEPS,
    told: Told = lambda _, __: None,
) -> DayPlanned:
    """Make the work lists of a day stand.

    Args:
        business_date: The day.
        at: When it is planned.
        station_id: One station, or None for all.
        jurisdiction: The company's place.
        steps: Limit of the search at a station of ten collectors [deterministic seconds].
        told: Hears how many of how many stations are planned.

    Raises:
        UnableToPlanDayError: The facts contradict one another, or the plan made breaks a constraint; nothing is written.
    """
    _hold(station_id)
    facts = morning(business_date=business_date, station_id=station_id, jurisdiction=jurisdiction)
    made = plan(facts.day, steps=steps, told=told)
    _retire(business_date, station_id)
    places = facts.day.cases.select("case", "station")
    runs = tuple(
        _written(made, places, station, business_date=business_date, at=at)
        for station in made.stations.iter_rows(named=True)
    )
    return DayPlanned(
        runs=runs,
        cases=facts.day.cases.height,
        rows=made.rows.height,
        value_fen=made.value_fen,
        bound_fen=made.bound_fen,
        gap_ppm=made.gap_ppm,
        milliseconds=made.milliseconds,
        unlisted=dict(made.unlisted.group_by("reason").len().sort("reason").iter_rows()),
        findings=(*facts.findings, *made.findings),
    )


def change_by_hand(
    *,
    business_date: date,
    case_id: int,
    kind: ChangeKind,
    reason: str,
    changed_by: Staff,
    at: datetime,
    collector: Staff | None = None,
    action: str = "",
    jurisdiction: str = NATION,
) -> DayPlanned:
    """Put a case on a collector's list, take it off, or leave it to the plan again; its station is planned again.

    Args:
        business_date: The day.
        case_id: The case.
        kind: `pin` (with collector and action), `exclude` (from this collector's list, or from all), or `release`.
        reason: Why.
        changed_by: Who changes it.
        at: When.
        collector: Whose list.
        action: What is to be done.
        jurisdiction: The company's place.

    Returns:
        What planning gave; a finding names the case when it could not be listed as asked.

    Raises:
        UnableToChangeWorkListError: Not entitled, no such open case in sight, no reason, an unknown kind or action, or
            the case is done today.
    """
    _entitled(changed_by)
    case = _case_in_sight(case_id, changed_by)
    _sound(business_date, kind=kind, reason=reason, collector=collector, action=action)
    if WorkListRow.objects.filter(run__business_date=business_date, case=case, state=WorkListRow.State.DONE).exists():
        raise _refused("WORK_DONE", "the case is done today already", "Change the list of another day.", case=case_id)
    station_id = case.account.supply_point.premise.station_id
    with transaction.atomic():
        WorkListChange.objects.create(
            business_date=business_date,
            case=case,
            kind=kind,
            staff=None if kind == "release" else collector,
            action="" if kind == "release" else action,
            reason=reason.strip(),
            changed_by=changed_by,
            changed_at=at,
        )
        return plan_day(business_date=business_date, at=at, station_id=station_id, jurisdiction=jurisdiction)


@transaction.atomic
def tick_off(row_id: int, *, staff: Staff, at: datetime) -> None:
    """Say that a row of a standing list is done.

    Args:
        row_id: The row.
        staff: Whose list it is on, or who plans the work.
        at: When it was done.

    Raises:
        UnableToChangeWorkListError: No such row to do on a standing list of theirs.
    """
    row = (
        WorkListRow.objects.select_for_update()
        .filter(pk=row_id, run__standing=True, state=WorkListRow.State.LISTED)
        .first()
    )
    if row is None or not (row.staff_id == staff.pk or staff.has_perm(permission(PLAN_WORK))):
        raise _refused("ROW_UNKNOWN", f"there is no row {row_id} to do on this list", "Open the list anew.", row=row_id)
    row.state, row.done_at = WorkListRow.State.DONE, at
    row.save(update_fields=["state", "done_at"])


def _hold(station_id: int | None) -> None:
    """Keep a second planning of the same stations waiting until this one is written."""
    held = Station.objects.select_for_update(no_key=True).order_by("pk")
    list(held if station_id is None else held.filter(pk=station_id))


def _retire(business_date: date, station_id: int | None) -> None:
    standing = WorkPlanRun.objects.filter(business_date=business_date, standing=True)
    if station_id is not None:
        standing = standing.filter(station_id=station_id)
    for run in standing:
        WorkListRow.objects.filter(run=run, state=WorkListRow.State.LISTED).update(state=WorkListRow.State.DROPPED)
    standing.update(standing=False)


def _written(made: Plan, places: pl.DataFrame, station: dict[str, int], *, business_date: date, at: datetime) -> int:
    mine = places.filter(station=station["station"])
    rows = made.rows.join(mine.select("case"), on="case", how="semi")
    left = made.unlisted.join(mine.select("case"), on="case", how="semi")
    trips = made.trips.join(rows.select("collector").unique(), on="collector", how="semi")
    run = WorkPlanRun.objects.create(
        business_date=business_date,
        station_id=station["station"],
        planned_at=at,
        cases=mine.height,
        value_fen=station["value_fen"],
        bound_fen=station["bound_fen"],
        gap_ppm=gap_ppm(station["value_fen"], station["bound_fen"]),
        milliseconds=station["milliseconds"],
        figures={
            "uplift": collection_uplift(as_of=business_date).edition,
            "unlisted": dict(left.group_by("reason").len().sort("reason").iter_rows()),
            "trips": trips.to_dicts(),
        },
    )
    queries.write_rows(_as_stored(rows, run.pk))
    return run.pk


def _as_stored(rows: pl.DataFrame, run_id: int) -> pl.DataFrame:
    why = [json.dumps(_reasons(row), ensure_ascii=False) for row in rows.select(_WHY).iter_rows(named=True)]
    return rows.select(
        pl.lit(run_id).alias("run_id"),
        staff_id="collector",
        case_id="case",
        action="action",
        rank="rank",
        route="route",
        minutes="minutes",
        cost_fen="cost_fen",
        probability_before_ppm="before_ppm",
        probability_after_ppm="after_ppm",
        exposure_fen="open_fen",
        expected_fen="expected_fen",
        by_hand="by_hand",
        state=pl.lit(str(WorkListRow.State.LISTED)),
    ).with_columns(pl.Series("why", why, dtype=pl.String))


def _reasons(row: dict[str, Any]) -> dict[str, Any]:
    deadline = row.pop("deadline_day")
    return row | {"deadline_date": date_of_day(deadline).isoformat() if deadline else None}


def _entitled(staff: Staff) -> None:
    if not (staff.is_active and staff.has_perm(permission(PLAN_WORK))):
        raise _refused(
            "NOT_ENTITLED", f"{staff.get_username()} may not change work lists", "Ask somebody whose role may."
        )


def _case_in_sight(case_id: int, staff: Staff) -> CollectionCase:
    seen = CollectionCase.objects.filter(scope_of(staff).rows("account"), pk=case_id)
    case: CollectionCase | None = (
        seen.exclude(state=CollectionCase.State.CLOSED).select_related("account__supply_point__premise").first()
    )
    if case is None:
        raise _refused("CASE_UNKNOWN", f"there is no open case {case_id}", "Look it up again.", case=case_id)
    return case


def _sound(business_date: date, *, kind: str, reason: str, collector: Staff | None, action: str) -> None:
    if kind not in WorkListChange.Kind.values:
        raise _refused("CHANGE_UNKNOWN", f"{kind!r} is no change", "Say pin, exclude or release.", kind=kind)
    longest = WorkListChange._meta.get_field("reason").max_length or 0
    if not 0 < len(reason.strip()) <= longest:
        raise _refused("REASON_MISSING", "a change needs a reason", f"Say why in at most {longest} characters.")
    actions = collection_uplift(as_of=business_date).value.actions
    if action and action not in actions:
        raise _refused("ACTION_UNKNOWN", f"{action!r} is no action", "Say one of " + ", ".join(actions), action=action)
    if kind == "pin" and (collector is None or not action):
        raise _refused("PIN_INCOMPLETE", "who does what is missing", "Name a collector and an action.")


def _refused(code: str, message: str, remedy: str, **fields: object) -> UnableToChangeWorkListError:
    return UnableToChangeWorkListError(message, code=code, fields=fields, remedy=remedy)
