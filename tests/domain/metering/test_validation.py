"""Every code at its edge: one step inside is taken, one step outside is not."""

import metering_frames as frames
import pytest
from test_reading_day import DAY, METER, account_of, before, outcome, said, value

from zaikong.domain.metering.codes import READING_CODES, ROW_CODES, severity_of
from zaikong.domain.metering.validation import USUAL_LIMITS, ReadingLimits

TOU = METER | {"multiplier": 20}
SPLIT = {"peak_centi_kwh": 1_000}


def codes(readings, previous, uses=None, **kwargs):
    result = outcome(readings, previous, account_of() if uses is None else uses, **kwargs)
    return sorted({code for *_, code in said(result)[3]})


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([value(100_900, meter=2)], "METER_UNKNOWN"),
        ([value(100_900, register=6)], "REGISTER_UNKNOWN"),
        ([value(100_900, register=-1)], "REGISTER_UNKNOWN"),
        ([value(100_900, day=DAY + 1)], "CLOCK_IN_FUTURE"),
        ([value(-1)], "READING_NEGATIVE"),
        ([value(100_000_000)], "READING_BEYOND_DIGITS"),
        ([value(100_900, day=DAY - 1)], "READING_NOT_NEWER"),
    ],
)
def test_a_row_that_cannot_be_a_reading_is_refused_and_the_day_estimated(rows, code):
    result = outcome(rows, [before()], account_of())
    daily, registers, verdicts, findings = said(result)
    assert verdicts == {1: ("refused", code)}
    assert {each for *_, each in findings} == {code, "READING_MISSING"}
    assert (daily[1, DAY]["source"], daily[1, DAY][0]) == ("estimated", 1_000)
    assert registers == {(1, 0): (100_000, DAY - 1, -1)}


def test_the_last_value_that_fits_is_taken():
    near = before(value=99_999_000)
    assert codes([value(99_999_999)], [near]) == []


def test_a_reading_before_the_installation_is_refused():
    meters = [METER | {"installed_day": DAY + 1}]
    assert codes([value(100_900)], [], meters=meters) == ["READING_BEFORE_INSTALLED"]


def test_two_equal_rows_count_once_and_two_different_ones_not_at_all():
    same = outcome([value(100_900), value(100_900, reading=2)], [before()], account_of())
    assert said(same)[2] == {1: ("accepted", ""), 2: ("refused", "READING_DUPLICATE")}
    apart = outcome([value(100_900), value(100_901, reading=2)], [before()], account_of())
    assert said(apart)[2] == {1: ("held", "READING_CONFLICT"), 2: ("held", "READING_CONFLICT")}
    assert said(apart)[0][1, DAY]["source"] == "estimated"


def test_a_missing_register_holds_the_meter_and_names_the_register():
    previous = [before(register=register) for register in range(5)]
    readings = [value(100_000, register=register, reading=register) for register in range(4)]
    _, registers, verdicts, findings = said(outcome(readings, previous, account_of(), meters=[TOU]))
    assert findings == {(1, 1, 4, DAY, "REGISTER_MISSING")}
    assert set(verdicts.values()) == {("held", "REGISTER_MISSING")}
    assert {day for _, day, _ in registers.values()} == {DAY - 1}


@pytest.mark.parametrize(
    ("total", "found"), [(44, []), (36, []), (45, ["REGISTERS_DO_NOT_ADD_UP"]), (35, ["REGISTERS_DO_NOT_ADD_UP"])]
)
def test_total_and_sum_may_differ_by_what_four_displays_cut_off(total, found):
    previous = [before(register=register) for register in range(5)]
    readings = [value(100_010, register=register, reading=register) for register in range(1, 5)]
    readings.append(value(100_000 + total, reading=9))
    assert codes(readings, previous, meters=[TOU]) == found


def test_a_roll_over_needs_a_value_near_the_top_and_a_believable_use():
    assert codes([value(500)], [before(value=99_999_900)]) == ["METER_ROLLED_OVER"]
    assert codes([value(500)], [before(value=89_999_999)]) == ["READING_BACKWARDS"]
    assert codes([value(4_900)], [before(value=99_999_900)]) == ["METER_ROLLED_OVER"]
    assert codes([value(4_901)], [before(value=99_999_900)]) == ["READING_BACKWARDS"]
    assert codes([value(500)], [before(value=99_999_900)], uses=account_of(days=6)) == ["READING_BACKWARDS"]


@pytest.mark.parametrize(("use", "found"), [(5_000, []), (5_001, ["USE_SPIKE"])])
def test_a_day_may_be_five_times_the_median(use, found):
    assert codes([value(100_000 + use)], [before()]) == found


def test_the_spread_of_the_account_widens_what_is_believed():
    uses = account_of(use=1_000)
    for place, row in enumerate(uses):
        row["centi_kwh"] += (place % 2) * 1_600  # median 1,800, deviation 800
    assert codes([value(100_000 + 9_800)], [before()], uses=uses) == []
    assert codes([value(100_000 + 9_801)], [before()], uses=uses) == ["USE_SPIKE"]


