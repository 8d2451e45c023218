"""Who pays ahead by which agreement, what do they owe, and what of their money is free to go?"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from zaikong.domain.ledger.postings import CLAIMED, PREPAID
from zaikong.store import bulk
from zaikong.store.models import (
    Account,
    AccountExposure,
    DebtRecovery,
    FeeControlDevice,
    Leg,
    Meter,
    OpenItem,
    PaymentModeSwitch,
    PrepaidBalance,
    PrepaymentAgreement,
)

_EPOCH = "date '1970-01-01'"

AGREEMENT = {
    "account": pl.Int64,
    "agreement": pl.Int64,
    "old_debt_permille": pl.Int64,
    "agreement_from_day": pl.Int64,
}
"""Columns of `agreements_of_locked`."""

IN_FORCE = "g.state = 'in_force' AND x.payment_mode = 'prepaid'"
"""An agreement `g` that governs the money of account `x`: signed, and the account has been switched to it."""

OLD_DEBTS = f"""
    SELECT g.account_id, i.bill_id, i.due_date, i.open_fen, i.disputed
    FROM zaikong_prepaymentagreement g
    JOIN zaikong_account x ON x.id = g.account_id
    JOIN zaikong_openitem i ON i.account_id = g.account_id AND i.due_date < g.from_date
    WHERE {IN_FORCE} AND (i.open_fen > 0 OR i.late_fee_fixed_fen > i.late_fee_paid_fen + i.late_fee_waived_fen)
"""
"""Old debt of every account that pays ahead by agreement: rows an item. It is recovered by the share alone: it is not
taken from the balance, and the available balance is not less for it."""


@dataclass(frozen=True, slots=True)
class Money:
    """An account's money at a moment.

    Attributes:
        prepaid_fen: Prepaid money [fen].
        owed_fen: Posted and unpaid principal that the balance answers for: not old debt, not disputed [fen].
        old_debt_fen: Principal of old debt, recovered by the share of top-ups [fen].
        disputed_fen: Posted principal the customer disputes [fen].
        in_transit_fen: Money on its way, not yet the account's [fen].
    """

    prepaid_fen: int
    owed_fen: int
    old_debt_fen: int
    disputed_fen: int
    in_transit_fen: int


def agreements_of_locked() -> pl.DataFrame:
    """Agreements in force of the accounts locked last (`queries.payments.lock_accounts`); `AGREEMENT`."""
    return bulk.fetch(
        f"""
        SELECT g.account_id, g.id, g.old_debt_permille, g.from_date - {_EPOCH}
        FROM zaikong_prepaymentagreement g
        JOIN account_locked l ON l.account = g.account_id
        JOIN zaikong_account x ON x.id = g.account_id
        WHERE {IN_FORCE}
        """,
        AGREEMENT,
    )


def write_recoveries(rows: pl.DataFrame) -> None:
    """Append what top-ups recovered.

    Args:
        rows: `payment`, `agreement`, `old_debt_permille`, `share_fen`, `recovered_fen`.
    """
    if rows.is_empty():
        return
    bulk.write(
        rows.select(
            pl.col("payment").alias("payment_id"),
            pl.col("agreement").alias("agreement_id"),
            pl.col("old_debt_permille").alias("permille"),
            "share_fen",
            "recovered_fen",
        ),
        "zaikong_debtrecovery",
    )


def money_of(account: Account) -> Money:
    """An account's money now."""
    row = bulk.fetch(
        f"""
        WITH old AS (SELECT * FROM ({OLD_DEBTS}) d WHERE d.account_id = %s)
        SELECT coalesce((SELECT prepaid_fen FROM zaikong_accountbalance WHERE account_id = %s), 0),
            coalesce((SELECT sum(i.open_fen) FROM zaikong_openitem i WHERE i.account_id = %s AND i.open_fen > 0
                AND NOT i.disputed AND i.bill_id NOT IN (SELECT bill_id FROM old)), 0)::bigint,
            coalesce((SELECT sum(o.open_fen) FROM old o), 0)::bigint,
            coalesce((SELECT sum(i.open_fen) FROM zaikong_openitem i
                WHERE i.account_id = %s AND i.open_fen > 0 AND i.disputed), 0)::bigint,
            coalesce((SELECT sum(p.amount_fen) FROM zaikong_payment p
                WHERE p.account_id = %s AND p.state = 'in_transit'), 0)::bigint
        """,
        dict.fromkeys(("prepaid", "owed", "old", "disputed", "transit"), pl.Int64),
        [account.pk] * 5,
    ).row(0)
    return Money(*row)


