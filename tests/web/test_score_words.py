"""Every feature of the score has a title and speaks of one thing."""

from django.utils import translation

from zaikong.domain.credit.features import FEATURES, UNITS
from zaikong.web import score_words


def test_every_feature_has_a_title_in_both_languages() -> None:
    assert set(score_words.FEATURES) == {*FEATURES, "probability"}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            titles = [score_words.feature(name) for name in FEATURES]
        assert len(set(titles)) == len(FEATURES)
        assert [title for title in titles if "_" in title] == []


def test_every_feature_belongs_to_one_stem() -> None:
    placed = [name for _title, names in score_words.STEMS for name in names]
    assert sorted(placed) == sorted(FEATURES)


def test_every_unit_has_a_word() -> None:
    with translation.override("zh-hans"):
        assert {unit: score_words.unit(unit) for unit in set(UNITS.values())} == {
            "day": "天",
            "permille": "‰",
            "fen": "分",
            "month": "月",
        }


def test_features_are_grouped_by_what_they_speak_of_and_keep_their_order() -> None:
    rows = [("mean_delay_days", 1), ("x", 2), ("late_bills", 3), ("last_delay_days", 4)]
    with translation.override("en"):
        assert score_words.by_stem(rows) == [
            ("Late bills", [("late_bills", 3)]),
            ("Delay", [("mean_delay_days", 1), ("last_delay_days", 4)]),
            ("Others", [("x", 2)]),
        ]


def test_a_feature_without_a_title_is_shown_as_it_is() -> None:
    assert score_words.feature("brand_new") == "brand_new"
