from datetime import date, datetime

import polars as pl
import pytest
from django.db import IntegrityError, connection, transaction

from ledger_desk import balance_by_gl, batch, make_account, proof, receipt, release, reverse_bill
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import UnableToReadReceiptsError, credit, findings
from zaikong.application.posting import post_legs
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import AccountBalance, Allocation, LateFeeWaiver, Leg, OpenItem, Payment, PaymentChange

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


def take(*rows, on=TODAY):
    return credit(batch(*rows), booked_date=on)


def split(outcome):
    return outcome.select("outcome", "principal_fen", "late_fee_fen", "prepaid_fen").rows()


def test_a_receipt_pays_the_bill_it_meets_and_the_rest_stays_prepaid():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 20), 10_000)])
    outcome = take(receipt("r1", account.account_no, 12_000))
    assert split(outcome) == [("credited", 10_000, 0, 2_000)]
    assert findings(outcome) == []
    assert OpenItem.objects.get(bill_id=bill).open_fen == 0
    stored = AccountBalance.objects.get(account=account)
    assert (stored.receivable_fen, stored.prepaid_fen) == (0, 2_000)
    assert balance_by_gl() == {"1002": 12_000, "2203": -2_000, "6001": -10_000}
    assert proof() == []


def test_money_of_the_counter_lies_in_the_till():
    account = make_account()
    take(receipt("r1", account.account_no, 500, channel="counter"))
    assert balance_by_gl() == {"1001": 500, "2203": -500}


def test_late_fee_runs_to_the_day_paid_not_the_day_booked():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    assert split(take(receipt("r1", account.account_no, 20_000, "2025-07-11"))) == [("credited", 10_000, 100, 9_900)]


def test_other_customers_pay_two_per_mille_a_contract_its_own_rate_and_nothing_after_bankruptcy():
    terms = [
        ("4100000001", {"category": "business"}),
        ("4100000002", {"category": "business", "late_fee_ppm": 3000}),
        ("4100000003", {"category": "business", "bankruptcy_accepted_date": date(2025, 7, 6)}),
    ]
    accounts = [make_account(number, **term) for number, term in terms]
    release([(account, 202506, date(2025, 7, 1), 100_000) for account in accounts])
    rows = [receipt(f"r{place}", account.account_no, 200_000, "2025-07-11") for place, account in enumerate(accounts)]
    assert take(*rows)["late_fee_fen"].to_list() == [2_000, 3_000, 1_000]


def test_principal_first_leaves_the_late_fee_for_the_next_receipt():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    take(receipt("r1", account.account_no, 10_000, "2025-07-11"))
    item = OpenItem.objects.get(bill_id=bill)
    assert (item.open_fen, item.late_fee_fixed_fen, item.late_fee_paid_fen) == (0, 100, 0)
    assert split(take(receipt("r2", account.account_no, 150, "2025-07-21"))) == [("credited", 0, 100, 50)]
    assert proof() == []


def test_late_fee_survives_part_payment_and_runs_on_what_is_left():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    take(receipt("r1", account.account_no, 4_000, "2025-07-11"))
    # 40 yuan for 10 days and 60 yuan for 20 days at 1 per mille
    assert split(take(receipt("r2", account.account_no, 10_000, "2025-07-21"))) == [("credited", 6_000, 160, 3_840)]
    assert OpenItem.objects.get(bill_id=bill).late_fee_fixed_fen == 160
    assert proof() == []


def test_several_receipts_of_one_account_go_in_by_the_day_they_were_paid():
    account = make_account()
    first, second = release([(account, 202505, date(2025, 6, 20), 10_000), (account, 202506, date(2025, 7, 20), 5_000)])
    late = receipt("late", account.account_no, 8_000, "2025-07-30")
    early = receipt("early", account.account_no, 8_000, "2025-06-20")
    outcome = take(late, early)
    # early leaves 20 yuan of the first open for 40 days: 0.80; the second is 10 days late on 51.20... of it
    assert split(outcome) == [("credited", 7_000, 130, 870), ("credited", 8_000, 0, 0)]
    assert [OpenItem.objects.get(bill_id=bill).late_fee_paid_fen for bill in (first, second)] == [80, 50]
    assert proof() == []


