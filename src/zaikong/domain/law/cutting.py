"""What does the law of a day ask before supply is cut, and which article asks it?

Gathers the parameters a rule over columns needs, with the basis of every reason a cut is refused for. The law is that
of the day of the cut, for the place of the company.

Basis: each value its own (`parameters/*.yaml`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from zaikong.domain.law.parameters import (
    NATION,
    AuthorityCopy,
    CutApproval,
    HumanStep,
    Overdue,
    PrepaidCut,
    Protection,
    QuietWindows,
    StopNotice,
    VulnerableReview,
    in_law,
)
from zaikong.domain.law.values import NoticeTimes
from zaikong.kernel.dated import Basis

REASONS: tuple[str, ...] = (
    "NOTHING_OWED",
    "NOT_OVERDUE_ENOUGH",
    "NOT_DUNNED",
    "NO_NOTICE",
    "NOTICE_TOO_RECENT",
    "NOTICE_EXPIRED",
    "NO_FINAL_NOTICE",
    "FINAL_NOTICE_TOO_LATE",
    "NOT_APPROVED",
    "AUTHORITY_NOT_COPIED",
    "DISPUTED",
    "PAYMENT_IN_TRANSIT",
    "INSTALMENT_HONOURED",
    "PROTECTED",
    "VULNERABLE_NOT_REVIEWED",
    "QUIET_WINDOW",
    "NO_AGREEMENT",
    "BALANCE_SUFFICIENT",
    "NOT_WARNED",
    "HUMAN_STEP_MISSING",
    "FACT_MISSING",
)
"""Every reason a cut is refused for, in the order they are reported."""

_FINAL = ("NO_FINAL_NOTICE", "FINAL_NOTICE_TOO_LATE")
_FAIL_CLOSED = Basis(source="一事不明即不得停电（本系统规则）", verified=True)


@dataclass(frozen=True, slots=True)
class CutLaw:
    """What the rule of a cut needs of the law.

    Attributes:
        cut_after_days: Supply may be cut only when more than so many days overdue [day].
        resident: Times of the notices to residents.
        other: Times of the notices to everyone else.
        approving_roles: Level of importance to the roles one of which must have approved.
        copied_levels: Levels of whose cut the authority gets a copy.
        warning_minutes: From a prepayment warning to the cut, at least [min].
        prepaid_final_minutes: From the last notice to a prepaid cut, at least [min].
        prepaid_final_within_minutes: The same at most; None where nothing sets it [min].
        confirm_residents: Whether a person confirms a resident's prepaid cut.
        confirm_levels: Levels whose prepaid cut a person confirms.
        review_residents: Whether a person looks for hardship before a resident is cut.
        bases: Reason of refusal to the basis of its condition, post-paid where the two regimes differ.
        prepaid_basis: What asks for the last notice before a prepaid cut.
    """

    cut_after_days: int
    resident: NoticeTimes
    other: NoticeTimes
    approving_roles: Mapping[str, tuple[str, ...]]
    copied_levels: tuple[str, ...]
    warning_minutes: int
    prepaid_final_minutes: int
    prepaid_final_within_minutes: int | None
    confirm_residents: bool
    confirm_levels: tuple[str, ...]
    review_residents: bool
    bases: Mapping[str, Basis]
    prepaid_basis: Basis

    def basis(self, reason: str, *, regime: str) -> Basis:
        """What asks for the condition that failed.

        Args:
            reason: One of `REASONS`.
            regime: `post_paid` or `prepaid`; the last notice is asked for by another text in each.
        """
        return self.prepaid_basis if regime == "prepaid" and reason in _FINAL else self.bases[reason]


def cut_law(*, as_of: date, jurisdiction: str = NATION) -> CutLaw:
    """The law of cuts on a day.

    Args:
        as_of: Day of the cut.
        jurisdiction: The company's place, such as `cn.henan.county`.

    Raises:
        UnableToFindValueError: The law is silent on that day; then nothing may be cut.
    """
    overdue = in_law(Overdue, as_of=as_of, jurisdiction=jurisdiction)
    notice = in_law(StopNotice, as_of=as_of, jurisdiction=jurisdiction)
    approval = in_law(CutApproval, as_of=as_of, jurisdiction=jurisdiction)
    copy = in_law(AuthorityCopy, as_of=as_of, jurisdiction=jurisdiction)
    prepaid = in_law(PrepaidCut, as_of=as_of, jurisdiction=jurisdiction)
    human = in_law(HumanStep, as_of=as_of, jurisdiction=jurisdiction)
    review = in_law(VulnerableReview, as_of=as_of, jurisdiction=jurisdiction)
    protection = in_law(Protection, as_of=as_of, jurisdiction=jurisdiction)
    quiet = in_law(QuietWindows, as_of=as_of, jurisdiction=jurisdiction)
    return CutLaw(
        cut_after_days=overdue.value.cut_after_days,
        resident=notice.value.resident,
        other=notice.value.other,
        approving_roles={str(level): roles for level, roles in approval.value.roles.items()},
        copied_levels=copy.value.levels,
        warning_minutes=prepaid.value.warning_minutes,
        prepaid_final_minutes=prepaid.value.final_minutes,
        prepaid_final_within_minutes=prepaid.value.final_within_minutes,
        confirm_residents=human.value.resident,
        confirm_levels=human.value.levels,
        review_residents=review.value.resident,
        bases=_bases(
            (overdue.basis, ("NOTHING_OWED", "NOT_OVERDUE_ENOUGH", "NOT_DUNNED")),
            (notice.basis, ("NO_NOTICE", "NOTICE_TOO_RECENT", "NOTICE_EXPIRED", *_FINAL)),
            (approval.basis, ("NOT_APPROVED",)),
            (copy.basis, ("AUTHORITY_NOT_COPIED",)),
            (protection.basis, ("DISPUTED", "PAYMENT_IN_TRANSIT", "INSTALMENT_HONOURED", "PROTECTED")),
            (review.basis, ("VULNERABLE_NOT_REVIEWED",)),
            (quiet.basis, ("QUIET_WINDOW",)),
            (prepaid.basis, ("NO_AGREEMENT", "BALANCE_SUFFICIENT", "NOT_WARNED")),
            (human.basis, ("HUMAN_STEP_MISSING",)),
            (_FAIL_CLOSED, ("FACT_MISSING",)),
        ),
        prepaid_basis=prepaid.basis,
    )


def _bases(*asked_by: tuple[Basis, tuple[str, ...]]) -> dict[str, Basis]:
    found = {reason: basis for basis, reasons in asked_by for reason in reasons}
    return {reason: found[reason] for reason in REASONS}
