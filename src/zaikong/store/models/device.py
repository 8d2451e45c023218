"""Which meters can be commanded, who accepted them, what is wrong with them, and whose supply is retained?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.collection import Evidence
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.metering import Meter
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class FeeControlDevice(models.Model):
    """A meter's means to be read and commanded 费控装置, from its order to its end."""

    class State(models.TextChoices):
        """Where it stands."""

        ORDERED = "ordered", pgettext_lazy("device", "ordered")
        INSTALLED = "installed", pgettext_lazy("device", "installed")
        ACCEPTED = "accepted", pgettext_lazy("device", "accepted")
        REJECTED = "rejected", pgettext_lazy("device", "rejected")
        RETIRED = "retired", pgettext_lazy("device", "retired")

    order_no = models.CharField(_("order number"), max_length=30, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    meter = models.ForeignKey(Meter, models.PROTECT, null=True, blank=True, verbose_name=_("meter"))
    kind = models.CharField(_("kind of device"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ORDERED)
    reason = models.CharField(_("ordered because"), max_length=200)
    ordered_at = models.DateTimeField(_("ordered at"))
    ordered_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ordered by")
    )
    due_date = models.DateField(_("to be installed by"), null=True, blank=True)
    installed_at = models.DateTimeField(_("installed at"), null=True, blank=True)
    installed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("installed by")
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    trial_since_at = models.DateTimeField(
        _("supply on trial since"),
        null=True,
        blank=True,
        help_text=_("set before an acceptance first trips, emptied once the relay was read closed again"),
    )
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("fee-control device")
        verbose_name_plural = _("fee-control devices")
        constraints = [
            models.UniqueConstraint(fields=["meter"], name="device_one_live_a_meter", condition=~Q(state="retired")),
            models.CheckConstraint(
                name="device_installed_somewhere",
                condition=Q(state__in=["ordered", "retired"]) | Q(meter__isnull=False, installed_at__isnull=False),
            ),
            # only a device that is being accepted has its customer's supply on trial
            models.CheckConstraint(
                name="device_trial_while_installed", condition=Q(trial_since_at__isnull=True) | Q(state="installed")
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("ordered"),
            moves(
                ("ordered", "installed"),
                ("ordered", "retired"),
                ("installed", "accepted"),
                ("installed", "rejected"),
                ("installed", "retired"),
                ("rejected", "installed"),
                ("rejected", "retired"),
                ("accepted", "installed"),
                ("accepted", "retired"),
            ),
            keeps(["order_no", "account", "ordered_at", "ordered_by"]),
        ]

    def __str__(self) -> str:
        return self.order_no


class DeviceAcceptance(models.Model):
    """One run of the acceptance checklist 验收 over a device. Append-only."""

    device = models.ForeignKey(FeeControlDevice, models.PROTECT, verbose_name=_("device"))
    acceptance_no = models.CharField(_("report number"), max_length=30, unique=True)
    begun_at = models.DateTimeField(_("begun at"))
    ended_at = models.DateTimeField(_("ended at"))
    staff = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("accepted by"))
    passed = models.BooleanField(_("passed"))
    pause_reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("why supply might pause"))
    report = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("report"))

    class Meta:
        verbose_name = _("device acceptance")
        verbose_name_plural = _("device acceptances")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.acceptance_no


class AcceptanceItem(models.Model):
    """One check of an acceptance, with what the meter said. Append-only."""

    acceptance = models.ForeignKey(DeviceAcceptance, models.PROTECT, related_name="items", verbose_name=_("acceptance"))
    place = models.PositiveSmallIntegerField(_("place"))
    code = models.CharField(_("check"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=14)  # passed, failed, not_applicable
    by_hand = models.BooleanField(_("seen by a person"), default=False)
    detail = models.JSONField(_("detail"), default=dict)
    milliseconds = models.PositiveIntegerField(_("took"), default=0)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("photo"))

    class Meta:
        verbose_name = _("acceptance check")
        verbose_name_plural = _("acceptance checks")
        constraints = [models.UniqueConstraint(fields=["acceptance", "code"], name="acceptance_item_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.code} {self.outcome}"


class DeviceFault(models.Model):
    """A fault of a device and the time it took to clear 装置故障."""

    class State(models.TextChoices):
        """Where the work stands."""

        OPEN = "open", pgettext_lazy("device fault", "open")
        ASSIGNED = "assigned", pgettext_lazy("device fault", "in work")
        CLEARED = "cleared", pgettext_lazy("device fault", "cleared")

    device = models.ForeignKey(FeeControlDevice, models.PROTECT, verbose_name=_("device"))
    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("found by"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("opened by")
    )
    assigned_to = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("in the hands of")
    )
    assigned_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    cleared_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cleared by")
    )
    resolution = models.CharField(_("what was done"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("device fault")
        verbose_name_plural = _("device faults")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind"], name="fault_one_open_a_kind", condition=~Q(state="cleared")
            ),
            models.CheckConstraint(
                name="fault_cleared_says_how",
                condition=~Q(state="cleared") | (Q(cleared_at__isnull=False) & ~Q(resolution="")),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("open"),
            moves(("open", "assigned"), ("open", "cleared"), ("assigned", "cleared"), ("assigned", "open")),
            keeps(["device", "kind", "source", "opened_at", "opened_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind}"


class RetainCheck(models.Model):
    """Whether the meter retains supply where the business says so, and only there, on one day 保电核对."""

    class Difference(models.TextChoices):
        """What does not agree."""

        NONE = "none", pgettext_lazy("retain check", "agree")
        NOT_ON_METER = "not_on_meter", _("to be retained, not on at the meter")
        ONLY_ON_METER = "only_on_meter", _("on at the meter, no reason in the books")
        UNREAD = "unread", _("the meter could not be read")

    check_date = models.DateField(_("day"))
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    meter = models.ForeignKey(Meter, models.PROTECT, verbose_name=_("meter"))
    business = models.BooleanField(_("to be retained"))
    reasons = models.CharField(_("reasons"), max_length=200, blank=True)
    hardware = models.BooleanField(_("on at the meter"), null=True, blank=True)
    difference = models.CharField(_("difference"), max_length=14, choices=Difference)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    mended_at = models.DateTimeField(_("mended at"), null=True, blank=True)
    mended_how = models.CharField(_("mended how"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("check of retained supply")
        verbose_name_plural = _("checks of retained supply")
        constraints = [models.UniqueConstraint(fields=["check_date", "meter"], name="retain_check_once_a_day")]
        triggers = [NO_DELETE]

    def __str__(self) -> str:
        return f"{self.check_date} {self.meter_id}"
