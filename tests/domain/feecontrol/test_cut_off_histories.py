"""Random histories of a customer: the rule allows a cut exactly where the articles do.

Each step something happens to a customer, or time passes. After each the question is put for now and for the edges
that lie ahead. Facts are gathered from the log of events as columns and put to the rules for protection, quiet windows
and the cut; the oracle reads the same history in its own diary. Half the steps mend something the oracle still
forbids, or lawful cuts would be too rare to prove anything.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from properties import examples
from zaikong.domain.feecontrol.cut_off import CUT_COLUMNS, EVIDENCE_COLUMNS, cut_verdicts
from zaikong.domain.law.cutting import REASONS, cut_law
from zaikong.domain.law.parameters import Protection, QuietWindows, in_law
from zaikong.domain.law.protection import (
    MOMENT_COLUMNS,
    PROTECTION_COLUMNS,
    QUIET_DAY_COLUMNS,
    DeclaredDays,
    protected_accounts,
    quiet_days,
    quiet_moments,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number, moment_number

from .cut_facts import TYPES, dictionary
from .cut_oracle import ALWAYS, Bill, Diary, Span, forbids

LAST = datetime(2025, 11, 1)
EDITION = date(2024, 6, 1)
STEPS = 50
SPANS = st.sampled_from(
    [
        timedelta(seconds=1),
        timedelta(minutes=1),
        timedelta(minutes=29),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=14),
        timedelta(days=1),
        timedelta(days=3) - timedelta(seconds=1),
        timedelta(days=3),
        timedelta(days=7),
        timedelta(days=7, seconds=1),
        timedelta(days=10),
        timedelta(days=31),
    ]
)
YUAN = st.integers(1, 500).map(Fraction)
reached: Counter[str] = Counter()


def fen(yuan: Fraction) -> int:
    return int(yuan * 100)


def table(columns: tuple[str, ...], rows: list[dict[str, Any]], *, nullable: tuple[str, ...] = ()) -> nw.LazyFrame:
    schema = {name: TYPES[dictionary()[name].type] for name in columns}
    native = pl.DataFrame([{name: row[name] for name in columns} for row in rows], schema=schema)
    return checked(nw.from_native(native.lazy()), columns, rule="histories", nullable=nullable)


class Log:
    """What the company's systems recorded, and the facts they give for a moment."""

    def __init__(self, diary: Diary) -> None:
        self.entries: list[tuple[str, datetime, Any]] = []
        self.diary_head = (diary.household, diary.prepaid, diary.level, fen(diary.overdraft))

    def add(self, word: str, at: datetime, value: Any = None) -> None:
        self.entries.append((word, at, value))

    def all(self, word: str) -> list[tuple[datetime, Any]]:
        return [(at, value) for kind, at, value in self.entries if kind == word]

    def last(self, *words: str) -> tuple[str, datetime] | None:
        found = [(kind, at) for kind, at, _ in self.entries if kind in words]
        return found[-1] if found else None

    def is_open(self, word: str) -> bool:
        last = self.last(f"{word} begins", f"{word} ends")
        return last is not None and last[0] == f"{word} begins"

    def facts(self, at: datetime) -> dict[str, Any]:
        household, prepaid, level, overdraft = self.diary_head
        unpaid: dict[int, list[int]] = {}
        for _, (number, due, amount) in self.all("billed"):
            unpaid[number] = [due, amount]
        for _, (number, amount) in self.all("paid"):
            unpaid[number][1] -= amount
        owed = [(due, amount) for due, amount in unpaid.values() if amount > 0]
        default = self.last("instalment broken")
        notice = self.last("notice")
        if notice is not None and default is not None and notice[1] <= default[1]:
            notice = None
        call = self.last("last call")
        copy = self.last("copy")
        return {
            "cut_at": moment_number(at),
            "regime": "prepaid" if prepaid else "post_paid",
            "resident": household,
            "important_user": level,
            "oldest_due_day": min((due for due, _ in owed), default=0),
            "unpaid_fen": sum(amount for _, amount in owed),
            "demands_known": True,
            "notice_at": moment_number(notice[1]) if notice else 0,
            "final_notice_at": moment_number(call[1]) if call else 0,
            "approvals_known": True,
            "copied_at": moment_number(copy[1]) if copy else 0,
            "disputed": self.is_open("dispute"),
            "in_transit": self.is_open("transit"),
            "instalment_honoured": self.is_open("instalment"),
            "vulnerable_reviewed": bool(self.all("review")),
            "agreement_signed": self.is_open("agreement"),
            "available_fen": sum(amount for _, amount in self.all("purse")),
            "overdraft_limit_fen": overdraft,
            "warnings_known": True,
            "human_confirmed": bool(self.all("confirmed")),
        }

    def proof(self) -> list[tuple[str, int, str]]:
        return [
            *(("demand", moment_number(at), "") for at, _ in self.all("demand")),
            *(("warning", moment_number(at), "") for at, _ in self.all("warning")),
            *(("approval", moment_number(at), role) for at, role in self.all("approved")),
        ]

    def protections(self) -> list[tuple[str, int, int]]:
        return [
            (reason, moment_number(at), moment_number(end) if end else 0)
            for at, (reason, end) in self.all("protection")
        ]


