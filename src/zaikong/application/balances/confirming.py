"""May this customer's supply be cut, in the eyes of a person? 人工确认.

A resident, or an important user, is not cut by a machine alone: somebody looks at the account, sees that its balance is
below what was agreed, and says so with a note. The word stands for a short time and for the present fall only.

Basis: 《个人信息保护法》 article 24.
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl
from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.cutting.asking import may_cut
from zaikong.application.roles import CONFIRM_CUTS, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CutOrder, HumanConfirmation, Staff
from zaikong.store.queries import payments as payment_queries

STANDS_FOR: Final = timedelta(days=3)
"""How long a confirmation stands."""

_LONGEST_NOTE: Final = 200


class UnableToConfirmCutError(Refusal):
    """A confirmation that may not be given so, or not by this person."""


@transaction.atomic
def confirm_cut(*, account: int, staff: Staff, at: datetime, note: str) -> HumanConfirmation:
    """Give a person's word that supply of a prepaid account may be cut.

    Args:
        account: The account.
        staff: Who looked; not who proposed the cut.
        at: Now.
        note: What was looked at.

    Raises:
        UnableToConfirmCutError: No right, no note, the proposer's own cut, the balance is not known, or it is not below
            the overdraft limit.
    """
    if not staff.has_perm(permission(CONFIRM_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not confirm a cut", "Ask somebody whose role may.")
    if not note.strip():
        raise _refused("NOTE_MISSING", "a note is missing", "Say what you looked at.")
    live = (CutOrder.State.PROPOSED, CutOrder.State.APPROVED)
    if CutOrder.objects.filter(account_id=account, state__in=live, proposed_by=staff).exists():
        raise _refused("SAME_PERSON", "who proposes a cut may not confirm it", "Ask a colleague.")
    payment_queries.lock_accounts(pl.Series("account", [account], pl.Int64))
    answers = may_cut([(account, None)], at=at)
    if not answers:
        raise _refused("ACCOUNT_UNKNOWN", f"there is no account {account}", "Look again.")
    available, limit = (answers[0].facts[name] for name in ("available_fen", "overdraft_limit_fen"))
    if available is None or limit is None:
        raise _refused("BALANCE_UNKNOWN", "the balance is not known", "Wait for the night's estimate.")
    if available >= -limit:
        raise _refused("BALANCE_SUFFICIENT", "the balance is not below what was agreed", "Leave the account connected.")
    confirmed = HumanConfirmation.objects.create(
        account_id=account,
        staff=staff,
        at=at,
        valid_to_at=at + STANDS_FOR,
        available_fen=available,
        note=note.strip()[:_LONGEST_NOTE],
    )
    decision_log.append(
        kind="cut_confirmed",
        subject=answers[0].account_no,
        actor=staff.username,
        body={
            "confirmation": confirmed.pk,
            "available_fen": available,
            "note_sha256": decision_log.text_hash(confirmed.note),
        },
        as_of=at.astimezone(TIME_ZONE).date(),
        at=at,
    )
    return confirmed


def _refused(code: str, message: str, remedy: str) -> UnableToConfirmCutError:
    return UnableToConfirmCutError(message, code=code, remedy=remedy)
