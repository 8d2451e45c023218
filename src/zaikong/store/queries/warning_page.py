"""What does the board of warnings show: how many stand, how much is at risk, who does what by when?

Each function asks a fixed number of queries. An account with several causes counts once where accounts are counted and
once in every sum of money over accounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from zaikong.store import bulk
from zaikong.store.models import CreditStanding, RiskWarning, Staff, Station
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 50

Level = RiskWarning.Level
"""How grave a warning is."""

NOBODY = 0
"""In place of an owner: warnings that nobody owns."""

_INT = pl.Int64


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which open warnings a reader asks for; None and an empty text let every one through.

    Attributes:
        level: 1 blue to 4 red.
        cause: Code of the cause.
        owner: Key of the owner, `NOBODY` for warnings without one.
        station: Key of the station.
        late: Whether only those past their deadline.
    """

    level: int | None = None
    cause: str = ""
    owner: int | None = None
    station: int | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class LevelSum:
    """Accounts whose gravest open warning has one level.

    Attributes:
        level: 1 blue to 4 red.
        accounts: How many.
        exposure_fen: Of these accounts [fen].
        expected_loss_fen: Of these accounts [fen].
    """

    level: int
    accounts: int
    exposure_fen: int
    expected_loss_fen: int


@dataclass(frozen=True, slots=True)
class CauseSum:
    """Open warnings of one cause.

    Attributes:
        cause: Code.
        by_level: Warnings of each level, blue first.
        warnings: All of them.
        exposure_fen: Of their accounts [fen].
        expected_loss_fen: Of their accounts [fen].
    """

    cause: str
    by_level: tuple[int, int, int, int]
    warnings: int
    exposure_fen: int
    expected_loss_fen: int


