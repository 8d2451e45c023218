"""A company sends papers under its own name."""

import pytest

from zaikong.application.documents.letterhead import VARIABLE, letterhead
from zaikong.kernel.dated import UnableToReadDatedFileError

OWN = """supplier_name: 示范县供电公司
office_address: 解放路9号
contact_name: 客户服务班
contact_phone: 0371-60000000
authority: 示范县发展和改革委员会
jurisdiction: cn.henan.shifan
channels: [网上国网]
"""


def test_the_shipped_letterhead_names_everything(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    head = letterhead()
    assert (head.jurisdiction, len(head.channels)) == ("cn.henan.county", 3)


def test_a_company_s_own_file_is_read(monkeypatch, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(file))
    assert letterhead().supplier_name == "示范县供电公司"


def test_a_letterhead_without_a_phone_is_refused_with_its_file(monkeypatch, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace("contact_phone: 0371-60000000\n", ""), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(file))
    with pytest.raises(UnableToReadDatedFileError, match=r"own\.yaml:1: contact_phone"):
        letterhead()
