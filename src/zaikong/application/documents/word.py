"""How does a paper become a Word file?

The template `templates/papers.docx` is filled from the same blocks as the PDF. Every value is handed over as finished XML
text, so that no brace or angle bracket in a name is ever read as a command; the file carries no clock time.
"""

import io
import zipfile
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from markupsafe import Markup, escape

from zaikong.application.documents.pdf import Paper
from zaikong.application.documents.sheet import Sheet
from zaikong.application.documents.word_template import TEMPLATE

_MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_BRACES: Final = str.maketrans({"{": "&#123;", "}": "&#125;", "%": "&#37;", "#": "&#35;"})


def word_of(sheet: Sheet) -> Paper:
    """One paper as a Word file."""
    template = DocxTemplate(io.BytesIO(_template()))
    blocks = [_literal(asdict(block)) for block in sheet.blocks]
    template.render({"blocks": blocks, "number": _literal(sheet.number)}, autoescape=True)
    written = io.BytesIO()
    template.save(written)
    content = _undated(written.getvalue())
    return Paper(content, sha256(content).hexdigest(), _MEDIA_TYPE)


@cache
def _template() -> bytes:
    return files("zaikong.application.documents").joinpath(TEMPLATE).read_bytes()


def _literal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _literal(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_literal(part) for part in value]
    # braces as character references: the template engine mends its own marks in the finished text
    escaped = str(escape(value)).replace("&#", "\0").translate(_BRACES).replace("\0", "&#")
    return Markup(escaped)  # noqa: S704 -- escaped on the line above


def _undated(content: bytes) -> bytes:
    """The same archive without the times of writing, so that the same paper gives the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            new.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return written.getvalue()
