"""How are cases, their history, the ladder and the work of a day said to a reader?

A code without words is shown as it is.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from zaikong.domain.collection.ladder_table import Ladder, Step, ladders_on
from zaikong.domain.collection.uplift.table import Action, collection_uplift
from zaikong.kernel.money import yuan_text
from zaikong.store.queries.case_page import EVENT_KINDS
from zaikong.web import labels, paper_words

CALLS: labels.Words = {
    "reached": pgettext_lazy("outcome of a call", "reached"),
    "no_answer": pgettext_lazy("outcome of a call", "no answer"),
    "message_left": pgettext_lazy("outcome of a call", "message left"),
    "wrong_number": pgettext_lazy("outcome of a call", "wrong number"),
    "refused": pgettext_lazy("outcome of a call", "refused to pay"),
}

VISITS: labels.Words = {
    "met": pgettext_lazy("outcome of a visit", "met somebody"),
    "absent": pgettext_lazy("outcome of a visit", "nobody there"),
    "notice_left": pgettext_lazy("outcome of a visit", "note left"),
    "refused": pgettext_lazy("outcome of a visit", "refused to pay"),
    "not_found": pgettext_lazy("outcome of a visit", "place not found"),
}

SERVICES: labels.Words = {
    "signed": pgettext_lazy("service of a notice", "signed for"),
    "left": pgettext_lazy("service of a notice", "left there, refused"),
}
"""Ways in which a notice is served on a visit."""

STANDINGS: labels.Words = {
    "self": pgettext_lazy("who signed", "the customer"),
    "adult_family": pgettext_lazy("who signed", "an adult of the household"),
    "legal_representative": pgettext_lazy("who signed", "the legal representative"),
    "head": pgettext_lazy("who signed", "the head of the organisation"),
    "mail_room": pgettext_lazy("who signed", "the mail room"),
    "authorised": pgettext_lazy("who signed", "somebody authorised"),
}

PROMISE_CHANNELS: labels.Words = {
    "phone": pgettext_lazy("how a promise was made", "by telephone"),
    "visit": pgettext_lazy("how a promise was made", "on a visit"),
    "counter": pgettext_lazy("how a promise was made", "at the counter"),
    "app": pgettext_lazy("how a promise was made", "in the app"),
    "letter": pgettext_lazy("how a promise was made", "by letter"),
}

DECISIONS: labels.Words = {
    "upheld": gettext_lazy("the customer is right"),
    "rejected": gettext_lazy("the bill is right"),
    "withdrawn": gettext_lazy("the customer withdrew it"),
}

OUTCOMES: labels.Words = {
    **CALLS,
    **VISITS,
    "reached": pgettext_lazy("outcome of a call", "reached"),
    "taken": pgettext_lazy("promise", "taken down"),
    "withdrawn": gettext_lazy("withdrawn"),
    "kept": gettext_lazy("kept"),
    "broken": gettext_lazy("broken"),
    "open": pgettext_lazy("dispute", "open"),
    "upheld": gettext_lazy("the customer is right"),
    "rejected": gettext_lazy("the bill is right"),
    "by_hand": gettext_lazy("by hand"),
    "ended": gettext_lazy("ended early"),
    "found": pgettext_lazy("hardship", "found"),
    "over": pgettext_lazy("hardship", "over"),
    "proposed": gettext_lazy("proposed"),
    "approved": pgettext_lazy("instalments", "approved"),
    "signed": pgettext_lazy("instalments", "signed"),
    "defaulted": gettext_lazy("defaulted"),
    "fulfilled": gettext_lazy("fulfilled"),
    "may_proceed": gettext_lazy("nobody endangered"),
    "protect": gettext_lazy("must be protected"),
    "paid": gettext_lazy("paid"),
    "nothing_overdue": gettext_lazy("nothing overdue any more"),
    "queued": gettext_lazy("waits to be sent"),
    "sending": gettext_lazy("handed over"),
    "unknown": gettext_lazy("not known whether sent"),
    "sent": pgettext_lazy("message", "sent"),
    "delivered": pgettext_lazy("message", "delivered"),
    "failed": pgettext_lazy("message", "failed"),
    "important_supply": gettext_lazy("important supply"),
    "event": gettext_lazy("event"),
    "medical": gettext_lazy("medical device"),
    "vulnerable": gettext_lazy("vulnerable home"),
    "hardship": gettext_lazy("hardship"),
    "meter_fault": gettext_lazy("meter fault"),
    "authority": gettext_lazy("decision of the authority"),
    "other": gettext_lazy("other"),
    "demand": gettext_lazy("demand for payment"),
    "stop": gettext_lazy("notice of cutting"),
    "final": gettext_lazy("last notice before the cut"),
    "refused_cut": gettext_lazy("refused"),
}
"""What came of an event, whatever its kind."""

EVENT_ICONS: Final[Mapping[str, str]] = {
    "opened": "folder_open",
    "step": "stairs",
    "call": "call",
    "visit": "directions_walk",
    "message": "sms",
    "queued": "schedule_send",
    "delivery_failed": "sms_failed",
    "notice": "description",
    "served": "mark_email_read",
    "promise": "handshake",
    "promise_kept": "check_circle",
    "promise_broken": "heart_broken",
    "dispute": "gavel",
    "dispute_decided": "balance",
    "pause": "pause_circle",
    "resumed": "play_circle",
    "hardship": "volunteer_activism",
    "vulnerable_review": "elderly",
    "protection": "shield",
    "instalment": "calendar_month",
    "instalment_defaulted": "event_busy",
    "payment": "payments",
    "in_transit": "sync",
    "bounce": "undo",
    "handed_over": "move_down",
    "cut_proposed": "power_off",
    "cut_decided": "approval",
    "cut_recorded": "power_off",
    "restored": "power",
    "closed": "task_alt",
    "reopened": "replay",
    "note": "sticky_note_2",
}

EVENT_MARKS: Final[Mapping[str, str]] = {
    "payment": "zk-good",
    "promise_kept": "zk-good",
    "restored": "zk-good",
    "closed": "zk-good",
    "promise_broken": "zk-bad",
    "instalment_defaulted": "zk-bad",
    "bounce": "zk-bad",
    "delivery_failed": "zk-bad",
    "cut_recorded": "zk-bad",
    "dispute": "zk-warn",
    "cut_proposed": "zk-warn",
    "reopened": "zk-warn",
}

STATE_MARKS: Final[Mapping[str, str]] = {
    "open": "zk-warn",
    "promised": "",
    "paused": "",
    "instalment": "",
    "cut": "zk-bad",
    "closed": "zk-good",
}

_FACTS: labels.Words = {
    "spoken_to": gettext_lazy("spoken to"),
    "witnesses": gettext_lazy("witnesses"),
    "promised_date": gettext_lazy("to be paid by"),
    "channel": gettext_lazy("way"),
    "to_date": gettext_lazy("until"),
    "to_at": gettext_lazy("until"),
    "approved_by": gettext_lazy("approved by"),
    "from": gettext_lazy("from"),
    "to": pgettext_lazy("a case handed over", "to"),
    "answer_due_date": gettext_lazy("answer due on"),
    "agreement_no": gettext_lazy("agreement"),
    "bill": gettext_lazy("bill"),
    "notice_no": gettext_lazy("notice number"),
    "step": gettext_lazy("step"),
    "method": gettext_lazy("way of service"),
    "receiver": gettext_lazy("received by"),
    "planned_at": gettext_lazy("planned cut"),
    "certificate": gettext_lazy("certificate"),
    "reason": gettext_lazy("reason"),
}
"""Facts of an event that a reader is told; the others are numbers of rows."""

HOLDS: labels.Words = {
    "proof": gettext_lazy("proof of service of the step before"),
    "dispute": gettext_lazy("a dispute"),
    "pause": gettext_lazy("a pause"),
    "promise": gettext_lazy("a promise to pay"),
    "instalment": gettext_lazy("instalments"),
    "in_transit": gettext_lazy("money on its way"),
    "hardship": gettext_lazy("hardship"),
    "protection": gettext_lazy("a protection"),
    "bankruptcy": gettext_lazy("bankruptcy"),
}

TODAY: labels.Words = {
    "BY_HAND": gettext_lazy("Put on the list by hand."),
    "ONLY_TODAY": gettext_lazy("It can only be done today."),
    "PROMISE_DUE": gettext_lazy("A promise falls due today."),
    "GATE_OPEN": gettext_lazy("The law's wait is over: from now on it may be done."),
    "DEADLINE_NEAR": gettext_lazy("Something about the case ends within three days."),
    "WORTH_MOST": gettext_lazy("It brings the most for the time it takes."),
}

DEADLINES: labels.Words = {
    "CUT_PLANNED": gettext_lazy("a cut is planned"),
    "PROMISE_DUE": gettext_lazy("a promise falls due"),
    "STOP_NOTICE_OPENS": gettext_lazy("a notice of cutting may be served"),
}

UNLISTED: labels.Words = {
    "DISPUTED": gettext_lazy("disputed"),
    "PAUSED": gettext_lazy("paused"),
    "PROMISED": gettext_lazy("payment promised"),
    "NOTHING_OPEN": gettext_lazy("nothing open"),
    "EXCLUDED_BY_HAND": gettext_lazy("taken off by hand"),
    "NO_ACTION_OPEN": gettext_lazy("nothing may be done today"),
    "NOBODY_MAY": gettext_lazy("nobody who may is there"),
    "NO_GAIN": gettext_lazy("costs more than it brings"),
    "DISPLACED": gettext_lazy("others bring more for the time"),
}

ACTION_ICONS: Final[Mapping[str, str]] = {
    "CALL": "call",
    "VISIT": "directions_walk",
    "DEMAND_NOTICE": "description",
    "STOP_NOTICE": "power_off",
    "FINAL_NOTICE": "notification_important",
    "LEGAL_LETTER": "gavel",
}

REMEDIES: labels.Words = {
    "AGREEMENT_APPROVED": gettext_lazy("The draft is approved already. Let it be signed."),
    "AGREEMENT_NOT_APPROVED": gettext_lazy("The draft is not approved yet. Have it approved first."),
    "AGREEMENT_NOT_DRAFT": gettext_lazy("This is no draft any more. Propose another."),
    "AMOUNT_WRONG": gettext_lazy("The amount is not what is owed or a part of it. Promise at most what is owed."),
    "APPROVER_ELSEWHERE": gettext_lazy("The second person does not see this account. Ask somebody who does."),
    "APPROVER_NOT_CONFIRMED": gettext_lazy(
        "Log-in and password of the second person do not fit. Let them enter their own."
    ),
    "CASE_CLOSED": gettext_lazy("The case is closed. Only a note can be written into it."),
    "CASE_STATE_WRONG": gettext_lazy("In this state of the case that cannot be done."),
    "CASE_UNKNOWN": gettext_lazy("No such case is in your sight. Look it up again."),
    "COLLECTOR_SAME": gettext_lazy("This collector has the case already. Name another."),
    "DATE_MISSING": gettext_lazy("A day is missing. Fill it in."),
    "DEBT_CHANGED": gettext_lazy("The debt is not what the draft says any more. Withdraw it and propose it anew."),
    "DECISION_MISSING": gettext_lazy("The decision is missing. Say what was found, as the customer is told."),
    "DISPUTE_DECIDED": gettext_lazy("The dispute is decided already. Raise it anew if need be."),
    "DISPUTE_OPEN": gettext_lazy("That is disputed already. Decide the one that is open."),
    "DRAFT_OPEN": gettext_lazy("A draft waits already. Sign or withdraw it first."),
    "EVIDENCE_MISSING": gettext_lazy("A proof is missing. Add a photo, film or signature, or name two witnesses."),
    "EVIDENCE_UNKNOWN": gettext_lazy("The signed paper is missing. Add it as a file."),
    "BILL_NOT_COVERED": gettext_lazy("A bill is not past its due day, or is disputed. Leave it out."),
    "CHANNEL_UNKNOWN": gettext_lazy("How it was promised is missing. Choose a way."),
    "INSTALMENTS_WRONG": gettext_lazy("So many instalments of this debt cannot be. Choose another number."),
    "FIRST_PAYMENT_WRONG": gettext_lazy("The first payment leaves nothing for the others. Lower it."),
    "FIRST_DATE_WRONG": gettext_lazy("Not every month has this day. Choose a day up to the 28th."),
    "KIND_UNKNOWN": gettext_lazy("The kind of proof is missing. Choose one."),
    "PLAN_BROKEN": gettext_lazy("The plan made would break a rule, so none was kept. Call whoever runs the system."),
    "REASON_UNKNOWN": gettext_lazy("The reason is missing. Choose one."),
    "STAFF_INACTIVE": gettext_lazy("This colleague no longer works here. Name another."),
    "FILE_EMPTY": gettext_lazy("The file is empty. Choose it again."),
    "FILE_TOO_LARGE": gettext_lazy("The file is larger than 10 MB. Take a smaller picture or a shorter recording."),
    "HARDSHIP_KNOWN": gettext_lazy("That is noted already."),
    "MONEY_UNREADABLE": gettext_lazy("The amount cannot be read. Write yuan with at most two decimals."),
    "MOMENT_TOO_EARLY": gettext_lazy("The time lies before the case. Correct it."),
    "NOTE_MISSING": gettext_lazy("The note is missing. Say what happened."),
    "NOTE_TOO_LONG": gettext_lazy("The note is too long. Say it shorter."),
    "NOTHING_OVERDUE": gettext_lazy("Nothing is past its due day, so there is nothing to agree on."),
    "NOTHING_OWED": gettext_lazy("Nothing is owed that could be disputed. A paid bill is put right by a correction."),
    "NOTICE_MISSING": gettext_lazy("No notice of this kind is issued for the case. Issue it first, or note the visit."),
    "NOT_ENTITLED": gettext_lazy("Your role, or that of the second person, may not do this. Ask a manager."),
    "OUTCOME_UNKNOWN": gettext_lazy("The outcome is missing. Choose one."),
    "PAUSE_TERM_WRONG": gettext_lazy("The pause is longer than the company allows, or over already. Shorten it."),
    "PIN_INCOMPLETE": gettext_lazy("Who does what is missing. Name a collector and an action."),
    "PROMISED_DATE_WRONG": gettext_lazy(
        "The day is past, or later than the company allows for a promise. Agree on an earlier day or on instalments."
    ),
    "PROMISE_DECIDED": gettext_lazy("The promise is decided already."),
    "PROMISE_OPEN": gettext_lazy("A promise is open already. Withdraw it first."),
    "PROTECTION_OVER": gettext_lazy("It protects nothing any more."),
    "PROTECTION_TERM_WRONG": gettext_lazy("The time runs backwards or is longer than the law allows for this reason."),
    "RAISED_BY_NAME_MISSING": gettext_lazy("Who disputes is missing. Name the person."),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "RECEIVER_MISSING": gettext_lazy("Who signed is missing. Name the person and who they are."),
    "RECEIVER_UNFIT": gettext_lazy("Such a person cannot receive the notice. Serve it on somebody who may."),
    "REVIEW_DATE_WRONG": gettext_lazy("The day to look again lies outside the time. Choose one within it."),
    "ROW_UNKNOWN": gettext_lazy("The row is not on this list any more. Open the list anew."),
    "SAME_PERSON": gettext_lazy("Who asks does not approve. Ask another person."),
    "SCHEDULE_WRONG": gettext_lazy("Too many instalments, or the first lies in the past."),
    "SIGNED_BY_NAME_MISSING": gettext_lazy("Who signed is missing. Name the person."),
    "SPOKEN_TO_MISSING": gettext_lazy("Who was spoken to is missing. Name the person."),
    "STATION_OTHER": gettext_lazy("This collector does not see the account's station. Name one who does."),
    "SUBJECT_MISSING": gettext_lazy("What is disputed is missing. Say it."),
    "TIME_IN_FUTURE": gettext_lazy("The time lies ahead. Write down what has happened."),
    "TYPE_MISFIT": gettext_lazy("A file of this type is no proof of this kind. Choose the kind that fits."),
    "TYPE_UNKNOWN": gettext_lazy(
        "The type of the file cannot be told. Send a picture (JPEG, PNG, WebP, HEIC), a PDF, a recording or a film."
    ),
    "WITNESSES_MISSING": gettext_lazy("Two different witnesses are missing. Name them."),
    "WITNESS_TWICE": gettext_lazy("A witness is named twice. Name two different people."),
    "WORK_DONE": gettext_lazy("The case is done today already."),
    "WRONG_BILLS_MISSING": gettext_lazy("Which bills are wrong is missing. Choose them."),
}
"""What is wrong and what to do, by the code of a refusal."""


def remedy(code: str) -> str:
    """A refusal in words, empty for a code nobody has put into words; those of notices are said as on their pages."""
    return str(REMEDIES.get(code, "")) or paper_words.remedy(code)


def outcome(code: str) -> str:
    """What came of an event."""
    return str(OUTCOMES.get(code, code))


def hold(code: str) -> str:
    """What keeps a step back."""
    return str(HOLDS.get(code, code))


def facts_said(entry: Any) -> list[tuple[str, str]]:
    """What else is known of an entry: label and text."""
    told = []
    for name, label in _FACTS.items():
        value = entry.facts.get(name)
        if value and not isinstance(value, dict):
            told.append((str(label), _fact(name, value)))
    return told


def _fact(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "channel":
        return str(PROMISE_CHANNELS.get(str(value), value))
    if name == "reason":
        return outcome(str(value))
    if name == "method":
        return str(SERVICES.get(str(value), value))
    return str(value)[:16].replace("T", " ") if name.endswith("_at") else str(value)


def ladder_name(name: str, *, as_of: date) -> str:
    """The name of a ladder; empty for none."""
    found = ladders_on(as_of=as_of).get(name)
    return titled(found) if found else name


def step_named(ladder: str, step: str, *, as_of: date) -> Step | None:
    """A step of a ladder in force, None where there is none."""
    found = ladders_on(as_of=as_of).get(ladder)
    return next((one for one in found.steps if one.step == step), None) if found else None


def ladders(*, as_of: date) -> tuple[str, ...]:
    """Ladders in force."""
    return tuple(ladders_on(as_of=as_of))


def actions(*, as_of: date) -> dict[str, Action]:
    """What a collector can do, by code."""
    return dict(collection_uplift(as_of=as_of).value.actions)


def titled(named: Action | Ladder | Step | None) -> str:
    """The name of an action, a ladder or a step in the language of the page."""
    if named is None:
        return ""
    return named.zh if get_language() == labels.CHINESE else named.en


def why_said(row: Any, known: Mapping[str, Action]) -> list[str]:
    """Why a row of a list stands there, sentence by sentence."""
    why = row.why
    told = [str(TODAY.get(why.get("today", ""), why.get("today", "")))]
    if why.get("deadline") and why.get("deadline_date"):
        words = {"what": DEADLINES.get(why["deadline"], why["deadline"]), "day": why["deadline_date"]}
        told.append(_("On %(day)s %(what)s.") % words)
    told.append(
        _("It should bring %(gain)s yuan more and costs %(cost)s yuan of time and travel.")
        % {"gain": yuan_text(row.expected_fen), "cost": yuan_text(row.cost_fen)}
    )
    told.append(
        _("The last hour of this day is worth %(hour)s yuan; the time taken here %(time)s yuan.")
        % {"hour": yuan_text(why.get("hour_fen") or 0), "time": yuan_text(why.get("time_fen") or 0)}
    )
    if why.get("second_action"):
        words = {"action": titled(known.get(why["second_action"])), "net": yuan_text(why["second_net_fen"])}
        told.append(_("The next best, %(action)s, would bring %(net)s yuan.") % words)
    if why.get("displaced_case"):
        words = {"case": why["displaced_case"], "net": yuan_text(why["displaced_net_fen"])}
        told.append(_("Instead of it case %(case)s waits, which would bring %(net)s yuan.") % words)
    if not why.get("own", True):
        told.append(_("The case belongs to a colleague; a stranger reaches a little less."))
    return told


def message_channel(code: str) -> str:
    """How a message goes out."""
    return str(_MESSAGE_CHANNELS.get(code, code))


def notice_state(code: str) -> str:
    """Where a notice stands."""
    return str(_NOTICE_STATES.get(code, code))


_MESSAGE_CHANNELS: labels.Words = {
    "sms": gettext_lazy("text message"),
    "voice": gettext_lazy("voice call"),
    "app": gettext_lazy("message in the app"),
    "email": gettext_lazy("e-mail"),
}

_NOTICE_STATES: labels.Words = {
    "issued": pgettext_lazy("notice", "issued"),
    "served": pgettext_lazy("notice", "served"),
    "void": pgettext_lazy("notice", "void"),
}


def event_kind(code: str) -> str:
    """What happened."""
    if code in _WAITING:
        return str(_WAITING[code])
    return str(dict(EVENT_KINDS.choices).get(code, code))


_WAITING: labels.Words = {
    "queued": gettext_lazy("message waits"),
    "in_transit": gettext_lazy("money on its way"),
}
