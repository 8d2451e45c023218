from pathlib import Path

import polars as pl
import pytest

from zaikong.application.imports.separated import separated_sheet
from zaikong.application.imports.sheet import LINE, Sheet, UnableToReadFileError

PATH = Path("file.csv")


def sheet(text: str) -> Sheet:
    return separated_sheet(text.encode(), path=PATH)


def rows(text: str) -> list[tuple[object, ...]]:
    found = sheet(text)
    return found.rows.select(LINE, *found.columns).rows()


def code_of(text: str) -> str:
    with pytest.raises(UnableToReadFileError) as refusal:
        sheet(text)
    return refusal.value.code


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_of_the_header(separator):
    text = "a,b\n1,2\n".replace(",", separator)
    assert rows(text) == [(2, "1", "2")]


def test_lines_are_counted_as_an_editor_counts_them():
    assert rows('a,b\n1,"x\ny"\n\n2,z\n') == [(2, "1", "x\ny"), (5, "2", "z")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end):
    assert rows(f"a,b{end}1,2{end}3,4{end}") == [(2, "1", "2"), (3, "3", "4")]


def test_quotation_marks_hold_separators_and_each_other():
    assert rows('a,b\n"1,5","say ""yes"""\n') == [(2, "1,5", 'say "yes"')]


def test_a_mark_that_opens_no_value_is_an_ordinary_character():
    assert rows('a,b\n5" pipe,李"四"店\n') == [(2, '5" pipe', '李"四"店')]


def test_outer_blanks_of_every_width_are_dropped():
    assert rows("a, b \n\u3000 1\u00a0,\t2 \n") == [(2, "1", "2")]


def test_blank_rows_are_no_rows():
    assert rows("a,b\n,\n  \n1,2\n") == [(4, "1", "2")]


def test_rows_of_another_width_are_kept_whole_as_torn():
    found = sheet('a,b\n1\n1,2,3\n"1"x,2\n4,5\n')
    assert found.rows.select(LINE, "a", "b").rows() == [(5, "4", "5")]
    assert found.torn.rows() == [(2, "1", 1), (3, "1,2,3", 3), (4, '"1"x,2', 0)]
    assert found.height == 4


def test_trailing_separators_are_no_columns():
    found = sheet('a,b,,\n1,2,,\n3\n4,5\n"6",7,,\n8,9,,,,\n1,2,x,\n')
    assert found.columns == ("a", "b")
    assert found.rows.select(LINE, "a").rows() == [(2, "1"), (4, "4"), (5, "6"), (6, "8")]
    assert found.torn.rows() == [(3, "3", 1), (7, "1,2,x,", 4)]


def test_a_mark_never_closed_is_refused_with_its_line():
    with pytest.raises(UnableToReadFileError, match="line 3"):
        sheet('a,b\n1,2\n3,"x\n4,5\n')
    assert code_of('a,b\n"1,2\n') == "QUOTE_OPEN"


def test_a_header_with_one_name_twice_is_refused_with_both_places():
    with pytest.raises(UnableToReadFileError, match="as column 1 and column 3"):
        sheet("a,b,a\n1,2,3\n")
    assert code_of("a,,b,\n1,2,3,4\n".replace("b,", "b,x,,y")) == "HEADER_DUPLICATE"


def test_a_header_of_misplaced_marks_is_refused():
    assert code_of('"a"x,b\n1,2\n') == "HEADER_TORN"


def test_a_file_of_blank_lines_is_refused():
    assert code_of("\n  \n") == "FILE_EMPTY"


def test_a_last_line_without_end_is_noted_because_it_may_be_cut():
    assert [note.code for note in sheet("a,b\n1,2").notes] == ["LAST_LINE_UNENDED"]
    assert sheet("a,b\n1,2\n").notes == ()


def test_what_is_written_is_read_back(tmp_path):
    frame = pl.DataFrame({"a": ['x"y', "p,q", "l\nm", "''"], "b": ["1", '"', 'he said "no", twice', "z"]})
    assert [row[1:] for row in rows(frame.write_csv())] == frame.rows()
