"""Only web, cli and the nightly entry may read the clock."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READS = [
    "from datetime import datetime\n\nNOW = datetime.now()\n",
    "from datetime import date\n\nNOW = date.today()\n",
    "import time\n\nNOW = time.time()\n",
    "from django.utils import timezone\n\nNOW = timezone.now()\n",
]


def lint(text: str, place: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "ruff"), "check", "--select", "TID251", "--stdin-filename", place, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("text", READS)
@pytest.mark.parametrize("place", ["domain/ledger", "application", "store/queries", "sim", "engine", "kernel"])
def test_reading_the_clock_inside_the_house_is_refused(text, place):
    assert lint(text, f"src/zaikong/{place}/planted.py").returncode == 1


@pytest.mark.parametrize("place", ["web", "cli"])
def test_the_shell_may_read_the_clock(place):
    assert lint(READS[0], f"src/zaikong/{place}/planted.py").returncode == 0
