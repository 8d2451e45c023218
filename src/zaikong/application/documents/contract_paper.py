"""How is a supply contract written out from its terms?

Each term becomes its sentence, an unlawful one too: the paper says what was agreed, the clause check says what is wrong with
it. What is not agreed is printed as such.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final

from zaikong.application.documents.contents import UnableToWriteNoticeError, date_text, permille_text
from zaikong.application.documents.sheet import Block, Sheet, clean
from zaikong.domain.registry.contract_terms import ContractTerms, GuaranteeClause
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.energy import kwh_text
from zaikong.kernel.money import yuan_text

WORDING: Final = "2025"
"""Edition a new contract is worded in."""

_NUMERALS: Final = "一二三四五六七八九十"
_TEN: Final = 10


@dataclass(frozen=True, slots=True)
class ContractContents:
    """Everything a printed contract says.

    Attributes:
        terms: What was agreed.
        version: Version of the account's contract, from 1.
        made_on: Day it was drafted.
        wording: Edition of the wording.
    """

    terms: ContractTerms
    version: int
    made_on: date
    wording: str = WORDING


def contract_sheet(contents: ContractContents) -> Sheet:
    """A supply contract 供用电合同.

    Raises:
        UnableToWriteNoticeError: The wording has no such edition.
    """
    terms, words = contents.terms, _wording(contents.wording)
    number = words["number"].format(contract_no=terms.contract_no, version=contents.version)
    blocks = [
        Block("title", words["title"]),
        Block("number", number),
        Block("fields", rows=tuple(_parties(terms, words))),
        Block("para", words["parties"]),
    ]
    for place, (name, sentences) in enumerate(_sections(terms, words)):
        blocks.append(Block("heading", f"{_numeral(place + 1)}、{words['headings'][name]}"))
        blocks += _set_off(sentences) if name == "prepayment" else [Block("para", sentence) for sentence in sentences]
    blocks.append(Block("sign", rows=_signatures(terms, words["sign"])))
    return Sheet(
        title=words["title"],
        number=terms.contract_no,
        account_no=terms.account_no,
        name=terms.customer.name,
        amount_fen=0,
        made_on=contents.made_on,
        blocks=clean(blocks),
    )


def _set_off(sentences: list[str]) -> list[Block]:
    """A clause the customer must not overlook: one frame around all of it."""
    return [Block("boxed", "".join(sentences))]


@cache
def _editions() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("contract_wording.yaml")) as path:
        editions: Mapping[str, Any] = read_yaml(path)
    return editions


def _wording(edition: str) -> Mapping[str, Any]:
    if edition not in _editions():
        raise UnableToWriteNoticeError(
            f"there is no contract wording of edition {edition!r}",
            code="WORDING_UNKNOWN",
            fields={"edition": edition},
            remedy="Name one of " + ", ".join(sorted(_editions())) + ".",
        )
    words: Mapping[str, Any] = _editions()[edition]
    return words


def _numeral(number: int) -> str:
    if number <= _TEN:
        return _NUMERALS[number - 1]
    return _NUMERALS[-1] + _NUMERALS[number - _TEN - 1]


def _parties(terms: ContractTerms, words: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels = words["labels"]
    for side, party in (("supplier", terms.supplier), ("customer", terms.customer)):
        yield labels[side], party.name or words["unsaid"]
        if side == "customer" and terms.account_no:
            yield labels["account_no"], terms.account_no
        for name in ("address", "phone", "identifier", "representative"):
            if value := getattr(party, name):
                yield labels[name], value


def _sections(terms: ContractTerms, words: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    writers = {
        "supply": _supply,
        "price": _price,
        "payment": _payment,
        "prepayment": _prepayment,
        "late_fee": _late_fee,
        "cut": _cut,
        "restore": _restore,
        "guarantee": _guarantees,
        "service": _service,
        "dispute": _dispute,
        "personal_data": _personal_data,
        "breach": _breach,
        "term": _term,
    }
    for name, writer in writers.items():
        sentences = list(writer(terms, _Words(words[name], words["unsaid"])))
        if sentences:
            yield name, sentences


@dataclass(frozen=True, slots=True)
class _Words:
    """Sentences of one section; an empty value is printed as not agreed."""

    own: Mapping[str, Any]
    unsaid: str

    def say(self, name: str, /, **values: object) -> str:
        """The sentence with its values, which are not looked at again."""
        written = {key: self.unsaid if value in (None, "") else str(value) for key, value in values.items()}
        sentence: str = self.own[name].format(**written)
        return sentence


def _supply(terms: ContractTerms, words: _Words) -> Iterator[str]:
    supply = terms.supply
    yield words.say("mode", mode=supply.mode, voltage=supply.voltage, quality=supply.quality)
    capacity = kwh_text(supply.capacity_centi_kva) if supply.capacity_centi_kva else ""
    yield words.say("capacity", address=supply.address, use=supply.use, capacity=capacity)
    yield words.say("boundary", boundary=supply.boundary)


def _price(terms: ContractTerms, words: _Words) -> Iterator[str]:
    yield words.say("metering", metering=terms.supply.metering)
    yield words.say(terms.price.basis, book=terms.price.book)
    if terms.price.supplier_may_change:
        yield words.say("alone")


def _payment(terms: ContractTerms, words: _Words) -> Iterator[str]:
    payment = terms.payment
    yield words.own["charging"][terms.charging]
    if payment.due_day_of_month is not None:
        yield words.say("day", day=payment.due_day_of_month)
    if payment.due_days_after_bill is not None:
        yield words.say("days", days=payment.due_days_after_bill)
    yield words.say("methods", methods="、".join(words.own["names"][method] for method in payment.methods))
    yield words.say("times", times=payment.settlements_a_month)
    for charge in terms.charges:
        yield words.say("charge", name=charge.name, amount=yuan_text(charge.amount_fen))


def _prepayment(terms: ContractTerms, words: _Words) -> Iterator[str]:
    clause = terms.prepayment
    if clause is None:
        return
    if clause.prominent:
        yield words.say("notice")
    yield words.say("formula", formula=clause.balance_formula)
    yield words.say("warn", warn=_yuan(clause.warn_below_fen), phone=clause.warning_phone)
    yield words.say("cut", cut=_yuan(clause.cut_below_fen), overdraft=yuan_text(clause.overdraft_fen))
    if clause.old_debt_permille:
        yield words.say("old_debt", permille=clause.old_debt_permille)
    if clause.safe_restore:
        yield words.say("safe")
    yield words.say("refund" if clause.refund_agreed else "no_refund")
    if clause.consent_recorded:
        yield words.say("consent")


def _late_fee(terms: ContractTerms, words: _Words) -> Iterator[str]:
    fee = terms.late_fee
    if fee.daily_ppm is None:
        yield words.say("statutory")
    else:
        yield words.say("agreed", rate=permille_text(fee.daily_ppm))
    yield words.say("compounds" if fee.bears_on_late_fee else "simple")
    if not fee.starts_after_due:
        yield words.say("early")


def _cut(terms: ContractTerms, words: _Words) -> Iterator[str]:
    cut = terms.cut
    yield words.say("demand" if cut.demands_first else "no_demand")
    if cut.after_overdue_days is not None:
        yield words.say("overdue", days=cut.after_overdue_days)
    if cut.notice_days is not None:
        yield words.say("notice", days=cut.notice_days)
    if cut.final_notice_minutes is not None:
        yield words.say("final", minutes=cut.final_notice_minutes)
    if cut.cuts_without_notice:
        yield words.say("without_notice")
    yield words.say("person" if cut.person_decides else "program")
    if cut.safety_load_agreed:
        yield words.say("safety")
    if cut.authority_copied:
        yield words.say("authority")


def _restore(terms: ContractTerms, words: _Words) -> Iterator[str]:
    yield words.say("hours", hours=terms.restore.within_hours)
    if terms.restore.security_restores:
        yield words.say("security")


def _guarantees(terms: ContractTerms, words: _Words) -> Iterator[str]:
    for clause in terms.guarantees:
        yield words.say("line", **_guarantee(clause, words))


def _guarantee(clause: GuaranteeClause, words: _Words) -> dict[str, object]:
    months = clause.period_months
    return {
        "guarantor": clause.guarantor,
        "kind": words.own["kinds"][clause.kind],
        "maximum": _yuan(clause.maximum_fen),
        "suretyship": words.own["suretyships"][clause.suretyship] if clause.suretyship else None,
        "period": None if months is None else words.say("months", months=months),
    }


def _service(terms: ContractTerms, words: _Words) -> Iterator[str]:
    service = terms.service
    yield words.say("address", address=service.address, phone=service.phone, email=service.email)
    if service.sms_counts_as_delivered:
        yield words.say("sms")
    if service.change_told_within_days is not None:
        yield words.say("change", days=service.change_told_within_days)


def _dispute(terms: ContractTerms, words: _Words) -> Iterator[str]:
    dispute = terms.dispute
    yield words.say("query", days=dispute.query_days)
    yield words.say("hotlines", hotlines="、".join(dispute.hotlines))
    if dispute.court:
        yield words.say("court", court=dispute.court)
    if dispute.bars_complaint:
        yield words.say("bars_complaint")
    if dispute.bars_limitation:
        yield words.say("bars_limitation")


def _personal_data(terms: ContractTerms, words: _Words) -> Iterator[str]:
    clause = terms.personal_data
    yield words.say("purposes", purposes=clause.purposes)
    if clause.automated_decisions_explained:
        yield words.say("explained")
    if clause.blacklist_without_judgment:
        yield words.say("blacklist")


def _breach(terms: ContractTerms, words: _Words) -> Iterator[str]:
    yield words.say("line", breach=terms.breach)
    if terms.supplier_exempt:
        yield words.say("exempt")


def _term(terms: ContractTerms, words: _Words) -> Iterator[str]:
    from_date = date_text(terms.from_date) if terms.from_date else ""
    if terms.to_date:
        yield words.say("from_to", from_date=from_date, to_date=date_text(terms.to_date))
    else:
        yield words.say("from_on", from_date=from_date)
    if terms.renews:
        yield words.say("renews")
    yield words.say("copies")


def _signatures(terms: ContractTerms, words: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    signed = {signature.side: signature for signature in terms.signatures}
    sides = ("supplier", "customer")
    names = [f"{words['by']}{signed[side].name if side in signed else ''}" for side in sides]
    dates = [
        f"{words['day']}{date_text(signed[side].signed_date) if side in signed else words['blank']}" for side in sides
    ]
    return ((words["supplier"], words["customer"]), (names[0], names[1]), (dates[0], dates[1]))


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else yuan_text(fen)
