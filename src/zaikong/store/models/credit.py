"""What is known about a customer's credit, from where, and since when.

A signal is a fact somebody published about an enterprise; whom it is about is a separate, guarded decision.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Customer


class Signal(models.Model):
    """A notice about an enterprise 政策与企业信号, as published. Append-only."""

    class Kind(models.TextChoices):
        """What it announces."""

        CLOSURE_ORDER = "closure_order", _("closure order")
        COURT_EXECUTION = "court_execution", _("court execution")
        BANKRUPTCY = "bankruptcy", _("bankruptcy")
        DEREGISTRATION = "deregistration", _("deregistration")
        CAPACITY_CUT = "capacity_cut", _("capacity cut")

    subject_name = models.CharField(_("subject"), max_length=200, blank=True)
    usci = models.CharField(_("unified social credit identifier"), max_length=18, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    signal_date = models.DateField(_("dated"))
    source = models.CharField(_("source"), max_length=100)
    document_no = models.CharField(_("document number"), max_length=100, blank=True)
    known_date = models.DateField(_("known on"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        ordering = ["-signal_date", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_name", "usci", "kind", "signal_date", "source", "document_no"], name="signal_once"
            ),
            models.CheckConstraint(name="signal_about_someone", condition=~Q(subject_name="", usci="")),
            models.CheckConstraint(name="signal_known_after_its_date", condition=Q(known_date__gte=F("signal_date"))),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.subject_name or self.usci} {self.get_kind_display()} {self.signal_date}"


class SignalMatch(models.Model):
    """A customer whom a signal may be about, and who decided so; none where it was certain by itself."""

    class By(models.TextChoices):
        """How the customer was found."""

        USCI = "usci", _("credit identifier")
        NAME = "name", _("name")

    class State(models.TextChoices):
        """Where the match stands."""

        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        REJECTED = "rejected", _("rejected")

    signal = models.ForeignKey(Signal, models.PROTECT, verbose_name=_("signal"))
    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"))
    by = models.CharField(_("found by"), max_length=4, choices=By)
    score = models.PositiveSmallIntegerField(_("likeness"), help_text=_("0 to 100"))
    doubt = models.CharField(_("doubt"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    matched_date = models.DateField(_("found on"))
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("decided by"))
    decided_date = models.DateField(_("decided on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("signal match")
        verbose_name_plural = _("signal matches")
        constraints = [
            models.UniqueConstraint(fields=["signal", "customer"], name="signal_match_once"),
            models.CheckConstraint(name="signal_match_score", condition=Q(score__range=(0, 100))),
            models.CheckConstraint(
                name="signal_match_decided_whole",
                condition=Q(decided_by__isnull=True, decided_date__isnull=True, reason="")
                | (Q(decided_by__isnull=False, decided_date__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="signal_match_rejected_by_someone", condition=~Q(state="rejected") | Q(decided_by__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["score"], name="signal_match_waiting", condition=Q(state="proposed")),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="decided_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (NEW.signal_id, NEW.customer_id, NEW.by, NEW.score, NEW.doubt, NEW.matched_date)
                        IS DISTINCT FROM (OLD.signal_id, OLD.customer_id, OLD.by, OLD.score, OLD.doubt, OLD.matched_date)
                    THEN RAISE EXCEPTION 'a signal match keeps what was found'
                        USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    IF OLD.state <> 'proposed' OR NEW.state NOT IN ('confirmed', 'rejected') OR NEW.decided_by_id IS NULL
                    THEN RAISE EXCEPTION 'a signal match may not go from % to %', OLD.state, NEW.state
                        USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal_id} → {self.customer_id} {self.get_state_display()}"
