"""Identifiers against numbers published by the standards, and columns against scalars."""

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.registry import identifiers as ids
from zaikong.domain.registry.identifiers import UnableToAcceptIdentifierError

AS_OF = date(2025, 9, 30)


def code_of(check, *args, **kwargs):
    try:
        check(*args, **kwargs)
    except UnableToAcceptIdentifierError as refusal:
        return refusal.code
    return ""


def column_codes(texts, expression, name="text"):
    frame = nw.from_native(pl.LazyFrame({name: texts}, schema={name: pl.String}))
    return frame.select(code=expression).collect()["code"].to_list()


def test_identity_numbers_printed_in_the_standard_are_accepted():
    # GB 11643-1999 prints these two as its examples
    assert ids.id_number("11010519491231002X", as_of=AS_OF) == "11010519491231002X"
    assert ids.id_number("440524 18800101 001 4", as_of=AS_OF) == "440524188001010014"


def test_published_credit_identifiers_are_accepted():
    # as printed on the licences of State Grid and Alibaba
    assert ids.usci("9111000071093123XX") == "9111000071093123XX"
    assert ids.usci("91330100799655058B") == "91330100799655058B"


def test_small_and_full_width_letters_become_the_stored_form():
    assert ids.usci("９１３３０１００７９９６５５０５８ｂ") == "91330100799655058B"
    assert ids.account_no(" 41000 12345 ") == "4100012345"
    assert ids.phone("+86 138 1234 1234") == "13812341234"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91330100799655058A", "USCI_CHECK_WRONG"),
        ("91330100799655085B", "USCI_CHECK_WRONG"),
        ("9133010079965505", "USCI_SHAPE_WRONG"),
        ("9133010079965505OB", "USCI_SHAPE_WRONG"),
        ("91A30100799655058B", "USCI_SHAPE_WRONG"),
        ("", "USCI_SHAPE_WRONG"),
    ],
)
def test_a_wrong_credit_identifier_is_refused_by_scalar_and_column_alike(text, code):
    assert code_of(ids.usci, text) == code
    assert column_codes([text], ids.usci_fault("text")) == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("110105194912310021", "ID_CHECK_WRONG"),
        ("11010519490229002X", "ID_BIRTH_DATE_WRONG"),
        ("11010519491301002X", "ID_BIRTH_DATE_WRONG"),
        ("11010520251001002X", "ID_BIRTH_DATE_WRONG"),
        ("11010518491231002X", "ID_BIRTH_DATE_WRONG"),
        ("1101051949123100X", "ID_SHAPE_WRONG"),
        ("110105491231002", "ID_SHAPE_WRONG"),
        ("01010519491231002X", "ID_SHAPE_WRONG"),
    ],
)
def test_a_wrong_identity_number_is_refused_by_scalar_and_column_alike(text, code):
    assert code_of(ids.id_number, text, as_of=AS_OF) == code
    assert column_codes([text], ids.id_number_fault("text", as_of=AS_OF)) == [code]


def test_a_refusal_never_carries_the_whole_identity_number():
    with pytest.raises(UnableToAcceptIdentifierError) as caught:
        ids.id_number("110105194912310021", as_of=AS_OF)
    assert caught.value.fields == {"id_no": "110***********0021"}
    assert "19491231" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13812341234", ""),
        ("0371-66666666", ""),
        ("037166666666", ""),
        ("010-62345678", ""),
        ("12812341234", "PHONE_WRONG"),
        ("1381234123", "PHONE_WRONG"),
        ("95598", "PHONE_WRONG"),
        ("13812341234\n", "PHONE_WRONG"),
    ],
)
def test_telephone_numbers_in_columns(text, code):
    assert column_codes([text], ids.phone_fault("text")) == [code]
    assert code_of(ids.phone, text) == (code if "\n" not in text else "")


@pytest.mark.parametrize("text", ["12345", "1" * 21, "41-00012", "", "户号4100012"])
def test_an_account_number_outside_six_to_twenty_letters_and_digits_is_refused(text):
    assert code_of(ids.account_no, text) == "ACCOUNT_NO_WRONG"
    assert column_codes([text], ids.account_no_fault("text")) == ["ACCOUNT_NO_WRONG"]


