"""Tables, one file a capability, in pipeline order."""

from zaikong.store.models.billing import Bill, BillDraft, BillFinding, BillLine, BillRun
from zaikong.store.models.credit import (
    BillScore,
    CreditStanding,
    FirstGrade,
    GradeMove,
    ScoreWatch,
    Signal,
    SignalMatch,
    UseCollapse,
)
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
from zaikong.store.models.warning import RiskWarning

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
    "BillScore",
    "ConnectionApplication",
    "CreditStanding",
    "Customer",
    "DailyUse",
    "DayBook",
    "FirstGrade",
    "GradeMove",
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
    "RiskWarning",
    "ScoreWatch",
    "Signal",
    "SignalMatch",
    "Staff",
    "Station",
    "SupplyPoint",
    "UseCollapse",
]
