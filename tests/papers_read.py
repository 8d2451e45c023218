"""A demand and a stop notice for the tests of papers, and what a reader finds in a file."""

import io
from dataclasses import replace
from datetime import date, datetime

import docx
import pypdf

from zaikong.application.documents.contents import BillOwed, NoticeContents, PlannedStop
from zaikong.kernel.period import TIME_ZONE, Month

DEMAND = NoticeContents(
    kind="demand",
    notice_no="催2025-000017",
    account_no="4100000001",
    customer_name="光明食品有限公司",
    address="建设街2号",
    bills=(
        BillOwed(11, Month(2024, 12), date(2025, 1, 15), 123_456, 7_654),
        BillOwed(12, Month(2025, 5), date(2025, 6, 16), 800_000, 24_000),
    ),
    rates_ppm=(2000, 3000),
    issued_date=date(2025, 7, 1),
    pay_by_date=date(2025, 7, 8),
    channels=("网上国网", "城关供电所营业厅"),
    legal_basis=("《电力供应与使用条例》 第三十九条", "《中华人民共和国民法典》 第六百五十四条第一款"),
    supplier_name="某县供电公司",
    office_address="人民路1号",
    contact_name="王催收",
    contact_phone="0371-60000000",
)

STOP = replace(
    DEMAND,
    kind="stop",
    notice_no="停2025-000003",
    rests_on="《电费催缴通知书》催2025-000017",
    stop=PlannedStop(
        datetime(2025, 7, 9, 10, 5, tzinfo=TIME_ZONE), "10kV建设线光明支线3号配变", 24, "某县发展和改革委员会"
    ),
)


def flat(text):
    """Text without blanks and line ends, which a page breaks anywhere."""
    return "".join(text.split())


def pdf_text(content):
    return flat("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))


def docx_text(content):
    document = docx.Document(io.BytesIO(content))
    return flat("".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t")))
