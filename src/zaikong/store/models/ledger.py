"""Double entry: legs, the open items they leave, payments and what each paid.

Legs are append-only; a statement-level trigger holds every transaction to zero over its transition table. Balances and
open items are stored for speed and re-proved from the legs and allocations every night.
"""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zaikong.store.models.billing import Bill
from zaikong.store.models.people import Staff
from zaikong.store.models.registry import Account

_APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Leg(models.Model):
    """One leg of a transaction: debit positive, credit negative [fen]."""

    transaction = models.BigIntegerField(_("transaction"))
    event = models.CharField(_("event"), max_length=24)
    gl = models.CharField(_("general ledger account"), max_length=12)
    account = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("account")
    )
    bill = models.ForeignKey(
        Bill, models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False, verbose_name=_("bill")
    )
    payment = models.ForeignKey(
        "Payment", models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False, verbose_name=_("payment")
    )
    amount_fen = models.BigIntegerField(_("amount"))
    booked_date = models.DateField(_("booked on"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("ledger leg")
        verbose_name_plural = _("ledger legs")
        indexes = [
            # legs are only ever appended: a range of pages finds a day or a transaction, and costs a posting nothing
            BrinIndex(fields=["booked_date"], name="leg_by_date", autosummarize=True),
            BrinIndex(fields=["transaction"], name="leg_by_transaction", autosummarize=True, pages_per_range=16),
            models.Index(fields=["payment"], name="leg_by_payment", condition=Q(payment__isnull=False)),
        ]
        triggers = [
            _APPEND_ONLY,
            pgtrigger.Trigger(
                name="transactions_sum_to_zero",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),
                declare=[("off", "bigint")],
                func="""
                    SELECT transaction INTO off FROM written GROUP BY transaction
                        HAVING sum(amount_fen) <> 0 OR count(*) < 2 LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'transaction % does not sum to zero', off
                            USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    SELECT w.account_id INTO off FROM written w
                        WHERE w.account_id IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM zaikong_account a WHERE a.id = w.account_id) LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'leg for unknown account %', off USING ERRCODE = 'foreign_key_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction} {self.gl} {self.amount_fen}"


class OpenItem(models.Model):
    """What is still owed on a bill; one row a bill with money in it."""

    bill = models.OneToOneField(Bill, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("bill"))
    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    month = models.IntegerField(_("billing month"))
    due_date = models.DateField(_("due on"))
    amount_fen = models.BigIntegerField(_("amount"))
    open_fen = models.BigIntegerField(_("open"))
    late_fee_paid_fen = models.BigIntegerField(_("late fee paid"), default=0)
    late_fee_waived_fen = models.BigIntegerField(_("late fee waived"), default=0)
    late_fee_fixed_fen = models.BigIntegerField(
        _("late fee accrued when the principal was paid"), default=0, db_default=0, help_text=_("0 while it is open")
    )
    disputed = models.BooleanField(_("disputed"), default=False)

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        constraints = [
            models.CheckConstraint(name="open_item_not_overpaid", condition=Q(open_fen__gte=0)),
            models.CheckConstraint(name="open_item_not_over_amount", condition=Q(open_fen__lte=F("amount_fen"))),
        ]
        indexes = [
            models.Index(fields=["account", "due_date"], name="open_item_unpaid", condition=Q(open_fen__gt=0)),
            models.Index(
                fields=["account"],
                name="open_item_late_fee_left",
                condition=Q(open_fen=0, late_fee_fixed_fen__gt=F("late_fee_paid_fen") + F("late_fee_waived_fen")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month} {self.open_fen}"


class AccountBalance(models.Model):
    """Stored balance of an account, re-proved from the legs each night [fen]."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("account")
    )
    receivable_fen = models.BigIntegerField(_("receivable"), default=0)
    prepaid_fen = models.BigIntegerField(_("prepaid"), default=0)

    class Meta:
        verbose_name = _("account balance")
        verbose_name_plural = _("account balances")
        constraints = [models.CheckConstraint(name="prepaid_not_negative", condition=Q(prepaid_fen__gte=0))]

    def __str__(self) -> str:
        return f"{self.account_id}"


class Payment(models.Model):
    """Money handed in, unique by channel and channel reference."""

    class State(models.TextChoices):
        """Where the money is."""

        IN_TRANSIT = "in_transit", _("in transit")
        CREDITED = "credited", _("credited")
        UNALLOCATED = "unallocated", _("account unknown")
        REVERSED = "reversed", _("reversed")
        BOUNCED = "bounced", _("bounced")

    channel = models.CharField(_("channel"), max_length=20)
    channel_ref = models.CharField(_("channel reference"), max_length=64)
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, verbose_name=_("account"))
    account_no_given = models.CharField(_("account number given"), max_length=40)
    amount_fen = models.BigIntegerField(_("amount"))
    paid_at = models.DateTimeField(_("paid at"))
    booked_date = models.DateField(_("booked on"))
    designated_month = models.IntegerField(_("designated month"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State)
    topup = models.BooleanField(_("prepayment top-up"), default=False)
    cashier = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("cashier"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(fields=["channel", "channel_ref"], name="payment_once_a_channel"),
            models.CheckConstraint(name="payment_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="payment_credited_to_someone", condition=~Q(state="credited") | Q(account__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["booked_date"], name="payment_by_date")]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="state_moves",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (NEW.channel, NEW.channel_ref, NEW.amount_fen, NEW.paid_at, NEW.account_no_given)
                        IS DISTINCT FROM (OLD.channel, OLD.channel_ref, OLD.amount_fen, OLD.paid_at, OLD.account_no_given)
                    THEN RAISE EXCEPTION 'a payment keeps its channel, reference, amount, time and account number'
                        USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
                        ('in_transit', 'credited'), ('in_transit', 'bounced'), ('in_transit', 'reversed'),
                        ('in_transit', 'unallocated'), ('unallocated', 'credited'), ('unallocated', 'reversed'),
                        ('unallocated', 'bounced'), ('credited', 'reversed'), ('credited', 'bounced'))
                    THEN RAISE EXCEPTION 'a payment may not go from % to %', OLD.state, NEW.state
                        USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.channel_ref}"


class PaymentChange(models.Model):
    """Why a payment left the state it was in, who decided it and when. Append-only."""

    payment = models.ForeignKey(Payment, models.PROTECT, verbose_name=_("payment"))
    from_state = models.CharField(_("from"), max_length=12, choices=Payment.State)
    to_state = models.CharField(_("to"), max_length=12, choices=Payment.State)
    booked_date = models.DateField(_("booked on"))
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, verbose_name=_("decided by"))
    reason = models.CharField(_("reason"), max_length=200)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("change of a payment")
        verbose_name_plural = _("changes of payments")
        triggers = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.from_state} → {self.to_state}"


