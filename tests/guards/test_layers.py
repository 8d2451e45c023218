"""The import contracts hold, and each trips on a planted violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Import Linter on a copy of the package, with no cache."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package in which a violation can be planted."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static", "locale", "*.yaml")
    )
    return tmp_path


def test_the_house_as_it_stands_keeps_every_contract(house):
    result = lint(house)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("domain/billing/planted.py", "import zaikong.store.bulk", "Outer layers may import inner layers"),
        ("store/planted.py", "import zaikong.engine", "Outer layers may import inner layers"),
        ("web/planted.py", "import zaikong.cli", "Outer layers may import inner layers"),
        ("planted.py", "", "Outer layers may import inner layers"),
        ("domain/metering/planted.py", "import zaikong.domain.ledger", "Capabilities follow the arrears pipeline"),
        ("domain/planted.py", "", "Capabilities follow the arrears pipeline"),
        ("sim/planted.py", "import django", "Rules, engine, simulator and drivers know nothing of Django"),
        ("web/planted.py", "import zaikong.store.models", "Web and CLI change nothing except through application"),
        ("cli/planted.py", "import zaikong.meterio", "Web and CLI change nothing except through application"),
    ],
)
def test_a_planted_violation_breaks_its_contract(house, file, line, contract):
    (house / "src" / "zaikong" / file).write_text(f'"""Planted."""\n{line}\n', encoding="utf-8")

    result = lint(house)

    assert result.returncode == 1
    broken = [row for row in result.stdout.splitlines() if "BROKEN" in row]
    assert [row for row in broken if contract in row] or f"{contract}" in result.stdout.split("Broken contracts")[-1]