def test_a_designated_month_is_settled_first_with_all_its_items():
    account = make_account()
    release(
        [
            (account, 202505, date(2025, 6, 20), 10_000),
            (account, 202506, date(2025, 7, 10), 3_000),
            (account, 202506, date(2025, 7, 20), 4_000),
        ]
    )
    take(receipt("r1", account.account_no, 8_000, "2025-07-10", month=202506))
    opened = dict(OpenItem.objects.values_list("amount_fen", "open_fen"))
    assert opened == {10_000: 9_000, 3_000: 0, 4_000: 0}
    assert proof() == []


def test_a_designated_month_with_nothing_open_falls_back_to_the_oldest():
    account = make_account()
    release([(account, 202505, date(2025, 7, 20), 10_000)])
    assert split(take(receipt("r1", account.account_no, 4_000, month=202401))) == [("credited", 4_000, 0, 0)]


def test_a_disputed_item_is_left_alone_unless_its_payer_names_it():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 20), 10_000)])
    OpenItem.objects.filter(bill_id=bill).update(disputed=True)
    assert split(take(receipt("r1", account.account_no, 4_000))) == [("credited", 0, 0, 4_000)]
    assert apply_prepaid(as_of=TODAY).accounts == 0
    assert split(take(receipt("r2", account.account_no, 4_000, month=202506))) == [("credited", 4_000, 0, 0)]


def test_a_top_up_settles_arrears_and_leaves_what_is_not_due():
    account = make_account()
    release([(account, 202505, date(2025, 7, 10), 3_000), (account, 202506, date(2025, 7, 11), 3_000)])
    topped = take(receipt("r1", account.account_no, 5_000, "2025-07-10", kind="topup"))
    assert split(topped) == [("credited", 3_000, 0, 2_000)]
    assert Payment.objects.get().topup is True


def test_the_same_receipt_ten_times_in_one_file_credits_once():
    account = make_account()
    outcome = take(*[receipt("r1", account.account_no, 500)] * 10)
    assert outcome["outcome"].to_list() == ["credited"] + ["duplicate"] * 9
    assert outcome["prepaid_fen"].to_list() == [500] + [0] * 9
    assert balance_by_gl() == {"1002": 500, "2203": -500}


def test_the_same_file_again_changes_nothing():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    rows = [receipt("r1", account.account_no, 4_000), receipt("r2", "unknown", 100)]
    take(*rows)
    before = balance_by_gl()
    assert take(*rows)["outcome"].to_list() == ["duplicate", "duplicate"]
    assert (balance_by_gl(), Payment.objects.count()) == (before, 2)


def test_the_same_reference_with_another_amount_or_account_is_a_finding_and_no_credit():
    account, other = make_account(), make_account("4100000002")
    take(receipt("r1", account.account_no, 500))
    outcome = take(receipt("r1", account.account_no, 501), receipt("r1", other.account_no, 500))
    assert outcome.select("outcome", "code").rows() == [("refused", "RECEIPT_CONFLICT")] * 2
    assert [finding.subject for finding in findings(outcome)] == ["bank r1", "bank r1"]
    assert balance_by_gl() == {"1002": 500, "2203": -500}


def test_the_same_reference_in_another_channel_is_another_receipt():
    account = make_account()
    outcome = take(receipt("r1", account.account_no, 500), receipt("r1", account.account_no, 500, channel="wechat"))
    assert outcome["outcome"].to_list() == ["credited", "credited"]


def test_money_for_an_unknown_account_is_kept_unallocated():
    outcome = take(receipt("r1", "9999", 700))
    assert outcome.select("outcome", "code").rows() == [("unallocated", "ACCOUNT_UNKNOWN")]
    assert balance_by_gl() == {"1002": 700, "224102": -700}
    assert proof() == []


def test_money_in_transit_pays_nothing_until_it_arrives_and_then_with_the_fee_of_its_day():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    assert split(take(receipt("r1", account.account_no, 10_050, "2025-07-06", kind="in_transit"))) == [
        ("in_transit", 0, 0, 0)
    ]
    assert balance_by_gl() == {"1012": 10_050, "1122": 10_000, "224101": -10_050, "6001": -10_000}
    assert OpenItem.objects.get(bill_id=bill).open_fen == 10_000
    assert proof() == []
    arrived = take(receipt("r1", "", 10_050, "2025-07-31", kind="cleared"))
    assert split(arrived) == [("cleared", 10_000, 50, 0)]
    assert balance_by_gl() == {"1002": 10_050, "6001": -10_000, "6301": -50}
    assert proof() == []


