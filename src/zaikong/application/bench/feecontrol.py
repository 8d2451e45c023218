"""How long from the commit of a payment until the relay has closed, with thousands of meters up and some of them faulty?

Three processes as in life: this one takes the money, the worker carries commands, the meters are virtual ones behind real
sockets. Every account of the measurement is cut; payments come at a steady pace by the channel of single receipts, and then
as one file of a bank. The relay's moment is the meter's own record; both clocks are the machine's that never goes back.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from time import monotonic, process_time, sleep
from typing import Any, Final

import pgtrigger
import polars as pl

from zaikong.application.bench.database import own_database
from zaikong.application.bench.field import Field, Place, WorkerProcess, database_url, field
from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.application.payments.crediting import credit
from zaikong.application.payments.receipts import RECEIPT, Kind
from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.meterio.front import Answer, FrontEnd, Limits, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Refused
from zaikong.meterio.session import Endpoint, MeterAddress, Verb, Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters.meter import CREDENTIALS
from zaikong.store.models import (
    Account,
    BillRun,
    CommandFailure,
    Concentrator,
    Customer,
    CutOrder,
    FieldOrder,
    Meter,
    Premise,
    RestoreOrder,
    Station,
    SupplyPoint,
)

AIMS: Final = {"p99_seconds": 2}

_FEN: Final = 12_345
_ANSWER_SECONDS: Final = 1.0
_OVERALL_SECONDS: Final = 8.0
_JOBS: Final = 128

Told = Callable[[str], None]
"""Hears what is being done."""


def bench_feecontrol(
    *,
    meters: int,
    start: datetime,
    rate: int = 20,
    payments: int = 600,
    file_rows: int = 200,
    faulty_permille: int = 50,
    seed: int = 1,
    told: Told = lambda _: None,
) -> dict[str, Any]:
    """Measure restores end to end, and reading.

    Args:
        meters: Virtual meters, each of an account that is cut.
        start: What time it is.
        rate: Single payments a second at most.
        payments: Single payments.
        file_rows: Payments of the bank's file at the end.
        faulty_permille: How many of a thousand meters are faulty.
        seed: Which they are.
        told: Hears of progress.

    Returns:
        The figures, plain enough for JSON.

    Raises:
        UnableToMeasureError: Fewer meters than payments.
    """
    if meters < payments + file_rows:
        raise UnableToMeasureError(
            f"{meters} meters are too few for {payments} single payments and a file of {file_rows}",
            code="TOO_FEW_METERS",
            fields={"meters": meters},
            remedy="Ask for more meters, or fewer payments.",
        )
    with own_database(), field(meters=meters, faulty_permille=faulty_permille, seed=seed, start=start) as park:
        told("reading")
        reading = asyncio.run(_read_all(park.places))
        told("accounts")
        numbers = _populate(park.places, start)
        park.open_relays()
        url, before = database_url(), park.processor_seconds()
        worker = WorkerProcess(
            url=url, start=start, jobs=_JOBS, answer_seconds=_ANSWER_SECONDS, overall_seconds=_OVERALL_SECONDS
        )
        with worker:
            began, spent = monotonic(), process_time()
            told("single payments")
            committed = _pay_singly(numbers[:payments], start, rate)
            single_seconds = monotonic() - began
            _await_ends(len(committed))
            told("a bank's file")
            in_file = _pay_by_file(numbers[payments : payments + file_rows], start)
            _await_ends(payments + file_rows)
            whole, paying = monotonic() - began, process_time() - spent
        closed = park.closed_at()
        processor = park.processor_seconds() - before
        return {
            "meters": meters,
            "faulty": sum(1 for place in park.places if place.fault),
            "seed": seed,
            "cores": len(os.sched_getaffinity(0)),
            "load_before": round(os.getloadavg()[0], 2),
            "reading": reading,
            "single": _latencies(park, committed, closed)
            | {"payments_a_second": round(len(committed) / single_seconds, 1)},
            "file": _latencies(park, in_file, closed),
            "ends": _ends(park),
            "worker": worker.figures,
            "processor_seconds": {
                "paying": round(paying, 1),
                "worker": worker.figures.get("processor_seconds"),
                "meters": round(processor, 1),
            },
            "seconds": round(whole, 1),
            "aims": AIMS,
        }


async def _read_all(places: Sequence[Place]) -> dict[str, Any]:
    """Read every meter's registers at once."""
    async with FrontEnd(
        opener=open_session,
        credentials=lambda _address: CREDENTIALS,
        limits=Limits(per_line=8, in_all=200),
        patience=Patience(answer_seconds=_ANSWER_SECONDS),
    ) as front:
        began, spent = monotonic(), process_time()
        answers: list[Answer] = await asyncio.gather(
            *(front.ask(_address(place), Verb.READ_REGISTERS, priority=Priority.READ) for place in places)
        )
        seconds, processor = monotonic() - began, process_time() - spent
        figures = front.figures()
    outcomes = Counter(_word(answer) for answer in answers)
    return {
        "read": len(answers),
        "confirmed": outcomes.pop("confirmed", 0),
        "others": dict(outcomes),
        "seconds": round(seconds, 2),
        "reads_a_second": round(len(answers) / seconds, 1),
        "processor_seconds": round(processor, 2),
        "p50_ms": figures.latency_ms(500),
        "p99_ms": figures.latency_ms(990),
    }


