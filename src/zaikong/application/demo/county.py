"""How does the sample county get in: files, history, opening balances?"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction

from zaikong.application.allocating import apply_prepaid
from zaikong.application.billing.rated import rate_frame
from zaikong.application.billing.settlements import settle
from zaikong.application.demo.applications import load_applications
from zaikong.application.imports import load
from zaikong.application.roles import ensure_roles
from zaikong.domain.billing.schedule import Settlement, due_date
from zaikong.kernel.period import Month, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.sim import county as sim_county
from zaikong.sim.county import County
from zaikong.sim.payments import payments_of, plan_payments, plan_topups
from zaikong.store.models import Night
from zaikong.store.queries import demo as reads
from zaikong.store.queries import settlements as settlement_reads
from zaikong.store.server import var_folder

_MARK = "county.json"


class UnableToRunDemoError(Refusal):
    """The tables hold another county than the one asked for."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """Which county, and over which nights.

    Attributes:
        seed: Seed of every choice.
        daily_use: The true daily use of enterprises, or None to draw it.
        enterprises: How many enterprises.
        residents: How many other accounts.
        first_night: First business date.
        last_night: Last business date.
        history_start: First day of the history.
    """

    seed: int = 1
    daily_use: Path | None = None
    enterprises: int = sim_county.ENTERPRISES
    residents: int = sim_county.RESIDENTS
    first_night: date = sim_county.FIRST_NIGHT
    last_night: date = sim_county.LAST_NIGHT
    history_start: date = sim_county.HISTORY_START

    def mark(self) -> dict[str, Any]:
        """What tells this county from another."""
        return {
            "seed": self.seed,
            "true_series": self.daily_use is not None,
            "enterprises": self.enterprises,
            "residents": self.residents,
            "history_start": str(self.history_start),
            "first_night": str(self.first_night),
        }


def demo_folder() -> Path:
    """Where the sample county's files lie."""
    return var_folder() / "demo"


def load_county(plan: DemoPlan, *, on_stage: Callable[[str], None] = lambda _: None) -> County:
    """Draw the county and bring its files and history in, or go on with the one that is there.

    Args:
        plan: The county asked for.
        on_stage: Called with each stage's name.

    Raises:
        UnableToRunDemoError: Another county is loaded.
    """
    _check_mark(plan)
    on_stage("draw")
    county = sim_county.draw(
        plan.seed,
        daily_use=plan.daily_use,
        enterprises=plan.enterprises,
        residents=plan.residents,
        start=plan.history_start,
        first_night=plan.first_night,
        last_night=plan.last_night,
    )
    if Night.objects.exists():
        return county
    folder = demo_folder() / "files"
    ensure_roles()
    on_stage("customers, meters, use")
    _load("customers", sim_county.write_customers(county, folder), plan.first_night)
    _load("meters", sim_county.write_meters(county, folder), plan.first_night)
    reads.name_people(county.stations, county.collectors)
    _load("daily_use", sim_county.write_daily_use(county, folder), plan.first_night)
    _history(county, plan, folder, on_stage)
    on_stage("opening readings")
    opening = sim_county.readings_of(county, _day_before(plan.first_night))
    path = folder / "opening_readings.parquet"
    opening.write_parquet(path)
    _load("readings", path, _day_before(plan.first_night))
    on_stage("applications")
    load_applications(county, first_night=plan.first_night)
    on_stage("score")
    _fit_score(plan)
    return county


def _fit_score(plan: DemoPlan) -> None:
    """Learn the score of bills from the history; a short history, or no learning library, leaves the rule grade alone."""
    from zaikong.application.credit.backtest import fit_bill_score  # noqa: PLC0415 -- needs the extra `credit`
    from zaikong.application.credit.county import county_rows, install_model  # noqa: PLC0415 -- as above
    from zaikong.application.credit.stumps import Plan, UnableToFitError  # noqa: PLC0415 -- as above

    learned = county_rows(as_of=plan.first_night).filter(pl.col("bad").is_not_null())
    try:
        model = fit_bill_score(learned, seed=plan.seed, plan=Plan(bags=4, rounds=400))
    except UnableToFitError:
        return
    install_model(model, learned)


def series_note() -> str:
    """What stands beside the enterprises' series wherever it is shown; empty where no sample county is loaded."""
    file = demo_folder() / _MARK
    if not file.exists():
        return ""
    from zaikong.sim.enterprise_series import DRAWN_NOTE, SHIFT_NOTE  # noqa: PLC0415 -- only with a county

    mark = json.loads(file.read_text(encoding="utf-8"))
    return SHIFT_NOTE if mark.get("true_series") else DRAWN_NOTE


