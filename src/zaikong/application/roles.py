"""Who may do what?

The roles of a power-supply company are Django groups. A right is a positive word: what no role grants, nobody may do.
Rights to look at a table are Django's own `view_…`; the few rights to act are listed here, because each belongs to a
verb and not to a table. Two rights that two people must hold are never given to one role.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from zaikong.kernel.refusal import Refusal


class UnableToStaffDemoError(Refusal):
    """The password given for the demonstration log-ins is too weak."""


class Role(StrEnum):
    """A job in the company, by the name of its group."""

    INTAKE_CLERK = "intake_clerk"
    BILLING_CLERK = "billing_clerk"
    CASHIER = "cashier"
    COLLECTOR = "collector"
    METERING_TECHNICIAN = "metering_technician"
    MANAGER = "manager"
    DIRECTOR = "director"
    LEGAL_OFFICER = "legal_officer"
    AUDITOR = "auditor"
    CUSTOMER = "customer"


TITLES = MappingProxyType(
    {
        Role.INTAKE_CLERK: _("intake clerk"),
        Role.BILLING_CLERK: _("billing clerk"),
        Role.CASHIER: _("cashier"),
        Role.COLLECTOR: _("collector"),
        Role.METERING_TECHNICIAN: _("metering technician"),
        Role.MANAGER: _("manager"),
        Role.DIRECTOR: _("director"),
        Role.LEGAL_OFFICER: _("legal officer"),
        Role.AUDITOR: _("auditor"),
        Role.CUSTOMER: _("customer"),
    }
)
"""What each role is called, in the language of the reader."""

DECIDE_BILLS = "decide_billdraft"
TAKE_PAYMENTS = "take_payment"
UNDO_PAYMENTS = "undo_payment"
REQUEST_WAIVERS = "request_latefeewaiver"
APPROVE_WAIVERS = "approve_latefeewaiver"
DECIDE_SIGNALS = "decide_signalmatch"
HANDLE_WARNINGS = "handle_riskwarning"
GRADE_APPLICATIONS = "grade_connectionapplication"
HANDLE_CASES = "handle_collectioncase"
APPROVE_CASES = "approve_collectioncase"
DECIDE_DISPUTES = "decide_dispute"
SERVE_NOTICES = "serve_notice"
DRAFT_CONTRACTS = "draft_supplycontract"
SIGN_CONTRACTS = "sign_supplycontract"
PLAN_WORK = "plan_workplanrun"
PROPOSE_CUTS = "propose_cutorder"
APPROVE_CUTS = "approve_cutorder"
EXECUTE_CUTS = "execute_cutorder"
STOP_ALL_CUTS = "stop_stopallswitch"
RELEASE_ALL_CUTS = "release_stopallswitch"
ORDER_DEVICES = "order_feecontroldevice"
HANDLE_DEVICES = "handle_feecontroldevice"
MEND_RETAINED = "mend_retaincheck"
APPROVE_UNRETAINED = "approve_retaincheck"
CONFIRM_CUTS = "confirm_humanconfirmation"
DRAFT_PREPAYMENTS = "draft_prepaymentagreement"
SIGN_PREPAYMENTS = "sign_prepaymentagreement"
REQUEST_REFUNDS = "request_prepaymentrefund"
APPROVE_REFUNDS = "approve_prepaymentrefund"
ORDER_SWITCHES = "order_paymentmodeswitch"
APPROVE_SWITCHES = "approve_paymentmodeswitch"
DECIDE_BREACHES = "decide_cutbreach"
MAKE_GOOD_BREACHES = "make_good_cutbreach"
READ_METERS = "read_meter"

ACTS = MappingProxyType(
    {
        DECIDE_BILLS: ("billdraft", "Can release or discard a held bill"),
        TAKE_PAYMENTS: ("payment", "Can take a payment at the counter"),
        UNDO_PAYMENTS: ("payment", "Can reverse, bounce, clear or assign a payment"),
        REQUEST_WAIVERS: ("latefeewaiver", "Can ask for a late-fee waiver"),
        APPROVE_WAIVERS: ("latefeewaiver", "Can approve or refuse a late-fee waiver"),
        DECIDE_SIGNALS: ("signalmatch", "Can confirm or reject whom a signal is about"),
        HANDLE_WARNINGS: ("riskwarning", "Can note what was done about a warning"),
        GRADE_APPLICATIONS: ("connectionapplication", "Can grade an application and override its grade"),
        HANDLE_CASES: ("collectioncase", "Can record what was done in a collection case"),
        APPROVE_CASES: ("collectioncase", "Can approve pauses, protections and instalments"),
        DECIDE_DISPUTES: ("dispute", "Can decide a dispute"),
        SERVE_NOTICES: ("notice", "Can issue notices and record their service"),
        DRAFT_CONTRACTS: ("supplycontract", "Can draft a supply contract"),
        SIGN_CONTRACTS: ("supplycontract", "Can sign a supply contract for the company"),
        PLAN_WORK: ("workplanrun", "Can plan the work of a day and change it by hand"),
        PROPOSE_CUTS: ("cutorder", "Can propose a cut"),
        APPROVE_CUTS: ("cutorder", "Can approve or refuse a cut"),
        EXECUTE_CUTS: ("cutorder", "Can carry out an approved cut"),
        STOP_ALL_CUTS: ("stopallswitch", "Can stop all cuts"),
        RELEASE_ALL_CUTS: ("stopallswitch", "Can let cuts go on after a stop"),
        ORDER_DEVICES: ("feecontroldevice", "Can order a fee-control device"),
        HANDLE_DEVICES: ("feecontroldevice", "Can install and accept devices and clear their faults"),
        MEND_RETAINED: ("retaincheck", "Can switch retained supply on at a meter, and ask to end it"),
        APPROVE_UNRETAINED: ("retaincheck", "Can approve that a meter no longer retains supply"),
        CONFIRM_CUTS: ("humanconfirmation", "Can confirm that supply of a prepaid account may be cut"),
        DRAFT_PREPAYMENTS: ("prepaymentagreement", "Can draft a prepayment agreement"),
        SIGN_PREPAYMENTS: ("prepaymentagreement", "Can sign and end a prepayment agreement for the company"),
        REQUEST_REFUNDS: ("prepaymentrefund", "Can ask for prepaid money to be given back, and pay it out"),
        APPROVE_REFUNDS: ("prepaymentrefund", "Can approve or refuse a refund of prepaid money"),
        ORDER_SWITCHES: ("paymentmodeswitch", "Can order a switch of the payment mode"),
        APPROVE_SWITCHES: ("paymentmodeswitch", "Can approve a switch of the payment mode"),
        DECIDE_BREACHES: ("cutbreach", "Can confirm or dismiss a breach in cutting"),
        MAKE_GOOD_BREACHES: ("cutbreach", "Can record that a breach in cutting was made good"),
        READ_METERS: ("meter", "Can read a meter over the wire"),
    }
)
"""Rights to act: codename to (table it is filed under, name)."""

_REGISTRY = ("account", "customer", "premise", "supplypoint")
_METERING = ("meter", "registerreading", "registerstate", "dailyuse", "meteringfinding")
_BILLS = ("bill", "billline")
_RUNS = ("billrun", "billdraft", "billfinding")
_MONEY = ("openitem", "payment", "allocation", "leg", "accountbalance", "accountexposure", "latefeewaiver")
_SIGNALS = ("signal", "signalmatch")
_CREDIT = ("creditstanding", "grademove", "billscore", "scorewatch", "riskwarning")
_CLOSES = ("night", "nightstep", "daybook", "monthclose")
_IMPORTS = ("importbatch", "importrejection")
_INTAKE = ("connectionapplication", "applicationdocument", "firstgrade")
_PEOPLE = ("staff", "station")
_CONTRACTS = ("supplycontract", "guarantee")
_CASES = (
    "collectioncase",
    "caseevent",
    "evidence",
    "promisetopay",
    "dispute",
    "casepause",
    "protection",
    "vulnerablereview",
    "outboundmessage",
    "notice",
    "noticeservice",
    "instalmentagreement",
    "limitationevent",
)
_WORK = ("workplanrun", "worklistrow", "staffcapacity")
_CUTS = ("cutorder", "cutapproval", "legalitycertificate", "stopallswitch")
_BALANCES = ("prepaidbalance", "balancecrossing", "balancemessage", "humanconfirmation")
_PREPAYMENT = ("prepaymentagreement", "prepaymentrefund", "paymentmodeswitch", "debtrecovery", *_BALANCES)
_COMMANDS = ("metercommand", "meterexchange", "restoreorder", "commandfailure", "fieldorder", "concentrator")
_DEVICES = ("feecontroldevice", "deviceacceptance", "acceptanceitem", "devicefault", "retaincheck")
_BREACHES = ("cutbreach",)
_DECISIONS = ("decisionrecord",)

_OVERSIGHT = (
    *_REGISTRY,
    *_INTAKE,
    *_METERING,
    *_BILLS,
    *_RUNS,
    *_MONEY,
    *_SIGNALS,
    *_CREDIT,
    *_CLOSES,
    *_IMPORTS,
    *_PEOPLE,
    *_CONTRACTS,
    *_CASES,
    *_WORK,
    *_CUTS,
    *_COMMANDS,
    *_DEVICES,
    *_PREPAYMENT,
    *_BREACHES,
)
"""What those who answer for the whole, and those who check it, look at."""

_VIEWS: dict[Role, tuple[str, ...]] = {
    Role.INTAKE_CLERK: (
        *_REGISTRY,
        *_INTAKE,
        *_CONTRACTS,
        *_PREPAYMENT,
        "meter",
        *_BILLS,
        "openitem",
        "accountbalance",
        "accountexposure",
    ),
    Role.BILLING_CLERK: (*_REGISTRY, *_METERING, *_BILLS, *_RUNS, *_MONEY, *_CLOSES, *_IMPORTS),
    Role.CASHIER: (*_REGISTRY, *_BILLS, *_MONEY, *_PREPAYMENT),
    Role.COLLECTOR: (
        *_REGISTRY,
        "meter",
        "dailyuse",
        *_BILLS,
        *_MONEY,
        *_SIGNALS,
        *_CREDIT,
        *_CONTRACTS,
        *_CASES,
        *_WORK,
        *_CUTS,
        *_COMMANDS,
        *_PREPAYMENT,
    ),
    Role.METERING_TECHNICIAN: (*_REGISTRY, *_METERING, *_CUTS, *_COMMANDS, *_DEVICES),
    Role.MANAGER: (*_OVERSIGHT, *_DECISIONS),
    Role.DIRECTOR: (*_OVERSIGHT, *_DECISIONS),
    Role.LEGAL_OFFICER: (
        *_REGISTRY,
        "meter",
        "dailyuse",
        "registerreading",
        *_BILLS,
        *_MONEY,
        *_SIGNALS,
        *_CREDIT,
        *_CONTRACTS,
        *_CASES,
        *_CUTS,
        *_COMMANDS,
        *_PREPAYMENT,
        *_BREACHES,
        *_DECISIONS,
    ),
    Role.AUDITOR: (*_OVERSIGHT, *_DECISIONS),
    Role.CUSTOMER: (),
}
"""Tables each role may look at. A customer never enters the console."""

_ACTS: dict[Role, tuple[str, ...]] = {
    Role.INTAKE_CLERK: (GRADE_APPLICATIONS, DRAFT_CONTRACTS, DRAFT_PREPAYMENTS, ORDER_SWITCHES),
    Role.BILLING_CLERK: (DECIDE_BILLS, UNDO_PAYMENTS),
    Role.CASHIER: (TAKE_PAYMENTS, REQUEST_WAIVERS, REQUEST_REFUNDS),
    Role.COLLECTOR: (
        REQUEST_WAIVERS,
        HANDLE_WARNINGS,
        HANDLE_CASES,
        SERVE_NOTICES,
        PROPOSE_CUTS,
        STOP_ALL_CUTS,
        DRAFT_PREPAYMENTS,
        ORDER_SWITCHES,
    ),
    Role.METERING_TECHNICIAN: (
        EXECUTE_CUTS,
        STOP_ALL_CUTS,
        READ_METERS,
        ORDER_DEVICES,
        HANDLE_DEVICES,
        MEND_RETAINED,
    ),
    Role.MANAGER: (
        APPROVE_WAIVERS,
        DECIDE_SIGNALS,
        HANDLE_WARNINGS,
        GRADE_APPLICATIONS,
        HANDLE_CASES,
        APPROVE_CASES,
        DECIDE_DISPUTES,
        SERVE_NOTICES,
        SIGN_CONTRACTS,
        PLAN_WORK,
        APPROVE_CUTS,
        CONFIRM_CUTS,
        STOP_ALL_CUTS,
        SIGN_PREPAYMENTS,
        APPROVE_REFUNDS,
        APPROVE_SWITCHES,
        MAKE_GOOD_BREACHES,
        READ_METERS,
        ORDER_DEVICES,
        APPROVE_UNRETAINED,
    ),
    Role.DIRECTOR: (
        APPROVE_CASES,
        SIGN_CONTRACTS,
        APPROVE_CUTS,
        CONFIRM_CUTS,
        STOP_ALL_CUTS,
        RELEASE_ALL_CUTS,
        SIGN_PREPAYMENTS,
        APPROVE_REFUNDS,
        APPROVE_SWITCHES,
        APPROVE_UNRETAINED,
    ),
    Role.LEGAL_OFFICER: (
        DECIDE_SIGNALS,
        HANDLE_WARNINGS,
        HANDLE_CASES,
        DECIDE_DISPUTES,
        SERVE_NOTICES,
        STOP_ALL_CUTS,
        DECIDE_BREACHES,
    ),
    Role.AUDITOR: (STOP_ALL_CUTS,),
}
"""Who proposes or carries out a cut does not approve it; anybody near a cut may stop them all, only one may go on."""


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A log-in of the demonstration.

    Attributes:
        username: What to type.
        role: What the person does.
        station: Name of the station whose accounts are seen, empty for the county.
    """

    username: str
    role: Role
    station: str


