"""`zaikong pay`: money at the counter, receipts put right, waivers, statements, reconciliation."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, today, with_database
from zaikong.kernel.money import fen_of_yuan, yuan_text
from zaikong.kernel.period import TIME_ZONE, Month, date_of_day

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Take, reverse and look up payments.")
waive = typer.Typer(add_completion=False, no_args_is_help=True, help="Let a late fee off: one asks, another decides.")
app.add_typer(waive, name="waive")

FINDINGS = 1
"""Exit code of a command that found something a person must see."""

_AccountNo = Annotated[str, typer.Argument(help="Account number 户号.")]
_Channel = Annotated[str, typer.Argument(help="Channel, such as counter or bank.")]
_Reference = Annotated[str, typer.Argument(help="Reference inside the channel.")]
_Yuan = Annotated[str, typer.Argument(help="Amount in yuan, such as 120.50.")]
_Staff = Annotated[str, typer.Option("--staff", help="Log-in of who does it.")]
_Reason = Annotated[str, typer.Option("--reason", help="Why.")]
_Date = Annotated[str | None, typer.Option("--date", help="Business date, YYYY-MM-DD; today if not given.")]


@app.command()
def take(
    account_no: _AccountNo,
    yuan: _Yuan,
    *,
    staff: _Staff,
    reference: Annotated[str | None, typer.Option(help="The till's reference; the same one is credited once.")] = None,
    month: Annotated[str | None, typer.Option(help="Month to settle first, YYYY-MM.")] = None,
    topup: Annotated[bool, typer.Option("--topup", help="A prepayment top-up.")] = False,
    on: _Date = None,
) -> None:
    """Take money at the counter and print the receipt."""
    amount, designated = fen_of_yuan(yuan), Month.parse(month).number if month else None
    day = _day(on)
    with_database()
    from zaikong.application.payments import take_counter_payment  # noqa: PLC0415 -- needs the tables

    _print_receipt(
        take_counter_payment(
            account_no=account_no,
            amount_fen=amount,
            paid_at=_moment(day),
            booked_date=day,
            cashier=_who(staff),
            channel_ref=reference,
            designated_month=designated,
            topup=topup,
        )
    )


@app.command()
def receipt(number: Annotated[int, typer.Argument(help="Payment number.")]) -> None:
    """Print a receipt again."""
    with_database()
    from zaikong.application.payments import printed_receipt  # noqa: PLC0415 -- needs the tables

    _print_receipt(printed_receipt(payment=number))


@app.command()
def reverse(channel: _Channel, reference: _Reference, *, staff: _Staff, reason: _Reason, on: _Date = None) -> None:
    """Take back a payment that should not have been booked (冲正)."""
    _change("reverse_payment", channel, reference, staff=staff, reason=reason, on=on)


@app.command()
def bounce(channel: _Channel, reference: _Reference, *, staff: _Staff, reason: _Reason, on: _Date = None) -> None:
    """Note that the bank took a payment back (退票)."""
    _change("bounce_payment", channel, reference, staff=staff, reason=reason, on=on)


@app.command()
def clear(channel: _Channel, reference: _Reference, *, staff: _Staff, reason: _Reason, on: _Date = None) -> None:
    """Note that money in transit has arrived (在途到账)."""
    _change("clear_in_transit", channel, reference, staff=staff, reason=reason, on=on)


@app.command()
def assign(
    channel: _Channel,
    reference: _Reference,
    account_no: _AccountNo,
    *,
    staff: _Staff,
    reason: _Reason,
    on: _Date = None,
) -> None:
    """Give money of an unknown payer to its account (不明款认领)."""
    _change("assign_unallocated", channel, reference, staff=staff, reason=reason, on=on, account_no=account_no)


@waive.command("request")
def waive_request(
    bill: Annotated[int, typer.Argument(help="Bill number.")],
    yuan: _Yuan,
    *,
    staff: _Staff,
    reason: _Reason,
    on: _Date = None,
) -> None:
    """Ask for a late fee to be let off."""
    amount, day = fen_of_yuan(yuan), _day(on)
    with_database()
    from zaikong.application.waiver import request_waiver  # noqa: PLC0415 -- needs the tables

    asked = request_waiver(bill=bill, amount_fen=amount, reason=reason, staff=_who(staff), as_of=day)
    out.print(f"waiver {asked.pk} of {yuan_text(asked.amount_fen)} yuan waits for another person's decision")


@waive.command("approve")
def waive_approve(
    number: Annotated[int, typer.Argument(help="Waiver number.")], staff: _Staff, on: _Date = None
) -> None:
    """Approve a waiver another person asked for."""
    _decide(number, staff, on, approve=True)


@waive.command("refuse")
def waive_refuse(
    number: Annotated[int, typer.Argument(help="Waiver number.")], staff: _Staff, on: _Date = None
) -> None:
    """Refuse a waiver another person asked for."""
    _decide(number, staff, on, approve=False)


@app.command()
def statement(
    account_no: _AccountNo,
    from_: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="First day no longer included, YYYY-MM-DD.")],
) -> None:
    """Print the statement of an account (对账单)."""
    first, after = read_date(from_), read_date(to)
    with_database()
    from zaikong.application import statement as statements  # noqa: PLC0415 -- needs the tables

    made = statements.statement(account_no=account_no, from_date=first, to_date=after)
    table = Table("date", "event", "month", "receipt", title=f"{made.account_no} {made.customer}  {first} – {after}")
    for column in ("owed more", "owed less", "balance"):
        table.add_column(column, justify="right")
    table.add_row("", "opening balance", "", "", "", "", yuan_text(made.opening_fen))
    for line in made.lines.iter_rows(named=True):
        table.add_row(
            str(date_of_day(line["day"])),
            line["event"].replace("_", " "),
            str(line["month"] or ""),
            f"{line['channel']} {line['channel_ref']}" if line["channel"] else "",
            yuan_text(line["debit_fen"]) if line["debit_fen"] else "",
            yuan_text(line["credit_fen"]) if line["credit_fen"] else "",
            yuan_text(line["balance_fen"]),
        )
    table.add_row("", "closing balance", "", "", "", "", yuan_text(made.closing_fen), style="bold")
    out.print(table)
    out.print(
        f"on bills {yuan_text(made.receivable_fen)}, prepaid {yuan_text(made.prepaid_fen)}, "
        f"in transit {yuan_text(made.in_transit_fen)}, late fee not yet paid {yuan_text(made.late_fee_owed_fen)}"
    )


@app.command()
def reconcile(
    channel: _Channel,
    file: Annotated[Path, typer.Argument(help="The channel's statement, with the columns of a payments file.")],
    from_: Annotated[str, typer.Option("--from", help="First day it covers, YYYY-MM-DD.")],
    to: Annotated[str, typer.Option("--to", help="First day it no longer covers, YYYY-MM-DD.")],
) -> None:
    """Match a channel's statement with the ledger; exit code 1 where they differ."""
    first, after = read_date(from_), read_date(to)
    with_database()
    from zaikong.application.reconciliation import read_statement, reconcile  # noqa: PLC0415 -- needs the tables

    stated = read_statement(file, channel=channel, as_of=today())
    result = reconcile(stated, channel=channel, from_date=first, to_date=after)
    out.print(
        f"{channel} {first} – {after}: {result.matched} match; statement {yuan_text(result.statement_fen)}, "
        f"ledger {yuan_text(result.ledger_fen)}, difference {yuan_text(result.difference_fen)}, "
        f"in transit {yuan_text(result.in_transit_fen)}"
    )
    findings = result.findings()
    if findings:
        table = Table("code", "receipt", "what to do")
        for finding in findings:
            table.add_row(finding.code, finding.subject, finding.message)
        out.print(table)
        raise typer.Exit(FINDINGS)


