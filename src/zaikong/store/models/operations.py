"""What the system did: imports, nights, day books and month closes."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.people import Staff


class ImportBatch(models.Model):
    """One file taken in, once: the same content again changes nothing."""

    kind = models.CharField(_("kind"), max_length=20)
    file_name = models.CharField(_("file"), max_length=300)
    sha256 = models.CharField(_("content hash"), max_length=64)
    rows = models.IntegerField(_("rows"))
    loaded = models.IntegerField(_("rows loaded"))
    unchanged = models.IntegerField(_("rows known before"), default=0)
    rejected = models.IntegerField(_("rows rejected"))
    as_of_date = models.DateField(_("business date"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("staff"))

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["kind", "sha256"], name="import_by_content")]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportRejection(models.Model):
    """A row that could not be loaded, kept whole with its reason."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, verbose_name=_("import"))
    line = models.IntegerField(_("line"))
    column = models.CharField(_("column"), max_length=60)
    value = models.CharField(_("value"), max_length=200)
    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class Night(models.Model):
    """The nightly run of one business date."""

    business_date = models.DateField(_("business date"), unique=True)
    closed = models.BooleanField(_("closed"), default=False)

    class Meta:
        verbose_name = _("night")
        verbose_name_plural = _("nights")
        ordering = ["-business_date"]

    def __str__(self) -> str:
        return f"{self.business_date}"


class NightStep(models.Model):
    """One step of a night, with its manifest: inputs, row counts, control totals, seconds."""

    night = models.ForeignKey(Night, models.PROTECT, verbose_name=_("night"))
    name = models.CharField(_("step"), max_length=30)
    done = models.BooleanField(_("done"), default=False)
    manifest = models.JSONField(_("manifest"), default=dict)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("night step")
        verbose_name_plural = _("night steps")
        constraints = [models.UniqueConstraint(fields=["night", "name"], name="night_step_once")]

    def __str__(self) -> str:
        return f"{self.night} {self.name}"


class DayBook(models.Model):
    """A closed day 日清: receivable, received by channel, balances, ageing, exceptions. Append-only."""

    business_date = models.DateField(_("business date"), unique=True)
    figures = models.JSONField(_("figures"))

    class Meta:
        verbose_name = _("day book")
        verbose_name_plural = _("day books")
        ordering = ["-business_date"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.business_date}"


class MonthClose(models.Model):
    """A closed month 月结. Append-only."""

    month = models.IntegerField(_("month"), unique=True, help_text="YYYYMM")
    figures = models.JSONField(_("figures"))

    class Meta:
        verbose_name = _("month close")
        verbose_name_plural = _("month closes")
        ordering = ["-month"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.month}"
