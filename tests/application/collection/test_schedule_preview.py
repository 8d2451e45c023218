"""Is the schedule shown the one that would be written, and is nothing written?"""

from datetime import date

import pytest

from collection_desk import at, make_staff, opened
from zaikong.application.collection.instalments import UnableToAgreeInstalmentsError, propose_instalments
from zaikong.application.collection.schedule_preview import preview_instalments
from zaikong.store.models import CaseEvent, Instalment, InstalmentAgreement

pytestmark = pytest.mark.django_db

TERMS = {"count": 3, "first_date": date(2025, 7, 28)}


def test_the_schedule_is_shown_and_nothing_is_written():
    case, _bill = opened("4100000001", 500_000)
    staff = make_staff()
    before = CaseEvent.objects.count()
    shown = preview_instalments(case=case.pk, staff=staff, at=at(21), **TERMS)
    assert (InstalmentAgreement.objects.count(), CaseEvent.objects.count()) == (0, before)
    draft = propose_instalments(case=case.pk, staff=staff, at=at(21), **TERMS)
    written = Instalment.objects.filter(agreement=draft).order_by("number")
    assert shown.parts == tuple(written.values_list("number", "due_date", "amount_fen"))
    assert (shown.acknowledged_fen, shown.bills) == (draft.acknowledged_fen, 1)


def test_what_the_proposal_refuses_is_refused():
    case, _bill = opened("4100000001", 500_000)
    with pytest.raises(UnableToAgreeInstalmentsError) as refusal:
        preview_instalments(case=case.pk, staff=make_staff(), at=at(21), count=3, first_date=date(2025, 7, 20))
    assert refusal.value.code == "SCHEDULE_WRONG"