def _word(answer: Answer) -> str:
    if isinstance(answer.outcome, Confirmed):
        return "confirmed"
    return answer.outcome.code if isinstance(answer.outcome, Refused) else answer.outcome.reason.value


def _address(place: Place) -> MeterAddress:
    return MeterAddress(Wire(place.wire), place.address, Endpoint(place.host, place.port))


def _populate(places: Sequence[Place], start: datetime) -> list[str]:
    """Accounts with a meter, an unpaid bill and a cut that stands; returns their numbers in the order of the places."""
    station = Station.objects.create(code="B1", name="基准供电所")
    customers = Customer.objects.bulk_create(Customer(name=f"基准{place.address}") for place in places)
    premises = Premise.objects.bulk_create(Premise(address="基准路", station=station, route="B") for _ in places)
    points = SupplyPoint.objects.bulk_create(SupplyPoint(premise=premise) for premise in premises)
    accounts = Account.objects.bulk_create(
        Account(
            account_no=f"41{place.address[-8:]}",
            customer=customer,
            supply_point=point,
            category="business",
            book="cn.henan.business",
            plan="single.lt1kv.tou",
            payment_mode="post_paid",
            contract_date=date(2020, 1, 1),
        )
        for place, customer, point in zip(places, customers, points, strict=True)
    )
    terminals: dict[tuple[str, int], Concentrator] = {}
    for place in places:
        key = (place.host, place.port)
        if key not in terminals:
            code = f"{place.host}:{place.port}"
            terminals[key] = Concentrator.objects.create(code=code, station=station, host=place.host, port=place.port)
    Meter.objects.bulk_create(
        Meter(
            meter_no=place.address,
            account=account,
            protocol=place.wire,
            address=place.address,
            concentrator=terminals[place.host, place.port],
            relay="internal",
            installed_date=date(2020, 1, 1),
        )
        for place, account in zip(places, accounts, strict=True)
    )
    _bill(accounts, start)
    # how a cut came about is not measured here: the rows stand as after a cut by hand
    with pgtrigger.ignore():
        CutOrder.objects.bulk_create(
            CutOrder(
                account=account,
                regime="post_paid",
                state="recorded",
                planned_at=start - timedelta(hours=1),
                proposed_at=start - timedelta(days=1),
                ended_at=start - timedelta(hours=1),
                ended_reason="recorded",
            )
            for account in accounts
        )
    return [account.account_no for account in accounts]


