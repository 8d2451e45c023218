"""No rule over columns divides, rounds or uses decimals: fen are the same on every engine."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "src" / "zaikong"
RULES = sorted(
    file for file in (ROOT / "domain").rglob("*.py") if "import narwhals" in file.read_text(encoding="utf-8")
)
BANNED_CALLS = {"round", "map_batches", "map_elements", "floor", "ceil", "iter_rows", "rolling_mean"}


def faults(text: str) -> list[str]:
    """Every operation a rule may not use, as `line: operation`.

    Division of plain Python integers is no column operation; a rule says so by `divmod` or a named helper of the kernel.
    """
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
            found.append(f"{node.lineno}: division")
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in BANNED_CALLS:
                found.append(f"{node.lineno}: {name}")
        if isinstance(node, ast.Attribute) and node.attr in {"Decimal", "Float64", "Float32"}:
            found.append(f"{node.lineno}: {node.attr}")
    return found


@pytest.mark.parametrize("file", RULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_rule_rounds_only_through_half_away(file):
    assert faults(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ["x = nw.col('a') / 2", "x = nw.col('a') // 2", "x = nw.col('a').round(2)", "x = y.cast(nw.Float64)"]
)
def test_a_planted_division_is_found(text):
    assert faults(text) != []
