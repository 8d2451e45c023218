"""Guarantees are recorded, renewed and ended; coverage and ladder are read over what is owed."""

from dataclasses import replace
from datetime import date

import pytest

from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.guarantees import (
    GuaranteeGiven,
    UnableToKeepGuaranteeError,
    add_guarantee,
    end_guarantee,
    guarantee_coverage,
    lapsing_guarantees,
    renew_guarantee,
)
from zaikong.application.payments import credit
from zaikong.store.models import DecisionRecord, Station

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)
GIVEN = GuaranteeGiven(
    kind="third_party",
    guarantor="光明商贸有限公司",
    document_no="BZ-1",
    maximum_fen=8_000,
    from_date=date(2025, 1, 1),
    to_date=date(2025, 8, 7),
    joint=True,
)


@pytest.fixture
def clerk():
    return entitled("clerk", "draft_supplycontract")


@pytest.fixture
def manager():
    return entitled("manager", "approve_collectioncase")


@pytest.fixture
def account():
    """A business that owes 100 yuan since 1 July, with 6 yuan of late fee; billed to the end of June."""
    made = make_account(category="business")
    release([(made, 202506, date(2025, 7, 1), 10_000)])
    return made


def add(staff, **change):
    return add_guarantee(account_no="4100000001", given=replace(GIVEN, **change), staff=staff, as_of=TODAY)


def end(row, staff, state="released", reason="已结清", as_of=TODAY):
    return end_guarantee(guarantee=row.pk, state=state, reason=reason, staff=staff, as_of=as_of)


def refused(act, *given, **named):
    with pytest.raises(UnableToKeepGuaranteeError) as caught:
        act(*given, **named)
    return caught.value.code


def test_a_guarantee_covers_principal_and_late_fee_up_to_its_maximum(account, clerk):
    row = add(clerk)
    assert (row.state, row.recorded_by, row.recorded_date) == ("in_force", clerk, TODAY)
    assert guarantee_coverage(as_of=TODAY).rows() == [(account.pk, 10_600, 8_000, 2_600)]
    add(clerk, document_no="BZ-2")
    assert guarantee_coverage(as_of=TODAY).rows() == [(account.pk, 10_600, 10_600, 0)]
    assert [record.kind for record in DecisionRecord.objects.filter(seq__gt=1)] == ["guarantee_added"] * 2


def test_what_is_paid_is_no_longer_covered(account, clerk):
    add(clerk)
    credit(batch(receipt("r1", "4100000001", 10_600, "2025-07-31")), booked_date=TODAY)
    assert guarantee_coverage(as_of=TODAY).rows() == []


def test_nothing_recorded_covers_nothing(account):
    assert guarantee_coverage(as_of=TODAY).rows() == []
    assert lapsing_guarantees(as_of=TODAY).rows() == []


def test_the_ladder_tells_cover_and_claim_with_what_is_at_stake(account, clerk):
    row = add(clerk)
    assert lapsing_guarantees(as_of=TODAY).rows() == [(row.pk, account.pk, "cover", 7, 8_000)]
    later = date(2026, 1, 1)
    assert lapsing_guarantees(as_of=later).rows() == [
        (row.pk, account.pk, "cover", 0, 8_000),
        (row.pk, account.pk, "claim", 7, 10_000 + 20 * 183 + 30),
    ]
    lapsed = lapsing_guarantees(as_of=date(2026, 1, 2)).filter(ending="claim")
    assert lapsed["rung_days"].to_list() == [0]
    assert guarantee_coverage(as_of=date(2026, 1, 2))["covered_fen"].to_list() == [0]


def test_an_agreed_period_is_kept(account, clerk):
    add(clerk, period_months=24)
    assert guarantee_coverage(as_of=date(2026, 1, 2))["covered_fen"].to_list() == [8_000]


def test_a_renewal_follows_without_a_gap_and_once(account, clerk):
    old = add(clerk)
    new = replace(GIVEN, document_no="BZ-2", from_date=old.to_date, to_date=date(2026, 8, 7))
    renew = {"guarantee": old.pk, "staff": clerk, "as_of": TODAY}
    late = replace(new, from_date=date(2025, 8, 8))
    assert refused(renew_guarantee, **renew, given=late) == "GAP_LEFT"
    made = renew_guarantee(**renew, given=new)
    assert (made.renews, made.state) == (old, "in_force")
    assert refused(renew_guarantee, **renew, given=replace(new, document_no="BZ-3")) == "RENEWED_ALREADY"
    assert guarantee_coverage(as_of=TODAY)["covered_fen"].to_list() == [8_000]


def test_a_guarantee_ends_once_by_somebody_who_may_approve(account, clerk, manager):
    row = add(clerk)
    assert refused(end, row, clerk) == "NOT_ENTITLED"
    assert refused(end, row, manager, state="lost") == "STATE_UNKNOWN"
    assert refused(end, row, manager, reason=" ") == "REASON_MISSING"
    assert (end(row, manager).state, row.renews) == ("released", None)
    assert refused(end, row, manager) == "GUARANTEE_ENDED"
    assert guarantee_coverage(as_of=TODAY).rows() == []
    new = replace(GIVEN, document_no="BZ-2")
    assert refused(renew_guarantee, guarantee=row.pk, given=new, staff=clerk, as_of=TODAY) == "GUARANTEE_ENDED"


def test_a_guarantee_does_not_expire_while_it_secures_a_debt(account, clerk, manager):
    row = add(clerk)
    assert refused(end, row, manager, state="expired") == "NOT_YET_EXPIRED"
    assert refused(end, row, manager, state="expired", as_of=date(2025, 8, 7)) == "DEBT_SECURED"
    assert end(row, manager, state="expired", as_of=date(2026, 1, 2)).ended_date == date(2026, 1, 2)
    bank = add(clerk, kind="bank", document_no="BH-1")
    assert end(bank, manager, state="expired", as_of=date(2025, 8, 7)).state == "expired"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "deposit"}, "KIND_UNKNOWN"),
        ({"guarantor": " "}, "GUARANTOR_MISSING"),
        ({"document_no": " "}, "DOCUMENT_MISSING"),
        ({"maximum_fen": 0}, "MAXIMUM_WRONG"),
        ({"to_date": date(2025, 1, 1)}, "PERIOD_WRONG"),
        ({"period_months": -1}, "PERIOD_WRONG"),
        ({"state_organ": True}, "GUARANTOR_STATE_ORGAN"),
    ],
)
def test_an_unsound_guarantee_is_refused(account, clerk, change, code):
    assert refused(add, clerk, **change) == code


def test_one_document_is_recorded_once_an_account(account, clerk):
    add(clerk)
    assert refused(add, clerk) == "DOCUMENT_KNOWN"


def test_rights_and_sight_are_asked_for(account, clerk, manager):
    row = add(clerk)
    assert refused(add, manager) == "NOT_ENTITLED"
    clerk.station = Station.objects.create(code="S2", name="城东供电所")
    clerk.save()
    assert refused(add, clerk, document_no="BZ-9") == "ACCOUNT_UNKNOWN"
    new = replace(GIVEN, document_no="BZ-2")
    assert refused(renew_guarantee, guarantee=row.pk, given=new, staff=clerk, as_of=TODAY) == "GUARANTEE_UNKNOWN"
