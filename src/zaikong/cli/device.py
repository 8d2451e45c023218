"""`zaikong device`: order, install and accept devices, their faults, and retained supply compared day by day."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from zaikong.cli.shell import out, read_date, today, with_database
from zaikong.kernel.period import TIME_ZONE

app = typer.Typer(no_args_is_help=True, add_completion=False)
fault = typer.Typer(no_args_is_help=True, add_completion=False, help="Faults of devices and how long they take.")
app.add_typer(fault, name="fault")

FINDINGS = 1
"""Exit code when a device was rejected, supply is not back, or a meter differs from the books."""

_Device = Annotated[str, typer.Argument(help="Order number of the device.")]
_Staff = Annotated[str, typer.Option("--staff", help="Log-in of who acts.")]


@app.callback()
def _device() -> None:
    """Order, install and accept devices, their faults, and retained supply compared day by day."""


@app.command()
def order(
    account_no: Annotated[str, typer.Argument(help="Account number.")],
    *,
    kind: Annotated[str, typer.Option(help="What is to be installed.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    staff: _Staff,
    due: Annotated[str, typer.Option(help="To be installed by, YYYY-MM-DD.")] = "",
) -> None:
    """Order a device for an account."""
    with_database()
    from zaikong.application.account_lookup import account_by_number  # noqa: PLC0415 -- needs the tables
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- as above
    from zaikong.application.devices.orders import order_device  # noqa: PLC0415 -- as above

    made = order_device(
        account=account_by_number(account_no).pk,
        kind=kind,
        reason=reason,
        staff=staff_named(username=staff),
        at=_now(),
        due_date=read_date(due) if due else None,
    )
    out.print(f"{made.order_no} ordered")


@app.command()
def install(
    device: _Device, *, meter: Annotated[str, typer.Option(help="Number of the meter that carries it.")], staff: _Staff
) -> None:
    """Say that a device is in place."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.orders import install_device, meter_by_number  # noqa: PLC0415 -- as above

    made = install_device(
        device=_found(device), meter=meter_by_number(meter), staff=staff_named(username=staff), at=_now()
    )
    out.print(f"{made.order_no} is {made.state}; accept it before anybody commands it")


@app.command()
def accept(
    device: _Device,
    *,
    staff: _Staff,
    seen: Annotated[
        list[str], typer.Option(help="What was seen: CHECK=PHOTO for passed, CHECK!=PHOTO for not; needs --note.")
    ] = [],  # noqa: B006 -- Typer copies it
    note: Annotated[str, typer.Option(help="What was seen on site.")] = "",
    supply_may_pause: Annotated[bool, typer.Option(help="A supply in use may go off for the trial.")] = False,
    reason: Annotated[str, typer.Option(help="Why it may.")] = "",
    report: Annotated[str, typer.Option(help="Write the report here (PDF).")] = "",
    english: Annotated[bool, typer.Option("--english", help="The report in English.")] = False,
) -> None:
    """Run the acceptance checklist over a device. Supply goes off for seconds, and always comes back."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.acceptance import accept_device, printed_again  # noqa: PLC0415 -- as above
    from zaikong.application.meter_keys import meter_keys  # noqa: PLC0415 -- as above

    person = staff_named(username=staff)
    keys = meter_keys()
    number = _found(device)
    done = accept_device(
        device=number,
        staff=person,
        clock=_now,
        credentials=keys.credentials_of,
        seen=_seen(seen, note, person),
        supply_may_pause=supply_may_pause,
        reason=reason,
    )
    table = Table("check", "outcome", "ms", "seen", title=done.acceptance.acceptance_no)
    for item in done.acceptance.items.order_by("place"):
        table.add_row(item.code, item.outcome, str(item.milliseconds or ""), str(item.detail or ""))
    out.print(table)
    if report:
        printed = printed_again(acceptance=done.acceptance.pk, language="en" if english else "zh")
        Path(report).write_bytes(printed)
    out.print("accepted" if done.acceptance.passed else f"not accepted: {', '.join(done.not_passed)}")
    if not done.supply_back:
        out.print("SUPPLY IS NOT BACK: run zaikong device give-back, and send people")
    raise typer.Exit(0 if done.acceptance.passed else FINDINGS)


@app.command()
def give_back() -> None:
    """Give supply back wherever an acceptance did not come to its end."""
    with_database()
    from zaikong.application.devices.acceptance import end_trials  # noqa: PLC0415 -- needs the tables
    from zaikong.application.meter_keys import meter_keys  # noqa: PLC0415 -- as above

    done = end_trials(clock=_now, credentials=meter_keys().credentials_of)
    for one in done:
        out.print(f"{one.order_no}: {'supply is back' if one.supply_back else 'SUPPLY IS NOT BACK'}")
    out.print(f"{len(done)} looked at")
    raise typer.Exit(FINDINGS if any(not one.supply_back for one in done) else 0)


@app.command()
def retain_check(
    *, day: Annotated[str, typer.Option("--date", help="Day, YYYY-MM-DD; today by default.")] = ""
) -> None:
    """Compare retained supply at every meter with the books."""
    with_database()
    from zaikong.application.devices.retaining import open_differences, reconcile_retained  # noqa: PLC0415 -- needs tables
    from zaikong.application.meter_keys import meter_keys  # noqa: PLC0415 -- as above

    check_date = read_date(day) if day else today()
    told = reconcile_retained(check_date=check_date, clock=_now, credentials=meter_keys().credentials_of)
    table = Table("check", "account", "meter", "difference", "reasons", title=f"{check_date}")
    for row in open_differences(check_date=check_date):
        table.add_row(str(row.pk), row.account.account_no, row.meter.meter_no, str(row.difference), row.reasons)
    out.print(table)
    out.print(
        f"{told.checked} meters: {told.agree} agree, {told.not_on_meter} not on at the meter, "
        f"{told.only_on_meter} only on at the meter, {told.unread} unread"
    )
    raise typer.Exit(0 if told.agree == told.checked else FINDINGS)


@app.command()
def retain_mend(
    check: Annotated[int, typer.Argument(help="Number of the check, as retain-check prints it.")],
    *,
    staff: _Staff,
    approver: Annotated[str, typer.Option(help="Log-in of the second person; their password is asked for.")] = "",
) -> None:
    """Bring a meter to what the books say; ending retained supply needs a second person."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.retaining import account_of_check, mend_retained  # noqa: PLC0415 -- as above
    from zaikong.application.meter_keys import meter_keys  # noqa: PLC0415 -- as above
    from zaikong.application.second_person import second_person  # noqa: PLC0415 -- as above

    second = None
    if approver:
        password = typer.prompt(f"Password of {approver}", hide_input=True)
        second = second_person(username=approver, password=password, account=account_of_check(check))
    done = mend_retained(
        check=check,
        staff=staff_named(username=staff),
        approved_by=second,
        clock=_now,
        credentials=meter_keys().credentials_of,
    )
    out.print("meter and books agree" if done.mended else f"not mended: the command is {done.command.state}")
    raise typer.Exit(0 if done.mended else FINDINGS)