def test_a_missing_identifier_in_a_column_has_the_wrong_shape():
    assert column_codes([None], ids.account_no_fault("text")) == ["ACCOUNT_NO_WRONG"]
    assert column_codes([None], ids.usci_fault("text")) == ["USCI_SHAPE_WRONG"]
    assert column_codes([None], ids.id_number_fault("text", as_of=AS_OF)) == ["ID_SHAPE_WRONG"]


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (0, None, ""),
        (0, 1, ""),
        (-10, 0, "LICENCE_EXPIRED"),
        (1, None, "LICENCE_NOT_YET_VALID"),
        (5, 5, "LICENCE_DATES_WRONG"),
    ],
)
def test_a_licence_is_valid_from_its_first_day_up_to_the_day_before_its_end(start, end, code):
    first = AS_OF + timedelta(days=start)
    last = None if end is None else AS_OF + timedelta(days=end)
    assert code_of(ids.licence_valid_on, first, last, as_of=AS_OF) == code
    frame = nw.from_native(
        pl.LazyFrame(
            {"a": [(first - date(1970, 1, 1)).days], "b": [None if last is None else (last - date(1970, 1, 1)).days]},
            schema={"a": pl.Int64, "b": pl.Int64},
        )
    )
    assert frame.select(c=ids.licence_fault("a", "b", as_of=AS_OF)).collect()["c"].to_list() == [code]


usci_bodies = st.tuples(
    st.text(ids.USCI_ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ids.USCI_ALPHABET, min_size=9, max_size=9),
).map("".join)


mistakes = st.lists(st.tuples(usci_bodies, st.integers(0, 16), st.sampled_from("0123456789")), min_size=40, max_size=60)


@settings(max_examples=examples(10))
@given(mistakes)
def test_one_mistyped_character_of_a_credit_identifier_is_always_found(cases):
    sound = [body + ids.usci_check(body) for body, _, _ in cases]
    mistyped = [code[:at] + sign + code[at + 1 :] for code, (_, at, sign) in zip(sound, cases, strict=True)]
    expected = ["" if wrong == code else "USCI_CHECK_WRONG" for code, wrong in zip(sound, mistyped, strict=True)]
    assert [code_of(ids.usci, text) for text in mistyped] == expected
    assert column_codes([*sound, *mistyped], ids.usci_fault("text")) == [""] * len(sound) + expected


@settings(deadline=None)
@given(
    st.integers(110000, 659999),
    st.dates(date(1850, 1, 1), AS_OF),
    st.integers(0, 999),
    st.integers(0, 16),
    st.sampled_from("0123456789"),
)
def test_column_and_scalar_agree_on_every_identity_number(region, born, serial, place, digit):
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    sound = body + ids.id_check(body)
    mistyped = sound[:place] + digit + sound[place + 1 :]
    expected = [code_of(ids.id_number, text, as_of=AS_OF) for text in (sound, mistyped)]
    assert expected[0] == ""
    assert (expected[1] == "") == (mistyped == sound)
    assert column_codes([sound, mistyped], ids.id_number_fault("text", as_of=AS_OF)) == expected


@pytest.mark.spark
def test_columns_judge_alike_on_spark(spark):
    texts = ["91330100799655058B", "91330100799655058A", "x", "11010519491231002X", "110105194912310021", "13812341234"]
    expressions = {
        "usci": ids.usci_fault("text"),
        "id": ids.id_number_fault("text", as_of=AS_OF),
        "phone": ids.phone_fault("text"),
        "account": ids.account_no_fault("text"),
    }
    on_spark = nw.from_native(spark.createDataFrame([(text,) for text in texts], "text string")).select(**expressions)
    on_polars = nw.from_native(pl.LazyFrame({"text": texts})).select(**expressions)
    assert on_spark.collect("polars").to_native().rows() == on_polars.collect().to_native().rows()
