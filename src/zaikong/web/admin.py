"""Which tables can be read as lists, and by what are they filtered and searched?"""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from zaikong.domain.registry.masking import mask_identifier, mask_phone
from zaikong.store.queries.scope import Scope
from zaikong.web.records import LongRecord, Record, account_link, accounts_in, column, customer_name, owner
from zaikong.web.templatetags import console, findings

_PEOPLE = ("account__customer",)
_FIND_ACCOUNT = ("account__account_no__startswith", "account__customer__name__startswith")


def _register(table: str) -> Any:
    return admin.register(apps.get_model("zaikong", table))


@_register("account")
class AccountAdmin(Record):
    """Accounts with their terms."""

    account_path = ""
    list_display = (
        account_link,
        customer_name,
        "category",
        "payment_mode",
        column("supply_point__premise__station__name", _("station")),
        column("supply_point__premise__route", _("meter reading route")),
        "collector",
        "contract_date",
    )
    list_filter = ("category", "payment_mode", "important_grade", "low_income", "book")
    list_select_related = ("customer", "supply_point__premise__station", "collector")
    search_fields = ("account_no__startswith", "customer__name__startswith", "customer__phone__startswith")
    date_hierarchy = "contract_date"


@_register("customer")
class CustomerAdmin(Record):
    """Customers; phone and identity number masked."""

    masked = {"phone": mask_phone, "id_no": mask_identifier}
    list_display = (
        "name",
        "usci",
        column("id_no", _("identity number"), console.identifier),
        column("phone", _("phone"), console.phone),
        "industry",
    )
    list_display_links = ("name",)
    search_fields = ("name__startswith", "usci__startswith", "phone__startswith")

    def seen(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        """Customers with an account in sight."""
        if scope.whole_county:
            return rows
        return rows.filter(accounts_in(scope, apps.get_model("zaikong", "Account").objects, customer=owner("pk")))


@_register("meter")
class MeterAdmin(Record):
    """Meters and the accounts they measure."""

    list_display = (
        "meter_no",
        account_link,
        customer_name,
        "protocol",
        "multiplier",
        "digits",
        "relay",
        "installed_date",
    )
    list_filter = ("protocol", "relay")
    list_select_related = _PEOPLE
    search_fields = ("meter_no__startswith", *_FIND_ACCOUNT)


@_register("registerreading")
class RegisterReadingAdmin(LongRecord):
    """Register values as handed in."""

    list_display = (
        "night_date",
        "meter_no",
        account_link,
        "register",
        "read_at",
        column("value_centi", _("value")),
        "status",
        column("code", _("finding"), console.finding),
    )
    list_filter = ("status", "register")
    list_select_related = _PEOPLE
    search_fields = ("account__account_no__exact", "meter_no__exact")
    search_help_text = _("whole account or meter number")
    date_hierarchy = "night_date"
    ordering = ("-night_date", "-id")


@_register("dailyuse")
class DailyUseAdmin(LongRecord):
    """Daily use by register; rows that count and rows that were revised."""

    list_display = (
        "use_date",
        account_link,
        customer_name,
        column("sharp_centi_kwh", _("sharp")),
        column("peak_centi_kwh", _("peak")),
        column("flat_centi_kwh", _("flat")),
        column("valley_centi_kwh", _("valley")),
        column("centi_kwh", _("use")),
        "source",
        "known_date",
        "current",
    )
    list_filter = ("source", "current")
    list_select_related = _PEOPLE
    search_fields = ("account__account_no__exact",)
    search_help_text = _("whole account number")
    date_hierarchy = "use_date"
    ordering = ("-use_date", "-id")


@_register("meteringfinding")
class MeteringFindingAdmin(Record):
    """What is wrong with readings."""

    list_display = (
        "use_date",
        account_link,
        customer_name,
        "meter_no",
        "register",
        column("code", _("finding"), console.finding),
        column("severity", _("weight"), console.severity),
        column("", _("observed"), findings.observed),
        column("", _("expected"), findings.expected),
        "resolved_date",
    )
    list_filter = ("severity", "code", ("resolved_date", admin.EmptyFieldListFilter))
    list_select_related = _PEOPLE
    search_fields = ("meter_no__startswith", *_FIND_ACCOUNT)
    date_hierarchy = "night_date"
    ordering = ("-night_date", "-id")


@_register("bill")
class BillAdmin(LongRecord):
    """Released bills."""

    list_display = (
        column("month", _("billing month")),
        account_link,
        customer_name,
        "kind",
        column("centi_kwh", _("energy billed")),
        column("total_fen", _("total")),
        "issued_date",
        "due_date",
        "verified",
    )
    list_filter = ("kind", "verified", "month")
    list_select_related = _PEOPLE
    search_fields = ("account__account_no__exact",)
    search_help_text = _("whole account number")
    date_hierarchy = "issued_date"
    ordering = ("-issued_date", "-id")


@_register("openitem")
class OpenItemAdmin(Record):
    """What is still owed on bills."""

    list_display = (
        column("month", _("billing month")),
        account_link,
        customer_name,
        "due_date",
        column("amount_fen", _("amount")),
        column("open_fen", _("open")),
        column("late_fee_paid_fen", _("late fee paid")),
        "disputed",
    )
    list_filter = ("disputed", "month")
    list_select_related = _PEOPLE
    search_fields = _FIND_ACCOUNT
    date_hierarchy = "due_date"
    ordering = ("due_date", "bill_id")


@_register("payment")
class PaymentAdmin(Record):
    """Money handed in."""

    list_display = (
        "paid_at",
        column("channel", _("channel"), console.channel),
        "channel_ref",
        account_link,
        column("amount_fen", _("amount")),
        "state",
        "topup",
        "cashier",
        "booked_date",
    )
    list_filter = ("state", "channel", "topup")
    list_select_related = (*_PEOPLE, "cashier")
    search_fields = ("channel_ref__startswith", "account_no_given__startswith")
    date_hierarchy = "booked_date"
    ordering = ("-booked_date", "-id")


@_register("leg")
class LegAdmin(LongRecord):
    """The ledger, a row a leg."""

    list_display = (
        "booked_date",
        "transaction",
        column("event", _("event"), console.event),
        column("gl", _("general ledger account"), console.ledger_account),
        account_link,
        column("bill__month", _("billing month")),
        column("amount_fen", _("amount")),
    )
    list_filter = ("gl",)
    list_select_related = (*_PEOPLE, "bill")
    search_fields = ("account__account_no__exact", "transaction__exact")
    search_help_text = _("whole account number or transaction")
    date_hierarchy = "booked_date"
    ordering = ("-booked_date", "-id")


@_register("connectionapplication")
class ConnectionApplicationAdmin(Record):
    """Applications for supply."""

    account_path = None
    list_display = ("application_no", "customer", "premise", "category", "state", "accepted_date")
    list_display_links = ("application_no",)
    list_filter = ("state", "category")
    list_select_related = ("customer", "premise")
    search_fields = ("application_no__startswith", "customer__name__startswith")
    date_hierarchy = "accepted_date"

    def seen(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        """Applications for premises of the station."""
        return rows if scope.whole_county else rows.filter(premise__station=scope.station_id)


@_register("importbatch")
class ImportBatchAdmin(Record):
    """Files taken in."""

    county = True
    list_display = (
        "recorded_at",
        "kind",
        "file_name",
        "rows",
        "loaded",
        "unchanged",
        "rejected",
        "as_of_date",
        "staff",
    )
    list_display_links = ("file_name",)
    list_filter = ("kind",)
    list_select_related = ("staff",)
    ordering = ("-recorded_at",)


@_register("night")
class NightAdmin(Record):
    """Nightly runs."""

    county = True
    list_display = ("business_date", "closed")
    list_filter = ("closed",)
    date_hierarchy = "business_date"


@_register("station")
class StationAdmin(Record):
    """Stations of the county."""

    county = True
    list_display = ("code", "name")


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(ModelAdmin):
    """Roles; written by `application.roles`, to be read here."""

    list_display = ("name",)
    filter_horizontal = ("permissions",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Roles are changed in code, where their rights can be reviewed."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As for changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for changes."""
        return False


@_register("staff")
class StaffAdmin(UserAdmin, ModelAdmin):
    """Staff: who may sign in, with which role, for which station. Changed by an administrator only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "shown_name", "shown_roles", "station", "is_active", "last_login")
    list_filter = ("groups", "station", "is_active")
    list_select_related = ("station",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "employee_no", "email")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "station", "groups")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )

    @admin.display(description=pgettext_lazy("person", "name"), ordering="first_name")
    def shown_name(self, staff: Any) -> str:
        """Full name."""
        return str(staff)

    @admin.display(description=_("roles"))
    def shown_roles(self, staff: Any) -> str:
        """Titles of the person's roles."""
        return "、".join(console.role(group.name) for group in staff.groups.all())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Staff with their roles."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look does not see the password's fingerprint."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        return ((None, {"fields": ("username",)}), *sets[1:])
