"""Who pays ahead, on what terms, and what is left? 预购电."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.collection import Evidence
from zaikong.store.models.contract import SupplyContract
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.ledger import Payment
from zaikong.store.models.message import OutboundMessage
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account, PaymentMode


class PrepaymentAgreement(models.Model):
    """The signed terms on which an account pays ahead 预购电协议; one in force at a time."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        ENDED = "ended", _("ended")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class CutMode(models.TextChoices):
        """Who says that supply may be cut."""

        AUTOMATIC = "automatic", pgettext_lazy("cut mode", "automatic")
        APPROVED = "approved", pgettext_lazy("cut mode", "by approval")

    class RestoreMode(models.TextChoices):
        """Whether a person confirms safety before supply comes back."""

        AUTOMATIC = "automatic", pgettext_lazy("restore mode", "automatic")
        SAFE = "safe", pgettext_lazy("restore mode", "after confirmation of safety")

    agreement_no = models.CharField(_("agreement number"), max_length=30, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    contract = models.ForeignKey(
        SupplyContract, models.PROTECT, null=True, blank=True, verbose_name=_("supply contract")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    strategy = models.CharField(_("fee-control strategy"), max_length=40)
    warn_fen = models.JSONField(_("warned below"), default=list, help_text=_("fen, high to low"))
    warn_days = models.JSONField(_("warned below days of use"), default=list, help_text=_("days, high to low"))
    overdraft_cap_fen = models.BigIntegerField(_("overdraft at most"), default=0)
    old_debt_permille = models.PositiveSmallIntegerField(_("share of a top-up for old debt"), default=0)
    cut_mode = models.CharField(_("cut"), max_length=10, choices=CutMode, default=CutMode.APPROVED)
    restore_mode = models.CharField(_("restore"), max_length=10, choices=RestoreMode, default=RestoreMode.SAFE)
    phone = models.CharField(_("phone for warnings"), max_length=20, blank=True)
    drafted_at = models.DateTimeField(_("drafted at"))
    drafted_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("drafted by")
    )
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    signed_by_name = models.CharField(_("signed by"), max_length=80, blank=True)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("signed agreement"))
    from_date = models.DateField(_("in force from"), null=True, blank=True)
    ended_date = models.DateField(_("ended on"), null=True, blank=True)
    ended_reason = models.CharField(_("ended because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("prepayment agreement")
        verbose_name_plural = _("prepayment agreements")
        constraints = [
            models.UniqueConstraint(fields=["account"], name="prepayment_one_in_force", condition=Q(state="in_force")),
            models.CheckConstraint(name="prepayment_cap_not_negative", condition=Q(overdraft_cap_fen__gte=0)),
            models.CheckConstraint(name="prepayment_share", condition=Q(old_debt_permille__lte=1000)),
            models.CheckConstraint(
                name="prepayment_in_force_is_signed",
                condition=Q(state__in=["draft", "withdrawn"])
                | (Q(signed_at__isnull=False, evidence__isnull=False, from_date__isnull=False) & ~Q(signed_by_name="")),
            ),
            models.CheckConstraint(
                name="prepayment_ended_says_why",
                condition=~Q(state="ended") | (Q(ended_date__isnull=False) & ~Q(ended_reason="")),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("draft"),
            moves(("draft", "in_force"), ("draft", "withdrawn"), ("in_force", "ended")),
            keeps(["agreement_no", "account", "drafted_at", "drafted_by"]),
        ]

    def __str__(self) -> str:
        return self.agreement_no


class PrepaidBalance(models.Model):
    """What each prepaid account has left, as of the last night 可用余额 [fen]."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("account")
    )
    as_of_date = models.DateField(_("as of"))
    measured_to_date = models.DateField(_("use measured to"), null=True, blank=True)
    settled_fen = models.BigIntegerField(_("settled balance"), help_text=_("prepaid less posted and unpaid"))
    estimated_fen = models.BigIntegerField(_("used and not yet billed"))
    billed_recently_fen = models.BigIntegerField(
        _("billed lately"),
        default=0,
        db_default=0,
        help_text=_("known to this estimate, so that a later bill counts once"),
    )
    available_fen = models.BigIntegerField(_("available balance"))
    overdraft_limit_fen = models.BigIntegerField(_("overdraft limit"))
    daily_fen = models.BigIntegerField(_("average use a day"), default=0)
    days_left = models.IntegerField(_("days of use left"), null=True, blank=True)
    warning_level = models.PositiveSmallIntegerField(_("warning level"), default=0)
    below_limit = models.BooleanField(_("below the overdraft limit"), default=False)
    fallen_at = models.DateTimeField(
        _("present fall since"),
        null=True,
        blank=True,
        help_text=_("when the balance last sank below its first warning"),
    )

    class Meta:
        verbose_name = _("prepaid balance")
        verbose_name_plural = _("prepaid balances")
        indexes = [models.Index(fields=["warning_level"], name="prepaid_by_level")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.available_fen}"


class BalanceCrossing(models.Model):
    """A threshold passed, once a fall of the balance; and its recovery. Append-only."""

    class Kind(models.TextChoices):
        """What was passed."""

        WARN = "warn", _("warning threshold")
        DAYS = "days", _("days of use left")
        LIMIT = "limit", _("overdraft limit")
        RECOVERED = "recovered", _("recovered")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    threshold = models.BigIntegerField(_("threshold"), help_text=_("fen, or days"))
    available_fen = models.BigIntegerField(_("available balance"))
    night_date = models.DateField(_("business date"))
    fallen_at = models.DateTimeField(_("present fall since"))
    message = models.ForeignKey(OutboundMessage, models.PROTECT, null=True, blank=True, verbose_name=_("message"))

    class Meta:
        verbose_name = _("crossing of a threshold")
        verbose_name_plural = _("crossings of thresholds")
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "threshold", "fallen_at"], name="crossing_once_a_fall"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind} {self.threshold}"


class HumanConfirmation(models.Model):
    """A person's word that supply of a prepaid account may be cut 人工确认. Append-only."""

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    staff = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("confirmed by"))
    at = models.DateTimeField(_("time"))
    valid_to_at = models.DateTimeField(_("valid to"))
    available_fen = models.BigIntegerField(_("available balance"))
    note = models.CharField(_("note"), max_length=200)

    class Meta:
        verbose_name = _("confirmation of a cut")
        verbose_name_plural = _("confirmations of cuts")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at}"


class PaymentModeSwitch(models.Model):
    """From post-paid to prepaid or back, with the consent it rests on and its date. Append-only but for its end."""

    class State(models.TextChoices):
        """Where it stands."""

        ORDERED = "ordered", _("ordered")
        DONE = "done", _("done")
        CANCELLED = "cancelled", pgettext_lazy("mode switch", "cancelled")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    from_mode = models.CharField(_("from"), max_length=10, choices=PaymentMode)
    to_mode = models.CharField(_("to"), max_length=10, choices=PaymentMode)
    effective_date = models.DateField(_("effective on"))
    ground = models.CharField(_("ground"), max_length=40)
    reason = models.CharField(_("reason"), max_length=200)
    consent = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("consent"))
    agreement = models.ForeignKey(
        PrepaymentAgreement, models.PROTECT, null=True, blank=True, verbose_name=_("prepayment agreement")
    )
    ordered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("ordered by"))
    approved_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    ordered_at = models.DateTimeField(_("ordered at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ORDERED)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_reason = models.CharField(_("ended because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("switch of payment mode")
        verbose_name_plural = _("switches of payment mode")
        constraints = [
            models.UniqueConstraint(fields=["account"], name="switch_one_ordered", condition=Q(state="ordered")),
            models.CheckConstraint(name="switch_changes", condition=~Q(from_mode=F("to_mode"))),
            models.CheckConstraint(name="switch_two_people", condition=~Q(approved_by=F("ordered_by"))),
        ]
        triggers = [
            NO_DELETE,
            begins("ordered"),
            moves(("ordered", "done"), ("ordered", "cancelled")),
            keeps(["account", "from_mode", "to_mode", "effective_date", "ordered_by", "ordered_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.from_mode} → {self.to_mode}"


class PrepaymentRefund(models.Model):
    """Prepaid money given back 预存退费; asked for by one person and approved by another."""

    class State(models.TextChoices):
        """Where it stands."""

        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved")
        PAID = "paid", _("paid out")
        REFUSED = "refused", _("refused")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    amount_fen = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=200)
    payee = models.CharField(_("paid to"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    booked_date = models.DateField(_("booked on"), null=True, blank=True)
    transaction = models.BigIntegerField(_("transaction"), null=True, blank=True)

    class Meta:
        verbose_name = _("prepayment refund")
        verbose_name_plural = _("prepayment refunds")
        constraints = [
            models.CheckConstraint(name="refund_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="refund_two_people", condition=~Q(decided_by=F("requested_by"))),
            models.CheckConstraint(
                name="refund_decided_by_someone", condition=Q(state="requested") | Q(decided_by__isnull=False)
            ),
            models.CheckConstraint(
                name="refund_paid_is_booked", condition=~Q(state="paid") | Q(transaction__isnull=False)
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("requested"),
            moves(("requested", "approved"), ("requested", "refused"), ("approved", "paid"), ("approved", "refused")),
            keeps(["account", "amount_fen", "requested_by", "requested_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"


class DebtRecovery(models.Model):
    """The part of one top-up that recovered old debt, by the rate of the agreement. Append-only."""

    payment = models.OneToOneField(Payment, models.PROTECT, verbose_name=_("payment"))
    agreement = models.ForeignKey(PrepaymentAgreement, models.PROTECT, verbose_name=_("prepayment agreement"))
    permille = models.PositiveSmallIntegerField(_("share"))
    share_fen = models.BigIntegerField(_("share of the top-up"))
    recovered_fen = models.BigIntegerField(_("recovered"))

    class Meta:
        verbose_name = _("recovery of old debt")
        verbose_name_plural = _("recoveries of old debt")
        constraints = [
            models.CheckConstraint(
                name="recovery_within_share", condition=Q(recovered_fen__gte=0, recovered_fen__lte=F("share_fen"))
            )
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.recovered_fen}"
