"""Which papers does a connection application need, and what is wrong with those handed in?

Basis: 供电营业规则 (2024), papers of an applicant; the supplier's published list for 用电报装. A paper the supplier can
fetch itself from the government's shared registers is still listed: it must be on file, whoever brought it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from zaikong.domain.registry import identifiers
from zaikong.domain.registry.application import CATEGORIES, DESIGN_FROM_CENTI_KVA, Application
from zaikong.kernel.finding import Finding
from zaikong.kernel.refusal import Refusal

PAPERS: Final = {
    "application_form": "用电申请书",
    "identity_card": "居民身份证",
    "business_licence": "营业执照",
    "institution_certificate": "事业单位法人证书或统一社会信用代码证书",
    "representative_identity_card": "法定代表人身份证",
    "premise_title": "用电地址权属证明",
    "owner_consent": "产权人同意用电证明",
    "agent_authority": "授权委托书",
    "agent_identity_card": "经办人身份证",
    "load_list": "用电设备清单",
    "project_approval": "项目立项批复文件",
    "water_or_land_permit": "取水许可或土地使用证明",
}
"""Kind of paper to its Chinese name."""

BASIS: Final = "供电营业规则 (2024)"

_OF_CATEGORY: Final = {
    "residential": ("application_form", "identity_card", "premise_title"),
    "agricultural": ("application_form", "identity_card", "premise_title", "water_or_land_permit"),
    "business": ("application_form", "business_licence", "representative_identity_card", "premise_title"),
    "industrial": (
        "application_form",
        "business_licence",
        "representative_identity_card",
        "premise_title",
        "load_list",
    ),
    "public": ("application_form", "institution_certificate", "representative_identity_card", "premise_title"),
}
_LICENCES: Final = frozenset({"business_licence", "institution_certificate"})
_CARDS: Final = frozenset({"identity_card", "representative_identity_card", "agent_identity_card"})


T = TypeVar("T")


class UnableToListPapersError(Refusal):
    """The category of an application is not one of the trade."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was handed in.

    Attributes:
        kind: A key of `PAPERS`.
        number: Its number, empty where it has none.
        valid_from: First day of validity, or None where it has no term.
        valid_to: First day no longer valid, or None for 长期.
    """

    kind: str
    number: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


def needed_papers(application: Application) -> tuple[str, ...]:
    """The kinds of paper an application needs, in the order a clerk asks for them.

    Raises:
        UnableToListPapersError: `CATEGORY_UNKNOWN`.
    """
    if application.category not in CATEGORIES:
        raise UnableToListPapersError(
            f"{application.category!r} is not a user category",
            code="CATEGORY_UNKNOWN",
            fields={"category": application.category},
            remedy=f"The categories are {', '.join(CATEGORIES)}.",
        )
    kinds = list(_OF_CATEGORY[application.category])
    if application.category == "agricultural" and application.applicant.usci:
        kinds[1:2] = ["business_licence", "representative_identity_card"]
    if application.supply_point.capacity_centi_kva > DESIGN_FROM_CENTI_KVA:
        kinds += [kind for kind in ("load_list", "project_approval") if kind not in kinds]
    if not application.premise.owner_applies:
        kinds.append("owner_consent")
    if application.by_agent:
        kinds += ["agent_authority", "agent_identity_card"]
    return tuple(kinds)


def paper_findings(application: Application, papers: Iterable[Paper], *, as_of: date) -> list[Finding]:
    """What is missing or wrong, a row each.

    Args:
        application: The application.
        papers: Papers handed in so far; several of one kind are taken together, one sound paper is enough.
        as_of: The business date on which validity is judged.

    Returns:
        `PAPER_MISSING` for each needed kind with no paper, then the codes of `identifiers` for papers and applicant
        that cannot be right, and `PAPER_NUMBER_DIFFERS` where a licence or card is another's.
    """
    handed = list(papers)
    kinds = {paper.kind for paper in handed}
    missing = [
        _finding("PAPER_MISSING", kind, "is missing") for kind in needed_papers(application) if kind not in kinds
    ]
    wrong = [finding for kind in sorted(kinds) for finding in _best(application, handed, kind, as_of)]
    return missing + wrong + _applicant_findings(application, as_of)


def _best(application: Application, papers: list[Paper], kind: str, as_of: date) -> list[Finding]:
    """Findings of the best paper of a kind: none as soon as one is sound."""
    judged = [_paper_findings(application, paper, as_of) for paper in papers if paper.kind == kind]
    return min(judged, key=len)


def _paper_findings(application: Application, paper: Paper, as_of: date) -> list[Finding]:
    if paper.kind not in PAPERS:
        return [Finding("PAPER_UNKNOWN", paper.kind, f"choose one of {', '.join(PAPERS)}", BASIS)]
    findings = []
    if paper.valid_from is not None:
        findings += _tried(
            paper.kind, lambda start: identifiers.licence_valid_on(start, paper.valid_to, as_of=as_of), paper.valid_from
        )
    elif paper.kind in _LICENCES:
        findings.append(_finding("PAPER_UNDATED", paper.kind, "needs its first day of validity"))
    if paper.kind in _LICENCES:
        findings += _tried(paper.kind, identifiers.usci, paper.number)
        findings += _differs(paper, application.applicant.usci)
    if paper.kind in _CARDS:
        findings += _tried(paper.kind, lambda number: identifiers.id_number(number, as_of=as_of), paper.number)
    if paper.kind in _CARDS - {"agent_identity_card"}:
        findings += _differs(paper, application.applicant.id_no)
    return findings


def _applicant_findings(application: Application, as_of: date) -> list[Finding]:
    applicant = application.applicant
    findings = _tried("phone", identifiers.phone, applicant.phone)
    if applicant.usci or application.category in {"business", "industrial", "public"}:
        findings += _tried("usci", identifiers.usci, applicant.usci)
    return findings + _tried("id_no", lambda number: identifiers.id_number(number, as_of=as_of), applicant.id_no)


def _tried(subject: str, check: Callable[[T], object], value: T) -> list[Finding]:
    try:
        check(value)
    except identifiers.UnableToAcceptIdentifierError as refusal:
        return [Finding(refusal.code, subject, f"{refusal.message}. {refusal.remedy}", refusal.article or BASIS)]
    return []


def _differs(paper: Paper, number: str) -> list[Finding]:
    if paper.number and number and paper.number.upper() != number.upper():
        return [_finding("PAPER_NUMBER_DIFFERS", paper.kind, "carries another number than the application")]
    return []


def _finding(code: str, kind: str, what: str) -> Finding:
    return Finding(code, kind, f"{PAPERS[kind]} {what}", BASIS)
