"""What does each meter ask for before it obeys, and where is that kept?

In one file that only its owner can read, by default `meter_keys.yaml` in the installation's folder. The most particular entry
counts: the meter's, else its concentrator's, else the default one. What stands in the file is shown nowhere: an error names
the entry and the line, never the text.

    default: {password: "000000", level: 2, operator: "00000000"}
    concentrators:
      10.0.0.7:7001: {password: "1a2b3c"}
    meters:
      "000000000042": {password: "4d5e6f", level: 4, operator: "00000012"}
"""

import os
import re
import stat
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from zaikong.meterio.session import Credentials, Endpoint, MeterAddress

MODE = 0o600
"""Mode the file must have: read and written by its owner alone."""

FORM = 'default: {password: "000000", level: 2, operator: "00000000"}'
"""The least a file must say; the password is an example."""

_LONGEST = 1_000_000
_PASSWORD = re.compile(r"[!-~]{1,32}")
_OPERATOR = re.compile(r"[0-9A-Fa-f]{8}")
_HIGHEST_LEVEL = 9
_SECTIONS = frozenset({"default", "concentrators", "meters"})
_ENTRY = frozenset({"password", "level", "operator"})


class UnableToReadKeysError(Exception):
    """The file of keys is missing, open to others, not of its form, or says nothing of a meter.

    Carries what a refusal carries; `application.meter_keys` makes it one.

    Args:
        message: What is wrong and where; never what stands there.
        code: Word for programs.
        fields: Names of files and entries.
        remedy: How to mend it.
    """

    def __init__(self, message: str, *, code: str, fields: Mapping[str, object], remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = dict(fields)
        self.remedy = remedy


class Keyring:
    """Credentials by meter; looks like nothing when printed.

    Args:
        default: For every meter not named; None where every meter must be.
        lines: By `host:port` or serial device.
        meters: By communication address, twelve digits.
    """

    __slots__ = ("_default", "_lines", "_meters")

    def __init__(
        self,
        *,
        default: Credentials | None,
        lines: Mapping[str, Credentials] | None = None,
        meters: Mapping[str, Credentials] | None = None,
    ) -> None:
        self._default = default
        self._lines = dict(lines or {})
        self._meters = dict(meters or {})

    @classmethod
    def read(cls, path: Path) -> Self:
        """The keyring of a file.

        Args:
            path: The file.

        Raises:
            UnableToReadKeysError: As the class says.
        """
        told = _mapping(_parsed(_text(path), path), "the file", path, _SECTIONS)
        if not told:
            raise _malformed(path, "nothing in it")
        default = told.get("default")
        lines = _mapping(told.get("concentrators", {}), "`concentrators`", path)
        meters = _mapping(told.get("meters", {}), "`meters`", path)
        return cls(
            default=None if default is None else _entry(default, "`default`", path),
            lines={name: _entry(entry, f"concentrator {name}", path) for name, entry in lines.items()},
            meters={_address(name, path): _entry(entry, f"meter {name}", path) for name, entry in meters.items()},
        )

    def credentials_of(self, address: MeterAddress) -> Credentials:
        """What a meter asks for.

        Raises:
            UnableToReadKeysError: No entry speaks of it.
        """
        found = self._meters.get(address.address) or self._lines.get(line_name(address.endpoint)) or self._default
        if found is None:
            raise UnableToReadKeysError(
                f"no key for meter {address.address}",
                code="KEY_MISSING",
                fields={"meter": address.address},
                remedy="Add an entry for the meter, its concentrator, or a default one.",
            )
        return found

    def __repr__(self) -> str:
        """How many entries, and nothing of them."""
        return f"<Keyring of {len(self._meters)} meters and {len(self._lines)} concentrators>"


def line_name(line: Endpoint) -> str:
    """By what name an entry speaks of a concentrator: `host:port`, or the device of a serial line."""
    return line.host if line.serial else f"{line.host}:{line.port}"


def _text(path: Path) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise UnableToReadKeysError(
            f"no file {path}",
            code="KEYS_MISSING",
            fields={"file": str(path)},
            remedy=f"Make it with mode 0600; at the least it says: {FORM}",
        ) from None
    except OSError as fault:
        raise UnableToReadKeysError(
            f"{path} cannot be opened: {fault.strerror}",
            code="KEYS_UNREADABLE",
            fields={"file": str(path)},
            remedy="Name a file that its owner can read, not a link to one.",
        ) from None
    try:
        _guarded(os.fstat(handle), path)
        octets = os.read(handle, _LONGEST + 1)
    finally:
        os.close(handle)
    if len(octets) > _LONGEST:
        raise _malformed(path, "too long to be a file of keys")
    text = octets.decode("utf-8", errors="replace")  # a fault of decoding would carry what stands there
    if "\ufffd" in text:
        raise _malformed(path, "not UTF-8")
    return text


def _guarded(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnableToReadKeysError(
            f"{path} is no file", code="KEYS_UNREADABLE", fields={"file": str(path)}, remedy="Name a file."
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode != MODE:
        raise UnableToReadKeysError(
            f"{path} has mode {mode:04o}; keys are read from a file of mode {MODE:04o} alone",
            code="KEYS_OPEN_TO_OTHERS",
            fields={"file": str(path), "mode": f"{mode:04o}"},
            remedy=f"chmod {MODE:04o} {path}; where others could read it, change the passwords of the meters as well.",
        )


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key given twice: one of two passwords would be silently ignored."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 -- as the library calls it
        names = [self.construct_object(key, deep=True) for key, _value in node.value]
        if len(names) != len({str(name) for name in names}):
            raise yaml.constructor.ConstructorError(None, None, "a name given twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _parsed(text: str, path: Path) -> object:
    try:
        return yaml.load(text, Loader=_OnceLoader)  # noqa: S506 -- a safe loader, stricter in one thing
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = "" if mark is None else f" at line {mark.line + 1}"
    # told apart from the fault, whose text quotes the file
    raise _malformed(path, f"no YAML, or a name given twice,{where}")


def _mapping(told: object, what: str, path: Path, names: frozenset[str] | None = None) -> Mapping[str, object]:
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told):
        raise _malformed(path, f"{what} is no list of names and entries; names of digits stand in quotes")
    if names is not None and set(told) - names:
        raise _malformed(path, f"{what} says more than {', '.join(sorted(names))}")
    return told


def _entry(told: object, what: str, path: Path) -> Credentials:
    entry = _mapping(told, what, path, _ENTRY)
    password, level, operator = entry.get("password"), entry.get("level", 2), entry.get("operator", "00000000")
    if not isinstance(password, str) or not _PASSWORD.fullmatch(password):
        raise _malformed(path, f"{what} has no password in quotes (DL/T 645: six hexadecimal digits)")
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= _HIGHEST_LEVEL:
        raise _malformed(path, f"{what} has a level that is none of 0 to {_HIGHEST_LEVEL}")
    if not isinstance(operator, str) or not _OPERATOR.fullmatch(operator):
        raise _malformed(path, f"{what} has an operator that is not eight digits in quotes")
    return Credentials(password=password, level=level, operator=operator)


def _address(name: str, path: Path) -> str:
    if not re.fullmatch(r"[0-9]{12}", name):
        raise _malformed(path, f"meter {name} is not named by the twelve digits of its address")
    return name


def _malformed(path: Path, what: str) -> UnableToReadKeysError:
    return UnableToReadKeysError(
        f"{path}: {what}", code="KEYS_MALFORMED", fields={"file": str(path)}, remedy=f"Its form is: {FORM}"
    )