def permission(codename: str) -> str:
    """The word Django checks for a codename of the tables, such as `zaikong.view_account`."""
    return f"zaikong.{codename}"


@transaction.atomic
def ensure_roles() -> None:
    """Bring the groups and their permissions to what this module says; run again, nothing changes."""
    _ensure_acts()
    known = {
        row.codename: row for row in Permission.objects.filter(content_type__app_label="zaikong").order_by("codename")
    }
    for role in Role:
        wanted = [known[name] for name in granted(role)]
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set(wanted)


def granted(role: Role) -> tuple[str, ...]:
    """Codenames of every permission a role holds."""
    return (*(f"view_{table}" for table in _VIEWS[role]), *_ACTS.get(role, ()))


@transaction.atomic
def ensure_demo_staff(*, password: str) -> list[DemoLogin]:
    """Bring up one log-in for each role of the console, for the demonstration.

    Cashier and collector belong to the first station, the others to the county. A log-in that exists keeps its groups
    and station as written here, and gets the password.

    Args:
        password: The same for all of them.

    Returns:
        The log-ins, in the order of the roles.

    Raises:
        UnableToStaffDemoError: The password does not pass the password policy.
    """
    try:
        validate_password(password)
    except ValidationError as fault:
        raise UnableToStaffDemoError(
            " ".join(fault.messages), code="PASSWORD_WEAK", remedy="Choose at least ten characters, not a common word."
        ) from fault
    ensure_roles()
    station = apps.get_model("zaikong", "Station").objects.order_by("code").first()
    return [
        _ensure_login(role, name, station if role in _OF_A_STATION else None, password)
        for role, name in _DEMO_NAMES.items()
    ]


