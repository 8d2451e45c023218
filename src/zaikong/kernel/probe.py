"""How do conditions over columns become finding rows, one row a hit?

Each probe is a condition with what was seen and where the limit lies. The hits of a row are written as a short list and
exploded, so a million sound rows cost one pass and only hits are carried on, on Polars and on Spark alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import narwhals as nw

SEVERITIES = ("note", "hold")
"""`note`: taken, and a person should look; `hold`: not taken until a person has looked."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One condition.

    Attributes:
        code: Upper-case word for programs.
        severity: One of `SEVERITIES`.
        hit: Boolean column; null is no hit.
        observed: What was seen (int64 column or constant).
        limit: What it is held against, in the same unit.
        tags: Further constants for the row, such as the register.
    """

    code: str
    severity: str
    hit: nw.Expr
    observed: nw.Expr | int = 0
    limit: nw.Expr | int = 0
    tags: Mapping[str, int] = field(default_factory=dict)


def hits(frame: nw.LazyFrame, probes: Sequence[Probe], *, keep: Sequence[str]) -> nw.LazyFrame:
    """One row for each probe that hits.

    Args:
        frame: Any rows with the columns the probes read.
        probes: The conditions.
        keep: Columns of the frame that say what the row is about.

    Returns:
        `keep`, the tags, `code`, `severity`, `observed`, `limit`.
    """
    marks = [nw.when(probe.hit).then(nw.lit(f"{slot},")).otherwise(nw.lit("")) for slot, probe in enumerate(probes)]
    slots = nw.concat_str(marks, separator="").alias("_slot")
    found = (
        # most rows are sound: they leave before any list is written
        frame.filter(nw.any_horizontal(*(probe.hit for probe in probes), ignore_nulls=True))
        .with_columns(slots)
        .with_columns(_slot=nw.col("_slot").str.strip_chars(",").str.split(","))
        .explode("_slot")
        .with_columns(_slot=nw.col("_slot").cast(nw.Int64))
    )
    tags = sorted({tag for probe in probes for tag in probe.tags})
    return found.select(
        *keep,
        *(_chosen([probe.tags[tag] for probe in probes]).alias(tag) for tag in tags),
        _chosen([probe.code for probe in probes]).alias("code"),
        _chosen([probe.severity for probe in probes]).alias("severity"),
        _chosen([probe.observed for probe in probes]).alias("observed"),
        _chosen([probe.limit for probe in probes]).alias("limit"),
    )


def _chosen(values: Sequence[nw.Expr | int | str]) -> nw.Expr:
    """The value of the slot that hit; slots with the same constant, or the same column, share a branch."""
    slots: dict[int | str, list[int]] = {}
    for slot, value in enumerate(values):
        slots.setdefault(f"column {id(value)}" if isinstance(value, nw.Expr) else value, []).append(slot)
    last, *others = reversed(list(slots.values()))
    chosen = _column(values[last[0]])
    for places in others:
        chosen = nw.when(nw.col("_slot").is_in(places)).then(_column(values[places[0]])).otherwise(chosen)
    return chosen


def _column(value: nw.Expr | int | str) -> nw.Expr:
    if isinstance(value, nw.Expr):
        return value
    return nw.lit(value, nw.Int64) if isinstance(value, int) else nw.lit(value)
