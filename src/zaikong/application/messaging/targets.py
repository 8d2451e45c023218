"""Where does a channel lead, and what became of a message handed over there?

A provider is named by its apprise address in the environment (`ZAIKONG_NOTIFY_SMS`, `_APP`, `_EMAIL`, `_VOICE`), in which
`{address}` stands for the customer's and `{reference}` for ours. A channel without one leads to a file of the outbox: one
JSON line a message, written whole or not at all.

A handing-over has three ends. `Taken`: the provider said yes. `Refused`: it said no, or was never reached. `Unknown`: it
was spoken to and did not answer; nobody may take that for either.
"""

import json
import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import quote

import apprise

from zaikong.domain.collection.ladder_table import MESSAGE_CHANNELS
from zaikong.kernel.refusal import Refusal

_NEVER_REACHED: Final = re.compile(r"establish a new connection|ConnectTimeout|NameResolution|Failed to resolve")
_SAID_NO: Final = re.compile(r"error=\d{3}")


class UnableToUseTargetError(Refusal):
    """A channel leads nowhere: its address is no address of a provider."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over.

    Attributes:
        reference: Ours, unique; a receipt names it.
        channel: One of `MESSAGE_CHANNELS`.
        address: The customer's.
        subject: Its subject.
        body: Its text.
    """

    reference: str
    channel: str
    address: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider does not have it, and why; `again` where it was never reached and may be tried again."""

    reason: str
    again: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say whether the provider has it."""

    reason: str


Handed = Taken | Refused | Unknown


class Target(Protocol):
    """Where a channel leads."""

    def hand_over(self, parcel: Parcel, *, at: datetime) -> Handed:
        """Give one message away; never raises for what the other side does."""

    def has(self, reference: str) -> bool | None:
        """Whether a message was handed over, where that can be read back; None where it cannot."""


class FileOutbox:
    """A file a day: one JSON line a message, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hand_over(self, parcel: Parcel, *, at: datetime) -> Handed:
        """Append the line and wait until the disk has it."""
        line = {
            "reference": parcel.reference,
            "time": at.isoformat(),
            "channel": parcel.channel,
            "address": parcel.address,
            "subject": parcel.subject,
            "body": parcel.body,
        }
        try:
            self._append(at, json.dumps(line, ensure_ascii=False))
        except OSError as error:
            return Refused(f"file outbox: {error.strerror}", again=True)
        return Taken()

    def has(self, reference: str) -> bool:
        """Whether a whole line of the outbox carries the reference."""
        return any(
            line.get("reference") == reference for path in sorted(self._folder.glob("*.jsonl")) for line in _whole(path)
        )

    def _append(self, at: datetime, line: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / f"{at.date().isoformat()}.jsonl", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            # a line torn by a crash stays by itself and counts as nothing
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            text = f"\n{line}\n" if torn else f"{line}\n"
            whole = text.encode()
            if os.write(handle, whole) != len(whole):
                os.ftruncate(handle, size)
                raise OSError(28, "no space left")
            os.fsync(handle)
        finally:
            os.close(handle)


def _whole(path: Path) -> Iterator[Mapping[str, object]]:
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(line, dict):
            yield line


class Provider:
    """A service apprise knows, by its address."""

    def __init__(self, address: str, *, channel: str) -> None:
        self._address = address
        if _service(_filled(address, Parcel("M0", channel, "13800000000", "", ""))) is None:
            raise UnableToUseTargetError(
                f"the address of channel {channel} is none apprise knows",
                code="TARGET_WRONG",
                fields={"channel": channel},
                remedy=f"Set ZAIKONG_NOTIFY_{channel.upper()} to an apprise address, such as json://host/path.",
            )

    def hand_over(self, parcel: Parcel, *, at: datetime) -> Handed:
        """Send, and read from the answer which of the three ends it was."""
        del at
        service = _service(_filled(self._address, parcel))
        if service is None:
            return Refused("the customer's address fits no address of the provider", again=False)
        with _heard() as said:
            taken = bool(service.notify(title=parcel.subject, body=parcel.body))
        if taken:
            return Taken()
        words = " ".join(said)
        refusal = _SAID_NO.search(words)
        if refusal is not None:
            return Refused(f"the provider refused: {refusal[0]}", again=False)
        if _NEVER_REACHED.search(words):
            return Refused("the provider was not reached", again=True)
        return Unknown("the provider did not answer")

    def has(self, reference: str) -> None:
        """A provider is not asked: its receipts come by file."""
        del reference


def _service(address: str) -> apprise.Apprise | None:
    """The service behind an address, or None where apprise knows none."""
    service = apprise.Apprise()
    with _heard(), warnings.catch_warnings():
        # the first address makes apprise load its plug-ins, some of which import what Python gives up
        warnings.simplefilter("ignore", DeprecationWarning)
        known = service.add(address)
    return service if known else None


def _filled(address: str, parcel: Parcel) -> str:
    filled = address.replace("{address}", quote(parcel.address, safe=""))
    return filled.replace("{reference}", quote(parcel.reference, safe=""))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What apprise says meanwhile: it swallows exceptions and tells them apart only in its log.

    Nothing of it goes on to other logs: its debug lines carry the text and the customer's address.
    """
    said: list[str] = []

    class _Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger = logging.getLogger("apprise")
    level, passes, ear = logger.level, logger.propagate, _Ear(logging.DEBUG)
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)
        logger.propagate = passes


def targets_of(addresses: Mapping[str, str], *, outbox: Path) -> Mapping[str, Target]:
    """Where each channel leads.

    Args:
        addresses: Channel to apprise address; empty or missing for the file outbox.
        outbox: Folder of the file outbox.

    Raises:
        UnableToUseTargetError: An address apprise does not know.
    """
    to_file = FileOutbox(outbox)
    targets: dict[str, Target] = {}
    for channel in MESSAGE_CHANNELS:
        address = addresses.get(channel, "").strip()
        targets[channel] = Provider(address, channel=channel) if address else to_file
    return MappingProxyType(targets)