class Histories(RuleBasedStateMachine):
    """One customer."""

    @initialize(
        household=st.booleans(),
        prepaid=st.booleans(),
        company=st.booleans(),
        level=st.sampled_from(["none", "none", "none", "second", "first", "temporary", "special"]),
        overdraft=st.sampled_from([Fraction(0), Fraction(20)]),
        start=st.datetimes(datetime(2024, 1, 2), datetime(2025, 6, 1)),
    )
    def begin(
        self, household: bool, prepaid: bool, company: bool, level: str, overdraft: Fraction, start: datetime
    ) -> None:
        self.now = start.replace(microsecond=0)
        self.diary = Diary(household, prepaid, level, company, overdraft)
        self.log = Log(self.diary)
        self.questions: list[tuple[datetime, dict[str, Any], list[Any], list[Any], list[DeclaredDays], list[str]]] = []

    # --- time

    def pass_time(self, span: timedelta) -> None:
        self.now += span if self.now < LAST else min(span, timedelta(minutes=1))

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        self.pass_time(span)

    @rule(hour=st.sampled_from([7, 8, 10, 16, 17]), days=st.integers(1, 4))
    def another_day_comes(self, hour: int, days: int) -> None:
        self.pass_time((self.now + timedelta(days=days)).replace(hour=hour, minute=0, second=0) - self.now)

    # --- money

    def bill(self, due: date, yuan: Fraction) -> None:
        self.log.add("billed", self.now, (len(self.diary.bills), day_number(due), fen(yuan)))
        self.diary.bills.append(Bill(due, yuan))

    @precondition(lambda self: not self.diary.prepaid)
    @rule(due_in=st.integers(-40, 20), yuan=YUAN)
    def a_bill_is_issued(self, due_in: int, yuan: Fraction) -> None:
        self.bill(self.now.date() + timedelta(days=due_in), yuan)

    @precondition(lambda self: self.diary.bills)
    @rule(which=st.integers(0, 9), share=st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2)]))
    def a_bill_is_paid(self, which: int, share: Fraction) -> None:
        number = which % len(self.diary.bills)
        self.settle(number, self.diary.bills[number].open(self.now) * share)

    def settle(self, number: int, yuan: Fraction) -> None:
        if yuan > 0 and fen(yuan) == yuan * 100:
            self.diary.bills[number].settled.append((self.now, yuan))
            self.log.add("paid", self.now, (number, fen(yuan)))

    @precondition(lambda self: self.diary.bills)
    @rule(days=st.integers(29, 32))
    def all_is_paid_but_a_bill_of_about_thirty_days(self, days: int) -> None:
        self.swap_bills(days)

    def swap_bills(self, days: int) -> None:
        for number in range(len(self.diary.bills)):
            self.settle(number, self.diary.bills[number].open(self.now))
        self.bill(self.now.date() - timedelta(days=days), Fraction(70))

    @precondition(lambda self: any(bill.settled for bill in self.diary.bills))
    @rule()
    def the_last_payment_bounces(self) -> None:
        number = max(i for i, bill in enumerate(self.diary.bills) if bill.settled)
        when, yuan = self.diary.bills[number].settled.pop()
        self.log.add("paid", when, (number, -fen(yuan)))

    @precondition(lambda self: self.diary.prepaid)
    @rule(yuan=YUAN, used=st.booleans())
    def the_purse_moves(self, yuan: Fraction, used: bool) -> None:
        self.purse(-yuan if used else yuan)

    def purse(self, yuan: Fraction) -> None:
        self.diary.purse.append((self.now, yuan))
        self.log.add("purse", self.now, fen(yuan))

    # --- bars

    def toggle(self, word: str, spans: list[Span]) -> None:
        if spans and spans[-1].end == ALWAYS:
            spans[-1].end = self.now
            self.log.add(f"{word} ends", self.now)
        else:
            spans.append(Span(self.now))
            self.log.add(f"{word} begins", self.now)

    @rule(word=st.sampled_from(["dispute", "transit", "instalment"]))
    def a_bar_begins_or_ends(self, word: str) -> None:
        spans = {
            "dispute": self.diary.disputes,
            "transit": self.diary.money_on_its_way,
            "instalment": self.diary.instalments,
        }
        self.toggle(word, spans[word])

    @precondition(lambda self: self.log.is_open("instalment"))
    @rule()
    def an_instalment_is_missed(self) -> None:
        self.toggle("instalment", self.diary.instalments)
        self.log.add("instalment broken", self.now)
        self.diary.defaults.append(self.now)

    @rule(
        reason=st.sampled_from(["important_event", "vulnerable_home", "safety"]),
        days=st.sampled_from([0, 1, 5, 40, 200]),
    )
    def a_protection_begins(self, reason: str, days: int) -> None:
        end = self.now + timedelta(days=days) if days else None
        self.diary.protections.append((reason, Span(self.now, end or ALWAYS)))
        self.log.add("protection", self.now, (reason, end))

    @precondition(lambda self: len(self.diary.heat) < 2)
    @rule(days=st.integers(1, 5))
    def heat_is_declared(self, days: int) -> None:
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.diary.heat.append(Span(midnight, midnight + timedelta(days=days)))
        first = day_number(self.now.date())
        self.log.add("heat", self.now, DeclaredDays(first, first + days, "heat"))

    @rule()
    def a_promise_is_made(self) -> None:
        self.log.add("promise", self.now)

    # --- the company's own steps

    @rule(
        step=st.sampled_from(["demand", "notice", "last call", "copy", "warning", "review", "confirmed", "agreement"])
    )
    def the_company_acts(self, step: str) -> None:
        self.act(step)

    @rule(role=st.sampled_from(["manager", "director", "collector"]))
    def somebody_approves(self, role: str) -> None:
        self.approve(role)

    def approve(self, role: str) -> None:
        self.diary.approvals.append((self.now, role))
        self.log.add("approved", self.now, role)

    def act(self, step: str) -> None:
        if step == "agreement":
            if self.diary.agreement is None or self.diary.agreement.end != ALWAYS:
                self.diary.agreement = Span(self.now)
                self.log.add("agreement begins", self.now)
            else:
                self.diary.agreement.end = self.now
                self.log.add("agreement ends", self.now)
            return
        lists = {
            "demand": self.diary.demands,
            "notice": self.diary.notices,
            "last call": self.diary.last_calls,
            "copy": self.diary.copies,
            "warning": self.diary.warnings,
            "review": self.diary.reviews,
            "confirmed": self.diary.confirmations,
        }
        lists[step].append(self.now)
        self.log.add(step, self.now)

    # --- what the oracle still forbids is mended, one thing at a time

    @rule(which=st.integers(0, 20))
    def one_lack_is_mended(self, which: int) -> None:
        self.mend(which)

    @rule(which=st.integers(0, 20), times=st.integers(2, 12))
    def many_lacks_are_mended(self, which: int, times: int) -> None:
        for _ in range(times):
            self.mend(which)
            self.ask([self.now])
        if not self.diary.prepaid and not forbids(self.diary, self.now):
            self.swap_bills(30 + which % 2)

    def mend(self, which: int) -> None:
        broken = forbids(self.diary, self.now)
        if not broken:
            self.pass_time(timedelta(minutes=10))
            return
        # what takes the longest first: the short last steps would be stale again
        order = sorted(broken, key=SLOW.index) if which % 3 else broken
        self.mend_one(order[which % len(order)] if which % 3 == 0 else order[0])

    def mend_one(self, lack: str) -> None:
        steps = {
            "not demanded before the notice": ["demand"],
            "no notice": ["notice"],
            "nobody looked for hardship": ["review"],
            "no person confirmed": ["confirmed"],
            "no agreement": ["agreement"],
            "not told again": ["last call"],
        }
        if lack in steps:
            self.act(steps[lack][0])
            if lack == "not demanded before the notice":
                self.pass_time(timedelta(minutes=len(self.log.entries) % 3))
                self.act("notice")
            return
        mends = {
            "dispute": lambda: self.toggle("dispute", self.diary.disputes),
            "money on its way": lambda: self.toggle("transit", self.diary.money_on_its_way),
            "instalments kept": lambda: self.toggle("instalment", self.diary.instalments),
            "protected": lambda: self.pass_time(timedelta(days=5)),
            "nothing owed": lambda: self.bill(self.now.date() - timedelta(days=29), Fraction(70)),
            "not more than 30 days": lambda: self.pass_time(timedelta(days=3)),
            "notice too new or too old": self.renew_notice,
            "authority has no copy": self.renew_copy,
            "not approved": lambda: self.approve("director"),
            "balance suffices": lambda: self.purse(Fraction(-600)),
            "not warned": self.warn,
            "told again too late": lambda: self.pass_time(timedelta(minutes=30)),
            "quiet time": lambda: self.pass_time(timedelta(hours=1)),
        }
        mends[lack]()

    def renew_notice(self) -> None:
        self.renew(self.diary.notices, "notice")

    def renew_copy(self) -> None:
        self.renew(self.diary.copies, "copy")

    def renew(self, served: list[datetime], step: str) -> None:
        wait = timedelta(days=7 if self.diary.company and self.diary.household else 3)
        if served and self.now - served[-1] < wait:
            self.pass_time(wait - (self.now - served[-1]))
        else:
            self.act(step)
            if step == "notice" and self.diary.level != "none":
                self.act("copy")

    def warn(self) -> None:
        self.act("warning")
        self.pass_time(timedelta(days=len(self.log.entries) % 3))
        self.act("last call")

    # --- the question

    def ask(self, moments: list[datetime]) -> None:
        for at in moments:
            facts = self.log.facts(at)
            declared = [span for _, span in self.log.all("heat")]
            answer = forbids(self.diary, at)
            self.questions.append((at, facts, self.log.proof(), self.log.protections(), declared, answer))

    @invariant()
    def the_question_is_put(self) -> None:
        if not hasattr(self, "questions"):
            return
        reached["steps"] += 1
        edges = [self.now]
        waits = (timedelta(days=3), timedelta(days=7))
        edges += [self.diary.notices[-1] + wait for wait in waits if self.diary.notices]
        edges += [self.diary.last_calls[-1] + timedelta(minutes=30) for _ in self.diary.last_calls[-1:]]
        edges += [span.start + timedelta(hours=30 * 24) for _, span in self.diary.protections[-1:]]
        # while a cut is lawful every edge is asked about, otherwise one in turn
        chosen = [edges[reached["steps"] % len(edges)]] if forbids(self.diary, self.now) else edges
        near = [edge + timedelta(microseconds=off) for edge in chosen for off in (-1, 0, 1)]
        self.ask([self.now, *(at for at in near if self.now < at)])

    def teardown(self) -> None:
        for later in (False, True):
            asked = [q for q in getattr(self, "questions", ()) if (q[0].date() >= EDITION) is later]
            if asked:
                self.hold_against_the_rule(asked)

    def hold_against_the_rule(self, asked: list[tuple[Any, ...]]) -> None:
        day = asked[0][0].date()
        place = "cn.henan.county" if self.diary.company else "cn"
        moments = [{"account": n, **facts} for n, (_, facts, *_) in enumerate(asked)]
        known = table(MOMENT_COLUMNS, moments)
        protections = [
            {"account": n, "protection_reason": reason, "from_at": start, "to_at": end}
            for n, question in enumerate(asked)
            for reason, start, end in question[3]
        ]
        protected = protected_accounts(
            table(PROTECTION_COLUMNS, protections), known, law=in_law(Protection, as_of=day).value
        )
        gathered = self.quiet(asked, moments)
        for row in protected.collect().rows(named=True):
            gathered[row["account"]] |= row
        facts = table(CUT_COLUMNS, [{**row, **gathered[row["account"]]} for row in moments], nullable=CUT_COLUMNS[1:])
        proof = [
            {"account": n, "evidence": kind, "evidence_at": at, "role": role}
            for n, question in enumerate(asked)
            for kind, at, role in question[2]
        ]
        law = cut_law(as_of=day, jurisdiction=place)
        verdicts = cut_verdicts(facts, table(EVIDENCE_COLUMNS, proof), law=law).collect().rows(named=True)
        answers = {row["account"]: row for row in verdicts}
        for n, (at, _, _, _, _, forbidden) in enumerate(asked):
            row = answers[n]
            assert row["allowed"] == (not forbidden), (at, row, forbidden, self.diary)
            regime = "prepaid" if self.diary.prepaid else "post_paid"
            reached[f"{regime} {'allowed' if row['allowed'] else 'refused'}"] += 1
            for reason in row["reasons"].split(",") if row["reasons"] else ():
                reached[reason] += 1

    def quiet(self, asked: list[tuple[Any, ...]], moments: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """The fact of the quiet window, from the days declared when each question was put."""
        law = in_law(QuietWindows, as_of=asked[0][0].date()).value
        found: dict[int, dict[str, Any]] = {}
        for count in {len(question[4]) for question in asked}:
            rows = [row for row, question in zip(moments, asked, strict=True) if len(question[4]) == count]
            declared = next(question[4] for question in asked if len(question[4]) == count)
            days = [row["cut_at"] // (24 * 60 * 60 * 1_000_000) for row in rows]
            calendar = quiet_days(min(days), max(days) + 1, law=law, declared=declared)
            table_of_days = table(QUIET_DAY_COLUMNS, [{"day": day, "quiet_reason": why} for day, why in calendar])
            quiet = quiet_moments(table(MOMENT_COLUMNS, rows), table_of_days, law=law)
            found |= {row["account"]: row for row in quiet.collect().rows(named=True)}
        return found


SLOW = (
    "nothing owed",
    "not more than 30 days",
    "protected",
    "instalments kept",
    "dispute",
    "money on its way",
    "nobody looked for hardship",
    "no agreement",
    "balance suffices",
    "no person confirmed",
    "not approved",
    "not demanded before the notice",
    "no notice",
    "notice too new or too old",
    "authority has no copy",
    "not warned",
    "quiet time",
    "not told again",
    "told again too late",
)


def test_no_cut_is_allowed_that_the_articles_forbid_and_none_refused_that_they_allow():
    reached.clear()
    count = examples(28)
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=count, stateful_step_count=STEPS, deadline=None)
    )
    # a thorough run takes 560 histories and so at least 20,160 steps
    assert reached["steps"] >= count * 36
    assert {reason for reason in REASONS if not reached[reason]} == {"FACT_MISSING"}
    for regime in ("post_paid", "prepaid"):
        assert reached[f"{regime} allowed"] >= count // 5
        assert reached[f"{regime} refused"] >= 5 * count
