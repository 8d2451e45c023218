"""The printed certificate says what its JSON says, in both languages, and its hash."""

import hashlib
import io
from datetime import date

import pytest
from pypdf import PdfReader

from zaikong.application.certificate_check import FACTS, conditions_of, item_content, law_told, rule_told
from zaikong.application.documents.certificate import _words, certificate_pdf
from zaikong.domain.law.cutting import REASONS, cut_law
from zaikong.kernel import chain
from zaikong.kernel.period import DAY, day_number

ON = date(2025, 8, 12)
AT = day_number(ON) * DAY + DAY // 24 * 10


def told(regime="post_paid"):
    facts = dict.fromkeys(FACTS) | {
        "cut_at": AT,
        "regime": regime,
        "resident": False,
        "important_user": "none",
        "oldest_due_day": day_number(date(2025, 7, 1)),
        "unpaid_fen": 50_000,
        "notice_at": AT - 5 * DAY,
        "final_notice_at": AT - DAY // 24,
        "copied_at": 0,
        "disputed": False,
    }
    evidence = [
        {
            "ref": f"books/{name}",
            "sha256": chain.digest(item_content(name, value, account_no="4100000001", at=AT)),
            "supports": [name],
        }
        for name, value in facts.items()
    ]
    law = cut_law(as_of=ON, jurisdiction="cn.henan.county")
    return {
        "certificate_no": "LC-20250812-00000001",
        "account_no": "4100000001",
        "regime": regime,
        "scope": '#panic("x") *whole* $supply$',
        "jurisdiction": "cn.henan.county",
        "issued_at": AT,
        "carried_out_by": "executor",
        "proposed_by": "clerk",
        "facts": facts,
        "evidence": evidence,
        "proofs": [
            {
                "evidence": "demand",
                "evidence_at": AT - 9 * DAY,
                "role": "",
                "source": "notice",
                "number": "T1",
                "refs": ["books/regime"],
            }
        ],
        "conditions": conditions_of(facts, evidence, reasons=(), law=law),
        "approvals": [
            {"actor": "boss", "role": "manager", "at": AT - DAY},
            {"actor": "chief", "role": "director", "at": AT},
        ],
        "law": law_told(as_of=ON, jurisdiction="cn.henan.county"),
        "rule": rule_told(law),
        "after": {"seq": 7, "hash": "a" * 64},
    }


def text_of(paper):
    pages = PdfReader(io.BytesIO(paper.content)).pages
    return "".join(page.extract_text() for page in pages).replace("\u200b", "").replace("\n", "").replace(" ", "")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            (
                "停电合法性证书",
                "逾期超过法定日数",
                "最早到期日:2025-07-01",
                "未付电费（元）:500.00",
                "催交2025-08-0310:00noticeT1",
                "非重要用户",
                "电力供应与使用条例",
            ),
        ),
        (
            "en",
            (
                "Certificateoflawfulcut-off",
                "oldestdueday:2025-07-01",
                "unpaid(yuan):500.00",
                "noticeserved:2025-08-0710:00",
            ),
        ),
    ],
)
def test_a_certificate_is_printed_in_both_languages(language, words):
    document = told()
    paper = certificate_pdf(document, language=language)
    text = text_of(paper)
    for word in (
        *words,
        "LC-20250812-00000001",
        "4100000001",
        "boss",
        "chief",
        "2025-08-1210:00",
        chain.digest(document),
    ):
        assert word in text, word
    for item in document["evidence"]:
        assert item["sha256"] in text
    assert paper.sha256 == hashlib.sha256(paper.content).hexdigest()
    assert paper.media_type == "application/pdf"


def test_text_is_never_read_as_a_template():
    assert '#panic("x")*whole*$supply$' in text_of(certificate_pdf(told()))


def test_the_same_certificate_gives_the_same_bytes():
    assert certificate_pdf(told()).content == certificate_pdf(told()).content


def test_a_prepaid_cut_has_its_own_conditions():
    text = text_of(certificate_pdf(told("prepaid")))
    assert "有已签订的预付费协议" in text
    assert "逾期超过法定日数" not in text


def test_every_condition_and_fact_has_its_words_in_both_languages():
    for words in _words().values():
        assert set(words["codes"]) == set(REASONS)
        assert set(words["facts"]) == set(FACTS)
