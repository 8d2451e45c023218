"""How are thousands of meters asked at once, each by one voice, what is urgent first, and no cut sent twice?

Owns the order of asking, the limits, the repeats, the times allowed and the breaker of each line. Does not own what is
asked and why, nor what an outcome means for an order: `application` does. `docs/algorithms/meter_front.md` tells the rules.
"""

from zaikong.meterio.front.counters import Figures
from zaikong.meterio.front.front_end import FrontEnd, ReadBack
from zaikong.meterio.front.terms import Answer, Limits, Patience, Priority

__all__ = ["Answer", "Figures", "FrontEnd", "Limits", "Patience", "Priority", "ReadBack"]