def _bill(accounts: Sequence[Account], start: datetime) -> None:
    due = start.astimezone(TIME_ZONE).date() - timedelta(days=40)
    issued = due - timedelta(days=10)
    month = int(f"{issued:%Y%m}")
    run = BillRun.objects.create(key="bench", kind="monthly", month=month, run_date=issued)
    rows = [
        {
            "settlement": place,
            "account": account.pk,
            "month": month,
            "sequence": place + 1,
            "kind": "periodic",
            "from_day": day_number(issued) - 30,
            "to_day": day_number(issued),
            "due_day": day_number(due),
            "book": account.book,
            "plan": account.plan,
            "verified": True,
            **dict.fromkeys((*RATED_AMOUNTS, "ledger_fund_fen"), 0),
            "energy_fen": _FEN,
            "total_fen": _FEN,
            "reverses": None,
        }
        for place, account in enumerate(accounts)
    ]
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
    frame = pl.DataFrame(rows, schema_overrides={"reverses": pl.Int64})
    post_bills(frame, lines, run_id=run.pk, issued_date=issued)


def _receipts(numbers: Sequence[str], start: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "channel": ["bench"] * len(numbers),
            "channel_ref": list(numbers),
            "account_no": list(numbers),
            "paid_at": [start.astimezone(TIME_ZONE)] * len(numbers),
            "amount_fen": [_FEN * 2] * len(numbers),
            "designated_month": pl.Series([None] * len(numbers), dtype=pl.Int64),
            "kind": [Kind.PAYMENT.value] * len(numbers),
        }
    ).select(list(RECEIPT))


def _pay_singly(numbers: Sequence[str], start: datetime, rate: int) -> dict[str, float]:
    """Pay one after the other, no faster than asked; when each was committed, by number [s]."""
    day = start.astimezone(TIME_ZONE).date()
    committed, began = {}, monotonic()
    for place, number in enumerate(numbers):
        early = began + place / rate - monotonic()
        if early > 0:
            sleep(early)
        credit(_receipts([number], start), booked_date=day)
        committed[number] = monotonic()
    return committed


def _pay_by_file(numbers: Sequence[str], start: datetime) -> dict[str, float]:
    credit(_receipts(numbers, start), booked_date=start.astimezone(TIME_ZONE).date())
    return dict.fromkeys(numbers, monotonic())


def _await_ends(count: int, *, longest: float = 180.0) -> None:
    """Wait until so many restores are done or are work for people."""
    deadline = monotonic() + longest
    while monotonic() < deadline:
        done = RestoreOrder.objects.filter(state="done").count()
        work = FieldOrder.objects.filter(restore_order__isnull=False).exclude(restore_order__state="done").count()
        if done + work >= count:
            return
        sleep(0.2)


def _latencies(park: Field, committed: dict[str, float], closed: dict[str, float]) -> dict[str, Any]:
    sound = {place.address for place in park.places if not place.fault}
    address_of = {f"41{place.address[-8:]}": place.address for place in park.places}
    waits = sorted(
        max(closed[address_of[number]] - at, 0.0)
        for number, at in committed.items()
        if address_of[number] in sound and address_of[number] in closed
    )
    missed = sum(1 for number in committed if address_of[number] in sound and address_of[number] not in closed)
    if not waits:
        return {"restored": 0, "sound_not_restored": missed}
    return {
        "restored": len(waits),
        "sound_not_restored": missed,
        "p50_seconds": round(_quantile(waits, 500), 3),
        "p99_seconds": round(_quantile(waits, 990), 3),
        "max_seconds": round(waits[-1], 3),
    }


def _quantile(waits: list[float], permille: int) -> float:
    return waits[max(-(-len(waits) * permille // 1000), 1) - 1]


def _ends(park: Field) -> dict[str, Any]:
    """How every restore ended, and whether each that did not is work for people; failures by their cause."""
    fault_of = {place.address: place.fault for place in park.places}
    ends: Counter[str] = Counter()
    lost = []
    with_work = set(FieldOrder.objects.filter(restore_order__isnull=False).values_list("restore_order_id", flat=True))
    numbers = dict(Meter.objects.values_list("account_id", "meter_no"))
    for order in RestoreOrder.objects.all():
        fault = fault_of[numbers[order.account_id]] or "sound"
        ends[f"{fault}: {order.state}"] += 1
        if order.state != RestoreOrder.State.DONE and order.pk not in with_work:
            lost.append(order.pk)
    causes = Counter(CommandFailure.objects.values_list("cause", flat=True))
    return {
        "by_fault": dict(sorted(ends.items())),
        "lost": len(lost),
        "failures_by_cause": dict(sorted(causes.items())),
    }
