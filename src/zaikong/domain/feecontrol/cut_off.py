"""May supply to this account be cut at this moment, and if not, why not?

The rule of the two regimes, post-paid and prepaid by signed agreement. It reports every condition that is known to
fail, not only the first. Permission is a positive word: a fact that is unknown (null) or of an unknown kind refuses with
`FACT_MISSING`; a moment of 0 says that the thing is known not to have happened, and a due day of 0 that nothing is due.
A condition that fails whatever an unknown fact may be is reported beside it.

Each condition, and why it is read as it is, stands in `docs/algorithms/cut_off.md`.

Basis: 《电力供应与使用条例》 article 39; 《民法典》 article 654; 《供电营业规则》 (editions of 1996 and 2024);
《个人信息保护法》 article 24; `CutLaw.basis` names the text behind each reason.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import narwhals as nw

from zaikong.domain.law.cutting import REASONS, CutLaw
from zaikong.domain.law.values import LEVELS, NoticeTimes
from zaikong.kernel.period import DAY, MINUTE

POST_PAID: Final = "post_paid"
PREPAID: Final = "prepaid"

CUT_COLUMNS: Final = (
    "account",
    "cut_at",
    "regime",
    "resident",
    "important_user",
    "oldest_due_day",
    "unpaid_fen",
    "demands_known",
    "notice_at",
    "final_notice_at",
    "approvals_known",
    "copied_at",
    "disputed",
    "in_transit",
    "instalment_honoured",
    "protected",
    "vulnerable_reviewed",
    "quiet_window",
    "agreement_signed",
    "available_fen",
    "overdraft_limit_fen",
    "warnings_known",
    "human_confirmed",
)
"""Facts of an account; each but `account` may be null, which says that it is unknown."""

EVIDENCE_COLUMNS: Final = ("account", "evidence", "evidence_at", "role")
"""Rows of proof: `demand`, `warning` with their moment; `approval` with the approver's role. `""` and 0 elsewhere."""

VERDICT_COLUMNS: Final = ("account", "allowed", "reasons", "missing")
"""Answer: `reasons` the failed conditions and `missing` the unknown facts, each a list with commas, in fixed order."""

_POST_PAID_FACTS: Final = (
    "oldest_due_day",
    "unpaid_fen",
    "demands_known",
    "notice_at",
    "approvals_known",
    "instalment_honoured",
)
_RECORDS: Final = ("demands_known", "warnings_known", "approvals_known")
_PREPAID_FACTS: Final = ("agreement_signed", "available_fen", "overdraft_limit_fen", "warnings_known")
_COMMON_FACTS: Final = (
    "cut_at",
    "regime",
    "resident",
    "important_user",
    "final_notice_at",
    "disputed",
    "in_transit",
    "protected",
    "quiet_window",
)


def cut_verdicts(facts: nw.LazyFrame, evidence: nw.LazyFrame, *, law: CutLaw) -> nw.LazyFrame:
    """Judge each account.

    Args:
        facts: One row an account with `CUT_COLUMNS`.
        evidence: Rows with `EVIDENCE_COLUMNS`, any number an account. Only proven ones, and of warnings only those of
            the present fall of the balance.
        law: The law of the day of the cut.

    Returns:
        One row an account with `VERDICT_COLUMNS`; `allowed` only where no condition failed and no fact is missing.
    """
    known = _of_known_kind(facts)
    judged = known.join(_counted(known, evidence, law), on="account", how="left").with_columns(
        *(nw.coalesce(nw.col(name), nw.lit(0, nw.Int64)) for name in ("_demands", "_warnings", "_approvals"))
    )
    unknown = {name: asked & nw.col(name).is_null() for name, asked in _asked(law).items()}
    failed = _failed(law) | {"FACT_MISSING": nw.col("missing") != ""}
    return (
        judged.with_columns(
            missing=_listed(unknown),
            _repeated=_surely((nw.col("_post") & _repeats_nothing()) | _stale(law)),
        )
        .with_columns(reasons=_listed({reason: failed[reason] for reason in REASONS}))
        .select("account", allowed=nw.col("reasons") == "", reasons="reasons", missing="missing")
    )


def reasons_of(text: str) -> tuple[str, ...]:
    """The words of a `reasons` or `missing` cell."""
    return tuple(text.split(",")) if text else ()


