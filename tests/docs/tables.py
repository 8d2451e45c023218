"""Reads the worked tables of the algorithm pages."""

from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "algorithms"


def table(page: str, name: str) -> list[dict[str, str]]:
    """Rows of the table that stands under its mark."""
    _, marked, rest = (PAGES / page).read_text(encoding="utf-8").partition(f"<!-- table: {name} -->\n")
    assert marked, f"{page} has no table {name}"
    lines = []
    for line in rest.splitlines():
        if not line.startswith("|"):
            break
        lines.append([cell.strip() for cell in line.strip("|").split("|")])
    heading, _, *rows = lines
    assert rows, f"table {name} of {page} is empty"
    return [dict(zip(heading, row, strict=True)) for row in rows]
