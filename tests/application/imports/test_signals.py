import polars as pl
import pytest

from zaikong.store.models import Customer, Signal, SignalMatch

from .desk import CUSTOMER, OTHER_USCI, USCI, codes, counts, csv, faults, rows, take, text

pytestmark = pytest.mark.django_db

SIGNAL = {
    "subject_name": "",
    "usci": "",
    "kind": "closure_order",
    "date": "2025-07-01",
    "source": "中牟县人民政府",
    "document_no": "牟政〔2025〕7号",
}


@pytest.fixture(autouse=True)
def customers(tmp_path):
    named = [("郑州华兴商贸有限公司", USCI), ("河南天元建材有限公司", ""), ("中牟县第二机械厂", ""), ("张三", "")]
    changes = [
        {
            "account_no": f"410000000{place}",
            "name": name,
            "usci": usci,
            "category": "industrial",
            "tariff": "cn.henan.business",
        }
        for place, (name, usci) in enumerate(named, start=1)
    ]
    take("customers", csv(tmp_path, rows(CUSTOMER, *changes), "customers.csv"))
    assert Customer.objects.count() == len(named)


def signals(folder, *changes, name="file.csv", **options):
    return take("signals", csv(folder, rows(SIGNAL, *changes), name), **options)


def found():
    return list(
        SignalMatch.objects.order_by("signal_id", "-score").values_list(
            "signal__subject_name", "customer__name", "found_by", "score", "doubt", "state"
        )
    )


def test_a_row_becomes_a_dated_sourced_fact(tmp_path):
    signals(tmp_path, {"subject_name": "某某造纸有限公司"})
    assert list(
        Signal.objects.values_list(
            "subject_name", "usci", "kind", "signal_date__year", "source", "document_no", "known_date__month"
        )
    ) == [("某某造纸有限公司", "", "closure_order", 2025, "中牟县人民政府", "牟政〔2025〕7号", 7)]
    assert found() == []


def test_an_identifier_finds_its_customer_at_once_whatever_the_name(tmp_path):
    report = signals(tmp_path, {"subject_name": "旧名称有限公司", "usci": USCI})
    assert report.details == {"confirmed": 1, "proposed": 0, "unmatched": 0}
    assert found() == [("旧名称有限公司", "郑州华兴商贸有限公司", "usci", 100, "", "confirmed")]


def test_a_certain_name_is_confirmed_a_likely_one_waits_and_others_are_told(tmp_path):
    report = signals(
        tmp_path,
        {"subject_name": "中牟第２機械廠"},
        {"subject_name": "河南天源建材有限公司"},
        {"subject_name": "中牟县第三机械厂"},
        {"subject_name": "张三"},
    )
    assert report.details == {"confirmed": 1, "proposed": 1, "unmatched": 2}
    assert codes(report) == ["SIGNALS_PROPOSED", "SIGNALS_UNMATCHED"]
    assert found() == [
        ("中牟第２機械廠", "中牟县第二机械厂", "name", 100, "", "confirmed"),
        ("河南天源建材有限公司", "河南天元建材有限公司", "name", 75, "NAME", "proposed"),
    ]


def test_the_same_file_and_the_same_rows_change_nothing(tmp_path):
    change = {"subject_name": "河南天源建材有限公司"}
    signals(tmp_path, change)
    assert codes(signals(tmp_path, change, name="again.csv")) == ["FILE_KNOWN"]
    more = signals(tmp_path, change, {"subject_name": "另一有限公司"}, change, name="more.csv")
    assert counts(more) == (3, 1, 2, 0, 0)
    assert (Signal.objects.count(), SignalMatch.objects.count()) == (2, 1)


def test_another_document_about_the_same_enterprise_is_another_signal(tmp_path):
    changes = [{"usci": USCI}, {"usci": USCI, "document_no": "牟政〔2025〕8号"}, {"usci": USCI, "kind": "bankruptcy"}]
    assert signals(tmp_path, *changes).details == {"confirmed": 3, "proposed": 0, "unmatched": 0}


