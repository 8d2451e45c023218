"""Files of the credit tables: a wrong one is refused with file and line."""

from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from zaikong.domain.credit.behaviour_table import Behaviour, behaviour_table
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.credit.intake_card import Card, FirstGradeRule
from zaikong.domain.credit.terms import BehaviourTerms, FirstTerms
from zaikong.domain.registry.application import CATEGORIES
from zaikong.kernel.dated import UnableToFindValueError, UnableToReadDatedFileError


def shipped(name: str) -> str:
    return files("zaikong.domain.credit").joinpath(name).read_text(encoding="utf-8")


def test_every_shipped_file_is_read():
    with as_file(files("zaikong.domain.credit")) as folder:
        assert sorted(path.stem for path in (folder / "cards").glob("*.yaml")) == sorted(CATEGORIES)
        for path in (folder / "cards").glob("*.yaml"):
            assert [version.value.category for version in read_editions(Card, path)] == [path.stem]
        kinds: list[Any] = [Behaviour, BehaviourTerms, FirstGradeRule, FirstTerms]
        assert sorted(path.stem for path in (folder / "grades").glob("*.yaml")) == [kind.name for kind in kinds]
        for kind in kinds:
            assert len(read_editions(kind, folder / "grades" / f"{kind.name}.yaml")) == 1


WRONG = [
    (Behaviour, "grades/behaviour.yaml", "weight: 25", "weight: 24", "best step of on_time_permille earns 25, not 24"),
    (Behaviour, "grades/behaviour.yaml", "{at_most: 1, points: 12}", "{at_most: 1, points: 16}", "points of overdue_12m do not fall"),
    (Behaviour, "grades/behaviour.yaml", "{at_most: 7, points: 12}", "{at_most: 16, points: 12}", "does not follow 16"),
    (Behaviour, "grades/behaviour.yaml", "{at_most: 7, points: 12}", "{at_least: 7, points: 12}", "steps of longest_overdue_days are at_most"),
    (Behaviour, "grades/behaviour.yaml", "{at_most: 7, points: 12}", "{at_most: 7, at_least: 7, points: 12}", "either at_least or at_most"),
    (Behaviour, "grades/behaviour.yaml", "AAA: 90", "AAA: 79", "thresholds"),
    (Behaviour, "grades/behaviour.yaml", "AA: 3, ", "", "clean_months"),
    (Behaviour, "grades/behaviour.yaml", "neutral_grade: B", "neutral_grade: E", "neutral_grade"),
    (Behaviour, "grades/behaviour.yaml", "postpaid_points: 7", "postpaid_points: 11", "postpaid_points is above the weight"),
    (Behaviour, "grades/behaviour.yaml", "measure: industry_risk", "measure: age", "indices: each of on_time"),
    (Behaviour, "grades/behaviour.yaml", "code: OVERDUE_LONG", "code: OVERDUE_OFTEN", "one reason, one code"),
    (Behaviour, "grades/behaviour.yaml", "months: [0, 1, 2", "months: [1, 2, 2", "months rise from 0"),
    (Behaviour, "grades/behaviour.yaml", "source: Company rule, ", "", "basis.source"),
    (Card, "cards/business.yaml", "measure: industry_risk", "measure: sex", "measure sex is none of"),
    (Card, "cards/business.yaml", "papers: [guarantee_letter]", "papers: [passport]", "papers: passport unknown"),
    (Card, "cards/business.yaml", "weight: 5\n", "weight: 6\n", "the best band earns 5, the weight is 6"),
    (Card, "cards/business.yaml", "points: 7, zh: 低", "points: 12, zh: 低", "limits and points run from the best down"),
    (Card, "cards/business.yaml", "{at_least: 1, points: 10, zh: 自有", "{at_most: 1, points: 10, zh: 自有", "are at_least"),
    (Card, "cards/business.yaml", "none: {points: 13", "nix: {points: 13", "nix"),
    (Card, "cards/business.yaml", "code: CAPITAL", "code: PREMISES", "one code, one item"),
    (FirstGradeRule, "grades/first_grade.yaml", "B: 70", "B: 90", "scores fall"),
    (FirstGradeRule, "grades/first_grade.yaml", "code: BREACH", "code: THEFT", "one code, one veto"),
    (FirstTerms, "grades/first_terms.yaml", "conditions: [consent_recorded, prepayment_agreement_signed]",
     "conditions: []", "prepayment has the condition consent_recorded"),
    (FirstTerms, "grades/first_terms.yaml", "grades: [A]", "grades: [B]", "rows: one row each for A residential"),
    (FirstTerms, "grades/first_terms.yaml", "at_least_fen: 0,", "at_least_fen: 1,", "at_least_fen 0"),
    (FirstTerms, "grades/first_terms.yaml", "settlements_a_month: 4}", "settlements_a_month: 5}", "less than or equal to 4"),
    (BehaviourTerms, "grades/behaviour_terms.yaml", "grades: [C]", "grades: [D]", "each grade stands in one row"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "old", "new", "fault"), WRONG)
def test_a_wrong_table_is_refused_with_file_and_line(tmp_path: Path, kind, name, old, new, fault):
    text = shipped(name)
    assert old in text
    path = tmp_path / "table.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_editions(kind, path)

    place, line, reason = refusal.value.message.splitlines()[0].removeprefix(str(path)).split(":", 2)
    assert (place, int(line) > 1, fault in refusal.value.message) == ("", True, True), reason


def test_two_editions_in_force_on_one_day_are_refused(tmp_path):
    text = shipped("grades/behaviour_terms.yaml")
    head, _, version = text.partition("versions:\n")
    path = tmp_path / "behaviour_terms.yaml"
    later = version.replace('"2026"', '"2027"').replace("effective_from: 2015-01-01", "effective_from: 2027-01-01")
    path.write_text(head + "versions:\n" + version + later, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_editions(BehaviourTerms, path)
    assert refusal.value.code == "EDITIONS_OVERLAP"
    ended = version.replace("effective_to: null", "effective_to: 2027-01-01")
    path.write_text(head + "versions:\n" + later + ended, encoding="utf-8")
    assert [version.edition for version in read_editions(BehaviourTerms, path)] == ["2026", "2027"]


def test_before_the_first_edition_nothing_is_graded():
    with pytest.raises(UnableToFindValueError):
        behaviour_table(as_of=date(2014, 12, 31))
