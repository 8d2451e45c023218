"""How are devices, the checks of their acceptance and their faults said to a reader?

A code without words is shown as it is.
"""

from typing import Final

from django.utils.translation import gettext_lazy, pgettext_lazy

from zaikong.web import labels

CHECKS: labels.Words = {
    "registers_read": gettext_lazy("registers can be read"),
    "clock_right": gettext_lazy("the clock is right"),
    "relay_read_closed": gettext_lazy("the relay reads closed"),
    "trip_read_back": gettext_lazy("a trip opens the relay"),
    "close_read_back": gettext_lazy("a close gives supply back"),
    "alarm_before_trip": gettext_lazy("an alarm comes before a delayed trip"),
    "retain_on": gettext_lazy("supply can be retained"),
    "trip_refused_retained": gettext_lazy("a trip is refused while supply is retained"),
    "retain_off": gettext_lazy("retaining can be ended"),
    "expired_refused": gettext_lazy("a command that has run out is refused"),
    "wrong_key_refused": gettext_lazy("a wrong password is refused"),
    "supply_back": gettext_lazy("supply is on at the end"),
    "external_breaker_opens": gettext_lazy("the breaker outside opens"),
    "power_down_keeps_state": gettext_lazy("a power failure leaves the relay as it was"),
    "high_current_delays": gettext_lazy("a high current delays the trip"),
    "event_records": gettext_lazy("the meter keeps records of what happened"),
    "sms_received": gettext_lazy("the customer gets the message"),
    "paid_to_restored": gettext_lazy("money paid gives supply back"),
}
"""Checks of an acceptance."""

CHECK_OUTCOMES: labels.Words = {
    "passed": pgettext_lazy("check of a device", "passed"),
    "failed": pgettext_lazy("check of a device", "failed"),
    "not_applicable": pgettext_lazy("check of a device", "does not apply"),
}

CHECK_MARKS: Final = {"passed": "zk-good", "failed": "zk-bad"}

DEVICE_MARKS: Final = {"ordered": "", "installed": "zk-warn", "accepted": "zk-good", "rejected": "zk-bad"}
FAULT_MARKS: Final = {"open": "zk-bad", "assigned": "zk-warn", "cleared": "zk-good"}
DIFFERENCE_MARKS: Final = {"none": "zk-good", "not_on_meter": "zk-bad", "only_on_meter": "zk-warn", "unread": "zk-warn"}

FAULTS: labels.Words = {
    "silent": pgettext_lazy("fault of a device", "does not answer"),
    "relay_stuck": pgettext_lazy("fault of a device", "the relay does not move"),
    "clock_wrong": pgettext_lazy("fault of a device", "the clock is wrong"),
    "register_wrong": pgettext_lazy("fault of a device", "the registers are wrong"),
    "display_dead": pgettext_lazy("fault of a device", "the display is dead"),
    "tampered": pgettext_lazy("fault of a device", "it was tampered with"),
    "supply_not_back": pgettext_lazy("fault of a device", "supply is not known to be back after a trial"),
}
"""Faults by kind."""

REPORTED: Final = ("silent", "relay_stuck", "clock_wrong", "register_wrong", "display_dead", "tampered")
"""Faults a person reports."""

SOURCES: labels.Words = {
    "round": pgettext_lazy("how a fault was found", "on a round"),
    "customer": pgettext_lazy("how a fault was found", "by the customer"),
    "reading": pgettext_lazy("how a fault was found", "by a reading"),
    "acceptance": pgettext_lazy("how a fault was found", "at the acceptance"),
}

FOUND_BY: Final = ("round", "customer", "reading")
"""Ways a person finds a fault."""

REFUSALS: labels.Words = {
    "DEVICE_UNKNOWN": gettext_lazy("There is no such device in use. Look at the page again."),
    "FAULT_NOT_OPEN": gettext_lazy("This fault is cleared already. Look at the page again."),
    "KIND_MISSING": gettext_lazy("What is wrong is missing. Choose it."),
    "NOT_A_TECHNICIAN": gettext_lazy("This colleague does not work at devices. Name a technician."),
    "NOT_ENTITLED": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "RESOLUTION_MISSING": gettext_lazy("What was done is missing. Say how it was mended."),
    "SOURCE_MISSING": gettext_lazy("How it was found is missing. Choose it."),
    "SUPPLY_ON_TRIAL": gettext_lazy("Supply was not read on yet after the trial. Give it back first."),
}
"""What is wrong and what to do, by the code of a refusal."""


def check(code: str) -> str:
    """What a check asks."""
    return str(CHECKS.get(code, code))


def fault(kind: str) -> str:
    """What is wrong with a device."""
    return str(FAULTS.get(kind, kind))


def source(code: str) -> str:
    """How a fault was found."""
    return str(SOURCES.get(code, code))
