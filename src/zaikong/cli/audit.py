"""`zaikong audit`: keep, hand out and check the decision log; check certificates; look for unfair gaps."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, with_database
from zaikong.kernel import chain

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Check the decision log, certificates, fairness.")

_PERCENT = 10_000
"""ppm in one percent."""

FINDINGS = 1
"""Exit code of a command that found something a person must see."""

_Anchor = Annotated[
    list[str] | None, typer.Option("--anchor", help="SEQ:HASH kept elsewhere, as `audit head` printed it; repeatable.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _audit() -> None:
    """Check the decision log, certificates, fairness."""


@app.command()
def head(*, as_json: _Json = False) -> None:
    """Print the last record as SEQ:HASH; keep it outside this house, every day."""
    with_database()
    from zaikong.application.decision_log import head as log_head  # noqa: PLC0415 -- needs the tables

    last = log_head()
    if as_json:
        _print_json(asdict(last))
    else:
        typer.echo(f"{last.seq}:{last.hash}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write; the manifest goes beside it.")],
    first: Annotated[int, typer.Option("--from", help="Number of the first record.")] = 1,
    last: Annotated[int | None, typer.Option("--to", help="Number of the last record; the head if not given.")] = None,
    after: Annotated[Path | None, typer.Option("--after", help="Go on from this exported file.")] = None,
) -> None:
    """Write the decision log, or a part of it, as lines of JSON with a seal."""
    if after is not None and first != 1:
        raise typer.BadParameter("give --from or --after, not both")
    with_database()
    from zaikong.application.decision_log import export_log, follows, manifest_file  # noqa: PLC0415 -- as above

    seal = export_log(file, first=first if after is None else follows(after), last=last)
    _say(f"{seal['count']} records, {seal['first']} to {seal['last']}, in {file}; seal in {manifest_file(file).name}")
    _say(f"head {seal['last']}:{seal['head']}")


@app.command()
def verify(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Exported log, or its parts in order; the tables if none is given.")
    ] = None,
    anchor: _Anchor = None,
    paper: Annotated[
        Path | None, typer.Option("--certificate", help="Legality certificate to check against the log.")
    ] = None,
    log: Annotated[Path | None, typer.Option("--log", help="The exported log, with --certificate.")] = None,
    *,
    as_json: _Json = False,
) -> None:
    """Check a decision log, needing nothing but the file; exit code 1 where anything was touched.

    With --certificate, check that certificate against the log and ask the rule again with the facts it states.
    """
    try:
        anchors = [chain.read_anchor(text) for text in anchor or []]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    paths = [*(files or []), *([log] if log else [])]
    if paper is not None:
        faults, told = _certificate(paper, paths, anchors)
    elif paths:
        faults, told = _parts(paths, anchors)
    else:
        with_database()
        from zaikong.application.decision_log import verify_store  # noqa: PLC0415 -- needs the tables

        verdict = verify_store(anchors=anchors)
        faults, told = verdict.faults, chain.summary(verdict)
    if as_json:
        _print_json({"whole": not faults, "told": told, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            _say(chain.fault_text(fault))
        _say(f"{told}: {f'{len(faults)} faults' if faults else 'whole'}")
    if faults:
        raise typer.Exit(FINDINGS)


@app.command()
def certificate(
    number: Annotated[str, typer.Argument(help="Number of the certificate.")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")] = Path(),
) -> None:
    """Write a legality certificate as JSON, to be checked, and as PDF in Chinese and English."""
    with_database()
    from zaikong.application.certificate import write_certificate  # noqa: PLC0415 -- needs the tables

    for file in write_certificate(number, folder):
        _say(str(file))


@app.command()
def fairness(
    from_: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="First day no longer in the period, YYYY-MM-DD.")],
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 42,
    *,
    every: Annotated[bool, typer.Option("--all", help="Show groups without a gap as well.")] = False,
    as_json: _Json = False,
) -> None:
    """Compare notices, cuts and low grades by class, station and area in like circumstances; exit code 1 on a gap."""
    first, after = read_date(from_), read_date(to)
    with_database()
    from zaikong.application.fairness import audit_fairness  # noqa: PLC0415 -- needs the tables

    rows = audit_fairness(from_date=first, to_date=after, seed=seed)
    gaps = [row for row in rows if row.verdict == "gap"]
    if as_json:
        _print_json([asdict(row) for row in rows])
    else:
        table = Table("action", "by", "group", title=f"Fairness {first} – {after}")
        for column in ("accounts", "acted", "rate %", "others %", "gap % (95 %)", "p, Holm"):
            table.add_column(column, justify="right")
        table.add_column("verdict")
        for row in rows if every else gaps:
            low, high = row.gap_low_ppm / _PERCENT, row.gap_high_ppm / _PERCENT
            table.add_row(
                *(row.action, row.dimension, row.group, str(row.accounts), str(row.acted)),
                *(f"{row.rate_ppm / _PERCENT:.1f}", f"{row.rate_of_rest_ppm / _PERCENT:.1f}"),
                *(f"{row.gap_ppm / _PERCENT:+.1f} ({low:+.1f} … {high:+.1f})", f"{row.p_adjusted:.4f}", row.verdict),
            )
        if table.row_count:
            out.print(table)
        _say(f"{len(rows)} groups compared, {len(gaps)} with a gap that circumstances do not explain")
    if gaps:
        raise typer.Exit(FINDINGS)


def _parts(paths: list[Path], anchors: list[chain.Anchor]) -> tuple[list[chain.Fault], str]:
    """Check a log in parts, each following the one before."""
    faults: list[chain.Fault] = []
    told: list[str] = []
    after: chain.Anchor | None = None
    left = sorted(anchors, key=lambda kept: kept.seq)
    for path in paths:
        with path.open("rb") as lines:
            last = _last_of(path) if path != paths[-1] else None
            mine = [kept for kept in left if last is None or kept.seq <= last]
            left = [kept for kept in left if kept not in mine]
            verdict = chain.verify(lines, anchors=mine, after=after)
        faults += verdict.faults
        told.append(f"{path.name}: {chain.summary(verdict)}")
        after = chain.Anchor(verdict.last, verdict.head) if verdict.records else after
    return faults, "; ".join(told)


def _last_of(path: Path) -> int:
    """Number of the last record of a part, 0 where it cannot be read."""
    with path.open("rb") as lines:
        return chain.verify(lines).last


def _certificate(certificate: Path, paths: list[Path], anchors: list[chain.Anchor]) -> tuple[list[chain.Fault], str]:
    if len(paths) != 1:
        raise typer.BadParameter("name the one exported log with --log")
    with paths[0].open("rb") as lines:
        faults = chain.verify_certificate(certificate.read_bytes(), lines, anchors=anchors)
    from zaikong.application.certificate_check import recheck  # noqa: PLC0415 -- keeps `--help` quick

    found, notes = recheck(certificate.read_bytes())
    return [*faults, *found], "; ".join([f"certificate {certificate.name}", *notes])


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
