"""A small county for the tests of money: accounts, released bills, receipts, and what must always hold."""

from datetime import date, datetime
from itertools import count

import polars as pl
from django.contrib.auth.models import Permission

from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.application.proving import prove_balances
from zaikong.application.roles import ensure_roles
from zaikong.application.voiding import void_items
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.store import bulk
from zaikong.store.models import Account, Bill, BillRun, Customer, Premise, Staff, Station, SupplyPoint

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


_NO_LINES = pl.DataFrame(
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


def _rated(place, bill, issued_date, *, reverses=None):
    account, month, due_date, fen = bill
    return {
        "settlement": place,
        "account": account.pk,
        "month": month,
        "sequence": place + 1,
        "kind": "periodic" if reverses is None else "reversal",
        "from_day": day_number(issued_date) - 30,
        "to_day": day_number(issued_date),
        "due_day": day_number(due_date),
        "book": "cn.henan.residential",
        "plan": "steps",
        "verified": True,
        **dict.fromkeys((*RATED_AMOUNTS, "ledger_fund_fen"), 0),
        "energy_fen": fen,
        "total_fen": fen,
        "reverses": reverses,
    }


def _post(rows, *, month, issued_date):
    run = BillRun.objects.create(key=f"test-{next(_serial)}", kind="monthly", month=month, run_date=issued_date)
    frame = pl.DataFrame(rows, schema_overrides={"reverses": pl.Int64})
    return post_bills(frame, _NO_LINES, run_id=run.pk, issued_date=issued_date)["bill"].to_list()


def release(bills, *, issued_date=date(2025, 7, 1)):
    """Release bills given as (account, month, due date, fen); returns their numbers in order."""
    rows = [_rated(place, bill, issued_date) for place, bill in enumerate(bills)]
    return _post(rows, month=bills[0][1], issued_date=issued_date)


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


def entitled(username, *rights):
    """A member of staff with these rights and no other."""
    ensure_roles()
    staff = make_staff(username)
    staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return Staff.objects.get(pk=staff.pk)


def reverse_bill(bill, *, issued_date):
    """Post the reversal of a bill as a correction does, and free what was paid on it."""
    row = Bill.objects.select_related("account").get(pk=bill)
    void_items([bill], booked_date=issued_date)
    rated = _rated(0, (row.account, row.month, row.due_date, -row.total_fen), issued_date, reverses=bill)
    return _post([rated], month=row.month, issued_date=issued_date)[0]


def proof(day=date(2025, 7, 31)):
    """The differences the night would find, as codes."""
    return [finding.code for finding in prove_balances(as_of=day)]
