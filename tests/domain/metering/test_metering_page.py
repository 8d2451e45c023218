"""The tables of docs/algorithms/metering.md are true."""

from pathlib import Path

import metering_frames as frames
import metering_oracle as oracle
import pytest

from zaikong.domain.metering.codes import READING_CODES
from zaikong.domain.metering.history import history
from zaikong.domain.metering.reading_day import read_day
from zaikong.kernel.energy import centi_of_kwh

PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "metering.md"
MONDAY = 20_360  # 2025-09-29


def table(name):
    """Rows of the table that follows the comment `table: name`, as dictionaries by heading."""
    lines = PAGE.read_text(encoding="utf-8").split(f"<!-- table: {name} -->\n")[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: lines.index("")]]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def settled(meter, previous, value_centi, day, uses):
    usual = history(frames.use_frame(uses), frames.account_frame([(1, "r")]), as_of_day=day)
    before = {"meter": 1, "register": 0, "previous_centi": previous[0], "previous_day": previous[1]}
    readings = [{"reading": 1, "meter": 1, "register": 0, "day": day, "value_centi": value_centi}]
    return read_day(
        frames.meter_frame([meter]),
        frames.previous_frame([before | {"suspect_centi": -1}]),
        frames.reading_frame(readings if value_centi is not None else []),
        usual,
        as_of_day=day,
    )


def uses_of(day, centi_kwh_of):
    registers = {f"{name}_centi_kwh": 0 for name in oracle.REGISTERS[1:5]}
    return [
        {"account": 1, "day": each, "centi_kwh": centi_kwh_of(each), "centi_kvarh": 0, "source": "measured"} | registers
        for each in range(day - 30, day)
    ]


@pytest.mark.parametrize("row", table("use"), ids=lambda row: f"{row['previous']} to {row['current']}")
def test_use_of_a_register(row):
    meter = {
        "meter": 1,
        "account": 1,
        "multiplier": int(row["multiplier"]),
        "digits": int(row["digits"]),
        "installed_day": 0,
    }
    usual = centi_of_kwh(row["history kWh a day"])
    outcome = settled(
        meter,
        (centi_of_kwh(row["previous"]), MONDAY - 1),
        centi_of_kwh(row["current"]),
        MONDAY,
        uses_of(MONDAY, lambda _: usual),
    )
    verdict = frames.collected(outcome.verdicts)[0]
    use = frames.collected(outcome.daily_use)[0]
    assert verdict["code"] or verdict["verdict"] == "accepted"
    assert (verdict["code"] or verdict["verdict"], use["centi_kwh"]) == (row["verdict"], centi_of_kwh(row["use kWh"]))


def test_the_days_of_a_gap():
    profile = [centi_of_kwh(text) for text in table("profile")[0].values()]
    meter = {"meter": 1, "account": 1, "multiplier": 1, "digits": 6, "installed_day": 0}
    by_weekday = uses_of(MONDAY + 1, lambda day: profile[(day - MONDAY) % 7])
    rows = table("spread")
    for later, row in enumerate(rows[:-1], 1):
        unread = settled(meter, (0, MONDAY), None, MONDAY + later, by_weekday)
        assert [use["centi_kwh"] for use in frames.collected(unread.daily_use)] == [
            centi_of_kwh(row["estimated on its night"])
        ]
    outcome = settled(meter, (0, MONDAY), centi_of_kwh("300.01"), MONDAY + 4, by_weekday)
    got = sorted((use["day"], use["centi_kwh"], use["source"]) for use in frames.collected(outcome.daily_use))
    expected = [centi_of_kwh(row["after Friday's reading of 300.01 kWh more"]) for row in rows]
    assert got == [(MONDAY + later, use, "trued_up") for later, use in enumerate(expected, 1)]
    assert sum(expected) == centi_of_kwh("300.01")


def test_the_page_lists_every_code_as_the_table_has_it():
    assert table("codes") == [
        {
            "code": each.code,
            "severity": each.severity,
            "row": each.outcome or "–",
            "中文": each.title_zh,
            "meaning": each.meaning,
            "what to do": each.remedy,
        }
        for each in READING_CODES.values()
    ]