_OF_A_STATION = (Role.CASHIER, Role.COLLECTOR)

_DEMO_NAMES = {
    Role.INTAKE_CLERK: "周业扩",
    Role.BILLING_CLERK: "吴核算",
    Role.CASHIER: "郑收费",
    Role.COLLECTOR: "王催收",
    Role.METERING_TECHNICIAN: "冯计量",
    Role.MANAGER: "陈营销",
    Role.DIRECTOR: "沈分管",
    Role.LEGAL_OFFICER: "褚法务",
    Role.AUDITOR: "卫审计",
}
"""Surname and job, so that a reader sees whose eyes the page is shown to."""


def _ensure_acts() -> None:
    for codename, (table, name) in ACTS.items():
        content_type = ContentType.objects.get_for_model(apps.get_model("zaikong", table))
        Permission.objects.update_or_create(content_type=content_type, codename=codename, defaults={"name": name})


def _ensure_login(role: Role, name: str, station: object, password: str) -> DemoLogin:
    username = role.value.partition("_")[0]
    staff, _created = apps.get_model("zaikong", "Staff").objects.get_or_create(username=username)
    staff.first_name, staff.last_name = name, ""
    staff.is_staff, staff.is_active, staff.station = True, True, station
    if not staff.check_password(password):
        staff.set_password(password)
    staff.save()
    staff.groups.set([Group.objects.get(name=role.value)])
    return DemoLogin(username=username, role=role, station=str(station or ""))
