"""What does the driver of the sample county read and name?"""

import polars as pl

from zaikong.store import bulk
from zaikong.store.models import Account, BillDraft, BillRun, Staff, Station


def bills_to_pay() -> pl.DataFrame:
    """Every bill that asks for money, as the payment plan wants it."""
    return bulk.fetch(
        "SELECT a.account_no, b.month, b.sequence, b.issued_date - date '1970-01-01', b.due_date - date '1970-01-01', "
        "b.total_fen FROM zaikong_bill b JOIN zaikong_account a ON a.id = b.account_id "
        "WHERE b.total_fen > 0 AND b.kind <> 'reversal' ORDER BY b.id",
        {
            "account_no": pl.String,
            "month": pl.Int64,
            "sequence": pl.Int64,
            "issued_day": pl.Int64,
            "due_day": pl.Int64,
            "amount_fen": pl.Int64,
        },
    )


def imported_months() -> set[str]:
    """Months whose bills were imported, as YYYY-MM."""
    months = BillRun.objects.filter(kind=BillRun.Kind.IMPORTED).values_list("month", flat=True)
    return {f"{month // 100:04d}-{month % 100:02d}" for month in months}


def has_customers() -> bool:
    """Whether any account exists."""
    return bool(Account.objects.exists())


def name_people(stations: pl.DataFrame, collectors: pl.DataFrame) -> None:
    """Give stations and collectors the names the county drew."""
    for code, name in stations.select("station", "station_name").iter_rows():
        Station.objects.filter(code=code).update(name=name)
    homes = {station.code: station.pk for station in Station.objects.all()}
    for number, name, code in collectors.select("collector", "collector_name", "station").unique().iter_rows():
        Staff.objects.filter(employee_no=number).update(first_name=name, last_name="", station_id=homes.get(code))


def held_before(run_date: object) -> list[int]:
    """Held drafts of runs up to a date, oldest first."""
    rows = BillDraft.objects.filter(state="held", run__run_date__lte=run_date).order_by("pk")
    return list(rows.values_list("pk", flat=True))
