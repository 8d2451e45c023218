"""Which rows does a CSV text hold, and on which line does each begin?

A row that is a field too short or too long (an unquoted comma in an address) is kept whole as torn, never cut to fit.
Lines are counted as an editor counts them, also where a quoted value runs over several. A quotation mark that does not
open a value is an ordinary character.

Basis: RFC 4180, with the separators `;` tab and `|` beside the comma.
"""

import io
import re
from pathlib import Path
from typing import Final

import polars as pl

from zaikong.application.imports.encoding import decoded
from zaikong.application.imports.sheet import LINE, Sheet, refused, sha256_of, tidy, unique_header
from zaikong.kernel.finding import Finding

SEPARATORS: Final = (",", ";", "\t", "|")
_NAMES: Final = {"\t": "tab"}
_MARK: Final = "\x01"
"""Stands for a quoted value while columns are counted."""

_VALUE_CLOSES: Final = re.compile(r'(?:[^"]|"")*"(?!")')


def separated_sheet(content: bytes, *, path: Path) -> Sheet:
    """Read CSV.

    Args:
        content: The whole file.
        path: The file, for errors.

    Raises:
        UnableToDecodeError: Not UTF-8 or GB18030 text.
        UnableToReadFileError: `FILE_EMPTY`, `QUOTE_OPEN`, `HEADER_DUPLICATE`, `HEADER_TORN`.
    """
    source = decoded(content, path=path)
    text = source.text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    separator = _separator(next((line for line in lines if line.strip()), ""))
    records = _measured(_records(lines, separator, path), separator)
    if records.is_empty():
        raise refused(path, "FILE_EMPTY", "holds only blank lines", "Export it again.")
    columns, wide = _header(records.head(1), separator, path)
    body = _evened(records.slice(1), separator, len(columns), wide)
    fits = pl.col("held") == wide
    table, overfull = _table(body.filter(fits), separator, columns, wide)
    torn = pl.concat([body.filter(~fits), overfull]).select(LINE, "text", "found").sort(LINE)
    return Sheet(
        path=path,
        sha256=sha256_of(content),
        form=f"CSV, {source.encoding}, separator {_NAMES.get(separator, separator)}",
        columns=columns,
        rows=tidy(table, columns),
        torn=torn,
        notes=() if text.endswith("\n") else (_no_last_line_end(path),),
    )


def _separator(header: str) -> str:
    return max(SEPARATORS, key=header.count)


def _records(lines: list[str], separator: str, path: Path) -> pl.DataFrame:
    """`LINE` and `text` of each record that is not blank."""
    texts = pl.DataFrame({"text": lines}, schema={"text": pl.String}).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE)
    )
    opens = texts["text"].str.contains('"', literal=True)
    if opens.any():
        quoted = texts.filter(opens)["text"]
        if _counted(quoted, separator).str.contains(_opening(separator)).any():
            texts = _joined(lines, separator, path)
    return texts.filter(pl.col("text").str.strip_chars() != "")


def _opening(separator: str) -> str:
    return f'(?:^|{re.escape(separator)})"'


def _counted(texts: pl.Series, separator: str) -> pl.Series:
    """The texts with each quoted value replaced by a mark."""
    sign = re.escape(separator)
    return texts.str.replace_all(f'(^|{sign})"(?:[^"]|"")*"', "${1}" + _MARK)


def _joined(lines: list[str], separator: str, path: Path) -> pl.DataFrame:
    """Records where quoted values run over several lines."""
    plain = re.compile(f'(^|{re.escape(separator)})"(?:[^"]|"")*"')
    opening = re.compile(_opening(separator))
    starts: list[int] = []
    texts: list[str] = []
    parts: list[str] = []
    for number, line in enumerate(lines, start=1):
        rest = line
        if parts:
            closes = _VALUE_CLOSES.match(line)
            if closes is None:
                parts.append(line)
                continue
            rest = _MARK + line[closes.end() :]
        else:
            starts.append(number)
        parts.append(line)
        if '"' in rest and opening.search(plain.sub(r"\1" + _MARK, rest)):
            continue
        texts.append("\n".join(parts))
        parts = []
    if parts:
        raise refused(
            path,
            "QUOTE_OPEN",
            f"has a quotation mark in line {starts[-1]} that is never closed",
            "Close it, or delete it, and import again.",
        )
    return pl.DataFrame({"text": texts, LINE: starts}, schema={"text": pl.String, LINE: pl.Int64})


