"""Who is asked in writing for what, under which number, and what becomes of that paper?

A notice is numbered without a gap by kind and year, its contents frozen as JSON with their hash. PDF and Word are made from
that JSON whenever they are asked for. Disputed bills are left out; where nothing undisputed is overdue, no notice is issued.

Basis: 《电力供应与使用条例》 article 39; 《民法典》 article 654; 《河南省供用电条例》 article 45.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from zaikong.application import notice_facts as facts
from zaikong.application.decision_log import Decision, append_many, log_act
from zaikong.application.documents.contents import (
    NoticeContents,
    NoticeKind,
    PlannedStop,
    UnableToWriteNoticeError,
    as_json,
    date_text,
    hash_of,
    of_json,
)
from zaikong.application.documents.letterhead import Letterhead, letterhead
from zaikong.application.documents.pdf import Paper, pdf_of, pdf_of_many
from zaikong.application.documents.sheet import notice_sheet, receipt_sheet, wording_of
from zaikong.application.documents.word import word_of
from zaikong.application.roles import SERVE_NOTICES, permission
from zaikong.application.seeing import scope_of
from zaikong.domain.law.late_fee import late_fee_law
from zaikong.domain.law.parameters import AuthorityCopy as AuthorityCopyLaw
from zaikong.domain.law.parameters import Restoration, StopNotice, in_law
from zaikong.domain.registry.clause_check import legal_basis
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import (
    Account,
    CaseEvent,
    Notice,
    NoticeCounter,
    NoticeItem,
    OutboundMessage,
    Staff,
)

WORDING = "2025"
"""Edition new notices are worded in."""


class UnableToIssueNoticeError(Refusal):
    """A notice that may not be issued, or not like this."""


class UnableToFindNoticeError(Refusal):
    """No notice has this number, or it is out of sight."""


class UnableToVoidNoticeError(Refusal):
    """A notice that is void already, or no reason."""


@dataclass(frozen=True, slots=True)
class NoticeAsked:
    """One notice to be issued.

    Attributes:
        account_no: Account.
        kind: Demand, stop notice, or last notice.
        pay_by_date: Last day to pay, for a last notice not after the planned cut.
        planned_cut_at: Planned cut, for stop and last notice; with a time zone.
        scope: What goes dead; the account's supply point when not given.
    """

    account_no: str
    kind: NoticeKind
    pay_by_date: date
    planned_cut_at: datetime | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a batch issued and what it could not.

    Attributes:
        notices: Notices in the order asked for.
        findings: One for each account no notice was issued for, with the reason.
    """

    notices: tuple[Notice, ...]
    findings: tuple[Finding, ...]


def issue_notice(*, asked: NoticeAsked, staff: Staff | None, at: datetime, as_of: date) -> Notice:
    """Issue one notice; otherwise as `issue_notices`.

    Raises:
        UnableToIssueNoticeError: The finding of the batch as a refusal.
    """
    issued = issue_notices(asked=[asked], staff=staff, at=at, as_of=as_of)
    if issued.findings:
        fault = issued.findings[0]
        raise UnableToIssueNoticeError(fault.message, code=fault.code, article=fault.basis)
    return issued.notices[0]


