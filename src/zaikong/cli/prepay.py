"""`zaikong prepay`: agreements to pay ahead, top-ups, refunds, switches, balances."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, with_database
from zaikong.kernel.money import fen_of_yuan, yuan_text
from zaikong.kernel.period import TIME_ZONE, Month

app = typer.Typer(no_args_is_help=True, add_completion=False)
refund = typer.Typer(add_completion=False, no_args_is_help=True, help="Give prepaid money back: ask, decide, pay.")
switch = typer.Typer(add_completion=False, no_args_is_help=True, help="Change the payment mode: order, approve, apply.")
app.add_typer(refund, name="refund")
app.add_typer(switch, name="switch")

_AccountNo = Annotated[str, typer.Argument(help="Account number 户号.")]
_Agreement = Annotated[str, typer.Argument(help="Number of the agreement.")]
_Number = Annotated[int, typer.Argument(help="Its number.")]
_Yuan = Annotated[str, typer.Argument(help="Amount in yuan, such as 120.50.")]
_Staff = Annotated[str, typer.Option("--staff", help="Log-in of who acts.")]
_Reason = Annotated[str, typer.Option("--reason", help="Why.")]
_At = Annotated[str, typer.Option("--at", help="Moment, YYYY-MM-DDTHH:MM; now by default.")]


@app.callback()
def _prepay() -> None:
    """Keep agreements to pay ahead, take top-ups, give refunds, switch accounts."""


@app.command()
def draft(
    account_no: _AccountNo,
    *,
    staff: _Staff,
    strategy: Annotated[
        str | None, typer.Option(help="Fee-control strategy; the account's default if not given.")
    ] = None,
    warn: Annotated[list[str] | None, typer.Option(help="Warned below, in yuan; high to low, once each.")] = None,
    warn_days: Annotated[list[int] | None, typer.Option(help="Warned below so many days of use; high to low.")] = None,
    overdraft: Annotated[str | None, typer.Option(help="Overdraft at most, in yuan.")] = None,
    old_debt: Annotated[int | None, typer.Option(help="Share of a top-up for old debt, per thousand.")] = None,
    automatic_cut: Annotated[bool | None, typer.Option("--automatic-cut/--approved-cut")] = None,
    automatic_restore: Annotated[bool | None, typer.Option("--automatic-restore/--safe-restore")] = None,
    phone: Annotated[str | None, typer.Option(help="Phone for warnings.")] = None,
    at: _At = "",
) -> None:
    """Draft an agreement; what is not given comes from the supply contract, then from the strategy."""
    moment = _moment(at)
    modes = {True: "automatic", None: None}
    with_database()
    from zaikong.application.prepayment.agreements import draft_agreement  # noqa: PLC0415 -- needs the tables

    made = draft_agreement(
        account_no=account_no,
        staff=_who(staff),
        at=moment,
        strategy=strategy,
        warn_fen=[fen_of_yuan(yuan) for yuan in warn] if warn else None,
        warn_days=warn_days or None,
        overdraft_cap_fen=None if overdraft is None else fen_of_yuan(overdraft),
        old_debt_permille=old_debt,
        cut_mode=modes.get(automatic_cut, "approved"),
        restore_mode=modes.get(automatic_restore, "safe"),
        phone=phone,
    )
    out.print(f"{made.agreement_no} drafted for {account_no}; print it, explain it, let the customer sign")


@app.command()
def sign(
    agreement_no: _Agreement,
    paper: Annotated[Path, typer.Argument(help="The signed paper, PDF or picture.")],
    *,
    name: Annotated[str, typer.Option("--name", help="Who signed for the customer.")],
    staff: _Staff,
    explained: Annotated[bool, typer.Option("--explained", help="The clauses were pointed out and explained.")] = False,
    from_: Annotated[str, typer.Option("--from", help="First day in force, YYYY-MM-DD; today if not given.")] = "",
    at: _At = "",
) -> None:
    """Put a draft in force with the paper the customer signed."""
    moment = _moment(at)
    first = read_date(from_) if from_ else moment.date()
    content = paper.read_bytes()
    with_database()
    from zaikong.application.collection.evidence import add_evidence  # noqa: PLC0415 -- needs the tables
    from zaikong.application.prepayment.agreements import sign_agreement  # noqa: PLC0415 -- as above

    who = _who(staff)
    proof = add_evidence(kind="signature", content=content, file_name=paper.name, staff=who, at=moment)
    done = sign_agreement(
        agreement_no=agreement_no,
        signed_by_name=name,
        evidence=proof.pk,
        explained=explained,
        from_date=first,
        staff=who,
        at=moment,
    )
    out.print(f"{done.agreement_no} is in force from {done.from_date}")


@app.command("print")
def print_(
    agreement_no: _Agreement,
    file: Annotated[Path, typer.Argument(help="Where to write the PDF.")],
    *,
    staff: _Staff,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Write an agreement as PDF."""
    with_database()
    from zaikong.application.prepayment.agreements import agreement_pdf  # noqa: PLC0415 -- needs the tables

    made = agreement_pdf(agreement_no=agreement_no, staff=_who(staff), language="en" if english else "zh")
    file.write_bytes(made.content)
    out.print(f"{file} {made.sha256}")