def test_the_payment_row_of_a_receipt_in_transit_clears_it_once():
    account = make_account()
    take(receipt("r1", account.account_no, 500, kind="in_transit"))
    outcome = take(receipt("r1", account.account_no, 500), receipt("r1", account.account_no, 500, kind="cleared"))
    assert outcome["outcome"].to_list() == ["cleared", "duplicate"]
    assert take(receipt("r1", account.account_no, 500, kind="in_transit"))["outcome"].to_list() == ["duplicate"]
    assert balance_by_gl() == {"1002": 500, "2203": -500}


def test_arrival_clearing_and_bounce_may_stand_in_one_file_in_any_order():
    account = make_account()
    rows = [
        receipt("r1", "", 500, kind="bounce"),
        receipt("r1", "", 500, kind="cleared"),
        receipt("r1", account.account_no, 500, kind="in_transit"),
    ]
    assert take(*rows)["outcome"].to_list() == ["bounced", "cleared", "in_transit"]
    assert balance_by_gl() == {}
    changes = list(PaymentChange.objects.order_by("id").values_list("from_state", "to_state", "reason"))
    assert changes == [("in_transit", "credited", "arrived"), ("credited", "bounced", "bounce")]


def test_money_in_transit_for_an_unknown_account_clears_to_unallocated():
    outcome = take(receipt("r1", "9999", 500, kind="in_transit"), receipt("r1", "", 500, kind="cleared"))
    assert outcome["outcome"].to_list() == ["in_transit", "cleared"]
    assert Payment.objects.get().state == "unallocated"
    assert balance_by_gl() == {"1002": 500, "224102": -500}
    assert proof() == []


def test_a_bounce_opens_the_items_again_and_late_fee_runs_as_if_the_money_had_never_come():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    take(receipt("r1", account.account_no, 12_000, "2025-07-11"))
    assert take(receipt("r1", "", 12_000, kind="bounce"))["outcome"].to_list() == ["bounced"]
    item = OpenItem.objects.get(bill_id=bill)
    assert (item.open_fen, item.late_fee_fixed_fen, item.late_fee_paid_fen) == (10_000, 0, 0)
    assert Payment.objects.get().state == "bounced"
    assert balance_by_gl() == {"1122": 10_000, "6001": -10_000}
    assert Allocation.objects.count() == 2
    assert proof() == []
    assert split(take(receipt("r2", account.account_no, 20_000, "2025-07-31"))) == [("credited", 10_000, 300, 9_700)]


def test_a_second_bounce_and_a_redelivery_after_it_change_nothing():
    account = make_account()
    take(receipt("r1", account.account_no, 500))
    take(receipt("r1", "", 500, kind="bounce"))
    rows = [receipt("r1", "", 500, kind="reversal"), receipt("r1", account.account_no, 500)]
    assert take(*rows)["outcome"].to_list() == ["duplicate", "duplicate"]
    assert balance_by_gl() == {}


def test_bounces_of_receipts_in_transit_and_unallocated_take_the_money_out_the_way_it_came():
    account = make_account()
    take(receipt("r1", account.account_no, 500, kind="in_transit"), receipt("r2", "9999", 700))
    take(receipt("r1", "", 500, kind="bounce"), receipt("r2", "", 700, kind="reversal"))
    assert balance_by_gl() == {}
    assert sorted(Payment.objects.values_list("state", flat=True)) == ["bounced", "reversed"]
    assert proof() == []


def test_a_bounced_counter_cheque_that_had_cleared_leaves_bank_and_till_at_zero():
    account = make_account()
    for kind in ("in_transit", "cleared", "bounce"):
        take(receipt("r1", account.account_no, 500, kind=kind, channel="counter"))
    assert balance_by_gl() == {}


def test_a_bounce_whose_prepaid_money_paid_later_bills_undoes_those_too_the_latest_first():
    account = make_account()
    take(
        receipt("r1", account.account_no, 10_000, "2025-07-02"), receipt("r2", account.account_no, 1_000, "2025-07-02")
    )
    first, second = release([(account, 202505, date(2025, 7, 10), 6_000), (account, 202506, date(2025, 7, 20), 5_000)])
    apply_prepaid(as_of=date(2025, 7, 3))
    apply_prepaid(as_of=date(2025, 7, 4))
    take(receipt("r1", "", 10_000, kind="bounce"))
    # the 10 yuan of the other receipt stay on the older bill
    assert [OpenItem.objects.get(bill_id=bill).open_fen for bill in (first, second)] == [5_000, 5_000]
    assert AccountBalance.objects.get(account=account).prepaid_fen == 0
    assert proof() == []


