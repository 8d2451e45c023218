"""What does a form of a case ask for, and which verb does it?

Each act reads its own fields, hands them to the verb and says what was done. Files come first: they are kept as proofs
before the verb is asked, and what was kept is handed back to the form, so that a refusal loses none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from zaikong.application.roles import APPROVE_CASES, DECIDE_DISPUTES, HANDLE_CASES
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.queries import case_page as queries
from zaikong.web import asked, form_fields, proofs
from zaikong.web.business_day import business_time
from zaikong.web.form_fields import UnableToReadFieldError

_SLACK: Final = timedelta(minutes=5)
"""A desk's clock may go ahead of the server's."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted for a case.

    Attributes:
        request: The request.
        case: The case, in sight.
        evidence: Keys of the proofs kept with it.
        now: The console's time.
    """

    request: HttpRequest
    case: Any
    evidence: list[int]
    now: datetime

    def text(self, name: str) -> str:
        """A text, empty where it is absent."""
        return asked.text(self.request.POST, name)

    def number(self, name: str) -> int | None:
        """A whole number, None where there is none."""
        return asked.number(self.request.POST, name)

    def day(self, name: str) -> date:
        """A day.

        Raises:
            UnableToReadFieldError: It is missing or no day.
        """
        return form_fields.day(self.request.POST, name)

    def fen(self, name: str) -> int:
        """An amount in yuan as fen; 0 where the field is empty."""
        return form_fields.fen(self.request.POST, name)

    def at(self) -> datetime:
        """When it happened; now where no time was entered.

        Raises:
            UnableToReadFieldError: It cannot be read, or lies ahead.
        """
        if not self.text("at"):
            return self.now
        moment = form_fields.moment(self.request.POST, "at", now=self.now)
        if moment > self.now + _SLACK:
            raise UnableToReadFieldError(
                f"{self.text('at')} lies ahead",
                code="TIME_IN_FUTURE",
                fields={"at": self.text("at")},
                remedy="Write down what has happened.",
            )
        return moment

    def mine(self, kind: str) -> int:
        """The number of a promise, dispute, protection or agreement of this case.

        Raises:
            Http404: There is no such row of it.
        """
        number = self.number(kind)
        if number is None or not queries.belongs(self.case, kind, number):
            raise Http404(_("Nothing of this name can be done here."))
        return number

    def witnesses(self) -> list[str]:
        """Names of witnesses that were filled in."""
        return [name for name in (self.text("witness_1"), self.text("witness_2")) if name]

    def second_person(self) -> Any:
        """Who approves, by their own log-in and password."""
        from zaikong.application.second_person import second_person  # noqa: PLC0415 -- as the verbs

        return second_person(
            username=self.text("approver"),
            password=self.request.POST.get("approver_password", ""),
            account=self.case.account_id,
        )


def do(act: str, request: HttpRequest, case: Any, kept: list[int]) -> str:
    """Do what was posted.

    Args:
        act: One of `ACTS`.
        request: The request.
        case: The case, in sight.
        kept: Receives the keys of the proofs kept, also when the verb refuses.

    Returns:
        What was done, in words.

    Raises:
        Refusal: The verb's, or of a field or file that cannot be read.
    """
    now = business_time()
    proofs.keep_proofs(request, subject(case), now, kept)
    return ACTS[act].run(Form(request, case, kept, now))


def subject(case: Any) -> str:
    """What proofs kept with a form of this case are signed for."""
    return f"case {case.pk}"


def _call(form: Form) -> str:
    from zaikong.application.collection.contacts import log_call  # noqa: PLC0415 -- loads the rules on first use

    log_call(
        case=form.case.pk,
        outcome=form.text("outcome"),
        staff=form.request.user,
        at=form.at(),
        spoken_to=form.text("spoken_to"),
        note=form.text("note"),
        evidence=form.evidence,
    )
    return _("The call is written down.")


def _visit(form: Form) -> str:
    from zaikong.application.collection.contacts import log_visit  # noqa: PLC0415 -- as above

    log_visit(
        case=form.case.pk,
        outcome=form.text("outcome"),
        staff=form.request.user,
        at=form.at(),
        spoken_to=form.text("spoken_to"),
        note=form.text("note"),
        evidence=form.evidence,
        witnesses=form.witnesses(),
    )
    return _("The visit is written down.")


def _note(form: Form) -> str:
    from zaikong.application.collection.contacts import add_note  # noqa: PLC0415 -- as above

    add_note(case=form.case.pk, note=form.text("note"), staff=form.request.user, at=form.at(), evidence=form.evidence)
    return _("The note is written down.")


def _promise(form: Form) -> str:
    from zaikong.application.collection.promises import take_promise  # noqa: PLC0415 -- as above

    take_promise(
        case=form.case.pk,
        amount_fen=form.fen("amount"),
        promised_date=form.day("promised_date"),
        made_by_name=form.text("made_by_name"),
        channel=form.text("channel"),
        staff=form.request.user,
        at=form.at(),
    )
    return _("The promise is taken down.")


def _withdraw_promise(form: Form) -> str:
    from zaikong.application.collection.promises import withdraw_promise  # noqa: PLC0415 -- as above

    withdraw_promise(promise=form.mine("promise"), reason=form.text("reason"), staff=form.request.user, at=form.now)
    return _("The promise is withdrawn.")


def _dispute(form: Form) -> str:
    from zaikong.application.collection.disputes import raise_dispute  # noqa: PLC0415 -- as above

    bill = form.number("bill")
    if bill is not None and bill not in {item.bill_id for item in queries.open_items_of(form.case.account_id)}:
        raise Http404(_("Nothing of this name can be done here."))
    raised = raise_dispute(
        account=form.case.account_id,
        raised_by_name=form.text("raised_by_name"),
        subject=form.text("subject"),
        staff=form.request.user,
        at=form.at(),
        bill=bill,
        evidence=form.evidence,
    )
    return _("The dispute is written down; answer by %(day)s.") % {"day": raised.answer_due_date}


def _decide_dispute(form: Form) -> str:
    from zaikong.application.collection.disputes import decide_dispute  # noqa: PLC0415 -- as above

    wrong = [
        int(number) for number in form.request.POST.getlist("wrong_bills") if number.isascii() and number.isdigit()
    ]
    decide_dispute(
        dispute=form.mine("dispute"),
        outcome=form.text("outcome"),
        decision=form.text("decision"),
        staff=form.request.user,
        at=form.now,
        wrong_bills=wrong,
        evidence=form.evidence,
    )
    return _("The dispute is decided.")


def _pause(form: Form) -> str:
    from zaikong.application.collection.pauses import pause_case  # noqa: PLC0415 -- as above

    pause_case(
        case=form.case.pk,
        to_date=form.day("to_date"),
        reason=form.text("reason"),
        staff=form.request.user,
        approved_by=form.second_person(),
        at=form.now,
    )
    return _("The case is paused.")


def _resume(form: Form) -> str:
    from zaikong.application.collection.pauses import resume_case  # noqa: PLC0415 -- as above

    resume_case(case=form.case.pk, reason=form.text("reason"), staff=form.request.user, at=form.now)
    return _("The case goes on.")


def _hardship(form: Form) -> str:
    from zaikong.application.collection.reviews import mark_hardship  # noqa: PLC0415 -- as above

    mark_hardship(
        case=form.case.pk,
        hardship=form.text("hardship") == "1",
        note=form.text("note"),
        staff=form.request.user,
        at=form.now,
        evidence=form.evidence,
    )
    return _("That is noted.")


def _review(form: Form) -> str:
    from zaikong.application.collection.reviews import review_vulnerable_home  # noqa: PLC0415 -- as above

    review_vulnerable_home(
        account=form.case.account_id,
        outcome=form.text("outcome"),
        note=form.text("note"),
        staff=form.request.user,
        at=form.at(),
        evidence=form.evidence[0] if form.evidence else None,
    )
    return _("The look at the home is written down.")


def _protect(form: Form) -> str:
    from zaikong.application.collection.protections import protect  # noqa: PLC0415 -- as above

    # it begins now, not at midnight: the log tells what was in force when a cut was asked for
    last = datetime.combine(form.day("to_date"), datetime.min.time(), TIME_ZONE)
    protect(
        account=form.case.account_id,
        reason=form.text("reason"),
        note=form.text("note"),
        from_at=form.now,
        to_at=last,
        review_date=form.day("review_date"),
        staff=form.request.user,
        approved_by=form.second_person(),
        at=form.now,
        evidence=form.evidence,
    )
    return _("The account is protected from cutting.")


def _end_protection(form: Form) -> str:
    from zaikong.application.collection.protections import end_protection  # noqa: PLC0415 -- as above

    end_protection(protection=form.mine("protection"), reason=form.text("reason"), staff=form.request.user, at=form.now)
    return _("The protection is ended.")


def _propose(form: Form) -> str:
    from zaikong.application.collection.instalments import propose_instalments  # noqa: PLC0415 -- as above

    propose_instalments(
        case=form.case.pk, staff=form.request.user, at=form.now, note=form.text("note"), **schedule_asked(form)
    )
    return _("The instalments are proposed; another person approves.")


def schedule_asked(form: Form) -> dict[str, Any]:
    """Number, first day and first amount of the instalments of a form."""
    return {
        "count": form.number("count") or 0,
        "first_date": form.day("first_date"),
        "first_fen": form.fen("first_amount"),
    }


def _approve(form: Form) -> str:
    from zaikong.application.collection.instalments import approve_instalments  # noqa: PLC0415 -- as above

    approve_instalments(agreement=form.mine("agreement"), staff=form.request.user, at=form.now)
    return _("The instalments are approved; the customer signs.")


def _sign(form: Form) -> str:
    from zaikong.application.collection.instalments import sign_instalments  # noqa: PLC0415 -- as above

    sign_instalments(
        agreement=form.mine("agreement"),
        signed_by_name=form.text("signed_by_name"),
        evidence=form.evidence[0] if form.evidence else 0,
        staff=form.request.user,
        at=form.now,
    )
    return _("The agreement is in force.")


def _withdraw_instalments(form: Form) -> str:
    from zaikong.application.collection.instalments import withdraw_instalments  # noqa: PLC0415 -- as above

    withdraw_instalments(
        agreement=form.mine("agreement"), reason=form.text("reason"), staff=form.request.user, at=form.now
    )
    return _("The draft is withdrawn.")


def _hand_over(form: Form) -> str:
    from zaikong.application.collection.handing_over import hand_over  # noqa: PLC0415 -- as above

    number = form.number("to")
    taker = next((one for one in queries.takers(account=form.case.account) if one.pk == number), None)
    if taker is None:
        raise Http404(_("Nothing of this name can be done here."))
    hand_over(case=form.case.pk, to=taker, note=form.text("note"), staff=form.request.user, at=form.now)
    return _("The case is handed over.")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done in a case: the right it asks for, and the verb."""

    right: str
    run: Callable[[Form], str]


ACTS: Final[Mapping[str, Act]] = {
    "call": Act(HANDLE_CASES, _call),
    "visit": Act(HANDLE_CASES, _visit),
    "note": Act(HANDLE_CASES, _note),
    "promise": Act(HANDLE_CASES, _promise),
    "withdraw_promise": Act(HANDLE_CASES, _withdraw_promise),
    "dispute": Act(HANDLE_CASES, _dispute),
    "decide_dispute": Act(DECIDE_DISPUTES, _decide_dispute),
    "pause": Act(HANDLE_CASES, _pause),
    "resume": Act(HANDLE_CASES, _resume),
    "hardship": Act(HANDLE_CASES, _hardship),
    "review": Act(HANDLE_CASES, _review),
    "protect": Act(HANDLE_CASES, _protect),
    "end_protection": Act(APPROVE_CASES, _end_protection),
    "propose": Act(HANDLE_CASES, _propose),
    "approve": Act(APPROVE_CASES, _approve),
    "sign": Act(HANDLE_CASES, _sign),
    "withdraw_instalments": Act(HANDLE_CASES, _withdraw_instalments),
    "hand_over": Act(HANDLE_CASES, _hand_over),
}
"""What can be done in a case."""
