"""Dated parameters: every value has a source, a place and a span."""

from datetime import date
from pathlib import Path

import pytest

from zaikong.domain.law import parameters
from zaikong.domain.law.parameters import (
    PARAMETERS,
    AllocationOrder,
    CrossYear,
    LateFee,
    LateFeeBand,
    Overdue,
    check_parameters,
    in_law,
    read_versions,
    unverified,
    versions,
)
from zaikong.kernel.dated import UnableToFindValueError, UnableToReadDatedFileError

VERSION = """
  - jurisdiction: {jurisdiction}
    edition: "{edition}"
    published: 2020-01-01
    effective_from: {start}
    effective_to: {end}
    basis: {{source: 《办法》, article: "", verified: true}}
    value: {{cut_after_days: {days}}}"""


def overdue_file(folder: Path, *rows: tuple[str, str, str, str, int]) -> Path:
    text = "name: overdue\nunit: day\nversions:" + "".join(
        VERSION.format(jurisdiction=place, edition=edition, start=start, end=end, days=days)
        for place, edition, start, end, days in rows
    )
    file = folder / "overdue.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def shipped_with(folder: Path, **changed: str) -> Path:
    source = Path(parameters.__file__).parent / "parameters"
    for kind in PARAMETERS:
        text = changed.get(kind.name, (source / f"{kind.name}.yaml").read_text(encoding="utf-8"))
        (folder / f"{kind.name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_parameters_have_no_fault():
    assert check_parameters() == []


def test_the_minimum_of_one_yuan_ends_on_the_last_of_may_2024():
    assert in_law(LateFee, as_of=date(2024, 5, 31)).value.minimum_fen == 100
    assert in_law(LateFee, as_of=date(2024, 6, 1)).value.minimum_fen == 0


def test_the_national_values_today():
    day = date(2025, 9, 30)
    late_fee = in_law(LateFee, as_of=day).value
    assert (late_fee.resident_ppm, late_fee.current_year_ppm, late_fee.cross_year_ppm) == (1000, 2000, 3000)
    band = in_law(LateFeeBand, as_of=day).value
    assert (band.low_ppm, band.high_ppm) == (1000, 3000)
    assert in_law(CrossYear, as_of=day).value.mode == "split"
    assert in_law(AllocationOrder, as_of=day).value.order == "principal_first"
    assert in_law(Overdue, as_of=day).value.cut_after_days == 30


def test_a_day_before_the_first_edition_has_no_value():
    with pytest.raises(UnableToFindValueError) as refusal:
        in_law(LateFee, as_of=date(1996, 10, 7))
    assert refusal.value.code == "NOT_IN_FORCE"


def test_a_province_without_a_version_follows_the_nation():
    assert in_law(LateFee, as_of=date(2025, 1, 1), jurisdiction="cn.henan.anyang") == in_law(
        LateFee, as_of=date(2025, 1, 1)
    )


def test_the_narrowest_version_in_force_decides(tmp_path, monkeypatch):
    file = overdue_file(
        tmp_path,
        ("cn", "n", "2000-01-01", "null", 30),
        ("cn.henan", "p", "2010-01-01", "2020-01-01", 40),
        ("cn.henan.anyang", "c", "2015-01-01", "null", 60),
    )
    read = read_versions(Overdue, file)
    monkeypatch.setattr(parameters, "versions", lambda kind: read)

    def days(as_of: date, place: str) -> int:
        return in_law(Overdue, as_of=as_of, jurisdiction=place).value.cut_after_days

    assert days(date(2016, 1, 1), "cn.henan.anyang") == 60
    assert days(date(2012, 1, 1), "cn.henan.anyang") == 40
    assert days(date(2020, 1, 1), "cn.henan") == 30
    assert days(date(2016, 1, 1), "cn.hebei") == 30


def test_a_value_without_a_source_is_refused_with_file_and_line(tmp_path):
    file = overdue_file(tmp_path, ("cn", "n", "2000-01-01", "null", 30))
    text = file.read_text(encoding="utf-8").replace("{source: 《办法》, ", "{")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as refusal:
        read_versions(Overdue, file)
    assert refusal.value.message == f"{file}:9: versions.0.basis.source: Field required"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("cut_after_days: 30", "cut_after_days: -1", "cut_after_days"),
        ("cut_after_days: 30", "cut_after_days: 30.5", "cut_after_days"),
        ("cut_after_days: 30", "cut_after_day: 30", "cut_after_day"),
        ("effective_to: null", "effective_to: 2000-01-01", "effective_to is not after effective_from"),
        ("jurisdiction: cn", "jurisdiction: us", "jurisdiction"),
        ("    published: 2020-01-01\n", "", "published"),
        ("name: overdue", "name: late_fee", "stands in the file of overdue"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, before, after, fault):
    file = overdue_file(tmp_path, ("cn", "n", "2000-01-01", "null", 30))
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError, match=fault):
        read_versions(Overdue, file)


