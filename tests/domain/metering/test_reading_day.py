"""A day's readings: rules against a plain-Python oracle, every row accounted for, every kWh laid on a day."""

from random import Random

import metering_frames as frames
import metering_oracle as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.metering.history import history
from zaikong.domain.metering.reading_day import read_day, read_days

DAY = 20_361  # 2025-09-30
LAYOUTS = ((0,), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5), (0, 5), (2, 3, 4))
GAPS = (1, 1, 1, 1, 2, 3, 7, 30, 401)


def county(seed, size):
    """Meters, last values, readings and daily use of some accounts, with every kind of mistake."""
    pick = Random(seed)
    meters, previous, readings, uses = [], [], [], []
    accounts = [(account, pick.choice("rb")) for account in range(1, size + 1)]
    for account, _ in accounts:
        level = pick.choice([0, 130, 900, 40_000])
        uses += [_use(pick, account, DAY - back, level) for back in range(1, pick.choice([1, 4, 21, 33]))]
        for place in range(pick.choice([1, 1, 1, 2])):
            _draw_meter(pick, account, account * 10 + place, level, meters, previous, readings)
    readings.append({"meter": 999, "register": 0, "day": DAY, "value_centi": 5})
    pick.shuffle(readings)
    return meters, previous, [row | {"reading": number} for number, row in enumerate(readings, 1)], uses, accounts


def _use(pick, account, day, level):
    use = pick.choice([0] + [pick.randint(0, 2 * level)] * 9)
    cuts = [0, *sorted(pick.randint(0, use) for _ in range(3)), use] if account % 2 else [0] * 5
    split = {f"{name}_centi_kwh": cuts[place] - cuts[place - 1] for place, name in enumerate(oracle.REGISTERS[1:5], 1)}
    source = pick.choice(["measured", "measured", "trued_up", "estimated"])
    return {
        "account": account,
        "day": day,
        "centi_kwh": use,
        "centi_kvarh": pick.randint(0, level),
        "source": source,
    } | split