def _measured(records: pl.DataFrame, separator: str) -> pl.DataFrame:
    """Adds `found`, the number of columns (0: quotation marks misplaced), and `quoted`, whether values are quoted."""
    sign = re.escape(separator)
    records = records.with_columns(quoted=pl.col("text").str.contains(_opening(separator)))
    if not records["quoted"].any():
        return records.with_columns(found=_width(pl.col("text"), separator))
    counted = _counted(records["text"], separator)
    wrong = counted.str.contains(f"{_MARK}[^{sign}]") | (records["quoted"] & counted.str.contains('"', literal=True))
    return records.with_columns(counted.alias("counted"), wrong.alias("wrong")).select(
        "text",
        LINE,
        "quoted",
        found=pl.when("wrong").then(0).otherwise(_width(pl.col("counted"), separator)),
    )


def _width(text: pl.Expr, separator: str) -> pl.Expr:
    return text.str.count_matches(separator, literal=True).cast(pl.Int64) + 1


def _header(head: pl.DataFrame, separator: str, path: Path) -> tuple[tuple[str, ...], int]:
    """The names of the header, and its width with the trailing separators that name nothing."""
    wide = int(head["found"][0])
    if not wide:
        line = head[LINE][0]
        raise refused(
            path, "HEADER_TORN", f"has misplaced quotation marks in its header, line {line}", "Mend the line."
        )
    names = [(name or "").strip() for name in _split(head, separator, wide).drop(LINE).row(0)]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return unique_header(path, names), wide


def _evened(body: pl.DataFrame, separator: str, named: int, wide: int) -> pl.DataFrame:
    """Rows that differ from the header only in trailing separators, made as wide as the header."""
    longer = (pl.col("found") > wide) & ~pl.col("quoted")
    shorn = pl.col("text").str.strip_chars_end(" " + separator)
    cut = body.with_columns(even=pl.when(longer).then(shorn).otherwise("text")).with_columns(
        held=pl.when(longer).then(_width(pl.col("even"), separator)).otherwise("found"),
        least=pl.when(longer).then(1).otherwise(named),
    )
    short = pl.col("held").is_between(pl.col("least"), wide - 1)
    if cut.select(short.any()).item():
        filling = pl.lit(separator).repeat_by((wide - pl.col("held")).clip(0)).list.join("")
        cut = cut.with_columns(even=pl.when(short).then(pl.col("even") + filling).otherwise("even")).with_columns(
            held=pl.when(short).then(wide).otherwise("held")
        )
    return cut


def _table(
    records: pl.DataFrame, separator: str, columns: tuple[str, ...], wide: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The named columns of the rows, and the records that have a value under no name."""
    table = _split(records.with_columns(text="even"), separator, wide)
    unnamed = table.columns[len(columns) : wide]
    named = dict(zip(table.columns, columns, strict=False))
    if not unnamed:
        return table.rename(named), records.clear()
    over = pl.any_horizontal(pl.col(name).fill_null("").str.strip_chars() != "" for name in unnamed)
    outside = records.join(table.filter(over).select(LINE), on=LINE, how="semi")
    return table.filter(~over).drop(unnamed).rename(named), outside


def _split(records: pl.DataFrame, separator: str, wide: int) -> pl.DataFrame:
    """One text column for each place, named by it, and `LINE`, in the order of lines."""
    columns = tuple(f"#{place}" for place in range(wide))
    parts = [
        _parsed(records.filter(pl.col("quoted") == quoted), separator, columns, '"' if quoted else None)
        for quoted in (False, True)
    ]
    return pl.concat(parts).sort(LINE)


def _parsed(records: pl.DataFrame, separator: str, columns: tuple[str, ...], quote: str | None) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    if records.is_empty():
        return pl.DataFrame(schema={**schema, LINE: pl.Int64})
    body = io.BytesIO()
    body.write("\n".join(records["text"].to_list()).encode() + b"\n")
    body.seek(0)
    table = pl.read_csv(
        body,
        has_header=False,
        schema=schema,
        separator=separator,
        quote_char=quote,
    )
    return table.with_columns(records[LINE])


def _no_last_line_end(path: Path) -> Finding:
    return Finding(
        code="LAST_LINE_UNENDED",
        subject=str(path),
        message="The last line has no line end: see that the file was not cut off in its middle.",
    )