@transaction.atomic
def issue_notices(*, asked: Sequence[NoticeAsked], staff: Staff | None, at: datetime, as_of: date) -> Issued:
    """Issue notices of any number of accounts, each numbered and frozen.

    Args:
        asked: Which; at most one an account.
        staff: Who issues, None for the night.
        at: When, with a time zone.
        as_of: Business date; late fees are counted to it.

    Returns:
        The notices, and a finding for each account that got none: `ACCOUNT_UNKNOWN`, `NOTHING_OVERDUE`,
        `ACCOUNT_DISPUTED`, `PREPAID_WAITS`, `PAYMENT_IN_TRANSIT`, `CUT_TIME_MISSING`, `CUT_TIME_UNWANTED`,
        `CUT_TIME_OTHER`, `CUT_TOO_SOON`, `PAY_BY_WRONG`, `NOT_DEMANDED`, `NO_STOP_NOTICE`, `NOTICE_INCOMPLETE`.

    Raises:
        UnableToIssueNoticeError: `NOT_ENTITLED`, `ASKED_TWICE`.
    """
    if staff is not None:
        _entitled(staff)
    numbers = [each.account_no for each in asked]
    if len(set(numbers)) != len(numbers):
        raise UnableToIssueNoticeError(
            "an account stands twice in the batch", code="ASKED_TWICE", remedy="Ask for one notice an account."
        )
    batch = _Batch(numbers, staff=staff, at=at, as_of=as_of)
    ready, findings = [], []
    for each in asked:
        try:
            ready.append((each, batch.contents(each)))
        except (UnableToIssueNoticeError, UnableToWriteNoticeError) as fault:
            findings.append(Finding(fault.code, each.account_no, f"{fault.message} {fault.remedy}", fault.article))
    return Issued(tuple(batch.write(ready)), tuple(findings))


def void_notice(*, notice_no: str, reason: str, staff: Staff, as_of: date) -> Notice:
    """Declare a notice void: it stays with its number, and nothing rests on it any more.

    Raises:
        UnableToFindNoticeError: `NOTICE_UNKNOWN`.
        UnableToVoidNoticeError: `REASON_MISSING`, `NOTICE_VOID`.
        UnableToIssueNoticeError: `NOT_ENTITLED`.
    """
    _entitled(staff)
    if not reason.strip():
        raise UnableToVoidNoticeError("no reason is given", code="REASON_MISSING", remedy="Write why it is void.")
    with transaction.atomic():
        notice = notice_numbered(notice_no, staff=staff, lock=True)
        if notice.state == Notice.State.VOID:
            raise UnableToVoidNoticeError(f"{notice_no} is void already", code="NOTICE_VOID", remedy="Nothing to do.")
        notice.state, notice.void_reason = Notice.State.VOID, reason.strip()[:200]
        notice.save(update_fields=["state", "void_reason"])
        body = {"notice_no": notice.notice_no, "contents_sha256": notice.contents_sha256}
        account_no = notice.account.account_no
        log_act(kind="notice_voided", subject=account_no, staff=staff, body=body, as_of=as_of, reason=reason)
    return notice


def notice_numbered(notice_no: str, *, staff: Staff | None, lock: bool = False) -> Notice:
    """The notice with a number, where the reader may see its account.

    Args:
        notice_no: Its number.
        staff: Who reads, None for the night.
        lock: Whether its row is locked.

    Raises:
        UnableToFindNoticeError: `NOTICE_UNKNOWN`.
    """
    rows = Notice.objects.select_related("account")
    if lock:
        rows = rows.select_for_update(of=("self",))
    if staff is not None:
        rows = rows.filter(scope_of(staff).rows("account"))
    notice: Notice | None = rows.filter(notice_no=notice_no.strip()).first()
    if notice is None:
        raise UnableToFindNoticeError(
            f"there is no notice {notice_no}",
            code="NOTICE_UNKNOWN",
            fields={"notice_no": notice_no},
            remedy="Check the number on the paper.",
        )
    return notice


def frozen_contents(notice: Notice) -> NoticeContents:
    """What a notice said when it was issued.

    Raises:
        UnableToWriteNoticeError: `CONTENTS_CHANGED`: the stored contents do not carry their hash.
    """
    contents = of_json(notice.contents)
    if hash_of(contents) != notice.contents_sha256:
        raise UnableToWriteNoticeError(
            f"the contents of {notice.notice_no} are not the ones that were issued",
            code="CONTENTS_CHANGED",
            fields={"notice_no": notice.notice_no},
            remedy="Call the auditor: the table was changed past its guards.",
        )
    return contents


def notice_pdf(*, notice_no: str, staff: Staff | None) -> Paper:
    """A notice with its receipt slip as PDF; the same bytes each time."""
    return pdf_of(notice_sheet(frozen_contents(notice_numbered(notice_no, staff=staff))))


