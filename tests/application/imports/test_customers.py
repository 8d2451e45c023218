from datetime import date

import pytest

from zaikong.store.models import Account, Customer, ImportBatch, ImportRejection, Premise, Staff, Station, SupplyPoint

from .desk import CUSTOMER, ID_NO, OTHER_ID_NO, OTHER_USCI, USCI, codes, counts, csv, faults, rows, take, text

pytestmark = pytest.mark.django_db

SECOND = {"account_no": "4100000002", "name": "李四"}


def customers(folder, *changes, name="file.csv", **options):
    return take("customers", csv(folder, rows(CUSTOMER, *changes), name), **options)


def test_a_row_becomes_customer_premise_supply_point_and_account(tmp_path):
    report = customers(
        tmp_path,
        {
            "name": "河南某某有限公司（一分厂）",
            "category": "industrial",
            "usci": USCI,
            "phone": "+86 13812341234",
            "collector": "E01",
            "tariff": "cn.henan.business",
            "capacity_kva": "400.5",
            "voltage": "10kv",
            "important": "second",
            "payment_mode": "prepaid",
            "household_size": "5",
            "low_income": "是",
            "power_factor_standard": "0.90",
            "contract_demand_kw": "300",
            "loss_model": "S11-400",
            "industry": "铸造",
            "settlements_a_month": "3",
            "late_fee_permille": "1.5",
            "bankruptcy_accepted_date": "2025/6/30",
        },
    )
    assert counts(report) == (1, 1, 0, 0, 0)
    account = Account.objects.select_related("customer", "supply_point__premise__station", "collector").get()
    customer, point, premise = account.customer, account.supply_point, account.supply_point.premise
    assert (customer.name, customer.usci, customer.phone, customer.industry) == (
        "河南某某有限公司（一分厂）",
        USCI,
        "13812341234",
        "铸造",
    )
    assert (premise.address, premise.station.code, premise.route) == ("解放路1号", "城关供电所", "R01")
    assert (point.capacity_centi_kva, point.voltage, point.loss_model) == (40_050, "10kv", "S11-400")
    assert (account.account_no, account.category, account.book, account.plan) == (
        "4100000001",
        "industrial",
        "cn.henan.business",
        "two_part.10kv.kva",
    )
    assert (account.payment_mode, account.important_grade, account.contract_date) == (
        "prepaid",
        "second",
        date(2020, 1, 1),
    )
    assert (account.household_size, account.low_income, account.power_factor_standard) == (5, True, 90)
    assert (account.contract_demand_centi_kw, account.settlements_a_month, account.late_fee_ppm) == (30_000, 3, 1_500)
    assert account.bankruptcy_accepted_date == date(2025, 6, 30)
    assert account.collector.username == "E01"


def test_the_first_file_of_a_county_brings_its_stations_and_collectors(tmp_path):
    report = customers(tmp_path, {"collector": "E01"}, {**SECOND, "station": "城东供电所", "collector": "E01"})
    assert codes(report) == ["STATION_CREATED", "COLLECTOR_CREATED"]
    assert set(Station.objects.values_list("code", flat=True)) == {"城关供电所", "城东供电所"}
    collector = Staff.objects.get(employee_no="E01")
    assert (collector.is_active, collector.has_usable_password()) == (False, False)
    assert [group.name for group in collector.groups.all()] == ["collector"]


def test_later_an_unknown_station_refuses_its_row(tmp_path):
    customers(tmp_path, {})
    report = customers(tmp_path, {**SECOND, "station": "城官供电所"}, name="second.csv")
    assert faults(report) == [(2, "station", "城官供电所", "STATION_UNKNOWN")]
    assert Station.objects.count() == 1
    assert counts(customers(tmp_path, {**SECOND, "station": "城东"}, name="third.csv", create_missing=True))[1] == 1


def test_a_station_is_known_by_code_or_name(tmp_path):
    Station.objects.create(code="S1", name="城关供电所")
    assert counts(customers(tmp_path, {}, {**SECOND, "station": "S1"}))[1] == 2
    assert Station.objects.count() == 1


def test_later_an_unknown_collector_is_left_out_until_somebody_answers_to_the_name(tmp_path):
    customers(tmp_path, {})
    path = csv(tmp_path, rows(CUSTOMER, {**SECOND, "collector": "wang"}), "second.csv")
    report = take("customers", path)
    assert (counts(report), codes(report)) == ((1, 1, 0, 0, 0), ["COLLECTOR_UNKNOWN"])
    assert ImportRejection.objects.get().value == "wang"
    Staff.objects.create(username="wang")
    assert counts(take("customers", path)) == (1, 1, 0, 0, 0)
    assert Account.objects.get(account_no="4100000002").collector.username == "wang"
    assert codes(take("customers", path)) == ["FILE_KNOWN"]


