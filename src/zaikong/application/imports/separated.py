"""Which rows does a CSV text hold, and on which line does each begin?

A row that is a field too short or too long (an unquoted comma in an address) is kept whole as torn, never cut to fit.
Lines are counted as an editor counts them, also where a quoted value runs over several.

Basis: RFC 4180, with the separators `;` tab and `|` beside the comma.
"""

from pathlib import Path
from typing import Final

import polars as pl

from zaikong.application.imports.encoding import decoded
from zaikong.application.imports.sheet import LINE, Sheet, refused, sha256_of, tidy, unique_header
from zaikong.kernel.finding import Finding

SEPARATORS: Final = (",", ";", "\t", "|")
_QUOTED: Final = r'"(?:[^"]|"")*"'
_NAMES: Final = {"\t": "tab"}


def separated_sheet(content: bytes, *, path: Path) -> Sheet:
    """Read CSV.

    Args:
        content: The whole file.
        path: The file, for errors.

    Raises:
        UnableToDecodeError: Not UTF-8 or GB18030 text.
        UnableToReadFileError: `FILE_EMPTY`, `QUOTE_OPEN`, `HEADER_DUPLICATE`.
    """
    source = decoded(content, path=path)
    records = _records(source.text, path)
    if records.is_empty():
        raise refused(path, "FILE_EMPTY", "holds only blank lines", "Export it again.")
    separator = _separator(records["text"][0])
    counted = records.with_columns(found=_fields(separator))
    wide = int(counted["found"][0])
    fitted = _without_trailing_separators(counted, separator, wide)
    header = [name.strip() for name in _split(fitted.head(1), separator, wide).row(0)]
    columns = unique_header(path, header)
    body = fitted.slice(1)
    good = body.filter(pl.col("found") == wide)
    table = _split(good, separator, wide).rename(dict(zip(_numbered(wide), columns, strict=True)))
    rows = tidy(table.with_columns(good[LINE].alias(_free(columns))), columns)
    return Sheet(
        path=path,
        sha256=sha256_of(content),
        form=f"CSV, {source.encoding}, separator {_NAMES.get(separator, separator)}",
        columns=columns,
        rows=rows.rename({_free(columns): LINE}) if LINE not in columns else rows,
        torn=body.filter(pl.col("found") != wide).select(LINE, "text", "found"),
        notes=() if source.text.endswith(("\n", "\r")) else (_no_last_line_end(path),),
    )
