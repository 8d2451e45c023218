"""Which terms does the form of a contract ask for, and how does what was typed become terms?

The form begins with the present terms; what it does not ask for stays as it is. A field that is left empty is a term that
is not agreed: the clause check names it.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.kernel.money import fen_of_yuan, yuan_text
from zaikong.kernel.refusal import Refusal
from zaikong.web import asked

Kind = Literal["text", "number", "thousandths", "hundredths", "yuan", "flag", "choice", "many", "list", "day"]
Words = Mapping[str, "str | Promise"]


class UnableToReadTermsError(Refusal):
    """A field of the form that cannot be read."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form.

    Attributes:
        path: Where in the terms, such as `late_fee.daily_ppm`.
        kind: How it is typed: `thousandths` and `hundredths` are decimals kept as whole numbers, `list` is words with
            commas between.
        label: What it is called.
        choices: What can be chosen.
        empty: What an empty field means.
    """

    path: str
    kind: Kind
    label: "str | Promise"
    choices: Words | None = None
    empty: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together."""

    title: "str | Promise"
    fields: tuple[Field, ...]
    folded: bool = False


CHARGING: Words = {
    "post_paid": _("after the bill"),
    "split_settlement": _("in several settlements a month"),
    "prepayment": pgettext_lazy("charging", "before use"),
}
METHODS: Words = {
    "counter": _("at the counter"),
    "bank_transfer": _("bank transfer"),
    "auto_debit": _("direct debit"),
    "online": _("online"),
    "prepaid_topup": _("top-up"),
}
GUARANTEES: Words = {
    "bank": _("bank guarantee"),
    "third_party": _("third-party guarantee"),
    "pledge": _("pledge"),
    "mortgage": _("mortgage"),
    "insurance": _("insurance"),
}
SURETYSHIPS: Words = {"general": _("general guarantee"), "joint_and_several": _("joint and several liability")}

GROUPS: Final = (
    Group(
        _("Term and payment"),
        (
            Field("contract_no", "text", _("Contract number")),
            Field("from_date", "day", pgettext_lazy("contract", "In force from")),
            Field("to_date", "day", _("In force until (first day no longer)")),
            Field("renews", "flag", _("Goes on when nobody gives notice")),
            Field("charging", "choice", _("How is paid"), CHARGING, "post_paid"),
            Field("payment.due_day_of_month", "number", _("Due on this day of the month")),
            Field("payment.due_days_after_bill", "number", _("or this many days after the bill")),
            Field("payment.settlements_a_month", "number", _("Settlements a month"), empty=1),
            Field("payment.methods", "many", _("Ways to pay"), METHODS),
            Field("late_fee.daily_ppm", "thousandths", _("Late fee a day, ‰; empty for the rate of the law")),
        ),
    ),
    Group(
        _("Arrears"),
        (
            Field("cut.after_overdue_days", "number", _("Cut only when overdue for more than this many days")),
            Field("cut.notice_days", "number", _("Notice of cutting, days before")),
            Field("cut.final_notice_minutes", "number", _("Last notice, minutes before")),
            Field("cut.safety_load_agreed", "flag", _("Safety load and own generation are agreed")),
            Field("cut.authority_copied", "flag", _("The authority is told beforehand")),
            Field("restore.within_hours", "number", _("Supply is back within this many hours")),
            Field("restore.security_restores", "flag", _("Security restores supply as payment does")),
        ),
    ),
    Group(
        pgettext_lazy("contract", "Notices"),
        (
            Field("service.address", "text", _("Address for service")),
            Field("service.phone", "text", _("Phone for messages")),
            Field("service.sms_counts_as_delivered", "flag", _("A message that arrived counts as delivered")),
            Field("service.consent_recorded", "flag", _("The customer agreed to that expressly")),
            Field("service.change_told_within_days", "number", _("A change is told within this many days")),
        ),
    ),
    Group(
        _("Prepayment clause"),
        (
            Field("prepayment.agreed", "flag", _("Prepayment is agreed")),
            Field("prepayment.prominent", "flag", _("Set off and explained to the customer")),
            Field("prepayment.consent_recorded", "flag", _("The customer's consent is on record")),
            Field("prepayment.balance_formula", "text", _("How the available balance is computed")),
            Field("prepayment.warn_below_fen", "yuan", _("Warn below, yuan")),
            Field("prepayment.cut_below_fen", "yuan", _("May be cut below, yuan")),
            Field("prepayment.overdraft_fen", "yuan", _("May be overdrawn by, yuan"), empty=0),
            Field("prepayment.warning_phone", "text", _("Warnings are sent to")),
            Field("prepayment.safe_restore", "flag", _("The customer confirms safety before supply returns")),
            Field("prepayment.old_debt_permille", "number", _("Share of each top-up for old debt, ‰"), empty=0),
            Field("prepayment.refund_agreed", "flag", _("The rest is returned at the end")),
        ),
        folded=True,
    ),
    Group(
        _("Guarantee clause"),
        (
            Field("guarantee.kind", "choice", _("Kind of guarantee; empty for none"), GUARANTEES, ""),
            Field("guarantee.guarantor", "text", _("Guarantor")),
            Field("guarantee.guarantor_is_state_organ", "flag", _("The guarantor is an organ of the state")),
            Field("guarantee.maximum_fen", "yuan", _("Maximum, yuan")),
            Field("guarantee.suretyship", "choice", _("Liability"), SURETYSHIPS),
            Field("guarantee.period_months", "number", _("Guarantee period, months")),
        ),
        folded=True,
    ),
    Group(
        _("Supply and other clauses"),
        (
            Field("supply.use", "text", _("Use of electricity")),
            Field("supply.mode", "text", _("Mode of supply")),
            Field("supply.voltage", "text", _("Voltage")),
            Field("supply.capacity_centi_kva", "hundredths", _("Capacity, kVA"), empty=0),
            Field("supply.metering", "text", _("Metering")),
            Field("supply.boundary", "text", _("Boundary of property and upkeep")),
            Field("supply.quality", "text", _("Quality and times of supply")),
            Field("price.book", "text", _("Tariff")),
            Field("customer.address", "text", _("Customer's address")),
            Field("customer.representative", "text", _("Who signs for the customer")),
            Field("supplier.representative", "text", _("Who signs for the company")),
            Field("dispute.query_days", "number", _("A query is answered within this many working days")),
            Field("dispute.hotlines", "list", _("Where to complain, with commas between")),
            Field("dispute.court", "text", _("Court")),
            Field("personal_data.purposes", "text", _("What personal data are used for")),
            Field(
                "personal_data.automated_decisions_explained",
                "flag",
                _("Grades and cuts by program are explained and can be objected to"),
            ),
            Field("breach", "text", _("What follows a breach")),
        ),
        folded=True,
    ),
)