def test_a_bounce_is_refused_when_its_prepaid_money_is_gone_and_no_refund_explains_it():
    account = make_account()
    take(receipt("r1", account.account_no, 1_000), receipt("r2", "9999", 200))
    refund = [
        {
            "transaction": 1,
            "event": "adjusted",
            "gl": gl,
            "account": account.pk,
            "bill": None,
            "amount_fen": f,
        }
        for gl, f in (("2203", 900), ("1002", -900))
    ]
    post_legs(pl.DataFrame(refund, schema_overrides={"bill": pl.Int64}), booked_date=TODAY)
    outcome = take(receipt("r1", "", 1_000, kind="bounce"), receipt("r2", "", 200, kind="bounce"))
    assert outcome.select("outcome", "code").rows() == [("refused", "PREPAID_SPENT"), ("bounced", "")]
    assert Payment.objects.get(channel_ref="r1").state == "credited"
    assert AccountBalance.objects.get(account=account).prepaid_fen == 100


def test_a_bounce_or_clearing_of_nothing_known_is_a_finding():
    make_account()
    outcome = take(receipt("r1", "", 5, kind="bounce"), receipt("r2", "", 5, kind="cleared"))
    assert outcome["code"].to_list() == ["RECEIPT_UNKNOWN", "RECEIPT_UNKNOWN"]


def test_what_was_taken_back_cannot_clear():
    account = make_account()
    take(receipt("r1", account.account_no, 500, kind="in_transit"))
    take(receipt("r1", "", 500, kind="bounce"))
    assert take(receipt("r1", "", 500, kind="cleared"))["code"].to_list() == ["RECEIPT_UNDONE"]


def test_prepaid_money_pays_released_bills_once():
    account = make_account()
    take(receipt("r1", account.account_no, 8_000, "2025-07-02"))
    (bill,) = release([(account, 202506, date(2025, 7, 20), 5_000)])
    applied = apply_prepaid(as_of=date(2025, 7, 2))
    assert (applied.accounts, applied.principal_fen, applied.late_fee_fen) == (1, 5_000, 0)
    assert apply_prepaid(as_of=date(2025, 7, 3)).accounts == 0
    row = Allocation.objects.get()
    assert (row.payment_id, row.effective_date, row.bill_id) == (None, date(2025, 7, 2), bill)
    assert proof() == []


def test_prepaid_money_pays_only_the_accounts_asked_for():
    accounts = [make_account(f"410000000{n}") for n in (1, 2)]
    take(*[receipt(account.account_no, account.account_no, 1_000) for account in accounts])
    release([(account, 202506, date(2025, 7, 20), 400) for account in accounts])
    assert apply_prepaid(as_of=TODAY, accounts=[accounts[1].pk]).accounts == 1
    assert list(OpenItem.objects.order_by("account_id").values_list("open_fen", flat=True)) == [400, 0]


def test_money_on_a_reversed_bill_becomes_prepaid_with_its_late_fee():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    take(receipt("r1", account.account_no, 4_000, "2025-07-11"))
    take(receipt("r2", account.account_no, 7_000, "2025-07-21"))
    reverse_bill(bill, issued_date=TODAY)
    stored = AccountBalance.objects.get(account=account)
    assert (stored.receivable_fen, stored.prepaid_fen) == (0, 11_000)
    item = OpenItem.objects.get(bill_id=bill)
    assert (item.amount_fen, item.open_fen, item.late_fee_paid_fen) == (0, 0, 0)
    assert balance_by_gl() == {"1002": 11_000, "2203": -11_000}
    assert proof() == []
    assert take(receipt("r1", "", 4_000, kind="bounce"))["outcome"].to_list() == ["bounced"]
    assert AccountBalance.objects.get(account=account).prepaid_fen == 7_000
    assert proof() == []


