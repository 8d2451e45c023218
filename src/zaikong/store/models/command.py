"""Which commands went to which meter, what came of them, and who goes out where the wire does not reach?"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.collection import Evidence
from zaikong.store.models.feecontrol import CutOrder
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.metering import Meter
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class RestoreOrder(models.Model):
    """Supply to be given back 复电: since when, by when at the latest, and how it was done."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING_SAFETY = "waiting", _("waiting for confirmation of safety")
        QUEUED = "queued", _("queued")
        SENT = "sent", pgettext_lazy("restore order", "sent")
        FAILED = "failed", pgettext_lazy("restore order", "not carried out")
        DONE = "done", pgettext_lazy("restore order", "supply is back")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    cut_order = models.ForeignKey(CutOrder, models.PROTECT, verbose_name=_("cut order"))
    cause = models.CharField(_("cause"), max_length=20)
    since_at = models.DateTimeField(_("since"))
    due_by_at = models.DateTimeField(_("at the latest"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    ordered_at = models.DateTimeField(_("ordered at"))
    ordered_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ordered by")
    )
    safety_needed = models.BooleanField(_("safety must be confirmed"), default=False)
    safety_at = models.DateTimeField(_("safety confirmed at"), null=True, blank=True)
    safety_by = models.CharField(_("safety confirmed by"), max_length=80, blank=True)
    safety_staff = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken down by")
    )
    how = models.CharField(_("how"), max_length=10, blank=True, help_text=_("remote, field, or never cut"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("restore order")
        verbose_name_plural = _("restore orders")
        constraints = [
            models.UniqueConstraint(fields=["cut_order"], name="restore_one_a_cut"),
            models.CheckConstraint(
                name="restore_done_says_how",
                condition=~Q(state="done") | (Q(done_at__isnull=False) & ~Q(how="")),
            ),
            models.CheckConstraint(
                name="restore_safe_before_sent",
                condition=Q(safety_needed=False)
                | Q(safety_at__isnull=False)
                | Q(state__in=["waiting", "queued", "done"]),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_by_at"], name="restore_by_clock"),
            models.Index(fields=["account"], name="restore_by_account"),
        ]
        triggers = [
            NO_DELETE,
            begins("waiting", "queued"),
            moves(
                ("waiting", "queued"),
                ("waiting", "done"),
                ("queued", "sent"),
                ("queued", "failed"),
                ("queued", "done"),
                ("sent", "done"),
                ("sent", "failed"),
                ("failed", "queued"),
                ("failed", "done"),
            ),
            keeps(["account", "cut_order", "cause", "since_at", "due_by_at", "ordered_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_state_display()}"


class MeterCommand(models.Model):
    """One command to one meter, from its order to what is known of it.

    `sent_at` is written before the first byte goes out: a command that has it is settled by reading the meter, never by
    sending again, unless a repeat is harmless.
    """

    class Verb(models.TextChoices):
        """What is asked."""

        TRIP = "trip", _("trip")
        PERMIT_CLOSE = "permit_close", _("permit closing")
        DIRECT_CLOSE = "direct_close", _("close")
        RETAIN_ON = "retain_on", _("retain supply")
        RETAIN_OFF = "retain_off", _("end retaining supply")
        SET_TIME = "set_time", _("set the clock")

    class State(models.TextChoices):
        """What is known of it."""

        QUEUED = "queued", _("queued")
        SENT = "sent", pgettext_lazy("meter command", "sent")
        CONFIRMED = "confirmed", pgettext_lazy("meter command", "confirmed")
        REFUSED = "refused", pgettext_lazy("meter command", "refused")
        FAILED = "failed", pgettext_lazy("meter command", "not carried out")
        UNKNOWN = "unknown", pgettext_lazy("meter command", "unknown")
        WITHDRAWN = "withdrawn", pgettext_lazy("meter command", "called off")

    meter = models.ForeignKey(Meter, models.PROTECT, verbose_name=_("meter"))
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    verb = models.CharField(_("command"), max_length=14, choices=Verb)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    cut_order = models.ForeignKey(CutOrder, models.PROTECT, null=True, blank=True, verbose_name=_("cut order"))
    restore_order = models.ForeignKey(
        RestoreOrder, models.PROTECT, null=True, blank=True, verbose_name=_("restore order")
    )
    delay_minutes = models.PositiveSmallIntegerField(_("delay"), default=0)
    ordered_at = models.DateTimeField(_("ordered at"))
    ordered_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("ordered by"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    relay_commanded = models.CharField(_("relay told to stand"), max_length=10, blank=True)
    relay_actual = models.CharField(_("relay stands"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("meter command")
        verbose_name_plural = _("meter commands")
        constraints = [
            models.UniqueConstraint(fields=["cut_order"], name="trip_once_a_cut_order", condition=Q(verb="trip")),
            models.CheckConstraint(name="trip_for_an_order", condition=~Q(verb="trip") | Q(cut_order__isnull=False)),
            models.CheckConstraint(
                name="command_sent_says_when",
                condition=Q(state__in=["queued", "withdrawn"]) | Q(sent_at__isnull=False, expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "ordered_at"], name="command_by_state"),
            models.Index(fields=["meter", "ordered_at"], name="command_by_meter"),
        ]
        triggers = [
            NO_DELETE,
            begins("queued"),
            moves(
                ("queued", "sent"),
                ("queued", "withdrawn"),
                ("sent", "confirmed"),
                ("sent", "refused"),
                ("sent", "failed"),
                ("sent", "unknown"),
                ("unknown", "confirmed"),
                ("unknown", "failed"),
                ("unknown", "refused"),
            ),
            keeps(["meter", "account", "verb", "cut_order", "restore_order", "ordered_at", "ordered_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.get_verb_display()}"


class MeterExchange(models.Model):
    """One exchange with one meter: asked what, answered how. Append-only."""

    meter = models.ForeignKey(Meter, models.PROTECT, verbose_name=_("meter"))
    command = models.ForeignKey(MeterCommand, models.PROTECT, null=True, blank=True, verbose_name=_("command"))
    verb = models.CharField(_("asked"), max_length=14)
    at = models.DateTimeField(_("time"))
    milliseconds = models.PositiveIntegerField(_("took"), default=0)
    outcome = models.CharField(_("outcome"), max_length=10)  # confirmed, refused, unknown
    code = models.CharField(_("code"), max_length=40, blank=True)
    told = models.JSONField(_("told"), default=dict, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("asked by"))

    class Meta:
        verbose_name = _("meter exchange")
        verbose_name_plural = _("meter exchanges")
        indexes = [
            models.Index(fields=["meter", "at"], name="exchange_by_meter"),
            models.Index(fields=["at"], name="exchange_by_time"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.verb} {self.outcome}"


class CommandFailure(models.Model):
    """A command that did not do what it was sent for 执行异常: work for a person."""

    class State(models.TextChoices):
        """Where the work stands."""

        OPEN = "open", pgettext_lazy("command failure", "open")
        FIELD = "field", _("field order issued")
        CLOSED = "closed", pgettext_lazy("command failure", "closed")

    command = models.OneToOneField(MeterCommand, models.PROTECT, verbose_name=_("command"))
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    cause = models.CharField(_("cause"), max_length=40)
    found_at = models.DateTimeField(_("found at"))
    urgent = models.BooleanField(_("urgent"), default=False, help_text=_("supply must be given back"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_reason = models.CharField(_("closed because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("command failure")
        verbose_name_plural = _("command failures")
        constraints = [
            models.CheckConstraint(
                name="failure_closed_says_why",
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(closed_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["state", "urgent"], name="failure_by_state")]
        triggers = [
            NO_DELETE,
            begins("open"),
            moves(("open", "field"), ("open", "closed"), ("field", "closed"), ("field", "open")),
            keeps(["command", "account", "cause", "found_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.cause}"


class FieldOrder(models.Model):
    """Work at the meter by two people 现场工单, proved by a photo."""

    class Kind(models.TextChoices):
        """What is to be done there."""

        CUT = "cut", pgettext_lazy("field order", "cut")
        RESTORE = "restore", pgettext_lazy("field order", "give supply back")
        REPAIR = "repair", pgettext_lazy("field order", "repair")
        INSTALL = "install", pgettext_lazy("field order", "install")

    class State(models.TextChoices):
        """Where it stands."""

        ISSUED = "issued", _("issued")
        ASSIGNED = "assigned", pgettext_lazy("field order", "crew named")
        DONE = "done", pgettext_lazy("field order", "done")
        CANCELLED = "cancelled", pgettext_lazy("field order", "cancelled")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    meter = models.ForeignKey(Meter, models.PROTECT, verbose_name=_("meter"))
    failure = models.ForeignKey(
        CommandFailure, models.PROTECT, null=True, blank=True, verbose_name=_("command failure")
    )
    cut_order = models.ForeignKey(CutOrder, models.PROTECT, null=True, blank=True, verbose_name=_("cut order"))
    restore_order = models.ForeignKey(
        RestoreOrder, models.PROTECT, null=True, blank=True, verbose_name=_("restore order")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued by")
    )
    due_by_at = models.DateTimeField(_("at the latest"))
    first = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("first of the crew")
    )
    second = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("second of the crew")
    )
    assigned_at = models.DateTimeField(_("crew named at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    photo = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("photo"))
    result = models.CharField(_("result"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("field order")
        verbose_name_plural = _("field orders")
        constraints = [
            models.CheckConstraint(name="field_order_two_people", condition=~Q(first=F("second"))),
            models.CheckConstraint(
                name="field_order_crew_named",
                condition=~Q(state__in=["assigned", "done"]) | Q(first__isnull=False, second__isnull=False),
            ),
            models.CheckConstraint(
                name="field_order_done_proved",
                condition=~Q(state="done") | Q(done_at__isnull=False, photo__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["failure"], name="field_order_one_live_a_failure", condition=Q(state__in=["issued", "assigned"])
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("issued"),
            moves(("issued", "assigned"), ("issued", "cancelled"), ("assigned", "done"), ("assigned", "cancelled")),
            keeps(["kind", "account", "meter", "failure", "cut_order", "restore_order", "issued_at", "issued_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.account_id}"
