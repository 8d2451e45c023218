"""A small county for the tests of money: accounts, released bills, receipts, and what must always hold."""

from datetime import date, datetime
from itertools import count

import polars as pl

from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.store import bulk
from zaikong.store.models import Account, BillRun, Customer, Premise, Staff, Station, SupplyPoint

_serial = count(1)


def make_account(account_no="4100000001", *, category="residential", **terms):
    station, _ = Station.objects.get_or_create(code="S1", defaults={"name": "城关供电所"})
    customer = Customer.objects.create(name=f"户{account_no}")
    premise = Premise.objects.create(address="人民路1号", station=station, route="R1")
    return Account.objects.create(
        account_no=account_no,
        customer=customer,
        supply_point=SupplyPoint.objects.create(premise=premise),
        category=category,
        book="cn.henan.residential",
        plan="steps",
        payment_mode="post_paid",
        contract_date=date(2020, 1, 1),
        **terms,
    )


def make_staff(username="cashier"):
    return Staff.objects.create_user(username, password="a-long-enough-password", is_staff=True)


def release(bills, *, issued_date=date(2025, 7, 1)):
    """Release bills given as (account, month, due date, fen); returns their numbers in order."""
    run = BillRun.objects.create(key=f"test-{next(_serial)}", kind="monthly", month=bills[0][1], run_date=issued_date)
    rated = pl.DataFrame(
        [
            {
                "settlement": place,
                "account": account.pk,
                "month": month,
                "sequence": place + 1,
                "kind": "periodic",
                "from_day": day_number(issued_date) - 30,
                "to_day": day_number(issued_date),
                "due_day": day_number(due_date),
                "book": "cn.henan.residential",
                "plan": "steps",
                "verified": True,
                **dict.fromkeys((*RATED_AMOUNTS, "ledger_fund_fen"), 0),
                "energy_fen": fen,
                "total_fen": fen,
                "reverses": None,
            }
            for place, (account, month, due_date, fen) in enumerate(bills)
        ],
        schema_overrides={"reverses": pl.Int64},
    )
    lines = pl.DataFrame(
        schema={
            "settlement": pl.Int64,
            "line": pl.Int64,
            "item": pl.String,
            "quantity": pl.Int64,
            "unit": pl.String,
            "price_e8": pl.Int64,
            "amount_fen": pl.Int64,
            "from_day": pl.Int64,
            "to_day": pl.Int64,
            "price_from_day": pl.Int64,
        }
    )
    return post_bills(rated, lines, run_id=run.pk, issued_date=issued_date)["bill"].to_list()


def receipt(ref, account_no, fen, paid="2025-07-10", *, kind="payment", channel="bank", month=None):
    day = date.fromisoformat(paid) if isinstance(paid, str) else paid
    return {
        "channel": channel,
        "channel_ref": ref,
        "account_no": account_no,
        "paid_at": datetime(day.year, day.month, day.day, 10, tzinfo=TIME_ZONE),
        "amount_fen": fen,
        "designated_month": month,
        "kind": kind,
    }


def batch(*rows):
    return pl.DataFrame(
        list(rows),
        schema={
            "channel": pl.String,
            "channel_ref": pl.String,
            "account_no": pl.String,
            "paid_at": pl.Datetime("us", TIME_ZONE.key),
            "amount_fen": pl.Int64,
            "designated_month": pl.Int64,
            "kind": pl.String,
        },
    )


def balance_by_gl():
    rows = bulk.fetch(
        "SELECT gl, sum(amount_fen)::bigint FROM zaikong_leg GROUP BY gl HAVING sum(amount_fen) <> 0 ORDER BY gl",
        {"gl": pl.String, "fen": pl.Int64},
    )
    return dict(rows.iter_rows())
