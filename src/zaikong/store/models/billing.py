"""Bills and how they came about.

A released bill is never changed: a correction is a reversal and a new bill. What is held by a check waits as a draft.
"""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class BillRun(models.Model):
    """One run of rating, checks and release 电费核算发行."""

    class Kind(models.TextChoices):
        """What is billed."""

        MONTHLY = "monthly", _("monthly")
        INTERIM = "interim", _("interim settlement")
        CORRECTION = "correction", _("correction")
        RELEASE = "release", _("release of held bills")
        IMPORTED = "imported", _("imported")

    key = models.CharField(_("run key"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    month = models.IntegerField(_("billing month"))
    run_date = models.DateField(_("business date"))
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    bills = models.IntegerField(_("bills"), default=0)
    held = models.IntegerField(_("held"), default=0)
    total_fen = models.BigIntegerField(_("total"), default=0)
    manifest = models.JSONField(_("manifest"), default=dict)

    class Meta:
        verbose_name = _("bill run")
        verbose_name_plural = _("bill runs")
        ordering = ["-run_date", "-id"]

    def __str__(self) -> str:
        return self.key


class RatedAmounts(models.Model):
    """The columns of the rated bill frame, shared by bills and drafts."""

    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("account"))
    month = models.IntegerField(_("billing month"), help_text="YYYYMM")
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("to (not included)"))
    book = models.CharField(_("tariff book"), max_length=60)
    plan = models.CharField(_("tariff plan"), max_length=40)
    verified = models.BooleanField(_("tariff verified"))
    sharp_centi_kwh = models.BigIntegerField(_("sharp"), default=0)
    peak_centi_kwh = models.BigIntegerField(_("peak"), default=0)
    flat_centi_kwh = models.BigIntegerField(_("flat"), default=0)
    valley_centi_kwh = models.BigIntegerField(_("valley"), default=0)
    centi_kwh = models.BigIntegerField(_("energy billed"))
    loss_centi_kwh = models.BigIntegerField(_("transformer loss"), default=0)
    centi_kvarh = models.BigIntegerField(_("reactive"), default=0)
    power_factor = models.SmallIntegerField(_("power factor"), default=0)
    power_factor_rate_bp = models.IntegerField(_("power factor adjustment rate"), default=0)
    energy_fen = models.BigIntegerField(_("energy charge"), default=0)
    capacity_fen = models.BigIntegerField(_("capacity charge"), default=0)
    power_factor_fen = models.BigIntegerField(_("power factor adjustment"), default=0)
    surcharge_fen = models.BigIntegerField(_("surcharges"), default=0)
    fund_fen = models.BigIntegerField(_("government funds"), default=0)
    other_fen = models.BigIntegerField(_("other items"), default=0)
    total_fen = models.BigIntegerField(_("total"))

    class Meta:
        abstract = True


class Bill(RatedAmounts):
    """A released bill 电费账单 (发行). Append-only."""

    class Kind(models.TextChoices):
        """Why it exists."""

        PERIODIC = "periodic", _("periodic")
        INTERIM = "interim", _("interim settlement")
        CLOSING = "closing", _("monthly closing of interim settlements")
        REVERSAL = "reversal", _("reversal")
        REBILL = "rebill", _("back-bill")
        IMPORTED = "imported", _("imported")

    run = models.ForeignKey(BillRun, models.PROTECT, db_constraint=False, db_index=False, verbose_name=_("bill run"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    sequence = models.SmallIntegerField(_("settlement in the month"), default=1)
    issued_date = models.DateField(_("issued on"))
    due_date = models.DateField(_("due on"))
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversals",
        db_index=False,
        verbose_name=_("reverses"),
    )

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "month", "sequence", "run"], name="bill_once_a_run", include=["total_fen"]
            ),
            models.UniqueConstraint(fields=["reverses"], name="bill_reversed_once"),
            models.CheckConstraint(name="bill_period_forward", condition=Q(to_date__gt=models.F("from_date"))),
            models.CheckConstraint(
                name="bill_total_is_its_parts",
                condition=Q(
                    total_fen=models.F("energy_fen")
                    + models.F("capacity_fen")
                    + models.F("power_factor_fen")
                    + models.F("surcharge_fen")
                    + models.F("fund_fen")
                    + models.F("other_fen")
                ),
            ),
        ]
        # bills of a month and of a run lie together: a range of pages finds them, and costs a posting nothing
        indexes = [
            BrinIndex(fields=["month"], name="bill_by_month", autosummarize=True),
            BrinIndex(fields=["run"], name="bill_by_run", autosummarize=True),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.get_kind_display()}"


class BillLine(models.Model):
    """One item of a bill: quantity × price, rounded to the fen. Append-only."""

    bill = models.ForeignKey(Bill, models.PROTECT, db_constraint=False, db_index=True, verbose_name=_("bill"))
    line = models.SmallIntegerField(_("line"))
    item = models.CharField(_("item"), max_length=40)
    quantity = models.BigIntegerField(_("quantity"), help_text=_("0.01 of the unit"))
    unit = models.CharField(_("unit"), max_length=8)
    price_e8 = models.BigIntegerField(_("price"), help_text=_("1e-8 yuan a unit"))
    amount_fen = models.BigIntegerField(_("amount"))
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("to (not included)"))
    price_from_date = models.DateField(_("price in force from"), null=True, blank=True)

    class Meta:
        verbose_name = _("bill line")
        verbose_name_plural = _("bill lines")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.item}"


class BillDraft(RatedAmounts):
    """A rated bill that a check holds until a person decides."""

    class State(models.TextChoices):
        """What became of it."""

        HELD = "held", _("held")
        RELEASED = "released", _("released")
        DISCARDED = "discarded", _("discarded")

    run = models.ForeignKey(BillRun, models.PROTECT, verbose_name=_("bill run"))
    kind = models.CharField(_("kind"), max_length=10, choices=Bill.Kind, default=Bill.Kind.PERIODIC)
    sequence = models.SmallIntegerField(_("settlement in the month"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.HELD)
    lines = models.JSONField(_("lines"), default=list)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("decided by"))
    decided_date = models.DateField(_("decided on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    bill = models.OneToOneField(Bill, models.PROTECT, null=True, blank=True, verbose_name=_("bill"))

    class Meta:
        verbose_name = _("held bill")
        verbose_name_plural = _("held bills")
        constraints = [
            models.UniqueConstraint(fields=["run", "account", "month", "sequence"], name="draft_once_a_run"),
        ]
        indexes = [models.Index(fields=["account"], name="draft_by_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.get_state_display()}"


class BillFinding(models.Model):
    """What a check found on a rated bill; `hold` keeps it back, `note` goes with it."""

    run = models.ForeignKey(BillRun, models.PROTECT, db_constraint=False, verbose_name=_("bill run"))
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    month = models.IntegerField(_("billing month"))
    code = models.CharField(_("code"), max_length=40, db_index=True)
    severity = models.CharField(_("severity"), max_length=4)
    observed = models.BigIntegerField(_("observed"), default=0)
    limit = models.BigIntegerField(_("limit"), default=0)

    class Meta:
        verbose_name = _("bill finding")
        verbose_name_plural = _("bill findings")

    def __str__(self) -> str:
        return f"{self.code} {self.account_id} {self.month}"
