from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from zaikong.application.imports.sheet import LINE, UnableToReadFileError
from zaikong.application.imports.workbook import workbook_sheet

KNOWN = {"户号", "日期", "金额"}


def book(folder: Path, *sheets: list[list[object]], hidden: int | None = None) -> Path:
    path = folder / "file.xlsx"
    target = xlsxwriter.Workbook(path)
    day = target.add_format({"num_format": "yyyy-mm-dd"})
    moment = target.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for number, rows in enumerate(sheets):
        page = target.add_worksheet()
        if number == hidden:
            page.hide()
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    page.write_datetime(line, place, cell, moment)
                elif isinstance(cell, date):
                    page.write_datetime(line, place, cell, day)
                else:
                    page.write(line, place, cell)
    target.close()
    return path


def read(path: Path):
    return workbook_sheet(path.read_bytes(), path=path, knows=KNOWN.__contains__)


def code_of(path: Path) -> str:
    with pytest.raises(UnableToReadFileError) as refusal:
        read(path)
    return refusal.value.code


def test_numbers_dates_and_times_come_out_as_excel_shows_them(tmp_path):
    path = book(
        tmp_path,
        [
            ["户号", "日期", "金额"],
            [4100000001, date(2025, 7, 1), 0.1 + 0.2],
            ["0012", datetime(2025, 7, 1, 8, 30), 1234.5],
            [410105199001011234, True, -3],
        ],
    )
    assert read(path).rows.select(LINE, "户号", "日期", "金额").rows() == [
        (2, "4100000001", "2025-07-01", "0.3"),
        (3, "0012", "2025-07-01 08:30:00", "1234.5"),
        (4, "4.10105199001011e+17", "true", "-3"),
    ]


def test_a_title_above_the_header_is_passed_over(tmp_path):
    path = book(
        tmp_path, [["某县供电公司缴费流水"], [], ["户号", "日期", "金额"], ["1", "2", "3"], [], ["4", "5", "6"]]
    )
    assert read(path).rows[LINE].to_list() == [4, 6]


def test_the_sheet_with_the_header_is_read_and_the_others_are_named(tmp_path):
    found = read(book(tmp_path, [["说明"], ["x"]], [["户号", "日期"], ["1", "2"]]))
    assert found.form == "Excel, sheet Sheet2"
    assert [(note.code, note.subject.split()[-1]) for note in found.notes] == [("SHEET_NOT_READ", "Sheet1")]


def test_two_sheets_with_the_header_are_refused(tmp_path):
    same = [["户号", "日期"], ["1", "2"]]
    assert code_of(book(tmp_path, same, same)) == "EXCEL_SHEETS_AMBIGUOUS"
    assert read(book(tmp_path, same, same, hidden=1)).height == 1


def test_a_value_under_no_header_tears_its_row(tmp_path):
    found = read(book(tmp_path, [["户号", "日期"], ["1", "2", "lost"], ["3", "4"]]))
    assert found.rows.select(LINE, "户号").rows() == [(3, "3")]
    assert found.torn.rows() == [(2, "1\t2\tlost", 3)]


def test_one_name_twice_is_refused(tmp_path):
    assert code_of(book(tmp_path, [["户号", "户号"], ["1", "2"]])) == "HEADER_DUPLICATE"


def test_a_workbook_without_rows_is_refused(tmp_path):
    assert code_of(book(tmp_path, [])) == "FILE_EMPTY"


def test_a_workbook_cut_short_is_refused(tmp_path):
    path = book(tmp_path, [["户号"], ["1"]])
    path.write_bytes(path.read_bytes()[:-200])
    assert code_of(path) == "EXCEL_DAMAGED"


def test_a_packed_file_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "file.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"nothing" * 20)
    assert code_of(path) == "EXCEL_DAMAGED"
