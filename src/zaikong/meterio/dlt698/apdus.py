"""Which APDU of the codec says a message, and what does an APDU of the codec say?

The codec's types are mutable and many; a message is one of a dozen plain ones. Both ways stand here. An APDU that is none
of them is an `Other`: whole, and not spoken of.

Basis: DL/T 698.45-2017 6.3.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dlt698.model import DateTime, DateTimeS, Ti
from dlt698.protocol import apdu

from zaikong.meterio.dlt698 import values
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Connect,
    Connected,
    Content,
    Failed,
    Get,
    Got,
    LinkAnswer,
    LinkCall,
    Other,
    Release,
    Released,
    Set,
    Terms,
    TimeTag,
    WasSet,
)
from zaikong.meterio.dlt698.objects import oad, oad_number, omd, omd_number

Native = (
    apdu.GetRequest
    | apdu.GetResponse
    | apdu.SetRequest
    | apdu.SetResponse
    | apdu.ActionRequest
    | apdu.ActionResponse
    | apdu.ConnectRequest
    | apdu.ConnectResponse
    | apdu.ReleaseRequest
    | apdu.ReleaseResponse
    | apdu.ErrorResponse
    | apdu.LinkRequest
    | apdu.LinkResponse
)
"""APDU of the codec that a message can become."""


def content_of(native: object) -> Content:
    """What an APDU says."""
    reader = _READERS.get(type(native))
    return reader(native) if reader else Other(type(native).__name__)


def piid_of(native: object) -> int:
    """Number of the exchange an APDU belongs to, with the bits beside it."""
    piid: int = getattr(native, "piid", 0) or getattr(native, "piid_acd", 0)
    return piid


def tag_of(native: object) -> TimeTag | None:
    """Time tag of an APDU.

    Raises:
        UnreadableValueError: Its date or its unit is none.
    """
    tag: apdu.TimeTag | None = getattr(native, "time_tag", None)
    if tag is None:
        return None
    unit = tag.allowed_delay.unit
    if unit not in range(TimeTag.UNITS):
        raise values.UnreadableValueError("no such unit of time")
    return TimeTag(values.moment(tag.sent_at.value), unit, tag.allowed_delay.interval)


def native_of(content: Content, *, piid: int, tag: TimeTag | None) -> Native:
    """The APDU that says it.

    Raises:
        TypeError: It is an `Other`.
    """
    writer = _WRITERS.get(type(content))
    if writer is None:
        raise TypeError("this codec does not speak of it")
    native: Native = writer(content, piid)
    if tag is not None and not isinstance(native, apdu.LinkRequest | apdu.LinkResponse):
        native.time_tag = apdu.TimeTag(
            allowed_delay=Ti(unit=tag.unit, interval=tag.interval),
            sent_at=DateTimeS(value=values.moment_octets(tag.sent_at)),
        )
    return native


def _get(native: apdu.GetRequest) -> Content:
    return Get(tuple(oad_number(item) for item in native.attributes), native.list)


def _got(native: apdu.GetResponse) -> Content:
    return Got(tuple((oad_number(item.attribute), item.result) for item in native.attributes), native.list)


def _set(native: apdu.SetRequest) -> Content:
    item, *more = native.attributes
    return Other("SET of a list") if native.list or more else Set(oad_number(item.attribute), item.value)


def _was_set(native: apdu.SetResponse) -> Content:
    item, *more = native.attributes
    return Other("SET of a list") if native.list or more else WasSet(oad_number(item.attribute), item.dar)


def _act(native: apdu.ActionRequest) -> Content:
    item, *more = native.methods
    return Other("ACTION of a list") if native.list or more else Act(omd_number(item.method), item.parameter)


def _acted(native: apdu.ActionResponse) -> Content:
    item, *more = native.methods
    return Other("ACTION of a list") if native.list or more else Acted(omd_number(item.method), item.dar)


def _connect(native: apdu.ConnectRequest) -> Content:
    mechanism = native.mechanism
    password = mechanism.password if isinstance(mechanism, apdu.PasswordSecurity) else None
    spoken = password is not None or isinstance(mechanism, apdu.NullSecurity)
    return Connect(password, spoken, _terms(native.parameters))


def _terms(native: apdu.AssociationParameters) -> Terms:
    return Terms(
        protocol=bytes(native.protocol),
        function=bytes(native.function),
        version=native.version,
        send_bytes=native.send_frame_bytes,
        receive_bytes=native.receive_frame_bytes,
        window=native.receive_window,
        apdu_bytes=native.apdu_bytes,
        timeout_seconds=native.timeout_seconds,
    )


def _failed(native: apdu.ErrorResponse) -> Content:
    return Failed(native.type) if native.server else Other("ERROR of a master")


def _link_call(native: apdu.LinkRequest) -> Content:
    return LinkCall(int(native.type), native.heartbeat_seconds, tuple(native.requested_at.value))


_READERS: Mapping[type, Callable[[Any], Content]] = {
    apdu.GetRequest: _get,
    apdu.GetResponse: _got,
    apdu.SetRequest: _set,
    apdu.SetResponse: _was_set,
    apdu.ActionRequest: _act,
    apdu.ActionResponse: _acted,
    apdu.ConnectRequest: _connect,
    apdu.ConnectResponse: lambda native: Connected(native.result, _terms(native.parameters)),
    apdu.ReleaseRequest: lambda _: Release(),
    apdu.ReleaseResponse: lambda native: Released(native.result),
    apdu.ErrorResponse: _failed,
    apdu.LinkRequest: _link_call,
    apdu.LinkResponse: lambda native: LinkAnswer(tuple(native.requested_at.value), native.result),
}


def _get_request(said: Get, piid: int) -> Native:
    return apdu.GetRequest(attributes=[oad(number) for number in said.attributes], list=said.listed, piid=piid)


def _get_response(said: Got, piid: int) -> Native:
    told = [apdu.AttributeResult(attribute=oad(number), result=result) for number, result in said.results]
    return apdu.GetResponse(attributes=told, list=said.listed, piid_acd=piid)


def _set_request(said: Set, piid: int) -> Native:
    item = apdu.SetAttribute(attribute=oad(said.attribute), value=said.value)
    return apdu.SetRequest(attributes=[item], list=False, piid=piid)


def _set_response(said: WasSet, piid: int) -> Native:
    item = apdu.SetResult(attribute=oad(said.attribute), dar=said.dar)
    return apdu.SetResponse(attributes=[item], list=False, piid_acd=piid)


def _action_request(said: Act, piid: int) -> Native:
    item = apdu.ActionMethod(method=omd(said.method), parameter=said.parameter)
    return apdu.ActionRequest(methods=[item], list=False, piid=piid)


def _action_response(said: Acted, piid: int) -> Native:
    item = apdu.ActionResult(method=omd(said.method), dar=said.dar)
    return apdu.ActionResponse(methods=[item], list=False, piid_acd=piid)


def _connect_request(said: Connect, piid: int) -> Native:
    none = said.password is None
    mechanism = apdu.NullSecurity() if none else apdu.PasswordSecurity(password=said.password or "")
    return apdu.ConnectRequest(mechanism=mechanism, parameters=_parameters(said.terms), piid=piid)


def _parameters(terms: Terms) -> apdu.AssociationParameters:
    return apdu.AssociationParameters(
        protocol=list(terms.protocol),
        function=list(terms.function),
        version=terms.version,
        send_frame_bytes=terms.send_bytes,
        receive_frame_bytes=terms.receive_bytes,
        receive_window=terms.window,
        apdu_bytes=terms.apdu_bytes,
        timeout_seconds=terms.timeout_seconds,
    )


def _connect_response(said: Connected, piid: int) -> Native:
    return apdu.ConnectResponse(result=said.result, parameters=_parameters(said.terms), piid_acd=piid)


def _link_request(said: LinkCall, piid: int) -> Native:
    return apdu.LinkRequest(
        type=apdu.LinkRequestType(said.kind),
        heartbeat_seconds=said.heartbeat_seconds,
        piid_acd=piid,
        requested_at=DateTime(value=list(said.requested_at)),
    )


def _link_response(said: LinkAnswer, piid: int) -> Native:
    at = DateTime(value=list(said.requested_at))
    return apdu.LinkResponse(piid=piid, result=said.result, requested_at=at, received_at=at, responded_at=at)


_WRITERS: Mapping[type, Callable[[Any, int], Native]] = {
    Get: _get_request,
    Got: _get_response,
    Set: _set_request,
    WasSet: _set_response,
    Act: _action_request,
    Acted: _action_response,
    Connect: _connect_request,
    Connected: _connect_response,
    Release: lambda _, piid: apdu.ReleaseRequest(piid=piid),
    Released: lambda said, piid: apdu.ReleaseResponse(result=said.result, piid_acd=piid),
    Failed: lambda said, piid: apdu.ErrorResponse(server=True, type=said.kind, piid=piid),
    LinkCall: _link_request,
    LinkAnswer: _link_response,
}
