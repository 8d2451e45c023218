"""From use to a released bill: settle → rate → check → hold or post; correct by reversal.

settlements  the frame the rating rules get
run          a bill run: everything that settles on a day
drafts       what a person does with a held bill
correction   退补: reversal and new bill
imported     bills another system issued
"""

from zaikong.application.billing.correction import correct_bill
from zaikong.application.billing.drafts import UnableToDecideDraftError, discard_draft, release_draft, rerate_draft
from zaikong.application.billing.run import BillRunReport, run_settlements

__all__ = [
    "BillRunReport",
    "UnableToDecideDraftError",
    "correct_bill",
    "discard_draft",
    "release_draft",
    "rerate_draft",
    "run_settlements",
]