@app.command()
def end(
    agreement_no: _Agreement,
    *,
    staff: _Staff,
    reason: _Reason,
    on: Annotated[str, typer.Option("--on", help="First day no longer in force; today if not given.")] = "",
    at: _At = "",
) -> None:
    """End an agreement."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.agreements import end_agreement  # noqa: PLC0415 -- needs the tables

    day = read_date(on) if on else moment.date()
    done = end_agreement(agreement_no=agreement_no, reason=reason, on=day, staff=_who(staff), at=moment)
    out.print(f"{done.agreement_no} ended on {done.ended_date}")


@app.command("top-up")
def top_up(
    account_no: _AccountNo,
    yuan: _Yuan,
    *,
    staff: _Staff,
    reference: Annotated[str | None, typer.Option(help="The till's reference; the same one is credited once.")] = None,
    month: Annotated[str | None, typer.Option(help="Month to settle first, YYYY-MM.")] = None,
    at: _At = "",
) -> None:
    """Take a top-up at the counter."""
    moment, amount = _moment(at), fen_of_yuan(yuan)
    designated = Month.parse(month).number if month else None
    with_database()
    from zaikong.application.prepayment.topping_up import top_up as taken  # noqa: PLC0415 -- needs the tables

    done = taken(
        account_no=account_no,
        amount_fen=amount,
        paid_at=moment,
        booked_date=moment.date(),
        cashier=_who(staff),
        channel_ref=reference,
        designated_month=designated,
    )
    out.print(
        f"receipt {done.receipt.number}: {yuan_text(done.receipt.amount_fen)} yuan, old debt "
        f"{yuan_text(done.recovered_fen)} ({done.permille} per thousand: {yuan_text(done.share_fen)}), stays "
        f"{yuan_text(done.prepaid_fen)}"
    )


@app.command()
def show(account_no: _AccountNo, *, on: Annotated[str, typer.Option("--date", help="Business date.")] = "") -> None:
    """Show the balance of an account with its parts, and how old its estimate is."""
    day = read_date(on) if on else _moment("").date()
    with_database()
    from zaikong.application.account_lookup import account_by_number  # noqa: PLC0415 -- needs the tables
    from zaikong.application.prepayment.topping_up import balance_of  # noqa: PLC0415 -- as above

    told = balance_of(account_by_number(account_no), as_of=day)
    table = Table("part", "yuan", title=f"{told.account_no} {told.agreement_no or 'no agreement in force'}")
    parts = {
        "prepaid": told.prepaid_fen,
        "posted and unpaid": -told.owed_fen,
        "used and not yet billed": -told.estimated_fen,
        "available": told.available_fen,
        "old debt still to recover": told.old_debt_fen,
        "recovered by the agreement": told.recovered_fen,
        "disputed": told.disputed_fen,
        "in transit": told.in_transit_fen,
    }
    for name, fen in parts.items():
        table.add_row(name, yuan_text(fen))
    out.print(table)
    age = "no night has estimated it" if told.estimated_on is None else f"estimated on {told.estimated_on}"
    out.print(age if told.estimate_age_days is None else f"{age}, {told.estimate_age_days} days ago")


@refund.command("request")
def refund_request(
    account_no: _AccountNo,
    yuan: _Yuan,
    *,
    staff: _Staff,
    reason: _Reason,
    payee: Annotated[str, typer.Option("--payee", help="To whom.")],
    at: _At = "",
) -> None:
    """Ask for prepaid money to be given back."""
    moment, amount = _moment(at), fen_of_yuan(yuan)
    with_database()
    from zaikong.application.prepayment.refunds import request_refund  # noqa: PLC0415 -- needs the tables

    asked = request_refund(
        account_no=account_no, amount_fen=amount, reason=reason, payee=payee, staff=_who(staff), at=moment
    )
    out.print(f"refund {asked.pk} of {yuan_text(asked.amount_fen)} yuan waits for another person's decision")


@refund.command("decide")
def refund_decide(
    number: _Number,
    *,
    staff: _Staff,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    at: _At = "",
) -> None:
    """Approve a refund another person asked for, or refuse it."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.refunds import decide_refund  # noqa: PLC0415 -- needs the tables

    done = decide_refund(refund=number, approve=not refuse, reason=reason, staff=_who(staff), at=moment)
    out.print(f"refund {done.pk} is {done.state}")


