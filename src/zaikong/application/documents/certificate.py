"""How is a legality certificate printed?

The paper says what the JSON says and its hash; the JSON is what is checked. The same certificate gives the same bytes.
"""

import calendar
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal

import typst

from zaikong.application.documents.pdf import Paper, bundled_fonts
from zaikong.kernel import chain
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import date_of_day, moment_of_number

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_TEMPLATE: Final = "templates/certificate.typ"


def certificate_pdf(told: Mapping[str, Any], *, language: Language = "zh") -> Paper:
    """A certificate as PDF.

    Args:
        told: What it says, as `application.certificate.certificate_document` gives it.
        language: Of its words; names of laws stay Chinese.
    """
    words = _words()[language]
    paper = _laid_out(told, words) | {"lang": language}
    compiler = typst.Compiler(_template(), font_paths=bundled_fonts(), ignore_system_fonts=True)
    issued = moment_of_number(told["issued_at"])
    made = compiler.compile(
        format="pdf",
        sys_inputs={"paper": json.dumps(paper, ensure_ascii=False)},
        timestamp=calendar.timegm(issued.utctimetuple()),
        pdf_tags=False,
    )
    assert isinstance(made, bytes)
    return Paper(made, hashlib.sha256(made).hexdigest(), "application/pdf")


def _laid_out(told: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    places = {item["ref"]: str(place) for place, item in enumerate(told["evidence"], start=1)}
    values = {
        "account_no": told["account_no"],
        "regime": words["regimes"][told["regime"]],
        "cut_at": _moment(told["facts"]["cut_at"]),
        "scope": told["scope"] or "—",
        "jurisdiction": told["jurisdiction"],
        "proposed_by": told["proposed_by"],
        "carried_out_by": told["carried_out_by"],
        "decision": words["allowed"],
    }
    return {
        "title": words["title"],
        "number": f"{words['number']} {told['certificate_no']}",
        "fields": [(words["fields"][name], value) for name, value in values.items()],
        "conditions": _table(
            words, "condition", "conditions", [_condition(row, told, words, places) for row in told["conditions"]]
        ),
        "proofs": _table(words, "proof", "proofs", [_proof(row, words, places) for row in told["proofs"]]),
        "approvals": _table(words, "approval", "approvals", [_approval(row, words) for row in told["approvals"]]),
        "law": _table(words, "law", "law", [_law(row, words) for row in told["law"]]),
        "evidence": _table(
            words, "evidence", "evidence", [(places[row["ref"]], row["ref"], row["sha256"]) for row in told["evidence"]]
        ),
        "seal": {"title": words["seal"], "check": words["check"], "rows": _seal(told, words)},
    }


def _table(words: Mapping[str, Any], kind: str, title: str, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {"title": words[title], "head": words[f"{kind}_head"], "rows": rows}


def _condition(
    row: Mapping[str, Any], told: Mapping[str, Any], words: Mapping[str, Any], places: Mapping[str, str]
) -> tuple[str, ...]:
    stated = (f"{words['facts'][name]}: {_value(name, told['facts'][name], words)}" for name in row["facts"])
    numbers = ", ".join(places[ref] for ref in row["evidence"])
    return words["codes"][row["code"]], "; ".join(stated), _basis(row["basis"], words), numbers


def _proof(row: Mapping[str, Any], words: Mapping[str, Any], places: Mapping[str, str]) -> tuple[str, ...]:
    numbers = ", ".join(places[ref] for ref in row["refs"])
    return words["kinds"][row["evidence"]], _moment(row["evidence_at"]), f"{row['source']} {row['number']}", numbers


def _approval(row: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[str, ...]:
    return row["actor"], words["roles"].get(row["role"], row["role"]), _moment(row["at"])


def _law(row: Mapping[str, Any], words: Mapping[str, Any]) -> tuple[str, ...]:
    return row["parameter"], row["edition"], row["jurisdiction"], row["effective_from"], _basis(row, words)


def _seal(told: Mapping[str, Any], words: Mapping[str, Any]) -> list[tuple[str, str]]:
    rule, after = told["rule"], told["after"]
    return [
        (words["rule"], rule["module"]),
        (words["rule_sha256"], rule["module_sha256"]),
        (words["parameters_sha256"], rule["parameters_sha256"]),
        (words["after"], f"{after['seq']}:{after['hash']}"),
        (words["sha256"], chain.digest(told)),
    ]


def _basis(basis: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """The source with its article; where the number was not read in the document itself, that is said instead."""
    return f"{basis['source']}{basis['article']}" + ("" if basis["verified"] else words["unverified"])


def _value(name: str, value: object, words: Mapping[str, Any]) -> str:
    if value is None:
        return str(words["unknown"])
    if isinstance(value, bool):
        return str(words["truth"]["true" if value else "false"])
    if isinstance(value, int):
        return _number(name, value, words)
    return str((words["regimes"] | words["levels"]).get(value, value))


def _number(name: str, value: int, words: Mapping[str, Any]) -> str:
    if name.endswith("_fen"):
        return yuan_text(value)
    if value == 0:
        return str(words["never"])
    return _moment(value) if name.endswith("_at") else date_of_day(value).isoformat()


def _moment(moment: int) -> str:
    return f"{moment_of_number(moment):%Y-%m-%d %H:%M}"


@cache
def _template() -> bytes:
    return files("zaikong.application.documents").joinpath(_TEMPLATE).read_bytes()


@cache
def _words() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("certificate.yaml")) as path:
        words: Mapping[str, Any] = read_yaml(path)
    return words
