"""How is the Word template of the papers made?

`python -m zaikong.application.documents.word_template` writes `templates/papers.docx`. An office may open it in Word and change
fonts, margins and the letterhead: only the paragraphs in braces must stay.
"""

from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

TEMPLATE: Final = "templates/papers.docx"

_FONT: Final = "SimSun"
_BODY_PT, _TITLE_PT, _SMALL_PT = 10.5, 18, 9
_MARGIN_CM: Final = 2.2


def build_template() -> Any:
    """The template as a document of python-docx."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(_MARGIN_CM)
    section.top_margin = section.bottom_margin = Cm(_MARGIN_CM)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(_BODY_PT)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
    normal.paragraph_format.space_after = Pt(4)
    _written(section.footer.paragraphs[0], "{{ number }}", align=WD_ALIGN_PARAGRAPH.CENTER, size=_SMALL_PT)
    _control(document, "for b in blocks")
    _control(document, "if b.kind == 'title'")
    _text(document, align=WD_ALIGN_PARAGRAPH.CENTER, size=_TITLE_PT, bold=True)
    _control(document, "elif b.kind == 'number'")
    _text(document, align=WD_ALIGN_PARAGRAPH.RIGHT, size=_SMALL_PT)
    _control(document, "elif b.kind in ('to', 'heading')")
    _text(document, bold=True)
    _control(document, "elif b.kind in ('strong', 'boxed')")
    _text(document, bold=True, indented=True)
    _control(document, "elif b.kind == 'para'")
    _text(document, indented=True)
    _control(document, "elif b.kind == 'fields'")
    _pairs(document, ruled=False)
    _control(document, "elif b.kind == 'table'")
    _table(document)
    _control(document, "elif b.kind == 'sign'")
    _signatures(document)
    _control(document, "elif b.kind == 'slip'")
    _text(document, align=WD_ALIGN_PARAGRAPH.CENTER, size=14, bold=True)
    _pairs(document, ruled=True)
    _control(document, "endif")
    _control(document, "endfor")
    return document


def _control(document: Any, words: str) -> None:
    document.add_paragraph("{%p " + words + " %}")


def _text(document: Any, *, indented: bool = False, **look: Any) -> None:
    paragraph = document.add_paragraph()
    if indented:
        paragraph.paragraph_format.first_line_indent = Pt(2 * _BODY_PT)
    _written(paragraph, "{{ b.text }}", **look)


def _written(paragraph: Paragraph, text: str, *, align: Any = None, size: float = _BODY_PT, bold: bool = False) -> None:
    if align is not None:
        paragraph.alignment = align
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold


def _pairs(document: Any, *, ruled: bool) -> None:
    table = document.add_table(rows=3, cols=2)
    table.style = "Table Grid" if ruled else "Normal Table"
    _loop(table, 0, "tr for r in b.rows")
    _written(table.cell(1, 0).paragraphs[0], "{{ r[0] }}", bold=not ruled)
    _written(table.cell(1, 1).paragraphs[0], "{{ r[1] }}")
    _loop(table, 2, "tr endfor")
    _widths(table, (Cm(5 if ruled else 3), Cm(11.6 if ruled else 13.6)))
    document.add_paragraph()


def _table(document: Any) -> None:
    table = document.add_table(rows=4, cols=3)
    table.style = "Table Grid"
    _across(table, 0, "b.head", bold=True)
    _loop(table, 1, "tr for r in b.rows")
    _across(table, 2, "r", bold=False)
    _loop(table, 3, "tr endfor")
    document.add_paragraph()


def _signatures(document: Any) -> None:
    table = document.add_table(rows=3, cols=3)
    _loop(table, 0, "tr for r in b.rows")
    _across(table, 1, "r", bold=False)
    _loop(table, 2, "tr endfor")


def _across(table: Table, row: int, over: str, *, bold: bool) -> None:
    _written(table.cell(row, 0).paragraphs[0], "{%tc for c in " + over + " %}")
    _written(table.cell(row, 1).paragraphs[0], "{{ c }}", bold=bold, align=WD_ALIGN_PARAGRAPH.CENTER)
    _written(table.cell(row, 2).paragraphs[0], "{%tc endfor %}")


def _loop(table: Table, row: int, words: str) -> None:
    table.cell(row, 0).text = "{%" + words + " %}"


def _widths(table: Table, widths: tuple[Any, ...]) -> None:
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


if __name__ == "__main__":
    build_template().save(Path(str(files("zaikong.application.documents").joinpath(TEMPLATE))))
