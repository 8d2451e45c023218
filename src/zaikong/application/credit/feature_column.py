"""Which column does a score learn from, and which way may it turn?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """A column to learn from.

    Attributes:
        name: Its name.
        unit: Unit of one count, empty where unknown.
        direction: +1 where the chance may only rise with it, -1 where it may only fall, 0 either way.
    """

    name: str
    unit: str = ""
    direction: int = 0
