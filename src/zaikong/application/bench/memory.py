"""How much memory did this process hold at most?

The high-water mark of its resident set, and of the processes it started (a Spark session runs beside Python). A process
is measured alone, because the mark never falls.
"""

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_KIB = 1024


def peak_bytes() -> int:
    """Peak resident memory of this process and of the living ones it started [byte]."""
    if not (_PROC / "self" / "status").exists():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * _KIB
    return sum(_peak(process) for process in _family(os.getpid()))


def _family(root: int) -> Iterator[int]:
    yield root
    for thread in (_PROC / str(root) / "task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


def _peak(process: int) -> int:
    lines = (_PROC / str(process) / "status").read_text().splitlines()
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("VmHWM:"))
