"""Where does a connection application (业扩报装) stand, and where may it go next?

Customer, premise and supply point are kept apart: a customer may apply for many premises, a premise outlives its
customers, and a premise may have several supply points.

Basis: 供电营业规则 (国家发展改革委令 2024 年第 14 号), chapter on 用电申请;
the usual course is 受理→勘查→设计→合同→装表→送电.
"""

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zaikong.kernel.refusal import Refusal

CATEGORIES: Final = ("residential", "agricultural", "business", "industrial", "public")
"""User categories 用户类别, as an import file writes them."""

STATES: Final = ("accepted", "surveyed", "designed", "contracted", "metered", "energised", "withdrawn")
"""受理 · 勘查 · 设计 · 合同 · 装表 · 送电 · 撤回: each names the work that has been done."""

TRANSITIONS: Final = MappingProxyType(
    {
        "accepted": ("surveyed", "withdrawn"),
        "surveyed": ("designed", "contracted", "withdrawn"),
        "designed": ("contracted", "withdrawn"),
        "contracted": ("metered", "withdrawn"),
        "metered": ("energised", "withdrawn"),
        "energised": (),
        "withdrawn": (),
    }
)
"""State to the states that may follow it; energised and withdrawn are final."""

DESIGN_FROM_CENTI_KVA: Final = 16_000
"""A customer's own works above this capacity [0.01 kVA] need a drawing before a contract; below, supply is low voltage
and the supplier builds up to the meter (发改能源规〔2020〕1479号: 160 千瓦及以下 by low voltage)."""


class UnableToMoveApplicationError(Refusal):
    """An application may not go from its state to the one asked for."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person or organisation that will owe (CIM Customer).

    Attributes:
        name: As on the licence or card.
        usci: Credit identifier, empty for a person.
        id_no: Identity number of the person, or of the legal representative.
        phone: Where notices go.
    """

    name: str
    usci: str
    id_no: str
    phone: str


@dataclass(frozen=True, slots=True)
class Premise:
    """The place to be supplied (CIM ServiceLocation).

    Attributes:
        address: Postal address.
        owner_applies: Whether the applicant owns it; a tenant brings the owner's consent.
    """

    address: str
    owner_applies: bool


@dataclass(frozen=True, slots=True)
class SupplyPoint:
    """Where the network is to meet the premise (CIM UsagePoint).

    Attributes:
        voltage: Such as `0.22`, `0.4`, `10` kV.
        capacity_centi_kva: Capacity asked for [0.01 kVA].
    """

    voltage: str
    capacity_centi_kva: int


@dataclass(frozen=True, slots=True)
class Application:
    """One application for supply.

    Attributes:
        category: One of `CATEGORIES`.
        applicant: Who applies.
        premise: For which place.
        supply_point: For how much, at which voltage.
        by_agent: Whether somebody else hands it in.
        state: One of `STATES`.
    """

    category: str
    applicant: Applicant
    premise: Premise
    supply_point: SupplyPoint
    by_agent: bool = False
    state: str = "accepted"


def needs_design(application: Application) -> bool:
    """Whether a drawing must be approved before the contract: above 160 kVA."""
    return application.supply_point.capacity_centi_kva > DESIGN_FROM_CENTI_KVA


def next_states(application: Application) -> tuple[str, ...]:
    """The states that may follow, the usual one first."""
    following = TRANSITIONS[application.state]
    if application.state != "surveyed":
        return following
    skipped = "contracted" if needs_design(application) else "designed"
    return tuple(state for state in following if state != skipped)


def moved(application: Application, state: str, *, open_findings: Collection[str] = ()) -> str:
    """The state after a step.

    Args:
        application: The application as it stands.
        state: Where it should go.
        open_findings: Codes of papers still missing or wrong (`papers.paper_findings`); only withdrawal goes past them.

    Returns:
        `state`.

    Raises:
        UnableToMoveApplicationError: `STATE_UNKNOWN`, `STATE_OUT_OF_ORDER`, or `PAPERS_OPEN` beyond survey.
    """
    if state not in STATES or application.state not in TRANSITIONS:
        raise _refusal("STATE_UNKNOWN", application, state, f"The states are {', '.join(STATES)}.")
    allowed = next_states(application)
    if state not in allowed:
        raise _refusal(
            "STATE_OUT_OF_ORDER", application, state, f"Next may be {', '.join(allowed) or 'nothing: it is final'}."
        )
    if open_findings and state not in {"surveyed", "withdrawn"}:
        raise _refusal("PAPERS_OPEN", application, state, f"Clear first: {', '.join(sorted(open_findings))}.")
    return state


def _refusal(code: str, application: Application, state: str, remedy: str) -> UnableToMoveApplicationError:
    return UnableToMoveApplicationError(
        f"an application that is {application.state} cannot become {state}",
        code=code,
        fields={"state": application.state, "asked": state},
        remedy=remedy,
    )
