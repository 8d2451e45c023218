"""How does a person's act enter a case: locked, checked, written down with its proofs?

Every verb of a case takes the lock of the account first and that of the case after it, as payments and the night do.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.application.roles import APPROVE_CASES, permission
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CaseEventEvidence, CollectionCase, Evidence, Staff
from zaikong.store.queries import payments as ledger

LONGEST_NOTE = 500
"""Room for the note of an event [characters]."""

LONGEST_NAME = 80
"""Room for a person's name [characters]."""


def lock_account(account: int) -> None:
    """Lock an account's money, and with it everything that is decided by it."""
    ledger.lock_accounts(pl.Series("account", [account], pl.Int64))


def locked_case(case: int, *, error: type[Refusal]) -> CollectionCase:
    """A case, locked together with its account.

    Args:
        case: Its key.
        error: What to raise.
    """
    account = CollectionCase.objects.filter(pk=case).values_list("account_id", flat=True).first()
    if account is None:
        raise error(f"there is no case {case}", code="CASE_UNKNOWN", fields={"case": case}, remedy="Look again.")
    lock_account(account)
    return CollectionCase.objects.select_for_update().get(pk=case)


def living_case(account: int) -> CollectionCase | None:
    """The case of an account that is not closed, locked; None where there is none. The account is locked already."""
    found: CollectionCase | None = (
        CollectionCase.objects.select_for_update()
        .filter(account_id=account)
        .exclude(state=CollectionCase.State.CLOSED)
        .first()
    )
    return found


def require_state(case: CollectionCase, *allowed: str, error: type[Refusal]) -> None:
    """Refuse a case that is in none of these states."""
    if case.state in allowed:
        return
    code = "CASE_CLOSED" if case.state == CollectionCase.State.CLOSED else "CASE_STATE_WRONG"
    raise error(
        f"case {case.pk} is {case.state}",
        code=code,
        fields={"case": case.pk, "state": case.state},
        remedy="It can be done while the case is " + ", ".join(allowed) + ".",
    )


def require_alive(case: CollectionCase, *, error: type[Refusal]) -> None:
    """Refuse a case that is closed."""
    states = [state for state in CollectionCase.State.values if state != "closed"]
    require_state(case, *states, error=error)


def require_moment(at: datetime, *, error: type[Refusal], not_before: datetime | None = None) -> datetime:
    """A moment that carries its zone and does not lie before another.

    Returns:
        It, in Asia/Shanghai.
    """
    if at.tzinfo is None:
        raise error(
            f"{at} carries no time zone", code="MOMENT_WITHOUT_ZONE", fields={"at": at}, remedy="Give the time with it."
        )
    local = at.astimezone(TIME_ZONE)
    if not_before is not None and local < not_before:
        raise error(
            f"{local:%Y-%m-%d %H:%M} lies before {not_before.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}",
            code="MOMENT_TOO_EARLY",
            fields={"at": at},
            remedy="Correct the time; what was done before is in the file already.",
        )
    return local


def require_text(text: str, *, name: str, error: type[Refusal], longest: int = LONGEST_NOTE) -> str:
    """A text that says something and fits.

    Args:
        text: As entered.
        name: What it is, such as `reason`; the code names it.
        error: What to raise.
        longest: Room [characters].
    """
    said = text.strip()
    if not said:
        raise error(
            f"{name} is missing", code=f"{name.upper()}_MISSING", fields={name: ""}, remedy=f"Fill in the {name}."
        )
    return require_room(said, name=name, error=error, longest=longest)


def require_room(text: str, *, name: str, error: type[Refusal], longest: int = LONGEST_NOTE) -> str:
    """A text that fits; it may be empty."""
    said = text.strip()
    if len(said) > longest:
        raise error(
            f"{name} has more than {longest} characters",
            code=f"{name.upper()}_TOO_LONG",
            fields={name: len(said)},
            remedy="Say it shorter.",
        )
    return said


def require_right(staff: Staff, *rights: str, error: type[Refusal]) -> None:
    """Refuse somebody who holds none of these rights, or no longer works here."""
    if not (staff.is_active and any(staff.has_perm(permission(right)) for right in rights)):
        raise error(
            f"{staff.get_username()} may not do this",
            code="NOT_ENTITLED",
            fields={"staff": staff.get_username()},
            remedy="Ask somebody whose role may.",
        )


def require_two_people(asker: Staff, approver: Staff, *, error: type[Refusal]) -> None:
    """Refuse one person in two parts, and an approver who may not approve."""
    if asker.pk == approver.pk:
        raise error(
            "who asks does not approve",
            code="SAME_PERSON",
            fields={"approved_by": approver.get_username()},
            remedy="Ask a manager.",
        )
    require_right(approver, APPROVE_CASES, error=error)


def require_active(staff: Staff, *, error: type[Refusal]) -> None:
    """Refuse somebody who no longer works here."""
    if not staff.is_active:
        raise error(
            f"{staff.get_username()} is not active",
            code="STAFF_INACTIVE",
            fields={"staff": staff.get_username()},
            remedy="Name a colleague who works here.",
        )


def require_evidence(evidence: Sequence[int], *, error: type[Refusal], kinds: Sequence[str] = ()) -> list[Evidence]:
    """The proofs with these keys, all of them known.

    Args:
        evidence: Keys.
        error: What to raise.
        kinds: Kinds of which one must be among them; empty asks for none.
    """
    found = list(Evidence.objects.filter(pk__in=evidence).defer("content").order_by("pk"))
    unknown = sorted(set(evidence) - {row.pk for row in found})
    if unknown:
        raise error(
            f"there is no evidence {', '.join(map(str, unknown))}",
            code="EVIDENCE_UNKNOWN",
            fields={"evidence": unknown},
            remedy="Add the file first.",
        )
    if kinds and not any(row.kind in kinds for row in found):
        raise error(
            "a proof is missing",
            code="EVIDENCE_MISSING",
            fields={"evidence": sorted(evidence)},
            remedy="Add one of: " + ", ".join(kinds) + ".",
        )
    return found


def write_event(
    case: CollectionCase,
    kind: str,
    *,
    at: datetime,
    staff: Staff | None,
    outcome: str = "",
    amount_fen: int | None = None,
    note: str = "",
    facts: dict[str, Any] | None = None,
    evidence: Sequence[Evidence] = (),
) -> CaseEvent:
    """Write down what happened in a case, with its proofs."""
    event = CaseEvent.objects.create(
        case=case, at=at, kind=kind, staff=staff, outcome=outcome, amount_fen=amount_fen, note=note, facts=facts or {}
    )
    CaseEventEvidence.objects.bulk_create([CaseEventEvidence(event=event, evidence=proof) for proof in evidence])
    return event


def owed(account: int, *, on: date) -> pl.DataFrame:
    """What an account owes on a day, item by item; the account is locked.

    Args:
        account: Its key.
        on: Last day that accrues late fee.

    Returns:
        `bill`, `due_day`, `disputed`, `open_fen`, `late_fee_fen` (owed on that day).
    """
    lock_account(account)
    items = ledger.items_of_locked()
    if items.is_empty():
        return items.select("bill", "due_day", "disputed", "open_fen", late_fee_fen="late_fee_paid_fen")
    fees = late_fees_of(with_law_facts(items), ledger.paid_by_day(items["bill"]), day=day_number(on))
    due = fees.select("bill", late_fee_fen="late_fee_due_fen")
    return (
        items.select("bill", "due_day", "disputed", "open_fen").join(due, on="bill", how="left").sort("due_day", "bill")
    )
