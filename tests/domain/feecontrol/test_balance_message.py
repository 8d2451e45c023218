"""What a message on a balance says, and what it never says."""

from datetime import date

import pytest
from pydantic import ValidationError

from zaikong.domain.collection.templates import UnableToWriteMessageError
from zaikong.domain.feecontrol.balance_message import (
    OVERDRAWN,
    PRE_CUT,
    WARNING,
    BalanceLine,
    BalanceText,
    balance_message,
    shipped_texts,
    text_on,
)

DAY = date(2025, 7, 14)
LINE = BalanceLine("4100000001", -1_250, 2_000, "2025-07-14", "2025-07-16 10:00")
WORDS = {"subject": "s", "text": "{items}", "item": "{account_no} {available}"}


def said(name, *lines, customer="李光明", is_person=True, language="zh"):
    return balance_message(
        text_on(name, as_of=DAY).value,
        lines,
        language=language,
        customer_name=customer,
        is_person=is_person,
        company="示例县供电公司",
        hotline="95598",
    )


def test_a_text_stands_for_each_use_under_its_own_name():
    assert set(shipped_texts()) == {WARNING, OVERDRAWN, PRE_CUT}
    assert all(read[0].value.template == name for name, read in shipped_texts().items())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", [WARNING, OVERDRAWN, PRE_CUT])
def test_each_text_names_account_balance_and_where_to_ask(name, language):
    body = said(name, LINE, language=language).body
    assert all(part in body for part in ("4100000001", "-12.50", "95598", "示例县供电公司"))
    assert "李光明" not in body
    assert "{" not in body


def test_the_last_notice_says_when_and_the_overdraft_text_how_much():
    assert "2025-07-16 10:00" in said(PRE_CUT, LINE).body
    assert "20.00" in said(OVERDRAWN, LINE).body


def test_a_firm_is_named_and_several_accounts_stand_in_order():
    other = BalanceLine("4100000000", 100, 0, "2025-07-14")
    body = said(WARNING, LINE, other, customer="光明食品厂", is_person=False).body
    assert "光明食品厂" in body
    assert body.index("4100000000") < body.index("4100000001")


def test_a_number_in_a_name_is_not_sent():
    with pytest.raises(UnableToWriteMessageError) as caught:
        said(WARNING, LINE, customer="厂13800000001", is_person=False)
    assert caught.value.code == "MESSAGE_TELLS_TOO_MUCH"


def test_a_message_without_an_account_is_none():
    with pytest.raises(UnableToWriteMessageError) as caught:
        said(WARNING)
    assert caught.value.code == "MESSAGE_EMPTY"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"text": "{items} {phone}"}, "unknown placeholder phone"),
        ({"subject": "{name}"}, "unknown placeholder name"),
        ({"item": "{account_no} {available} {debt}"}, "unknown placeholder debt"),
        ({"text": "hello"}, "names its accounts"),
        ({"item": "{available}"}, "names its accounts"),
        ({"text": "{items} 13800000001"}, "identity or telephone number"),
    ],
)
def test_a_wrong_text_is_refused(change, fault):
    with pytest.raises(ValidationError, match=fault):
        BalanceText.model_validate({"template": "t", "zh": WORDS | change, "en": WORDS})


def test_a_last_notice_without_its_time_is_refused():
    with pytest.raises(ValidationError, match="cut_at"):
        BalanceText.model_validate({"template": PRE_CUT, "zh": WORDS, "en": WORDS})
