"""How does a person let an approved cut go out over the wire now, rather than when the worker comes to it?

Nothing is sent here. The same right, lock, stop-all switch and stated time as for a cut by hand are asked, and a job is
written; whoever runs the job prepares, asks the rule a last time and sends (`cutting.sending`).
"""

from datetime import datetime

from django.db import transaction

from zaikong.application.commanding.meters import commandable_meter
from zaikong.application.commanding.queue import queue_cut
from zaikong.application.cutting.executing import ready_order
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CutOrder, FieldOrder, MeterCommand, Staff


class UnableToAskForCutError(Refusal):
    """A cut that cannot go out over the wire."""


@transaction.atomic
def ask_for_cut(*, order: int, staff: Staff, at: datetime) -> CutOrder:
    """Queue the carrying out of an approved cut over the wire.

    Args:
        order: The order, approved or reserved.
        staff: Who asks; whoever may carry out a cut by hand.
        at: Now.

    Returns:
        The order as it stands; the job changes it.

    Raises:
        zaikong.application.cutting.executing.UnableToCutError: No right, another state, all cuts stopped, or not the
            stated time.
        UnableToAskForCutError: `NO_WIRE`, `TRIP_SPENT`, or `CREW_OUT`: people have the order in hand.
    """
    asked = ready_order(order, staff, at, CutOrder.State.APPROVED, CutOrder.State.RESERVED)
    if commandable_meter(asked.account_id) is None:
        raise _refused("NO_WIRE", "the account has no single meter that can be commanded", "Cut by hand.")
    spent = MeterCommand.objects.filter(cut_order=asked, verb=MeterCommand.Verb.TRIP)
    if spent.exclude(state=MeterCommand.State.QUEUED).exists():
        raise _refused("TRIP_SPENT", f"the one trip of order {order} was sent or called off", "Cut by hand.")
    if FieldOrder.objects.filter(cut_order=asked, kind="cut", state__in=("issued", "assigned")).exists():
        raise _refused("CREW_OUT", "a crew has this cut in hand", "Cancel the field order first, or let the crew cut.")
    queue_cut(asked.pk)
    return asked


def _refused(code: str, message: str, remedy: str) -> UnableToAskForCutError:
    return UnableToAskForCutError(message, code=code, remedy=remedy)