def test_the_same_rows_in_another_file_change_nothing(tmp_path):
    customers(tmp_path, {}, SECOND)
    report = customers(tmp_path, SECOND, {}, name="again.csv")
    assert counts(report) == (2, 0, 2, 0, 0)
    assert ImportBatch.objects.count() == 1
    assert (Customer.objects.count(), Premise.objects.count(), SupplyPoint.objects.count()) == (2, 2, 2)


def test_a_changed_row_changes_what_it_says_and_keeps_the_rest(tmp_path):
    customers(tmp_path, {"phone": "13812341234", "household_size": "5"}, SECOND)
    report = customers(tmp_path, {"address": "解放路2号", "phone": "13900000000"}, SECOND, name="again.csv")
    assert (counts(report), report.details["updated"]) == ((2, 1, 1, 0, 0), 1)
    account = Account.objects.get(account_no="4100000001")
    assert account.supply_point.premise.address == "解放路2号"
    assert account.customer.phone == "13900000000"
    assert account.household_size == 5


def test_a_blank_cell_clears_but_never_an_identifier(tmp_path):
    customers(tmp_path, {"phone": "13812341234", "id_no": ID_NO})
    customers(tmp_path, {"phone": "", "id_no": ""}, name="again.csv")
    customer = Customer.objects.get()
    assert (customer.phone, customer.id_no) == ("", ID_NO)


def test_accounts_of_one_identifier_have_one_customer(tmp_path):
    report = customers(
        tmp_path,
        {"usci": USCI, "name": "甲公司"},
        {"account_no": "4100000002", "usci": USCI, "name": "甲公司二期"},
        {"account_no": "4100000003", "id_no": ID_NO},
        {"account_no": "4100000004", "id_no": ID_NO},
        {"account_no": "4100000005"},
        {"account_no": "4100000006"},
    )
    assert report.details["customers"] == 4
    assert codes(report) == ["STATION_CREATED", "NAME_DIFFERS"]
    assert Customer.objects.get(usci=USCI).name == "甲公司"
    assert Account.objects.filter(customer__usci=USCI).count() == 2
    assert Account.objects.filter(customer__id_no=ID_NO).count() == 2


def test_an_account_joins_the_firm_it_turns_out_to_belong_to(tmp_path):
    customers(tmp_path, {"usci": USCI, "name": "甲公司"}, {"account_no": "4100000002", "name": "甲公司"})
    assert Customer.objects.count() == 2
    customers(tmp_path, {"account_no": "4100000002", "usci": USCI, "name": "甲公司"}, name="again.csv")
    assert set(Account.objects.values_list("customer__usci", flat=True)) == {USCI}


def test_customers_without_identifier_become_one_when_they_name_the_same(tmp_path):
    customers(tmp_path, {"name": "甲公司"}, {"account_no": "4100000002", "name": "甲公司"})
    customers(
        tmp_path,
        {"name": "甲公司", "usci": USCI},
        {"account_no": "4100000002", "name": "甲公司", "usci": USCI},
        name="again.csv",
    )
    assert Account.objects.values("customer").distinct().count() == 1


@pytest.mark.parametrize(
    ("first", "then", "column"),
    [
        ({"usci": USCI}, {"usci": OTHER_USCI}, "usci"),
        ({"id_no": ID_NO}, {"id_no": OTHER_ID_NO}, "id_no"),
        ({"id_no": ID_NO}, {"usci": USCI}, "usci"),
    ],
)
def test_an_account_never_passes_to_another_customer(tmp_path, first, then, column):
    customers(tmp_path, first)
    report = customers(tmp_path, then, name="again.csv")
    assert [(line, at, code) for line, at, _, code in faults(report)] == [(2, column, "CUSTOMER_DIFFERS")]


def test_a_person_may_gain_a_licence(tmp_path):
    customers(tmp_path, {"id_no": ID_NO})
    assert counts(customers(tmp_path, {"id_no": ID_NO, "usci": USCI}, name="again.csv")) == (1, 1, 0, 0, 0)
    assert Customer.objects.get().usci == USCI


