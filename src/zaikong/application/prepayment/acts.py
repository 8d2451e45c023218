"""How does a person's act on prepayment begin and end: entitled, the account seen and locked, the act logged?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zaikong.application.collection.entries import lock_account
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.decision_log import append, log_act
from zaikong.application.seeing import scope_of
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Staff

NIGHT = "night"
"""Who acts where no person does."""


def seen_account(account_no: str, *, staff: Staff, error: type[Refusal]) -> Account:
    """The account of a number as far as this person sees it, its money locked.

    Args:
        account_no: Number.
        staff: Who acts.
        error: What to raise where it is unknown or out of sight (`ACCOUNT_UNKNOWN`).
    """
    rows = Account.objects.filter(scope_of(staff).rows(), account_no=account_no.strip())
    account: Account | None = rows.select_related("customer", "supply_point__premise").first()
    if account is None:
        raise error(
            f"no account {account_no}",
            code="ACCOUNT_UNKNOWN",
            fields={"account_no": account_no},
            remedy="Look the customer up by name or phone.",
        )
    lock_account(account.pk)
    return account


def require_sight(account: Account, *, staff: Staff, error: type[Refusal]) -> None:
    """Refuse somebody who does not see the account a paper belongs to, as if there were no such paper."""
    if not Account.objects.filter(scope_of(staff).rows(), pk=account.pk).exists():
        raise error("there is none of this number", code="UNKNOWN", remedy="Open it from its account.")


def require_other(first: Staff | None, second: Staff, *, what: str, error: type[Refusal]) -> None:
    """Refuse one person in two parts."""
    if first is not None and first.pk == second.pk:
        raise error(what, code="SAME_PERSON", fields={"staff": second.get_username()}, remedy="Ask a colleague.")


def logged(
    kind: str, account: Account, body: Mapping[str, Any], *, staff: Staff | None, at: datetime, reason: str = ""
) -> None:
    """Write an act into the decision log, by a person or by the night."""
    as_of = business_date_of(at)
    if staff is None:
        append(kind=kind, subject=account.account_no, actor=NIGHT, body=body, as_of=as_of, at=at)
        return
    log_act(kind=kind, subject=account.account_no, staff=staff, body=body, as_of=as_of, reason=reason, at=at)