def uncleared_fen(account: Account, *, since: date, cash_channels: tuple[str, ...]) -> int:
    """Money credited lately by channels whose money can still be taken back [fen].

    Args:
        account: The account.
        since: First business date that counts.
        cash_channels: Channels whose money cannot bounce.
    """
    return int(
        bulk.fetch(
            """
            SELECT coalesce(sum(p.amount_fen), 0)::bigint FROM zaikong_payment p
            WHERE p.account_id = %s AND p.state = 'credited' AND p.booked_date >= %s AND p.channel <> ALL(%s)
            """,
            {"fen": pl.Int64},
            [account.pk, since, list(cash_channels)],
        )["fen"][0]
    )


def estimate_of(account: Account) -> PrepaidBalance | None:
    """The last night's estimate of an account, None where no night has made one."""
    found: PrepaidBalance | None = PrepaidBalance.objects.filter(pk=account.pk).first()
    return found


def agreement_in_force(account: Account) -> PrepaymentAgreement | None:
    """The signed agreement of an account, None where there is none."""
    found: PrepaymentAgreement | None = PrepaymentAgreement.objects.filter(
        account=account, state=PrepaymentAgreement.State.IN_FORCE
    ).first()
    return found


def recovered_of(agreement: PrepaymentAgreement) -> int:
    """What an agreement has recovered of old debt, without top-ups taken back since [fen]."""
    rows = DebtRecovery.objects.filter(agreement=agreement, payment__state="credited")
    return sum(rows.values_list("recovered_fen", flat=True))


def next_agreement_key() -> int:
    """The key of the next agreement, which its number carries."""
    return int(
        bulk.fetch("SELECT nextval(pg_get_serial_sequence('zaikong_prepaymentagreement', 'id'))", {"key": pl.Int64})[
            "key"
        ][0]
    )


def estimates_of(account: Account) -> list[tuple[date, int]]:
    """What the nights found used and not yet billed, each with its business date [fen]."""
    rows = [
        *PrepaidBalance.objects.filter(pk=account.pk).values_list("as_of_date", "estimated_fen"),
        *AccountExposure.objects.filter(pk=account.pk).values_list("as_of_date", "unbilled_fen"),
    ]
    return [(day, int(fen)) for day, fen in rows]


def claimed_fen(account: Account) -> int:
    """What is claimed back of refunds whose top-up the bank took back [fen]."""
    rows = Leg.objects.filter(account=account, gl=CLAIMED)
    return sum(rows.values_list("amount_fen", flat=True))


def paid_out(accounts: pl.Series) -> pl.DataFrame:
    """What accounts got paid out of prepaid money and is not claimed back: `account`, `paid_out_fen` [fen]."""
    bulk.stage(accounts.unique().to_frame("account"), "account_paid_out", {"account": "bigint"})
    return bulk.fetch(
        f"""
        SELECT l.account_id,
            (coalesce(sum(l.amount_fen) FILTER (WHERE l.gl = '{PREPAID}'
                AND l.event IN ('prepayment_refunded', 'refund_reversed')), 0)
             - greatest(coalesce(sum(l.amount_fen) FILTER (WHERE l.gl = '{CLAIMED}'), 0), 0))::bigint
        FROM zaikong_leg l JOIN account_paid_out q ON q.account = l.account_id GROUP BY 1
        """,
        {"account": pl.Int64, "paid_out_fen": pl.Int64},
    )


def overdue_fen(account: Account, *, on: date) -> int:
    """Undisputed principal past its due day [fen]."""
    rows = OpenItem.objects.filter(account=account, open_fen__gt=0, disputed=False, due_date__lt=on)
    return sum(rows.values_list("open_fen", flat=True))


def prepaid_since(account: Account) -> date | None:
    """Since when an account pays ahead: the day of its last switch, else of its agreement; None where neither is known."""
    switched = PaymentModeSwitch.objects.filter(account=account, state="done", to_mode="prepaid")
    last: date | None = switched.order_by("-effective_date").values_list("effective_date", flat=True).first()
    if last is not None:
        return last
    agreement = agreement_in_force(account)
    return agreement.from_date if agreement else None


def can_be_commanded(account: Account) -> bool:
    """Whether a fee-control device was accepted there, or a meter in service has a relay."""
    devices = FeeControlDevice.objects.filter(account=account, state=FeeControlDevice.State.ACCEPTED)
    meters = Meter.objects.filter(account=account, removed_date__isnull=True).exclude(relay="none")
    return devices.exists() or meters.exists()
