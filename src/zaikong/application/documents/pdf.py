"""How does a paper become PDF?

Typst sets it with the bundled Noto CJK font and nothing of the machine: no system font, no network, no clock. The file
carries the day of the paper, so the same contents give the same bytes.
"""

import calendar
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typst
from noto_cjk_sans_otc import FONT_PATH  # type: ignore[import-untyped]

from zaikong.application.documents.sheet import Sheet, wording_of
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import TIME_ZONE

_TEMPLATE: Final = "templates/papers.typ"
_WORDING: Final = "2025"
_PAPERS_KEPT: Final = 12


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished file.

    Attributes:
        content: Its bytes.
        sha256: Hash of the bytes.
        media_type: What it is.
    """

    content: bytes
    sha256: str
    media_type: str


def pdf_of(sheet: Sheet) -> Paper:
    """One paper as PDF."""
    return _set([sheet], index=None, made_on=sheet.made_on, title=f"{sheet.title} {sheet.number}")


def pdf_of_many(sheets: Sequence[Sheet]) -> Paper:
    """Many papers as one PDF, an index with page numbers first.

    Args:
        sheets: At least one, in the order to print.
    """
    labels = wording_of(_WORDING)["labels"]
    total = sum(sheet.amount_fen for sheet in sheets)
    index = {
        "title": labels["index_title"],
        "summary": labels["index_summary"].format(count=f"{len(sheets):,}", total=yuan_text(total)),
        "head": [labels[name] for name in ("index_no", "number", "account_no", "customer_name", "total", "page")],
        "rows": [[sheet.number, sheet.account_no, sheet.name, yuan_text(sheet.amount_fen)] for sheet in sheets],
    }
    made_on = max(sheet.made_on for sheet in sheets)
    paper = _set(sheets, index=index, made_on=made_on, title=labels["index_title"])
    _forget()
    return paper


def pictures_of(sheet: Sheet, *, ppi: int = 96) -> list[bytes]:
    """One paper as PNG pictures, a page each, for a look on the screen.

    Args:
        sheet: The paper.
        ppi: Dots an inch.
    """
    papers = _papers([sheet], index=None, title=sheet.title)
    made = _compiler().compile(format="png", ppi=ppi, sys_inputs={"papers": papers}, timestamp=_midnight(sheet.made_on))
    return made if isinstance(made, list) else [made]


def _set(sheets: Sequence[Sheet], *, index: dict[str, Any] | None, made_on: date, title: str) -> Paper:
    papers = _papers(sheets, index=index, title=title)
    made = _compiler().compile(
        format="pdf", sys_inputs={"papers": papers}, timestamp=_midnight(made_on), pdf_tags=False
    )
    return Paper(made, sha256(made).hexdigest(), "application/pdf")


def _forget() -> None:
    """Let go of the pages: Typst keeps what it laid out for its next ten papers, a megabyte a page."""
    for _ in range(_PAPERS_KEPT):
        typst.Compiler(b"#{}", font_paths=bundled_fonts(), ignore_system_fonts=True).compile(format="pdf")


def _papers(sheets: Sequence[Sheet], *, index: dict[str, Any] | None, title: str) -> str:
    blocks = [{"number": sheet.number, "blocks": [asdict(block) for block in sheet.blocks]} for sheet in sheets]
    return json.dumps({"title": title, "author": "", "index": index, "sheets": blocks}, ensure_ascii=False)


def _midnight(day: date) -> int:
    return calendar.timegm(datetime(day.year, day.month, day.day, tzinfo=TIME_ZONE).utctimetuple())


def _compiler() -> Any:
    return typst.Compiler(_template(), font_paths=bundled_fonts(), ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return files("zaikong.application.documents").joinpath(_TEMPLATE).read_bytes()


@cache
def bundled_fonts() -> typst.Fonts:
    """The bundled Noto CJK font and nothing of the machine."""
    folder = str(Path(str(FONT_PATH)).parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
