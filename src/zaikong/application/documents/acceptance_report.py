"""How is the report of a device's acceptance printed?

It says what was recorded, check by check, in Chinese or in English. The same facts give the same bytes.
"""

import calendar
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal

import typst

from zaikong.application.documents.pdf import Paper, bundled_fonts
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.period import TIME_ZONE

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_TEMPLATE: Final = "templates/acceptance.typ"
_FIELDS: Final = (
    "order_no",
    "account_no",
    "meter_no",
    "kind",
    "protocol",
    "relay",
    "period",
    "staff",
    "reason",
    "basis",
)


def acceptance_pdf(told: Mapping[str, Any], *, language: Language = "zh") -> Paper:
    """The report as PDF.

    Args:
        told: What it says, as `application.devices.acceptance.acceptance_facts` gives it.
        language: Of its words.
    """
    words = _words()[language]
    paper = _laid_out(told, words) | {"lang": language}
    ended = datetime.fromisoformat(told["ended_at"])
    made = typst.Compiler(_template(), font_paths=bundled_fonts(), ignore_system_fonts=True).compile(
        format="pdf",
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
        timestamp=calendar.timegm(ended.utctimetuple()),
        pdf_tags=False,
    )
    assert isinstance(made, bytes)
    return Paper(made, hashlib.sha256(made).hexdigest(), "application/pdf")


def _laid_out(told: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    begun, ended = (datetime.fromisoformat(told[name]).astimezone(TIME_ZONE) for name in ("begun_at", "ended_at"))
    values = dict(told) | {
        "period": f"{begun:%Y-%m-%d %H:%M} – {ended:%H:%M}",
        "relay": words["relays"].get(told["relay"], told["relay"]),
        "protocol": {"dlt645": "DL/T 645-2007", "dlt698": "DL/T 698.45"}.get(told["protocol"], told["protocol"]),
        "reason": told["reason"] or "—",
    }
    return {
        "title": words["title"],
        "number": f"{words['number']} {told['acceptance_no']}",
        "fields": [(words["fields"][name], str(values[name])) for name in _FIELDS],
        "head": words["head"],
        "rows": [_row(place, item, words) for place, item in enumerate(told["items"], start=1)],
        "verdict": words["accepted" if told["passed"] else "rejected"],
        "named": _named(told["items"], words),
        "signed": words["signed"],
    }


def _row(place: int, item: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[str, ...]:
    took = f"{item['milliseconds']} ms" if item["milliseconds"] else ""
    return (
        str(place),
        words["codes"][item["code"]],
        words["by"][item["by"]],
        words["outcomes"][item["outcome"]],
        took,
        _detail(item["detail"], words),
        str(item["photo"])[:16],
    )


def _detail(detail: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{words['details'].get(name, name)}: {_value(value, words)}"
        for name, value in sorted(detail.items())
        if value not in {None, ""}
    )


def _value(value: object, words: Mapping[str, Any]) -> str:
    if isinstance(value, bool):
        return str(words["truth"]["true" if value else "false"])
    return str(words["values"].get(str(value), value))


def _named(items: Sequence[Mapping[str, Any]], words: Mapping[str, Any]) -> str:
    failed = [words["codes"][item["code"]] for item in items if item["outcome"] == "failed"]
    return words["failed"] + words["between"].join(failed) if failed else ""


@cache
def _template() -> bytes:
    return files("zaikong.application.documents").joinpath(_TEMPLATE).read_bytes()


@cache
def _words() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("acceptance_report.yaml")) as path:
        words: Mapping[str, Any] = read_yaml(path)
    return words
