"""How is a legality certificate laid out on paper?

Nothing is judged here: the paper says what the certificate's JSON says, in words and in the order of the JSON.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final

from zaikong.application.documents.sheet import Block, Sheet, clean
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import date_of_day, moment_of_number

_GROUP: Final = 16
"""Characters of a hash written together, so that a narrow column can break it."""


def certificate_sheet(told: Mapping[str, Any], *, sha256: str) -> Sheet:
    """The paper of a certificate.

    Args:
        told: Its document.
        sha256: Hash of the document.
    """
    words = _words()
    heading, columns = words["headings"], words["columns"]
    return Sheet(
        title=words["title"],
        number=told["certificate_no"],
        account_no=told["account_no"],
        name="",
        amount_fen=0,
        made_on=date_of_day(told["as_of_day"]),
        blocks=clean(
            (
                Block("title", words["title"]),
                Block("number", f"{words['number']}：{told['certificate_no']}"),
                Block("fields", rows=_fields(told, sha256, words)),
                Block("boxed", words["conclusion"] if told["decision"]["allowed"] else words["not_met"]),
                Block("para", words["statement"]),
                Block("heading", heading["conditions"]),
                Block("table", head=tuple(columns["conditions"]), rows=_conditions(told, words)),
                Block("heading", heading["evidence"]),
                Block("table", head=tuple(columns["evidence"]), rows=_evidence(told)),
                Block("heading", heading["approvals"]),
                Block("table", head=tuple(columns["approvals"]), rows=_approvals(told, words)),
                Block("heading", heading["law"]),
                Block("table", head=tuple(columns["law"]), rows=_law(told, words)),
                Block("heading", heading["rule"]),
                *(Block("para", f"{name}　{grouped(value)}") for name, value in told["rule"].items()),
            )
        ),
    )


def grouped(text: str) -> str:
    """A hash in groups; any other text as it is."""
    if len(text) != 4 * _GROUP or not text.isalnum():
        return text
    return " ".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def _fields(told: Mapping[str, Any], sha256: str, words: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    labels = words["labels"]
    return (
        (labels["account_no"], told["account_no"]),
        (labels["order"], str(told["order"])),
        (labels["regime"], words["regimes"].get(told["regime"], told["regime"])),
        (labels["scope"], told["scope"] or words["none"]),
        (labels["issued_at"], _moment(told["issued_at"], words)),
        (labels["proposed_by"], words["actors"].get(told["proposed_by"], told["proposed_by"])),
        (labels["carried_out_by"], words["actors"].get(told["carried_out_by"], told["carried_out_by"])),
        (labels["jurisdiction"], told["jurisdiction"]),
        (labels["after"], str(told["after"]["seq"])),
        (labels["hash"], grouped(sha256)),
    )


def _conditions(told: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    facts = told["facts"]
    return tuple(
        (
            words["conditions"].get(row["code"], row["code"]),
            words["met"] if row["met"] else words["not_met"],
            "；".join(f"{words['facts'].get(name, name)} {_fact(name, facts[name], words)}" for name in row["facts"]),
            _basis(row["basis"], words),
        )
        for row in told["conditions"]
    )


def _evidence(told: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple((item["ref"], grouped(item["sha256"])) for item in told["evidence"])


def _approvals(told: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (row["actor"], words["roles"].get(row["role"], row["role"]), _moment(row["at"], words))
        for row in told["approvals"]
    )


def _law(told: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            words["parameters"].get(row["parameter"], row["parameter"]),
            row["edition"],
            row["effective_from"],
            _basis(row, words),
        )
        for row in told["law"]
    )


def _basis(row: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    said = f"{row['source']} {row['article']}".strip()
    return said if row["verified"] else f"{said}{words['unverified']}"


def _fact(name: str, value: Any, words: Mapping[str, Any]) -> str:
    if value is None:
        return str(words["unknown"])
    if isinstance(value, bool):
        return str(words["yes"] if value else words["no"])
    if name.endswith("_at"):
        return _moment(value, words)
    if name.endswith("_day"):
        return date_of_day(value).isoformat() if value else str(words["none"])
    if name.endswith("_fen"):
        return yuan_text(value)
    return str({**words["regimes"], **words["levels"]}.get(value, value))


def _moment(number: int, words: Mapping[str, Any]) -> str:
    return f"{moment_of_number(number):%Y-%m-%d %H:%M}" if number else str(words["none"])


@cache
def _words() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("certificate_wording.yaml")) as path:
        words: Mapping[str, Any] = read_yaml(path)
    return words
