"""What the meters said, and the daily use it amounts to.

Readings are append-only. Daily use is revised by a later row (true-up), never overwritten: `current` marks the row that
counts.
"""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.people import Staff, Station
from zaikong.store.models.registry import Account


class Register(models.IntegerChoices):
    """Register of a meter, by the number columns hold."""

    TOTAL = 0, pgettext_lazy("register", "total")
    SHARP = 1, _("sharp")
    PEAK = 2, _("peak")
    FLAT = 3, _("flat")
    VALLEY = 4, _("valley")
    REACTIVE = 5, _("reactive")


class Concentrator(models.Model):
    """What meters hang on and are reached by 集中器/采集终端: an address of the field network."""

    code = models.CharField(_("terminal code"), max_length=30, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, null=True, blank=True, verbose_name=_("station"))
    host = models.CharField(_("host or serial device"), max_length=200)
    port = models.PositiveIntegerField(_("port"), help_text=_("0 for a serial line"))
    baud = models.PositiveIntegerField(_("speed"), default=2400)
    in_service = models.BooleanField(_("in service"), default=True)

    class Meta:
        verbose_name = _("concentrator")
        verbose_name_plural = _("concentrators")
        constraints = [models.CheckConstraint(name="concentrator_port", condition=Q(port__range=(0, 65535)))]

    def __str__(self) -> str:
        return self.code


class Meter(models.Model):
    """A meter and the account whose use it measures (CIM Meter)."""

    meter_no = models.CharField(_("meter number"), max_length=30, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    protocol = models.CharField(_("protocol"), max_length=10)
    address = models.CharField(_("communication address"), max_length=20, blank=True)
    concentrator = models.ForeignKey(
        Concentrator, models.PROTECT, null=True, blank=True, verbose_name=_("concentrator")
    )
    multiplier = models.PositiveIntegerField(_("multiplier"), default=1)
    digits = models.PositiveSmallIntegerField(_("register digits"), default=6)
    relay = models.CharField(_("relay"), max_length=10, default="none")
    installed_date = models.DateField(_("installed on"))
    removed_date = models.DateField(_("removed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("meter")
        verbose_name_plural = _("meters")
        constraints = [
            models.CheckConstraint(name="meter_multiplier_positive", condition=Q(multiplier__gt=0)),
            models.CheckConstraint(name="meter_digits", condition=Q(digits__range=(3, 9))),
        ]

    def __str__(self) -> str:
        return self.meter_no


class RegisterState(models.Model):
    """The last accepted value of each register: where the next use starts."""

    meter = models.ForeignKey(Meter, models.PROTECT, verbose_name=_("meter"))
    register = models.SmallIntegerField(_("register"), choices=Register)
    value_centi = models.BigIntegerField(_("value"), help_text=_("0.01 of the register's unit"))
    read_date = models.DateField(_("end of day"))
    suspect_centi = models.BigIntegerField(
        _("unconfirmed value"),
        default=-1,
        help_text=_("value of a held spike that the next reading may confirm; -1: none"),
    )

    class Meta:
        verbose_name = _("register state")
        verbose_name_plural = _("register states")
        constraints = [models.UniqueConstraint(fields=["meter", "register"], name="register_state_once")]

    def __str__(self) -> str:
        return f"{self.meter} {self.get_register_display()}"


class RegisterReading(models.Model):
    """One value as it was handed in, with what became of it. Append-only."""

    night_date = models.DateField(_("business date"))
    meter_no = models.CharField(_("meter number"), max_length=30)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("account")
    )
    register = models.SmallIntegerField(_("register"), choices=Register)
    read_at = models.DateTimeField(_("read at"))
    value_centi = models.BigIntegerField(_("value"), help_text=_("0.01 of the register's unit"))
    status = models.CharField(_("status"), max_length=8)  # accepted, held, refused
    code = models.CharField(_("finding"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("register reading")
        verbose_name_plural = _("register readings")
        indexes = [
            models.Index(fields=["account", "read_at"], name="reading_by_account"),
            models.Index(fields=["night_date"], name="reading_by_night"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.meter_no} {self.get_register_display()} {self.read_at}"


class DailyUse(models.Model):
    """Energy an account used on one day, by register [0.01 kWh]."""

    class Source(models.TextChoices):
        """Where the number comes from."""

        MEASURED = "measured", _("measured")
        ESTIMATED = "estimated", _("estimated")
        TRUED_UP = "trued_up", _("trued up")
        IMPORTED = "imported", _("imported")

    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    use_date = models.DateField(_("day"))
    sharp_centi_kwh = models.BigIntegerField(_("sharp"), default=0)
    peak_centi_kwh = models.BigIntegerField(_("peak"), default=0)
    flat_centi_kwh = models.BigIntegerField(_("flat"), default=0)
    valley_centi_kwh = models.BigIntegerField(_("valley"), default=0)
    centi_kwh = models.BigIntegerField(_("use"), help_text=_("0.01 kWh"))
    centi_kvarh = models.BigIntegerField(_("reactive"), default=0)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    known_date = models.DateField(_("known on"))
    current = models.BooleanField(_("current"), default=True)

    class Meta:
        verbose_name = _("daily use")
        verbose_name_plural = _("daily use")
        constraints = [
            models.UniqueConstraint(fields=["account", "use_date"], condition=Q(current=True), name="daily_use_once"),
        ]
        indexes = [
            models.Index(fields=["use_date"], name="daily_use_by_date"),
            models.Index(fields=["account", "use_date"], name="daily_use_by_account"),
            models.Index(fields=["known_date"], name="daily_use_trued_up", condition=Q(source="trued_up")),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.use_date}"


class MeteringFinding(models.Model):
    """Something in the readings a person should look at (a work item)."""

    night_date = models.DateField(_("business date"), db_index=True)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("account")
    )
    meter_no = models.CharField(_("meter number"), max_length=30)
    register = models.SmallIntegerField(_("register"), choices=Register, null=True, blank=True)
    use_date = models.DateField(_("day"))
    code = models.CharField(_("code"), max_length=40, db_index=True)
    severity = models.CharField(_("severity"), max_length=4)  # note, hold
    observed = models.BigIntegerField(_("observed"), default=0)
    expected = models.BigIntegerField(_("expected"), default=0)
    resolved_date = models.DateField(_("resolved on"), null=True, blank=True)
    resolved_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("resolved by"))
    resolution = models.CharField(_("resolution"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("metering finding")
        verbose_name_plural = _("metering findings")

    def __str__(self) -> str:
        return f"{self.code} {self.meter_no} {self.use_date}"
