"""The page of measures says what the code draws."""

from pathlib import Path

from zaikong.sim.ageing import Ageing, county_ageing
from zaikong.sim.county import County
from zaikong.sim.measure import Comparison, ageing_table, measured_series, series_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measures" / "county.md"


def test_the_page_has_the_tables_the_code_makes(county: County):
    page = PAGE.read_text(encoding="utf-8")
    assert "\n".join(series_table(measured_series(1))) in page
    for line in ageing_table([("drawn county, seed 1", county_ageing(county))]):
        assert line in page


def test_the_page_states_the_move():
    page = PAGE.read_text(encoding="utf-8")
    for said in ("470 weeks", "2024-02-22", "2025-02-10", "2024-02-10", "2025-01-29", "race 231602"):
        assert said in page


def test_the_farthest_value_is_told():
    assert Comparison("x", (100, 200), (110, 150)).farthest_percent == 25
    assert Comparison("x", (), ()).farthest_percent == 0


def test_an_ageing_is_set_beside_the_record():
    rows = ageing_table([("here", Ageing((5_000, 2_000, 3_000), (5_397, 2_416, 2_187), 123))])
    assert rows[-2] == "| here, by amount | 50.00 | 20.00 | 30.00 | 0.82 | 1.23 |"
    assert rows[-1] == "| here, by customer | 53.97 | 24.16 | 21.87 | – | – |"
