"""Which bills does a look ahead speak of?"""

from collections.abc import Sequence

from zaikong.store.models import Bill


def months_of(bills: Sequence[int]) -> dict[int, int]:
    """Month of each bill [YYYYMM]."""
    return dict(Bill.objects.filter(pk__in=bills).values_list("pk", "month"))
