"""Which session speaks a meter's protocol?"""

from zaikong.meterio.session import Credentials, MeterAddress, MeterSession, Wire


def open_session(address: MeterAddress, credentials: Credentials, *, timeout_seconds: float) -> MeterSession:
    """A session with the meter at `address`, in the protocol it names; its line opens when it is entered.

    Args:
        address: Which meter, and how to reach it.
        credentials: What it asks for before it obeys.
        timeout_seconds: How long one question waits for its answer [s].

    Raises:
        ValueError: The address or the credentials have no form the protocol knows.
    """
    if address.wire is Wire.DLT698:
        from zaikong.meterio.dlt698.session import Dlt698Session  # noqa: PLC0415 -- its library is heavy

        return Dlt698Session(address, credentials, timeout_seconds=timeout_seconds)
    from zaikong.meterio.dlt645.session import Dlt645Session  # noqa: PLC0415 -- nor is this one loaded for nothing

    return Dlt645Session(address, credentials, timeout_seconds=timeout_seconds)
