"""The table of clause checks in the page is the one in force."""

from pathlib import Path

from zaikong.domain.registry.clause_check import clause_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "contract.md").read_text(encoding="utf-8")


def test_every_check_stands_in_the_page_with_its_law():
    table = PAGE.split("<!-- table: checks -->")[1].split("\n\n")[0].strip().splitlines()[2:]
    told = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table]
    assert told == [
        (rule.code, rule.severity, rule.clause, "; ".join(dict.fromkeys(str(v.basis) for v in rule.versions)))
        for rule in clause_rules()
    ]
