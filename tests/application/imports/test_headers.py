from datetime import date
from pathlib import Path

import polars as pl
import pytest

from zaikong.application.imports.fields import KINDS
from zaikong.application.imports.headers import UnableToMatchHeaderError, match, plain_name
from zaikong.application.imports.sheet import LINE, Sheet

ALL = {name: make(date(2025, 7, 31)) for name, make in KINDS.items()}


def sheet(*columns: str) -> Sheet:
    rows = pl.DataFrame(schema={LINE: pl.Int64, **dict.fromkeys(columns, pl.String)})
    return Sheet(path=Path("f.csv"), sha256="", form="CSV", columns=columns, rows=rows)


def refusal(kind: str, *columns: str) -> UnableToMatchHeaderError:
    with pytest.raises(UnableToMatchHeaderError) as refused:
        match(sheet(*columns), ALL[kind], ALL)
    return refused.value


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Account No", "accountno"),
        ("ACCOUNT-NO", "accountno"),
        ("金额（元）", "金额"),
        (" 户 号 ", "户号"),
        ("kWh [kWh]", "kwh"),
    ],
)
def test_what_does_not_matter_in_a_name_is_dropped(written, plain):
    assert plain_name(written) == plain


def test_english_and_chinese_names_stand_side_by_side():
    assert match(sheet("户号", "Date", "日电量(kWh)", "尖"), ALL["daily_use"], ALL) == {
        "account_no": "户号",
        "date": "Date",
        "kwh": "日电量(kWh)",
        "sharp": "尖",
    }


def test_missing_and_unknown_columns_are_named_with_a_suggestion():
    refused = refusal("daily_use", "account_no", "dat", "kwh")
    assert refused.code == "HEADER_WRONG"
    assert refused.message == (
        "f.csv is no daily_use file as it stands: it lacks date (日期); it has unknown 'dat' (did you mean date (日期)?)"
    )
    assert refused.remedy.startswith("Columns of daily_use: account_no (户号), date (日期), kwh (电量), sharp (尖)?")


def test_a_misspelt_optional_column_is_never_read_past_in_silence():
    refused = refusal("daily_use", "account_no", "date", "kwh", "vally")
    assert refused.fields["unknown"] == ["vally"]
    assert refused.remedy == "Rename the column, or pass --ignore-column to read past it."


def test_a_column_to_ignore_is_read_past():
    found = match(sheet("account_no", "date", "kwh", "备注"), ALL["daily_use"], ALL, ignore=["备注"])
    assert list(found) == ["account_no", "date", "kwh"]


def test_the_columns_of_a_rejected_file_are_read_past():
    found = match(sheet("account_no", "date", "kwh", "rejected_line", "rejected_reason"), ALL["daily_use"], ALL)
    assert list(found) == ["account_no", "date", "kwh"]


def test_one_column_under_two_names_is_refused():
    assert refusal("daily_use", "account_no", "户号", "date", "kwh").code == "HEADER_DUPLICATE"


def test_the_header_of_another_kind_is_recognised():
    refused = refusal("payments", "户号", "电费年月", "发行日期", "缴费截止日", "电量", "应收电费")
    assert refused.remedy == "The header is that of bills: run `zaikong import bills`."


def test_full_width_commas_are_explained():
    assert refusal("daily_use", "户号，日期，电量").remedy.startswith("Separate the columns by ASCII commas")


@pytest.mark.parametrize("kind", list(ALL))
def test_no_name_of_a_kind_means_two_columns(kind):
    names = [plain_name(name) for field in ALL[kind].fields for name in (field.name, *field.chinese)]
    assert len(names) == len(set(names))
