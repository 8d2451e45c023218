"""Who is being asked for what, what was done about it, and what speaks against going on?"""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.guards import APPEND_ONLY, NO_DELETE, begins, keeps, moves
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account, Customer


class Evidence(models.Model):
    """A proof kept whole, with the hash it is known by. Append-only."""

    class Kind(models.TextChoices):
        """What it is."""

        PHOTO = "photo", _("photo")
        VIDEO = "video", _("video")
        SIGNATURE = "signature", _("signature")
        WITNESS = "witness", _("witness statement")
        RECEIPT = "receipt", _("postal receipt")
        DELIVERY_REPORT = "delivery_report", _("delivery report")
        RECORDING = "recording", _("recording")
        DOCUMENT = "document", _("document")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    sha256 = models.CharField(_("content hash"), max_length=64, db_index=True)
    media_type = models.CharField(_("media type"), max_length=80)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    content = models.BinaryField(_("content"))
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    added_at = models.DateTimeField(_("added at"))
    added_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("added by"))
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        triggers = [
            APPEND_ONLY,
            pgtrigger.Trigger(
                name="hash_is_of_the_content",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.sha256 <> encode(sha256(NEW.content), 'hex') THEN
                        RAISE EXCEPTION 'evidence does not carry the hash of its content'
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sha256[:8]}"


class CollectionCase(models.Model):
    """What is done about an account's arrears 催收案件; one at a time an account.

    `episode` rises when the ladder starts anew (re-opened, instalments defaulted): steps and notices of an earlier
    episode then carry nothing.
    """

    class State(models.TextChoices):
        """Where the case stands."""

        OPEN = "open", _("open")
        PROMISED = "promised", _("payment promised")
        PAUSED = "paused", _("paused")
        INSTALMENT = "instalment", _("instalments agreed")
        CUT = "cut", _("supply cut")
        CLOSED = "closed", _("closed")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    episode = models.PositiveSmallIntegerField(_("episode"), default=1)
    opened_at = models.DateTimeField(_("opened at"))
    overdue_since_date = models.DateField(_("oldest due date"))
    open_fen = models.BigIntegerField(_("open when last looked at"), default=0)
    ladder = models.CharField(_("ladder"), max_length=40, blank=True)
    strategy_edition = models.CharField(_("edition of the strategy"), max_length=20, blank=True)
    collector = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("collector"))
    hardship = models.BooleanField(_("hardship"), default=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_reason = models.CharField(_("closed because"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("collection case")
        verbose_name_plural = _("collection cases")
        constraints = [
            models.UniqueConstraint(fields=["account"], name="case_once_an_account", condition=~Q(state="closed")),
            models.CheckConstraint(
                name="case_closed_whole",
                condition=(Q(state="closed", closed_at__isnull=False) & ~Q(closed_reason=""))
                | (~Q(state="closed") & Q(closed_at__isnull=True, closed_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["collector", "state"], name="case_by_collector")]
        triggers = [
            NO_DELETE,
            begins("open"),
            moves(
                ("open", "promised"),
                ("open", "paused"),
                ("open", "instalment"),
                ("open", "cut"),
                ("open", "closed"),
                ("promised", "open"),
                ("promised", "paused"),
                ("promised", "instalment"),
                ("promised", "closed"),
                ("paused", "open"),
                ("paused", "instalment"),
                ("paused", "closed"),
                ("instalment", "open"),
                ("instalment", "closed"),
                ("cut", "open"),
                ("cut", "promised"),
                ("cut", "instalment"),
                ("cut", "closed"),
                ("closed", "open"),
            ),
            keeps(["account", "opened_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_state_display()}"


class CaseEvent(models.Model):
    """What happened in a case, in order. Append-only."""

    class Kind(models.TextChoices):
        """What happened."""

        OPENED = "opened", _("opened")
        STEP = "step", _("step taken")
        CALL = "call", _("call")
        VISIT = "visit", _("visit")
        MESSAGE = "message", _("message")
        DELIVERY_FAILED = "delivery_failed", _("message not delivered")
        NOTICE = "notice", _("notice issued")
        SERVED = "served", _("notice served")
        PROMISE = "promise", _("promise to pay")
        PROMISE_KEPT = "promise_kept", _("promise kept")
        PROMISE_BROKEN = "promise_broken", _("promise broken")
        DISPUTE = "dispute", _("dispute raised")
        DISPUTE_DECIDED = "dispute_decided", _("dispute decided")
        PAUSE = "pause", _("paused")
        RESUMED = "resumed", _("taken up again")
        HARDSHIP = "hardship", _("hardship")
        VULNERABLE_REVIEW = "vulnerable_review", _("review of a vulnerable home")
        PROTECTION = "protection", _("protected from cutting")
        INSTALMENT = "instalment", _("instalments agreed")
        INSTALMENT_DEFAULTED = "instalment_defaulted", _("instalments defaulted")
        PAYMENT = "payment", _("payment")
        BOUNCE = "bounce", _("payment undone")
        HANDED_OVER = "handed_over", _("handed over")
        CUT_PROPOSED = "cut_proposed", _("cut proposed")
        CUT_DECIDED = "cut_decided", _("cut approved or refused")
        CUT_RECORDED = "cut_recorded", _("cut recorded")
        RESTORED = "restored", _("supply restored")
        CLOSED = "closed", _("closed")
        REOPENED = "reopened", _("re-opened")
        NOTE = "note", _("note")

    case = models.ForeignKey(CollectionCase, models.PROTECT, verbose_name=_("case"))
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("done by"))
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)
    amount_fen = models.BigIntegerField(_("amount"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("event of a case")
        verbose_name_plural = _("events of cases")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="case_event_in_order")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_kind_display()}"


class CaseEventEvidence(models.Model):
    """A proof of an event. Append-only."""

    event = models.ForeignKey(CaseEvent, models.PROTECT, verbose_name=_("event"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, verbose_name=_("evidence"))

    class Meta:
        verbose_name = _("evidence of an event")
        verbose_name_plural = _("evidence of events")
        constraints = [models.UniqueConstraint(fields=["event", "evidence"], name="event_evidence_once")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.event_id} {self.evidence_id}"


class PromiseToPay(models.Model):
    """A promise to pay an amount by a day 缴费承诺; kept or broken by the ledger."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("open")
        KEPT = "kept", _("kept")
        BROKEN = "broken", _("broken")
        WITHDRAWN = "withdrawn", _("withdrawn")

    case = models.ForeignKey(CollectionCase, models.PROTECT, verbose_name=_("case"))
    amount_fen = models.BigIntegerField(_("amount"))
    promised_date = models.DateField(_("done by"))
    made_at = models.DateTimeField(_("made at"))
    made_by_name = models.CharField(_("promised by"), max_length=80)
    channel = models.CharField(_("channel"), max_length=20)
    taken_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("taken by"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    paid_fen = models.BigIntegerField(_("paid since"), default=0)
    decided_date = models.DateField(_("decided on"), null=True, blank=True)

    class Meta:
        verbose_name = _("promise to pay")
        verbose_name_plural = _("promises to pay")
        constraints = [
            models.UniqueConstraint(fields=["case"], name="promise_one_open", condition=Q(state="open")),
            models.CheckConstraint(name="promise_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="promise_decided_whole",
                condition=Q(state="open", decided_date__isnull=True)
                | (~Q(state="open") & Q(decided_date__isnull=False)),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("open"),
            # a payment that bounces takes back what it had kept
            moves(("open", "kept"), ("open", "broken"), ("open", "withdrawn"), ("kept", "open"), ("kept", "broken")),
            keeps(["case", "amount_fen", "promised_date", "made_at", "made_by_name"]),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.amount_fen} {self.promised_date}"


class Dispute(models.Model):
    """A bill, or an account's bills, that the customer disputes 电费争议; what is disputed is not dunned or cut for."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("open")
        UPHELD = "upheld", _("upheld")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, blank=True, verbose_name=_("bill"), help_text=_("empty: the whole account")
    )
    raised_at = models.DateTimeField(_("raised at"))
    raised_by_name = models.CharField(_("raised by"), max_length=80)
    subject = models.CharField(_("what is disputed"), max_length=300)
    answer_due_date = models.DateField(_("answer due on"))
    recorded_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("recorded by")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decision = models.CharField(_("decision"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bill"], name="dispute_one_open", condition=Q(state="open"), nulls_distinct=False
            ),
            models.CheckConstraint(
                name="dispute_decided_whole",
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
        ]
        triggers = [
            NO_DELETE,
            begins("open"),
            moves(("open", "upheld"), ("open", "rejected"), ("open", "withdrawn")),
            keeps(["account", "bill", "raised_at", "raised_by_name", "subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_state_display()}"


class CasePause(models.Model):
    """A case left alone until a day 暂缓催收; it always ends."""

    case = models.ForeignKey(CollectionCase, models.PROTECT, verbose_name=_("case"))
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), help_text=_("first day no longer paused"))
    reason = models.CharField(_("reason"), max_length=200)
    approved_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("approved by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())
    ended_date = models.DateField(_("ended early on"), null=True, blank=True)

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        constraints = [
            models.CheckConstraint(name="pause_forward", condition=Q(to_date__gt=F("from_date"))),
            models.CheckConstraint(name="pause_reasoned", condition=~Q(reason="")),
        ]
        triggers = [NO_DELETE, keeps(["case", "from_date", "to_date", "reason", "approved_by"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_date} {self.to_date}"


class Protection(models.Model):
    """A reason why an account must not be cut for a time 业务保电; it always ends, and is looked at again before."""

    class Reason(models.TextChoices):
        """Why."""

        IMPORTANT_SUPPLY = "important_supply", _("important supply")
        EVENT = "event", _("event")
        MEDICAL = "medical", _("medical device")
        VULNERABLE = "vulnerable", _("vulnerable home")
        HARDSHIP = "hardship", _("hardship")
        METER_FAULT = "meter_fault", _("meter fault")
        AUTHORITY = "authority", _("decision of the authority")
        OTHER = "other", _("other")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    note = models.CharField(_("note"), max_length=300)
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("until"))
    review_date = models.DateField(_("look again on"))
    approved_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("approved by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())
    ended_at = models.DateTimeField(_("ended early at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    class Meta:
        verbose_name = _("protection from cutting")
        verbose_name_plural = _("protections from cutting")
        constraints = [
            models.CheckConstraint(name="protection_forward", condition=Q(to_at__gt=F("from_at"))),
            models.CheckConstraint(
                name="protection_ended_by_someone",
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["account", "to_at"], name="protection_by_account")]
        triggers = [NO_DELETE, keeps(["account", "reason", "from_at", "to_at", "approved_by"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_reason_display()}"


class VulnerableReview(models.Model):
    """A person looked whether a cut would endanger somebody in a home 弱势用户复核. Append-only."""

    class Outcome(models.TextChoices):
        """What was found."""

        MAY_PROCEED = "may_proceed", _("nobody endangered")
        PROTECT = "protect", _("must be protected")

    account = models.ForeignKey(Account, models.PROTECT, verbose_name=_("account"))
    reviewed_at = models.DateTimeField(_("looked at"))
    valid_to_at = models.DateTimeField(_("good until"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    note = models.CharField(_("note"), max_length=300)
    reviewer = models.ForeignKey(Staff, models.PROTECT, verbose_name=_("done by"))
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, verbose_name=_("evidence"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("review of a vulnerable home")
        verbose_name_plural = _("reviews of vulnerable homes")
        constraints = [models.CheckConstraint(name="review_forward", condition=Q(valid_to_at__gt=F("reviewed_at")))]
        indexes = [models.Index(fields=["account", "-reviewed_at"], name="review_by_account")]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_outcome_display()}"


class ContactOptOut(models.Model):
    """A channel a customer does not want to be reminded by; notices the law asks for are not touched."""

    customer = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("customer"))
    channel = models.CharField(_("channel"), max_length=20)
    from_date = models.DateField(_("from"))
    to_date = models.DateField(_("until"), null=True, blank=True)
    recorded_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("recorded by"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("channel opted out of")
        verbose_name_plural = _("channels opted out of")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel"], name="opt_out_once", condition=Q(to_date__isnull=True)
            ),
        ]
        triggers = [NO_DELETE]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.channel}"
