"""What does a form about paying ahead ask for, and which verb does it?

Each act reads its own fields, hands them to the verb and says what was done. Files are kept as proofs first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from zaikong.application.roles import (
    APPROVE_REFUNDS,
    APPROVE_SWITCHES,
    CONFIRM_CUTS,
    DRAFT_PREPAYMENTS,
    ORDER_SWITCHES,
    REQUEST_REFUNDS,
    SIGN_PREPAYMENTS,
)
from zaikong.kernel.money import fen_of_yuan
from zaikong.store.queries import prepayment_page as queries
from zaikong.web import asked, form_fields, proofs
from zaikong.web.business_day import business_time, lawful_time
from zaikong.web.form_fields import UnableToReadFieldError

_TENTHS: Final = 10
_WHOLE_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted for an account.

    Attributes:
        request: The request.
        account: The account, in sight.
        evidence: Keys of the proofs kept with it.
        now: The console's time.
    """

    request: HttpRequest
    account: Any
    evidence: list[int]
    now: datetime

    def text(self, name: str) -> str:
        """A text, empty where it is absent."""
        return asked.text(self.request.POST, name)

    def number(self, name: str) -> int | None:
        """A whole number, None where the field is empty.

        Raises:
            UnableToReadFieldError: `NUMBER_UNREADABLE`.
        """
        if not self.text(name):
            return None
        found = asked.number(self.request.POST, name)
        if found is None:
            raise _unreadable(name, self.text(name))
        return found

    def mine(self, kind: str) -> int:
        """The number of a refund or switch of this account.

        Raises:
            Http404: There is no such row of it.
        """
        number = asked.number(self.request.POST, kind)
        if number is None or not queries.belongs(self.account, kind, number):
            raise Http404(_("Nothing of this number is in your sight."))
        return number

    def agreement(self) -> str:
        """The number of an agreement of this account.

        Raises:
            Http404: There is no such agreement of it.
        """
        number = self.text("agreement")
        if number not in {one.agreement_no for one in queries.agreements_of(self.account)}:
            raise Http404(_("Nothing of this number is in your sight."))
        return number


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done.

    Attributes:
        rights: Of which one is needed.
        run: Does it and says what was done.
    """

    rights: tuple[str, ...]
    run: Callable[[Form], str]


def do(act: str, request: HttpRequest, account: Any, kept: list[int]) -> str:
    """Do what was posted; what was done, in words.

    Args:
        act: One of `ACTS`.
        request: The request.
        account: The account, in sight.
        kept: Receives the keys of the proofs kept, also when the verb refuses.

    Raises:
        Refusal: The verb's, or of a field or file that cannot be read.
    """
    now = business_time()
    proofs.keep_proofs(request, subject(account, act), now, kept)
    return ACTS[act].run(Form(request, account, kept, now))


def subject(account: Any, act: str) -> str:
    """What proofs kept with a form of this act are signed for."""
    return f"prepayment {act} {account.pk}"


def _draft(form: Form) -> str:
    from zaikong.application.prepayment.agreements import draft_agreement  # noqa: PLC0415 -- loads the rules on first use

    draft_agreement(
        account_no=form.account.account_no,
        staff=form.request.user,
        at=form.now,
        strategy=form.text("strategy") or None,
        warn_fen=_each(form.text("warn_yuan"), fen_of_yuan),
        warn_days=_each(form.text("warn_days"), _day_count),
        overdraft_cap_fen=fen_of_yuan(form.text("overdraft")) if form.text("overdraft") else None,
        old_debt_permille=_permille(form.text("old_debt")),
        cut_mode=form.text("cut_mode") or None,
        restore_mode=form.text("restore_mode") or None,
        phone=form.text("phone") or None,
    )
    return _("The agreement is drafted; another person signs it.")


def _sign(form: Form) -> str:
    from zaikong.application.prepayment.agreements import sign_agreement  # noqa: PLC0415 -- as above

    sign_agreement(
        agreement_no=form.agreement(),
        signed_by_name=form.text("signed_by_name"),
        evidence=form.evidence[-1] if form.evidence else 0,
        explained=form.text("explained") == "1",
        from_date=form_fields.day(form.request.POST, "from_date"),
        staff=form.request.user,
        at=form.now,
    )
    return _("The agreement is in force.")


def _withdraw(form: Form) -> str:
    from zaikong.application.prepayment.agreements import withdraw_agreement  # noqa: PLC0415 -- as above

    withdraw_agreement(agreement_no=form.agreement(), reason=form.text("reason"), staff=form.request.user, at=form.now)
    return _("The draft is withdrawn.")


def _end(form: Form) -> str:
    from zaikong.application.prepayment.agreements import end_agreement  # noqa: PLC0415 -- as above

    end_agreement(
        agreement_no=form.agreement(),
        reason=form.text("reason"),
        on=form_fields.day(form.request.POST, "on"),
        staff=form.request.user,
        at=form.now,
    )
    return _("The agreement is ended.")


def _request(form: Form) -> str:
    from zaikong.application.prepayment.refunds import request_refund  # noqa: PLC0415 -- as above

    request_refund(
        account_no=form.account.account_no,
        amount_fen=form_fields.fen(form.request.POST, "amount"),
        reason=form.text("reason"),
        payee=form.text("payee"),
        staff=form.request.user,
        at=form.now,
    )
    return _("The refund is asked for; another person decides.")


def _decide(form: Form, *, approve: bool) -> str:
    from zaikong.application.prepayment.refunds import decide_refund  # noqa: PLC0415 -- as above

    decide_refund(
        refund=form.mine("refund"), approve=approve, staff=form.request.user, at=form.now, reason=form.text("reason")
    )
    return _("The refund is approved; it can be paid out.") if approve else _("The refund is refused.")


def _pay_out(form: Form) -> str:
    from zaikong.application.prepayment.refunds import pay_out_refund  # noqa: PLC0415 -- as above

    pay_out_refund(refund=form.mine("refund"), channel=form.text("channel"), staff=form.request.user, at=form.now)
    return _("The refund is paid out and booked.")


def _order_switch(form: Form) -> str:
    from zaikong.application.prepayment.switching import order_switch  # noqa: PLC0415 -- as above

    order_switch(
        account_no=form.account.account_no,
        to_mode=form.text("to_mode"),
        ground=form.text("ground"),
        reason=form.text("reason"),
        effective_date=form_fields.day(form.request.POST, "effective_date"),
        staff=form.request.user,
        at=form.now,
        consent=form.evidence[-1] if form.evidence else None,
    )
    return _("The switch is ordered; another person approves it.")


def _approve_switch(form: Form) -> str:
    from zaikong.application.prepayment.switching import approve_switch  # noqa: PLC0415 -- as above

    approve_switch(switch=form.mine("switch"), staff=form.request.user, at=form.now)
    return _("The switch is approved.")


def _cancel_switch(form: Form) -> str:
    from zaikong.application.prepayment.switching import cancel_switch  # noqa: PLC0415 -- as above

    cancel_switch(switch=form.mine("switch"), reason=form.text("reason"), staff=form.request.user, at=form.now)
    return _("The switch is cancelled.")


def _confirm_cut(form: Form) -> str:
    from zaikong.application.balances.confirming import confirm_cut  # noqa: PLC0415 -- as above

    confirm_cut(account=form.account.pk, staff=form.request.user, at=lawful_time(), note=form.text("note"))
    return _("Your word is written down.")


def _each(typed: str, read: Callable[[str], int]) -> list[int] | None:
    """Numbers set apart by blanks or semicolons, None where there are none."""
    parts = [part for part in typed.replace(";", " ").replace("；", " ").replace("、", " ").split() if part]
    return [read(part) for part in parts] or None


def _day_count(typed: str) -> int:
    if not (typed.isascii() and typed.isdecimal()):
        raise _unreadable("warn_days", typed)
    return int(typed)


def _permille(typed: str) -> int | None:
    """A share typed in percent with at most one decimal, as tenths of a percent; None where the field is empty."""
    if not typed:
        return None
    whole, dot, tenth = typed.rstrip("% ").partition(".")
    fits = whole.isascii() and whole.isdecimal() and len(whole) <= len(str(_WHOLE_PERCENT))
    if not fits or (dot and not (tenth.isascii() and tenth.isdecimal() and len(tenth) == 1)):
        raise _unreadable("old_debt", typed)
    return int(whole) * _TENTHS + int(tenth or 0)


def _unreadable(name: str, typed: str) -> UnableToReadFieldError:
    return UnableToReadFieldError(
        f"{typed!r} is no number", code="NUMBER_UNREADABLE", fields={name: typed}, remedy="Correct it."
    )


ACTS: Final[Mapping[str, Act]] = {
    "draft": Act((DRAFT_PREPAYMENTS,), _draft),
    "sign": Act((SIGN_PREPAYMENTS,), _sign),
    "withdraw": Act((DRAFT_PREPAYMENTS,), _withdraw),
    "end": Act((SIGN_PREPAYMENTS,), _end),
    "request": Act((REQUEST_REFUNDS,), _request),
    "approve": Act((APPROVE_REFUNDS,), lambda form: _decide(form, approve=True)),
    "refuse": Act((APPROVE_REFUNDS,), lambda form: _decide(form, approve=False)),
    "pay_out": Act((REQUEST_REFUNDS,), _pay_out),
    "order_switch": Act((ORDER_SWITCHES,), _order_switch),
    "approve_switch": Act((APPROVE_SWITCHES,), _approve_switch),
    "cancel_switch": Act((ORDER_SWITCHES, APPROVE_SWITCHES), _cancel_switch),
    "confirm_cut": Act((CONFIRM_CUTS,), _confirm_cut),
}
"""What can be done about paying ahead."""