def test_a_band_upside_down_is_refused():
    with pytest.raises(ValueError, match="low_ppm is above high_ppm"):
        LateFeeBand(low_ppm=3000, high_ppm=1000)


def test_the_check_reports_every_fault_as_a_row(tmp_path):
    folder = shipped_with(tmp_path, late_fee="name: [", overdue="name: overdue\nunit: day\nversions: []\n")
    (folder / "moon.yaml").write_text("name: moon\n", encoding="utf-8")
    (folder / "allocation_order.yaml").unlink()
    assert [(finding.code, finding.subject) for finding in check_parameters(folder)] == [
        ("PARAMETER_UNKNOWN", "moon.yaml"),
        ("YAML_WRONG", "late_fee.yaml"),
        ("FILE_UNREADABLE", "allocation_order.yaml"),
        ("DATED_FILE_WRONG", "overdue.yaml"),
    ]


def test_the_check_reports_overlaps_and_gaps_of_one_place(tmp_path):
    folder = shipped_with(tmp_path)
    overdue_file(
        folder,
        ("cn", "a", "2000-01-01", "2010-01-01", 30),
        ("cn", "b", "2009-12-31", "2012-01-01", 30),
        ("cn", "c", "2012-01-02", "null", 30),
        ("cn", "d", "2030-01-01", "null", 30),
        ("cn.henan", "e", "2005-01-01", "null", 30),
    )
    assert [(finding.code, finding.subject, finding.message) for finding in check_parameters(folder)] == [
        ("PARAMETER_OVERLAP", "overdue cn", "a and b are both in force on 2009-12-31"),
        ("PARAMETER_GAP", "overdue cn", "nothing is in force from 2012-01-01 to 2012-01-02"),
        ("PARAMETER_OVERLAP", "overdue cn", "c and d are both in force on 2030-01-01"),
    ]


def test_values_not_read_in_their_document_are_listed():
    assert [finding.subject for finding in unverified()] == [
        "late_fee 1996",
        "late_fee 2024",
        "late_fee_cross_year 2024",
        "stop_notice 1996",
        "stop_notice 2024",
        "stop_notice promise",
        "cut_approval 1996",
        "cut_approval 2024",
        "cut_approval company",
        "authority_copy 1996",
        "authority_copy 2024",
        "prepaid_cut company",
        "human_step 1996",
        "vulnerable_review company",
        "protection company",
        "quiet_windows company",
        "restoration 1996",
        "restoration 2024",
        "limitation 1987",
        "limitation 2017",
        "write_off 2011",
        "guarantee_period 1995",
    ]


def test_a_value_not_read_in_its_document_says_why():
    assert [finding.subject for finding in unverified() if not finding.message] == []


def test_an_unverified_article_is_not_printed():
    assert str(versions(LateFee)[0].basis) == "《供电营业规则》（1996年电力工业部令第8号）"
