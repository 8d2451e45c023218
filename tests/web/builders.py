"""Rows for the pages' tests, written through the tables."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from zaikong.application.first_grading import grade_connection
from zaikong.application.roles import Role, ensure_roles
from zaikong.store import bulk
from zaikong.store.models import (
    Account,
    AccountBalance,
    AccountExposure,
    Allocation,
    ApplicationDocument,
    Bill,
    BillDraft,
    BillFinding,
    BillLine,
    BillRun,
    ConnectionApplication,
    CreditStanding,
    Customer,
    DailyUse,
    DayBook,
    FirstGrade,
    GradeMove,
    Leg,
    Meter,
    MeteringFinding,
    MonthClose,
    Night,
    NightStep,
    OpenItem,
    Payment,
    Premise,
    RegisterReading,
    RiskWarning,
    Signal,
    SignalMatch,
    Staff,
    Station,
    SupplyPoint,
)

PASSWORD = "kan-hao-dian-fei-9"
TODAY = date(2025, 9, 30)

_numbers = count(1)


def staff(role: Role, station: Station | None = None, **fields: Any) -> Staff:
    """A member of staff with one role."""
    if not Group.objects.filter(name=role.value).exists():
        ensure_roles()
    person = Staff.objects.create_user(
        f"{role.value}-{next(_numbers)}", password=PASSWORD, is_staff=True, station=station, **fields
    )
    person.groups.add(Group.objects.get(name=role.value))
    return person


def station(code: str = "", name: str = "") -> Station:
    """A station."""
    number = next(_numbers)
    return Station.objects.create(code=code or f"S{number:03d}", name=name or f"第{number}供电所")


def account(at: Station, **fields: Any) -> Account:
    """An account with its customer, premise and supply point; `name`, `phone`, `id_no`, `usci` go to the customer."""
    number = next(_numbers)
    customer = Customer.objects.create(
        name=fields.pop("name", f"客户{number}"),
        phone=fields.pop("phone", f"1380000{number:04d}"),
        id_no=fields.pop("id_no", ""),
        usci=fields.pop("usci", ""),
        industry=fields.pop("industry", ""),
    )
    premise = Premise.objects.create(
        address=fields.pop("address", f"某乡某村{number}号"), station=at, route=fields.pop("route", "R01")
    )
    point = SupplyPoint.objects.create(
        premise=premise,
        voltage=fields.pop("voltage", ""),
        capacity_centi_kva=fields.pop("capacity_centi_kva", 0),
    )
    defaults: dict[str, Any] = {
        "account_no": f"4100{number:06d}",
        "category": "residential",
        "book": "cn.henan.residential",
        "plan": "month",
        "payment_mode": "post_paid",
        "contract_date": date(2019, 5, 6),
    }
    return Account.objects.create(customer=customer, supply_point=point, **{**defaults, **fields})


def run(month: int = 202508, **fields: Any) -> BillRun:
    """A posted bill run."""
    number = next(_numbers)
    defaults = {
        "key": f"{month // 100}-{month % 100:02d}/1-{number}",
        "kind": "monthly",
        "run_date": date(month // 100, month % 100, 28),
        "posted_at": datetime(2025, 9, 1, 18, 5, tzinfo=UTC),
    }
    return BillRun.objects.create(month=month, **{**defaults, **fields})


def bill(of: Account, by: BillRun, *, total_fen: int = 10_000, open_fen: int | None = None, **fields: Any) -> Bill:
    """A released bill of two lines with its open item and legs."""
    month = fields.pop("month", by.month)
    start = date(month // 100, month % 100, 1)
    centi = fields.pop("centi_kwh", total_fen * 100 // 56)
    fund = total_fen // 20
    defaults: dict[str, Any] = {
        "kind": "periodic",
        "from_date": start,
        "to_date": start + timedelta(days=31),
        "issued_date": start + timedelta(days=31),
        "due_date": start + timedelta(days=50),
        "book": of.book,
        "plan": of.plan,
        "verified": False,
    }
    row = Bill.objects.create(
        id=bulk.reserve("zaikong_bill_number", 1),
        account=of,
        run=by,
        month=month,
        centi_kwh=centi,
        flat_centi_kwh=centi,
        energy_fen=total_fen - fund,
        fund_fen=fund,
        total_fen=total_fen,
        **{**defaults, **fields},
    )
    _lines(row)
    owed = total_fen if open_fen is None else open_fen
    OpenItem.objects.create(
        bill=row, account=of, month=month, due_date=row.due_date, amount_fen=total_fen, open_fen=owed
    )
    legs("bill_released", row.issued_date, [("1122", total_fen), ("6001", fund - total_fen), ("224110", -fund)], row)
    return row


def _lines(row: Bill) -> None:
    shared = {
        "bill": row,
        "unit": "kwh",
        "from_date": row.from_date,
        "to_date": row.to_date,
        "price_from_date": date(2012, 7, 1),
        "quantity": row.centi_kwh,
    }
    BillLine.objects.bulk_create(
        [
            BillLine(line=1, item="ENERGY_STEP_1", price_e8=56_000_000, amount_fen=row.energy_fen, **shared),
            BillLine(line=20, item="FUND_x", price_e8=2_800_000, amount_fen=row.fund_fen, **shared),
        ]
    )


def legs(event: str, day: date, parts: list[tuple[str, int]], of: Bill, *, receipt: Payment | None = None) -> int:
    """One balanced transaction; returns its number."""
    number = bulk.reserve("zaikong_transaction_number", 1)
    Leg.objects.bulk_create(
        [
            Leg(
                transaction=number,
                event=event,
                gl=gl,
                account_id=of.account_id,
                bill=of,
                payment=receipt,
                amount_fen=fen,
                booked_date=day,
            )
            for gl, fen in parts
        ]
    )
    return number


def payment(of: Bill, *, amount_fen: int, paid_date: date | None = None, **fields: Any) -> Payment:
    """A credited payment that paid principal of a bill."""
    day = paid_date or of.issued_date + timedelta(days=6)
    row = Payment.objects.create(
        id=bulk.reserve("zaikong_payment_number", 1),
        channel=fields.pop("channel", "counter"),
        channel_ref=fields.pop("channel_ref", f"REF{next(_numbers):08d}"),
        account_id=of.account_id,
        account_no_given=of.account.account_no,
        amount_fen=amount_fen,
        paid_at=datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC),
        booked_date=day,
        state=fields.pop("state", "credited"),
        **fields,
    )
    till = "1001" if row.channel == "counter" else "1002"
    legs("payment_received", day, [(till, amount_fen), ("224101", -amount_fen)], of, receipt=row)
    number = legs("payment_allocated", day, [("224101", amount_fen), ("1122", -amount_fen)], of, receipt=row)
    Allocation.objects.create(
        account_id=of.account_id,
        bill=of,
        payment=row,
        principal_fen=amount_fen,
        late_fee_fen=0,
        booked_date=day,
        effective_date=day,
        transaction=number,
    )
    return row


def position(of: Account, *, as_of: date = TODAY, **fields: Any) -> AccountExposure:
    """Balance and exposure of an account."""
    open_fen = fields.pop("open_fen", 10_000)
    unbilled = fields.pop("unbilled_fen", 3_000)
    AccountBalance.objects.create(account=of, receivable_fen=open_fen, prepaid_fen=fields.get("prepaid_fen", 0))
    defaults = {
        "days_1_30_fen": open_fen,
        "exposure_fen": open_fen + unbilled,
        "exposure_days": 40,
        "periods_open": 1,
        "oldest_due_date": as_of - timedelta(days=11) if open_fen else None,
    }
    return AccountExposure.objects.create(
        account=of, as_of_date=as_of, open_fen=open_fen, unbilled_fen=unbilled, **{**defaults, **fields}
    )


def use(
    of: Account, *, days: int, until: date = TODAY, registers: bool = False, estimated: tuple[int, ...] = ()
) -> None:
    """Daily use that ends with `until`; `estimated` counts days back."""
    rows = []
    for back in range(days):
        centi = 1_000 + 37 * (back % 7)
        parts = (centi // 10, centi // 5, centi // 2) if registers else (0, 0, 0)
        rows.append(
            DailyUse(
                account=of,
                use_date=until - timedelta(days=back),
                sharp_centi_kwh=parts[0],
                peak_centi_kwh=parts[1],
                flat_centi_kwh=parts[2],
                valley_centi_kwh=centi - sum(parts) if registers else 0,
                centi_kwh=centi,
                source="estimated" if back in estimated else "measured",
                known_date=until - timedelta(days=back),
            )
        )
    DailyUse.objects.bulk_create(rows)


def meter(of: Account, **fields: Any) -> Meter:
    """A meter in place."""
    defaults = {"protocol": "dlt645", "installed_date": of.contract_date}
    return Meter.objects.create(meter_no=f"M{next(_numbers):010d}", account=of, **{**defaults, **fields})


def reading(of: Meter, day: date, value_centi: int, **fields: Any) -> RegisterReading:
    """An accepted register value."""
    return RegisterReading.objects.create(
        night_date=day,
        meter_no=of.meter_no,
        account_id=of.account_id,
        register=fields.pop("register", 0),
        read_at=datetime(day.year, day.month, day.day, 15, 55, tzinfo=UTC),
        value_centi=value_centi,
        status=fields.pop("status", "accepted"),
        **fields,
    )


def draft(of: Account, by: BillRun, *, codes: tuple[str, ...] = ("USE_ZERO",), **fields: Any) -> BillDraft:
    """A held bill with a finding for each code."""
    start = date(by.month // 100, by.month % 100, 1)
    defaults: dict[str, Any] = {
        "from_date": start,
        "to_date": start + timedelta(days=31),
        "book": of.book,
        "plan": of.plan,
        "verified": False,
        "centi_kwh": 178_571,
        "flat_centi_kwh": 178_571,
        "energy_fen": 100_000,
        "total_fen": 100_000,
        "lines": [
            {
                "line": 1,
                "item": "ENERGY_STEP_1",
                "quantity": 178_571,
                "unit": "kwh",
                "price_e8": 56_000_000,
                "amount_fen": 100_000,
                "from_day": 20_301,
                "to_day": 20_332,
                "price_from_day": 15_522,
            }
        ],
    }
    BillFinding.objects.bulk_create(
        [
            BillFinding(run=by, account=of, month=by.month, code=code, severity="hold", observed=178_571, limit=59_523)
            for code in codes
        ]
    )
    return BillDraft.objects.create(account=of, run=by, month=by.month, **{**defaults, **fields})


def metering_finding(of: Account, **fields: Any) -> MeteringFinding:
    """Something wrong with a reading, open."""
    defaults = {
        "night_date": TODAY,
        "meter_no": "M1",
        "register": 0,
        "use_date": TODAY,
        "code": "USE_SPIKE",
        "severity": "hold",
    }
    return MeteringFinding.objects.create(account=of, **{**defaults, **fields})


FIGURES: dict[str, Any] = {
    "from_date": "2025-09-30",
    "to_date": "2025-10-01",
    "issued_bills": 2,
    "issued_kwh": 41_887,
    "issued_fen": 23_456_700,
    "issued": [
        {"category": "residential", "kind": "periodic", "bills": 1, "centi_kwh": 18_700, "total_fen": 10_472},
        {"category": "industrial", "kind": "closing", "bills": 1, "centi_kwh": 4_170_000, "total_fen": 23_446_228},
    ],
    "received_fen": 9_876_543,
    "received_by_channel": {
        "counter": {"receipts": 31, "fen": 1_876_543, "credited_fen": 1_876_543},
        "bank_file": {"receipts": 102, "fen": 8_000_000, "credited_fen": 7_900_000, "in_transit_fen": 100_000},
    },
    "settled_fen": 9_700_000,
    "late_fee_fen": 4_321,
    "balances": [
        {
            "gl": "1122",
            "name": "应收电费",
            "opening_fen": 109_700_089,
            "debit_fen": 23_456_700,
            "credit_fen": 9_700_000,
            "closing_fen": 123_456_789,
        },
        {
            "gl": "2203",
            "name": "预收电费",
            "opening_fen": -109_700_089,
            "debit_fen": 0,
            "credit_fen": 13_756_700,
            "closing_fen": -123_456_789,
        },
    ],
    "receivable_open_fen": 123_456_789,
    "receivable_before_fen": 109_700_089,
    "prepaid_ledger_fen": 123_456_789,
    "in_transit_fen": 100_000,
    "unidentified_fen": 0,
    "unsettled_payments": {"in_transit": [1, 100_000]},
    "events": [{"event": "bill_released", "debit_fen": 23_456_700}],
    "not_due_fen": 80_000_000,
    "days_1_30_fen": 20_000_000,
    "days_31_60_fen": 10_000_000,
    "days_61_90_fen": 8_000_000,
    "over_90_fen": 5_456_789,
    "cross_year_fen": 1_000_000,
    "open_fen": 123_456_789,
    "unbilled_fen": 45_600_000,
    "prepaid_fen": 123_456_789,
    "exposure_fen": 169_056_789,
    "accounts": 4_454,
    "accounts_1_period": 412,
    "accounts_2_periods": 57,
    "accounts_3_periods": 23,
    "accounts_over_3_periods": 4,
    "exposed_accounts": 4_012,
    "median_exposure_days": 41,
    "exposure_days": 47,
    "ageing": {
        "not_due": 80_000_000,
        "days_1_30": 20_000_000,
        "days_31_60": 10_000_000,
        "days_61_90": 8_000_000,
        "over_90": 5_456_789,
    },
    "periods_open": {"1": 412, "2": 57, "3": 23, "over_3": 4},
    "exceptions": {
        "metering": {"READING_MISSING": 4},
        "billing": {"USE_ZERO": 2},
        "held_bills": 7,
        "held_fen": 1_234_500,
    },
    "collection": {
        "receivable_fen": 900_000_000,
        "received_fen": 884_000_000,
        "receivable_previous_years_fen": 10_000_000,
        "received_previous_years_fen": 4_400_000,
        "cumulative_permille": 982,
        "current_year_permille": 988,
        "previous_years_permille": 440,
    },
}


def day_book(day: date = TODAY, **figures: Any) -> DayBook:
    """A closed night and its day book."""
    night, _ = Night.objects.get_or_create(business_date=day, defaults={"closed": True})
    NightStep.objects.get_or_create(
        night=night, name="payments", defaults={"done": True, "manifest": {"rows": 12, "seconds": 0.4}}
    )
    return DayBook.objects.create(business_date=day, figures={**FIGURES, **figures})


def month_close(month: int = 202509, **figures: Any) -> MonthClose:
    """A closed month."""
    return MonthClose.objects.create(month=month, figures={**FIGURES, **figures})


@dataclass(frozen=True)
class County:
    """Two stations with an account each, and one of everything on the first."""

    near: Station
    far: Station
    seen: Account
    unseen: Account
    bill: Bill
    far_bill: Bill
    run: BillRun
    draft: BillDraft
    far_draft: BillDraft
    payment: Payment
    extra: list[Account] = field(default_factory=list)


def county(*, name: str = "张三丰") -> County:
    """A small county with rows on every page."""
    near, far = station("S01", "城关供电所"), station("S02", "马头供电所")
    seen = account(near, account_no="4100000001", name=name, phone="13812341234", id_no="410102199003070016")
    unseen = account(far, account_no="4100000002", name="李四", phone="13912349999")
    by = run(202508, bills=2, total_fen=20_000, held=2)
    one = bill(seen, by, total_fen=10_000, open_fen=6_000)
    other = bill(unseen, by, total_fen=10_000)
    paid = payment(one, amount_fen=4_000)
    position(seen, open_fen=6_000, unbilled_fen=1_000)
    position(unseen, open_fen=10_000)
    in_place = meter(seen)
    reading(in_place, one.from_date - timedelta(days=1), 100_000)
    reading(in_place, one.to_date - timedelta(days=1), 100_000 + one.centi_kwh)
    use(seen, days=40, registers=True, estimated=(3, 4))
    metering_finding(seen, meter_no=in_place.meter_no)
    metering_finding(unseen)
    return County(
        near=near,
        far=far,
        seen=seen,
        unseen=unseen,
        bill=one,
        far_bill=other,
        run=by,
        draft=draft(seen, by),
        far_draft=draft(unseen, by),
        payment=paid,
    )


REASONS = [
    {"code": "ARREARS_OPEN", "points_lost": 0, "observed": 6_000, "limit": 0},
    {"code": "ON_TIME_RATE_LOW", "points_lost": 25, "observed": 583, "limit": 1000},
]
"""Reasons of a grade: a veto and an index."""


def graded(of: Account, grade: int = 1, *, night: date = TODAY, before: int = 0, **fields: Any) -> CreditStanding:
    """An account's standing as of a night that gave it its grade, with the move."""
    veto = "ARREARS_OPEN" if grade == 1 else ""
    GradeMove.objects.create(
        account=of,
        moved_date=night,
        grade_before=before,
        grade=grade,
        points=15 * grade,
        veto_code=veto,
        reasons=REASONS if grade == 1 else [],
        entries=[186_467, 186_470] if grade == 1 else [],
        table_edition="2026",
    )
    defaults = {"points": 15 * grade, "veto_code": veto, "since_date": night, "table_edition": "2026"}
    row, _created = CreditStanding.objects.update_or_create(
        account=of, defaults={**defaults, "as_of_date": night, "grade": grade, **fields}
    )
    return row


