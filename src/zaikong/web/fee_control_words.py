"""How are commands to meters, what they came to, and the work they leave said to a reader?

A code without words is shown as it is.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from zaikong.web import cut_words, device_words, labels

VERBS: labels.Words = {
    "read_registers": pgettext_lazy("asked of a meter", "read the registers"),
    "read_relay": pgettext_lazy("asked of a meter", "read the relay"),
    "trip": pgettext_lazy("asked of a meter", "trip"),
    "permit_close": pgettext_lazy("asked of a meter", "permit closing"),
    "direct_close": pgettext_lazy("asked of a meter", "close"),
    "retain_on": pgettext_lazy("asked of a meter", "retain supply"),
    "retain_off": pgettext_lazy("asked of a meter", "end retaining supply"),
    "set_time": pgettext_lazy("asked of a meter", "set the clock"),
}

OUTCOMES: labels.Words = {
    "confirmed": pgettext_lazy("exchange with a meter", "confirmed"),
    "refused": pgettext_lazy("exchange with a meter", "the meter refused"),
    "unknown": pgettext_lazy("exchange with a meter", "nobody can say"),
}

OUTCOME_MARKS: Final = {"confirmed": "zk-good", "refused": "zk-bad", "unknown": "zk-warn"}

CAUSES: labels.Words = {
    "silent": gettext_lazy("no answer in time"),
    "unreachable": gettext_lazy("no connection, nothing was sent"),
    "broken": gettext_lazy("the connection broke in the middle"),
    "garbage": gettext_lazy("the answer was no frame"),
    "check_sum": gettext_lazy("the check sum of the answer is wrong"),
    "foreign": gettext_lazy("another meter answered"),
    "malformed": gettext_lazy("the answer could not be read"),
    "circuit_open": gettext_lazy("the concentrator failed too often, nothing was sent"),
    "withdrawn": gettext_lazy("called off before anything was sent"),
    "rule": gettext_lazy("the rule did not allow it any more"),
    "retained": gettext_lazy("the meter retains supply"),
    "password": gettext_lazy("the meter did not take the password"),
    "expired": gettext_lazy("the command came too late for the meter"),
    "suspended": gettext_lazy("the meter is locked for a while after wrong passwords"),
    "authentication": gettext_lazy("the meter did not accept who asks"),
    "not_authenticated": gettext_lazy("the meter did not accept who asks"),
    "address": gettext_lazy("the meter does not know the address"),
    "already_open": gettext_lazy("the relay was open already"),
    "already_tripped": gettext_lazy("the relay was open already"),
    "denied": gettext_lazy("the meter denies access"),
    "hardware_fault": gettext_lazy("the meter reports a hardware fault"),
    "temporary_fault": gettext_lazy("the meter is busy for the moment"),
    "no_such_object": gettext_lazy("the meter does not know what was asked"),
    "no_such_data": gettext_lazy("the meter does not know what was asked"),
    "unsupported": gettext_lazy("the meter cannot do that"),
    "not_moved": gettext_lazy("the relay did not move"),
    "not_carried_out": gettext_lazy("the command ran out and the relay did not move"),
    "not_told": gettext_lazy("the meter does not say"),
    "unsettled": gettext_lazy("nobody knows yet whether supply is off"),
}
"""Why a command or a question came to nothing."""

RELAYS: labels.Words = {
    "closed": pgettext_lazy("relay", "closed, supply on"),
    "open": pgettext_lazy("relay", "open, supply off"),
    "permitted": pgettext_lazy("relay", "closing permitted, supply off until the button is pressed"),
    "unknown": pgettext_lazy("relay", "the meter does not say"),
}

RELAY_MARKS: Final = {"closed": "zk-good", "open": "zk-bad", "permitted": "zk-warn"}

RELAY_KINDS: labels.Words = {
    "none": pgettext_lazy("relay of a meter", "none"),
    "internal": pgettext_lazy("relay of a meter", "inside the meter"),
    "external": pgettext_lazy("relay of a meter", "outside the meter"),
}

REGISTERS: labels.Words = {
    "total": pgettext_lazy("register", "total"),
    "sharp": gettext_lazy("sharp"),
    "peak": gettext_lazy("peak"),
    "flat": gettext_lazy("flat"),
    "valley": gettext_lazy("valley"),
    "reactive": gettext_lazy("reactive"),
}

RESTORE_CAUSES: labels.Words = {
    "paid": pgettext_lazy("cause of a restore", "what was owed is paid"),
    "security": pgettext_lazy("cause of a restore", "security was given"),
    "instalment": pgettext_lazy("cause of a restore", "instalments were agreed"),
    "protection": pgettext_lazy("cause of a restore", "supply is protected"),
    "authority_order": pgettext_lazy("cause of a restore", "the authority orders it"),
    "wrong_cut": pgettext_lazy("cause of a restore", "the cut was wrong"),
}

RESTORE_HOWS: labels.Words = {
    "remote": pgettext_lazy("how supply came back", "over the wire"),
    "field": pgettext_lazy("how supply came back", "by a crew"),
    "never_cut": pgettext_lazy("how supply came back", "it was never off"),
}

RESTORE_MARKS: Final = {"waiting": "zk-warn", "failed": "zk-bad", "done": "zk-good"}
COMMAND_MARKS: Final = {
    "confirmed": "zk-good",
    "refused": "zk-bad",
    "failed": "zk-bad",
    "unknown": "zk-warn",
    "sent": "zk-warn",
}
FIELD_STATES: labels.Words = {"issued": pgettext_lazy("field order", "issued")}
"""States of a field order whose common word means something else."""

FIELD_MARKS: Final = {"issued": "zk-warn", "assigned": "", "done": "zk-good"}

REFUSALS: labels.Words = {
    "ALL_STOPPED": gettext_lazy("All cuts are stopped. Wait until they are let go on."),
    "BOOKS_BEHIND": gettext_lazy(
        "The open business date is not today: the console cannot say when supply was cut. "
        "Run the nights that are missing first."
    ),
    "CAUSE_UNKNOWN": gettext_lazy("The cause is missing. Choose one."),
    "CONCENTRATOR_OUT": gettext_lazy("The concentrator of this meter is out of service. Wait, or send people there."),
    "CREW_NOT_ENTITLED": gettext_lazy("One of the two may not work at meters. Name a technician."),
    "CREW_OUT": gettext_lazy("A crew is on its way for this. Confirm or cancel its field order first."),
    "CUT_NOT_ALLOWED": gettext_lazy("The rule does not allow this cut. Give supply back at once if it is off."),
    "ENDED": gettext_lazy("That has ended. Nothing is left to cancel."),
    "FILE_EMPTY": gettext_lazy("The file is empty. Choose it again."),
    "FILE_TOO_LARGE": gettext_lazy("The file is larger than 10 MB. Take a smaller picture or a shorter recording."),
    "KEYS_MALFORMED": gettext_lazy("The file of meter keys cannot be read. Call whoever runs the system."),
    "KEYS_MISSING": gettext_lazy("No keys of meters are kept on this server. Call whoever runs the system."),
    "KEYS_OPEN_TO_OTHERS": gettext_lazy(
        "The file of meter keys is open to others, so it is not used. Call whoever runs the system."
    ),
    "KEYS_UNREADABLE": gettext_lazy("The file of meter keys cannot be opened. Call whoever runs the system."),
    "KEY_MISSING": gettext_lazy("No key is kept for this meter. Call whoever runs the system."),
    "METER_MISSING": gettext_lazy("The account has no meter. Enter its meter first."),
    "METER_UNKNOWN": gettext_lazy("No such meter is in your sight."),
    "NAME_MISSING": gettext_lazy("Who confirmed safety is missing. Write the name down."),
    "NOT_ASSIGNED": gettext_lazy("The field order has no crew. Name two people first."),
    "NOT_CUT": gettext_lazy("No supply is off by this order, or it is being given back already."),
    "NOT_OF_THE_CREW": gettext_lazy("You are not of the crew of this order. One of the two confirms."),
    "NOT_OPEN": gettext_lazy("This failure is not open any more. Look at the list again."),
    "NOT_THE_STATED_TIME": gettext_lazy("It is not the time the notice states. Wait for it, or issue a new notice."),
    "NOT_WAITING": gettext_lazy("It waits for nobody any more. Look at the list again."),
    "NO_ADDRESS": gettext_lazy("The meter has no communication address. Enter it first."),
    "NO_CONCENTRATOR": gettext_lazy("The meter hangs on no concentrator. It is read by hand."),
    "NO_PROTOCOL": gettext_lazy("The meter speaks no protocol of ours. It is read by hand."),
    "NO_RIGHT": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "NO_WIRE": gettext_lazy("No single meter of this account can be commanded. Supply is cut by hand."),
    "ONE_PERSON": gettext_lazy("Two people go, not one twice. Name a colleague."),
    "ORDER_UNKNOWN": gettext_lazy("There is no such order."),
    "PERSON_MISSING": gettext_lazy("Both people of the crew must be named."),
    "PHOTO_MISSING": gettext_lazy("The photo is missing. Take one of the meter and its relay."),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "RESULT_MISSING": gettext_lazy("What was done is missing. Say what was done and found."),
    "STANDS_SO": gettext_lazy("The switch stands so already."),
    "SUPPLY_MISSING": gettext_lazy("Whether supply is on is missing. Say how you left it."),
    "SUPPLY_OWED": gettext_lazy("Supply must be given back. Let the crew go, or restore over the wire first."),
    "SUPPLY_STILL_OFF": gettext_lazy("Supply is not back. Stay until it is, or send for help."),
    "TRIP_SPENT": gettext_lazy("The one command of this order was used. Supply is cut by hand."),
    "WRONG_STATE": gettext_lazy("The order stands otherwise by now. Look at it again."),
}
"""What is wrong and what to do, by the code of a refusal."""

NEAR: Final = timedelta(hours=4)
"""So near its statutory time a restore order is red."""

SOON: Final = timedelta(hours=12)
"""So near it is amber."""

_MINUTES_AN_HOUR: Final = 60
_PLACES: Final = {name: place for place, name in enumerate(REGISTERS)}


def verb(code: str) -> str:
    """What a meter is asked."""
    return str(VERBS.get(code, code))


def cause(code: str) -> str:
    """Why a command or question came to nothing; codes of commands such as `refused:RETAINED` as well."""
    bare = code.rpartition(":")[2]
    return str(CAUSES.get(bare.lower(), bare))


def relay(position: str) -> str:
    """Where a relay stands."""
    return str(RELAYS.get(position, position))


def refusal(found: Any) -> list[str]:
    """A refusal in words: what is wrong and what to do; its own where nobody has put its code into words."""
    said = REFUSALS.get(found.code) or device_words.REFUSALS.get(found.code)
    if said is None:
        return [line for line in (found.message, found.remedy) if line]
    if found.code != "CUT_NOT_ALLOWED":
        return [str(said)]
    why = found.message.rpartition(": ")[2].split(", ")
    return [str(said), _("; ").join(cut_words.condition(code, met=False) for code in why)]


def span(time: timedelta) -> str:
    """A time as hours and minutes, without its sign."""
    minutes = int(abs(time).total_seconds()) // _MINUTES_AN_HOUR
    hours, rest = divmod(minutes, _MINUTES_AN_HOUR)
    return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}


def left(due_at: datetime, at: datetime) -> tuple[str, str]:
    """How long is left until a time, and how grave that is.

    Returns:
        The words, and a mark: `zk-bad` when near or past, `zk-warn` when soon, else `zk-good`.
    """
    time = due_at - at
    if time < timedelta(0):
        return pgettext("clock", "late by %(span)s") % {"span": span(time)}, "zk-bad"
    mark = "zk-bad" if time <= NEAR else "zk-warn" if time <= SOON else "zk-good"
    return pgettext("clock", "%(span)s left") % {"span": span(time)}, mark


def told(exchange: Any) -> list[tuple[str, str]]:
    """What a meter told in an exchange: label and words."""
    shown = exchange.told.get("registers", {})
    ordered = sorted(shown, key=lambda one: (_PLACES.get(one, len(_PLACES)), one))
    said = [(str(REGISTERS.get(name, name)), hundredths(shown[name])) for name in ordered]
    for name, label in (("commanded", pgettext("relay", "told to stand")), ("actual", pgettext("relay", "stands"))):
        if name in exchange.told:
            said.append((label, relay(exchange.told[name])))
    if exchange.told.get("retained") is not None:
        said.append((_("supply retained"), _("yes") if exchange.told["retained"] else _("no")))
    if exchange.told.get("pending"):
        said.append((_("a trip is waiting"), _("yes")))
    if exchange.told.get("clock"):
        said.append((_("clock of the meter"), str(exchange.told["clock"])[:19].replace("T", " ")))
    return said


def checked(item: Any) -> str:
    """What the meter told, or a person saw, in a check of an acceptance."""
    told_of = item.detail if isinstance(item.detail, dict) else {}
    return " · ".join(_detail(name, value) for name, value in told_of.items() if value is not None and value != "")


def _detail(name: str, value: Any) -> str:
    if name == "said":
        return str(OUTCOMES.get(value, value))
    if name in {"code", "why"}:
        return cause(str(value))
    if name in {"commanded", "actual"}:
        label = pgettext("relay", "told to stand") if name == "commanded" else pgettext("relay", "stands")
        return f"{label} {relay(str(value))}"
    if name in {"retained", "pending"}:
        label = _("supply retained") if name == "retained" else _("a trip is waiting")
        return f"{label} {_('yes') if value else _('no')}"
    if name == "seconds_off":
        return _("%(seconds)d s off") % {"seconds": value}
    return str(value) if name == "note" else f"{name} {value}"


def hundredths(centi: int) -> str:
    """A register's value [0.01 of its unit] with two decimals."""
    whole, rest = divmod(abs(int(centi)), 100)
    return f"{'-' if centi < 0 else ''}{whole:,}.{rest:02d}"
