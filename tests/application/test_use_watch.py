from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from ledger_desk import make_account
from zaikong.application.use_watch import UnableToWatchUseError, Watched, watch_use
from zaikong.store.models import Account, DailyUse, UseCollapse
from zaikong.store.queries import use_collapses as queries

pytestmark = pytest.mark.django_db

START = date(2025, 6, 2)
FALL = START + timedelta(60)
LEVEL = 100_00


def use(account, amounts, *, source="measured"):
    """One day after the other from the start."""
    days = [START + timedelta(step) for step in range(len(amounts))]
    DailyUse.objects.bulk_create(
        DailyUse(account=account, use_date=day, centi_kwh=amount, source=source, known_date=day)
        for day, amount in zip(days, amounts, strict=True)
    )


def watch(first, last):
    """What each business date from the first to before the last changed: days after the fall to counts."""
    told = {}
    for step in range(first, last):
        seen = watch_use(as_of=FALL + timedelta(step))
        changes = {name: getattr(seen, name) for name in ("opened", "escalated", "recovered", "settled", "holiday")}
        told |= {step: {name: count for name, count in changes.items() if count}} if any(changes.values()) else {}
    return told


def rows():
    return list(UseCollapse.objects.values_list("onset_date", "alarm_date", "stopped_date", "ended_date", "outcome"))


@pytest.fixture
def factory():
    return make_account("4100000001", category="industrial")


def test_a_stop_is_kept_from_its_first_low_day_to_its_recovery(factory):
    use(factory, [LEVEL] * 60 + [0] * 15 + [LEVEL] * 20)
    assert watch(-5, 30) == {6: {"opened": 1}, 22: {"recovered": 1}}
    seen, ended = FALL + timedelta(7), FALL + timedelta(23)
    assert rows() == [(FALL, seen, seen, ended, "recovered")]


def test_a_drop_that_becomes_a_stop_keeps_both_dates(factory):
    use(factory, [LEVEL] * 60 + [LEVEL // 2] * 15 + [0] * 15)
    assert watch(-5, 30) == {6: {"opened": 1}, 19: {"escalated": 1}}
    assert rows() == [(FALL, FALL + timedelta(7), FALL + timedelta(20), None, "")]
    facts = queries.standing_facts(night=FALL + timedelta(30)).rows()
    assert facts == [(factory.pk, "stop", 30, LEVEL, 0)]
    assert [row.account_id for row in queries.of_account(factory.pk)] == [factory.pk]


@pytest.mark.parametrize("step", [6, 19, 23])
def test_a_date_watched_again_writes_the_same(factory, step):
    use(factory, [LEVEL] * 60 + [LEVEL // 2] * 15 + [0] * 3 + [LEVEL] * 20)
    watch(-5, step)
    once = watch_use(as_of=FALL + timedelta(step))
    kept = rows()
    assert watch_use(as_of=FALL + timedelta(step)) == once
    assert rows() == kept


def test_a_corrected_reading_takes_an_alarm_of_the_same_night_back(factory):
    use(factory, [LEVEL] * 60 + [0] * 7)
    assert watch(0, 7) == {6: {"opened": 1}}
    DailyUse.objects.filter(use_date=FALL).update(centi_kwh=LEVEL)
    assert watch_use(as_of=FALL + timedelta(6)) == Watched(0, 0, 0, 0, 0, 0)
    assert rows() == []


def test_an_earlier_date_is_refused_once_a_later_one_was_watched(factory):
    use(factory, [LEVEL] * 60 + [0] * 10)
    watch(0, 8)
    with pytest.raises(UnableToWatchUseError) as caught:
        watch_use(as_of=FALL + timedelta(5))
    assert caught.value.code == "LATER_NIGHT_SEEN"


def test_homes_closed_accounts_replaced_and_estimated_use_are_not_watched(factory):
    home = make_account("4100000002")
    closed = make_account("4100000003", category="business", closed_date=FALL)
    guessed = make_account("4100000004", category="business")
    for account in (home, closed):
        use(account, [LEVEL] * 60 + [0] * 10)
    use(guessed, [LEVEL] * 60)
    use(factory, [LEVEL] * 70)
    DailyUse.objects.create(
        account=factory, use_date=FALL, centi_kwh=0, source="measured", known_date=FALL, current=False
    )
    assert watch(0, 9) == {}


def test_accounts_are_taken_in_ranges_that_leave_none_out(factory, monkeypatch):
    monkeypatch.setattr(queries, "_ACCOUNTS_AT_A_TIME", 2)
    others = [make_account(f"410000001{place}", category="business") for place in range(4)]
    for account in (factory, *others):
        use(account, [LEVEL] * 60 + [0] * 7)
    assert len(list(queries.watched_accounts(as_of=FALL))) == 3
    assert watch_use(as_of=FALL + timedelta(6)).opened == 5


def test_a_collapse_of_an_account_closed_since_ends_in_time(factory):
    use(factory, [LEVEL] * 60 + [0] * 8)
    watch(6, 7)
    Account.objects.filter(pk=factory.pk).update(closed_date=FALL + timedelta(8))
    assert watch_use(as_of=FALL + timedelta(20)).standing == 1
    assert watch_use(as_of=FALL + timedelta(80)) == Watched(0, 0, 0, 0, 1, 0)
    assert UseCollapse.objects.get().outcome == "settled"


def test_around_the_spring_festival_nothing_is_kept(factory):
    start = date(2024, 11, 4)
    days = 100
    DailyUse.objects.bulk_create(
        DailyUse(
            account=factory,
            use_date=start + timedelta(step),
            centi_kwh=LEVEL if start + timedelta(step) < date(2025, 1, 20) else 0,
            source="measured",
            known_date=start,
        )
        for step in range(days)
    )
    assert watch_use(as_of=date(2025, 2, 1)) == Watched(0, 0, 0, 0, 0, 1)
    assert rows() == []


def test_without_accounts_nothing_is_seen():
    assert watch_use(as_of=FALL) == Watched(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"onset_date": date(2025, 8, 20)},
        {"ended_date": date(2025, 9, 1)},
        {"outcome": "settled"},
        {"ended_date": date(2025, 8, 10), "outcome": "settled"},
    ],
)
def test_the_table_refuses_a_collapse_that_cannot_be(factory, wrong):
    whole = {"account": factory, "onset_date": FALL, "alarm_date": date(2025, 8, 10), "usual_centi_kwh": LEVEL}
    with pytest.raises(IntegrityError), transaction.atomic():
        UseCollapse.objects.create(**whole | wrong)


def test_the_table_holds_one_standing_collapse_an_account(factory):
    whole = {"account": factory, "onset_date": FALL, "usual_centi_kwh": LEVEL}
    UseCollapse.objects.create(**whole, alarm_date=date(2025, 8, 10))
    with pytest.raises(IntegrityError), transaction.atomic():
        UseCollapse.objects.create(**whole, alarm_date=date(2025, 8, 11))
