"""How is a paper laid out as blocks, before it becomes PDF or Word?

One list of blocks stands behind both forms, so that neither says more than the other. Text of customers is only ever a
value in a block: neither template language reads it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from zaikong.application.documents.contents import (
    NoticeContents,
    UnableToWriteNoticeError,
    date_text,
    moment_text,
    rate_text,
)
from zaikong.kernel.dated import read_yaml
from zaikong.kernel.money import yuan_text

BlockKind = Literal["title", "number", "to", "para", "strong", "heading", "boxed", "fields", "table", "sign", "slip"]


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a paper.

    Attributes:
        kind: How it is set.
        text: Its text, empty for fields and tables.
        head: Head of a table.
        rows: Rows of fields (label, value), of a table, or of a slip.
    """

    kind: BlockKind
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole paper.

    Attributes:
        title: What it is.
        number: Its number.
        account_no: Account it is for.
        name: Whom it is for.
        amount_fen: Money it asks for, 0 for none [fen].
        made_on: Day it carries, also the day of the file.
        blocks: Its parts in order.
    """

    title: str
    number: str
    account_no: str
    name: str
    amount_fen: int
    made_on: date
    blocks: tuple[Block, ...]


def notice_sheet(contents: NoticeContents, *, with_slip: bool = True) -> Sheet:
    """A demand or stop notice, followed by its receipt slip.

    Args:
        contents: What it says.
        with_slip: Whether the receipt slip follows.

    Raises:
        UnableToWriteNoticeError: The wording has no such edition.
    """
    wording = wording_of(contents.wording)
    words, labels = wording[contents.kind], wording["labels"]
    filled = _Filled(words, _values(contents))
    slip = receipt_blocks(contents, words["title"]) if with_slip else ()
    return Sheet(
        title=words["title"],
        number=contents.notice_no,
        account_no=contents.account_no,
        name=contents.customer_name,
        amount_fen=contents.total_fen,
        made_on=contents.issued_date,
        blocks=clean((*_head(contents, filled, labels), *_body(contents, filled, labels), *slip)),
    )


def receipt_sheet(contents: NoticeContents) -> Sheet:
    """A receipt slip alone, for a second attempt."""
    wording = wording_of(contents.wording)
    blocks = receipt_blocks(contents, wording[contents.kind]["title"])
    return Sheet(
        title=wording["slip"]["title"],
        number=contents.notice_no,
        account_no=contents.account_no,
        name=contents.customer_name,
        amount_fen=0,
        made_on=contents.issued_date,
        blocks=clean(blocks),
    )


def receipt_blocks(contents: NoticeContents, document: str) -> tuple[Block, ...]:
    """The receipt slip 送达回证: who received, who refused, which witnesses and which proof."""
    words = wording_of(contents.wording)["slip"]
    rows = (
        (words["document"], f"《{document}》 {contents.notice_no}"),
        (words["receiver"], f"{contents.customer_name}（{contents.account_no}）"),
        (words["address"], contents.address),
        (words["method"], words["methods"]),
        (words["received_at"], words["received_at_blank"]),
        (words["signature"], ""),
        (words["standing"], words["standings"]),
        (words["refusal"], ""),
        (words["witnesses"], words["witnesses_blank"]),
        (words["proof"], ""),
        (words["servers"], words["witnesses_blank"]),
        (words["note"], ""),
    )
    return (Block("slip", words["title"], rows=rows),)


def wording_of(edition: str) -> Mapping[str, Any]:
    """The wording of an edition.

    Raises:
        UnableToWriteNoticeError: There is none of this name.
    """
    editions = _editions()
    if edition not in editions:
        raise UnableToWriteNoticeError(
            f"there is no wording of edition {edition!r}",
            code="WORDING_UNKNOWN",
            fields={"edition": edition},
            remedy="Name one of " + ", ".join(sorted(editions)) + ".",
        )
    words: Mapping[str, Any] = editions[edition]
    return words


def clean(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks without the control characters no document can hold."""
    return tuple(
        Block(
            block.kind,
            _printable(block.text),
            tuple(_printable(cell) for cell in block.head),
            tuple(tuple(_printable(cell) for cell in row) for row in block.rows),
        )
        for block in blocks
    )


