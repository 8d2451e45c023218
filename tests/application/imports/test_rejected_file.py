import polars as pl
import pytest

from zaikong.application.imports.rejected_file import UnableToWriteRejectedRowsError, rejected_path, write_rejected
from zaikong.application.imports.separated import separated_sheet
from zaikong.application.imports.sheet import LINE


def sheet(path):
    path.write_bytes('户号,name\n1,张三\n2,b,c\n3,"d,e"\n'.encode("gb18030"))
    return separated_sheet(path.read_bytes(), path=path)


REJECTIONS = pl.DataFrame(
    {
        LINE: [3, 2, 2],
        "column": ["", "户号", "name"],
        "value": ["", "", ""],
        "code": ["X", "Y", "Z"],
        "reason": ["torn", "first", "second"],
    }
)


def test_rejected_rows_keep_their_columns_line_and_reasons(tmp_path):
    path = tmp_path / "file.csv"
    written = write_rejected(sheet(path), REJECTIONS)
    assert written == tmp_path / "file.csv.rejected.csv"
    assert written.read_text(encoding="utf-8-sig") == (
        '户号,name,rejected_line,rejected_reason\n1,张三,2,first; second\n"2,b,c","",3,torn\n'
    )


def test_only_the_owner_may_read_them(tmp_path):
    assert write_rejected(sheet(tmp_path / "file.csv"), REJECTIONS).stat().st_mode & 0o777 == 0o600


def test_where_they_cannot_be_written_nothing_is_left_behind(tmp_path):
    path = tmp_path / "file.csv"
    found = sheet(path)
    rejected_path(path).mkdir()
    with pytest.raises(UnableToWriteRejectedRowsError) as refusal:
        write_rejected(found, REJECTIONS)
    assert refusal.value.code == "REJECTED_FILE_UNWRITABLE"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file.csv", "file.csv.rejected.csv"]