def test_a_customer_that_comes_later_is_found_with_the_next_file(tmp_path):
    signals(tmp_path, {"subject_name": "新乡宏达塑料制品有限公司"})
    late = {"account_no": "4100000009", "name": "新乡市宏达塑料制品有限责任公司"}
    take("customers", csv(tmp_path, rows(CUSTOMER, late), "late.csv"))
    report = signals(tmp_path, {"subject_name": "另一有限公司"}, name="next.csv")
    assert report.details == {"confirmed": 1, "proposed": 0, "unmatched": 1}


def test_chinese_headers_and_words_are_understood(tmp_path):
    path = text(
        tmp_path,
        "企业名称,统一社会信用代码,类型,发布日期,来源,文号\n"
        "郑州华兴商贸有限公司,,责令关闭,2025年7月1日,环保局,\n"
        f",{USCI},失信被执行人,2025/6/30,执行信息公开网,（2025）豫01执1号\n"
        ",91410100MA4555555C,破产受理,20250629,法院公告,\n"
        "某某公司,,吊销,2025-06-28,市场监管局,\n"
        "某某公司,,去产能,2025-06-27,工信局,\n",
    )
    assert counts(take("signals", path)) == (5, 5, 0, 0, 0)
    kinds = list(Signal.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["closure_order", "court_execution", "bankruptcy", "deregistration", "capacity_cut"]


def test_a_file_may_have_a_name_or_an_identifier_column_alone(tmp_path):
    assert counts(take("signals", csv(tmp_path, rows(SIGNAL, {"usci": USCI}).drop("subject_name", "document_no")))) == (
        1,
        1,
        0,
        0,
        0,
    )
    named = (
        rows(SIGNAL, {"subject_name": "某某公司"})
        .drop("usci")
        .rename({"subject_name": "subject name", "document_no": "document no"})
    )
    assert counts(take("signals", csv(tmp_path, named, "named.csv"))) == (1, 1, 0, 0, 0)


def test_a_subject_written_as_an_identifier_is_one(tmp_path):
    signals(tmp_path, {"subject_name": USCI.lower()}, {"subject_name": OTHER_USCI, "usci": OTHER_USCI})
    assert list(Signal.objects.order_by("id").values_list("subject_name", "usci")) == [("", USCI), ("", OTHER_USCI)]


@pytest.mark.parametrize(
    ("change", "column", "value", "code"),
    [
        ({}, "subject_name", "", "SUBJECT_MISSING"),
        ({"usci": "91410100MA44444442"}, "usci", "91410100MA44444442", "USCI_CHECK_WRONG"),
        ({"usci": "914"}, "usci", "914", "USCI_SHAPE_WRONG"),
        ({"subject_name": "91410100MA44444442"}, "subject_name", "91410100MA44444442", "USCI_CHECK_WRONG"),
        ({"subject_name": USCI, "usci": OTHER_USCI}, "subject_name", USCI, "SUBJECT_TWICE"),
        ({"usci": USCI, "kind": "rumour"}, "kind", "rumour", "WORD_UNKNOWN"),
        ({"usci": USCI, "date": "2025-08-01"}, "date", "2025-08-01", "DATE_IN_FUTURE"),
        ({"usci": USCI, "date": "soon"}, "date", "soon", "DATE_UNREADABLE"),
        ({"usci": USCI, "source": ""}, "source", "", "EMPTY"),
        ({"usci": USCI, "document_no": "x" * 101}, "document_no", "x" * 101, "TEXT_TOO_LONG"),
    ],
)
def test_what_cannot_be_a_signal_is_refused_with_line_column_and_value(tmp_path, change, column, value, code):
    report = signals(tmp_path, {"subject_name": "某某公司"}, change)
    assert faults(report) == [(3, column, value, code)]
    assert counts(report) == (2, 0, 0, 1, 1)
    assert Signal.objects.count() == 0
    assert counts(signals(tmp_path, {"subject_name": "某某公司"}, change, accept_partial=True)) == (2, 1, 0, 1, 0)


def test_nothing_is_lost_on_the_way_out(tmp_path):
    signals(tmp_path, {"usci": USCI}, {"subject_name": '引"号,有限公司', "document_no": ""})
    assert pl.DataFrame(list(Signal.objects.order_by("id").values("subject_name", "usci", "document_no"))).rows() == [
        ("", USCI, "牟政〔2025〕7号"),
        ('引"号,有限公司', "", ""),
    ]
