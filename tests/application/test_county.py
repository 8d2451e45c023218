"""A small county through the end of a month: files in, nights, bills, money, closes, corrections.

The county is loaded once for the module; each test works in a transaction that is rolled back.
"""

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.db import connection

from zaikong.application.billing import correct_bill, discard_draft, release_draft, rerate_draft
from zaikong.application.billing.correction import UnableToCorrectBillError
from zaikong.application.billing.drafts import UnableToDecideDraftError, rate_again
from zaikong.application.billing.explaining import explain_bill
from zaikong.application.billing.run import run_settlements
from zaikong.application.demo import DemoPlan, UnableToRunDemoError, demo_clerk, load_county, run_demo_night
from zaikong.application.demo.applications import load_applications
from zaikong.application.grading import grade_accounts, standing_facts
from zaikong.application.night import STEPS, UnableToRunNightError, run_night
from zaikong.application.proving import prove_balances
from zaikong.application.warning import warn
from zaikong.domain.billing.schedule import Settlement
from zaikong.domain.registry.application import CATEGORIES
from zaikong.store import models

PLAN = DemoPlan(
    seed=7,
    enterprises=30,
    residents=50,
    history_start=date(2025, 5, 1),
    first_night=date(2025, 7, 30),
    last_night=date(2025, 8, 3),
)
MONTH_END = date(2025, 7, 31)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def county(django_db_setup, django_db_blocker, tmp_path_factory):
    """The county with the interim bills of July out and the nights of 30 and 31 July closed."""
    before = os.environ["ZAIKONG_VAR"]
    os.environ["ZAIKONG_VAR"] = str(tmp_path_factory.mktemp("county"))
    with django_db_blocker.unblock():
        drawn = load_county(PLAN)
        clerk = demo_clerk()
        for day in range(1, PLAN.first_night.day):
            run_settlements(run_date=date(2025, 7, day))
        for night in (PLAN.first_night, MONTH_END):
            run_demo_night(drawn, business_date=night, clerk=clerk)
        yield drawn
        call_command("flush", interactive=False, verbosity=0)
        connection.close()
    os.environ["ZAIKONG_VAR"] = before


@pytest.fixture
def clerk(county):
    return demo_clerk()


def counts() -> dict[str, int]:
    tables = (
        models.Leg,
        models.Bill,
        models.BillLine,
        models.Payment,
        models.DailyUse,
        models.RegisterReading,
        models.GradeMove,
        models.RiskWarning,
    )
    return {table.__name__: table.objects.count() for table in tables}


def test_every_account_of_the_county_has_a_bill_or_a_draft_for_the_month(county):
    billed = set(models.Bill.objects.filter(month=202507).exclude(kind="interim").values_list("account_id", flat=True))
    held = set(models.BillDraft.objects.filter(month=202507).values_list("account_id", flat=True))

    assert billed | held == set(models.Account.objects.values_list("id", flat=True))
    assert billed & held == set()


def test_the_lines_of_every_bill_add_up_to_its_total(county):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM zaikong_bill b WHERE b.kind <> 'imported' AND b.total_fen <> "
            "(SELECT coalesce(sum(l.amount_fen), 0) FROM zaikong_billline l WHERE l.bill_id = b.id)"
        )
        assert cursor.fetchone()[0] == 0


def test_every_month_bill_is_of_the_energy_that_was_metered(county):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.category, sum(b.centi_kwh - b.loss_centi_kwh), sum(u.centi_kwh) FROM zaikong_bill b "
            "JOIN zaikong_account a ON a.id = b.account_id JOIN LATERAL (SELECT sum(centi_kwh) AS centi_kwh "
            "FROM zaikong_dailyuse WHERE account_id = b.account_id AND current AND use_date >= b.from_date "
            "AND use_date < b.to_date) u ON true WHERE b.month = 202507 AND b.kind IN ('periodic', 'closing') GROUP BY 1"
        )
        metered = {category: (billed, used) for category, billed, used in cursor.fetchall()}

    assert set(metered) >= {"residential", "agricultural", "public", "industrial"}
    assert all(billed == used > 0 for billed, used in metered.values()), metered


def test_interim_bills_and_the_closing_bill_make_the_whole_month(county):
    closings = models.Bill.objects.filter(kind="closing", month=202507)
    assert closings.count() > 0
    for closing in closings:
        interim = models.Bill.objects.filter(account=closing.account, month=202507, kind="interim")
        assert interim.count() == closing.account.settlements_a_month - 1
        assert closing.other_fen == -sum(bill.total_fen for bill in interim) < 0
        assert closing.from_date == date(2025, 7, 1)