def test_a_waived_late_fee_is_not_collected():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    OpenItem.objects.filter(bill_id=bill).update(late_fee_waived_fen=60)
    assert split(take(receipt("r1", account.account_no, 20_000, "2025-07-11"))) == [("credited", 10_000, 40, 9_960)]
    assert LateFeeWaiver.objects.count() == 0
    assert proof() == ["ITEM_WAIVER_DIFFERS"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": " "}, "CHANNEL_UNREADABLE"),
        ({"channel": None}, "CHANNEL_UNREADABLE"),
        ({"channel": "x" * 21}, "CHANNEL_UNREADABLE"),
        ({"channel_ref": ""}, "REFERENCE_UNREADABLE"),
        ({"channel_ref": "x" * 65}, "REFERENCE_UNREADABLE"),
        ({"channel_ref": r"\N"}, "REFERENCE_UNREADABLE"),
        ({"channel_ref": "a\x00b"}, "REFERENCE_UNREADABLE"),
        ({"kind": "gift"}, "KIND_UNKNOWN"),
        ({"kind": None}, "KIND_UNKNOWN"),
        ({"amount_fen": None}, "AMOUNT_MISSING"),
        ({"amount_fen": 0}, "AMOUNT_NOT_POSITIVE"),
        ({"amount_fen": -500}, "AMOUNT_NOT_POSITIVE"),
        ({"amount_fen": 100_000_000_001}, "AMOUNT_ABSURD"),
        ({"account_no": "9" * 41}, "ACCOUNT_NO_TOO_LONG"),
        ({"account_no": "41\n00"}, "ACCOUNT_NO_UNREADABLE"),
        ({"paid_at": None}, "PAID_AT_MISSING"),
        ({"paid_at": datetime(1999, 12, 31, tzinfo=TIME_ZONE)}, "PAID_LONG_AGO"),
        ({"paid_at": datetime(2025, 8, 1, 0, 1, tzinfo=TIME_ZONE)}, "PAID_IN_FUTURE"),
        ({"designated_month": 202513}, "MONTH_UNREADABLE"),
        ({"designated_month": 7}, "MONTH_UNREADABLE"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_the_others_are_taken(change, code):
    account = make_account()
    bad = {**receipt("bad", account.account_no, 500), **change}
    outcome = take(bad, receipt("good", account.account_no, 500))
    assert outcome.select("outcome", "code").rows() == [("refused", code), ("credited", "")]
    assert outcome["message"][0] not in {"", None}
    assert Payment.objects.count() == 1


def test_a_frame_without_a_column_or_of_a_wrong_type_is_refused_whole():
    rows = batch(receipt("r1", "1", 5))
    with pytest.raises(UnableToReadReceiptsError, match="lack channel_ref"):
        credit(rows.drop("channel_ref"), booked_date=TODAY)
    with pytest.raises(UnableToReadReceiptsError, match="amount_fen is Float64"):
        credit(rows.with_columns(pl.col("amount_fen").cast(pl.Float64)), booked_date=TODAY)


def test_kind_and_designation_may_be_absent_and_a_time_without_a_zone_is_local():
    account = make_account()
    rows = batch(receipt("r1", account.account_no, 5)).drop("kind", "designated_month")
    rows = rows.with_columns(paid_at=pl.datetime(2025, 7, 31, 23, 59))
    assert credit(rows, booked_date=TODAY)["outcome"].to_list() == ["credited"]
    assert Payment.objects.get().paid_at.isoformat() == "2025-07-31T15:59:00+00:00"


def test_an_empty_batch_is_no_fault():
    assert take().height == 0


def test_every_leg_of_a_receipt_names_its_payment():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 1_000)])
    payment = take(receipt("r1", account.account_no, 2_000, "2025-07-11"))["payment"][0]
    assert set(Leg.objects.exclude(event="bill_released").values_list("payment_id", flat=True)) == {payment}


def test_a_batch_that_breaks_off_leaves_nothing_behind():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 1_000)])
    before = balance_by_gl()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE zaikong_allocation ADD CONSTRAINT breaks CHECK (false) NOT VALID")
    with pytest.raises(IntegrityError, match="breaks"), transaction.atomic():
        take(receipt("r1", account.account_no, 2_000), receipt("r2", "9999", 100))
    assert (Payment.objects.count(), balance_by_gl()) == (0, before)
    assert OpenItem.objects.get().open_fen == 1_000
