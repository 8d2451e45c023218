"""How does a night hand its tables to analysis? Parquet files, partitioned by date, the form a province reads."""

from pathlib import Path
from typing import Any

import polars as pl

from zaikong.store import bulk

_ACCOUNTS = {
    "account_no": pl.String,
    "category": pl.String,
    "station": pl.String,
    "as_of_day": pl.Int64,
    "open_fen": pl.Int64,
    "unbilled_fen": pl.Int64,
    "prepaid_fen": pl.Int64,
    "exposure_fen": pl.Int64,
    "exposure_days": pl.Int64,
    "periods_open": pl.Int64,
    "oldest_due_day": pl.Int64,
}


def write_accounts(folder: Path) -> dict[str, Any]:
    """Write every account's position of the last night to `accounts.parquet`.

    Returns:
        `rows` and `bytes`.
    """
    frame = bulk.fetch(
        "SELECT a.account_no, a.category, s.code, e.as_of_date - date '1970-01-01', e.open_fen, e.unbilled_fen, "
        "e.prepaid_fen, e.exposure_fen, e.exposure_days, e.periods_open, e.oldest_due_date - date '1970-01-01' "
        "FROM zaikong_accountexposure e JOIN zaikong_account a ON a.id = e.account_id "
        "JOIN zaikong_supplypoint p ON p.id = a.supply_point_id JOIN zaikong_premise m ON m.id = p.premise_id "
        "JOIN zaikong_station s ON s.id = m.station_id ORDER BY a.account_no",
        _ACCOUNTS,
    )
    folder.mkdir(parents=True, exist_ok=True)
    # written beside and moved into place: a reader never sees half a file
    partial, final = folder / "accounts.parquet.partial", folder / "accounts.parquet"
    frame.write_parquet(partial)
    partial.replace(final)
    return {"rows": frame.height, "bytes": final.stat().st_size}
