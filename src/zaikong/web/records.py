"""How is a table shown to be read, and only read?

The lists of the side bar's *records* are Django admin lists without add, change and delete; each is cut to the reader's
scope, writes money, energy and months as the pages do, and hides what identifies a person.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from zaikong.application.seeing import scope_of
from zaikong.store.queries.scope import Scope
from zaikong.web.templatetags import console

Column = Callable[[Any], Any]

PAGE_ROWS = 50
_FORMATS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("_fen", console.money),
    ("_centi_kwh", console.kwh),
    ("_centi_kvarh", console.kwh),
    ("centi_kwh", console.kwh),
    ("centi_kvarh", console.kwh),
    ("_centi_kva", console.kwh),
    ("_centi_kw", console.kwh),
    ("value_centi", console.kwh),
    ("_rate_bp", console.percent),
    ("price_e8", console.price),
    ("month", console.month),
)


def column(name: str, title: Any = None, show: Callable[[Any], Any] | None = None) -> Column:
    """A column that writes a field as the pages write it, to be sorted by the field.

    Args:
        name: Field, by the way to it (`account__customer__name`); empty for the row itself.
        title: What stands above it; the field's own title where None.
        show: How a value is written; by the field's name where None.
    """
    write = show or _format_of(name)
    path = name.split("__") if name else []

    def shown(row: Any) -> Any:
        for step in path:
            row = getattr(row, step, None)
        return format_html('<span class="zk-cell">{}</span>', write(row)) if write else row

    shown.short_description = title or name  # type: ignore[attr-defined] # the admin reads functions so
    if path:
        shown.admin_order_field = name  # type: ignore[attr-defined] # as above
    shown.__name__ = path[-1] if path else getattr(write, "__name__", "shown")
    return shown


def account_link(row: Any) -> SafeString | str:
    """The account of a row, as a link to its page."""
    account = row if hasattr(row, "account_no") else row.account
    if account is None:
        return "–"
    return format_html(
        '<a class="zk-link zk-num" href="{}">{}</a>', reverse("account", args=[account.account_no]), account.account_no
    )


account_link.short_description = _("account number")  # type: ignore[attr-defined] # the admin reads functions so
account_link.admin_order_field = "account__account_no"  # type: ignore[attr-defined] # as above


def customer_name(row: Any) -> str:
    """The name of the customer of a row's account."""
    account = row if hasattr(row, "account_no") else row.account
    return "–" if account is None else str(account.customer.name)


customer_name.short_description = _("name")  # type: ignore[attr-defined] # the admin reads functions so


class Record(ModelAdmin):
    """A table to be read.

    Attributes:
        account_path: Path from a row to its account, by which it is cut to the reader's scope.
        county: Whether rows belong to no station, so that only the county's staff see them.
        hidden: Fields that are not shown at all.
        masked: Field to the way it is hidden.
    """

    account_path: str | None = "account"
    county = False
    hidden: Sequence[str] = ()
    masked: dict[str, Callable[[str], str]] = {}

    list_per_page = PAGE_ROWS
    show_full_result_count = False
    list_fullwidth = True
    list_filter_sheet = True
    list_filter_submit = False
    list_display_links: Sequence[str] | None = ()
    actions = None
    compressed_fields = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes a row here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes a row here."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever holds the right to view the table; of tables of the county, the county's staff only."""
        allowed = super().has_view_permission(request, obj)
        return bool(allowed and (not self.county or scope_of(request.user).whole_county))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows in the reader's sight."""
        return self.seen(super().get_queryset(request), scope_of(request.user))

    def seen(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        """Cut rows to a scope."""
        if scope.whole_county:
            return rows
        if self.county:
            raise PermissionDenied
        return rows if self.account_path is None else rows.filter(scope.rows(self.account_path))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Every field of the table but the hidden ones, written as the pages write them."""
        fields: list[Any] = []
        for field in self.model._meta.fields:
            if field.name in self.hidden:
                continue
            show = self.masked.get(field.name) or _format_of(field.name)
            fields.append(column(field.name, field.verbose_name, show) if show else field.name)
        return fields

    def history_view(self, *args: Any, **kwargs: Any) -> Any:
        """Rows that nobody changes here have no history here."""
        raise PermissionDenied


class LongRecord(Record):
    """A table of millions of rows: pages are turned without counting them."""

    paginator = InfinitePaginator


def accounts_in(scope: Scope, accounts: QuerySet[Any], **link: Any) -> Exists:
    """Whether a row has an account in sight, linked by `link`."""
    return Exists(accounts.filter(scope.rows(), **link))


def owner(path: str) -> OuterRef:
    """The queried row's own column, inside `accounts_in`."""
    return OuterRef(path)


def _format_of(name: str) -> Callable[[Any], Any] | None:
    last = name.rpartition("__")[2]
    return next((show for suffix, show in _FORMATS if last == suffix or last.endswith(suffix)), None)
