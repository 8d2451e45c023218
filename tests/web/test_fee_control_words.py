"""Has everything a meter or a verb of fee control can say its words?"""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import translation

import zaikong
from zaikong.domain.feecontrol.acceptance import checklist
from zaikong.domain.feecontrol.breach import KINDS
from zaikong.domain.feecontrol.mode_grounds import GROUNDS
from zaikong.domain.feecontrol.restoration import CAUSES
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.outcome import Reason
from zaikong.meterio.session import Position, Verb
from zaikong.store.models import AcceptanceItem, MeterExchange
from zaikong.web import breach_words, device_words, fee_control_words, prepayment_words

APPLICATION = Path(zaikong.__file__).parent / "application"


def _codes(*files: str) -> set[str]:
    """Upper-case words handed to refusals in modules of the application."""
    found = set()
    for name in files:
        for node in ast.walk(ast.parse((APPLICATION / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                named = [one.value for one in node.keywords if one.arg == "code"]
                helper = isinstance(node.func, ast.Name) and node.func.id == "_refused"
                for word in [*named, *(node.args[:1] if helper else [])]:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        found.add(word.value)
    return found


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_verb_position_reason_and_cause_has_words(language: str) -> None:
    with translation.override(language):
        assert {one.value for one in Verb} == set(fee_control_words.VERBS)
        assert {one.value for one in Position} == set(fee_control_words.RELAYS)
        assert [one for one in Reason if fee_control_words.cause(one.value) == one.value] == []
        assert {one.removesuffix("_at") for one in CAUSES} == set(fee_control_words.RESTORE_CAUSES)
        assert [one for one in KINDS if breach_words.kind(one) == one] == []
        assert set(GROUNDS) == set(prepayment_words.GROUNDS)
        checks = {check.code for check in checklist().checks}
        assert checks == set(device_words.CHECKS)


def test_every_refusal_of_field_work_and_commands_has_words() -> None:
    codes = _codes(
        "fieldwork/failures.py",
        "fieldwork/orders.py",
        "restoring/ordering.py",
        "commanding/live_read.py",
        "commanding/asking.py",
        "devices/faults.py",
        "cutting/switch.py",
    )
    assert len(codes) > 20
    known = set(fee_control_words.REFUSALS) | set(device_words.REFUSALS)
    # a page never posts a field order without its work
    assert codes - known == {"NOTHING_TO_DO"}


def test_every_refusal_of_prepayment_has_words() -> None:
    codes = _codes(
        "prepayment/agreements.py", "prepayment/refunds.py", "prepayment/switching.py", "balances/confirming.py"
    )
    assert len(codes) > 25
    # numbers of rows come from the account's own page, so these cannot be met there
    assert codes - set(prepayment_words.REFUSALS) == {"ACCOUNT_UNKNOWN", "REFUND_UNKNOWN", "SWITCH_UNKNOWN"}


def test_every_refusal_of_breaches_has_words() -> None:
    assert _codes("breaches.py") - set(breach_words.REFUSALS) == set()


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    assert fee_control_words.cause("refused:SNOW") == "SNOW"
    assert (fee_control_words.verb("snow"), fee_control_words.relay("snow")) == ("snow", "snow")
    assert fee_control_words.refusal(Refusal("too much snow", code="SNOW", remedy="Dig.")) == ["too much snow", "Dig."]
    assert prepayment_words.refusal(Refusal("too much snow", code="SNOW")) == ["too much snow"]
    assert (device_words.check("snow"), device_words.fault("snow"), breach_words.kind("snow")) == ("snow",) * 3


def test_a_code_of_a_command_is_said_without_its_head() -> None:
    with translation.override("en"):
        assert fee_control_words.cause("refused:RETAINED") == "the meter retains supply"
        assert fee_control_words.cause("unknown:silent") == "no answer in time"


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 h 00 min"), (59, "0 h 59 min"), (61, "1 h 01 min"), (-90, "1 h 30 min")]
)
def test_a_span_is_said_in_hours_and_minutes(minutes: int, said: str) -> None:
    with translation.override("en"):
        assert fee_control_words.span(timedelta(minutes=minutes)) == said


def test_registers_are_told_in_the_order_of_the_meter() -> None:
    told = {
        "registers": {"flat": 3, "peak": 2, "odd": 9, "total": 1},
        "clock": "2025-08-12T10:30:02",
        "retained": False,
    }
    with translation.override("en"):
        assert fee_control_words.told(MeterExchange(told=told)) == [
            ("total", "0.01"),
            ("peak", "0.02"),
            ("flat", "0.03"),
            ("odd", "0.09"),
            ("supply retained", "no"),
            ("clock of the meter", "2025-08-12 10:30:02"),
        ]


def test_what_a_check_found_is_said_in_words() -> None:
    detail = {
        "said": "refused",
        "code": "RETAINED",
        "actual": "closed",
        "retained": True,
        "seconds_off": 7,
        "note": "看过",
    }
    with translation.override("en"):
        assert fee_control_words.checked(AcceptanceItem(detail=detail)) == (
            "the meter refused · the meter retains supply · stands closed, supply on · supply retained yes · 7 s off · 看过"
        )
        assert fee_control_words.checked(AcceptanceItem(detail={"values": [1, 2], "why": None})) == "values [1, 2]"


@pytest.mark.parametrize(("centi", "said"), [(0, "0.00"), (123456, "1,234.56"), (-5, "-0.05")])
def test_a_register_is_said_with_two_decimals(centi: int, said: str) -> None:
    assert fee_control_words.hundredths(centi) == said
