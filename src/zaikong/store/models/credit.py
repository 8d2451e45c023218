"""What is known about a customer's credit, from where, and since when.

A signal is a fact somebody published about an enterprise; whom it is about is a separate, guarded decision.
"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account, ConnectionApplication, Customer


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
    found_by = models.CharField(_("found by"), max_length=4, choices=By)
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
                    IF (NEW.signal_id, NEW.customer_id, NEW.found_by, NEW.score, NEW.doubt, NEW.matched_date)
                        IS DISTINCT FROM (OLD.signal_id, OLD.customer_id, OLD.found_by, OLD.score, OLD.doubt, OLD.matched_date)
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


class CreditStanding(models.Model):
    """Each account's behaviour grade as of the last night 信用等级. Never a price, never a public list."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("account")
    )
    as_of_date = models.DateField(_("as of"))
    grade = models.SmallIntegerField(_("grade"), help_text=_("1 D to 6 AAA"))
    points = models.SmallIntegerField(_("points"))
    veto_code = models.CharField(_("veto"), max_length=20, blank=True)
    since_date = models.DateField(_("grade held since"))
    last_overdue_date = models.DateField(_("last overdue on"), null=True, blank=True)
    table_edition = models.CharField(_("edition of the table"), max_length=20)
    probability_ppm = models.IntegerField(_("probability of staying unpaid"), null=True, blank=True, help_text="ppm")
    expected_loss_fen = models.BigIntegerField(_("expected loss"), default=0)

    class Meta:
        verbose_name = _("credit standing")
        verbose_name_plural = _("credit standings")
        constraints = [
            models.CheckConstraint(name="credit_grade_known", condition=Q(grade__range=(1, 6))),
            models.CheckConstraint(name="credit_points_whole", condition=Q(points__range=(0, 100))),
        ]
        indexes = [models.Index(fields=["grade"], name="credit_standing_by_grade")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.grade}"


class GradeMove(models.Model):
    """A behaviour grade given or moved, with the reasons and the facts behind them. Append-only."""

    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    moved_date = models.DateField(_("moved on"))
    grade_before = models.SmallIntegerField(_("grade before"), help_text=_("0 for none"))
    grade = models.SmallIntegerField(_("grade"))
    points = models.SmallIntegerField(_("points"))
    veto_code = models.CharField(_("veto"), max_length=20, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    facts = models.JSONField(_("facts"), default=dict)
    entries = models.JSONField(_("ledger transactions"), default=list)
    table_edition = models.CharField(_("edition of the table"), max_length=20)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("grade move")
        verbose_name_plural = _("grade moves")
        ordering = ["-moved_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "moved_date"], name="grade_moves_once_a_night"),
            models.CheckConstraint(name="grade_really_moves", condition=~Q(grade=F("grade_before"))),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.account_id} {self.moved_date} {self.grade_before} → {self.grade}"


class BillScore(models.Model):
    """The probability, at the moment of release, that a bill stays unpaid 30 days after its due day. Append-only."""

    bill = models.OneToOneField(Bill, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("bill"))
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    scored_date = models.DateField(_("scored on"))
    model_sha256 = models.CharField(_("model"), max_length=64)
    probability_ppm = models.IntegerField(_("probability"), help_text="ppm")

    class Meta:
        verbose_name = _("bill score")
        verbose_name_plural = _("bill scores")
        constraints = [
            models.CheckConstraint(name="bill_score_is_a_share", condition=Q(probability_ppm__range=(0, 1_000_000))),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.probability_ppm}"


class ScoreWatch(models.Model):
    """What each night's watch of the score found; a suspended score is set aside for the rule grade. Append-only."""

    watched_date = models.DateField(_("watched on"), primary_key=True)
    model_sha256 = models.CharField(_("model"), max_length=64)
    suspended = models.BooleanField(_("suspended"))
    faults = models.JSONField(_("faults"), default=list)
    psi = models.JSONField(_("population stability"), default=dict)
    outcomes = models.IntegerField(_("bills with an outcome"))
    observed = models.IntegerField(_("came true"))
    foretold_ppm = models.BigIntegerField(_("foretold"), help_text="ppm")

    class Meta:
        verbose_name = _("watch of the score")
        verbose_name_plural = _("watches of the score")
        ordering = ["-watched_date"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.watched_date} {self.model_sha256[:8]}"


class FirstGrade(models.Model):
    """The first grade of an application 首次信用等级, what it rests on, and whether a person set it aside. Append-only."""

    application = models.ForeignKey(ConnectionApplication, models.PROTECT, verbose_name=_("application"))
    graded_date = models.DateField(_("graded on"))
    card_edition = models.CharField(_("edition of the scorecard"), max_length=20)
    points = models.SmallIntegerField(_("points"), null=True, blank=True)
    lowest_points = models.SmallIntegerField(_("points if what is missing is worst"))
    highest_points = models.SmallIntegerField(_("points if what is missing is best"))
    card_grade = models.CharField(
        _("grade by the scorecard"), max_length=1, blank=True, help_text=_("empty while too little is judged")
    )
    grade = models.CharField(_("grade"), max_length=1, blank=True)
    overridden = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, verbose_name=_("sets aside"), help_text=_("the proposal")
    )
    provisional = models.BooleanField(_("provisional"), default=False)
    items = models.JSONField(_("items"), default=list)
    facts = models.JSONField(_("facts"), default=dict, help_text=_("facts and papers it was judged by"))
    vetoes = models.JSONField(_("vetoes"), default=list, help_text=_("what holds the grade down"))
    missing = models.JSONField(_("missing papers"), default=list)
    terms = models.JSONField(_("proposed terms"), default=dict)
    override_reason = models.CharField(_("reason of the override"), max_length=200, blank=True)
    graded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("graded by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("first grade")
        verbose_name_plural = _("first grades")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="first_grade_known", condition=Q(grade__in=["", *"ABCDE"], card_grade__in=["", *"ABCDE"])
            ),
            models.CheckConstraint(
                name="first_grade_override_reasoned",
                condition=Q(grade=F("card_grade")) | (~Q(override_reason="") & Q(graded_by__isnull=False)),
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.application_id} {self.grade}"


class UseCollapse(models.Model):
    """A stop or a lasting drop of an account's use, as the nights saw it 用电骤降."""

    class Outcome(models.TextChoices):
        """How it ended."""

        RECOVERED = "recovered", _("recovered")
        SETTLED = "settled", _("new level")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    onset_date = models.DateField(_("low since"))
    alarm_date = models.DateField(_("seen on"))
    stopped_date = models.DateField(_("stopped, seen on"), null=True, blank=True)
    usual_centi_kwh = models.BigIntegerField(_("usual use of a day"))
    observed_centi_kwh = models.BigIntegerField(_("mean use of the days judged"), null=True, blank=True)
    ended_date = models.DateField(_("ended on"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)

    class Meta:
        verbose_name = _("collapse of use")
        verbose_name_plural = _("collapses of use")
        ordering = ["-alarm_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "alarm_date"], name="use_collapse_once_a_night"),
            models.UniqueConstraint(
                fields=["account"], name="use_collapse_stands_once", condition=Q(ended_date__isnull=True)
            ),
            models.CheckConstraint(name="use_collapse_seen_after_onset", condition=Q(alarm_date__gte=F("onset_date"))),
            models.CheckConstraint(
                name="use_collapse_ends_somehow",
                condition=Q(ended_date__isnull=True, outcome="")
                | (Q(ended_date__isnull=False, ended_date__gt=F("alarm_date")) & ~Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.alarm_date}"