def notice_word(*, notice_no: str, staff: Staff | None) -> Paper:
    """A notice with its receipt slip as a Word file; the same bytes each time."""
    return word_of(notice_sheet(frozen_contents(notice_numbered(notice_no, staff=staff))))


def receipt_pdf(*, notice_no: str, staff: Staff | None) -> Paper:
    """The receipt slip of a notice alone."""
    return pdf_of(receipt_sheet(frozen_contents(notice_numbered(notice_no, staff=staff))))


def notices_pdf(*, notice_nos: Iterable[str], staff: Staff | None) -> Paper:
    """Many notices as one PDF with an index, in the order given."""
    wanted = list(notice_nos)
    rows = Notice.objects.select_related("account").filter(notice_no__in=wanted)
    if staff is not None:
        rows = rows.filter(scope_of(staff).rows("account"))
    found = {notice.notice_no: notice for notice in rows}
    absent = [number for number in wanted if number not in found]
    if absent or not wanted:
        raise UnableToFindNoticeError(
            "there is no notice " + ", ".join(absent[:5]),
            code="NOTICE_UNKNOWN",
            fields={"notice_nos": absent},
            remedy="Check the numbers.",
        )
    return pdf_of_many([notice_sheet(frozen_contents(found[number])) for number in wanted])


def _entitled(staff: Staff) -> None:
    if not (staff.is_active and staff.has_perm(permission(SERVE_NOTICES))):
        raise UnableToIssueNoticeError(
            f"{staff.get_username()} may not issue or void notices",
            code="NOT_ENTITLED",
            remedy="Ask somebody whose role may.",
        )


