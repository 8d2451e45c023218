"""The measure runs every rival, and rewrites only its own section."""

import builtins
import re

import numpy as np
import polars as pl
import pytest

from application.credit.made_tables import card
from zaikong.application.credit import rivals
from zaikong.application.credit.measure import CHALLENGER, OURS, Measured, measure_card, page_lines, write_section
from zaikong.application.credit.speed import measure_speed
from zaikong.application.credit.stumps import Plan, UnableToFitError


def test_every_way_is_measured_in_one_run(tmp_path, monkeypatch):
    monkeypatch.setattr(rivals, "_ROUNDS", 40)
    card().write_csv(tmp_path / "card.csv")
    told = []
    lines = measure_card(tmp_path / "card.csv", folds=2, plan=Plan(bags=2, rounds=60), told=told.append)
    ways = [
        OURS,
        CHALLENGER,
        "EBM without pairs, raw columns",
        "optbinning and logistic regression",
        "toad and logistic regression",
    ]
    assert [line.split(":")[0] for line in told] == ways
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert [row[0] for row in rows if len(row) == 7][2:] == ways
    assert all(0.5 < float(row[1]) < 1.0 for row in rows if len(row) == 7 and row[0] in ways)
    assert [row[0] for row in rows if len(row) == 3][2:6] == ways[1:]
    assert lines[0].startswith("600 accounts, ")


def test_the_tables_of_the_page_say_what_was_measured():
    label, cut = np.array([0, 1] * 200), np.array([0, 0, 1, 1] * 100)
    sure = Measured(OURS, np.where(label == 1, 0.9, 0.1), (1.0, 1.0), 3.2)
    blind = Measured("blind", np.full(400, 0.5), (0.5, 0.5), 0.4)
    lines = page_lines(label, [sure, blind], cut=cut, features=7)
    assert f"| {OURS} | 1.0000 | 1.0000 [1.0000, 1.0000] | 1.0000 | 0.0100 | 0.1000 | 3 |" in lines
    assert "| blind | 0.5000 | 0.5000 [0.5000, 0.5000] | 0.0000 | 0.2500 | 0.0000 | 0 |" in lines
    assert "| blind | +0.5000 [+0.5000, +0.5000] | -0.2400 [-0.2400, -0.2400] |" in lines
    assert "| 1 | 0.1000 | 0.0000 |" in lines


def test_a_section_is_rewritten_and_the_others_stay(tmp_path):
    page = tmp_path / "measures" / "credit.md"
    write_section(page, "card", ["one"])
    page.write_text(page.read_text(encoding="utf-8") + "\nby hand\n", encoding="utf-8")
    write_section(page, "speed", ["two"])
    write_section(page, "card", [r"three \1"])
    assert page.read_text(encoding="utf-8").splitlines() == [
        "# Scores beside what came true",
        "",
        "## The public record of card payments",
        "",
        "<!-- begin: card -->",
        r"three \1",
        "<!-- end: card -->",
        "",
        "by hand",
        "",
        "## A million scores",
        "",
        "<!-- begin: speed -->",
        "two",
        "<!-- end: speed -->",
    ]


def test_the_speed_is_measured_on_as_many_rows_as_asked():
    lines = measure_speed(rows=2_000, features=3)
    assert lines[0].startswith("2,000 rows, 3 features of 32 bins, Polars ")
    assert [bool(re.fullmatch(r"\| probability.* \| \d+\.\d\d \|", line)) for line in lines[-2:]] == [True, True]


@pytest.mark.parametrize(
    ("rival", "library"),
    [
        (rivals.plain_ebm, "interpret.glassbox"),
        (rivals.optimal_binning, "optbinning"),
        (rivals.toad_scorecard, "toad"),
    ],
)
def test_a_rival_that_is_not_installed_is_named(monkeypatch, rival, library):
    imported = builtins.__import__

    def without(name, *args, **kwargs):
        if name == library:
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnableToFitError) as raised:
        rival(pl.DataFrame({"a": [1]}), np.array([1]), pl.DataFrame({"a": [1]}))
    assert raised.value.code == "LIBRARY_MISSING"
