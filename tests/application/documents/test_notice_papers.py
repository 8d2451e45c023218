"""What a demand and a stop notice say, in PDF and in Word."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import docx
import pytest

from papers_read import DEMAND, STOP, docx_text, flat, pdf_text
from zaikong.application.documents.contents import (
    BillOwed,
    UnableToWriteNoticeError,
    as_json,
    hash_of,
    of_json,
    rate_text,
)
from zaikong.application.documents.pdf import pdf_of, pdf_of_many, pictures_of
from zaikong.application.documents.sheet import notice_sheet, receipt_sheet
from zaikong.application.documents.word import word_of
from zaikong.application.documents.word_template import build_template
from zaikong.kernel.period import Month

BOTH = {
    "title": None,
    "account number": "户号：4100000001",
    "name": "光明食品有限公司",
    "address": "建设街2号",
    "first bill month": "2024-12",
    "second bill month": "2025-05",
    "due day": "2025-01-15",
    "first amount": "1,234.56",
    "second amount": "8,000.00",
    "days overdue": "167",
    "first late fee": "76.54",
    "sum of the bills": "9,234.56",
    "sum of the late fees": "316.54",
    "late fee to date": "截至2025年7月1日的违约金316.54元",
    "rate": "当年每日2‰、跨年每日3‰",
    "no compounding": "不计复利",
    "sum": "合计9,551.10元",
    "pay-by day": "2025年7月8日（含当日）前交清",
    "channels": "交费渠道：网上国网；城关供电所营业厅",
    "legal basis": "法律依据：《电力供应与使用条例》第三十九条；《中华人民共和国民法典》第六百五十四条第一款",
    "consequence": "逾期不交的后果",
    "contact": "联系人：王催收",
    "phone": "联系电话：0371-60000000",
    "office": "办公地址：人民路1号",
    "seal": "某县供电公司（盖章）",
    "hotline": "95598",
    "supervisor": "12398",
    "slip": "送达回证",
    "slip method": "□直接签收□留置送达□挂号邮寄□短信（回执）□公告",
    "slip signature": "受送达人签名或者盖章",
    "slip standing": "□本人□同住成年家属□法定代表人□负责收件的人",
    "slip refusal": "拒收记录（事由、时间、地点）",
    "slip witnesses": "见证人签名（两名）",
    "slip proof": "照片或者录像编号",
}
CONTENTS = {
    "demand": BOTH
    | {"title": "电费催缴通知书", "number": "编号：催2025-000017", "thirty days": "超过30日，经催交仍未交付"},
    "stop": BOTH
    | {
        "title": "停电通知书",
        "number": "编号：停2025-000003",
        "demanded": "《电费催缴通知书》催2025-000017",
        "planned day and time": "计划停电时间：2025年7月9日10时05分",
        "once more": "停电前30分钟",
        "scope": "停电范围：10kV建设线光明支线3号配变",
        "safety load": "保安负荷",
        "own generation": "有自备电源的",
        "no feeding back": "严禁向电网倒送电",
        "query": "有权查询、提出异议和投诉",
        "payment restores": "停电后交清欠费及违约金",
        "security restores": "依法提供担保的，我公司在24小时内恢复供电",
        "authority": "抄送：某县发展和改革委员会",
    },
}
NOTICES = {"demand": DEMAND, "stop": STOP}
TEXTS = {
    (kind, form): text(make(notice_sheet(contents)).content)
    for kind, contents in NOTICES.items()
    for form, make, text in (("pdf", pdf_of, pdf_text), ("word", word_of, docx_text))
}
CASES = [(kind, form, name) for kind in NOTICES for form in ("pdf", "word") for name in CONTENTS[kind]]

ODD = '#eval("x") *a* _b_ {{ x }} {_{ y }_} {% if z %} {# n #} <b>&amp; $1$ @l \\ // `c` = h'


@pytest.mark.parametrize(("kind", "form", "name"), CASES, ids=lambda word: word)
def test_every_required_content_is_on_the_paper(kind, form, name):
    wanted = CONTENTS[kind][name].replace("户号：", "") if name == "account number" else CONTENTS[kind][name]
    assert TEXTS[kind, form].count(flat(wanted)) >= 1


def test_a_notice_that_needs_no_copy_names_no_authority():
    own = replace(STOP, stop=replace(STOP.stop, authority=""))
    assert "抄送" not in pdf_text(pdf_of(notice_sheet(own)).content)


def test_the_last_notice_tells_the_time_again():
    text = pdf_text(pdf_of(notice_sheet(replace(STOP, kind="final", rests_on="《停电通知书》停2025-000003"))).content)
    wanted = ("停电前再次通知书", "停电时间：2025年7月9日10时05分", "《停电通知书》停2025-000003")
    assert [word for word in wanted if word not in text] == []


def test_a_name_that_looks_like_a_command_prints_literally():
    odd = replace(STOP, customer_name=ODD, address=ODD, channels=(ODD,), contact_name=ODD)
    assert pdf_text(pdf_of(notice_sheet(odd)).content).count(flat(ODD)) == 7
    assert docx_text(word_of(notice_sheet(odd)).content).count(flat(ODD)) == 7


def test_a_placeholder_of_the_wording_in_a_name_is_not_filled_in():
    text = pdf_text(pdf_of(notice_sheet(replace(DEMAND, customer_name="{total}"))).content)
    assert "{total}（户号" in text


def test_control_characters_of_a_name_do_not_break_a_paper():
    odd = replace(DEMAND, customer_name="光\x00明\x0b食\x1f品\ufffe店")
    assert "光明食品店" in pdf_text(pdf_of(notice_sheet(odd)).content)
    assert "光明食品店" in docx_text(word_of(notice_sheet(odd)).content)


def test_the_same_contents_give_the_same_bytes():
    assert pdf_of(notice_sheet(STOP)).sha256 == pdf_of(notice_sheet(STOP)).sha256
    assert word_of(notice_sheet(STOP)).sha256 == word_of(notice_sheet(STOP)).sha256
    assert pdf_of(notice_sheet(STOP)).sha256 != pdf_of(notice_sheet(DEMAND)).sha256


@pytest.mark.parametrize("kind", ["demand", "stop"])
def test_contents_come_back_from_their_json(kind):
    contents = NOTICES[kind]
    assert of_json(as_json(contents)) == contents
    assert hash_of(of_json(as_json(contents))) == hash_of(contents)


def test_every_content_is_under_the_hash():
    changed = [
        replace(STOP, customer_name="光明"),
        replace(STOP, pay_by_date=date(2025, 7, 9)),
        replace(STOP, bills=STOP.bills[:1]),
        replace(STOP, stop=replace(STOP.stop, scope="电能表")),
    ]
    assert len({hash_of(contents) for contents in (STOP, *changed)}) == 5


def test_a_time_is_printed_as_the_county_reads_it():
    utc = replace(STOP, stop=replace(STOP.stop, at=datetime(2025, 7, 9, 2, 5, tzinfo=UTC)))
    assert "2025年7月9日10时05分" in pdf_text(pdf_of(notice_sheet(utc)).content)
    assert hash_of(utc) == hash_of(STOP)


def test_contents_of_another_shape_are_refused():
    stored = as_json(DEMAND)
    stored.pop("channels")
    with pytest.raises(UnableToWriteNoticeError, match="channels"):
        of_json(stored)


@pytest.mark.parametrize(
    "change",
    [
        {"customer_name": ""},
        {"address": ""},
        {"bills": ()},
        {"rates_ppm": ()},
        {"channels": ()},
        {"legal_basis": ()},
        {"contact_phone": ""},
        {"stop": None},
        {"stop": replace(STOP.stop, scope="")},
        {"stop": replace(STOP.stop, at=datetime(2025, 7, 9, 10))},
    ],
    ids=str,
)
def test_a_notice_without_a_required_content_is_not_written(change):
    with pytest.raises(UnableToWriteNoticeError) as caught:
        replace(STOP, **change)
    assert caught.value.code == "NOTICE_INCOMPLETE"


def test_a_demand_plans_no_stop():
    with pytest.raises(UnableToWriteNoticeError, match="stop"):
        replace(DEMAND, stop=STOP.stop)


def test_a_notice_asks_for_money():
    nothing = (BillOwed(1, Month(2025, 5), date(2025, 6, 16), 0, 0),)
    with pytest.raises(UnableToWriteNoticeError) as caught:
        replace(DEMAND, bills=nothing)
    assert caught.value.code == "NOTHING_OWED"


def test_an_unknown_wording_is_refused():
    with pytest.raises(UnableToWriteNoticeError) as caught:
        notice_sheet(replace(DEMAND, wording="1999"))
    assert caught.value.code == "WORDING_UNKNOWN"


def test_one_rate_is_printed_once():
    assert (rate_text((1000,)), rate_text((1500, 1500))) == ("每日1‰", "每日1.5‰")


def test_many_notices_are_one_file_with_an_index():
    many = [replace(DEMAND, notice_no=f"催2025-{place:06d}", customer_name=f"客户{place}") for place in range(1, 4)]
    text = pdf_text(pdf_of_many([notice_sheet(contents) for contents in many]).content)
    assert "通知书目录共3份，合计28,653.30元" in text
    assert "1催2025-0000014100000001客户19,551.102" in text
    assert "3催2025-0000034100000001客户39,551.104" in text


def test_a_notice_with_many_bills_runs_over_pages():
    months = [Month(2020, 1).shifted(place) for place in range(60)]
    bills = tuple(BillOwed(place, month, month.last_day, 100, 1) for place, month in enumerate(months))
    assert len(pictures_of(notice_sheet(replace(DEMAND, bills=bills)), ppi=20)) == 3


def test_a_receipt_slip_prints_alone():
    text = pdf_text(pdf_of(receipt_sheet(STOP)).content)
    assert text.startswith("送达回证送达文书《停电通知书》停2025-000003")


def test_the_word_file_holds_tables_an_office_can_edit():
    document = docx.Document(io.BytesIO(word_of(notice_sheet(STOP)).content))
    assert [(len(table.rows), len(table.columns)) for table in document.tables] == [(3, 2), (4, 6), (2, 1), (12, 2)]
    assert [cell.text for cell in document.tables[1].rows[3].cells] == [
        "合计",
        "",
        "9,234.56",
        "",
        "316.54",
        "9,551.10",
    ]


def test_the_word_template_is_the_one_its_script_makes():
    from zaikong.application.documents.word import _template

    kept = docx.Document(io.BytesIO(_template()))
    assert kept.element.xml == build_template().element.xml