def payment_plan(county: County) -> pl.DataFrame:
    """All money that will come for what is billed so far, and all top-ups of prepaid accounts."""
    bills = reads.bills_to_pay()
    paid = plan_payments(bills, county.habits, county.collapse_days, seed=county.seed)
    return pl.concat([paid, _topups(county).select(paid.columns)])


@lru_cache(maxsize=1)
def _topups(county: County) -> pl.DataFrame:
    """Top-ups follow from use alone, which no night changes."""
    return plan_topups(_daily_charges(county), county.habits, seed=county.seed)


_PREPAID_PRICE_E2 = 65
"""A prepaid account tops up by an estimate of its charge: hundredths of a yuan a kWh."""


def _daily_charges(county: County) -> pl.DataFrame:
    return county.daily_use.select(
        "account_no",
        pl.col("day").cast(pl.Int64),
        charge_fen=(pl.col("centi_kwh") * _PREPAID_PRICE_E2 // 100).cast(pl.Int64),
    )


def write_payments(plan: pl.DataFrame, days: Iterable[date], folder: Path) -> Path | None:
    """Write the payment file of some days; None where no money comes."""
    rows = pl.concat([payments_of(plan, day) for day in days])
    if rows.is_empty():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "payments.parquet"
    rows.write_parquet(path)
    return path


def _load_money(plan: pl.DataFrame, month: Month, folder: Path) -> None:
    """A month of the history is handed over in one file and booked at its end; late fee runs to the day each was paid."""
    path = write_payments(plan, month.days(), folder)
    if path is not None:
        _load("payments", path, month.last_day, all_rows=False)


def _history(county: County, plan: DemoPlan, folder: Path, on_stage: Callable[[str], None]) -> None:
    """Bill and pay the months before the first night."""
    months = _months(plan.history_start, plan.first_night)
    for month in months:
        on_stage(f"history {month}")
        _load_money(payment_plan(county), month, folder / "history" / str(month))
        if str(month) not in reads.imported_months():
            _load("bills", _history_bills(month, folder), month.last_day)
        apply_prepaid(as_of=month.last_day)


def _history_bills(month: Month, folder: Path) -> Path:
    """Rate a month of the history by the real books and write it as the bill file of the system before this one."""
    with transaction.atomic():
        terms = settlement_reads.account_terms().filter(pl.col("opened_day") < day_number(month.end))
        frame = settle(terms, Settlement(1, 1, "periodic", month.start, month.end))
    rated = rate_frame(frame)
    issued = month.last_day
    due = due_date(issued, kind="periodic")
    bills = (
        rated.bills.join(terms.select("account", "account_no"), on="account")
        .filter(pl.col("total_fen") > 0)
        .select(
            "account_no",
            period=pl.lit(str(month)),
            issued_date=pl.lit(str(issued)),
            due_date=pl.lit(str(due)),
            kwh=_decimal("centi_kwh"),
            amount_yuan=_decimal("total_fen"),
        )
    )
    path = folder / "history" / f"bills-{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    bills.write_csv(path)
    return path


def _decimal(name: str) -> pl.Expr:
    return pl.concat_str(
        (pl.col(name) // 100).cast(pl.String), pl.lit("."), (pl.col(name) % 100).cast(pl.String).str.zfill(2)
    )


def _months(start: date, end: date) -> list[Month]:
    """The whole months before the first night; a month it cuts is billed by its nights."""
    month, months = Month.of(start), []
    while month.end <= end:
        months.append(month)
        month = month.shifted(1)
    return months


def _load(kind: str, path: Path, as_of: date, *, all_rows: bool = True) -> None:
    report = load(kind, [path], as_of=as_of, accept_partial=not all_rows)
    if all_rows and report.rejected:
        raise UnableToRunDemoError(
            f"{path.name}: {report.rejected} rows of the sample county were rejected",
            code="SAMPLE_REJECTED",
            fields={"file": str(path)},
            remedy=f"See {path}.rejected.csv; please report it.",
        )


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _check_mark(plan: DemoPlan) -> None:
    file = demo_folder() / _MARK
    mark = plan.mark()
    if file.exists():
        there = json.loads(file.read_text(encoding="utf-8"))
        if there != mark:
            raise UnableToRunDemoError(
                f"another sample county is loaded: {there}",
                code="OTHER_COUNTY",
                fields=mark,
                remedy="Start over with `make clean-demo`.",
            )
        return
    if reads.has_customers():
        raise UnableToRunDemoError(
            "the tables hold customers that are not of a sample county",
            code="NOT_EMPTY",
            remedy="Point ZAIKONG_VAR or DATABASE_URL at an empty place.",
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(mark, indent=2), encoding="utf-8")
