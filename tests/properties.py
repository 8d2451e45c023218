"""How many examples does a property get?"""

import os

SWITCH = "ZAIKONG_THOROUGH"
"""Set while `pytest --thorough` runs."""

THOROUGH = 20
"""How many times as many examples a thorough run takes."""


def examples(count: int) -> int:
    """The examples of a property that takes `count` in an ordinary run."""
    return count * THOROUGH if os.environ.get(SWITCH) else count