class Allocation(models.Model):
    """What a payment, or prepaid money, paid on a bill. Append-only; undone by a negative row."""

    account = models.ForeignKey(Account, models.PROTECT, db_constraint=False, verbose_name=_("account"))
    bill = models.ForeignKey(Bill, models.PROTECT, db_constraint=False, verbose_name=_("bill"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, db_constraint=False, verbose_name=_("payment")
    )
    principal_fen = models.BigIntegerField(_("principal"))
    late_fee_fen = models.BigIntegerField(_("late fee"))
    booked_date = models.DateField(_("booked on"))
    effective_date = models.DateField(
        _("effective on"), help_text=_("the day from which the principal counts as paid; late fee stops there")
    )
    transaction = models.BigIntegerField(_("transaction"))

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        triggers = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.principal_fen}"


class LateFeeWaiver(models.Model):
    """A late fee let off 违约金减免; asked for by one person and approved by another."""

    class State(models.TextChoices):
        """Where the request stands."""

        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    bill = models.ForeignKey(Bill, models.PROTECT, verbose_name=_("bill"))
    amount_fen = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_date = models.DateField(_("requested on"))
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_date = models.DateField(_("decided on"), null=True, blank=True)

    class Meta:
        verbose_name = _("late fee waiver")
        verbose_name_plural = _("late fee waivers")
        constraints = [
            models.CheckConstraint(name="waiver_two_people", condition=~Q(decided_by=F("requested_by"))),
            models.CheckConstraint(name="waiver_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="waiver_decided_by_someone", condition=Q(state="requested") | Q(decided_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.amount_fen}"


class AccountExposure(models.Model):
    """Each account's exposure as of the last night [fen]."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, db_constraint=False, verbose_name=_("account")
    )
    as_of_date = models.DateField(_("as of"))
    not_due_fen = models.BigIntegerField(_("not due"), default=0)
    days_1_30_fen = models.BigIntegerField(_("1–30 days"), default=0)
    days_31_60_fen = models.BigIntegerField(_("31–60 days"), default=0)
    days_61_90_fen = models.BigIntegerField(_("61–90 days"), default=0)
    over_90_fen = models.BigIntegerField(_("over 90 days"), default=0)
    cross_year_fen = models.BigIntegerField(_("of earlier years"), default=0)
    open_fen = models.BigIntegerField(_("billed and open"), default=0)
    unbilled_fen = models.BigIntegerField(_("used, not yet billed"), default=0)
    prepaid_fen = models.BigIntegerField(_("prepaid"), default=0)
    exposure_fen = models.BigIntegerField(_("exposure"), default=0)
    exposure_days = models.BigIntegerField(_("days of exposure"), default=0)
    average_daily_fen = models.BigIntegerField(_("average use a day"), default=0, db_default=0)
    billed_recently_fen = models.BigIntegerField(
        _("billed lately"),
        default=0,
        db_default=0,
        help_text=_("known to this estimate, so that a later bill counts once"),
    )
    measured_to_date = models.DateField(_("use measured to"), null=True, blank=True)
    periods_open = models.SmallIntegerField(_("periods open"), default=0)
    oldest_due_date = models.DateField(_("oldest due date"), null=True, blank=True)

    class Meta:
        verbose_name = _("account exposure")
        verbose_name_plural = _("account exposures")

    def __str__(self) -> str:
        return f"{self.account_id} {self.as_of_date}"