class _Batch:
    """Everything a batch reads, read once for all its accounts, and what it writes."""

    def __init__(self, account_nos: Sequence[str], *, staff: Staff | None, at: datetime, as_of: date) -> None:
        self.staff, self.at, self.as_of = staff, at, as_of
        self.head: Letterhead = letterhead()
        self.law = late_fee_law(as_of=as_of)
        rows = Account.objects.select_related("customer", "supply_point__premise", "collector")
        if staff is not None:
            rows = rows.filter(scope_of(staff).rows())
        self.accounts: dict[str, Account] = {row.account_no: row for row in rows.filter(account_no__in=account_nos)}
        keys = [account.pk for account in self.accounts.values()]
        self.owed = facts.overdue_bills(keys, as_of) if keys else {}
        self.prepaid = facts.prepaid_accounts() if keys else set()
        self.in_transit = set(facts.accounts_in_transit(keys))
        self.cases = {case.account_id: case for case in facts.open_cases(keys)}
        self.disputed = set(facts.disputed_accounts(keys))
        self.demands = facts.newest_served(self.cases.values(), "demand")
        self.stops = facts.newest_served(self.cases.values(), "stop")
        self.messages = facts.demanding_messages(self.cases.values())

    def contents(self, asked: NoticeAsked) -> NoticeContents:
        """What the notice says; its number is still open."""
        account = self.accounts.get(asked.account_no)
        if account is None:
            raise _refused("ACCOUNT_UNKNOWN", f"there is no account {asked.account_no}", "Check the number.")
        bills = self.owed.get(account.pk, ())
        if account.pk in self.disputed:
            raise _refused(
                "ACCOUNT_DISPUTED", f"{asked.account_no} disputes all its bills", "Decide the dispute first."
            )
        if not bills:
            raise _refused(
                "NOTHING_OVERDUE",
                f"nothing undisputed of {asked.account_no} is overdue",
                "There is nothing to ask for.",
            )
        self._unpaid(asked, account)
        self._timely(asked, account)
        head = self.head
        return NoticeContents(
            kind=asked.kind,
            notice_no="?",
            account_no=account.account_no,
            customer_name=account.customer.name,
            address=account.supply_point.premise.address,
            bills=bills,
            rates_ppm=facts.rates_of(account, bills, self.law, self.as_of),
            issued_date=self.as_of,
            pay_by_date=asked.pay_by_date,
            channels=head.channels,
            legal_basis=facts.articles_of(asked.kind, self.as_of, head.jurisdiction),
            supplier_name=head.supplier_name,
            office_address=head.office_address,
            contact_name=str(account.collector) if account.collector else head.contact_name,
            contact_phone=head.contact_phone,
            rests_on=self._rests_on(asked, account),
            stop=self._stop(asked, account),
            wording=WORDING,
        )

    def _unpaid(self, asked: NoticeAsked, account: Account) -> None:
        if account.pk in self.prepaid:
            raise _refused(
                "PREPAID_WAITS", f"{asked.account_no} has prepaid money", "Let it pay the bills first; the night does."
            )
        if asked.kind != "demand" and account.pk in self.in_transit:
            raise _refused("PAYMENT_IN_TRANSIT", f"a payment of {asked.account_no} is on its way", "Wait for it.")

    def _timely(self, asked: NoticeAsked, account: Account) -> None:
        cut_at = asked.planned_cut_at
        if asked.pay_by_date < self.as_of:
            raise _refused("PAY_BY_WRONG", f"{asked.pay_by_date} has passed", "Give a later day to pay.")
        if asked.kind == "demand":
            if cut_at is not None:
                raise _refused("CUT_TIME_UNWANTED", "a demand plans no cut", "Issue a stop notice for that.")
            return
        if cut_at is None or cut_at.tzinfo is None:
            raise _refused("CUT_TIME_MISSING", "the planned day and time are missing", "Give both.")
        if asked.pay_by_date > cut_at.astimezone(TIME_ZONE).date():
            raise _refused("PAY_BY_WRONG", "the day to pay is after the planned cut", "Let it be paid before.")
        version = in_law(StopNotice, as_of=cut_at.astimezone(TIME_ZONE).date(), jurisdiction=self.head.jurisdiction)
        times = version.value.resident if account.category == "residential" else version.value.other
        stop = self.stops.get(account.pk)
        if asked.kind == "final" and stop is not None and stop.planned_cut_at != cut_at:
            raise _refused(
                "CUT_TIME_OTHER", f"{stop.notice_no} names another time", "Name the time of the stop notice."
            )
        wait = timedelta(days=times.minimum_days) if asked.kind == "stop" else timedelta(minutes=times.final_minutes)
        if cut_at - self.at < wait:
            raise UnableToIssueNoticeError(
                f"the cut is planned earlier than the law waits after {self.at:%Y-%m-%d %H:%M}",
                code="CUT_TOO_SOON",
                article=str(version.basis),
                remedy="Plan a later time.",
            )

    def _stop(self, asked: NoticeAsked, account: Account) -> PlannedStop | None:
        if asked.planned_cut_at is None:
            return None
        on, place = asked.planned_cut_at.astimezone(TIME_ZONE).date(), self.head.jurisdiction
        copied = account.important_grade in in_law(AuthorityCopyLaw, as_of=on, jurisdiction=place).value.levels
        return PlannedStop(
            at=asked.planned_cut_at,
            scope=asked.scope.strip() or facts.scope_text(account),
            restore_hours=in_law(Restoration, as_of=on, jurisdiction=place).value.hours,
            authority=self.head.authority if copied else "",
        )

    def _rests_on(self, asked: NoticeAsked, account: Account) -> str:
        words = wording_of(WORDING)
        if asked.kind == "demand":
            return ""
        earlier = (self.demands if asked.kind == "stop" else self.stops).get(account.pk)
        message = self.messages.get(account.pk) if asked.kind == "stop" else None
        if earlier is not None:
            return _by_notice(earlier, words)
        if message is not None and message.delivered_at is not None:
            return _by_message(message, words)
        basis = legal_basis("CUT_WITHOUT_DEMAND", as_of=self.as_of, jurisdiction=self.head.jurisdiction)
        code, what = ("NOT_DEMANDED", "demand") if asked.kind == "stop" else ("NO_STOP_NOTICE", "stop notice")
        raise UnableToIssueNoticeError(
            f"no {what} was served on {asked.account_no} in this case",
            code=code,
            article=str(basis or ""),
            remedy=f"Serve a {what} first.",
        )

    def write(self, ready: Sequence[tuple[NoticeAsked, NoticeContents]]) -> list[Notice]:
        """Number, freeze and store the notices, in the order given."""
        if not ready:
            return []
        numbers = _numbers([asked.kind for asked, _ in ready], self.as_of.year)
        made = [self._row(asked, text, number) for (asked, text), number in zip(ready, numbers, strict=True)]
        notices: list[Notice] = Notice.objects.bulk_create(made)
        NoticeItem.objects.bulk_create(
            NoticeItem(notice=notice, bill_id=owed.bill, open_fen=owed.open_fen, late_fee_fen=owed.late_fee_fen)
            for notice, (_, text) in zip(notices, ready, strict=True)
            for owed in text.bills
        )
        CaseEvent.objects.bulk_create(self._event(notice) for notice in notices if notice.case_id)
        append_many([self._decision(notice) for notice in notices], as_of=self.as_of, at=self.at)
        return notices

    def _row(self, asked: NoticeAsked, text: NoticeContents, number: str) -> Notice:
        numbered = _numbered(text, number)
        account = self.accounts[asked.account_no]
        case = self.cases.get(account.pk)
        return Notice(
            notice_no=number,
            kind=asked.kind,
            account=account,
            case=case,
            episode=case.episode if case else 1,
            issued_at=self.at,
            issued_by=self.staff,
            amount_fen=numbered.total_fen,
            pay_by_date=asked.pay_by_date,
            planned_cut_at=asked.planned_cut_at,
            contents=as_json(numbered),
            contents_sha256=hash_of(numbered),
        )

    def _event(self, notice: Notice) -> CaseEvent:
        return CaseEvent(
            case_id=notice.case_id,
            at=self.at,
            kind=CaseEvent.Kind.NOTICE,
            staff=self.staff,
            outcome=notice.kind,
            amount_fen=notice.amount_fen,
            facts={"notice_no": notice.notice_no, "episode": notice.episode},
        )

    def _decision(self, notice: Notice) -> Decision:
        body: dict[str, Any] = {
            "notice_no": notice.notice_no,
            "notice_kind": notice.kind,
            "amount_fen": notice.amount_fen,
            "contents_sha256": notice.contents_sha256,
        }
        actor = self.staff.get_username() if self.staff else "night"
        return Decision("notice_issued", notice.account.account_no, actor, body)