_UNPRINTABLE: Final = dict.fromkeys((*range(32), *range(127, 160), *range(55296, 57344), 65534, 65535))


def _printable(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").translate(_UNPRINTABLE)


@cache
def _editions() -> Mapping[str, Any]:
    with as_file(files("zaikong.application.documents").joinpath("wording.yaml")) as path:
        editions: Mapping[str, Any] = read_yaml(path)
    return editions


@dataclass(frozen=True, slots=True)
class _Filled:
    """Sentences of the wording with the values in their places; a value is not looked at again."""

    words: Mapping[str, str]
    values: Mapping[str, str]

    def __call__(self, name: str) -> str:
        return self.words[name].format_map(self.values)


def _values(contents: NoticeContents) -> dict[str, str]:
    stop = contents.stop
    return {
        "customer_name": contents.customer_name,
        "account_no": contents.account_no,
        "issued_date": date_text(contents.issued_date),
        "pay_by_date": date_text(contents.pay_by_date),
        "open": yuan_text(contents.open_fen),
        "late_fee": yuan_text(contents.late_fee_fen),
        "total": yuan_text(contents.total_fen),
        "rate": rate_text(contents.rates_ppm),
        "rests_on": contents.rests_on,
        "planned_at": moment_text(stop.at) if stop else "",
        "scope": stop.scope if stop else "",
        "restore_hours": str(stop.restore_hours) if stop else "",
        "authority": stop.authority if stop else "",
    }


def _head(contents: NoticeContents, filled: _Filled, labels: Mapping[str, str]) -> tuple[Block, ...]:
    fields = (
        (labels["account_no"], contents.account_no),
        (labels["customer_name"], contents.customer_name),
        (labels["address"], contents.address),
    )
    return (
        Block("title", filled("title")),
        Block("number", f"{labels['number']}：{contents.notice_no}"),
        Block("to", filled("to")),
        Block("fields", rows=fields),
        Block("para", filled("opening")),
        _bills(contents, labels),
    )


def _bills(contents: NoticeContents, labels: Mapping[str, str]) -> Block:
    rows = [
        (
            str(owed.month),
            owed.due_date.isoformat(),
            yuan_text(owed.open_fen),
            str(max((contents.issued_date - owed.due_date).days, 0)),
            yuan_text(owed.late_fee_fen),
            yuan_text(owed.open_fen + owed.late_fee_fen),
        )
        for owed in contents.bills
    ]
    sums = (yuan_text(contents.open_fen), "", yuan_text(contents.late_fee_fen), yuan_text(contents.total_fen))
    head = tuple(labels[name] for name in ("month", "due_date", "open", "days", "late_fee", "subtotal"))
    return Block("table", head=head, rows=(*rows, (labels["total"], "", *sums)))


def _body(contents: NoticeContents, filled: _Filled, labels: Mapping[str, str]) -> tuple[Block, ...]:
    stop = contents.stop
    told = [Block("strong", filled(name)) for name in ("planned", "scope") if stop]
    told += [Block("strong", filled("pay")), Block("para", filled("rate")), Block("para", filled("consequence"))]
    told += [Block("para", filled(name)) for name in ("safety", "restore") if stop]
    told += [
        Block("para", filled("query")),
        Block("para", f"{labels['basis']}：{'；'.join(contents.legal_basis)}。"),
        Block("para", f"{labels['channels']}：{'；'.join(contents.channels)}。"),
        Block(
            "para",
            f"{labels['contact']}：{contents.contact_name}　{labels['phone']}：{contents.contact_phone}　"
            f"{labels['office']}：{contents.office_address}",
        ),
        Block("sign", rows=((f"{contents.supplier_name}{labels['seal']}",), (date_text(contents.issued_date),))),
    ]
    return (*told, *([Block("para", filled("authority"))] if stop and stop.authority else []))
