"""What does each meter ask for before it obeys, as whoever speaks to meters needs it?

The file and its form: `application.meter_keys`. It is read once a call, so that a changed password counts at the next.
"""

from zaikong.application import meter_keys as kept
from zaikong.meterio.front.terms import CredentialsOf
from zaikong.meterio.keyring import UnableToReadKeysError as Unreadable
from zaikong.meterio.session import Credentials, MeterAddress


def meter_keys() -> CredentialsOf:
    """The credentials of any meter.

    Returns:
        A function of a meter's address; it raises `UnableToReadKeysError` (`KEY_MISSING`) for one no entry speaks of.

    Raises:
        zaikong.application.meter_keys.UnableToReadKeysError: The file is missing, open to others, or not of its form.
    """
    keyring = kept.meter_keys()

    def credentials_of(address: MeterAddress) -> Credentials:
        try:
            return keyring.credentials_of(address)
        except Unreadable as fault:
            raise kept.UnableToReadKeysError(
                fault.message, code=fault.code, fields=fault.fields, remedy=fault.remedy
            ) from None

    return credentials_of