def _numbered(text: NoticeContents, number: str) -> NoticeContents:
    return of_json(as_json(text) | {"notice_no": number})


def _numbers(kinds: Sequence[NoticeKind], year: int) -> list[str]:
    """The next numbers of each kind; the counters stay locked to the commit, so that none is lost or given twice."""
    signs = wording_of(WORDING)["numbers"]
    last = {}
    for kind in sorted(set(kinds)):
        NoticeCounter.objects.get_or_create(kind=kind, year=year)
        counter = NoticeCounter.objects.select_for_update().get(kind=kind, year=year)
        last[kind] = counter.last_no
        counter.last_no += kinds.count(kind)
        counter.save(update_fields=["last_no"])
    given = []
    for kind in kinds:
        last[kind] += 1
        given.append(f"{signs[kind]}{year}-{last[kind]:06d}")
    return given


def _by_notice(notice: Notice, words: Mapping[str, Any]) -> str:
    text: str = words["rests_on"]["notice"].format(title=words[notice.kind]["title"], notice_no=notice.notice_no)
    return text


def _by_message(message: OutboundMessage, words: Mapping[str, Any]) -> str:
    day = date_text(message.delivered_at.astimezone(TIME_ZONE).date())
    text: str = words["rests_on"]["message"].format(day=day, message=message.pk)
    return text


def _refused(code: str, message: str, remedy: str) -> UnableToIssueNoticeError:
    return UnableToIssueNoticeError(message, code=code, remedy=remedy)
