"""Of what form is each value of the law, and which values are nonsense?

A value is a frozen pydantic model whose `name` is its file in `parameters/`. What a value says on a day, and where it
was read, `parameters` answers.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ImportantLevel = Literal["none", "special", "first", "second", "temporary"]
"""重要电力用户 by 电监安全〔2008〕43号: 特级, 一级, 二级, 临时性; `none` for everyone else."""

LEVELS: tuple[ImportantLevel, ...] = ("none", "special", "first", "second", "temporary")

Ground = Literal["none", "bankruptcy_closed", "death_no_estate", "court_unenforceable", "disaster"]
"""Why a debt is lost whatever its age; `none` where nothing but age and size speak for it."""

_MINUTES_A_DAY = 24 * 60


class Parameter(BaseModel):
    """A value of the law; `name` is its file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    name: ClassVar[str]


class LateFee(Parameter):
    """Statutory daily late fee and its minimum.

    Attributes:
        resident_ppm: Rate of residents [ppm a day].
        current_year_ppm: Rate of others on arrears of the year of the due date [ppm a day].
        cross_year_ppm: Rate of others on arrears that crossed into a later year [ppm a day].
        minimum_fen: Smallest total collected at one time, 0 for none [fen].
    """

    name = "late_fee"
    resident_ppm: int = Field(ge=0, le=1_000_000)
    current_year_ppm: int = Field(ge=0, le=1_000_000)
    cross_year_ppm: int = Field(ge=0, le=1_000_000)
    minimum_fen: int = Field(ge=0)


