"""What a message says, and what it never says."""

from datetime import date

import pytest

from zaikong.domain.collection import templates
from zaikong.domain.collection.templates import (
    LANGUAGES,
    MessageLine,
    MessageTemplate,
    UnableToWriteMessageError,
    check_templates,
    read_template,
    shipped_templates,
    template_on,
    written,
)
from zaikong.kernel.dated import UnableToReadDatedFileError
from zaikong.kernel.period import day_number

DAY = date(2026, 9, 30)
LINES = [
    MessageLine("4100000002", 202608, 10_000, 50, day_number(date(2026, 9, 20)), 5),
    MessageLine("4100000001", 202607, 2_345_678, 1_234, day_number(date(2026, 8, 20)), 36),
]


def text(template="first_demand", language="zh", lines=LINES, name="张三丰", is_person=True):
    return written(
        template_on(template, as_of=DAY).value,
        lines,
        language=language,
        customer_name=name,
        is_person=is_person,
        company="示例县供电公司",
        hotline="95598",
    )


def test_the_shipped_templates_fit_their_ladders():
    assert check_templates() == []


def test_the_text_in_chinese():
    assert text().subject == "电费逾期催交"
    assert text().body == (
        "张**：您有2笔电费逾期未交，共23,569.62元（其中违约金12.84元）：\n"
        "户号4100000001 2026-07 电费23,456.78元，违约金12.34元，逾期36天\n"
        "户号4100000002 2026-08 电费100.00元，违约金0.50元，逾期5天\n"
        "逾期违约金按日计收，请尽快交清。如有异议或困难请联系95598。【示例县供电公司】"
    )


def test_the_text_in_english():
    assert text(language="en").body.splitlines()[:2] == [
        "张**: 2 bill(s) are past due, 23,569.62 yuan in all (of them late fee 12.84 yuan):",
        "account 4100000001, 2026-07: 23,456.78 yuan, late fee 12.34 yuan, 36 days past due",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(shipped_templates()))
def test_every_template_writes_both_languages_without_a_brace_left(name, language):
    made = text(name, language)
    assert "23,569.62" in made.body
    assert not set("{}") & set(made.subject + made.body)


def test_a_person_is_masked_and_an_organisation_is_named():
    assert text(name="示例化工有限公司", is_person=False).body.startswith("示例化工有限公司：")
    assert "三丰" not in text().body


def test_a_name_with_braces_is_only_a_name():
    assert text(name="{total}", is_person=False).body.startswith("{total}：")


@pytest.mark.parametrize("name", ["厂 13812345678", "厂 410105199001011234", "厂41010519900101123X"])
def test_a_name_that_holds_a_number_is_not_sent(name):
    with pytest.raises(UnableToWriteMessageError) as refused:
        text(name=name, is_person=False)
    assert refused.value.code == "MESSAGE_TELLS_TOO_MUCH"
    assert name not in str(refused.value)


def test_an_account_number_as_long_as_a_telephone_is_sent():
    line = MessageLine("13812345678", 202608, 100, 0, 20_000, 1)
    assert "13812345678" in text(lines=[line]).body


def test_a_message_about_nothing_and_an_unknown_template_are_refused():
    with pytest.raises(UnableToWriteMessageError) as empty:
        text(lines=[])
    with pytest.raises(UnableToWriteMessageError) as unknown:
        text("last_warning")
    assert (empty.value.code, unknown.value.code) == ("MESSAGE_EMPTY", "TEMPLATE_UNKNOWN")


WHOLE = {"subject": "s", "text": "{total}", "item": "{amount}"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "{total} {phone}"}, "unknown placeholder {phone}"),
        ({"item": "{id_no}"}, "unknown placeholder {id_no}"),
        ({"subject": "{items}"}, "unknown placeholder {items}"),
        ({"text": "{total!r}"}, "unknown placeholder {total}"),
        ({"text": "{total:>9}"}, "unknown placeholder {total}"),
        ({"text": "{total.real}"}, "unknown placeholder"),
        ({"text": "{}{total}"}, "unknown placeholder {}"),
        ({"text": "{total"}, "expected '}'"),
        ({"text": "pay now"}, "{total} is missing"),
        ({"text": "{total} 13812345678"}, "identity or telephone"),
        ({"text": ""}, "at least 1 character"),
    ],
)
def test_each_fault_of_a_template_is_refused(change, said):
    with pytest.raises(ValueError, match="(?s)" + said.replace("{", r"\{").replace("}", r"\}")):
        MessageTemplate.model_validate({"template": "t", "tone": "plain", "zh": WHOLE | change, "en": WHOLE})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_without_a_language_is_refused(language):
    facts = {"template": "t", "tone": "plain", "zh": WHOLE, "en": WHOLE}
    with pytest.raises(ValueError, match="Field required"):
        MessageTemplate.model_validate({name: value for name, value in facts.items() if name != language})


def test_a_template_in_another_s_file_is_refused(tmp_path):
    source = (templates.files("zaikong.domain.collection") / "templates" / "first_demand.yaml").read_text("utf-8")
    (tmp_path / "other.yaml").write_text(source, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match="stands in the file of other"):
        read_template(tmp_path / "other.yaml")
