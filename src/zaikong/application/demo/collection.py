"""What do the sample county's collectors, manager, director and technician do about arrears on a day?

They do what people do, by the verbs people use: waiting demands are sent and receipts taken in, notices of the night are
served with their proof, the worst cases are called and visited, promises, disputes, pauses, protections and instalments
follow, cuts are approved or refused, announced once more and carried out at their time. Chance is
`zaikong.sim.collection_life`; the ledger alone says what is kept or broken.

A day is lived whole or not at all, and once: whoever acted on it stands in the case files. Sending comes before and takes
up by itself what it left. A refusal by a verb is counted where life brings it about, and raised where it does not.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from zaikong.application.collection.contacts import log_call, log_visit
from zaikong.application.collection.disputes import decide_dispute, raise_dispute
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.collection.instalments import approve_instalments, propose_instalments, sign_instalments
from zaikong.application.collection.pauses import pause_case
from zaikong.application.collection.promises import take_promise
from zaikong.application.collection.protections import protect
from zaikong.application.collection.reviews import review_vulnerable_home
from zaikong.application.cutting.executing import carry_out_due
from zaikong.application.cutting.orders import decide_cut, expire_cuts
from zaikong.application.demo.lived import LIFE_REFUSES, DayLived, counter_of, day_of, moment
from zaikong.application.demo.people import DemoTeam
from zaikong.application.demo.sending import send_demands
from zaikong.application.notice_service import copy_to_authority, record_service
from zaikong.application.notices import NoticeAsked, UnableToIssueNoticeError, issue_notices
from zaikong.domain.law.calendar import is_working_day
from zaikong.kernel.period import day_number
from zaikong.sim import collection_life as chance
from zaikong.store.models import (
    CaseEvent,
    CollectionCase,
    CutOrder,
    Dispute,
    Evidence,
    InstalmentAgreement,
    Notice,
    Protection,
    VulnerableReview,
)

_DEMANDS_A_DAY: Final = 16
_STOPS_A_DAY: Final = {True: 1, False: 1}
"""Stop notices served a day, of homes and of others: what the crews could cut a week later."""

_CALLS_A_DAY: Final = 6
_VISITS_A_DAY: Final = 3
_PROTECTED: Final = 2
_AGREEMENTS: Final = 3
_DAYS_BETWEEN_AGREEMENTS: Final = 7
_CALLED_AGAIN_AFTER: Final = timedelta(days=6)
_PAPER_WAITS: Final = timedelta(days=25)
_ANSWERED_AFTER: Final = timedelta(days=3)
_PAUSED_FOR: Final = timedelta(days=10)
_PROTECTED_FOR: Final = timedelta(days=90)
_SOON: Final = timedelta(days=3)
_LAST_NOTICE_BEFORE: Final = timedelta(minutes=40)
_INSTALMENTS: Final = 3
_LAST_OF_EVERY_MONTH: Final = 28
_WEEK: Final = 7
_FIRST_INSTALMENT: Final = timedelta(days=5)
_WORTH_A_VISIT_FEN: Final = 10_000
_WORTH_INSTALMENTS_FEN: Final = 50_000


def live_day(*, seed: int, day: date, team: DemoTeam, money: pl.DataFrame) -> DayLived:
    """Let the people of the county work on arrears for a day; lived before, nothing more is done.

    Args:
        seed: The county's seed.
        day: The business date, before its night.
        team: Who acts.
        money: The money that is going to come: `account_no`, `paid_day`. Who means to pay says so on the telephone.

    Raises:
        Refusal: A verb refused what should have been possible.
    """
    lived = DayLived()
    if not connection.in_atomic_block:  # messages leave outside any transaction
        send_demands(seed, day, lived)
    with transaction.atomic():
        if not _is_lived(day, team):
            _Day(seed, day, team, money, lived).live()
    return lived


def _is_lived(day: date, team: DemoTeam) -> bool:
    return CaseEvent.objects.filter(
        at__gte=moment(day, 0), at__lt=moment(day + timedelta(days=1), 0), staff__in=team.keys()
    ).exists()


@dataclass(frozen=True, slots=True)
class _Day:
    """One day of the team."""

    seed: int
    day: date
    team: DemoTeam
    money: pl.DataFrame
    lived: DayLived

    def live(self) -> None:
        """The day in its order; the day of rest has only what cannot wait."""
        works, noon = is_working_day(self.day), moment(self.day, 12 * 60)
        expire_cuts(at=moment(self.day, 9 * 60))
        self._cuts(moment(self.day, 0), noon)
        self._approve()
        self._review()
        self._serve(works=works)
        if works:
            self._contact()
            self._answer()
        self._cuts(noon, moment(self.day + timedelta(days=1), 0))

    def _serve(self, *, works: bool) -> None:
        """Serve the stop notices of last night, and on a working day demands as far as the day reaches."""
        papers = chance.services(self.seed, self._papers(works=works))
        today = pl.col("issued_day") + pl.col("after_days") == day_number(self.day)
        ready = papers.filter(pl.col("way") != "").sort("amount_fen", "account", descending=[True, False])
        stops = ready.filter((pl.col("kind") == "stop") & today)
        chosen = [stops.filter(home=home).head(most) for home, most in _STOPS_A_DAY.items()]
        chosen.append(ready.filter(kind="demand").head(_DEMANDS_A_DAY))
        for row in pl.concat(chosen).sort("minute", "account").iter_rows(named=True):
            self._hand_over(row)

    def _papers(self, *, works: bool) -> pl.DataFrame:
        issued = Notice.objects.filter(
            state="issued", issued_at__lt=moment(self.day, 0), issued_at__gte=moment(self.day - _PAPER_WAITS, 0)
        )
        kinds = ("stop", "demand") if works else ("stop",)
        alive = issued.filter(kind__in=kinds, case__episode=F("episode")).exclude(case__state="closed")
        rows = alive.values_list(
            "notice_no", "kind", "issued_at", "amount_fen", "account__account_no", "account__customer__usci",
            "account__customer__name", "account__category", "account__collector_id", "contents__stop__authority",
        )  # fmt: skip
        return pl.DataFrame(
            [
                (
                    no,
                    kind,
                    day_of(at),
                    fen,
                    counter_of(number),
                    bool(usci),
                    name,
                    sort == "residential",
                    who or 0,
                    copied or "",
                )
                for no, kind, at, fen, number, usci, name, sort, who, copied in rows
            ],
            schema={
                "notice_no": pl.String,
                "kind": pl.String,
                "issued_day": pl.Int64,
                "amount_fen": pl.Int64,
                "account": pl.Int64,
                "organisation": pl.Boolean,
                "name": pl.String,
                "home": pl.Boolean,
                "collector": pl.Int64,
                "authority": pl.String,
            },
            orient="row",
        )

    def _hand_over(self, row: dict[str, Any]) -> None:
        at, staff = moment(self.day, row["minute"]), self.team.of(row["collector"])
        kind = {"signed": "signature", "left": "photo", "mail": "receipt"}[row["way"]]
        left = row["way"] == "left"
        served = self.lived.tried(
            f"served_{row['kind']}",
            record_service,
            notice_no=row["notice_no"],
            method=row["way"],
            served_at=at,
            staff=staff,
            as_of=self.day,
            evidence=[self._proof(kind, row["notice_no"], staff, at)],
            receiver_name=self._receiver(row) if row["way"] == "signed" else "",
            receiver_standing=row["standing"] if row["way"] == "signed" else "",
            witnesses=(row["first_witness"], row["second_witness"]) if left else (),
            note="拒绝签收，留置送达" if left else "",
        )
        if served is not None and row["authority"]:
            copied = at + timedelta(minutes=20)
            self.lived.tried(
                "copied",
                copy_to_authority,
                notice_no=row["notice_no"],
                authority=row["authority"],
                copied_at=copied,
                evidence=self._proof("document", f"{row['notice_no']} 抄送", staff, copied),
                staff=staff,
                as_of=self.day,
            )

    @staticmethod
    def _receiver(row: dict[str, Any]) -> str:
        """A person signs by the name of the contract, an organisation by somebody of it."""
        return str(row["name"] if row["standing"] == "self" else row["receiver"])[:80]

    def _proof(self, kind: str, words: str, staff: Any, at: datetime) -> int:
        content = chance.picture((kind, words, at.isoformat()))
        made: Evidence = add_evidence(
            kind=kind, content=content, file_name=f"{kind}-{at:%Y%m%d%H%M}.png", staff=staff, at=at, taken_at=at
        )
        return int(made.pk)

    def _contact(self) -> None:
        """Call and visit the worst cases that were left alone for some days."""
        cases = self._worst()
        drawn = chance.contacts(self.seed, cases, day=day_number(self.day))
        for row in drawn.sort("minute", "account").iter_rows(named=True):
            at, staff = moment(self.day, row["minute"]), self.team.of(row["collector"])
            told = {"case": row["case"], "outcome": row["outcome"], "staff": staff, "at": at, "note": row["note"]}
            told |= {"spoken_to": row["spoken_to"]}
            if row["visit"]:
                proof = self._proof("photo", f"{row['account']}", staff, at)
                self.lived.tried("visit", log_visit, **told, evidence=[proof])
            else:
                self.lived.tried("call", log_call, **told)
            self._follow(row, at, staff)

    def _worst(self) -> pl.DataFrame:
        """The cases of the day: most yuan and days first, a visit where a call was tried before."""
        recent = CaseEvent.objects.filter(
            case=OuterRef("pk"), kind__in=("call", "visit"), at__gte=moment(self.day, 0) - _CALLED_AGAIN_AFTER
        )
        called = Count("caseevent", filter=Q(caseevent__kind="call"))
        cases = CollectionCase.objects.filter(~Exists(recent), state="open", open_fen__gt=0).annotate(calls=called)
        rows = cases.values_list(
            "pk", "account_id", "account__account_no", "account__category", "account__collector_id", "open_fen",
            "overdue_since_date", "calls",
        )  # fmt: skip
        frame = pl.DataFrame(
            [(*row[:2], row[2], counter_of(row[2]), row[3], row[4] or 0, *row[5:]) for row in rows],
            schema={
                "case": pl.Int64,
                "account_id": pl.Int64,
                "account_no": pl.String,
                "account": pl.Int64,
                "category": pl.String,
                "collector": pl.Int64,
                "open_fen": pl.Int64,
                "since": pl.Date,
                "calls": pl.Int64,
            },
            orient="row",
        )
        ranked = self._with_intent(frame).sort(
            pl.col("open_fen") * (pl.lit(self.day) - pl.col("since")).dt.total_days(),
            "account",
            descending=[True, False],
        )
        known = (pl.col("calls") > 0) & (pl.col("open_fen") >= _WORTH_A_VISIT_FEN)
        visited = ranked.filter(known).head(_VISITS_A_DAY)
        rest = ranked.join(visited.select("case"), on="case", how="anti")
        homes = rest.filter(pl.col("category") == "residential").head(_CALLS_A_DAY // 3)
        others = rest.join(homes.select("case"), on="case", how="anti").head(_CALLS_A_DAY - homes.height)
        return pl.concat(
            [visited.with_columns(visit=pl.lit(value=True)), pl.concat([homes, others]).with_columns(visit=False)],
            how="vertical_relaxed",
        )

    def _with_intent(self, cases: pl.DataFrame) -> pl.DataFrame:
        """In how many days each customer is going to pay, -1 for not at all as far as planned, and how much soon."""
        today, day = day_number(self.day), pl.col("paid_day")
        coming = (
            self.money.filter(day >= today)
            .group_by("account_no")
            .agg(
                pays_in=(day.min() - today).cast(pl.Int64),
                soon_fen=pl.col("amount_fen").filter(day < today + _FIRST_INSTALMENT.days).sum(),
            )
        )
        known = cases.join(coming, on="account_no", how="left", maintain_order="left")
        return known.with_columns(pl.col("pays_in").fill_null(-1), pl.col("soon_fen").fill_null(0))

    def _follow(self, row: dict[str, Any], at: datetime, staff: Any) -> None:
        """What the conversation leads to."""
        if not row["spoken_to"]:
            return
        later, case = at + timedelta(minutes=5), row["case"]
        if self._is_protected(row, later, staff) or self._is_agreed(row, later, staff):
            return
        if row["follow_up"] == "promise":
            self.lived.tried(
                "promise",
                take_promise,
                case=case,
                amount_fen=row["promised_fen"],
                promised_date=self.day + timedelta(days=row["promised_in"]),
                made_by_name=row["spoken_to"],
                channel="visit" if row["visit"] else "phone",
                staff=staff,
                at=later,
            )
        elif row["follow_up"] == "dispute":
            self._dispute(row, later, staff)
        elif row["follow_up"] == "pause":
            self.lived.tried(
                "pause",
                pause_case,
                case=case,
                to_date=self.day + _PAUSED_FOR,
                reason=row["why"],
                staff=staff,
                approved_by=self.team.manager,
                at=later,
            )

    def _dispute(self, row: dict[str, Any], at: datetime, staff: Any) -> None:
        """The newest bill is the one people do not believe."""
        bills = CollectionCase.objects.filter(pk=row["case"]).values_list(
            "account__openitem__bill_id", "account__openitem__due_date"
        )
        owed = bills.filter(account__openitem__open_fen__gt=0, account__openitem__disputed=False)
        bill = owed.order_by("-account__openitem__due_date", "-account__openitem__bill_id").first()
        if bill is None:
            return
        self.lived.tried(
            "dispute",
            raise_dispute,
            account=row["account_id"],
            raised_by_name=row["spoken_to"],
            subject=row["why"],
            staff=staff,
            at=at,
            bill=bill[0],
        )

    def _is_protected(self, row: dict[str, Any], at: datetime, staff: Any) -> bool:
        """The first homes met are those where somebody needs the supply."""
        home = row["category"] == "residential" and row["visit"]
        if not home or Protection.objects.count() >= _PROTECTED:
            return False
        return self._protect(row["account_id"], at, staff, "家中有老人使用制氧机，已看诊断证明")

    def _protect(self, account: int, at: datetime, staff: Any, note: str) -> bool:
        proof = self._proof("document", f"诊断证明 {account}", staff, at)
        given = self.lived.tried(
            "protection",
            protect,
            account=account,
            reason="medical",
            note=note,
            from_at=at,
            to_at=at + _PROTECTED_FOR,
            review_date=self.day + _PROTECTED_FOR / 3,
            staff=staff,
            approved_by=self.team.manager,
            at=at,
            evidence=[proof],
        )
        return given is not None

    def _is_agreed(self, row: dict[str, Any], at: datetime, staff: Any) -> bool:
        """A few large debtors agree on instalments; the first of them has no money coming."""
        if row["category"] == "residential" or row["open_fen"] < _WORTH_INSTALMENTS_FEN:
            return False
        made = InstalmentAgreement.objects.count()
        since = _DAYS_BETWEEN_AGREEMENTS
        recent = InstalmentAgreement.objects.filter(proposed_date__gt=self.day - timedelta(days=since)).exists()
        able = row["soon_fen"] * _INSTALMENTS > row["open_fen"]
        if made >= _AGREEMENTS or recent or able == (made == 0) or (made == 0 and row["pays_in"] >= 0):
            return False
        draft = self.lived.tried(
            "instalments",
            propose_instalments,
            case=row["case"],
            count=_INSTALMENTS,
            first_date=_in_every_month(self.day + _FIRST_INSTALMENT),
            staff=staff,
            at=at,
            note="用户申请分三期缴清",
        )
        if draft is None:
            return False
        approver = self.team.manager if staff.pk != self.team.manager.pk else self.team.director
        approve_instalments(agreement=draft.pk, staff=approver, at=at + timedelta(minutes=10))
        signed = at + timedelta(minutes=25)
        paper = self._proof("document", draft.agreement_no, staff, signed)
        sign_instalments(agreement=draft.pk, signed_by_name=row["spoken_to"], evidence=paper, staff=staff, at=signed)
        return True

    def _answer(self) -> None:
        """Decide the disputes that have waited for some days."""
        before = moment(self.day, 0) - _ANSWERED_AFTER
        waiting = Dispute.objects.filter(state="open", raised_at__lt=before, recorded_by__in=self.team.keys())
        rows = waiting.values_list("pk", "account__account_no", "raised_at")
        asked = pl.DataFrame(
            [(key, counter_of(account), day_of(at)) for key, account, at in rows],
            schema={"dispute": pl.Int64, "account": pl.Int64, "day": pl.Int64},
            orient="row",
        )
        for row in chance.answers(self.seed, asked).sort("day", "account").iter_rows(named=True):
            self.lived.tried(
                "dispute_decided",
                decide_dispute,
                dispute=row["dispute"],
                outcome=row["outcome"],
                decision=row["decision"],
                staff=self.team.manager,
                at=moment(self.day, 16 * 60),
            )

    def _orders(self, state: str, **asked: Any) -> pl.DataFrame:
        """Cut orders in a state: `order`, `account`, `day` planned and what else is read of them."""
        standing = VulnerableReview.objects.filter(account=OuterRef("account"), valid_to_at__gt=OuterRef("planned_at"))
        rows = (
            CutOrder.objects.filter(state=state, **asked)
            .annotate(reviewed=Exists(standing))
            .values_list(
                "pk", "account_id", "account__account_no", "account__category", "account__collector_id", "planned_at",
                "reviewed",
            )
        )  # fmt: skip
        return pl.DataFrame(
            [
                (pk, key, no, counter_of(no), kind, who or 0, day_of(at), at, seen)
                for pk, key, no, kind, who, at, seen in rows
            ],
            schema={
                "order": pl.Int64,
                "account_id": pl.Int64,
                "account_no": pl.String,
                "account": pl.Int64,
                "category": pl.String,
                "collector": pl.Int64,
                "day": pl.Int64,
                "planned_at": pl.Datetime("us", "Asia/Shanghai"),
                "reviewed": pl.Boolean,
            },
            orient="row",
        ).sort("planned_at", "account")

    def _approve(self) -> None:
        """Manager and director give their word on the cuts the night proposed."""
        said = chance.approvals(self.seed, self._orders("proposed", planned_at__gt=moment(self.day, 11 * 60)))
        for row in said.iter_rows(named=True):
            self._decide(row, row["manager"], self.team.manager, moment(self.day, 9 * 60 + 30))
            if row["manager"]:
                self._decide(row, row["director"], self.team.director, moment(self.day, 10 * 60 + 30))

    def _decide(self, row: dict[str, Any], approve: bool, staff: Any, at: datetime) -> None:  # noqa: FBT001 -- one word
        given = {"order": row["order"], "staff": staff, "at": at}
        what = "approved" if approve else "refused"
        note = "" if approve else row["reason"]
        if self.lived.tried(what, decide_cut, **given, approve=approve, note=note) is None:
            # no word of theirs suffices for this user
            self.lived.tried("refused", decide_cut, **given, approve=False, note="该用户重要等级不允许欠费停电")

    def _review(self) -> None:
        """Before a home is cut somebody goes and looks."""
        soon = moment(self.day, 0) + _SOON + timedelta(days=1)
        coming = self._orders("approved", planned_at__gt=moment(self.day, 16 * 60), planned_at__lt=soon)
        homes = coming.filter((pl.col("category") == "residential") & ~pl.col("reviewed"))
        for row in chance.reviews(self.seed, homes).iter_rows(named=True):
            at, staff = moment(self.day, row["minute"]), self.team.of(row["collector"])
            self.lived.tried(
                "review",
                review_vulnerable_home,
                account=row["account_id"],
                outcome=row["outcome"],
                note=row["note"],
                staff=staff,
                at=at,
                evidence=self._proof("photo", f"复核 {row['account']}", staff, at),
            )
            if row["outcome"] == "protect" and Protection.objects.count() < _PROTECTED:
                self._protect(row["account_id"], at + timedelta(minutes=5), staff, row["note"])

    def _cuts(self, start: datetime, end: datetime) -> None:
        """Announce the cuts planned between two moments once more, and carry out at its time what still may be."""
        due = self._orders("approved", planned_at__gte=start, planned_at__lt=end)
        for planned in due["planned_at"].unique().sort().to_list():
            self._announce(due.filter(pl.col("planned_at") == planned), planned)
            for carried in carry_out_due(at=planned, staff=self.team.technician):
                self.lived.done[f"cut_{carried.state}"] += 1

    def _announce(self, orders: pl.DataFrame, planned: datetime) -> None:
        """The last notices of cuts planned for one moment, left at the door with a photo."""
        at = planned - _LAST_NOTICE_BEFORE
        asked = [
            NoticeAsked(number, "final", pay_by_date=self.day, planned_cut_at=planned)
            for number in orders["account_no"].to_list()
        ]
        issued = issue_notices(asked=asked, staff=self.team.manager, at=at, as_of=self.day)
        for finding in issued.findings:
            if finding.code not in LIFE_REFUSES:
                raise UnableToIssueNoticeError(finding.message, code=finding.code, article=finding.basis)
            self.lived.refused[finding.code] += 1
        collectors = dict(orders.select("account_id", "collector").iter_rows())
        served = at + timedelta(minutes=5)
        for notice in issued.notices:
            staff = self.team.of(collectors[notice.account_id])
            self.lived.tried(
                "last_notice",
                record_service,
                notice_no=notice.notice_no,
                method="left",
                served_at=served,
                staff=staff,
                as_of=self.day,
                evidence=[self._proof("photo", notice.notice_no, staff, served)],
                witnesses=("村委值班员", "社区网格员"),
                note="停电前当面告知并张贴，拍照留存",
            )


def _in_every_month(day: date) -> date:
    """The day itself, or the first of the next month where it is one that not every month has."""
    return day if day.day <= _LAST_OF_EVERY_MONTH else (day + timedelta(days=_WEEK)).replace(day=1)