class LateFeeBand(Parameter):
    """Band for a contract's own rate [ppm a day]."""

    name = "late_fee_band"
    low_ppm: int = Field(ge=0)
    high_ppm: int = Field(ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _ordered(self) -> "LateFeeBand":
        if self.low_ppm > self.high_ppm:
            raise ValueError("low_ppm is above high_ppm")
        return self


class CrossYear(Parameter):
    """How days before the turn of the year are charged once arrears crossed it."""

    name = "late_fee_cross_year"
    mode: Literal["split", "whole"]


class AllocationOrder(Parameter):
    """What a payment settles first within a bill."""

    name = "allocation_order"
    order: Literal["principal_first", "fee_first"]


class Overdue(Parameter):
    """Days overdue that open harder steps.

    Attributes:
        cut_after_days: Supply may be cut only when more than this many days overdue [day].
    """

    name = "overdue"
    cut_after_days: int = Field(ge=0)


class NoticeTimes(BaseModel):
    """When a stop notice counts for one class of customer.

    Attributes:
        minimum_days: Whole days of 24 hours from service to the cut, at least [day].
        maximum_days: The same at most; None where the law sets none [day].
        to_end_of_day: Whether the last of `maximum_days` counts to its midnight instead of to the hour of service.
        final_minutes: From the second notice to the cut, at least [min].
        final_within_minutes: The same at most; None where nothing sets it [min].
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    minimum_days: int = Field(ge=1, le=60)
    maximum_days: int | None = Field(ge=1, le=60)
    to_end_of_day: bool
    final_minutes: int = Field(ge=1, le=_MINUTES_A_DAY)
    final_within_minutes: int | None = Field(ge=1, le=30 * _MINUTES_A_DAY)

    @model_validator(mode="after")
    def _leaves_a_time(self) -> "NoticeTimes":
        if self.maximum_days is not None and self.maximum_days < self.minimum_days:
            raise ValueError("maximum_days is below minimum_days")
        if self.maximum_days == self.minimum_days and not self.to_end_of_day:
            raise ValueError("one day alone leaves no time to cut unless it counts to its end")
        if self.final_within_minutes is not None and self.final_within_minutes <= self.final_minutes:
            raise ValueError("final_within_minutes is not above final_minutes")
        return self


class StopNotice(Parameter):
    """When notices before a post-paid cut count, by class of customer."""

    name = "stop_notice"
    resident: NoticeTimes
    other: NoticeTimes


class CutApproval(Parameter):
    """Whose approval a post-paid cut needs.

    Attributes:
        roles: Level of importance to the roles one of which must have approved; none of them where nobody may.
    """

    name = "cut_approval"
    roles: Mapping[ImportantLevel, Annotated[tuple[str, ...], Field(strict=False)]]

    @model_validator(mode="after")
    def _every_level(self) -> "CutApproval":
        if set(self.roles) != set(LEVELS):
            raise ValueError("roles must name every level: " + ", ".join(LEVELS))
        return self


class AuthorityCopy(Parameter):
    """Of whose cut the power authority gets a copy of the notice."""

    name = "authority_copy"
    levels: Annotated[tuple[ImportantLevel, ...], Field(strict=False)]


class PrepaidCut(Parameter):
    """What a cut under a prepayment agreement needs.

    Attributes:
        warning_minutes: From a warning to the cut, at least [min].
        final_minutes: From the last notice to the cut, at least [min].
        final_within_minutes: The same at most; None where nothing sets it [min].
    """

    name = "prepaid_cut"
    warning_minutes: int = Field(ge=0, le=30 * _MINUTES_A_DAY)
    final_minutes: int = Field(ge=1, le=_MINUTES_A_DAY)
    final_within_minutes: int | None = Field(ge=1, le=30 * _MINUTES_A_DAY)


class HumanStep(Parameter):
    """Whose prepaid cut a person confirms.

    Attributes:
        resident: Whether a resident's.
        levels: Levels of importance.
    """

    name = "human_step"
    resident: bool
    levels: Annotated[tuple[ImportantLevel, ...], Field(strict=False)]


class VulnerableReview(Parameter):
    """Whether a person looks for hardship before a resident is cut."""

    name = "vulnerable_review"
    resident: bool


class ProtectionReason(BaseModel):
    """One reason to keep supply.

    Attributes:
        zh: Its name in Chinese.
        en: Its name in English.
        longest_days: After so many days an entry ends by itself and is looked at again [day].
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    longest_days: int = Field(ge=1, le=3660)


class Protection(Parameter):
    """Why supply is kept (保电), by code."""

    name = "protection"
    reasons: Mapping[str, ProtectionReason] = Field(min_length=1)


class YearlyDays(BaseModel):
    """Days of every year, both ends included, as `MM-DD`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    first: str = Field(pattern=r"^\d\d-\d\d$")
    last: str = Field(pattern=r"^\d\d-\d\d$")

    @model_validator(mode="after")
    def _forward(self) -> "YearlyDays":
        if self.last < self.first:
            raise ValueError("last is before first; write a span over the new year as two")
        return self


class QuietWindows(Parameter):
    """When nobody of a class is cut.

    Attributes:
        resident: Whether residents have these windows.
        other: Whether everyone else has.
        day_from_minute: Minute of the day from which cuts are allowed [min].
        day_to_minute: Minute of the day from which they are not [min].
        rest_days: Whether weekends and holidays are quiet.
        eves: Whether the day before one is.
        heat_celsius: Forecast highest temperature from which a day is quiet [degree Celsius].
        cold_celsius: Forecast lowest temperature down from which it is [degree Celsius].
        yearly: Further days of every year.
    """

    name = "quiet_windows"
    resident: bool
    other: bool
    day_from_minute: int = Field(ge=0, le=_MINUTES_A_DAY)
    day_to_minute: int = Field(ge=0, le=_MINUTES_A_DAY)
    rest_days: bool
    eves: bool
    heat_celsius: int = Field(ge=20, le=60)
    cold_celsius: int = Field(ge=-60, le=15)
    yearly: Annotated[tuple[YearlyDays, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _leaves_a_time(self) -> "QuietWindows":
        if self.day_to_minute <= self.day_from_minute:
            raise ValueError("day_to_minute is not after day_from_minute")
        return self


class Restoration(Parameter):
    """Within how many hours supply is given back once the reason is gone [h]."""

    name = "restoration"
    hours: int = Field(ge=1, le=240)


class Limitation(Parameter):
    """The limitation period of a debt.

    Attributes:
        years: From the due date or the last interruption [year].
        absolute_years: From the due date, whatever interrupts [year].
        alert_days: Days left from which each alert stands, the mildest first [day].
    """

    name = "limitation"
    years: int = Field(ge=1, le=20)
    absolute_years: int = Field(ge=1, le=20)
    alert_days: Annotated[tuple[int, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _falling(self) -> "Limitation":
        if list(self.alert_days) != sorted(set(self.alert_days), reverse=True) or self.alert_days[-1] < 0:
            raise ValueError("alert_days must fall and end at 0 or above")
        return self


class WriteOff(Parameter):
    """When a receivable may be written off for tax.

    Attributes:
        small_years: Overdue more than this, a small item may go [year].
        small_fen: What is small, included [fen].
        small_revenue_ppm: Also small: this part of the year's revenue, included [ppm].
        large_years: Overdue more than this, any item may go [year].
        grounds: What makes a debt lost whatever its age.
    """

    name = "write_off"
    small_years: int = Field(ge=1)
    small_fen: int = Field(ge=0)
    small_revenue_ppm: int = Field(ge=0, le=1_000)
    large_years: int = Field(ge=1)
    grounds: Annotated[tuple[Ground, ...], Field(strict=False)]


class GuaranteePeriod(Parameter):
    """How long a guarantor answers after the debt is due where nothing is agreed [month]."""

    name = "guarantee_period"
    months: int = Field(ge=1)


class ClaimTimes(Parameter):
    """Times of the ways to court.

    Attributes:
        order_answer_days: A court answers an application for a payment order within [day].
        order_issue_days: It issues the order within, from acceptance [day].
        order_objection_days: The debtor pays or objects within [day].
        preservation_suit_days: After preservation before a suit, the suit is filed within [day].
        enforcement_years: Enforcement is applied for within [year].
    """

    name = "claim_times"
    order_answer_days: int = Field(ge=1)
    order_issue_days: int = Field(ge=1)
    order_objection_days: int = Field(ge=1)
    preservation_suit_days: int = Field(ge=1)
    enforcement_years: int = Field(ge=1)


class BankruptcyTimes(Parameter):
    """Times of a claim in bankruptcy.

    Attributes:
        notice_days: The court tells known creditors within, from acceptance [day].
        claim_from_days: The window to file is at least so long [day].
        claim_to_months: And at most [month].
        revocable_months: Payments of the debtor within so long before acceptance may be revoked [month].
    """

    name = "bankruptcy_times"
    notice_days: int = Field(ge=1)
    claim_from_days: int = Field(ge=1)
    claim_to_months: int = Field(ge=1)
    revocable_months: int = Field(ge=1)
