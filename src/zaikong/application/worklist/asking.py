"""Which station does a command mean?"""

from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Station


class UnableToFindStationError(Refusal):
    """No station has this code."""


def station_coded(code: str) -> int:
    """The station with a code.

    Args:
        code: Its code, such as `GD01`.

    Raises:
        UnableToFindStationError: There is none.
    """
    found = Station.objects.filter(code=code.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise UnableToFindStationError(
            f"no station has the code {code!r}",
            code="STATION_UNKNOWN",
            fields={"station": code},
            remedy="Name a station of the registry.",
        )
    return int(found)
