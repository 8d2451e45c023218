"""Who must be looked at, why, how much may be lost, and who does what by when."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class RiskWarning(models.Model):
    """One cause of risk of one account 风险预警: one row however long it lasts, closed when its cause is gone."""

    class Level(models.IntegerChoices):
        """How grave it is."""

        BLUE = 1, _("blue")
        YELLOW = 2, _("yellow")
        ORANGE = 3, _("orange")
        RED = 4, _("red")

    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    cause = models.CharField(_("cause"), max_length=20)
    subject_date = models.DateField(_("goes back to"), null=True, blank=True)
    level = models.SmallIntegerField(_("level"), choices=Level)
    level_before = models.SmallIntegerField(
        _("level before"), default=0, db_default=0, help_text=_("0: new, or opened again")
    )
    opened_date = models.DateField(_("opened on"))
    level_date = models.DateField(_("at this level since"))
    closed_date = models.DateField(_("closed on"), null=True, blank=True)
    observed = models.BigIntegerField(_("observed"))
    limit = models.BigIntegerField(_("limit"))
    probability_ppm = models.IntegerField(_("probability"), help_text="ppm")
    exposure_fen = models.BigIntegerField(_("exposure"))
    expected_loss_fen = models.BigIntegerField(_("expected loss"))
    next_step = models.CharField(_("next step"), max_length=20)
    deadline = models.DateField(_("deadline"))
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("owner"))
    handled_note = models.CharField(_("what was done"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("risk warning")
        verbose_name_plural = _("risk warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "cause", "subject_date"], nulls_distinct=False, name="warning_once_a_cause"
            ),
            models.CheckConstraint(name="warning_level_known", condition=Q(level__range=(1, 4))),
        ]
        indexes = [
            models.Index(fields=["-level", "-expected_loss_fen"], name="warning_open", condition=Q(closed_date=None)),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.account_id} {self.cause} {self.get_level_display()}"