@fault.command("open")
def open_one(
    device: _Device,
    *,
    kind: Annotated[str, typer.Option(help="What is wrong, in a word.")],
    source: Annotated[str, typer.Option(help="How it was found.")],
    staff: _Staff,
) -> None:
    """Report a fault."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.faults import open_fault  # noqa: PLC0415 -- as above

    made = open_fault(device=_found(device), kind=kind, source=source, staff=staff_named(username=staff), at=_now())
    out.print(f"fault {made.pk} {made.state}")


@fault.command()
def assign(
    number: Annotated[int, typer.Argument(help="Number of the fault.")],
    *,
    to: Annotated[str, typer.Option(help="Log-in of who takes it.")],
    staff: _Staff,
) -> None:
    """Put a fault in somebody's hands."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.faults import assign_fault  # noqa: PLC0415 -- as above

    taker = staff_named(username=to)
    made = assign_fault(fault=number, to=taker, staff=staff_named(username=staff), at=_now())
    out.print(f"fault {made.pk} {made.state}")


@fault.command()
def clear(
    number: Annotated[int, typer.Argument(help="Number of the fault.")],
    *,
    resolution: Annotated[str, typer.Option(help="What was done.")],
    staff: _Staff,
) -> None:
    """Say that a fault is mended."""
    with_database()
    from zaikong.application.acting import staff_named  # noqa: PLC0415 -- needs the tables
    from zaikong.application.devices.faults import clear_fault  # noqa: PLC0415 -- as above

    made = clear_fault(fault=number, resolution=resolution, staff=staff_named(username=staff), at=_now())
    out.print(f"fault {made.pk} {made.state}")


@fault.command()
def times(*, days: Annotated[int, typer.Option(min=1, help="Faults opened in so many days.")] = 90) -> None:
    """How long faults take: the median, nine in ten, and those still open."""
    with_database()
    from zaikong.application.devices.faults import time_to_clear  # noqa: PLC0415 -- needs the tables

    now = _now()
    table = Table("kind", "opened", "open", "cleared", "median", "nine in ten", "oldest open")
    for row in time_to_clear(since=now - timedelta(days=days), until=now):
        spans = (row.median_minutes, row.p90_minutes, row.oldest_open_minutes)
        counts = (row.opened, row.still_open, row.cleared)
        table.add_row(row.kind, *(str(count) for count in counts), *(_span(minutes) for minutes in spans))
    out.print(table)


def _span(minutes: int | None) -> str:
    if minutes is None:
        return "—"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min"


def _seen(given: list[str], note: str, staff: Any) -> list[Any]:
    from zaikong.application.devices.acceptance import Seen, keep_photo  # noqa: PLC0415 -- needs the tables

    seen = []
    for one in given:
        code, found, path = one.partition("=")
        if not found:
            raise typer.BadParameter(f"{one!r}: write CHECK=PHOTO, or CHECK!=PHOTO where it was not as it should be")
        photo = keep_photo(content=Path(path).read_bytes(), file_name=Path(path).name, staff=staff, at=_now())
        seen.append(Seen(code.removesuffix("!"), passed=not code.endswith("!"), note=note, photo=photo.pk))
    return seen


def _found(order_no: str) -> int:
    from zaikong.application.devices.orders import device_by_number  # noqa: PLC0415 -- needs the tables

    return int(device_by_number(order_no).pk)


def _now() -> datetime:
    return datetime.now(TIME_ZONE)
