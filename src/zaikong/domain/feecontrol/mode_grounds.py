"""On which grounds may an account change between paying ahead and paying afterwards, and what must each have?

By agreement either way, with the customer's consent as a proof. Without consent only to paying ahead, for arrears without
good reason, where the law lets the company choose the way of charging. And back after a good record, which needs no
consent because it takes nothing from the customer. Paying ahead needs a signed agreement on every ground: the right to
choose the way of charging does not replace the signature that a cut for lack of balance rests on, and an account switched
without one could never be cut.

Basis: 《河南省供用电条例》 article 41.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zaikong.domain.feecontrol.prepayment_terms import ARTICLE_41

POST_PAID: Final = "post_paid"
PREPAID: Final = "prepaid"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground and its conditions.

    Attributes:
        code: Its word.
        to_modes: Modes it leads to.
        consent: Whether the customer's consent must be proved.
        overdue: Whether the account must be in arrears.
        good_record: Whether the account must have paid well since it pays ahead.
        article: What allows it, empty where the parties' agreement does.
    """

    code: str
    to_modes: tuple[str, ...]
    consent: bool
    overdue: bool
    good_record: bool
    article: str


GROUNDS: Final = MappingProxyType(
    {
        ground.code: ground
        for ground in (
            Ground("agreed", (PREPAID, POST_PAID), consent=True, overdue=False, good_record=False, article=ARTICLE_41),
            Ground("arrears", (PREPAID,), consent=False, overdue=True, good_record=False, article=ARTICLE_41),
            Ground("good_record", (POST_PAID,), consent=False, overdue=False, good_record=True, article=""),
        )
    }
)
"""Ground by its word."""
