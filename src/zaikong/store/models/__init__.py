"""Tables, one file a capability, in pipeline order."""

from zaikong.store.models.billing import Bill, BillDraft, BillFinding, BillLine, BillRun
from zaikong.store.models.credit import Signal, SignalMatch
from zaikong.store.models.ledger import (
    AccountBalance,
    AccountExposure,
    Allocation,
    LateFeeWaiver,
    Leg,
    OpenItem,
    Payment,
    PaymentChange,
)
from zaikong.store.models.metering import DailyUse, Meter, MeteringFinding, RegisterReading, RegisterState
from zaikong.store.models.operations import DayBook, ImportBatch, ImportRejection, MonthClose, Night, NightStep
from zaikong.store.models.people import Staff, Station
from zaikong.store.models.registry import (
    Account,
    ApplicationDocument,
    ConnectionApplication,
    Customer,
    Premise,
    SupplyPoint,
)

__all__ = [
    "Account",
    "AccountBalance",
    "AccountExposure",
    "Allocation",
    "ApplicationDocument",
    "Bill",
    "BillDraft",
    "BillFinding",
    "BillLine",
    "BillRun",
    "ConnectionApplication",
    "Customer",
    "DailyUse",
    "DayBook",
    "ImportBatch",
    "ImportRejection",
    "LateFeeWaiver",
    "Leg",
    "Meter",
    "MeteringFinding",
    "MonthClose",
    "Night",
    "NightStep",
    "OpenItem",
    "Payment",
    "PaymentChange",
    "Premise",
    "RegisterReading",
    "RegisterState",
    "Signal",
    "SignalMatch",
    "Staff",
    "Station",
    "SupplyPoint",
]