_NO_DRAFT: Final = ("signatures", "payment_mode")
_CLAUSE, _SURETY = "prepayment", "guarantee"
_DECIMALS: Final = {"thousandths": 3, "hundredths": 2}


def rows(terms: Mapping[str, Any], typed: QueryDict | None) -> list[dict[str, Any]]:
    """Groups with the value of each field: as typed, or as the terms say."""
    base = _with_parts(terms)
    return [
        {
            "title": group.title,
            "folded": group.folded,
            "fields": [
                {"field": field, "value": _typed(field, typed) if typed is not None else _shown(field, base)}
                for field in group.fields
            ],
        }
        for group in GROUPS
    ]


def terms_of_form(present: Mapping[str, Any], typed: QueryDict) -> dict[str, Any]:
    """Terms of the next version.

    Args:
        present: Terms the form began with, as JSON.
        typed: What was posted.

    Raises:
        UnableToReadTermsError: `NUMBER_UNREADABLE`.
        Refusal: `MONEY_UNREADABLE`.
    """
    terms = _with_parts(present)
    for group in GROUPS:
        for field in group.fields:
            _put(terms, field.path, _read(field, typed))
    agreed = terms[_CLAUSE].pop("agreed")
    terms[_CLAUSE] = terms[_CLAUSE] if agreed else None
    surety = terms.pop(_SURETY)
    others = terms["guarantees"][1:]
    terms["guarantees"] = (
        [{**surety, "suretyship": surety["suretyship"] or None}, *others] if surety["kind"] else others
    )
    return terms


def _with_parts(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms, their prepayment and their first guarantee as parts that are always there."""
    whole = {name: value for name, value in deepcopy(dict(terms)).items() if name not in _NO_DRAFT}
    clause = whole.get(_CLAUSE)
    whole[_CLAUSE] = {"refund_agreed": True} if clause is None else clause
    whole[_CLAUSE]["agreed"] = clause is not None
    whole["guarantees"] = whole.get("guarantees") or []
    whole[_SURETY] = dict(whole["guarantees"][0]) if whole["guarantees"] else {}
    return whole


def _put(terms: dict[str, Any], path: str, value: Any) -> None:
    part, _dot, name = path.rpartition(".")
    (terms.setdefault(part, {}) if part else terms)[name] = value


def _value(terms: Mapping[str, Any], path: str) -> Any:
    part, _dot, name = path.rpartition(".")
    return (terms.get(part) or {} if part else terms).get(name)


def _shown(field: Field, terms: Mapping[str, Any]) -> Any:
    value = _value(terms, field.path)
    if field.kind in {"flag", "many"}:
        return value or ()
    if value is None:
        return ""
    if field.kind == "yuan":
        return yuan_text(value).replace(",", "")
    if field.kind == "list":
        return ", ".join(value)
    return _decimal(value, _DECIMALS[field.kind]) if field.kind in _DECIMALS else str(value)


def _typed(field: Field, typed: QueryDict) -> Any:
    if field.kind == "many":
        return typed.getlist(field.path)
    return asked.text(typed, field.path)


def _read(field: Field, typed: QueryDict) -> Any:
    text = asked.text(typed, field.path)
    if field.kind == "flag":
        return text == "1"
    if field.kind == "many":
        return [one for one in typed.getlist(field.path) if one in (field.choices or {})]
    if field.kind == "list":
        return [one.strip() for one in re.split("[,，、]", text) if one.strip()]
    if field.kind == "text":
        return text
    return _read_value(field, text) if text else field.empty


def _read_value(field: Field, text: str) -> Any:
    if field.kind == "yuan":
        return fen_of_yuan(text)
    return text if field.kind in {"choice", "day"} else _number(field, text)


def _number(field: Field, text: str) -> int:
    decimals = _DECIMALS.get(field.kind, 0)
    found = re.fullmatch(rf"([0-9]{{1,12}})(?:\.([0-9]{{1,{decimals or 1}}}))?", text)
    if found is None or (found.group(2) and not decimals):
        raise UnableToReadTermsError(
            f"{field.label}: {text!r} is no number",
            code="NUMBER_UNREADABLE",
            fields={field.path: text},
            remedy="Write digits.",
        )
    return int(found.group(1) + (found.group(2) or "").ljust(decimals, "0"))


def _decimal(value: int, decimals: int) -> str:
    whole, rest = divmod(value, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".")
