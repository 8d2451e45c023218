"""Supply is ordered back with the commit that ends its reason, for every reason that ends one and for no other."""

from datetime import date, timedelta

import pytest
from cut_desk import PLANNED, approved, told, warned
from procrastinate.contrib.django.models import ProcrastinateJob

from balance_desk import pay as top_up
from collection_desk import paper
from commanding_desk import CUT_AT, FEN, approved_order, later, metered, pay_in_full, person, technician
from zaikong.application.collection.instalments import approve_instalments, propose_instalments, sign_instalments
from zaikong.application.collection.promises import take_promise
from zaikong.application.collection.protections import protect
from zaikong.application.cutting.executing import record_cut, reserve_cut
from zaikong.application.guarantees import GuaranteeGiven, add_guarantee
from zaikong.application.restoring.carrying import begin_restore, finish_restore
from zaikong.application.restoring.ordering import (
    UnableToOrderRestoreError,
    confirm_safety,
    order_restore,
    restore_ended_cuts,
)
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import (
    CollectionCase,
    CutOrder,
    DecisionRecord,
    FieldOrder,
    PrepaymentAgreement,
    RestoreOrder,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cut():
    """A cut by hand, recorded at its time; the account has a meter on a wire."""
    number = approved_order()
    reserve_cut(order=number, staff=None, at=CUT_AT)
    record_cut(order=number, staff=None, at=CUT_AT)
    return CutOrder.objects.select_related("account", "case").get(pk=number)


def collector(name="collector"):
    return person(name, "handle_collectioncase", "approve_collectioncase")


def waiting():
    return list(ProcrastinateJob.objects.filter(task_name="zaikong.restore").values_list("priority", "args"))


def test_a_payment_in_full_orders_supply_back_with_its_own_commit(cut):
    pay_in_full()
    restore = RestoreOrder.objects.get(cut_order=cut)
    assert (restore.cause, restore.state, restore.since_at) == ("paid", "queued", CUT_AT)
    assert restore.due_by_at == CUT_AT + timedelta(hours=24)
    assert waiting() == [(100, {"order": restore.pk})]


def test_the_clock_begins_when_the_money_was_paid_not_when_it_was_booked(cut):
    pay_in_full(day=date(2025, 8, 13))
    assert RestoreOrder.objects.get().since_at == later(days=1)


def test_a_part_payment_gives_nothing_back(cut):
    pay_in_full(fen=FEN - 1)
    assert not RestoreOrder.objects.exists()
    assert waiting() == []


def test_a_payment_undone_in_its_own_transaction_orders_nothing(cut):
    from django.db import transaction

    class UndoneError(Exception):
        pass

    with pytest.raises(UndoneError), transaction.atomic():
        pay_in_full()
        assert RestoreOrder.objects.exists()
        raise UndoneError
    assert not RestoreOrder.objects.exists()
    assert waiting() == []


def test_paid_twice_ordered_once(cut):
    pay_in_full(ref="a")
    pay_in_full(ref="b")
    restore_ended_cuts(None, at=later(hours=1))
    assert RestoreOrder.objects.count() == 1


def test_money_that_bounces_afterwards_takes_nothing_back(cut):
    pay_in_full()
    pay_in_full(kind="bounce")
    assert RestoreOrder.objects.get().state == "queued"


def test_instalments_that_are_signed_order_supply_back(cut):
    one, two = collector(), collector("manager")
    draft = propose_instalments(case=cut.case_id, count=3, first_date=date(2025, 8, 20), staff=one, at=later(hours=1))
    approve_instalments(agreement=draft.pk, staff=two, at=later(hours=1))
    assert not RestoreOrder.objects.exists()
    sign_instalments(agreement=draft.pk, signed_by_name="张三", evidence=paper(one).pk, staff=one, at=later(hours=2))
    assert RestoreOrder.objects.get().cause == "instalment"


def test_a_protection_orders_supply_back(cut):
    protect(
        account=cut.account_id,
        reason="medical",
        note="呼吸机",
        from_at=later(hours=1),
        to_at=later(days=30),
        review_date=date(2025, 9, 1),
        staff=collector(),
        approved_by=collector("manager"),
        at=later(hours=1),
    )
    assert RestoreOrder.objects.get().cause == "protection"


def test_security_that_is_taken_orders_supply_back(cut):
    given = GuaranteeGiven(
        kind="bank",
        guarantor="光明银行",
        document_no="BH-1",
        maximum_fen=100_000,
        from_date=date(2025, 1, 1),
        to_date=date(2026, 1, 1),
        joint=True,
    )
    add_guarantee(
        account_no=cut.account.account_no,
        given=given,
        staff=person("intake", "draft_supplycontract"),
        as_of=date(2025, 8, 12),
    )
    assert RestoreOrder.objects.get().cause == "security"


def test_a_promise_gives_nothing_back(cut):
    take_promise(
        case=cut.case_id,
        amount_fen=FEN,
        promised_date=date(2025, 8, 14),
        made_by_name="张三",
        channel="phone",
        staff=collector(),
        at=later(hours=1),
    )
    assert restore_ended_cuts(None, at=later(hours=2)) == []


def test_supply_is_ordered_back_by_hand_for_a_cause_only_people_know(cut):
    restore = order_restore(cut_order=cut.pk, cause="authority_order", staff=technician(), at=later(hours=1))
    assert (restore.cause, restore.ordered_by, restore.since_at) == ("authority_order", technician(), later(hours=1))
    with pytest.raises(UnableToOrderRestoreError) as again:
        order_restore(cut_order=cut.pk, cause="wrong_cut", staff=technician(), at=later(hours=1))
    assert again.value.code == "NOT_CUT"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cause": "mercy"}, "CAUSE_UNKNOWN"),
        ({"cut_order": 10**6}, "ORDER_UNKNOWN"),
        ({"staff": "clerk"}, "NO_RIGHT"),
    ],
)
def test_supply_is_not_ordered_back_so(cut, change, code):
    asked = {"cut_order": cut.pk, "cause": "security", "staff": technician(), "at": later(hours=1)} | change
    if change.get("staff"):
        asked["staff"] = person("clerk", "take_payment")
    with pytest.raises(UnableToOrderRestoreError) as refused:
        order_restore(**asked)
    assert refused.value.code == code


