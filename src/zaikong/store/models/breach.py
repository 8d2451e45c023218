"""Which cuts of our own were wrong, or given back too late, and what is owed for it? 错停、迟复登记."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.command import RestoreOrder
from zaikong.store.models.feecontrol import CutOrder
from zaikong.store.models.guards import NO_DELETE, begins, keeps, moves
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class CutBreach(models.Model):
    """A breach of our own in cutting or restoring, as found, judged and made good."""

    class State(models.TextChoices):
        """Where it stands."""

        FOUND = "found", pgettext_lazy("breach", "found")
        CONFIRMED = "confirmed", pgettext_lazy("breach", "confirmed")
        DISMISSED = "dismissed", pgettext_lazy("breach", "dismissed")
        COMPENSATED = "compensated", pgettext_lazy("breach", "made good")

    kind = models.CharField(_("kind"), max_length=40)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    cut_order = models.ForeignKey(CutOrder, models.PROTECT, verbose_name=_("cut order"))
    restore_order = models.ForeignKey(
        RestoreOrder, models.PROTECT, null=True, blank=True, verbose_name=_("restore order")
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.FOUND)
    breach_at = models.DateTimeField(_("happened at"))
    found_at = models.DateTimeField(_("found at"))
    basis = models.CharField(_("basis"), max_length=200)
    facts = models.JSONField(_("facts"), default=dict)
    minutes_off = models.BigIntegerField(_("minutes without supply"), default=0)
    minutes_late = models.BigIntegerField(_("minutes late"), default=0)
    compensation_fen = models.BigIntegerField(_("compensation"), default=0)
    compensation_table = models.CharField(_("edition of the table"), max_length=40, blank=True)
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_reason = models.CharField(_("decided because"), max_length=200, blank=True)
    made_good_at = models.DateTimeField(_("made good at"), null=True, blank=True)
    made_good_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made good by")
    )

    class Meta:
        verbose_name = _("breach in cutting")
        verbose_name_plural = _("breaches in cutting")
        constraints = [
            models.UniqueConstraint(fields=["kind", "cut_order"], name="breach_once_a_kind"),
            models.CheckConstraint(name="breach_compensation_not_negative", condition=Q(compensation_fen__gte=0)),
            models.CheckConstraint(
                name="breach_decided_by_someone",
                condition=Q(state="found") | (Q(decided_by__isnull=False) & ~Q(decided_reason="")),
            ),
            models.CheckConstraint(name="breach_two_people", condition=~Q(made_good_by=F("decided_by"))),
        ]
        triggers = [
            NO_DELETE,
            begins("found"),
            moves(("found", "confirmed"), ("found", "dismissed"), ("confirmed", "compensated")),
            keeps(["kind", "account", "cut_order", "breach_at", "found_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"