def _draw_meter(pick, account, number, level, *lists):
    meters, previous, readings = lists
    faulty = pick.choice([False, False, True])

    def mistake(usual, *others):
        return pick.choice([usual] * 8 + list(others)) if faulty else usual

    digits, multiplier = pick.choice([3, 4, 6]), pick.choice([1, 20])
    top = 100 * 10**digits
    installed = DAY - mistake(500, 1, -2)
    meters.append(
        {"meter": number, "account": account, "multiplier": multiplier, "digits": digits, "installed_day": installed}
    )
    gap = pick.choice(GAPS)
    new = installed > DAY or mistake(False, True)
    layout = pick.choice(LAYOUTS)
    start = pick.choice([0, top // 2, top - 50, top - 1])
    share = level // multiplier // 4
    parts = {register: pick.randint(0, share) for register in layout if register}
    parts[0] = sum(parts.get(register, 0) for register in oracle.TOU) or pick.randint(0, share)
    grown = pick.choice([1, 1, 1, 0, 300])
    for register in layout:
        value = start + parts[register] * gap * grown + mistake(0, 40)
        if not new:
            suspect = pick.choice([-1, -1, start, (value - 1) % top])
            previous.append(
                {"meter": number, "register": register, "previous_centi": start, "suspect_centi": suspect,
                 "previous_day": DAY - gap + mistake(0, 1)}
            )  # fmt: skip
        for _ in range(mistake(1, 2, 0)):
            wrong, late = mistake(0, 7, -9, top, -2 * top), mistake(0, 1, -1, -40)
            readings.append(
                {"meter": number, "register": register, "day": DAY + late, "value_centi": value % top + wrong}
            )
    if mistake(False, True):
        readings.append({"meter": number, "register": 9, "day": DAY, "value_centi": 5})


COUNTIES = st.builds(county, st.integers(0, 2**32), st.integers(1, 40))


def run(drawn, spark=None):
    meters, previous, readings, uses, accounts = drawn
    usual = history(frames.use_frame(uses, spark), frames.account_frame(accounts, spark), as_of_day=DAY)
    result = read_day(
        frames.meter_frame(meters, spark),
        frames.previous_frame(previous, spark),
        frames.reading_frame(readings, spark),
        usual,
        as_of_day=DAY,
    )
    return usual, result


def said(result):
    return (
        frames.daily(frames.collected(result.daily_use)),
        frames.registers(frames.collected(result.registers)),
        frames.verdicts(frames.collected(result.verdicts)),
        frames.codes(frames.collected(result.findings)),
    )


@settings(max_examples=examples(25))
@given(COUNTIES)
def test_the_rules_say_what_the_oracle_says(drawn):
    meters, previous, readings, uses, accounts = drawn
    usual, result = run(drawn)
    histories = oracle.history(uses, accounts, DAY)
    assert frames.history_rows(frames.collected(usual)) == histories
    daily, registers, verdicts, findings = oracle.read_day(meters, previous, readings, histories, DAY)
    got = said(result)
    assert got[2] == verdicts
    assert got[3] == findings
    assert got[1] == registers
    assert got[0] == daily


@settings(max_examples=examples(6))
@given(COUNTIES)
def test_nothing_is_dropped_and_nothing_stands_twice(drawn):
    meters, previous, readings, _, _ = drawn
    _, result = run(drawn)
    verdicts = frames.collected(result.verdicts)
    assert sorted(row["reading"] for row in verdicts) == [row["reading"] for row in readings]
    assert {row["verdict"] for row in verdicts} <= {"accepted", "held", "refused"}
    kept = frames.collected(result.registers)
    keys = [(row["meter"], row["register"]) for row in kept]
    assert len(keys) == len(set(keys))
    assert {(row["meter"], row["register"]) for row in previous} <= set(keys)
    uses = frames.collected(result.daily_use)
    days = [(row["account"], row["day"]) for row in uses]
    assert len(days) == len(set(days))
    due = {row["meter"] for row in previous if row["previous_day"] < DAY}
    expected = {meter["account"] for meter in meters if meter["meter"] in due}
    assert {row["account"] for row in uses if row["day"] == DAY} == expected
    assert [row for row in uses if min(value for value in row.values() if isinstance(value, int)) < 0] == []


@settings(max_examples=examples(6))
@given(COUNTIES)
def test_the_days_of_a_taken_account_add_up_to_its_registers(drawn):
    meters, previous, _, _, _ = drawn
    _, result = run(drawn)
    moved = frames.registers(frames.collected(result.registers))
    uses = [row for row in frames.collected(result.daily_use) if row["source"] != "estimated"]
    for account in {row["account"] for row in uses}:
        expected = dict.fromkeys(range(6), 0)
        for meter in (each for each in meters if each["account"] == account):
            for row in (each for each in previous if each["meter"] == meter["meter"]):
                value = moved[row["meter"], row["register"]][0]
                top = 100 * 10 ** meter["digits"]
                expected[row["register"]] += (value - row["previous_centi"]) % top * meter["multiplier"]
        for register, name in enumerate(("sharp", "peak", "flat", "valley"), 1):
            got = sum(row[f"{name}_centi_kwh"] for row in uses if row["account"] == account)
            assert got == expected[register]
        assert sum(row["centi_kvarh"] for row in uses if row["account"] == account) == expected[5]


def account_of(days=30, use=1_000, **over):
    """Daily use of account 1, every day alike."""
    split = {f"{name}_centi_kwh": 0 for name in ("sharp", "peak", "flat", "valley")}
    row = {"account": 1, "centi_kwh": use, "centi_kvarh": 0, "source": "measured"} | split | over
    return [row | {"day": DAY - back} for back in range(1, days + 1)]


METER = {"meter": 1, "account": 1, "multiplier": 1, "digits": 6, "installed_day": 0}


def before(value=100_000, day=DAY - 1, suspect=-1, register=0, meter=1):
    return {
        "meter": meter,
        "register": register,
        "previous_centi": value,
        "previous_day": day,
        "suspect_centi": suspect,
    }


def value(value_centi, day=DAY, reading=1, register=0, meter=1):
    return {"reading": reading, "meter": meter, "register": register, "day": day, "value_centi": value_centi}


def outcome(readings, previous, uses, meters=(METER,), *, as_of_day=DAY, days=None):
    usual = history(frames.use_frame(uses), frames.account_frame([(1, "r")]), as_of_day=as_of_day)
    arguments = (frames.meter_frame(meters), frames.previous_frame(previous), frames.reading_frame(readings), usual)
    return read_days(*arguments, days=days) if days else read_day(*arguments, as_of_day=as_of_day)


def test_a_plain_day_is_measured():
    daily, registers, verdicts, findings = said(outcome([value(100_950)], [before()], account_of()))
    assert daily == {(1, DAY): {"source": "measured", 0: 950, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0}}
    assert (registers, verdicts, findings) == ({(1, 0): (100_950, DAY, -1)}, {1: ("accepted", "")}, set())


def test_a_second_run_of_the_same_day_changes_nothing():
    first = outcome([value(100_950)], [before()], account_of())
    again = outcome([value(100_950)], frames.collected(first.registers), account_of())
    daily, registers, verdicts, findings = said(again)
    assert (daily, registers) == ({}, {(1, 0): (100_950, DAY, -1)})
    assert verdicts == {1: ("refused", "READING_NOT_NEWER")}
    assert findings == {(1, 1, 0, DAY, "READING_NOT_NEWER")}


def test_a_real_rise_is_held_once_then_taken_with_its_days_trued_up():
    rise = 100_000 + 50_000
    held = outcome([value(rise)], [before()], account_of())
    daily, registers, verdicts, findings = said(held)
    assert daily[1, DAY]["source"] == "estimated"
    assert registers == {(1, 0): (100_000, DAY - 1, rise)}
    assert (verdicts, findings) == ({1: ("held", "USE_SPIKE")}, {(1, 1, -1, DAY, "USE_SPIKE")})
    taken = outcome(
        [value(rise + 50_000, day=DAY + 1)], frames.collected(held.registers), account_of(), as_of_day=DAY + 1
    )
    daily, registers, verdicts, findings = said(taken)
    assert [(key, row["source"], row[0]) for key, row in sorted(daily.items())] == [
        ((1, DAY), "trued_up", 50_000),
        ((1, DAY + 1), "trued_up", 50_000),
    ]
    assert registers == {(1, 0): (rise + 50_000, DAY + 1, -1)}
    assert findings == {(1, 1, -1, DAY + 1, "USE_SPIKE_CONFIRMED"), (1, 1, -1, DAY + 1, "GAP_TRUED_UP")}


def test_a_misread_spike_is_forgotten_when_the_next_reading_is_sound():
    held = outcome([value(900_000)], [before()], account_of())
    taken = outcome([value(102_000, day=DAY + 1)], frames.collected(held.registers), account_of(), as_of_day=DAY + 1)
    daily, registers, _, findings = said(taken)
    assert sum(row[0] for row in daily.values()) == 2_000
    assert (registers, findings) == ({(1, 0): (102_000, DAY + 1, -1)}, {(1, 1, -1, DAY + 1, "GAP_TRUED_UP")})


def test_late_readings_are_settled_on_their_own_days():
    readings = [value(100_000 + 700 * place, day=DAY - 3 + place, reading=place) for place in (3, 1, 2)]
    daily, registers, verdicts, findings = said(
        outcome(readings, [before(day=DAY - 3)], account_of(), days=[DAY - 2, DAY - 1, DAY])
    )
    assert {key: (row["source"], row[0]) for key, row in daily.items()} == {
        (1, DAY - 2 + place): ("measured", 700) for place in range(3)
    }
    assert registers == {(1, 0): (102_100, DAY, -1)}
    assert verdicts == dict.fromkeys((1, 2, 3), ("accepted", ""))
    assert findings == set()


def test_a_late_reading_of_another_day_waits_for_its_day():
    daily, _, verdicts, findings = said(outcome([value(100_700, day=DAY - 1)], [before(day=DAY - 2)], account_of()))
    assert daily[1, DAY]["source"] == "estimated"
    assert verdicts == {1: ("held", "READING_LATE")}
    assert {code for *_, code in findings} == {"READING_LATE", "READING_MISSING"}


def test_a_wrong_late_reading_does_not_spoil_the_days_after_it():
    readings = [value(90_000, day=DAY - 1, reading=1), value(101_400, reading=2)]
    daily, registers, verdicts, _ = said(outcome(readings, [before(day=DAY - 2)], account_of(), days=[DAY - 1, DAY]))
    assert verdicts == {1: ("held", "READING_BACKWARDS"), 2: ("accepted", "")}
    assert {key: (row["source"], row[0]) for key, row in daily.items()} == {
        (1, DAY - 1): ("trued_up", 700),
        (1, DAY): ("trued_up", 700),
    }
    assert registers == {(1, 0): (101_400, DAY, -1)}


def test_an_exchanged_meter_ends_and_its_successor_begins_on_one_day():
    meters = [METER, METER | {"meter": 2, "installed_day": DAY}]
    previous = [before(), before(value=0, meter=2)]
    readings = [value(100_400, reading=1), value(300, reading=2, meter=2)]
    daily, registers, _, findings = said(outcome(readings, previous, account_of(), meters=meters))
    assert daily[1, DAY][0] == 700
    assert (registers[1, 0][0], registers[2, 0][0], findings) == (100_400, 300, set())


def test_an_account_waits_for_all_its_meters():
    meters = [METER, METER | {"meter": 2}]
    previous = [before(), before(meter=2)]
    daily, registers, verdicts, findings = said(outcome([value(100_400)], previous, account_of(), meters=meters))
    assert daily[1, DAY]["source"] == "estimated"
    assert verdicts == {1: ("held", "READING_WAITS")}
    assert findings == {(1, 2, -1, DAY, "READING_MISSING")}
    assert set(registers.values()) == {(100_000, DAY - 1, -1)}


@pytest.mark.spark
def test_spark_says_the_same(spark):
    drawn = (
        [METER, METER | {"meter": 2, "account": 2, "multiplier": 20}, METER | {"meter": 3, "account": 3}],
        [before(), *(before(register=register, meter=2, day=DAY - 4) for register in range(6)), before(meter=3)],
        [
            value(100_900, reading=1),
            value(100_900, reading=2),
            value(101_001, reading=3, meter=2),
            *(value(100_250, reading=3 + register, register=register, meter=2) for register in (1, 2, 3, 4)),
            value(100_007, reading=8, register=5, meter=2),
            value(9, reading=9, meter=9),
        ],
        account_of() + account_of(use=5_001, account=2, peak_centi_kwh=5_001, centi_kvarh=77) + account_of(account=3),
        [(1, "r"), (2, "b"), (3, "r")],
    )
    usual, result = run(drawn)
    spark_usual, spark_result = run(drawn, spark)
    assert frames.history_rows(frames.collected(spark_usual)) == frames.history_rows(frames.collected(usual))
    assert said(spark_result) == said(result)
    assert {row["source"] for row in said(result)[0].values()} == {"measured", "trued_up", "estimated"}
