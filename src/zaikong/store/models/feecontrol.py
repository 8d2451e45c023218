"""May supply be cut, who said so, and on what facts?"""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zaikong.store.models.collection import CollectionCase
from zaikong.store.models.decision import DecisionRecord
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.message import OutboundMessage
from zaikong.store.models.notice import Notice
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account


class StopAllSwitch(models.Model):
    """Whether any cut at all may be carried out 全停开关: the last row decides. Append-only."""

    stopped = models.BooleanField(_("all cuts stopped"))
    reason = models.CharField(_("reason"), max_length=200)
    staff = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("done by"))
    at = models.DateTimeField(_("time"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("stop-all switch")
        verbose_name_plural = _("stop-all switch")
        constraints = [models.CheckConstraint(name="switch_reasoned", condition=~Q(reason=""))]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.at} {self.stopped}"


class CutOrder(models.Model):
    """The cut of one account's supply, from proposal to command 停电审批.

    `facts` are frozen when it is reserved: what the rule was asked with; `reasons` is its answer, empty when allowed.
    """

    class Regime(models.TextChoices):
        """Under which law."""

        POST_PAID = "post_paid", _("post-paid")
        PREPAID = "prepaid", pgettext_lazy("payment mode", "prepaid")

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed", _("proposed")
        APPROVED = "approved", pgettext_lazy("cut order", "approved")
        REFUSED = "refused", pgettext_lazy("cut order", "refused")
        RESERVED = "reserved", _("reserved")
        SENT = "sent", pgettext_lazy("cut order", "sent")
        FAILED = "failed", pgettext_lazy("cut order", "not carried out")
        RECORDED = "recorded", _("recorded")
        CANCELLED = "cancelled", pgettext_lazy("cut order", "cancelled")
        EXPIRED = "expired", pgettext_lazy("cut order", "expired")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    case = models.ForeignKey(CollectionCase, models.PROTECT, null=True, blank=True, verbose_name=_("case"))
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, verbose_name=_("notice of cutting"))
    regime = models.CharField(_("regime"), max_length=10, choices=Regime)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    scope = models.CharField(_("what is cut"), max_length=200, blank=True)
    planned_at = models.DateTimeField(_("planned at"))
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proposed by")
    )
    approvals_needed = models.PositiveSmallIntegerField(_("approvals needed"), default=2)
    facts = models.JSONField(_("facts"), default=dict)
    reasons = models.JSONField(_("reasons against"), default=list)
    facts_at = models.DateTimeField(_("facts as of"), null=True, blank=True)
    sent_at = models.DateTimeField(
        _("sent at"), null=True, blank=True, help_text=_("the rule was asked last, and the command went out")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_reason = models.CharField(_("ended because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("cut order")
        verbose_name_plural = _("cut orders")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                name="cut_order_one_live",
                condition=Q(state__in=["proposed", "approved", "reserved", "sent", "failed"]),
            ),
            # automatic cuts are agreed beforehand by the customer's signature, and only where one pays ahead
            models.CheckConstraint(
                name="cut_order_needs_approval", condition=Q(approvals_needed__gte=1) | Q(regime="prepaid")
            ),
            models.CheckConstraint(
                name="cut_order_sent_says_when", condition=~Q(state__in=["sent", "failed"]) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="cut_order_ended_says_why",
                condition=~Q(state__in=["refused", "cancelled", "expired"])
                | (Q(ended_at__isnull=False) & ~Q(ended_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["state", "planned_at"], name="cut_order_by_state")]
        triggers = [
            NO_DELETE,
            begins("proposed"),
            moves(
                ("proposed", "approved"),
                ("proposed", "refused"),
                ("proposed", "cancelled"),
                ("proposed", "expired"),
                ("approved", "reserved"),
                ("approved", "cancelled"),
                ("approved", "expired"),
                ("reserved", "sent"),
                ("reserved", "recorded"),
                ("sent", "recorded"),
                ("sent", "failed"),
                ("failed", "recorded"),
                ("failed", "cancelled"),
                ("failed", "expired"),
                ("reserved", "cancelled"),
                ("reserved", "expired"),
            ),
            keeps(["account", "case", "notice", "regime", "planned_at", "proposed_at", "proposed_by"]),
            pgtrigger.Trigger(
                name="two_people_before_supply_is_taken",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                declare=[("people", "integer")],
                func="""
                    IF NEW.state NOT IN ('approved', 'reserved', 'sent', 'failed', 'recorded') THEN
                        RETURN NEW;
                    END IF;
                    SELECT count(DISTINCT approver_id) INTO people FROM zaikong_cutapproval
                        WHERE order_id = NEW.id AND approved;
                    IF people < NEW.approvals_needed THEN
                        RAISE EXCEPTION 'cut order % has % of % approvals', NEW.id, people, NEW.approvals_needed
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_state_display()}"


class CutApproval(models.Model):
    """One person's word on a cut order, never the proposer's own. Append-only."""

    order = models.ForeignKey(CutOrder, models.PROTECT, verbose_name=_("cut order"))
    approver = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("approver"))
    role = models.CharField(_("in the role of"), max_length=30)
    approved = models.BooleanField(_("approved"))
    at = models.DateTimeField(_("time"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("approval of a cut")
        verbose_name_plural = _("approvals of cuts")
        constraints = [
            models.UniqueConstraint(fields=["order", "approver"], name="cut_approval_one_a_person"),
            models.CheckConstraint(name="cut_refusal_reasoned", condition=Q(approved=True) | ~Q(note="")),
        ]
        triggers = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="nobody_approves_alone",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (SELECT 1 FROM zaikong_cutorder
                               WHERE id = NEW.order_id AND proposed_by_id = NEW.approver_id) THEN
                        RAISE EXCEPTION 'who proposes a cut may not approve it'
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.approver_id} {self.approved}"


class BalanceMessage(models.Model):
    """A prepaid account that a message tells of its balance, or of a cut that is planned. Append-only.

    The delivered message proves the warning of the present fall, or the last notice of the order it names.
    """

    class Kind(models.TextChoices):
        """What is told."""

        WARNING = "warning", pgettext_lazy("balance message", "warning")
        PRE_CUT = "pre_cut", _("last notice before a cut")

    message = models.ForeignKey(OutboundMessage, models.PROTECT, verbose_name=_("message"))
    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    fallen_at = models.DateTimeField(_("present fall since"), null=True, blank=True)
    warning_level = models.PositiveSmallIntegerField(_("thresholds passed"), default=0)
    order = models.ForeignKey(CutOrder, models.PROTECT, null=True, blank=True, verbose_name=_("cut order"))
    available_fen = models.BigIntegerField(_("available balance"))

    class Meta:
        verbose_name = _("message on a balance")
        verbose_name_plural = _("messages on balances")
        constraints = [
            models.UniqueConstraint(fields=["message", "account"], name="balance_message_once"),
            models.CheckConstraint(
                name="balance_message_of_what",
                condition=Q(kind="warning", fallen_at__isnull=False, order__isnull=True)
                | Q(kind="pre_cut", order__isnull=False),
            ),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind}"


class LegalityCertificate(models.Model):
    """Why a cut was lawful 合法性证书: each condition, its evidence and hash, the law of the day, who approved. Append-only."""

    order = models.OneToOneField(CutOrder, models.PROTECT, verbose_name=_("cut order"))
    certificate_no = models.CharField(_("certificate number"), max_length=30, unique=True)
    issued_at = models.DateTimeField(_("issued at"))
    document = models.TextField(_("document"), help_text=_("canonical JSON, the text that is hashed"))
    sha256 = models.CharField(_("hash"), max_length=64)
    decision = models.ForeignKey(DecisionRecord, models.PROTECT, verbose_name=_("decision"))

    class Meta:
        verbose_name = _("legality certificate")
        verbose_name_plural = _("legality certificates")
        triggers = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="hash_is_of_the_document",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.sha256 <> encode(sha256(convert_to(NEW.document, 'UTF8')), 'hex') THEN
                        RAISE EXCEPTION 'certificate does not carry the hash of its document'
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.certificate_no