def warning(of: Account, **fields: Any) -> RiskWarning:
    """An open warning of last night: a bill 31 days overdue."""
    night = fields.pop("night", TODAY)
    defaults: dict[str, Any] = {
        "cause": "BILL_OVERDUE",
        "level": 4,
        "opened_date": night,
        "level_date": night,
        "subject_date": night - timedelta(days=31),
        "observed": 31,
        "limit": 30,
        "probability_ppm": 450_000,
        "exposure_fen": 700_000,
        "expected_loss_fen": 78_750,
        "next_step": "REVIEW",
        "deadline": night + timedelta(days=1),
    }
    return RiskWarning.objects.create(account=of, **{**defaults, **fields})


def signal(name: str, **fields: Any) -> Signal:
    """A notice about an enterprise."""
    defaults = {"kind": "court_execution", "signal_date": date(2025, 9, 3), "source": "人民法院公告"}
    return Signal.objects.create(
        subject_name=name, known_date=fields.pop("known_date", date(2025, 9, 5)), **{**defaults, **fields}
    )


def match(of: Account, name: str = "", **fields: Any) -> SignalMatch:
    """A likely match of a notice to the customer of an account."""
    defaults = {"found_by": "name", "score": 91, "doubt": "FORM", "state": "proposed", "matched_date": TODAY}
    notice = fields.pop("signal", None) or signal(name or f"{of.customer.name}有限公司")
    return SignalMatch.objects.create(signal=notice, customer=of.customer, **{**defaults, **fields})