def _of_known_kind(facts: nw.LazyFrame) -> nw.LazyFrame:
    """A word the rule does not know says nothing: it becomes unknown. So does a record not known to be whole."""

    def only(name: str, words: Sequence[str]) -> nw.Expr:
        return nw.when(nw.col(name).is_in(list(words))).then(nw.col(name)).alias(name)

    whole = (nw.when(nw.col(name)).then(nw.lit(True)).alias(name) for name in _RECORDS)
    worded = facts.with_columns(only("regime", (POST_PAID, PREPAID)), only("important_user", LEVELS), *whole)
    return worded.with_columns(
        _post=nw.col("regime") == POST_PAID,
        _pre=nw.col("regime") == PREPAID,
        _at=nw.col("cut_at"),
        _notice=nw.when(nw.col("regime") == POST_PAID).then(nw.col("notice_at")),
    )


def _counted(facts: nw.LazyFrame, evidence: nw.LazyFrame, law: CutLaw) -> nw.LazyFrame:
    """How many demands, warnings and approvals of an account are not known to be void."""
    proof = evidence.join(
        facts.select("account", "_at", "_notice", "oldest_due_day", "final_notice_at", "important_user"),
        on="account",
        how="inner",
    )
    moment = nw.col("evidence_at")
    undated = _surely(moment <= 0) | moment.is_null()
    later = moment > nw.col("_at")
    due = nw.col("oldest_due_day")
    before_due = (due != 0) & (moment < (due + 1) * DAY)
    after_notice = (nw.col("_notice") != 0) & (moment >= nw.col("_notice"))
    after_final = (nw.col("final_notice_at") != 0) & (moment >= nw.col("final_notice_at"))
    short = nw.col("_at") < moment + law.warning_minutes * MINUTE
    void = {
        "demand": undated | later | before_due | after_notice,
        "warning": undated | later | short | after_final,
        "approval": later | nw.col("role").is_null() | ~_may_approve(law),
    }
    counts = {
        name: ((nw.col("evidence") == kind) & ~_surely(condition)).cast(nw.Int64)
        for name, (kind, condition) in zip(("_demands", "_warnings", "_approvals"), void.items(), strict=True)
    }
    return (
        proof.with_columns(**counts)
        .group_by("account")
        .agg(nw.col("_demands").sum(), nw.col("_warnings").sum(), nw.col("_approvals").sum())
    )


def _may_approve(law: CutLaw) -> nw.Expr:
    may: nw.Expr = nw.lit(False)
    for level, roles in law.approving_roles.items():
        may = may | ((nw.col("important_user") == level) & _one_of("role", roles))
    return may


def _failed(law: CutLaw) -> dict[str, nw.Expr]:
    """Each condition as the column of its failing; null where that cannot be said."""
    at, post, pre = nw.col("_at"), nw.col("_post"), nw.col("_pre")
    notice, final, due = nw.col("_notice"), nw.col("final_notice_at"), nw.col("oldest_due_day")
    resident = nw.col("resident")
    copied = nw.coalesce(nw.col("copied_at"), nw.lit(0, nw.Int64))
    copy_fails = (copied == 0) | (copied > at) | (post & (_too_recent(copied, law) | _expired(copied, law)))
    repeated = nw.col("_repeated")
    never = [level for level, roles in law.approving_roles.items() if not roles]
    balance, limit = nw.col("available_fen"), nw.col("overdraft_limit_fen")
    return {
        "NOTHING_OWED": post & (nw.col("unpaid_fen") <= 0),
        "NOT_OVERDUE_ENOUGH": post & ((due == 0) | (at < (due + law.cut_after_days + 1) * DAY)),
        "NOT_DUNNED": post & nw.col("demands_known") & (nw.col("_demands") == 0),
        "NO_NOTICE": post & (notice == 0),
        "NOTICE_TOO_RECENT": post & (notice != 0) & _too_recent(notice, law),
        "NOTICE_EXPIRED": post & (notice != 0) & _expired(notice, law),
        "NO_FINAL_NOTICE": (final == 0) | repeated,
        "FINAL_NOTICE_TOO_LATE": (final != 0) & ~repeated & _too_late(law),
        "NOT_APPROVED": (post & nw.col("approvals_known") & (nw.col("_approvals") == 0))
        | _one_of("important_user", never),
        "AUTHORITY_NOT_COPIED": _one_of("important_user", law.copied_levels) & copy_fails,
        "DISPUTED": nw.col("disputed"),
        "PAYMENT_IN_TRANSIT": nw.col("in_transit"),
        "INSTALMENT_HONOURED": nw.col("instalment_honoured"),
        "PROTECTED": nw.col("protected"),
        "VULNERABLE_NOT_REVIEWED": resident & ~nw.col("vulnerable_reviewed") & nw.lit(law.review_residents),
        "QUIET_WINDOW": nw.col("quiet_window"),
        "NO_AGREEMENT": pre & ~nw.col("agreement_signed"),
        "BALANCE_SUFFICIENT": pre & ((balance >= -limit) | (balance >= 0)),
        "NOT_WARNED": pre & nw.col("warnings_known") & (nw.col("_warnings") == 0),
        "HUMAN_STEP_MISSING": pre & _confirmed_by_a_person(law) & ~nw.col("human_confirmed"),
    }


