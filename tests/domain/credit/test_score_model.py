"""A model that is not sound cannot be made."""

import pytest
from pydantic import ValidationError

from domain.credit.score_frames import model, model_content
from zaikong.domain.credit.score_model import FORBIDDEN, content_hash, forbidden_among


def feature(**changes):
    base = {"name": "late_days", "direction": 1, "edges": [0, 10], "points_e6": [0, 1, 2], "missing_e6": 0}
    return {**base, **changes}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (feature(edges=[10, 0]), "edges of late_days do not ascend"),
        (feature(edges=[0, 0]), "edges of late_days do not ascend"),
        (feature(edges=["0.5", 0]), "edges of late_days do not ascend"),
        (feature(points_e6=[0, 2, 1]), r"points of late_days turn against its direction \+1"),
        (feature(direction=-1), "points of late_days turn against its direction -1"),
        (feature(points_e6=[0, 1]), "late_days has 2 edges and 2 points"),
        (feature(edges=["many", "more"]), "pattern"),
        (feature(edges=[0.5, 1.5]), "valid"),
        (feature(points_e6=[0, 1, 10**10]), "less than or equal"),
        (feature(direction=2), "-1, 0 or 1"),
        (feature(weight=1), "Extra inputs"),
        (feature(name="AGE"), "no model may look at AGE"),
    ],
)
def test_a_table_that_is_not_sound_is_refused(wrong, reason):
    with pytest.raises(ValidationError, match=reason):
        model(features=[wrong])


def test_a_feature_stands_once():
    with pytest.raises(ValidationError, match="features stand twice: late_days"):
        model(features=[feature(), feature()])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"knots_e6": [2, 1], "first_e6": 0, "slopes": [1, 1, 1]}, "knots of the calibration do not ascend"),
        ({"knots_e6": [1, 2], "first_e6": 0, "slopes": [1, 1]}, "2 knots and 2 slopes"),
        ({"knots_e6": [1], "first_e6": 0, "slopes": [1, -1]}, "greater than or equal"),
    ],
)
def test_a_calibration_that_may_fall_is_refused(line, reason):
    with pytest.raises(ValidationError, match=reason):
        model(calibration=line)


def test_the_forbidden_words_are_these():
    assert sorted(FORBIDDEN) == sorted(
        [
            *("sex", "gender", "male", "female", "marital", "marriage", "married", "spouse", "education", "schooling"),
            *("age", "birth", "birthday", "birthdate", "dob", "ethnicity", "ethnic", "nation", "nationality", "race"),
            *("religion", "address", "native", "hometown"),
            *("性别", "婚姻", "婚否", "婚况", "配偶", "学历", "教育", "文化程度", "年龄", "岁数", "出生", "生日"),
            *("民族", "籍贯", "宗教", "地址", "住址"),
        ]
    )


@pytest.mark.parametrize(
    "column",
    [
        *(
            "SEX",
            "Sex",
            "customer_gender",
            "MARRIAGE",
            "maritalStatus",
            "EDUCATION",
            "AGE",
            "age",
            "customer_age",
            "AGE_GROUP",
        ),
        *("ageOfHolder", "age_years", "ethnicity", "nation", "Nationality", "birth_year", "HOME_ADDRESS", "address2"),
        *("客户性别", "婚姻状况", "学历", "受教育年限", "年龄", "年龄段", "民族", "用电地址", "出生年月", "户主籍贯"),
    ],
)
def test_a_column_of_what_a_person_is_is_forbidden(column):
    assert forbidden_among([column]) == [column]


@pytest.mark.parametrize(
    "column",
    ["usage", "age_of_oldest_debt_days", "average_bill", "PAY_0", "sexagesimal", "stage", "电费年月", "LIMIT_BAL"],
)
def test_a_column_of_how_an_account_is_paid_is_not(column):
    assert forbidden_among([column]) == []


def test_the_hash_tells_every_change():
    changed = [
        model(intercept_e6=-1_000_001),
        model(name="other"),
        model(features=[*model_content()["features"][:1]]),
        model(panel="card"),
        model(calibration={"knots_e6": [0], "first_e6": 0, "slopes": [65_536, 65_536]}),
    ]
    assert len({content_hash(each) for each in [model(), *changed]}) == 6
    assert content_hash(model()) == content_hash(model())