FIRST_FACTS: dict[str, Any] = {
    "established_on": date(2010, 5, 1),
    "registered_capital_fen": 1_000_000_000,
    "premises": "owned",
    "monthly_bill_fen": 5_000_000,
    "industry_risk": 0,
    "bank_credit_line_fen": 100_000_000,
    "guarantee_fen": 20_000_000,
}
"""Facts of a sound firm with credit line and guarantee."""

FIRST_PAPERS = (
    *("application_form", "bank_credit_letter", "business_licence", "guarantee_letter", "load_list", "premise_title"),
)
"""Papers that prove them."""


def application(at: Station, *, papers: tuple[str, ...] = FIRST_PAPERS, **fields: Any) -> ConnectionApplication:
    """An industrial application with the papers that prove `FIRST_FACTS`."""
    number = next(_numbers)
    premise = Premise.objects.create(address=f"工业路{number}号", station=at, route="R01")
    customer = Customer.objects.create(name=fields.pop("name", f"安澜县新光机械{number}有限公司"))
    defaults: dict[str, Any] = {
        "application_no": f"YK2025-{number:04d}",
        "category": "industrial",
        "capacity_centi_kva": 31_500,
        "accepted_date": TODAY - timedelta(days=3),
    }
    row = ConnectionApplication.objects.create(customer=customer, premise=premise, **{**defaults, **fields})
    for kind in papers:
        paper(row, kind)
    return row


def paper(of: ConnectionApplication, kind: str, **fields: Any) -> ApplicationDocument:
    """A paper handed in."""
    return ApplicationDocument.objects.create(
        application=of, kind=kind, received_date=fields.pop("received_date", TODAY), **fields
    )


def first_grade(of: ConnectionApplication, by: Staff | None = None, *, day: date = TODAY, **facts: Any) -> FirstGrade:
    """The proposal of the scorecard."""
    return grade_connection(of.application_no, {**FIRST_FACTS, **facts}, as_of=day, staff=by)