def test_every_fault_of_a_row_is_told_and_identities_are_hidden(tmp_path):
    report = customers(
        tmp_path,
        {
            "account_no": "41#",
            "name": "",
            "category": "居名",
            "usci": USCI[:-1] + "2",
            "id_no": ID_NO[:-1] + "2",
            "phone": "12345678",
            "tariff": "cn.henan.residentail",
            "capacity_kva": "-5",
            "payment_mode": "月结",
            "contract_date": "2025-08-01",
            "important": "特特",
        },
    )
    assert faults(report) == [
        (2, "account_no", "41#", "ACCOUNT_NO_WRONG"),
        (2, "name", "", "EMPTY"),
        (2, "category", "居名", "WORD_UNKNOWN"),
        (2, "usci", USCI[:-1] + "2", "USCI_CHECK_WRONG"),
        (2, "id_no", "410***************", "ID_CHECK_WRONG"),
        (2, "phone", "123*****", "PHONE_WRONG"),
        (2, "tariff", "cn.henan.residentail", "TARIFF_UNKNOWN"),
        (2, "capacity_kva", "-5", "NUMBER_TOO_SMALL"),
        (2, "important", "特特", "WORD_UNKNOWN"),
        (2, "payment_mode", "月结", "WORD_UNKNOWN"),
        (2, "contract_date", "2025-08-01", "DATE_IN_FUTURE"),
    ]
    assert report.rejections["reason"][2] == (
        "category (用户类别) is not understood. Write residential 居民, agricultural 农业, business 商业, "
        "industrial 工业 or public 公共."
    )


def test_a_voltage_the_book_does_not_know_is_refused(tmp_path):
    report = customers(tmp_path, {"tariff": "cn.henan.business", "capacity_kva": "400", "voltage": "9kv"})
    assert faults(report) == [(2, "voltage", "9kv", "VOLTAGE_UNKNOWN")]


def test_a_plan_may_be_named_and_must_exist(tmp_path):
    report = customers(tmp_path, {}, {**SECOND, "tariff": "cn.henan.residential:none"}, accept_partial=True)
    assert faults(report) == [(3, "tariff", "cn.henan.residential:none", "PLAN_UNKNOWN")]
    plan = Account.objects.get().plan
    assert counts(customers(tmp_path, {"tariff": f"cn.henan.residential:{plan}"}, name="again.csv")) == (1, 0, 1, 0, 0)


def test_one_account_twice_with_different_contents_is_refused_both_times(tmp_path):
    report = customers(tmp_path, {}, SECOND, {"name": "王五"}, SECOND, accept_partial=True)
    assert [(line, code) for line, _, _, code in faults(report)] == [(2, "KEY_TWICE"), (4, "KEY_TWICE")]
    assert counts(report) == (4, 1, 1, 2, 0)
    assert Account.objects.get().account_no == "4100000002"


def test_a_closed_account_is_not_opened_again(tmp_path):
    customers(tmp_path, {"closed_date": "2025-06-30"})
    assert Account.objects.get().closed_date == date(2025, 6, 30)
    report = customers(tmp_path, {"closed_date": ""}, name="again.csv")
    assert faults(report) == [(2, "closed_date", "", "ACCOUNT_CLOSED")]
    assert counts(customers(tmp_path, {}, name="without.csv")) == (1, 0, 1, 0, 0)


def test_an_account_is_not_closed_before_it_began(tmp_path):
    assert faults(customers(tmp_path, {"closed_date": "2019-12-31"}))[0][3] == "CLOSED_BEFORE_CONTRACT"


def test_masked_numbers_stand_for_what_is_stored(tmp_path):
    customers(tmp_path, {"phone": "13812341234", "id_no": ID_NO})
    masked = {"phone": "138****1234", "id_no": ID_NO[:3] + "*" * 11 + ID_NO[-4:]}
    assert counts(customers(tmp_path, masked, name="again.csv")) == (1, 0, 1, 0, 0)
    report = customers(tmp_path, {"phone": "139****1234"}, {**SECOND, "phone": "138****1234"}, name="third.csv")
    assert [(line, code) for line, _, _, code in faults(report)] == [(2, "VALUE_MASKED"), (3, "VALUE_MASKED")]


def test_a_gb18030_file_with_chinese_header_and_semicolons_loads(tmp_path):
    header = "户号;户名;用户类别;用电地址;供电所;抄表段;电价;缴费方式;签约日期\n"
    row = "４１００００００１１;张三;居民;解放路,1号;城关;一段;cn.henan.residential;后付费;2020年1月1日\n"
    report = take("customers", text(tmp_path, (header + row).encode("gb18030")))
    assert counts(report) == (1, 1, 0, 0, 0)
    assert report.form == "CSV, GB18030, separator ;"
    assert Premise.objects.get().address == "解放路,1号"