def test_the_day_book_foots_and_the_ledger_is_zero(county):
    figures = models.DayBook.objects.get(business_date=MONTH_END).figures

    assert sum(row["closing_fen"] for row in figures["balances"]) == 0
    assert figures["receivable_open_fen"] == figures["open_fen"] == sum(figures["ageing"].values())
    assert figures["issued_bills"] == models.Bill.objects.filter(issued_date=MONTH_END).count()


def test_stored_balances_are_what_the_legs_say(county):
    assert prove_balances(as_of=MONTH_END) == []


def test_the_month_is_closed_on_its_last_day(county):
    assert list(models.MonthClose.objects.values_list("month", flat=True)) == [202507]


def test_every_account_has_a_grade_and_every_grade_its_reasons(county):
    standings = models.CreditStanding.objects.all()
    assert standings.count() == models.Account.objects.count()
    assert set(standings.values_list("as_of_date", flat=True)) == {MONTH_END}
    first = models.GradeMove.objects.filter(grade_before=0)
    assert first.count() == models.Account.objects.count()
    for move in models.GradeMove.objects.filter(grade__lt=6):
        assert move.reasons, move
        assert set(move.facts) >= {"overdue_12m", "arrears_fen", "bills_12m"}
    assert models.GradeMove.objects.exclude(entries=[]).exists()


def test_the_arrears_a_grade_rests_on_are_those_of_the_ledger(county):
    for move in models.GradeMove.objects.exclude(entries=[]).filter(moved_date=MONTH_END):
        overdue = models.OpenItem.objects.filter(account=move.account, due_date__lt=MONTH_END)
        assert move.facts["arrears_fen"] == sum(overdue.values_list("open_fen", flat=True))


def test_whoever_is_overdue_is_warned_of_once_a_cause(county):
    overdue = set(
        models.OpenItem.objects.filter(open_fen__gt=0, due_date__lt=MONTH_END).values_list("account_id", flat=True)
    )
    exposed = set(models.AccountExposure.objects.filter(exposure_fen__gte=100).values_list("account_id", flat=True))
    warned = models.RiskWarning.objects.filter(cause="BILL_OVERDUE", closed_date=None)
    assert set(warned.values_list("account_id", flat=True)) == overdue & exposed
    assert len(overdue & exposed) > 0


def test_a_warning_closes_by_itself_and_is_not_told_twice(county):
    warning = models.RiskWarning.objects.filter(cause="BILL_OVERDUE", closed_date=None).first()
    facts = standing_facts(as_of=MONTH_END)
    grades = pl.DataFrame(list(models.CreditStanding.objects.values("account", "grade")), schema=["account", "grade"])
    paid = pl.when(pl.col("account") == warning.account_id).then(0).otherwise(pl.col("days_overdue"))

    warn(facts.with_columns(days_overdue=paid.cast(pl.Int64)), grades, as_of=MONTH_END)
    closed = models.RiskWarning.objects.get(pk=warning.pk)
    again = warn(facts, grades, as_of=MONTH_END)

    assert closed.closed_date == MONTH_END
    assert models.RiskWarning.objects.get(pk=warning.pk).closed_date == MONTH_END
    assert again.moves.get("open", 0) == 0
    higher = pl.when(pl.col("account") == warning.account_id).then(99).otherwise(pl.col("days_overdue"))
    warn(facts.with_columns(days_overdue=higher.cast(pl.Int64)), grades, as_of=MONTH_END)
    reopened = models.RiskWarning.objects.get(pk=warning.pk)
    assert (reopened.closed_date, reopened.level) == (None, 4)


def test_a_grade_never_moves_without_a_reason_and_moves_down_at_once(county):
    facts = standing_facts(as_of=MONTH_END)
    best = models.CreditStanding.objects.order_by("-grade", "account").first()
    worse = pl.when(pl.col("account") == best.account_id)
    late = facts.with_columns(
        overdue_12m=worse.then(12).otherwise(pl.col("overdue_12m")).cast(pl.Int64),
        on_time_12m=worse.then(0).otherwise(pl.col("on_time_12m")).cast(pl.Int64),
        bills_12m=worse.then(12).otherwise(pl.col("bills_12m")).cast(pl.Int64),
        months_known=worse.then(12).otherwise(pl.col("months_known")).cast(pl.Int64),
        longest_overdue_days=worse.then(200).otherwise(pl.col("longest_overdue_days")).cast(pl.Int64),
    )
    done, _ = grade_accounts(late, as_of=date(2025, 8, 1))
    move = models.GradeMove.objects.get(account=best.account_id, moved_date=date(2025, 8, 1))
    assert (move.grade_before, done.down >= 1) == (best.grade, True)
    assert move.grade < best.grade
    assert {reason["code"] for reason in move.reasons} >= {"OVERDUE_OFTEN", "OVERDUE_LONG"}


