"""`zaikong credit backtest`, `explain` and `report`: the score on bills, and one account's grade."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from zaikong.cli.shell import out, read_date, today, with_database
from zaikong.kernel.refusal import Refusal

_CUSTOMERS = typer.Option("--customers", help="Customer file; the county's own tables where no file is given.")
_BILLS = typer.Option("--bills", help="Bill file.")
_PAYMENTS = typer.Option("--payments", help="Payment file.")


class UnableToChooseHistoryError(Refusal):
    """Some files were given, but not all three."""


def backtest(
    *,
    customers: Annotated[Path | None, _CUSTOMERS] = None,
    bills: Annotated[Path | None, _BILLS] = None,
    payments: Annotated[Path | None, _PAYMENTS] = None,
    from_day: Annotated[str, typer.Option("--from", help="First day of release tested, YYYY-MM-DD.")] = "",
    to_day: Annotated[str, typer.Option("--to", help="Last day of release tested.")] = "",
    accept_partial: Annotated[bool, typer.Option(help="Leave out rows at fault.")] = False,
    model: Annotated[Path | None, typer.Option(help="Write the fitted model there.")] = None,
    report_to: Annotated[Path | None, typer.Option("--report", help="Write the page (HTML) there.")] = None,
    page: Annotated[Path | None, typer.Option(help="Page of measures to write the figures into.")] = None,
    source: Annotated[str, typer.Option(help="What the page says of where the bills are from.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 42,
) -> None:
    """Fit on the past, test on what came after, and print one JSON object; no database is needed for files."""
    found, _ = _tested((customers, bills, payments), from_day, to_day, accept_partial=accept_partial, seed=seed)
    if model is not None:
        from zaikong.application.credit.model_file import save_model  # noqa: PLC0415 -- keeps `--help` quick

        save_model(found.model, model)
    if report_to is not None:
        from zaikong.application.credit.report import write_report  # noqa: PLC0415 -- as above

        write_report(found, report_to)
    if page is not None:
        from zaikong.application.credit.bill_page import bill_lines  # noqa: PLC0415 -- as above
        from zaikong.application.credit.measure import write_section  # noqa: PLC0415 -- as above

        write_section(page, "bills", bill_lines(found.figures, source=source))
    typer.echo(json.dumps(found.figures, ensure_ascii=False))


def report(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write the page (HTML).")] = Path(
        "score.html"
    ),
    customers: Annotated[Path | None, _CUSTOMERS] = None,
    bills: Annotated[Path | None, _BILLS] = None,
    payments: Annotated[Path | None, _PAYMENTS] = None,
    install: Annotated[bool, typer.Option(help="Let the fitted score stand from the next night on.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 42,
) -> None:
    """Back-test and write the page; with `--install` the score stands."""
    from zaikong.application.credit.report import write_report  # noqa: PLC0415 -- keeps `--help` quick

    found, learned = _tested((customers, bills, payments), "", "", accept_partial=False, seed=seed)
    write_report(found, output)
    if install:
        with_database()
        from zaikong.application.credit.county import install_model  # noqa: PLC0415 -- needs the database's settings

        out.print(f"the score stands: {install_model(found.model, learned)}", highlight=False, soft_wrap=True)
    figures = found.figures
    out.print(
        f"{figures['n']} bills, {figures['positives']} unpaid; AUC {figures['auc']}\n{output}",
        highlight=False,
        soft_wrap=True,
    )


def explain(
    account_no: Annotated[str, typer.Argument(help="Account number 户号.")],
    day: Annotated[str, typer.Option("--date", help="Business date, YYYY-MM-DD; the last night by default.")] = "",
) -> None:
    """Say why an account has its grade, and what would raise it."""
    with_database()
    from zaikong.application.raising import explained_account  # noqa: PLC0415 -- needs the database
    from zaikong.domain.credit.behaviour_table import behaviour_table, grade_name  # noqa: PLC0415 -- as above

    as_of, found = explained_account(account_no, as_of=read_date(day) if day else None)
    if found is None:
        out.print(f"{account_no} is closed", highlight=False)
        return
    words = behaviour_table(as_of=as_of).value.wording()
    out.print(f"{account_no} {as_of}: {grade_name(found.grade)}", highlight=False)
    for reason in found.reasons:
        zh, en = words.get(reason["code"], (reason["code"], ""))
        out.print(
            f"  -{reason['points_lost']:>3}  {zh} {en}: {reason['observed']} / {reason['limit']}",
            highlight=False,
            soft_wrap=True,
        )
    out.print(
        json.dumps({k: v for k, v in found.change.items() if v}, ensure_ascii=False), highlight=False, soft_wrap=True
    )


def _tested(
    files: tuple[Path | None, Path | None, Path | None], from_day: str, to_day: str, *, accept_partial: bool, seed: int
) -> tuple[Any, Any]:
    from zaikong.application.credit import backtest as tests  # noqa: PLC0415 -- keeps `--help` quick
    from zaikong.application.credit.histories import features_of, read_history  # noqa: PLC0415 -- as above

    first, last = (read_date(text) if text else None for text in (from_day, to_day))
    customers, bills, payments = files
    if customers is not None and bills is not None and payments is not None:
        history = read_history(
            customers=customers, bills=bills, payments=payments, as_of=date.max, accept_partial=accept_partial
        )
        rows = features_of(history)
        found = tests.backtest(rows, history.standing, notes=history.notes, from_date=first, to_date=last, seed=seed)
        return found, rows
    if any(file is not None for file in files):
        raise UnableToChooseHistoryError(
            "a back-test on files needs all three",
            code="FILES_MISSING",
            fields={"files": [str(file) for file in files]},
            remedy="Give --customers, --bills and --payments; or none, for the county's own tables.",
        )
    with_database()
    from zaikong.application.credit.county import county_rows, county_standing  # noqa: PLC0415 -- needs the database

    rows = county_rows(as_of=today())
    return tests.backtest(rows, county_standing(), from_date=first, to_date=last, seed=seed), rows
