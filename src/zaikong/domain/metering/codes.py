"""What can be wrong with a reading, how grave is it, what becomes of the reading, and what is to be done?

Basis: the practice of 抄表复核: a reading nobody can stand behind is not billed; the day is estimated and trued up by
the next sound reading (供电营业规则, 电费退补).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReadingCode:
    """One thing that can be said of a reading.

    Attributes:
        code: Upper-case word for programs.
        severity: `note` (the use is taken) or `hold` (the day is estimated until a person has looked).
        outcome: What becomes of the row: `accepted`, `held`, `refused`, or empty where there is no row.
        title_zh: Chinese title.
        title_en: English title.
        meaning: What was seen; `observed` and `limit` of the finding are named.
        remedy: What a person does.
    """

    code: str
    severity: str
    outcome: str
    title_zh: str
    title_en: str
    meaning: str
    remedy: str


_ROWS: Final = (
    ReadingCode(
        "METER_UNKNOWN",
        "hold",
        "refused",
        "电表未建档",
        "Unknown meter",
        "The meter is not among the installed ones; observed is the value.",
        "Correct the meter number, or register the meter and hand the reading in again.",
    ),
    ReadingCode(
        "REGISTER_UNKNOWN",
        "hold",
        "refused",
        "示数类型未知",
        "Unknown register",
        "The register is none of 0 to 5; observed is the register.",
        "Correct the register and hand the reading in again.",
    ),
    ReadingCode(
        "CLOCK_IN_FUTURE",
        "hold",
        "refused",
        "抄表时间超前",
        "Clock in the future",
        "The day lies after the business date; observed is the day, limit the business date.",
        "Set the meter's or the terminal's clock; hand in the value of the right day.",
    ),
    ReadingCode(
        "READING_NEGATIVE",
        "hold",
        "refused",
        "示数为负",
        "Negative value",
        "A register cannot be below zero; observed is the value.",
        "Read the meter again.",
    ),
    ReadingCode(
        "READING_BEYOND_DIGITS",
        "hold",
        "refused",
        "示数超位数",
        "More digits than the meter has",
        "The value does not fit the register; observed is the value, limit the first value that does not fit.",
        "Read the meter again, or correct the digits of its record.",
    ),
    ReadingCode(
        "READING_BEFORE_INSTALLED",
        "hold",
        "refused",
        "早于装表日",
        "Before the meter was installed",
        "The day lies before the installation; observed is the day, limit the day of installation.",
        "Correct the day, or the date of installation.",
    ),
    ReadingCode(
        "READING_NOT_NEWER",
        "note",
        "refused",
        "该日已抄",
        "Not newer than the last reading",
        "The register was already taken at that day or later; observed is the day, limit the last day taken.",
        "Nothing, if the file was handed in twice; a wrong value taken earlier is corrected by back-bill (退补).",
    ),
    ReadingCode(
        "READING_LATE",
        "note",
        "held",
        "补抄示数",
        "Late reading",
        "The day lies before the business date, after the last reading; observed is the day, limit the business date.",
        "It is taken by running the days in order (`read_days`).",
    ),
    ReadingCode(
        "READING_DUPLICATE",
        "note",
        "refused",
        "重复示数",
        "The same reading twice",
        "The first copy counts; observed is the value.",
        "Nothing.",
    ),
    ReadingCode(
        "READING_WAITS",
        "hold",
        "held",
        "等待其他示数",
        "Waits for its companions",
        "The reading is sound, another of the same account is not: all registers of an account move on the same day.",
        "Clear the other finding of the account.",
    ),
)

_REGISTERS: Final = (
    ReadingCode(
        "REGISTER_MISSING",
        "hold",
        "",
        "缺少分时示数",
        "A register is missing",
        "Some registers of the meter were read, this one was not; limit is its last value.",
        "Read the missing register.",
    ),
    ReadingCode(
        "READING_CONFLICT",
        "hold",
        "held",
        "同日示数不一致",
        "Two values for one instant",
        "The same register and day came with different values; observed is the largest, limit the smallest.",
        "Find out which is right; hand in that one.",
    ),
    ReadingCode(
        "READING_BACKWARDS",
        "hold",
        "held",
        "示数倒走",
        "Runs backwards",
        "The value is below the last one and no roll-over explains it; observed is the value, limit the last one.",
        "Read again; look for an exchanged, reset or reversed meter.",
    ),
    ReadingCode(
        "METER_ROLLED_OVER",
        "note",
        "accepted",
        "示数翻转",
        "Rolled over",
        "The register passed its highest value; observed is the value, limit the last one.",
        "Nothing: the last value was near the top and the use fits the account.",
    ),
    ReadingCode(
        "READING_FIRST",
        "note",
        "accepted",
        "首次示数",
        "First value of a register",
        "The register had no value yet; use counts from here; observed is the value.",
        "Compare with the installation record.",
    ),
)

_ACCOUNTS: Final = (
    ReadingCode(
        "READING_MISSING",
        "hold",
        "",
        "漏抄",
        "No reading",
        "No usable register of the meter came in; observed is the number of days since the last reading.",
        "Call the meter again, or send a reader.",
    ),
    ReadingCode(
        "REGISTERS_DO_NOT_ADD_UP",
        "hold",
        "held",
        "总与分时不符",
        "Total and time-of-use differ",
        "Total use differs from the sum by more than truncated displays explain; observed is the sum, limit the total.",
        "Read all registers again; test the meter.",
    ),
    ReadingCode(
        "REGISTERS_OUT_OF_STEP",
        "hold",
        "held",
        "起码日期不一致",
        "Registers start on different days",
        "The last values of the meter are of different days; observed is the latest, limit the earliest.",
        "Enter the missing start value.",
    ),
    ReadingCode(
        "GAP_TOO_LONG",
        "hold",
        "held",
        "间隔过长",
        "Too long since the last reading",
        "Use of so many days is settled by a person; observed is the number of days.",
        "Settle the gap by agreement, and enter the new start values.",
    ),
    ReadingCode(
        "USE_BEYOND_BOUNDS",
        "hold",
        "held",
        "电量超出上限",
        "More than any account uses",
        "Active or reactive use is above what can be billed at once; observed is the use.",
        "Check multiplier and digits of the meter.",
    ),
    ReadingCode(
        "USE_SPIKE",
        "hold",
        "held",
        "电量突增",
        "Use far above the account's own",
        "The use is above what the account's last 30 days allow; observed is the use, limit the most believed.",
        "Read again; a second reading that confirms it is taken with USE_SPIKE_CONFIRMED.",
    ),
    ReadingCode(
        "USE_SPIKE_CONFIRMED",
        "note",
        "accepted",
        "电量突增已复核",
        "Spike confirmed by a second reading",
        "The reading after a held spike stands at least as high; observed is the use, limit the most believed.",
        "Ask the customer what changed; look at contract capacity.",
    ),
    ReadingCode(
        "READING_FROZEN",
        "note",
        "accepted",
        "示数停走",
        "Frozen",
        "The value stands while the account's history says use; observed is the number of days, limit the days let.",
        "Visit: empty premises, stopped meter, or theft.",
    ),
    ReadingCode(
        "GAP_TRUED_UP",
        "note",
        "accepted",
        "补抄回算",
        "Days trued up",
        "The use since the last reading was spread over its days; observed is the days, limit the use.",
        "Nothing, unless a bill with estimated days was released: then correct it.",
    ),
    ReadingCode(
        "ESTIMATE_WITHOUT_HISTORY",
        "note",
        "",
        "无历史估算",
        "Estimated from nothing",
        "Neither the account nor its class has a history; the day is estimated as zero.",
        "Read the meter.",
    ),
)

READING_CODES: Final = {row.code: row for row in (*_ROWS, *_REGISTERS, *_ACCOUNTS)}
"""Every code a reading can bring up."""

ROW_CODES: Final = tuple(row.code for row in _ROWS)
"""Codes decided on a row alone, or left over for a row whose meter was held for another."""


def severity_of(code: str) -> str:
    """`note` or `hold`."""
    return READING_CODES[code].severity