@app.command()
def prove(on: _Date = None) -> None:
    """Rebuild balances and open items from the ledger; exit code 1 where anything differs."""
    day = _day(on)
    with_database()
    from zaikong.application.proving import prove_balances  # noqa: PLC0415 -- needs the tables

    findings = prove_balances(as_of=day)
    for finding in findings:
        out.print(f"{finding.code} {finding.subject}: {finding.message}", highlight=False, soft_wrap=True)
    if findings:
        raise typer.Exit(FINDINGS)
    out.print("balances, open items and payments agree with the ledger")


def _day(on: str | None) -> date:
    return read_date(on) if on else today()


def _moment(day: date) -> datetime:
    """Now, if the business date is today; else noon of it."""
    now = datetime.now(TIME_ZONE)
    return now if now.date() == day else datetime(day.year, day.month, day.day, 12, tzinfo=TIME_ZONE)


def _who(username: str) -> Any:
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables

    return staff_named(username=username)


def _change(verb: str, channel: str, reference: str, *, staff: str, reason: str, on: str | None, **more: str) -> None:
    day = _day(on)
    with_database()
    from zaikong.application import payments  # noqa: PLC0415 -- needs the tables

    act = getattr(payments, verb)
    done = act(channel=channel, channel_ref=reference, reason=reason, staff=_who(staff), as_of=day, **more)
    out.print(f"{done.channel} {done.channel_ref}: {yuan_text(done.amount_fen)} yuan is {done.state}")


def _decide(number: int, staff: str, on: str | None, *, approve: bool) -> None:
    day = _day(on)
    with_database()
    from zaikong.application.waiver import decide_waiver  # noqa: PLC0415 -- needs the tables

    decided = decide_waiver(waiver=number, approve=approve, staff=_who(staff), as_of=day)
    out.print(f"waiver {decided.pk} of {yuan_text(decided.amount_fen)} yuan is {decided.state}")


def _print_receipt(printed: Any) -> None:
    table = Table("month", title=f"Receipt {printed.number}  {printed.channel} {printed.channel_ref}")
    table.add_column("bill", justify="right")
    table.add_column("late fee", justify="right")
    for line in printed.lines:
        table.add_row(str(line.month), yuan_text(line.principal_fen), yuan_text(line.late_fee_fen))
    table.add_row("prepaid", yuan_text(printed.prepaid_fen), "")
    table.add_row("received", yuan_text(printed.amount_fen), "", style="bold")
    out.print(table)
    out.print(
        f"{printed.account_no} {printed.customer}  {printed.paid_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}  "
        f"{printed.state}  cashier {printed.cashier or '-'}"
    )
    out.print(f"owed on bills {yuan_text(printed.receivable_fen)}, prepaid {yuan_text(printed.balance_fen)}")
