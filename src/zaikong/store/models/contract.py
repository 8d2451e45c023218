"""What was agreed with a customer, and what secures it?"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.guards import NO_DELETE, begins, keeps, moves
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class SupplyContract(models.Model):
    """One version of a supply contract 供用电合同; what was signed stays as it was."""

    class State(models.TextChoices):
        """Where the version stands."""

        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        SUPERSEDED = "superseded", _("superseded")
        WITHDRAWN = "withdrawn", _("withdrawn")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.DRAFT)
    terms = models.JSONField(_("terms"))
    terms_sha256 = models.CharField(_("hash of the terms"), max_length=64)
    findings = models.JSONField(_("findings of the clause check"), default=list)
    clauses_edition = models.CharField(_("edition of the clause check"), max_length=20)
    drafted_date = models.DateField(_("drafted on"))
    drafted_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("done by")
    )
    signed_date = models.DateField(_("signed on"), null=True, blank=True)
    signed_by_name = models.CharField(_("signed for the customer by"), max_length=80, blank=True)
    signed_by_staff = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed for the company by")
    )
    from_date = models.DateField(_("in force from"), null=True, blank=True)
    to_date = models.DateField(_("in force until"), null=True, blank=True, help_text=_("first day no longer in force"))

    class Meta:
        verbose_name = _("supply contract")
        verbose_name_plural = _("supply contracts")
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="contract_version_once"),
            models.UniqueConstraint(fields=["account"], name="contract_one_in_force", condition=Q(state="in_force")),
            models.CheckConstraint(
                name="contract_in_force_is_signed",
                condition=Q(state__in=["draft", "withdrawn"])
                | (Q(signed_date__isnull=False, from_date__isnull=False) & ~Q(signed_by_name="")),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("draft"),
            moves(("draft", "in_force"), ("draft", "withdrawn"), ("in_force", "superseded")),
            keeps(["account", "version", "terms", "terms_sha256", "drafted_date", "drafted_by"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} v{self.version} {self.get_state_display()}"


class Guarantee(models.Model):
    """What secures an account's bills 电费担保."""

    class Kind(models.TextChoices):
        """What stands behind it."""

        BANK = "bank", _("bank guarantee")
        THIRD_PARTY = "third_party", _("third-party guarantee")
        PLEDGE = "pledge", _("pledge")
        MORTGAGE = "mortgage", _("mortgage")

    class State(models.TextChoices):
        """Where it stands."""

        IN_FORCE = "in_force", _("in force")
        CALLED = "called", _("called")
        RELEASED = "released", _("released")
        EXPIRED = "expired", _("expired")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    guarantor = models.CharField(_("guarantor"), max_length=200)
    guarantor_usci = models.CharField(_("guarantor's credit identifier"), max_length=18, blank=True)
    document_no = models.CharField(_("document number"), max_length=100)
    maximum_fen = models.BigIntegerField(_("maximum"), help_text=_("fen"))
    joint = models.BooleanField(_("joint liability"), default=False, help_text=_("else a general guarantee"))
    from_date = models.DateField(_("debts from"))
    to_date = models.DateField(_("debts until"), help_text=_("first day no longer covered"))
    period_months = models.PositiveSmallIntegerField(
        _("guarantee period"), null=True, blank=True, help_text=_("months after the debt is due; empty: not agreed")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.IN_FORCE)
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, verbose_name=_("renews"))
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("recorded by"))
    recorded_date = models.DateField(_("recorded on"))
    ended_date = models.DateField(_("ended on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("guarantee")
        verbose_name_plural = _("guarantees")
        constraints = [
            models.CheckConstraint(name="guarantee_positive", condition=Q(maximum_fen__gt=0)),
            models.CheckConstraint(name="guarantee_forward", condition=Q(to_date__gt=F("from_date"))),
            models.UniqueConstraint(fields=["account", "document_no"], name="guarantee_once"),
        ]
        indexes = [models.Index(fields=["to_date"], name="guarantee_expiring", condition=Q(state="in_force"))]
        triggers = [
            NO_DELETE,
            begins("in_force"),
            moves(("in_force", "called"), ("in_force", "released"), ("in_force", "expired")),
            keeps(["account", "kind", "guarantor", "document_no", "maximum_fen", "from_date", "to_date"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_kind_display()} {self.document_no}"