def test_applications_of_every_category_came_in_with_papers_grades_and_some_overrides(county):
    applications, grades = models.ConnectionApplication.objects.all(), models.FirstGrade.objects.all()
    assert applications.count() == 32
    assert set(applications.values_list("category", flat=True)) == set(CATEGORIES)
    assert set(grades.values_list("application__category", flat=True)) == set(CATEGORIES)
    assert grades.filter(overridden=None).count() == 25
    assert 0 < grades.filter(missing__contains=[{"kind": "paper"}]).count() < 28
    assert grades.exclude(overridden=None).exclude(override_reason="").count() == 5
    assert grades.filter(facts__earlier_accounts__0__bills__gt=0).exists()


def test_applications_taken_in_again_change_nothing(county):
    assert load_applications(county, first_night=PLAN.first_night) == 0
    assert models.ConnectionApplication.objects.count() == 32


def test_a_closed_night_run_again_changes_nothing(county):
    before = counts()

    report = run_night(business_date=MONTH_END)

    assert [step.skipped for step in report.steps] == [True] * len(STEPS)
    assert counts() == before


def test_a_demo_run_again_passes_over_the_nights_that_are_closed(county, clerk):
    report = run_demo_night(county, business_date=PLAN.first_night, clerk=clerk)

    assert [step.skipped for step in report.steps] == [True] * len(STEPS)


def test_the_steps_of_a_closed_night_run_again_change_nothing(county):
    before, figures = counts(), models.DayBook.objects.get(business_date=MONTH_END).figures
    from zaikong.application.demo.county import demo_folder

    inbox = demo_folder() / "inbox" / str(MONTH_END)
    report = run_night(business_date=MONTH_END, inbox=inbox, from_step="readings")

    assert [step.skipped for step in report.steps] == [False] * len(STEPS)
    assert counts() == before
    assert models.DayBook.objects.get(business_date=MONTH_END).figures == figures


def test_bills_run_twice_are_posted_once(county):
    before = counts()

    reports = run_settlements(run_date=MONTH_END)

    assert reports != []
    assert {report.skipped for report in reports} == {True}
    assert counts() == before


@pytest.mark.parametrize(
    ("night", "code"),
    [(date(2025, 8, 5), "NIGHT_SKIPPED"), (date(2025, 7, 1), "NIGHT_PAST")],
)
def test_a_night_out_of_order_is_refused(county, night, code):
    with pytest.raises(UnableToRunNightError) as refusal:
        run_night(business_date=night)
    assert refusal.value.code == code


def test_an_unknown_step_is_refused_with_the_steps_there_are(county):
    with pytest.raises(UnableToRunNightError, match="dusk") as refusal:
        run_night(business_date=MONTH_END, from_step="dusk")
    assert "readings" in refusal.value.remedy


def test_another_county_is_refused_while_one_is_loaded(county):
    with pytest.raises(UnableToRunDemoError) as refusal:
        load_county(DemoPlan(seed=8))
    assert refusal.value.code == "OTHER_COUNTY"


