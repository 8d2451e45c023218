"""Whose signal is it, and who says so?

A signal by credit identifier, or by a name that is certain, finds its customer at once. A likely customer waits for a
person, who confirms or rejects it with a reason. Nothing is decided twice. A signal without a customer is looked at again
whenever signals are matched: its customer may have come since.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.decision_log import log_act
from zaikong.application.roles import DECIDE_SIGNALS, permission
from zaikong.domain.credit.signal_matching import Match, Named, matches
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import SignalMatch, Staff
from zaikong.store.queries import signals as queries
from zaikong.store.queries.signal_review import LONGEST_REASON

_PROPOSED, _CONFIRMED, _REJECTED = SignalMatch.State.values


class UnableToDecideSignalError(Refusal):
    """A match that may not be decided so, or not by this person."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of signals that had no customer.

    Attributes:
        confirmed: Signals whose customer is certain.
        proposed: Signals with likely customers, for a person to decide.
        unmatched: Signals about nobody known.
    """

    confirmed: int
    proposed: int
    unmatched: int


def match_signals(*, as_of: date) -> Matched:
    """Look for the customers of every signal that has none and no proposal.

    Args:
        as_of: Business date.
    """
    with transaction.atomic():
        queries.lock()
        subjects = queries.subjects_without_match()
        if subjects.is_empty():
            return Matched(0, 0, 0)
        found = matches(_named(subjects), _named(queries.organisations()))
        queries.add_matches(_rows(found, as_of))
        confirmed = {match.signal for match in found if match.sure}
        proposed = {match.signal for match in found} - confirmed
        return Matched(len(confirmed), len(proposed), subjects.height - len(confirmed) - len(proposed))


def confirm_match(*, match: int, staff: Staff, reason: str, as_of: date) -> SignalMatch:
    """Say that a signal is about a customer.

    Args:
        match: Number of the match.
        staff: Who decides.
        reason: Why.
        as_of: Business date.

    Raises:
        UnableToDecideSignalError: `NOT_ENTITLED`, `REASON_MISSING`, `REASON_TOO_LONG`, `MATCH_UNKNOWN`, `MATCH_DECIDED`, `NOT_YET_MATCHED`.
    """
    return _decide(match, _CONFIRMED, staff, reason, as_of)


def reject_match(*, match: int, staff: Staff, reason: str, as_of: date) -> SignalMatch:
    """Say that a signal is not about a customer.

    Args:
        match: Number of the match.
        staff: Who decides.
        reason: Why.
        as_of: Business date.

    Raises:
        UnableToDecideSignalError: As for `confirm_match`.
    """
    return _decide(match, _REJECTED, staff, reason, as_of)


def _decide(number: int, state: str, staff: Staff, reason: str, as_of: date) -> SignalMatch:
    if not (staff.is_active and staff.has_perm(permission(DECIDE_SIGNALS))):
        raise _refused(
            "NOT_ENTITLED", f"{staff.get_username()} may not decide a signal", "Ask somebody whose role may."
        )
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    if len(reason.strip()) > LONGEST_REASON:
        raise _refused("REASON_TOO_LONG", f"the reason has more than {LONGEST_REASON} characters", "Say it shorter.")
    with transaction.atomic():
        match: SignalMatch | None = SignalMatch.objects.select_for_update().filter(pk=number).first()
        if match is None:
            raise _refused("MATCH_UNKNOWN", f"there is no signal match {number}", "Check the number.")
        if match.state != _PROPOSED:
            raise _refused(
                "MATCH_DECIDED", f"signal match {number} is {match.state} already", "It is not decided twice."
            )
        if as_of < match.matched_date:
            raise _refused("NOT_YET_MATCHED", f"it was found on {match.matched_date}", "Use a later date.")
        match.state, match.decided_by, match.decided_date, match.reason = state, staff, as_of, reason.strip()
        match.save(update_fields=["state", "decided_by", "decided_date", "reason"])
        body = {"signal": match.signal_id, "debtor": match.customer_id, "state": state, "score": match.score}
        subject = f"signal match {match.pk}"
        log_act(kind="signal_decided", subject=subject, staff=staff, body=body, as_of=as_of, reason=reason)
        return match


def _named(subjects: pl.DataFrame) -> list[Named]:
    return [Named(key, name, usci) for key, name, usci in subjects.select("key", "name", "usci").iter_rows()]


def _rows(found: list[Match], as_of: date) -> pl.DataFrame:
    columns = {
        "signal": pl.Int64,
        "customer": pl.Int64,
        "found_by": pl.String,
        "score": pl.Int64,
        "doubt": pl.String,
        "state": pl.String,
        "matched_date": pl.Date,
    }
    return pl.DataFrame(
        [
            (
                match.signal,
                match.customer,
                match.by,
                match.score,
                match.doubt,
                _CONFIRMED if match.sure else _PROPOSED,
                as_of,
            )
            for match in found
        ],
        schema=columns,
        orient="row",
    )


def _refused(code: str, message: str, remedy: str) -> UnableToDecideSignalError:
    return UnableToDecideSignalError(message, code=code, remedy=remedy)
