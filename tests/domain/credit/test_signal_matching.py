"""Matching, held to hand-written pairs and to the figures its page states."""

import csv
from pathlib import Path

import pytest

from zaikong.domain.credit.company_names import company_name
from zaikong.domain.credit.signal_matching import DOUBTS, MOST_PROPOSED, POSSIBLE, SURE, Named, likeness, matches

PAIRS = list(
    csv.DictReader((Path(__file__).parent / "company_name_pairs.csv").read_text(encoding="utf-8").splitlines())
)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "measures" / "signals.md"
USCI = "91410100MA44444441"
OTHER_USCI = "91410100MA4555555C"


def found(name, *customers, usci=""):
    named = [Named(key, *customer) for key, customer in enumerate(customers, start=1)]
    return [
        (match.customer, match.by, match.score, match.doubt, match.sure)
        for match in matches([Named(9, name, usci)], named)
    ]


def verdict(pair):
    match = matches([Named(1, pair["signal"], "")], [Named(1, pair["customer"], "")])
    return "none" if not match else "sure" if match[0].sure else "possible"


def counted():
    verdicts = [(pair["same"] == "1", verdict(pair)) for pair in PAIRS]
    return {
        (same, word): verdicts.count((same, word)) for same in (True, False) for word in ("sure", "possible", "none")
    }


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair["same"] == "0"], ids=lambda pair: pair["signal"])
def test_two_bodies_are_never_sure_to_be_one(pair):
    assert verdict(pair) != "sure"


def test_the_page_states_what_the_pairs_give():
    counts = counted()
    same, other = (sum(counts[kind, word] for word in ("sure", "possible", "none")) for kind in (True, False))
    sure, sure_wrong = counts[True, "sure"], counts[False, "sure"]
    seen, seen_wrong = sure + counts[True, "possible"], sure_wrong + counts[False, "possible"]
    page = PAGE.read_text(encoding="utf-8")
    for row in (
        f"| matched at once (score {SURE} or more) | {sure} of {same} | {sure_wrong} of {other} "
        f"| {100 * sure / (sure + sure_wrong):.0f} % | {100 * sure / same:.0f} % |",
        f"| matched or proposed (score {POSSIBLE} or more) | {seen} of {same} | {seen_wrong} of {other} "
        f"| {100 * seen / (seen + seen_wrong):.0f} % | {100 * seen / same:.0f} % |",
    ):
        assert row in page
    assert sure_wrong == 0
    assert seen >= 0.95 * same


@pytest.mark.parametrize(
    ("one", "other", "score", "doubt"),
    [
        ("郑州华兴商贸有限公司", "鄭州市華興商貿有限責任公司", 100, ""),
        ("郑州华兴商贸有限公司", "河南郑州华兴商贸有限公司", 97, "PLACE"),
        ("河南华兴商贸有限公司", "湖北华兴商贸有限公司", 70, "PLACE"),
        ("华兴商贸有限公司", "华兴商贸股份有限公司", 94, "FORM"),
        ("华兴商贸有限公司", "华兴商贸", 97, "FORM"),
        ("华兴商贸有限公司", "华兴商贸有限公司郑州分公司", 94, "BRANCH"),
        ("华兴商贸有限公司洛阳分公司", "华兴商贸有限公司郑州分公司", 85, "BRANCH"),
        ("中牟第二机械厂", "中牟第三机械厂", 60, "NUMBER"),
        ("河东机械有限公司", "河西机械有限公司", 60, "OPPOSED"),
        ("天源建材有限公司", "天元建材有限公司", 75, "NAME"),
    ],
)
def test_every_doubt_is_told_with_its_score(one, other, score, doubt):
    assert likeness(company_name(one), company_name(other)) == (score, doubt)
    assert likeness(company_name(other), company_name(one)) == (score, doubt)
    assert doubt in {"", *DOUBTS}


def test_an_identifier_decides_whatever_the_name():
    assert found("别的名字有限公司", ("郑州华兴商贸有限公司", USCI), usci=USCI) == [(1, "usci", 100, "", True)]


def test_every_customer_with_the_identifier_is_meant():
    told = found("", ("华兴甲", USCI), ("华兴乙", USCI), ("华兴丙", OTHER_USCI), usci=USCI)
    assert [(match[0], match[4]) for match in told] == [(1, True), (2, True)]


def test_another_identifier_is_another_body_whatever_the_name():
    assert found("郑州华兴商贸有限公司", ("郑州华兴商贸有限公司", OTHER_USCI), usci=USCI) == []


def test_an_unknown_identifier_falls_back_to_the_name_of_customers_without_one():
    told = found("郑州华兴商贸有限公司", ("郑州市华兴商贸有限公司", ""), usci=USCI)
    assert told == [(1, "name", 100, "", True)]


def test_two_customers_of_one_name_are_left_to_a_person():
    told = found("郑州华兴商贸有限公司", ("郑州华兴商贸有限公司", ""), ("郑州市华兴商贸有限公司", ""))
    assert told == [(1, "name", 100, "AMBIGUOUS", False), (2, "name", 100, "AMBIGUOUS", False)]


def test_a_certain_customer_leaves_no_likely_ones():
    told = found("河南天源建材有限公司", ("河南天元建材有限公司", ""), ("河南天源建材有限责任公司", ""))
    assert [match[0] for match in told] == [2]


def test_no_more_than_a_few_are_proposed_best_first():
    names = [("河南天源建材" + sign + "有限公司", "") for sign in "甲乙丙丁戊己庚"]
    told = found("河南天源建材有限公司", *names, ("河南天源建材公司", ""))
    assert len(told) == MOST_PROPOSED
    assert told[0][:4] == (8, "name", 97, "FORM")


def test_a_person_is_not_matched_by_name():
    assert found("张伟", ("张伟", "")) == []


def test_a_signal_without_name_or_known_identifier_is_unmatched():
    assert found("", ("华兴商贸有限公司", OTHER_USCI), usci=USCI) == []
    assert found("——", ("华兴商贸有限公司", "")) == []
    assert matches([], [Named(1, "华兴商贸有限公司", "")]) == []
    assert matches([Named(1, "华兴商贸有限公司", "")], []) == []
