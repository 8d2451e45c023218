"""Where are the keys of the meters read from?

`ZAIKONG_METER_KEYS` names the file; without it, it is `meter_keys.yaml` in the installation's folder. Form and mode of the
file: `meterio.keyring`.
"""

import os
from pathlib import Path

from zaikong.kernel.refusal import Refusal
from zaikong.meterio.keyring import Keyring
from zaikong.meterio.keyring import UnableToReadKeysError as Unreadable
from zaikong.store.server import var_folder

VARIABLE = "ZAIKONG_METER_KEYS"
"""Name of the variable that names the file."""


class UnableToReadKeysError(Refusal):
    """The keys of the meters cannot be had; says which file, and how to mend it."""


def keys_file() -> Path:
    """The file the keys are read from."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else var_folder() / "meter_keys.yaml"


def meter_keys() -> Keyring:
    """The keys of the meters.

    Raises:
        UnableToReadKeysError: The file is missing, open to others, or not of its form.
    """
    try:
        return Keyring.read(keys_file())
    except Unreadable as fault:
        raise UnableToReadKeysError(fault.message, code=fault.code, fields=fault.fields, remedy=fault.remedy) from None