def test_an_intermittent_user_may_reach_twice_its_largest_day():
    uses = account_of(use=0)
    uses[20]["centi_kwh"] = 70_000
    assert codes([value(240_000)], [before()], uses=uses) == []
    assert codes([value(240_001)], [before()], uses=uses) == ["USE_SPIKE"]


def test_no_spike_is_called_below_twenty_kwh_or_without_a_week_of_history():
    assert codes([value(102_000)], [before()], uses=account_of(use=1)) == []
    assert codes([value(102_001)], [before()], uses=account_of(use=1)) == ["USE_SPIKE"]
    assert codes([value(999_000)], [before()], uses=account_of(use=1, days=6)) == []


def test_a_gap_may_hold_as_many_days_of_use_as_it_has():
    assert codes([value(115_000)], [before(day=DAY - 3)]) == ["GAP_TRUED_UP"]
    assert codes([value(115_001)], [before(day=DAY - 3)]) == ["USE_SPIKE"]


@pytest.mark.parametrize(("idle", "found"), [(5, []), (6, ["READING_FROZEN"])])
def test_a_register_that_stands_for_a_week_is_frozen_if_history_says_use(idle, found):
    uses = account_of()
    for row in uses[:idle]:
        row["centi_kwh"] = 0
    assert codes([value(100_000)], [before()], uses=uses) == found


def test_a_vacant_account_is_not_frozen():
    assert codes([value(100_000)], [before()], uses=account_of(use=99)) == []
    assert codes([value(100_000)], [before()], uses=account_of(use=0)) == []


@pytest.mark.parametrize(("gap", "found"), [(400, ["GAP_TRUED_UP"]), (401, ["GAP_TOO_LONG"])])
def test_a_gap_of_more_than_four_hundred_days_is_for_a_person(gap, found):
    assert codes([value(100_500)], [before(day=DAY - gap)]) == found


def test_use_no_account_can_have_is_held():
    meters = [METER | {"multiplier": 1_000_000}]
    assert codes([value(110_000)], [before()], uses=[], meters=meters) == []
    assert codes([value(110_001)], [before()], uses=[], meters=meters) == [
        "ESTIMATE_WITHOUT_HISTORY",
        "USE_BEYOND_BOUNDS",
    ]


def test_registers_of_different_days_are_held():
    previous = [before(register=0), before(register=5, day=DAY - 2)]
    readings = [value(100_500), value(100_100, register=5, reading=2)]
    assert codes(readings, previous) == ["REGISTERS_OUT_OF_STEP"]


def test_a_meter_without_values_begins_with_its_first_ones():
    daily, registers, verdicts, findings = said(outcome([value(700)], [], account_of()))
    assert (daily, registers) == ({}, {(1, 0): (700, DAY, -1)})
    assert (verdicts, findings) == ({1: ("accepted", "")}, {(1, 1, 0, DAY, "READING_FIRST")})


def test_a_new_register_begins_beside_those_taken():
    readings = [value(100_900), value(30, register=5, reading=2)]
    daily, registers, _, findings = said(outcome(readings, [before()], account_of()))
    assert daily[1, DAY][5] == 0
    assert registers == {(1, 0): (100_900, DAY, -1), (1, 5): (30, DAY, -1)}
    assert findings == {(1, 1, 5, DAY, "READING_FIRST")}


def test_limits_can_be_drawn_elsewhere():
    from zaikong.domain.metering.history import history
    from zaikong.domain.metering.reading_day import read_day

    usual = history(frames.use_frame(account_of()), frames.account_frame([(1, "r")]), as_of_day=DAY)
    arguments = [frames.meter_frame([METER]), frames.previous_frame([before()]), frames.reading_frame([value(104_000)])]
    strict = ReadingLimits(spike_multiple=3, spike_mads=3, spike_largest=1)
    assert said(read_day(*arguments, usual, as_of_day=DAY, limits=strict))[2] == {1: ("held", "USE_SPIKE")}
    assert said(read_day(*arguments, usual, as_of_day=DAY, limits=USUAL_LIMITS))[2] == {1: ("accepted", "")}


def test_the_table_of_codes_is_whole():
    assert [code for code, row in READING_CODES.items() if code != row.code] == []
    assert {row.severity for row in READING_CODES.values()} == {"note", "hold"}
    assert {row.outcome for row in READING_CODES.values()} == {"accepted", "held", "refused", ""}
    assert [
        row.code for row in READING_CODES.values() if not (row.title_zh and row.title_en and row.meaning and row.remedy)
    ] == []
    assert set(ROW_CODES) <= set(READING_CODES)
    assert (severity_of("USE_SPIKE"), severity_of("METER_ROLLED_OVER")) == ("hold", "note")
