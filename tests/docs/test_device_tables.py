"""The page on acceptance names the checks of the list, as the list has them."""

from pathlib import Path

from zaikong.domain.feecontrol.acceptance import CLOCK_MINUTES, checklist
from zaikong.store.queries.devices import IN_USE_DAYS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "device_acceptance.md").read_text(
    encoding="utf-8"
)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| `") and line.count("|") == 6
]


def test_the_table_of_checks_is_the_list():
    told = [(row[0].strip("`"), row[1], row[4]) for row in ROWS]
    assert told == [
        (check.code, check.by, f"{check.within_ms // 1000} s" if check.within_ms else "")
        for check in checklist().checks
    ]


def test_its_figures_are_those_of_the_code():
    assert f"within {CLOCK_MINUTES} minutes" in PAGE
    assert PAGE.count(f"{IN_USE_DAYS} days") == 2
