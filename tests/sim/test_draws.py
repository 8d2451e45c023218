"""Draws are hashes of their counters: the same numbers everywhere, whatever stands beside them."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.sim.draws import Quantiles, Stream, grown, looked_up, ranked

WORD = (1 << 64) - 1
A, B = pl.col("a"), pl.col("b")


def mixed(state: int) -> int:
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & WORD
    return state ^ (state >> 31)


def reference(key: int, *counters: int) -> int:
    for counter in counters:
        key = mixed(((key ^ counter) * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & WORD)
    return key


def rows(count: int) -> pl.DataFrame:
    return pl.DataFrame({"a": range(count), "b": [n * 7 % 13 for n in range(count)]})


def test_a_stream_is_known_by_its_seed_and_purpose_for_ever():
    assert Stream.of(1, "firm.level").key == 5_197_855_701_468_987_009
    assert Stream.of(1, "x") != Stream.of(2, "x")
    assert Stream.of(1, "x") != Stream.of(1, "y")


def test_bits_are_those_of_splitmix_on_the_counters():
    frame = rows(50)
    bits = frame.select(Stream(5).bits(A, B)).to_series().to_list()
    assert bits == [reference(5, a, b) for a, b in frame.iter_rows()]


def test_the_first_numbers_are_those_published_for_splitmix64():
    frame = pl.DataFrame({"a": [0, 1, 2]})
    assert frame.select(Stream(0).bits(A)).to_series().to_list() == [
        16294208416658607535,
        7960286522194355700,
        487617019471545679,
    ]


@given(st.integers(0, 2**63), st.lists(st.integers(0, 2**62), min_size=1, max_size=5))
def test_a_row_is_drawn_alike_alone_and_among_others(key, counters):
    together = pl.DataFrame({"a": counters}).select(Stream(key).bits(A)).to_series().to_list()
    alone = [pl.DataFrame({"a": [each]}).select(Stream(key).bits(A)).item() for each in counters]
    assert together == alone


@given(st.integers(0, 2**63), st.integers(1, 2**32))
def test_below_stays_below(key, bound):
    drawn = rows(20).select(Stream(key).below(bound, A)).to_series()
    assert drawn.dtype == pl.Int64
    assert drawn.is_between(0, bound - 1).all()


def test_chance_comes_as_often_as_it_says():
    drawn = rows(100_000).select(Stream.of(3, "chance").chance(1_500, A)).to_series()
    assert round(drawn.mean(), 2) == 0.15


def test_weights_are_kept():
    drawn = rows(100_000).select(Stream.of(3, "weights").weighted((1, 0, 3), A).alias("place")).to_series()
    counts = dict(drawn.value_counts().iter_rows())
    assert sorted(counts) == [0, 2]
    assert round(counts[2] / 100_000, 2) == 0.75


def test_pick_takes_every_value():
    assert set(rows(200).select(Stream(1).pick(("x", "y", "z"), A)).to_series()) == {"x", "y", "z"}


def test_the_bell_has_mean_nought_and_deviation_a_thousand():
    drawn = rows(200_000).select(Stream.of(1, "bell").bell(A)).to_series()
    assert abs(drawn.mean()) < 10
    assert abs(drawn.std() - 1_000) < 10


def test_quantiles_are_read_by_straight_lines():
    line = Quantiles((0, 5_000, 10_000), (10, 20, 100))
    assert [line.at(share) for share in (0, 2_500, 5_000, 7_500, 10_000)] == [10, 15, 20, 60, 100]


def test_quantiles_outside_the_known_shares_are_the_nearest():
    line = Quantiles((500, 9_500), (10, 100))
    assert [line.at(share) for share in (0, 499, 500, 9_500, 10_000)] == [10, 10, 10, 100, 100]


@pytest.mark.parametrize(("shares", "values"), [((), ()), ((0, 10), (1,)), ((10, 0), (1, 2)), ((5, 5), (1, 2))])
def test_quantiles_that_do_not_rise_are_refused(shares, values):
    with pytest.raises(ValueError, match="rising"):
        Quantiles(shares, values)


@given(st.integers(0, 2**32 - 1))
def test_a_drawn_quantile_lies_between_the_values_around_it(uniform):
    line = Quantiles((0, 1_000, 9_000, 10_000), (-50, 3, 4_000, 1_000_000))
    share = uniform * 10_000 // 2**32
    drawn = pl.DataFrame({"u": [uniform]}, schema={"u": pl.UInt64}).select(line.drawn(pl.col("u"))).item()
    assert line.at(max(share - 10, 0)) <= drawn <= line.at(min(share + 11, 10_000))


@given(st.integers(-8_000, 8_000))
def test_growth_is_the_exponential(thousandths):
    factor = pl.DataFrame({"x": [thousandths]}).select(grown(pl.col("x"))).item()
    exact = (Decimal(thousandths) / 1000).exp() * 1_000_000
    assert abs(factor - exact) <= max(exact / 10_000, 2)


def test_growth_beyond_its_bounds_stays_at_them():
    drawn = pl.DataFrame({"x": [-9_999, -8_000, 8_000, 9_999]}).select(grown(pl.col("x"))).to_series().to_list()
    assert drawn[0] == drawn[1]
    assert drawn[2] == drawn[3]


def test_ranked_uniforms_fall_one_in_each_part_of_the_line():
    drawn = ranked(1, "level", 500)
    assert sorted(int(value) * 500 >> 32 for value in drawn) == list(range(500))


def test_ranked_against_another_runs_against_it():
    level = ranked(1, "level", 2_000)
    against = ranked(1, "scale", 2_000, against=level, percent=60)
    free = ranked(1, "scale", 2_000)
    frame = pl.DataFrame({"l": level.cast(pl.Float64), "s": against.cast(pl.Float64), "f": free.cast(pl.Float64)})
    assert frame.select(pl.corr("l", "s")).item() < -0.4
    assert abs(frame.select(pl.corr("l", "f")).item()) < 0.1


def test_a_table_is_looked_up_row_by_row():
    frame = pl.DataFrame({"a": [2, 0, 1]})
    assert frame.select(looked_up(("x", "y", "z"), A)).to_series().to_list() == ["z", "x", "y"]
