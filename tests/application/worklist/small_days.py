"""Small mornings, and the best of all plans by trying every one."""

from datetime import date
from itertools import product

import polars as pl
from hypothesis import strategies as st

from zaikong.application.worklist.block import OFFICE, blocks
from zaikong.application.worklist.day import Day, no_pins
from zaikong.application.worklist.plan import release
from zaikong.domain.collection.uplift.table import collection_uplift
from zaikong.kernel.period import day_number

ON = date(2026, 1, 7)
TODAY = day_number(ON)
TABLE = collection_uplift(as_of=ON).value

CASE = {
    "category": "residential",
    "grade": 4,
    "open_fen": 100_000,
    "days_overdue": 10,
    "contacts_today": 0,
    "contacts_7d": 0,
    "disputed": False,
    "under_review": False,
    "paused_to_day": 0,
    "promise_due_day": 0,
    "demand_from_day": TODAY,
    "stop_notice_from_day": 0,
    "final_notice_day": 0,
    "legal_from_day": 0,
    "station": 1,
    "route": "R1",
    "owner": 1,
    "needs_skills": 0,
    "deadline_day": 0,
    "deadline": "",
}
COLLECTOR = {"station": 1, "partner": 0, "minutes": 400, "wage_fen_an_hour": 3000, "skills": 0}
STOP = {"days_overdue": 40, "stop_notice_from_day": TODAY}


def cases(*rows):
    return pl.DataFrame([CASE | {"case": place} | row for place, row in enumerate(rows, start=1)])


def collectors(*rows):
    return pl.DataFrame([COLLECTOR | {"collector": place} | row for place, row in enumerate(rows, start=1)])


def pins(*rows):
    if not rows:
        return no_pins()
    blank = {"pin": "keep", "collector": 0, "action": ""}
    return pl.DataFrame([blank | row for row in rows]).select(no_pins().columns)


def routes(**ways):
    schema = {"route": pl.String, "travel_minutes": pl.Int64, "travel_fen": pl.Int64}
    return pl.DataFrame([(name, *way) for name, way in ways.items()], schema=schema, orient="row")


def day(case_rows, team, *, hand=(), ways=None, working_day=True):
    return Day(TODAY, working_day, TABLE, cases(*case_rows), collectors(*team), routes(**(ways or {})), pins(*hand))


@st.composite
def days(draw, *, most_cases=30, most_collectors=4):
    """A morning of one or two stations with everything that may forbid something."""
    people = draw(st.integers(1, most_collectors))
    stations = draw(st.integers(1, 2)) if people > 1 else 1
    where = [place % stations + 1 for place in range(people)]
    partner = [0] * people
    for one, other in ((0, stations), (1, 1 + stations)):
        if other < people and where[one] == where[other] and not partner[one] and draw(st.booleans()):
            partner[one], partner[other] = other + 1, one + 1
    team = [
        {
            "station": where[place],
            "partner": partner[place],
            "minutes": draw(st.sampled_from((0, 20, 70, 130, 300))),
            "wage_fen_an_hour": draw(st.sampled_from((0, 3000, 4777))),
            "skills": draw(st.integers(0, 7)),
        }
        for place in range(people)
    ]
    near = st.sampled_from((0, TODAY - 1, TODAY, TODAY + 1))
    rows = [
        {
            "category": draw(st.sampled_from(("residential", "industrial", "business"))),
            "grade": draw(st.integers(1, 6)),
            "open_fen": draw(st.sampled_from((0, 300, 9_000, 80_000, 1_000_000, 30_000_000))),
            "days_overdue": draw(st.sampled_from((0, 1, 6, 8, 31, 70, 400))),
            "contacts_today": draw(st.sampled_from((0, 0, 0, 1))),
            "contacts_7d": draw(st.sampled_from((0, 0, 1, 3))),
            "disputed": draw(st.sampled_from((False, False, False, True))),
            "under_review": draw(st.sampled_from((False, False, True))),
            "paused_to_day": draw(near),
            "promise_due_day": draw(near),
            "demand_from_day": draw(near),
            "stop_notice_from_day": draw(near),
            "final_notice_day": draw(st.sampled_from((0, 0, 0, TODAY, TODAY + 1))),
            "legal_from_day": draw(near),
            "station": draw(st.integers(1, stations)),
            "route": draw(st.sampled_from(("R1", "R2", "R3"))),
            "owner": draw(st.integers(0, people + 1)),
            "needs_skills": draw(st.sampled_from((0, 0, 4))),
        }
        for _ in range(draw(st.integers(1, most_cases)))
    ]
    hand = [
        {
            "pin": draw(st.sampled_from(("keep", "exclude"))),
            "case": case,
            "collector": draw(st.integers(0, people)),
            "action": draw(st.sampled_from(("", "CALL", "VISIT"))),
        }
        for case in draw(st.lists(st.integers(1, len(rows)), max_size=3, unique=True))
    ]
    ways = {"R1": (30, 500), "R2": (0, 0)}
    return day(rows, team, hand=hand, ways=ways, working_day=draw(st.sampled_from((True, True, True, False))))


def best_of_all(one_day):
    """The worth of the best plan, by trying every choice for every case; what must be on the list has to be."""
    total = 0
    for block in blocks(one_day):
        release(block)
        choices = []
        for case in range(len(block.case_ids)):
            ways = [
                (int(offer), crew)
                for offer in (block.offer_case == case).nonzero()[0]
                for crew in range(len(block.crews))
                if block.allowed[offer, crew]
            ]
            choices.append(ways if block.required[case] else [None, *ways])
        total += max(_worth(block, [way for way in plan if way]) for plan in product(*choices))
    return total


def _worth(block, plan):
    used = [0] * len(block.capacity)
    trips = {(crew, int(block.offer_route[offer])) for offer, crew in plan if block.offer_route[offer] != OFFICE}
    for offer, crew in plan:
        for member in block.crews[crew]:
            used[member] += int(block.offer_minutes[offer])
    for crew, route in trips:
        for member in block.crews[crew]:
            used[member] += int(block.trip_minutes[route])
    if any(minutes > capacity for minutes, capacity in zip(used, block.capacity, strict=True)):
        return -(10**18)
    return sum(int(block.value[way]) for way in plan) - sum(int(block.trip_fen[trip]) for trip in trips)
