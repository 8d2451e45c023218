"""How are all prepaid balances estimated again outside the night, for money and use that came late?"""

from datetime import date

from django.db import transaction

from zaikong.application.balances.nightly import Balances, UnableToAssessBalancesError, run_balances
from zaikong.application.exposure import assess_exposure
from zaikong.store.models import Night
from zaikong.store.queries import closing


@transaction.atomic
def estimate_again(*, as_of: date) -> Balances:
    """Measure the exposures of a business date again, and the balances over them.

    Args:
        as_of: The business date of the last night that began.

    Raises:
        UnableToAssessBalancesError: It is not.
    """
    last = Night.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    if last != as_of:
        raise UnableToAssessBalancesError(
            f"the last night is {last or 'none yet'}",
            code="NIGHT_NOT_LAST",
            fields={"as_of": as_of},
            remedy="Estimate the last night again, or run the next one.",
        )
    closing.replace_exposures(assess_exposure(as_of=as_of))
    return run_balances(as_of=as_of)