@refund.command("pay")
def refund_pay(
    number: _Number,
    *,
    staff: _Staff,
    channel: Annotated[str, typer.Option("--channel", help="counter for cash, any other for the bank.")],
    at: _At = "",
) -> None:
    """Pay an approved refund out."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.refunds import pay_out_refund  # noqa: PLC0415 -- needs the tables

    done = pay_out_refund(refund=number, channel=channel, staff=_who(staff), at=moment)
    out.print(f"{yuan_text(done.amount_fen)} yuan paid out, transaction {done.transaction}")


@refund.command("settle-claim")
def refund_settle_claim(account_no: _AccountNo, *, staff: _Staff, at: _At = "") -> None:
    """Let prepaid money settle what was refunded of a top-up the bank took back."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.refunds import settle_claim  # noqa: PLC0415 -- needs the tables

    fen = settle_claim(account_no=account_no, staff=_who(staff), at=moment)
    out.print(f"{yuan_text(fen)} yuan settled")


@switch.command("order")
def switch_order(
    account_no: _AccountNo,
    to_mode: Annotated[str, typer.Argument(help="prepaid or post_paid.")],
    *,
    ground: Annotated[str, typer.Option("--ground", help="agreed, arrears or good_record.")],
    reason: _Reason,
    staff: _Staff,
    on: Annotated[str, typer.Option("--on", help="First day of the new mode; today if not given.")] = "",
    consent: Annotated[int | None, typer.Option(help="Number of the proof of the customer's consent.")] = None,
    at: _At = "",
) -> None:
    """Order a switch of the payment mode."""
    moment = _moment(at)
    day: date = read_date(on) if on else moment.date()
    with_database()
    from zaikong.application.prepayment.switching import order_switch  # noqa: PLC0415 -- needs the tables

    ordered = order_switch(
        account_no=account_no,
        to_mode=to_mode,
        ground=ground,
        reason=reason,
        effective_date=day,
        staff=_who(staff),
        at=moment,
        consent=consent,
    )
    out.print(f"switch {ordered.pk} to {ordered.to_mode} on {ordered.effective_date} waits for approval")


@switch.command("approve")
def switch_approve(number: _Number, *, staff: _Staff, at: _At = "") -> None:
    """Approve a switch another person ordered."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.switching import approve_switch  # noqa: PLC0415 -- needs the tables

    done = approve_switch(switch=number, staff=_who(staff), at=moment)
    out.print(f"switch {done.pk} takes effect on {done.effective_date}")


@switch.command("cancel")
def switch_cancel(number: _Number, *, staff: _Staff, reason: _Reason, at: _At = "") -> None:
    """Call a switch off."""
    moment = _moment(at)
    with_database()
    from zaikong.application.prepayment.switching import cancel_switch  # noqa: PLC0415 -- needs the tables

    done = cancel_switch(switch=number, reason=reason, staff=_who(staff), at=moment)
    out.print(f"switch {done.pk} is {done.state}")


@switch.command("apply")
def switch_apply(*, on: Annotated[str, typer.Option("--date", help="Business date; today if not given.")] = "") -> None:
    """Carry out the switches whose day has come, ahead of the night."""
    day = read_date(on) if on else _moment("").date()
    with_database()
    from zaikong.application.prepayment.switching import apply_due_switches  # noqa: PLC0415 -- needs the tables

    done = apply_due_switches(as_of=day)
    out.print(f"{done.to_prepaid} pay ahead, {done.to_post_paid} pay afterwards, {done.cancelled} cancelled")


def _who(username: str) -> Any:
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables

    return staff_named(username=username)


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(TIME_ZONE)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment; write YYYY-MM-DDTHH:MM") from error
    return given.replace(tzinfo=TIME_ZONE) if given.tzinfo is None else given
