"""What does a notice say, apart from how it looks?

The contents are frozen when a notice is issued and kept as JSON with their hash; PDF and Word are made from them alone, so a
copy made years later says the same to the letter. The edition of the wording is part of them.

Basis: 《电力供应与使用条例》 article 39; 《民法典》 article 654; what the two notices must hold is listed in `docs/algorithms/contract.md`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Literal

from zaikong.kernel.chain import digest
from zaikong.kernel.period import TIME_ZONE, Month
from zaikong.kernel.refusal import Refusal

NoticeKind = Literal["demand", "stop", "final"]
NOTICE_KINDS: Final[tuple[NoticeKind, ...]] = ("demand", "stop", "final")


class UnableToWriteNoticeError(Refusal):
    """A notice lacks something it must say."""


@dataclass(frozen=True, slots=True)
class BillOwed:
    """One bill a notice asks for.

    Attributes:
        bill: Bill number.
        month: Bill month 电费年月.
        due_date: Last day it could be paid in time.
        open_fen: Unpaid principal [fen].
        late_fee_fen: Late fee to the day of the notice [fen].
    """

    bill: int
    month: Month
    due_date: date
    open_fen: int
    late_fee_fen: int


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """What a stop notice says of the cut.

    Attributes:
        at: When supply is to stop, to the minute, Asia/Shanghai.
        scope: Line, transformer or meter that goes dead.
        restore_hours: Hours within which supply is back once paid or secured [h].
        authority: Power authority a copy goes to, empty where none must.
    """

    at: datetime
    scope: str
    restore_hours: int
    authority: str = ""


@dataclass(frozen=True, slots=True)
class NoticeContents:
    """Everything a demand or a stop notice says.

    Attributes:
        kind: Demand, stop notice, or last notice before the stop.
        notice_no: Number of the notice.
        account_no: Account number 户号.
        customer_name: Who owes.
        address: Where electricity is used, and where the notice goes.
        bills: Bills asked for, oldest first; disputed ones are left out by the caller.
        rates_ppm: Daily late-fee rates that apply: one, or current-year and cross-year [ppm].
        issued_date: Day of the notice; late fees are counted to it.
        pay_by_date: Last day to pay.
        channels: Where one can pay.
        legal_basis: Documents, with articles where verified.
        supplier_name: The company that issues.
        office_address: Its office.
        contact_name: Whom to ask.
        contact_phone: Phone of the office.
        rests_on: The demand, or the stop notice, this notice rests on; empty on a demand.
        stop: The planned stop; None on a demand.
        wording: Edition of the wording.
    """

    kind: NoticeKind
    notice_no: str
    account_no: str
    customer_name: str
    address: str
    bills: tuple[BillOwed, ...]
    rates_ppm: tuple[int, ...]
    issued_date: date
    pay_by_date: date
    channels: tuple[str, ...]
    legal_basis: tuple[str, ...]
    supplier_name: str
    office_address: str
    contact_name: str
    contact_phone: str
    rests_on: str = ""
    stop: PlannedStop | None = None
    wording: str = "2025"

    def __post_init__(self) -> None:
        """Refuse a notice that lacks what it must say."""
        required = [
            "notice_no",
            "account_no",
            "customer_name",
            "address",
            "bills",
            "rates_ppm",
            "channels",
            "legal_basis",
            "supplier_name",
            "office_address",
            "contact_name",
            "contact_phone",
        ]
        lacks = [name for name in required if not getattr(self, name)]
        lacks += ["stop"] if (self.kind == "demand") != (self.stop is None) else []
        if self.stop is not None:
            lacks += [] if self.stop.scope else ["stop.scope"]
            lacks += [] if self.stop.at.tzinfo is not None else ["stop.at"]
        if lacks:
            raise UnableToWriteNoticeError(
                f"notice {self.notice_no or '?'} lacks or contradicts {', '.join(lacks)}",
                code="NOTICE_INCOMPLETE",
                fields={"notice_no": self.notice_no, "lacks": lacks},
                remedy="Complete the customer's and the company's particulars.",
            )
        if any(owed.open_fen < 0 or owed.late_fee_fen < 0 for owed in self.bills) or self.total_fen <= 0:
            raise UnableToWriteNoticeError(
                f"notice {self.notice_no} asks for no money",
                code="NOTHING_OWED",
                fields={"notice_no": self.notice_no},
                remedy="Ask only for what is open.",
            )

    @property
    def open_fen(self) -> int:
        """Unpaid principal of all bills [fen]."""
        return sum(owed.open_fen for owed in self.bills)

    @property
    def late_fee_fen(self) -> int:
        """Late fee of all bills to the day of the notice [fen]."""
        return sum(owed.late_fee_fen for owed in self.bills)

    @property
    def total_fen(self) -> int:
        """Everything asked for [fen]."""
        return self.open_fen + self.late_fee_fen


def as_json(contents: NoticeContents) -> dict[str, Any]:
    """The contents as JSON values; `of_json` is the way back."""
    plain: dict[str, Any] = _plain(asdict(contents))
    return plain


def of_json(stored: Mapping[str, Any]) -> NoticeContents:
    """Contents from the JSON they were frozen as.

    Raises:
        UnableToWriteNoticeError: The JSON holds other names, or lacks something.
    """
    names = {field.name for field in fields(NoticeContents)}
    if set(stored) != names:
        raise UnableToWriteNoticeError(
            f"frozen contents have other names: {', '.join(sorted(names ^ set(stored)))}",
            code="CONTENTS_UNREADABLE",
            remedy="Read them with the version that wrote them.",
        )
    stop = stored["stop"]
    return NoticeContents(
        **{
            **stored,
            "bills": tuple(_owed(row) for row in stored["bills"]),
            "rates_ppm": tuple(stored["rates_ppm"]),
            "issued_date": date.fromisoformat(stored["issued_date"]),
            "pay_by_date": date.fromisoformat(stored["pay_by_date"]),
            "channels": tuple(stored["channels"]),
            "legal_basis": tuple(stored["legal_basis"]),
            "stop": None if stop is None else PlannedStop(**{**stop, "at": datetime.fromisoformat(stop["at"])}),
        }
    )


def hash_of(contents: NoticeContents) -> str:
    """SHA-256 of the contents in canonical JSON."""
    return digest(as_json(contents))


def rate_text(rates_ppm: tuple[int, ...]) -> str:
    """Rates as `每日2‰`, or `当年每日2‰、跨年每日3‰`."""
    texts = [permille_text(rate) for rate in rates_ppm]
    return f"每日{texts[0]}" if len(set(texts)) == 1 else f"当年每日{texts[0]}、跨年每日{texts[1]}"


def permille_text(ppm: int) -> str:
    """A rate in ppm as per mille, such as `1.5‰`."""
    whole, rest = divmod(ppm, 1000)
    return (f"{whole}.{rest:03d}".rstrip("0").rstrip(".")) + "‰"


def date_text(day: date) -> str:
    """A date as `2025年7月1日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def moment_text(at: datetime) -> str:
    """An instant as `2025年7月1日9时30分`, read in Asia/Shanghai."""
    here = at.astimezone(TIME_ZONE)
    return f"{date_text(here.date())}{here.hour}时{here.minute:02d}分"


def _owed(row: Mapping[str, Any]) -> BillOwed:
    return BillOwed(**{**row, "month": Month.parse(row["month"]), "due_date": date.fromisoformat(row["due_date"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"year", "month"}:
            return str(Month(value["year"], value["month"]))
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.astimezone(TIME_ZONE).isoformat()
    return value.isoformat() if isinstance(value, date) else value
