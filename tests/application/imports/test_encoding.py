from pathlib import Path

import pytest

from zaikong.application.imports.encoding import UnableToDecodeError, decoded

PATH = Path("file.csv")
TEXT = "户号,户名\n4100000001,张三\n"


def code_of(content: bytes) -> str:
    with pytest.raises(UnableToDecodeError) as refusal:
        decoded(content, path=PATH)
    return refusal.value.code


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "UTF-8"),
        (TEXT.encode("gb18030"), "GB18030"),
        ("户号,户名\n1,㐀䶵𠀀某某某某某某\n".encode("gb18030"), "GB18030"),
        (b"account_no,name\n1,Li\n", "UTF-8"),
    ],
)
def test_utf_8_and_gb18030_are_told_apart(content, encoding):
    found = decoded(content, path=PATH)
    assert found.encoding == encoding
    assert not found.text.startswith("\ufeff")


def test_short_gb18030_that_also_reads_as_utf_8_is_chinese():
    content = "no,name\n1,学\n".encode("gb18030")
    assert content.decode("utf-8") == "no,name\n1,ѧ\n"
    assert decoded(content, path=PATH).text == "no,name\n1,学\n"


def test_accented_utf_8_stays_utf_8():
    assert decoded("no,name\n1,Müller-Ñandú\n".encode(), path=PATH).text == "no,name\n1,Müller-Ñandú\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_name(encoding):
    assert code_of("account_no,name\n4100000001,Zhang\n".encode(encoding)) == "ENCODING_UTF16"


def test_utf_8_with_a_broken_character_is_refused_with_its_line():
    broken = ("户号,户名\n" + "1,张三李四\n" * 20).encode() + b"2,\xff\xfe\n"
    with pytest.raises(UnableToDecodeError, match="line 22") as refusal:
        decoded(broken, path=PATH)
    assert refusal.value.code == "ENCODING_DAMAGED"


def test_utf_8_cut_inside_a_character_is_not_read_as_gb18030():
    assert code_of((TEXT * 5).encode()[:-2]) == "ENCODING_DAMAGED"


def test_big5_is_refused():
    assert code_of("戶號,戶名\n1,歐陽鋒電力股份有限公司\n".encode("big5")) == "ENCODING_UNKNOWN"


def test_bytes_of_no_encoding_are_refused_with_their_line():
    assert code_of(b"a,b\n1,\xff\xff\n") == "ENCODING_UNKNOWN"


def test_binary_is_refused():
    assert code_of(b"MZ\x90" + bytes(range(256)) * 4) == "FILE_BINARY"
