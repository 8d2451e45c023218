"""Is a device accepted? The checklist is run over the wire, what needs eyes is confirmed with photos, the report is printed. 验收.

An acceptance takes supply away for seconds, so it asks first: nobody's supply is tried where a protection stands, a cut
stands, or all cuts are stopped; a supply in use only where it may pause, for a reason. That supply is on trial is written
and committed before the first frame, and erased only when the relay was read closed again. A process that dies in between leaves
that mark: `end_trials` finds it, gives supply back and reads that it is on; the mark's lock goes with the dead process, so
nobody waits. While the mark stands the device is neither accepted, rejected, retired nor tried again.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zaikong.application.collection.entries import (
    lock_account,
    require_moment,
    require_right,
    require_room,
    require_text,
)
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.commanding.exchanges import keep_outcome
from zaikong.application.commanding.meters import readable_meter
from zaikong.application.cutting.switch import switch_standing
from zaikong.application.decision_log import log_act
from zaikong.application.devices.faults import open_found_fault
from zaikong.application.devices.orders import locked_device
from zaikong.application.devices.trying import Clock, Trial, give_back, try_meter
from zaikong.application.documents.acceptance_report import acceptance_pdf
from zaikong.application.roles import HANDLE_DEVICES
from zaikong.domain.feecontrol.acceptance import CheckResult, Outcome, checklist, judged, not_passed
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.front import Patience
from zaikong.meterio.front.terms import CredentialsOf, Opener
from zaikong.meterio.session import MeterAddress
from zaikong.meterio.sessions import open_session
from zaikong.store.models import AcceptanceItem, DeviceAcceptance, Evidence, FeeControlDevice, Staff
from zaikong.store.queries import devices as queries

SUPPLY_NOT_BACK = "supply_not_back"
"""Kind of fault of a device whose supply could not be given back after a trial."""

_State = FeeControlDevice.State
_LONGEST_NOTE = 200


class UnableToAcceptDeviceError(Refusal):
    """A device that may not be tried now, or a confirmation that does not stand."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw of one check.

    Attributes:
        code: The check.
        passed: Whether it was as it should be.
        note: What was seen.
        photo: Key of the photo; without one nothing passes.
    """

    code: str
    passed: bool
    note: str
    photo: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an acceptance came to.

    Attributes:
        acceptance: The acceptance, with its items and its report.
        not_passed: Codes of the checks that keep the device from being accepted.
        supply_back: Whether supply was read on at the end.
    """

    acceptance: DeviceAcceptance
    not_passed: tuple[str, ...]
    supply_back: bool


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A trial that was brought to its end.

    Attributes:
        order_no: Order number of the device.
        supply_back: Whether supply was read on.
    """

    order_no: str
    supply_back: bool


def accept_device(
    *,
    device: int,
    staff: Staff,
    clock: Clock,
    credentials: CredentialsOf,
    seen: Sequence[Seen] = (),
    supply_may_pause: bool = False,
    reason: str = "",
    opener: Opener = open_session,
    patience: Patience | None = None,
) -> Accepted:
    """Run the checklist over a device in place, and accept or reject it.

    Args:
        device: The device, installed.
        staff: Who accepts it and saw what needs eyes.
        clock: What time it is.
        credentials: What the meter asks for.
        seen: What was seen by eye; a check left out is not passed.
        supply_may_pause: Whether a supply in use may go off for the trial.
        reason: Why it may, such as the customer's consent.
        opener: Makes sessions.
        patience: Of the front end.

    Raises:
        UnableToAcceptDeviceError: No right, not installed, the meter is not reached, another acceptance is under way or its
            supply on trial, the supply is protected, cut or in use, all cuts are stopped, or a confirmation names no check or photo.
    """
    begun = require_moment(clock(), error=UnableToAcceptDeviceError)
    require_right(staff, HANDLE_DEVICES, error=UnableToAcceptDeviceError)
    if not queries.hold_trial(device):
        raise _refused("TRIAL_UNDER_WAY", "another acceptance of it is under way", "Wait for its end.")
    try:
        address, hands = _begin(device, seen, supply_may_pause=supply_may_pause, reason=reason, at=begun)
        trial = asyncio.run(try_meter(address, opener=opener, credentials=credentials, clock=clock, patience=patience))
        return _record(device, trial, hands, staff=staff, begun=begun, ended=max(clock(), begun), reason=reason)
    finally:
        queries.release_trial(device)


def end_trials(
    *,
    clock: Clock,
    credentials: CredentialsOf,
    opener: Opener = open_session,
    patience: Patience | None = None,
    within_seconds: float = 30.0,
) -> list[GivenBack]:
    """Give supply back wherever an acceptance did not come to its end; needs no right, as giving back never does.

    Args:
        clock: What time it is.
        credentials: What the meters ask for.
        opener: Makes sessions.
        patience: Of the front end.
        within_seconds: How long each is tried [s].

    Returns:
        What became of each; one whose acceptance is still under way is left alone, and so is one whose account is cut by now:
        its restore gives supply back.
    """
    done = []
    for device in queries.on_trial():
        if queries.cut_stands(device.account_id) or not queries.hold_trial(device.pk):
            continue
        try:
            meter = None if device.meter_id is None else readable_meter(device.meter_id)
            trial = Trial()
            if meter is not None:
                trial = asyncio.run(
                    give_back(
                        meter.address,
                        opener=opener,
                        credentials=credentials,
                        clock=clock,
                        patience=patience,
                        within_seconds=within_seconds,
                    )
                )
            _end_trial(device.pk, trial, at=clock())
        finally:
            queries.release_trial(device.pk)
        done.append(GivenBack(device.order_no, trial.supply_back))
    return done


def keep_photo(*, content: bytes, file_name: str, staff: Staff, at: datetime) -> Evidence:
    """Keep a photo of what a technician saw; the same photo again is the first one.

    Raises:
        UnableToAcceptDeviceError: No right.
        UnableToAddEvidenceError: The file is no picture.
    """
    require_right(staff, HANDLE_DEVICES, error=UnableToAcceptDeviceError)
    note = f"taken by {staff.get_username()}"
    return add_evidence(kind="photo", content=content, file_name=file_name, staff=None, at=at, note=note)


@transaction.atomic
def _begin(
    device: int, seen: Sequence[Seen], *, supply_may_pause: bool, reason: str, at: datetime
) -> tuple[MeterAddress, list[CheckResult]]:
    """Whether it may be tried; from the commit on supply is on trial."""
    held = locked_device(device)
    if held.state != _State.INSTALLED or held.meter is None:
        raise _refused("NOT_INSTALLED", f"{held.order_no} is {held.state}", "Record its installation first.")
    if held.trial_since_at is not None:
        raise _refused(
            "SUPPLY_ON_TRIAL",
            f"an acceptance of {held.order_no} did not come to its end; supply may be off",
            "Give supply back first: zaikong device give-back.",
        )
    meter = readable_meter(held.meter_id)
    if meter is None:
        raise _refused("METER_NOT_REACHED", "its meter hangs on nothing in service", "Complete the meter's entry.")
    hands = [_by_hand(one, held.meter.relay) for one in seen]
    lock_account(held.account_id)
    _may_pause(held, supply_may_pause=supply_may_pause, reason=reason, at=at)
    held.trial_since_at = at
    held.save(update_fields=["trial_since_at"])
    return meter.address, hands


def _may_pause(held: FeeControlDevice, *, supply_may_pause: bool, reason: str, at: datetime) -> None:
    require_room(reason, name="reason", error=UnableToAcceptDeviceError, longest=_LONGEST_NOTE)
    if switch_standing().stopped:
        raise _refused("CUTS_STOPPED", "all cuts are stopped, and a trial takes supply away", "Wait until they go on.")
    if queries.cut_stands(held.account_id):
        raise _refused("CUT_STANDS", "a cut of the account stands or is being given back", "Accept it afterwards.")
    reasons = queries.retained_by_books([held.account_id], at=at).get(held.account_id, ())
    protected = [word for word in reasons if word != "important_user"]
    if protected:
        raise _refused("PROTECTED", f"the supply is retained: {', '.join(protected)}", "Accept it when that has ended.")
    if not reasons and not queries.in_use(held.account, on=at.date()):
        return
    if not supply_may_pause:
        raise _refused(
            "SUPPLY_IN_USE", "the supply is in use and the trial takes it away", "Agree on a pause, and say why it may."
        )
    require_text(reason, name="reason", error=UnableToAcceptDeviceError, longest=_LONGEST_NOTE)


def _by_hand(seen: Seen, relay: str) -> CheckResult:
    if seen.code not in {check.code for check in checklist().by_hand(relay)}:
        raise _refused("CHECK_UNKNOWN", f"{seen.code!r} is no check a person sees here", "Look at the checklist.")
    note = require_text(seen.note, name="note", error=UnableToAcceptDeviceError, longest=_LONGEST_NOTE)
    if seen.photo is not None:
        proof = Evidence.objects.filter(pk=seen.photo).first()
        if proof is None or proof.kind != Evidence.Kind.PHOTO:
            raise _refused("PHOTO_UNKNOWN", f"{seen.photo} is no photo", "Add the photo first.")
    outcome = Outcome.PASSED if seen.passed else Outcome.FAILED
    return CheckResult(seen.code, outcome, {"note": note}, evidence=seen.photo)


@transaction.atomic
def _record(
    device: int,
    trial: Trial,
    hands: Sequence[CheckResult],
    *,
    staff: Staff,
    begun: datetime,
    ended: datetime,
    reason: str,
) -> Accepted:
    held = locked_device(device)
    assert held.meter is not None
    results = judged([*trial.results, *hands], relay=held.meter.relay)
    failed = not_passed(results)
    passed = not failed and trial.supply_back
    number = f"{held.order_no}-{DeviceAcceptance.objects.filter(device=held).count() + 1}"
    acceptance = DeviceAcceptance.objects.create(
        device=held,
        acceptance_no=number,
        begun_at=begun,
        ended_at=ended,
        staff=staff,
        passed=passed,
        pause_reason=reason.strip(),
        report=_report(held, number, results, staff=staff, begun=begun, ended=ended, passed=passed, reason=reason),
    )
    AcceptanceItem.objects.bulk_create(
        AcceptanceItem(
            acceptance=acceptance,
            place=place,
            code=result.code,
            outcome=result.outcome.value,
            by_hand=checklist().check(result.code).by == "hand",
            detail=dict(result.detail),
            milliseconds=result.milliseconds,
            evidence_id=result.evidence,
        )
        for place, result in enumerate(results, start=1)
    )
    _keep(held, trial, staff)
    _stand(held, trial, passed=passed, at=ended)
    body = {"acceptance": number, "passed": passed, "not_passed": list(failed), "supply_back": trial.supply_back}
    kind = "device_accepted" if passed else "device_rejected"
    log_act(kind=kind, subject=number, staff=staff, body=body, as_of=ended.date(), reason=reason, at=ended)
    return Accepted(acceptance, failed, trial.supply_back)


def _stand(held: FeeControlDevice, trial: Trial, *, passed: bool, at: datetime) -> None:
    if not trial.supply_back:
        open_found_fault(device=held, kind=SUPPLY_NOT_BACK, source="acceptance", at=at)
        return
    held.trial_since_at = None
    held.state = _State.ACCEPTED if passed else _State.REJECTED
    held.accepted_at = at if passed else None
    held.save(update_fields=["trial_since_at", "state", "accepted_at"])


@transaction.atomic
def _end_trial(device: int, trial: Trial, *, at: datetime) -> None:
    held = locked_device(device)
    _keep(held, trial, None)
    if not trial.supply_back:
        open_found_fault(device=held, kind=SUPPLY_NOT_BACK, source="give_back", at=at)
        return
    held.trial_since_at = None
    held.save(update_fields=["trial_since_at"])


def _keep(held: FeeControlDevice, trial: Trial, staff: Staff | None) -> None:
    for one in trial.asked:
        keep_outcome(
            meter=held.meter_id,
            verb=one.verb,
            outcome=one.outcome,
            milliseconds=one.milliseconds,
            at=one.at,
            staff=staff,
        )


def _report(
    held: FeeControlDevice,
    number: str,
    results: Sequence[CheckResult],
    *,
    staff: Staff,
    begun: datetime,
    ended: datetime,
    passed: bool,
    reason: str,
) -> Evidence:
    told = acceptance_facts(held, number, results, staff=staff, begun=begun, ended=ended, passed=passed, reason=reason)
    paper = acceptance_pdf(told)
    kept: Evidence = Evidence.objects.create(
        kind=Evidence.Kind.DOCUMENT,
        sha256=hashlib.sha256(paper.content).hexdigest(),
        media_type=paper.media_type,
        file_name=f"{number}.pdf",
        content=paper.content,
        taken_at=ended,
        added_at=ended,
        added_by=staff,
        note=number,
    )
    return kept


def acceptance_facts(
    held: FeeControlDevice,
    number: str,
    results: Sequence[CheckResult],
    *,
    staff: Staff,
    begun: datetime,
    ended: datetime,
    passed: bool,
    reason: str = "",
) -> dict[str, Any]:
    """What the report of an acceptance says, apart from how it looks."""
    assert held.meter is not None
    photos = dict(
        Evidence.objects.filter(pk__in=[one.evidence for one in results if one.evidence]).values_list("pk", "sha256")
    )
    return {
        "acceptance_no": number,
        "order_no": held.order_no,
        "account_no": held.account.account_no,
        "meter_no": held.meter.meter_no,
        "protocol": held.meter.protocol,
        "relay": held.meter.relay,
        "kind": held.kind,
        "begun_at": begun.isoformat(),
        "ended_at": ended.isoformat(),
        "staff": staff.get_full_name() or staff.get_username(),
        "passed": passed,
        "reason": reason.strip(),
        "basis": str(checklist().basis),
        "items": [
            {
                "code": one.code,
                "by": checklist().check(one.code).by,
                "outcome": one.outcome.value,
                "detail": dict(one.detail),
                "milliseconds": one.milliseconds,
                "photo": photos.get(one.evidence, ""),
            }
            for one in results
        ],
    }


def printed_again(*, acceptance: int, language: str = "zh") -> bytes:
    """The report of an acceptance as PDF, in Chinese or English, from what was recorded.

    Raises:
        UnableToAcceptDeviceError: There is none.
    """
    found = (
        DeviceAcceptance.objects.select_related("device__account", "device__meter", "staff")
        .filter(pk=acceptance)
        .first()
    )
    if found is None:
        raise _refused("ACCEPTANCE_UNKNOWN", f"there is no acceptance {acceptance}", "Look at the list again.")
    results = [
        CheckResult(item.code, Outcome(item.outcome), item.detail, item.milliseconds, item.evidence_id)
        for item in found.items.order_by("place")
    ]
    told = acceptance_facts(
        found.device,
        found.acceptance_no,
        results,
        staff=found.staff,
        begun=found.begun_at,
        ended=found.ended_at,
        passed=found.passed,
        reason=found.pause_reason,
    )
    return acceptance_pdf(told, language="en" if language == "en" else "zh").content


def _refused(code: str, message: str, remedy: str) -> UnableToAcceptDeviceError:
    return UnableToAcceptDeviceError(message, code=code, remedy=remedy)