def agree(account, **terms):
    return PrepaymentAgreement.objects.create(
        agreement_no=f"YG{account.pk}", account=account, strategy="lv_resident", drafted_at=CUT_AT, **terms
    )


def in_force(draft, staff):
    PrepaymentAgreement.objects.filter(pk=draft.pk).update(
        state="in_force", signed_at=CUT_AT, signed_by_name="张三", evidence=paper(staff), from_date=date(2025, 1, 1)
    )


def test_the_button_of_the_meter_is_the_confirmation_of_safety(cut):
    in_force(agree(cut.account, restore_mode="safe"), collector())
    pay_in_full()
    restore = RestoreOrder.objects.get()
    assert (restore.state, restore.safety_needed) == ("queued", False)
    assert begin_restore(restore=restore.pk, at=later(minutes=1)).verb == "permit_close"
    confirm_safety(restore=restore.pk, confirmed_by="张三", staff=technician(), at=later(minutes=2))
    assert begin_restore(restore=restore.pk, at=later(minutes=3)).verb == "direct_close"


def test_a_breaker_without_a_button_waits_for_a_confirmed_name(cut):
    cut.account.meter_set.update(relay="external")
    in_force(agree(cut.account, restore_mode="safe"), collector())
    pay_in_full()
    restore = RestoreOrder.objects.get()
    assert (restore.state, restore.safety_needed) == ("waiting", True)
    assert begin_restore(restore=restore.pk, at=later(minutes=1)) is None
    with pytest.raises(UnableToOrderRestoreError) as stranger:
        confirm_safety(
            restore=restore.pk, confirmed_by="张三", staff=person("clerk", "take_payment"), at=later(minutes=2)
        )
    assert stranger.value.code == "NO_RIGHT"
    with pytest.raises(UnableToOrderRestoreError) as nameless:
        confirm_safety(restore=restore.pk, confirmed_by=" ", staff=technician(), at=later(minutes=2))
    assert nameless.value.code == "NAME_MISSING"
    confirm_safety(restore=restore.pk, confirmed_by="张三", staff=technician(), at=later(minutes=2))
    assert begin_restore(restore=restore.pk, at=later(minutes=3)).verb == "direct_close"


def test_without_a_wire_two_people_go_within_the_clock(cut):
    cut.account.meter_set.update(relay="none")
    pay_in_full()
    restore = RestoreOrder.objects.get()
    assert begin_restore(restore=restore.pk, at=later(minutes=1)) is None
    begin_restore(restore=restore.pk, at=later(minutes=2))
    work = FieldOrder.objects.get()
    assert (work.kind, work.due_by_at) == ("restore", restore.due_by_at)


def test_supply_that_is_back_opens_the_case_again_and_is_logged_once(cut):
    order_restore(cut_order=cut.pk, cause="wrong_cut", staff=technician(), at=later(hours=1))
    restore = RestoreOrder.objects.get()
    assert CollectionCase.objects.get(pk=cut.case_id).state == "cut"
    for _ in range(2):
        finish_restore(restore=restore.pk, how="remote", at=later(hours=2), staff=None)
    assert CollectionCase.objects.get(pk=cut.case_id).state == "open"
    assert DecisionRecord.objects.filter(kind="supply_restored").count() == 1


def test_a_top_up_that_lifts_the_balance_orders_supply_back():
    account = warned()
    metered(account)
    order = approved(account)
    told(order)
    reserve_cut(order=order, staff=None, at=PLANNED)
    assert record_cut(order=order, staff=None, at=PLANNED).certificate

    top_up(account, 500, PLANNED.astimezone(TIME_ZONE).date())
    assert not RestoreOrder.objects.exists()
    top_up(account, 90_000, PLANNED.astimezone(TIME_ZONE).date())
    assert RestoreOrder.objects.get(cut_order=order).cause == "paid"


def test_money_that_covers_what_is_billed_gives_supply_back_though_no_night_has_estimated_since():
    account = warned()
    metered(account)
    order = approved(account)
    told(order)
    reserve_cut(order=order, staff=None, at=PLANNED)
    record_cut(order=order, staff=None, at=PLANNED)
    much_later = PLANNED.astimezone(TIME_ZONE).date() + timedelta(days=9)

    assert restore_ended_cuts(None, at=PLANNED + timedelta(days=9)) == []
    top_up(account, 90_000, much_later)
    assert RestoreOrder.objects.get(cut_order=order).cause == "paid"
