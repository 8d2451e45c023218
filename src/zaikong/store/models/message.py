"""What was written to whom, and did it arrive?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.collection import CollectionCase
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.registry import Account, Customer


class OutboundMessage(models.Model):
    """One message to one customer 催费消息, whatever number of bills it names; never shown as sent before it was."""

    class State(models.TextChoices):
        """Where it stands."""

        QUEUED = "queued", _("queued")
        SENDING = "sending", _("handed over")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("not known whether sent")

    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"))
    business_date = models.DateField(_("business date"))
    step = models.CharField(_("step"), max_length=40)
    statutory = models.BooleanField(_("asked for by law"), default=False)
    template = models.CharField(_("template"), max_length=40)
    template_edition = models.CharField(_("edition of the template"), max_length=20)
    language = models.CharField(_("language"), max_length=10)
    channel = models.CharField(_("channel"), max_length=20)
    address = models.CharField(_("sent to"), max_length=200)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before_at = models.DateTimeField(_("not before"))
    queued_at = models.DateTimeField(_("queued at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    failure = models.CharField(_("failed because"), max_length=300, blank=True)
    provider_ref = models.CharField(_("reference of the provider"), max_length=64, blank=True, db_index=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "business_date", "step", "channel"], name="message_once_a_customer_and_day"
            ),
            models.CheckConstraint(
                name="message_sent_is_timed", condition=~Q(state__in=["sent", "delivered"]) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_delivered_is_timed", condition=~Q(state="delivered") | Q(delivered_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_failed_says_why",
                condition=~Q(state="failed") | (Q(failed_at__isnull=False) & ~Q(failure="")),
            ),
        ]
        indexes = [
            models.Index(fields=["not_before_at"], name="message_waiting", condition=Q(state="queued")),
            models.Index(fields=["customer", "-business_date"], name="message_by_customer"),
        ]
        triggers = [
            NO_DELETE,
            begins("queued"),
            moves(
                ("queued", "sending"),
                ("queued", "failed"),
                ("sending", "sent"),
                ("sending", "failed"),
                ("sending", "unknown"),
                ("sending", "queued"),
                ("unknown", "sent"),
                ("unknown", "delivered"),
                ("unknown", "failed"),
                ("sent", "delivered"),
                ("sent", "failed"),
            ),
            keeps(["customer", "business_date", "step", "channel", "address", "subject", "body", "queued_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.step} {self.get_state_display()}"


class MessageItem(models.Model):
    """A bill a message names. Append-only."""

    message = models.ForeignKey(OutboundMessage, models.PROTECT, verbose_name=_("message"))
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, null=True, blank=True, verbose_name=_("case"))
    bill = models.ForeignKey(Bill, models.PROTECT, db_constraint=False, verbose_name=_("bill"))
    # the bill's own step taken by the message; empty where the bill only stands in it
    step = models.CharField(_("step"), max_length=40, blank=True)
    open_fen = models.BigIntegerField(_("open"))
    late_fee_fen = models.BigIntegerField(_("late fee"))

    class Meta:
        verbose_name = _("item of a message")
        verbose_name_plural = _("items of messages")
        constraints = [models.UniqueConstraint(fields=["message", "bill"], name="message_item_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.message_id} {self.bill_id}"
