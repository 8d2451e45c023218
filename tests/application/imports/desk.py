"""Files as a supplier hands them over, for the tests of imports."""

from datetime import date
from pathlib import Path

import polars as pl

from zaikong.application.imports import FileReport, load

AS_OF = date(2025, 7, 31)

CUSTOMER = {
    "account_no": "4100000001",
    "name": "张三",
    "category": "residential",
    "usci": "",
    "id_no": "",
    "phone": "",
    "address": "解放路1号",
    "station": "城关供电所",
    "route": "R01",
    "collector": "",
    "tariff": "cn.henan.residential",
    "capacity_kva": "",
    "voltage": "",
    "important": "",
    "payment_mode": "post_paid",
    "contract_date": "2020-01-01",
}
METER = {
    "account_no": "4100000001",
    "meter_no": "M0001",
    "protocol": "dlt645",
    "address": "000000000001",
    "multiplier": "1",
    "digits": "6",
    "relay": "internal",
}
BILL = {
    "account_no": "4100000001",
    "period": "2025-06",
    "issued_date": "2025-07-01",
    "due_date": "2025-07-20",
    "kwh": "100",
    "amount_yuan": "56.00",
}
PAYMENT = {
    "account_no": "4100000001",
    "paid_at": "2025-07-10 09:30:00",
    "amount_yuan": "56.00",
    "channel": "counter",
    "channel_ref": "r1",
}
USCI = "91410100MA44444441"
OTHER_USCI = "91410100MA4555555C"
ID_NO = "410105199001010011"
OTHER_ID_NO = "41010519900101002X"


def rows(template: dict[str, str], *changes: dict[str, str]) -> pl.DataFrame:
    """One row a change to the template."""
    return pl.DataFrame([{**template, **change} for change in changes])


def csv(folder: Path, frame: pl.DataFrame, name: str = "file.csv") -> Path:
    path = folder / name
    frame.write_csv(path)
    return path


def text(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def take(kind: str, path: Path, **options: object) -> FileReport:
    """Load one file."""
    return load(kind, [path], **{"as_of": AS_OF, **options}).files[0]


def counts(report: FileReport) -> tuple[int, int, int, int, int]:
    """Rows, loaded, unchanged, rejected, waiting."""
    return report.rows, report.loaded, report.unchanged, report.rejected, report.waiting


def faults(report: FileReport) -> list[tuple[int, str, str, str]]:
    """Line, column, value and code of every rejection."""
    return report.rejections.select("#line", "column", "value", "code").rows()


def codes(report: FileReport) -> list[str]:
    return [note.code for note in report.notes]
