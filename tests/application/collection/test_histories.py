"""Whatever is billed, paid and bounced, on whatever day: does a case stand exactly where something is overdue?"""

from datetime import date, timedelta
from random import Random

import pytest
from django.db.models import Sum

from collection_desk import make_staff
from ledger_desk import batch, make_account, proof, receipt, release
from zaikong.application.collection.ledger import end_of_day
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.promises import UnableToTakePromiseError, take_promise
from zaikong.application.payments import credit
from zaikong.store.models import CaseEvent, CollectionCase, OpenItem, PromiseToPay

pytestmark = pytest.mark.django_db

FIRST = date(2025, 1, 10)


def overdue(account, today):
    items = OpenItem.objects.filter(account=account, open_fen__gt=0, due_date__lt=today)
    return items.aggregate(fen=Sum("open_fen"))["fen"] or 0


def living(account):
    return CollectionCase.objects.filter(account=account).exclude(state="closed").first()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_case_lives_exactly_while_something_is_overdue(seed):
    draw, account, staff = Random(seed), make_account(), make_staff()
    standing, month = [], 202501
    for step in range(45):
        today = FIRST + timedelta(days=step)
        act = draw.choice(["bill", "pay", "pay", "bounce", "promise", "nothing"])
        if act == "bill":
            release(
                [(account, month, today + timedelta(days=draw.randint(1, 8)), draw.randint(1, 20_000))],
                issued_date=today,
            )
            month += 1
        elif act == "pay":
            one = receipt(f"p{step}", account.account_no, draw.randint(1, 15_000), today)
            credit(batch(one), booked_date=today)
            standing.append(one)
        elif act == "bounce" and standing:
            gone = standing.pop(draw.randrange(len(standing)))
            credit(batch({**gone, "kind": "bounce"}), booked_date=today)
        elif act == "promise" and living(account):
            asked = {"amount_fen": draw.randint(1, 5_000), "promised_date": today + timedelta(days=3)}
            words = {"made_by_name": "张三", "channel": "phone", "staff": staff, "at": end_of_day(today)}
            try:
                take_promise(case=living(account).pk, **asked, **words)
            except UnableToTakePromiseError as refusal:
                assert refusal.code in {"PROMISE_OPEN", "AMOUNT_WRONG", "CASE_STATE_WRONG"}  # noqa: PT017 -- either may be
        case, owed = living(account), overdue(account, today)
        if act in {"pay", "bounce"} and case is not None:
            assert case.open_fen == owed > 0
        run_cases(as_of=today)
        case = living(account)
        assert (case.open_fen if case else 0) == owed
        if case is not None:
            assert (case.state == "promised") == PromiseToPay.objects.filter(case=case, state="open").exists()
        events = CaseEvent.objects.count()
        run_cases(as_of=today)
        assert CaseEvent.objects.count() == events
    assert not PromiseToPay.objects.filter(case__state="closed", state="open").exists()
    assert proof(FIRST + timedelta(days=45)) == []