def _asked(law: CutLaw) -> dict[str, nw.Expr]:
    """Each fact and whether it is asked for; the proof of a copy is never asked for, its absence says `not copied`."""
    resident = nw.col("resident")
    asked: dict[str, nw.Expr] = dict.fromkeys(_COMMON_FACTS, nw.lit(True))
    asked |= dict.fromkeys(_POST_PAID_FACTS, _surely(nw.col("_post")))
    asked["vulnerable_reviewed"] = _surely(resident & nw.lit(law.review_residents))
    asked |= dict.fromkeys(_PREPAID_FACTS, _surely(nw.col("_pre")))
    asked["human_confirmed"] = _surely(nw.col("_pre") & _confirmed_by_a_person(law))
    return asked


def _repeats_nothing() -> nw.Expr:
    """A last notice that came with the stop notice or before it repeats nothing."""
    return (nw.col("_notice") != 0) & (nw.col("final_notice_at") <= nw.col("_notice"))


def _confirmed_by_a_person(law: CutLaw) -> nw.Expr:
    return (nw.col("resident") & nw.lit(law.confirm_residents)) | _one_of("important_user", law.confirm_levels)


def _too_recent(served: nw.Expr, law: CutLaw) -> nw.Expr:
    def short(times: NoticeTimes) -> nw.Expr:
        return nw.col("_at") < served + times.minimum_days * DAY

    return _by_class(short(law.resident), short(law.other))


def _expired(served: nw.Expr, law: CutLaw) -> nw.Expr:
    def old(times: NoticeTimes) -> nw.Expr:
        if times.maximum_days is None:
            return nw.lit(False)
        if times.to_end_of_day:
            return nw.col("_at") >= served - served % DAY + (times.maximum_days + 1) * DAY
        return nw.col("_at") > served + times.maximum_days * DAY

    return _by_class(old(law.resident), old(law.other))


def _too_late(law: CutLaw) -> nw.Expr:
    def late(minutes: int) -> nw.Expr:
        return nw.col("_at") < nw.col("final_notice_at") + minutes * MINUTE

    post = _by_class(late(law.resident.final_minutes), late(law.other.final_minutes))
    return _by_regime(post, late(law.prepaid_final_minutes))


def _stale(law: CutLaw) -> nw.Expr:
    def old(minutes: int | None) -> nw.Expr:
        if minutes is None:
            return nw.lit(False)
        return nw.col("_at") > nw.col("final_notice_at") + minutes * MINUTE

    post = _by_class(old(law.resident.final_within_minutes), old(law.other.final_within_minutes))
    return _by_regime(post, old(law.prepaid_final_within_minutes))


def _by_class(resident: nw.Expr, other: nw.Expr) -> nw.Expr:
    """The condition of the customer's class; where that is unknown, only what holds for both."""
    is_resident = nw.col("resident")
    return (is_resident & resident) | (~is_resident & other) | (resident & other)


def _by_regime(post: nw.Expr, prepaid: nw.Expr) -> nw.Expr:
    return (nw.col("_post") & post) | (nw.col("_pre") & prepaid) | (post & prepaid)


def _one_of(name: str, words: Sequence[str]) -> nw.Expr:
    return nw.col(name).is_in(list(words)) if words else nw.lit(False)


def _surely(condition: nw.Expr) -> nw.Expr:
    return nw.coalesce(condition, nw.lit(False))


def _listed(marks: dict[str, nw.Expr]) -> nw.Expr:
    """Names of the marks that are true, with commas between."""
    words: Iterable[nw.Expr] = (
        nw.when(_surely(mark)).then(nw.lit(f"{name},")).otherwise(nw.lit("")) for name, mark in marks.items()
    )
    return nw.concat_str(list(words), separator="").str.strip_chars(",")
