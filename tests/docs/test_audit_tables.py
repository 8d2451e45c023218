"""The worked tables of the decision-log and fairness pages, run through the rules."""

import json
import re

import pytest

from zaikong.domain.assessment.fairness import fairness_audit
from zaikong.domain.assessment.fairness_cells import CELL_COLUMNS
from zaikong.kernel import chain

from .tables import PAGES, table


def records():
    made, previous = [], chain.NO_RECORD
    for row in table("decision_log.md", "records"):
        made.append(
            chain.sealed(
                seq=int(row["seq"]),
                at=int(row["at"]),
                kind=row["kind"],
                subject=row["subject"],
                actor=row["actor"],
                body=json.loads(row["body"]),
                previous=previous,
            )
        )
        previous = made[-1]["hash"]
    return made


def lines():
    made = records()
    head = made[-1]
    seal = chain.seal_of(before=chain.NO_RECORD, first=1, last=head["seq"], head=head["hash"], origin=made[0]["hash"])
    return [chain.canonical(value) + b"\n" for value in (*made, seal)]


def anew(line):
    told = json.loads(line)
    del told["hash"]
    told["body"]["grade"] = 6
    return chain.canonical(chain.sealed(**told)) + b"\n"


DONE = {
    "a byte changed in the body of record 2": lambda a, b, c, s: [a, b.replace(b'"grade":3', b'"grade":6'), c, s],
    "a byte changed in the hash of record 2": lambda a, b, c, s: [
        a,
        b.replace(
            b'"hash":"' + records()[1]["hash"][:1].encode(),
            b'"hash":"' + (b"0" if records()[1]["hash"][0] != "0" else b"1"),
        ),
        c,
        s,
    ],
    "a blank put into record 2": lambda a, b, c, s: [a, b.replace(b":3", b": 3"), c, s],
    "record 2 removed": lambda a, b, c, s: [a, c, s],
    "record 2 put in twice": lambda a, b, c, s: [a, b, b, c, s],
    "records 2 and 3 swapped": lambda a, b, c, s: [a, c, b, s],
    "record 2 written anew with its own hash": lambda a, b, c, s: [a, anew(b), c, s],
    "record 3 cut off, the seal kept": lambda a, b, c, s: [a, b, s],
    "the seal cut off": lambda a, b, c, s: [a, b, c],
}


def test_records_have_the_hashes_of_the_page():
    assert [record["hash"] for record in records()] == [row["hash"] for row in table("decision_log.md", "records")]
    assert chain.verify(lines()).faults == []
    assert f"```\n{lines()[1].decode()}```" in (PAGES / "decision_log.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", table("decision_log.md", "found"), ids=lambda row: row["what was done to the export"])
def test_what_was_done_is_named_as_the_page_says(row):
    faults = chain.verify(DONE[row["what was done to the export"]](*lines())).faults
    told = [chain.fault_text(fault).partition(":")[0] for fault in faults]
    assert f"{row['code']} {row['named']}" in told


def test_every_kind_of_the_page_is_written_by_the_code():
    root = PAGES.parents[1] / "src"
    code = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    for row in table("decision_log.md", "kinds"):
        for kind in re.findall(r"`(\w+)`", row["kind"]):
            assert f'"{kind}"' in code, kind


def test_the_gap_of_the_page_is_that_of_the_rule():
    cells = []
    for place, row in enumerate(table("fairness.md", "gap")):
        for group, name in (("A", "A"), ("others", "B")):
            counts = (int(row[f"{group} accounts"]), int(row[f"{group} acted"]))
            cells.append(dict(zip(CELL_COLUMNS, ("cut", "station", name, place, 0, 3, *counts), strict=True)))
    (told,) = table("fairness.md", "row")
    row = next(row for row in fairness_audit(cells, seed=1) if row.group == told["group"])
    assert (str(row.acted), f"{row.expected / 100:.2f}") == (told["acted"], told["expected"])
    rates = [f"{ppm / 10_000:.1f}" for ppm in (row.rate_ppm, row.rate_of_rest_ppm, row.gap_ppm)]
    assert rates == [told["rate %"], told["others %"], told["gap %"]]
