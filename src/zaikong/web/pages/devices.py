"""What is known of one meter and its device, and what does it show at this moment?"""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zaikong.application.roles import HANDLE_DEVICES, READ_METERS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import device_page as queries
from zaikong.store.queries.fee_control_page import crew, crew_member
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, device_words
from zaikong.web.business_day import lawful_time
from zaikong.web.form_fields import UnableToReadFieldError
from zaikong.web.frame import page, shown

_VIEW: Final = "zaikong.view_meter"


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def device_page(request: HttpRequest, meter_no: str, *, scope: Scope) -> HttpResponse:
    """A meter, where it hangs, its device and its timeline; posted, a fault is reported, given to somebody or cleared."""
    meter = _in_sight(meter_no, scope)
    if request.method != "POST":
        return _shown(request, scope, meter)
    act = asked.text(request.POST, "act")
    if act not in _ACTS:
        raise Http404(_("Nothing of this name can be done here."))
    if not request.user.has_perm(permission(HANDLE_DEVICES)):
        raise PermissionDenied
    try:
        told = _ACTS[act](request, scope, meter)
    except Refusal as refusal:
        return _shown(request, scope, meter, refusal=refusal, act=act)
    messages.success(request, told)
    return redirect("device", meter_no)


@page(_VIEW)
@require_POST
def live_read(request: HttpRequest, meter_no: str, *, scope: Scope) -> HttpResponse:
    """What a meter shows at this moment, or why it does not say; asked for by its page, it comes alone."""
    from zaikong.application.commanding.live_read import read_now  # noqa: PLC0415 -- loads the protocols on first use

    meter = _in_sight(meter_no, scope)
    if not request.user.has_perm(permission(READ_METERS)):
        raise PermissionDenied
    told: dict[str, Any] = {"meter": meter}
    try:
        told["read"] = read_now(meter=meter.pk, staff=request.user, at=lawful_time())
    except Refusal as refusal:
        told["refusal"] = refusal
    if request.htmx:  # a refusal is shown where the answer would be, which a browser asked so does only with 200
        return TemplateResponse(request, "zaikong/device_read.html", told)
    return _shown(request, scope, meter, read=told.get("read"), refusal=told.get("refusal"), act="read")


def _in_sight(meter_no: str, scope: Scope) -> Any:
    meter = queries.meter_by_number(meter_no, scope=scope)
    if meter is None:
        raise Http404(_("No meter of this number is in your sight."))
    return meter


def _shown(
    request: HttpRequest,
    scope: Scope,
    meter: Any,
    *,
    refusal: Refusal | None = None,
    act: str = "",
    read: Any = None,
) -> HttpResponse:
    sees_device = request.user.has_perm("zaikong.view_feecontroldevice")
    may_handle = request.user.has_perm(permission(HANDLE_DEVICES))
    devices = queries.devices_of(meter) if sees_device else []
    return shown(
        request,
        "zaikong/device.html",
        title=f"{_('Meter')} {meter.meter_no}",
        status=409 if refusal else 200,
        scope=scope,
        at=lawful_time(),
        meter=meter,
        registers=queries.registers_of(meter),
        sees_device=sees_device,
        devices=devices,
        carried=next((one for one in devices if one.meter_id == meter.pk and one.state != "retired"), None),
        acceptances=queries.acceptances_of(devices) if sees_device else [],
        faults=queries.faults_of(devices) if sees_device else [],
        checks=queries.checks_of(meter) if sees_device else [],
        sees_timeline=request.user.has_perm("zaikong.view_metercommand"),
        timeline=queries.timeline(meter) if request.user.has_perm("zaikong.view_metercommand") else [],
        may_read=request.user.has_perm(permission(READ_METERS)),
        may_handle=may_handle,
        technicians=crew(right=HANDLE_DEVICES, scope=scope) if may_handle and devices else [],
        kinds=[(code, device_words.FAULTS[code]) for code in device_words.REPORTED],
        sources=[(code, device_words.SOURCES[code]) for code in device_words.FOUND_BY],
        longest_resolution=queries.LONGEST_RESOLUTION,
        refusal=refusal,
        act=act,
        posted=asked.number(request.POST, "fault") if refusal else None,
        read=read,
    )


def _report(request: HttpRequest, _scope: Scope, meter: Any) -> str:
    from zaikong.application.devices.faults import open_fault  # noqa: PLC0415 -- loads the log on first use

    carried = [one for one in queries.devices_of(meter) if one.meter_id == meter.pk and one.state != "retired"]
    open_fault(
        device=carried[0].pk if carried else 0,
        kind=asked.text(request.POST, "kind"),
        source=asked.text(request.POST, "source"),
        staff=request.user,
        at=lawful_time(),
    )
    return _("The fault is reported.")


def _assign(request: HttpRequest, scope: Scope, meter: Any) -> str:
    from zaikong.application.devices.faults import assign_fault  # noqa: PLC0415 -- as above

    person = crew_member(asked.number(request.POST, "to") or 0, right=HANDLE_DEVICES, scope=scope)
    if person is None:
        raise UnableToReadFieldError("nobody is named", code="NOT_A_TECHNICIAN", remedy="Name a technician.")
    assign_fault(fault=_fault(request, meter), to=person, staff=request.user, at=lawful_time())
    return _("The fault is in hand.")


def _clear(request: HttpRequest, _scope: Scope, meter: Any) -> str:
    from zaikong.application.devices.faults import clear_fault  # noqa: PLC0415 -- as above

    clear_fault(
        fault=_fault(request, meter),
        resolution=asked.text(request.POST, "resolution"),
        staff=request.user,
        at=lawful_time(),
    )
    return _("The fault is cleared.")


def _fault(request: HttpRequest, meter: Any) -> int:
    number = asked.number(request.POST, "fault")
    found = queries.fault_in_sight(number, meter=meter) if number is not None else None
    if found is None:
        raise Http404(_("Nothing of this number is in your sight."))
    return found.pk


_ACTS: Final = {"report": _report, "assign": _assign, "clear": _clear}
"""What can be done here; each takes the right to work at devices."""