def test_a_correction_reverses_bills_again_and_keeps_the_books_straight(county, clerk):
    bill = models.Bill.objects.filter(kind="periodic", month=202507, total_fen__gt=1000).order_by("id").first()
    half = {"flat": bill.centi_kwh // 2}

    done = correct_bill(bill.pk, staff=clerk, reason="抄错", as_of=date(2025, 8, 1), use_centi_kwh=half)

    reversal, rebill = models.Bill.objects.get(pk=done.reversal), models.Bill.objects.get(pk=done.rebill)
    assert (reversal.total_fen, reversal.centi_kwh, reversal.reverses_id) == (-bill.total_fen, -bill.centi_kwh, bill.pk)
    assert done.difference_fen == rebill.total_fen - bill.total_fen < 0
    assert rebill.centi_kwh == half["flat"]
    assert models.OpenItem.objects.get(pk=bill.pk).open_fen == 0
    assert prove_balances(as_of=date(2025, 8, 1)) == []
    with pytest.raises(UnableToCorrectBillError) as refusal:
        correct_bill(bill.pk, staff=clerk, reason="再来", as_of=date(2025, 8, 1))
    assert refusal.value.code == "BILL_REVERSED"


def test_a_correction_without_a_new_bill_gives_paid_money_back_as_prepaid(county, clerk):
    paid = models.OpenItem.objects.filter(open_fen=0, amount_fen__gt=0, bill__kind="imported").order_by("pk").first()
    prepaid = models.AccountBalance.objects.get(account_id=paid.account_id).prepaid_fen
    open_fen = sum(models.OpenItem.objects.filter(account_id=paid.account_id).values_list("open_fen", flat=True))

    done = correct_bill(paid.pk, staff=clerk, reason="重复发行", as_of=date(2025, 8, 1), rebill=False)

    assert done.rebill is None
    assert done.freed_fen >= paid.amount_fen
    balance = models.AccountBalance.objects.get(account_id=paid.account_id)
    after = sum(models.OpenItem.objects.filter(account_id=paid.account_id).values_list("open_fen", flat=True))
    # the freed money pays what else is open, the rest stays prepaid; late fee on it may take some
    assert balance.prepaid_fen - prepaid + open_fen - after <= done.freed_fen
    assert balance.prepaid_fen - prepaid + open_fen - after > 0
    assert prove_balances(as_of=date(2025, 8, 1)) == []


def test_a_corrected_interim_bill_is_taken_off_by_the_closing_bill(county, clerk):
    closing = models.Bill.objects.filter(month=202507, kind="closing").first()
    correct_bill(closing.pk, staff=clerk, reason="抄错", as_of=date(2025, 8, 1), rebill=False)
    interim = models.Bill.objects.filter(account=closing.account, month=202507, kind="interim").first()
    less = {"flat": interim.centi_kwh // 2}
    done = correct_bill(interim.pk, staff=clerk, reason="抄错", as_of=date(2025, 8, 1), use_centi_kwh=less)
    assert models.Bill.objects.get(pk=done.rebill).kind == "interim"
    settlement = Settlement(
        closing.account.settlements_a_month, closing.sequence, "closing", closing.from_date, closing.to_date
    )
    _, rated = rate_again(closing.account_id, settlement)
    standing = models.Bill.objects.filter(account=closing.account, month=202507, kind="interim", reversals=None)
    assert done.rebill in {bill.pk for bill in standing}
    assert rated.bills["other_fen"].to_list() == [-sum(bill.total_fen for bill in standing)]


@pytest.mark.parametrize(("bill", "reason", "code"), [(10**9, "x", "BILL_UNKNOWN"), (1, "  ", "REASON_MISSING")])
def test_a_correction_that_cannot_be_is_refused(county, clerk, bill, reason, code):
    with pytest.raises(UnableToCorrectBillError) as refusal:
        correct_bill(bill, staff=clerk, reason=reason, as_of=date(2025, 8, 1))
    assert refusal.value.code == code


def held_draft(county) -> models.BillDraft:
    """A bill that a check holds: an account of a book that is not there."""
    account = models.Account.objects.filter(settlements_a_month=1).order_by("-id").first()
    draft = models.BillDraft.objects.filter(state="held").order_by("id").first()
    if draft is None:
        run = models.BillRun.objects.order_by("id").last()
        bill = models.Bill.objects.filter(account=account, kind="periodic").order_by("-id").first()
        fields = {
            field.name: getattr(bill, field.name)
            for field in models.BillDraft._meta.fields
            if hasattr(bill, field.name)
        }
        fields.pop("id")
        lines = [
            {
                "line": 1,
                "item": "ENERGY",
                "quantity": bill.centi_kwh,
                "unit": "kwh",
                "price_e8": 0,
                "amount_fen": bill.total_fen,
                "from_day": 20270,
                "to_day": 20300,
                "price_from_day": None,
            }
        ]
        draft = models.BillDraft.objects.create(
            **{**fields, "run": run, "lines": lines, "sequence": 90, "state": "held"}
        )
    return draft


def test_a_held_bill_is_released_once_with_a_reason(county, clerk):
    draft = held_draft(county)
    with pytest.raises(UnableToDecideDraftError) as refusal:
        release_draft(draft.pk, staff=clerk, reason=" ", as_of=date(2025, 8, 1))
    assert refusal.value.code == "REASON_MISSING"

    bill = release_draft(draft.pk, staff=clerk, reason="核实", as_of=date(2025, 8, 1))

    assert (bill.total_fen, bill.issued_date) == (draft.total_fen, date(2025, 8, 1))
    with pytest.raises(UnableToDecideDraftError) as refusal:
        discard_draft(draft.pk, staff=clerk, reason="晚了", as_of=date(2025, 8, 1))
    assert refusal.value.code == "DRAFT_DECIDED"
    assert prove_balances(as_of=date(2025, 8, 1)) == []


def test_a_held_bill_rated_again_is_discarded_and_replaced(county, clerk):
    draft = held_draft(county)

    rerate_draft(draft.pk, staff=clerk, reason="资料已补", as_of=date(2025, 8, 1))

    assert models.BillDraft.objects.get(pk=draft.pk).state == "discarded"
    assert models.BillRun.objects.filter(key=f"rerate/{draft.pk}").count() == 1


def test_a_draft_that_is_not_there_is_refused(county, clerk):
    with pytest.raises(UnableToDecideDraftError) as refusal:
        discard_draft(10**9, staff=clerk, reason="x", as_of=date(2025, 8, 1))
    assert refusal.value.code == "DRAFT_UNKNOWN"


def test_a_step_that_fails_leaves_the_night_to_go_on_from_it(county, clerk, monkeypatch):
    night = date(2025, 8, 1)

    def broken(**_):
        raise ConnectionError("database gone")

    with monkeypatch.context() as patch:
        patch.setitem(STEPS, "exposure", broken)
        with pytest.raises(ConnectionError):
            run_demo_night(county, business_date=night, clerk=clerk)
    done = list(models.NightStep.objects.filter(night__business_date=night, done=True).values_list("name", flat=True))
    assert done == ["readings", "switches", "payments", "bills", "prepaid", "proof"]

    report = run_demo_night(county, business_date=night, clerk=clerk)

    assert [step.name for step in report.steps if not step.skipped] == [
        "exposure",
        "scores",
        "grades",
        "balances",
        "cases",
        "ladder",
        "breaches",
        "day_book",
        "month_close",
        "snapshot",
    ]
    assert models.Night.objects.get(business_date=night).closed


def test_a_night_killed_in_the_middle_goes_on_and_books_nothing_twice(county, clerk):
    from zaikong.application.demo.county import demo_folder, payment_plan, write_payments
    from zaikong.sim.county import write_readings

    night = date(2025, 8, 1)
    inbox = demo_folder() / "inbox" / str(night)
    write_readings(county, night, inbox)
    write_payments(payment_plan(county), [night], inbox)
    settings = connection.settings_dict
    url = f"postgresql://postgres@/{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}"
    for step in ("readings", "payments", "exposure"):
        with subprocess.Popen(
            [str(Path(sys.executable).parent / "zaikong"), "night", "--date", str(night), "--inbox", str(inbox)],
            env={**os.environ, "DATABASE_URL": url},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as process:
            for line in process.stderr:
                if line.strip() == step:
                    process.send_signal(signal.SIGKILL)
                    break

    report = run_demo_night(county, business_date=night, clerk=clerk)

    assert {step.name for step in report.steps} == set(STEPS)
    assert models.Night.objects.get(business_date=night).closed
    taken = models.Payment.objects.filter(booked_date=night)
    assert taken.values("channel", "channel_ref").distinct().count() == taken.count()
    assert prove_balances(as_of=night) == []
    readings = models.RegisterReading.objects.filter(night_date=night)
    assert readings.values("meter_no", "register", "read_at", "value_centi").distinct().count() >= readings.count() - 5


def test_the_head_of_the_decision_log_leaves_with_the_snapshot(county):
    told = models.NightStep.objects.filter(name="snapshot").latest("night__business_date").manifest
    seq, _, head = told["decision_log_head"].partition(":")
    assert models.DecisionRecord.objects.get(seq=int(seq)).hash == head


def test_the_snapshot_of_a_night_holds_every_account(county):
    import polars as pl

    from zaikong.store.server import var_folder

    frame = pl.read_parquet(var_folder() / "snapshots" / f"date={MONTH_END}" / "accounts.parquet")

    assert frame.height == models.Account.objects.count()
    assert frame["as_of_day"].unique().to_list() == [(MONTH_END - date(1970, 1, 1)) // timedelta(days=1)]


def test_every_line_of_the_month_follows_from_its_quantity_and_price_and_names_its_clause(county):
    bills = models.Bill.objects.filter(month=202507).exclude(kind="imported")
    lines = [line for bill in bills for line in explain_bill(bill)]

    assert len(lines) > bills.count()
    assert [line for line in lines if not line.follows or not line.clause] == []
