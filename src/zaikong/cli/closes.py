"""How are a day book and a month close printed?"""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from zaikong.kernel.money import yuan_text

_AGEING = {
    "not_due": "not due",
    "days_1_30": "1-30 days",
    "days_31_60": "31-60 days",
    "days_61_90": "61-90 days",
    "over_90": "over 90 days",
}


def close_tables(title: str, figures: Mapping[str, Any]) -> list[Table]:
    """The figures of a close as tables: money, channels, ageing and periods, collection, ledger.

    Args:
        title: Heading of the first.
        figures: As `application.closing` made them.
    """
    return [_money(title, figures), _channels(figures), _ageing(figures), _collection(figures), _ledger(figures)]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _money(title: str, figures: Mapping[str, Any]) -> Table:
    table = _table(title, "figure", "yuan or count")
    rows = {
        "receivable before 期初应收余额": yuan_text(figures["receivable_before_fen"]),
        "bills issued 发行户数": f"{figures['issued_bills']:,}",
        "energy billed 发行电量 (kWh)": f"{figures['issued_kwh']:,}",
        "issued 应收电费": yuan_text(figures["issued_fen"]),
        "received 实收": yuan_text(figures["received_fen"]),
        "settled on bills 销账": yuan_text(figures["settled_fen"]),
        "late fee collected 违约金": yuan_text(figures["late_fee_fen"]),
        "receivable open 应收余额": yuan_text(figures["receivable_open_fen"]),
        "prepaid 预收": yuan_text(figures["prepaid_fen"]),
        "in transit 在途": yuan_text(figures["in_transit_fen"]),
        "account unknown 未识别": yuan_text(figures["unidentified_fen"]),
        "used, not yet billed 未发行电费": yuan_text(figures["unbilled_fen"]),
        "exposure 敞口": yuan_text(figures["exposure_fen"]),
        "days of exposure 敞口天数": f"{figures['exposure_days']}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _channels(figures: Mapping[str, Any]) -> Table:
    table = _table(
        "Received by channel 分渠道实收", "channel", "receipts", "yuan", "of it in transit", "bounced or reversed"
    )
    for channel, row in figures["received_by_channel"].items():
        undone = row.get("bounced_fen", 0) + row.get("reversed_fen", 0)
        table.add_row(
            channel,
            f"{row['receipts']:,}",
            yuan_text(row["fen"]),
            yuan_text(row.get("in_transit_fen", 0)),
            yuan_text(undone),
        )
    return table


def _ageing(figures: Mapping[str, Any]) -> Table:
    table = _table("Ageing and periods open 账龄与欠费期数", "bucket", "yuan", "share %")
    total = figures["open_fen"]
    for key, label in _AGEING.items():
        fen = figures["ageing"][key]
        table.add_row(label, yuan_text(fen), f"{fen * 100 / total:.1f}" if total else "-")
    table.add_row("of earlier years 陈欠", yuan_text(figures["cross_year_fen"]), "")
    for periods, count in figures["periods_open"].items():
        table.add_row(f"accounts with {periods.replace('over_', 'over ')} periods open", f"{count:,}", "")
    return table


def _collection(figures: Mapping[str, Any]) -> Table:
    table = _table("Collection rates 电费回收率", "rate", "%")
    labels = {
        "cumulative_permille": "cumulative 累计",
        "current_year_permille": "current year 当年",
        "previous_years_permille": "previous years 陈欠",
    }
    for key, label in labels.items():
        rate = figures["collection"].get(key)
        table.add_row(label, "-" if rate is None else f"{rate / 10:.1f}")
    return table


def _ledger(figures: Mapping[str, Any]) -> Table:
    table = _table("Ledger 总账", "account", "opening", "debit", "credit", "closing")
    for row in figures["balances"]:
        amounts = (yuan_text(row[name]) for name in ("opening_fen", "debit_fen", "credit_fen", "closing_fen"))
        table.add_row(f"{row['gl']} {row['name']}", *amounts)
    return table
