"""What is read of accounts before a notice is issued to them?

Everything is read for a whole batch at once; the accounts are locked first, so that no payment slips in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.application.documents.contents import BillOwed, NoticeKind
from zaikong.domain.law.late_fee import LateFeeLaw
from zaikong.domain.registry.clause_check import legal_basis
from zaikong.kernel.period import Month, date_of_day, day_number
from zaikong.store.models import Account, CollectionCase, Dispute, MessageItem, Notice, OutboundMessage, Payment
from zaikong.store.queries import payments as queries

_BASES: Mapping[str, tuple[str, ...]] = {
    "demand": ("LATE_FEE_OUTSIDE_BAND", "CUT_WITHOUT_DEMAND"),
    "stop": ("CUT_TOO_EARLY", "CUT_WITHOUT_DEMAND", "CUT_WITHOUT_NOTICE", "STOP_NOTICE_TOO_SHORT"),
    "final": ("CUT_WITHOUT_NOTICE", "FINAL_NOTICE_TOO_SHORT"),
}
"""Checks whose law a notice cites."""


def overdue_bills(accounts: Sequence[int], as_of: date) -> dict[int, tuple[BillOwed, ...]]:
    """Overdue, undisputed bills of accounts with their late fee to the day; the accounts are locked."""
    today = day_number(as_of)
    queries.lock_accounts(pl.Series("account", list(accounts), pl.Int64))
    items = queries.items_of_locked().filter((pl.col("due_day") < today) & ~pl.col("disputed"))
    disputed = pl.Series(_disputed_bills(accounts), dtype=pl.Int64)
    items = items.filter(~pl.col("bill").is_in(disputed.implode()))
    if items.is_empty():
        return {}
    fees = late_fees_of(with_law_facts(items), queries.paid_by_day(items["bill"]), day=today)
    rows = (
        items.select("account", "bill", "month", "due_day", "open_fen")
        .join(fees.select("bill", "late_fee_due_fen"), on="bill")
        .filter(pl.col("open_fen") + pl.col("late_fee_due_fen") > 0)
        .sort("account", "due_day", "bill")
    )
    owed: dict[int, list[BillOwed]] = {}
    for row in rows.iter_rows(named=True):
        month = Month.parse(str(row["month"]))
        due = date_of_day(row["due_day"])
        bill = BillOwed(row["bill"], month, due, row["open_fen"], row["late_fee_due_fen"])
        owed.setdefault(row["account"], []).append(bill)
    return {account: tuple(bills) for account, bills in owed.items()}


def prepaid_accounts() -> set[int]:
    """Those of the accounts locked last that have prepaid money."""
    return set(queries.prepaid_of_locked().filter(pl.col("prepaid_fen") > 0)["account"].to_list())


def accounts_in_transit(accounts: Sequence[int]) -> Iterable[int]:
    """Those of the accounts with a payment that has not arrived yet."""
    rows = Payment.objects.filter(account_id__in=accounts, state=Payment.State.IN_TRANSIT)
    keys: Iterable[int] = rows.values_list("account_id", flat=True)
    return keys


def rates_of(account: Account, bills: Sequence[BillOwed], law: LateFeeLaw, as_of: date) -> tuple[int, ...]:
    """Daily late-fee rates that apply to an account's bills: one, or current-year and cross-year [ppm]."""
    if account.late_fee_ppm:
        return (min(account.late_fee_ppm, law.band_high_ppm),)
    today = day_number(as_of)
    rates = next(period for period in law.rates if period.from_day <= today < period.to_day)
    if account.category == "residential":
        return (rates.resident_ppm,)
    crossed = any(owed.due_date.year < as_of.year for owed in bills)
    return (rates.current_year_ppm, rates.cross_year_ppm) if crossed else (rates.current_year_ppm,)


def articles_of(kind: NoticeKind, as_of: date, jurisdiction: str) -> tuple[str, ...]:
    """The law a kind of notice cites on a day, an article only where it is verified."""
    found = [legal_basis(code, as_of=as_of, jurisdiction=jurisdiction) for code in _BASES[kind]]
    return tuple(dict.fromkeys(str(basis) for basis in found if basis is not None))


def scope_text(account: Account) -> str:
    """What goes dead when nobody says it more exactly: the account's supply point."""
    point = account.supply_point
    return " ".join(part for part in (point.premise.address, account.account_no) if part)


def open_cases(accounts: Sequence[int]) -> Iterable[CollectionCase]:
    """The cases of these accounts that are not closed."""
    rows: Iterable[CollectionCase] = CollectionCase.objects.filter(account_id__in=accounts).exclude(state="closed")
    return rows


def disputed_accounts(accounts: Sequence[int]) -> Iterable[int]:
    """Those of the accounts that dispute all their bills."""
    rows = Dispute.objects.filter(account_id__in=accounts, state="open", bill__isnull=True)
    keys: Iterable[int] = rows.values_list("account_id", flat=True)
    return keys


def newest_served(cases: Iterable[CollectionCase], kind: NoticeKind) -> dict[int, Notice]:
    """The newest served notice of a kind in the present episode of each case, by account."""
    episodes = {case.pk: case.episode for case in cases}
    rows = Notice.objects.filter(case_id__in=episodes, kind=kind, state=Notice.State.SERVED).order_by("issued_at", "pk")
    return {row.account_id: row for row in rows if row.episode == episodes[row.case_id]}


def demanding_messages(cases: Iterable[CollectionCase]) -> dict[int, OutboundMessage]:
    """The newest delivered message the law asked for in each case, by account."""
    rows = MessageItem.objects.filter(
        case_id__in=[case.pk for case in cases],
        message__statutory=True,
        message__state=OutboundMessage.State.DELIVERED,
    )
    newest_last = rows.select_related("message").order_by("message__delivered_at", "message_id")
    return {item.account_id: item.message for item in newest_last}


def _disputed_bills(accounts: Sequence[int]) -> list[int]:
    rows = Dispute.objects.filter(account_id__in=accounts, state="open", bill__isnull=False)
    return list(rows.values_list("bill_id", flat=True))
