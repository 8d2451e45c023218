"""Why can a measurement not be made?"""

from zaikong.kernel.refusal import Refusal


class UnableToMeasureError(Refusal):
    """A measurement cannot be made, or what it wrote is not what it should be."""
