"""How are old debts paid off by agreement, and when does a claim run out?"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.collection import CollectionCase, Evidence
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.notice import NoticeService
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class InstalmentAgreement(models.Model):
    """Arrears acknowledged and paid off by a schedule 分期还款协议; no cut while it is honoured."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("active")
        FULFILLED = "fulfilled", _("fulfilled")
        DEFAULTED = "defaulted", _("defaulted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    agreement_no = models.CharField(_("agreement number"), max_length=30, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, null=True, blank=True, verbose_name=_("case"))
    acknowledged_fen = models.BigIntegerField(_("acknowledged debt"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    proposed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proposed by")
    )
    proposed_date = models.DateField(_("proposed on"))
    approved_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    signed_date = models.DateField(_("signed on"), null=True, blank=True)
    signed_by_name = models.CharField(_("signed by"), max_length=80, blank=True)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("signed agreement"))
    ended_date = models.DateField(_("ended on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("instalment agreement")
        verbose_name_plural = _("instalment agreements")
        constraints = [
            models.UniqueConstraint(fields=["account"], name="instalments_one_active", condition=Q(state="active")),
            models.CheckConstraint(name="instalments_positive", condition=Q(acknowledged_fen__gt=0)),
            models.CheckConstraint(name="instalments_two_people", condition=~Q(approved_by=F("proposed_by"))),
            models.CheckConstraint(
                name="instalments_active_are_signed",
                condition=Q(state__in=["draft", "withdrawn"])
                | (Q(signed_date__isnull=False, approved_by__isnull=False) & ~Q(signed_by_name="")),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("draft"),
            moves(
                ("draft", "active"),
                ("draft", "withdrawn"),
                ("active", "fulfilled"),
                ("active", "defaulted"),
                ("active", "withdrawn"),
                ("fulfilled", "active"),
            ),
            keeps(["agreement_no", "account", "acknowledged_fen", "proposed_by", "proposed_date"]),
        ]

    def __str__(self) -> str:
        return self.agreement_no


class InstalmentBill(models.Model):
    """A bill an agreement covers. Append-only."""

    agreement = models.ForeignKey(InstalmentAgreement, models.PROTECT, verbose_name=_("agreement"))
    bill = models.ForeignKey(Bill, models.PROTECT, db_constraint=False, verbose_name=_("bill"))
    principal_fen = models.BigIntegerField(_("principal"))
    late_fee_fen = models.BigIntegerField(_("late fee"), default=0)

    class Meta:
        verbose_name = _("bill of an agreement")
        verbose_name_plural = _("bills of agreements")
        constraints = [models.UniqueConstraint(fields=["agreement", "bill"], name="instalment_bill_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.bill_id}"


class Instalment(models.Model):
    """One payment of a schedule. Append-only."""

    agreement = models.ForeignKey(InstalmentAgreement, models.PROTECT, verbose_name=_("agreement"))
    number = models.PositiveSmallIntegerField(_("number"))
    due_date = models.DateField(_("due on"))
    amount_fen = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["agreement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="instalment_once"),
            models.CheckConstraint(name="instalment_positive", condition=Q(amount_fen__gt=0)),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.number}"


class LimitationEvent(models.Model):
    """What interrupts the limitation of a debt 诉讼时效中断, with its proof. Append-only."""

    class Kind(models.TextChoices):
        """What happened."""

        DEMAND_DELIVERED = "demand_delivered", _("demand delivered")
        ACKNOWLEDGED = "acknowledged", _("debt acknowledged")
        PART_PAYMENT = "part_payment", _("part payment")
        PAYMENT_ORDER = "payment_order", _("payment order applied for")
        SUIT = "suit", _("suit filed")
        CLAIM_FILED = "claim_filed", _("claim filed in bankruptcy")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, blank=True, verbose_name=_("bill"), help_text=_("empty: every open bill")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    event_date = models.DateField(_("date"))
    service = models.ForeignKey(
        NoticeService, models.PROTECT, null=True, blank=True, verbose_name=_("service of a notice")
    )
    agreement = models.ForeignKey(
        InstalmentAgreement, models.PROTECT, null=True, blank=True, verbose_name=_("instalment agreement")
    )
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("evidence"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("interruption of limitation")
        verbose_name_plural = _("interruptions of limitation")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bill", "kind", "event_date"], name="interruption_once", nulls_distinct=False
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_kind_display()} {self.event_date}"
