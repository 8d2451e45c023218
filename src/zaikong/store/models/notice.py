"""Which notices were issued, what did they say, and how is their service proved?"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.collection import CollectionCase, Evidence
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class NoticeCounter(models.Model):
    """The last number given to a kind of notice in a year; its row lock keeps the numbers without a gap."""

    kind = models.CharField(_("kind"), max_length=10)
    year = models.PositiveSmallIntegerField(_("year"))
    last_no = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("counter of notices")
        verbose_name_plural = _("counters of notices")
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="notice_counter_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.last_no}"


class Notice(models.Model):
    """A notice on paper or by message 催缴/停电通知书; its contents are frozen when issued."""

    class Kind(models.TextChoices):
        """Which notice."""

        DEMAND = "demand", _("demand for payment")
        STOP = "stop", _("notice of cutting")
        FINAL = "final", _("last notice before the cut")

    class State(models.TextChoices):
        """Where it stands."""

        ISSUED = "issued", _("issued")
        SERVED = "served", _("served")
        VOID = "void", _("void")

    notice_no = models.CharField(_("notice number"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, null=True, blank=True, verbose_name=_("case"))
    episode = models.PositiveSmallIntegerField(_("episode"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ISSUED)
    issued_at = models.DateTimeField(_("issued at"))
    issued_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("issued by"))
    amount_fen = models.BigIntegerField(_("amount"))
    pay_by_date = models.DateField(_("pay by"))
    planned_cut_at = models.DateTimeField(_("planned cut at"), null=True, blank=True)
    contents = models.JSONField(_("contents"))
    contents_sha256 = models.CharField(_("hash of the contents"), max_length=64)
    void_reason = models.CharField(_("void because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                name="stop_notice_names_its_time", condition=Q(kind="demand") | Q(planned_cut_at__isnull=False)
            ),
            models.CheckConstraint(
                name="notice_void_says_why",
                condition=(Q(state="void") & ~Q(void_reason="")) | (~Q(state="void") & Q(void_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["account", "kind", "-issued_at"], name="notice_by_account")]
        triggers = [
            NO_DELETE,
            begins("issued"),
            moves(("issued", "served"), ("issued", "void"), ("served", "void")),
            keeps(
                [
                    "notice_no",
                    "kind",
                    "account",
                    "case",
                    "episode",
                    "issued_at",
                    "amount_fen",
                    "pay_by_date",
                    "planned_cut_at",
                    "contents",
                    "contents_sha256",
                ]
            ),
        ]

    def __str__(self) -> str:
        return self.notice_no


class NoticeItem(models.Model):
    """A bill a notice asks for. Append-only."""

    notice = models.ForeignKey(Notice, models.PROTECT, verbose_name=_("notice"))
    bill = models.ForeignKey(Bill, models.PROTECT, db_constraint=False, verbose_name=_("bill"))
    open_fen = models.BigIntegerField(_("open"))
    late_fee_fen = models.BigIntegerField(_("late fee"))

    class Meta:
        verbose_name = _("item of a notice")
        verbose_name_plural = _("items of notices")
        constraints = [models.UniqueConstraint(fields=["notice", "bill"], name="notice_item_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.bill_id}"


class NoticeService(models.Model):
    """Proof that a notice reached its receiver 送达. Append-only."""

    class Method(models.TextChoices):
        """How it was served."""

        SIGNED = "signed", _("signed for")
        LEFT = "left", _("refused and left, before two witnesses")
        MAIL = "mail", _("registered mail")
        MESSAGE = "message", _("message, delivery reported")
        CALL = "call", _("recorded call")
        PUBLIC = "public", _("public notice")

    notice = models.ForeignKey(Notice, models.PROTECT, verbose_name=_("notice"))
    method = models.CharField(_("method"), max_length=10, choices=Method)
    served_at = models.DateTimeField(_("served at"))
    receiver_name = models.CharField(_("received by"), max_length=80, blank=True)
    receiver_standing = models.CharField(_("who is"), max_length=30, blank=True)
    first_witness = models.CharField(_("first witness"), max_length=80, blank=True)
    second_witness = models.CharField(_("second witness"), max_length=80, blank=True)
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("service of a notice")
        verbose_name_plural = _("services of notices")
        constraints = [
            models.CheckConstraint(
                name="service_left_has_two_witnesses",
                condition=~Q(method="left")
                | (~Q(first_witness="") & ~Q(second_witness="") & ~Q(first_witness=F("second_witness"))),
            ),
            models.CheckConstraint(
                name="service_signed_names_receiver",
                condition=~Q(method="signed") | (~Q(receiver_name="") & ~Q(receiver_standing="")),
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.get_method_display()}"


class ServiceEvidence(models.Model):
    """A proof of a service. Append-only."""

    service = models.ForeignKey(NoticeService, models.PROTECT, verbose_name=_("service"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, verbose_name=_("evidence"))

    class Meta:
        verbose_name = _("evidence of a service")
        verbose_name_plural = _("evidence of services")
        constraints = [models.UniqueConstraint(fields=["service", "evidence"], name="service_evidence_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.service_id} {self.evidence_id}"


class AuthorityCopy(models.Model):
    """A copy of a notice sent to the power authority, for an important user 抄送. Append-only."""

    notice = models.ForeignKey(Notice, models.PROTECT, verbose_name=_("notice"))
    authority = models.CharField(_("authority"), max_length=100)
    copied_at = models.DateTimeField(_("copied at"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("evidence"))
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("copy to the authority")
        verbose_name_plural = _("copies to the authority")
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.authority}"
