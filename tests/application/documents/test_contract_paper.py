"""A printed contract says everything that was agreed, and everything that was not."""

import re
from datetime import date

import pytest

from papers_read import docx_text, flat, pdf_text
from supply_contracts import PREPAYMENT, SURETY, contract
from zaikong.application.documents.contents import UnableToWriteNoticeError
from zaikong.application.documents.contract_paper import ContractContents, contract_sheet
from zaikong.application.documents.pdf import pdf_of
from zaikong.application.documents.word import word_of

MADE_ON = date(2025, 7, 1)


def sheet(changes=None, **more):
    return contract_sheet(ContractContents(contract(changes, **more), 1, MADE_ON))


def sentences(changes=None):
    return flat("".join(block.text + "".join(map("".join, block.rows)) for block in sheet(changes).blocks))


CLAUSES = {
    "number": "合同编号：HT-2025-0001（第1版）",
    "supplier": "某县供电公司",
    "customer": "光明食品店",
    "account": "4100000001",
    "mode": "供电方式：单电源，三相四线；电压等级：380V",
    "capacity": "合同约定容量：50千伏安",
    "boundary": "产权分界点为电能表出线侧接线端子",
    "metering": "低压侧计量",
    "price": "电价执行政府核准的工商业及其他用电标准",
    "due day": "每月20日（含当日）前交清",
    "holiday": "顺延至休假日结束的次日",
    "methods": "交费方式：网上交费、银行转账",
    "late fee": "每日按照未交电费的2‰支付违约金",
    "no compounding": "违约金不再计收违约金",
    "demand": "经催告在合理期限内仍未支付",
    "thirty days": "自逾期之日起超过30日",
    "notice": "停电前7天，供电方将停电通知书送达用电方",
    "last notice": "停电前30分钟",
    "restore": "在24小时内恢复供电",
    "security": "依法提供担保的，供电方同样恢复供电",
    "service": "视为通知已经送达",
    "query": "5个工作日内答复",
    "hotlines": "95598、12398",
    "data": "供用电服务、电费结算与通知",
    "breach": "违约方赔偿对方因此受到的损失",
    "term": "自2025年7月1日起至2030年7月1日止",
    "signatures": "供电方（盖章）",
    "prominent": "【重要提示",
    "formula": "可用余额＝预存电费－已结电费－测算电费",
    "warning": "低于50.00元时，供电方向13800000000发送预警",
    "guarantee": "光明商贸有限公司以第三方最高额保证的方式",
    "maximum": "最高债权额10,000.00元",
    "suretyship": "连带责任保证",
    "period": "每笔电费到期之日起24个月",
}
FULL = sheet({"charging": "prepayment", "prepayment": PREPAYMENT, "guarantees": [SURETY]})
TEXTS = {"pdf": pdf_text(pdf_of(FULL).content), "word": docx_text(word_of(FULL).content)}


@pytest.mark.parametrize("form", ["pdf", "word"])
@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_is_on_the_paper(clause, form):
    assert TEXTS[form].count(flat(CLAUSES[clause])) >= 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"late_fee": {"daily_ppm": None}}, "按照国家规定的标准支付违约金"),
        ({"late_fee": {"bears_on_late_fee": True}}, "对违约金再计收违约金"),
        ({"late_fee": {"starts_after_due": False}}, "违约金自交费期限届满前起算"),
        ({"price": {"supplier_may_change": True}}, "供电方可以单方变更电价"),
        ({"cut": {"cuts_without_notice": True}}, "不经事先通知中止供电"),
        ({"cut": {"demands_first": False}}, "不经催告中止供电"),
        ({"cut": {"person_decides": False}}, "停电由系统自动决定并执行"),
        ({"cut": {"safety_load_agreed": True, "authority_copied": True}}, "同时抄送同级电力管理部门"),
        ({"payment": {"due_day_of_month": None, "due_days_after_bill": 10}}, "账单发出之日起10日内"),
        ({"charges": [{"kind": "other_fee", "name": "服务费", "amount_fen": 100}]}, "另收取服务费1.00元"),
        ({"dispute": {"bars_complaint": True, "bars_limitation": True}}, "不得就停电和电费投诉或者起诉"),
        ({"personal_data": {"blacklist_without_judgment": True}}, "可以将其列入失信名单"),
        ({"supplier_exempt": True}, "不承担责任"),
        ({"to_date": None, "renews": True}, "自2025年7月1日起长期有效"),
        ({"prepayment": PREPAYMENT | {"refund_agreed": False, "old_debt_permille": 300}}, "余额不退"),
        ({"supply": {"mode": ""}}, "供电方式：（未约定）"),
        ({"restore": {"within_hours": None}}, "在（未约定）小时内恢复供电"),
    ],
)
def test_what_was_agreed_is_printed_lawful_or_not(change, sentence):
    assert sentence in sentences(change)


def test_signatures_are_printed_with_their_days():
    signed = [{"side": "customer", "name": "李光明", "signed_date": date(2025, 7, 2)}]
    assert "签字人：李光明签订日期：" in sentences({"signatures": signed}).replace("签字人：签字人：", "签字人：")
    assert "签订日期：2025年7月2日" in sentences({"signatures": signed})


def test_sections_are_numbered_without_a_gap():
    headings = [block.text for block in FULL.blocks if block.kind == "heading"]
    assert re.sub(r"、.*", "", headings[10]) == "十一"
    assert len(headings) == 13


def test_an_unknown_wording_is_refused():
    with pytest.raises(UnableToWriteNoticeError) as caught:
        contract_sheet(ContractContents(contract(), 1, MADE_ON, wording="1999"))
    assert caught.value.code == "WORDING_UNKNOWN"