@dataclass(frozen=True, slots=True)
class GradeSum:
    """Accounts that hold one grade."""

    grade: int
    accounts: int
    exposure_fen: int
    expected_loss_fen: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What a night did with the warnings in sight.

    Attributes:
        opened: New ones.
        raised: Earlier ones that became graver.
        lowered: Earlier ones that became less grave.
        reopened: Closed ones that came back.
        closed: Those whose cause was gone.
    """

    opened: int
    raised: int
    lowered: int
    reopened: int
    closed: int


def by_level(*, scope: Scope) -> list[LevelSum]:
    """Accounts by their gravest open warning, red first; levels that nobody has are left out. One query."""
    inside, keys = _inside(scope)
    rows = bulk.fetch(
        "SELECT level, count(*), sum(exposure_fen)::bigint, sum(expected_loss_fen)::bigint FROM ("
        "SELECT DISTINCT ON (w.account_id) w.level, w.exposure_fen, w.expected_loss_fen FROM zaikong_riskwarning w "
        f"{inside} WHERE w.closed_date IS NULL ORDER BY w.account_id, w.level DESC, w.expected_loss_fen DESC"
        ") gravest GROUP BY level ORDER BY level DESC",
        {"level": _INT, "accounts": _INT, "exposure_fen": _INT, "expected_loss_fen": _INT},
        keys,
    )
    return [LevelSum(**row) for row in rows.iter_rows(named=True)]


def by_cause(*, scope: Scope) -> list[CauseSum]:
    """Open warnings by cause, the largest expected loss first."""
    rows = (
        RiskWarning.objects.filter(scope.rows("account"), closed_date=None)
        .values("cause")
        .annotate(
            **{f"level_{level}": Count("id", filter=Q(level=level)) for level in (1, 2, 3, 4)},
            warnings=Count("id"),
            exposure=Sum("exposure_fen"),
            loss=Sum("expected_loss_fen"),
        )
        .order_by("-loss", "cause")
    )
    return [
        CauseSum(
            cause=row["cause"],
            by_level=(row["level_1"], row["level_2"], row["level_3"], row["level_4"]),
            warnings=row["warnings"],
            exposure_fen=row["exposure"],
            expected_loss_fen=row["loss"],
        )
        for row in rows
    ]


def by_grade(*, scope: Scope) -> list[GradeSum]:
    """Accounts by behaviour grade with exposure and expected loss, the best grade first."""
    rows = (
        CreditStanding.objects.filter(scope.rows("account"))
        .values("grade")
        .annotate(
            accounts=Count("account_id"),
            exposure=Sum("account__accountexposure__exposure_fen", default=0),
            loss=Sum("expected_loss_fen", default=0),
        )
        .order_by("-grade")
    )
    return [
        GradeSum(
            grade=row["grade"],
            accounts=row["accounts"],
            exposure_fen=row["exposure"],
            expected_loss_fen=row["loss"],
        )
        for row in rows
    ]


def movement(night: date, *, scope: Scope) -> Movement:
    """What a night did with the warnings in sight, in one query."""
    moved = Q(level_date=night, opened_date__lt=night, closed_date=None)
    rows = RiskWarning.objects.filter(scope.rows("account")).aggregate(
        opened=Count("id", filter=Q(opened_date=night)),
        raised=Count("id", filter=moved & Q(level_before__gt=0, level__gt=F("level_before"))),
        lowered=Count("id", filter=moved & Q(level__lt=F("level_before"))),
        reopened=Count("id", filter=moved & Q(level_before=0)),
        closed=Count("id", filter=Q(closed_date=night)),
    )
    return Movement(**rows)


def grades_over_time(*, scope: Scope, from_date: date) -> list[tuple[date, int, int]]:
    """How many accounts held each grade after each night that moved one: night, grade, accounts.

    One query over every move there was; nights before `from_date` count and are not told. An account that was closed
    stays with the grade it had last.
    """
    inside, keys = _inside(scope)
    rows = bulk.fetch(
        f"""
        WITH step AS (
            SELECT w.moved_date, w.grade, 1 AS accounts FROM zaikong_grademove w {inside}
            UNION ALL
            SELECT w.moved_date, w.grade_before, -1 FROM zaikong_grademove w {inside} WHERE w.grade_before > 0
        ), night AS (
            SELECT moved_date, grade, sum(accounts) AS accounts FROM step GROUP BY moved_date, grade
        ), held AS (
            SELECT d.moved_date, g.grade,
                sum(coalesce(n.accounts, 0)) OVER (PARTITION BY g.grade ORDER BY d.moved_date) AS accounts
            FROM (SELECT DISTINCT moved_date FROM night) d CROSS JOIN generate_series(1, 6) g(grade)
            LEFT JOIN night n ON n.moved_date = d.moved_date AND n.grade = g.grade
        )
        SELECT moved_date, grade, accounts::bigint FROM held WHERE moved_date >= %s ORDER BY moved_date, grade
        """,
        {"moved_date": pl.Date, "grade": _INT, "accounts": _INT},
        [*keys, *keys, from_date],
    )
    return list(rows.iter_rows())


def warnings(chosen: Chosen, *, scope: Scope, page: int, as_of: date) -> Page[RiskWarning]:
    """One page of open warnings, the gravest first and within a level the largest expected loss first."""
    rows = _open(scope)
    if chosen.level is not None:
        rows = rows.filter(level=chosen.level)
    if chosen.cause:
        rows = rows.filter(cause=chosen.cause)
    if chosen.owner is not None:
        rows = rows.filter(owner=chosen.owner or None)
    if chosen.station is not None:
        rows = rows.filter(account__supply_point__premise__station=chosen.station)
    if chosen.late:
        rows = rows.filter(deadline__lt=as_of)
    ordered = rows.select_related("account__customer", "account__supply_point__premise__station", "owner").order_by(
        "-level", "-expected_loss_fen", "id"
    )
    return Paginator(ordered, PAGE_ROWS).get_page(page)


def late(*, scope: Scope, as_of: date) -> int:
    """Open warnings past their deadline."""
    return _open(scope).filter(deadline__lt=as_of).count()


def warning_by_id(warning_id: int, *, scope: Scope) -> RiskWarning | None:
    """A warning, open or closed, or None when out of sight."""
    return RiskWarning.objects.filter(scope.rows("account"), pk=warning_id).first()


def owners(*, scope: Scope) -> Sequence[Staff]:
    """Staff who own an open warning in sight."""
    owned = _open(scope).filter(owner=OuterRef("pk"))
    return list(Staff.objects.filter(Exists(owned)).order_by("username"))


def stations(*, scope: Scope) -> Sequence[Station]:
    """Stations a reader may choose between: every one for the county, none for staff of a station."""
    return list(Station.objects.order_by("code")) if scope.whole_county else []


def _open(scope: Scope) -> QuerySet[RiskWarning]:
    return RiskWarning.objects.filter(scope.rows("account"), closed_date=None)


def _inside(scope: Scope) -> tuple[str, list[Any]]:
    """A join that keeps rows `w` with an account inside the scope, and its parameters."""
    if scope.station_id is None:
        return "", []
    return _STATION, [scope.station_id]


_STATION = """JOIN zaikong_account a ON a.id = w.account_id JOIN zaikong_supplypoint p ON p.id = a.supply_point_id
    JOIN zaikong_premise h ON h.id = p.premise_id AND h.station_id = %s"""
