"""The rules against a slow oracle on fractions, and Polars against Spark."""

import narwhals as nw
import polars as pl
import pytest
from billing_frames import NOTHING, STEPS, Outcome, day, prices, settlements, shipped_prices, version
from billing_oracle import REGISTERS, oracle_bill
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.billing.lines import LINE_COLUMNS, bill_lines
from zaikong.domain.billing.rating import BILL_COLUMNS, UNRATED_COLUMNS, bills, in_memory, rated
from zaikong.domain.billing.tariff import Book, Plan
from zaikong.engine.dictionary import checked

ITEMS = {
    "funds": [{"name": "f", "price": 0.0196}, {"name": "g", "price": 0.00196875}],
    "surcharges": [{"name": "s", "price": 0.0173}, {"name": "t", "price": -0.0041}],
}
TOU = {"sharp": 1.2417, "peak": 1.03452, "flat": 0.601475, "valley": 0.27066375}
RISES = {
    "period": "month",
    "steps": [{"up_to_kwh": 180, "price": 0}, {"up_to_kwh": 260.5, "price": 0.05}, {"price": 0.3}],
}
ODD_YEAR = {
    "period": "year",
    "steps": [{"up_to_kwh": 1000.05, "price": 0.4883}, {"up_to_kwh": 2500, "price": 0.5}, {"price": 0.7883}],
}
LOAD_FACTOR = {"load_factor_kwh_per_kva": 260, "load_factor_percent": 90}


def dated(*charges):
    """Versions that change on 5 and 19 July 2025."""
    edges = ["2020-01-01", "2025-07-05", "2025-07-19", None]
    return tuple(version(edges[place], edges[place + 1], **each) for place, each in enumerate(charges))


def plan(*versions):
    return Plan(title="a plan", versions=versions)


BOOK = Book(
    id="test",
    title="Test",
    default_plan="flat",
    plans={
        "flat": plan(version(energy={"flat": 0.568})),
        "flat.items": plan(version(energy={"flat": 0.56789012}, **ITEMS)),
        "steps": plan(version(energy=STEPS)),
        "steps.items": plan(version(energy=STEPS, **ITEMS)),
        "steps.two": plan(
            version(energy={"tiers": {"period": "month", "steps": [{"up_to_kwh": 50, "price": 0.4}, {"price": 0.7}]}})
        ),
        "year": plan(version(energy={"tiers": ODD_YEAR})),
        "tou": plan(version(energy={"tou": TOU})),
        "tou.items": plan(version(energy={"tou": TOU}, **ITEMS)),
        "tou.rises": plan(version(energy={"tou": TOU, "rises": RISES})),
        "kva": plan(version(energy={"tou": TOU}, capacity={"basis": "kva", "price": 26.35}, **ITEMS)),
        "demand": plan(version(energy={"flat": 0.3}, capacity={"basis": "demand", "price": 41.6, **LOAD_FACTOR})),
        "contract": plan(
            version(energy={"tou": TOU}, capacity={"basis": "contract_demand", "price": 38.4, **LOAD_FACTOR}, **ITEMS)
        ),
        "changing.steps": plan(*dated({"energy": STEPS}, {"energy": {"tiers": ODD_YEAR}}, {"energy": STEPS})),
        "changing.all": plan(
            *dated(
                {"energy": {"tou": TOU}, "capacity": {"basis": "kva", "price": 26}, **ITEMS},
                {"energy": {"flat": 0.6}, "capacity": {"basis": "contract_demand", "price": 40}},
                {
                    "energy": {"tou": TOU, "rises": RISES},
                    "capacity": {"basis": "demand", "price": 41.6, **LOAD_FACTOR},
                    **ITEMS,
                },
            )
        ),
    },
)

small = st.integers(0, 60_000)
kwh = small | st.integers(0, 500_000_000)
capacities = st.just(0) | st.integers(1, 5_000_000)


@st.composite
def facts(draw):
    start = draw(st.sampled_from(["2025-06-20", "2025-07-01", "2025-07-04", "2025-07-05", "2025-07-18", "2025-07-19"]))
    loss = draw(st.booleans()) and draw(st.booleans())
    registers = {f"{name}_centi_kwh": draw(kwh) for name in REGISTERS}
    if not loss and draw(st.integers(0, 9)) == 0:
        registers["flat_centi_kwh"] = -draw(small)
    return {
        **NOTHING,
        "month": 202507,
        "from_day": day(start),
        "to_day": day(start) + draw(st.sampled_from([1, 2, 15, 28, 30, 31, 62])),
        "book": "test",
        "plan": draw(st.sampled_from(sorted(BOOK.plans))),
        **registers,
        "centi_kvarh": draw(st.just(0) | kwh),
        "year_to_date_centi_kwh": draw(st.just(0) | st.integers(0, 400_000)),
        "months_in_use": draw(st.integers(1, 12)),
        "household_extra_centi_kwh": draw(st.sampled_from([0, 0, 10_000])),
        "free_centi_kwh": draw(st.sampled_from([0, 0, 0, 1_000])),
        "centi_kva_days": draw(capacities) * 30,
        "centi_demand_kw": draw(capacities),
        "centi_contract_demand_kw": draw(capacities),
        "power_factor_standard": draw(st.sampled_from([0, 0, 90, 85, 80])),
        **(draw(losses) if loss else {}),
    }


losses = st.fixed_dictionaries(
    {
        "iron_w": st.integers(0, 3_000),
        "copper_w": st.integers(0, 12_000),
        "iron_var": st.sampled_from([0, 3_465]),
        "copper_var": st.sampled_from([0, 12_600]),
        "loss_centi_kva": st.integers(500_000, 1_500_000),
        "loss_hours": st.integers(24, 744),
        "loss_shape_milli": st.integers(1_000, 1_300),
    }
)


@settings(max_examples=examples(25))
@given(st.lists(facts(), min_size=10, max_size=40))
def test_bill_and_lines_are_those_of_the_oracle(rows):
    numbered = [{**row, "account": account} for account, row in enumerate(rows)]
    outcome = Outcome(numbered, BOOK)
    assert outcome.unrated == []
    lines = {account: [] for account in range(len(rows))}
    for line in outcome.lines:
        lines[line["account"]].append(
            (line["segment_from_day"], line["item"], line["quantity"], line["unit"], line["amount_fen"])
        )
    for row, bill in zip(numbered, outcome.bills, strict=True):
        expected, expected_lines = oracle_bill(BOOK, row)
        assert {name: bill[name] for name in expected} == expected, row
        assert sorted(lines[row["account"]]) == expected_lines, row


@settings(max_examples=examples(10))
@given(st.lists(facts(), min_size=10, max_size=40))
def test_lines_add_up_to_the_bill_and_carry_their_own_proof(rows):
    outcome = Outcome([{**row, "account": account} for account, row in enumerate(rows)], BOOK)
    totals = dict.fromkeys(range(len(rows)), 0)
    divisors = {"kwh": 10**8, "kw": 10**8, "kva_day": 30 * 10**8, "percent": 10**10}
    numbers = {(line["account"], line["line"]) for line in outcome.lines}
    assert len(numbers) == len(outcome.lines)
    for line in outcome.lines:
        totals[line["account"]] += line["amount_fen"]
        product, unit = line["quantity"] * line["price_e8"], divisors[line["unit"]]
        assert line["amount_fen"] == (abs(product) + unit // 2) // unit * (1 if product >= 0 else -1)
    assert totals == {bill["account"]: bill["total_fen"] for bill in outcome.bills}


@settings(max_examples=examples(10))
@given(facts(), st.integers(0, 30_000))
def test_more_energy_never_costs_less_in_steps(row, more):
    row = {**row, "plan": "steps", "power_factor_standard": 0, "free_centi_kwh": 0}
    dearer = {**row, "flat_centi_kwh": row["flat_centi_kwh"] + more}
    first, second = Outcome([{**row, "account": 1}, {**dearer, "account": 2}], BOOK).bills
    assert second["energy_fen"] >= first["energy_fen"]


def test_answers_have_their_declared_columns():
    groups = rated(nw.from_native(settlements([]).lazy()), nw.from_native(shipped_prices().lazy()))
    assert bills(groups).collect_schema().names() == list(BILL_COLUMNS)
    assert bill_lines(groups).collect_schema().names() == list(LINE_COLUMNS)
    assert groups.unrated.collect_schema().names() == list(UNRATED_COLUMNS)


def test_answers_keep_to_the_column_dictionary():
    rows = [{**NOTHING, "account": 1, "month": 202507, "months_in_use": 12, "book": "test", "plan": "changing.all"}]
    rows[0] |= {"from_day": day("2025-07-01"), "to_day": day("2025-08-01"), "peak_centi_kwh": 123_456}
    rows.append({**rows[0], "account": 2, "plan": "nope"})
    groups = rated(nw.from_native(settlements(rows).lazy()), nw.from_native(prices(BOOK).lazy()))
    for frame, columns in (
        (bills(groups), BILL_COLUMNS),
        (bill_lines(groups), LINE_COLUMNS),
        (groups.unrated, UNRATED_COLUMNS),
    ):
        assert checked(frame, columns, rule="rating").collect().columns == list(columns)


def _example_rows():
    """Every plan with every kind of fact, fixed by number so that both engines see the same rows."""
    rows = []
    for account, name in enumerate(sorted(BOOK.plans) * 6):
        turn = account // len(BOOK.plans)
        rows.append(
            {
                **NOTHING,
                "account": account,
                "month": 202507,
                "from_day": day("2025-07-01") + turn,
                "to_day": day("2025-08-01") + turn * 3,
                "book": "test",
                "plan": name if turn != 4 else "nope" if account % 5 == 0 else name,
                "sharp_centi_kwh": 1_234 * turn,
                "peak_centi_kwh": 98_765 * turn,
                "flat_centi_kwh": 26_001 if turn != 3 else -777,
                "valley_centi_kwh": 3_333_333_333 if turn == 5 else 0,
                "centi_kvarh": 54_321 * turn,
                "year_to_date_centi_kwh": 99_000,
                "months_in_use": 12 - turn,
                "free_centi_kwh": 1_000 if turn == 2 else 0,
                "centi_kva_days": 945_001,
                "centi_demand_kw": 32_769,
                "centi_contract_demand_kw": 31_111,
                "power_factor_standard": (0, 90, 85, 80, 88, 90)[turn],
                "iron_w": 480,
                "copper_w": 3_650,
                "iron_var": 3_465,
                "copper_var": 12_600,
                "loss_centi_kva": 31_500 if turn in {1, 3} else 0,
                "loss_hours": 720,
                "loss_shape_milli": 1_050,
            }
        )
    return rows


def _answers(groups):
    frames = (bills(groups), bill_lines(groups), groups.unrated)
    return [sorted(frame.collect().rows(), key=str) for frame in frames]


@pytest.mark.spark
def test_bills_lines_and_refusals_are_the_same_on_both_engines(spark):
    tables = settlements(_example_rows()), prices(BOOK)
    on_polars = _answers(rated(*(nw.from_native(table.lazy()) for table in tables), keep=in_memory))
    on_spark = _answers(
        rated(
            *(nw.from_native(_to_spark(spark, table)) for table in tables),
            keep=lambda frame: nw.from_native(frame.to_native().localCheckpoint()),
        )
    )
    assert on_spark == on_polars
    assert [len(rows) for rows in on_polars] == [70, 445, 14]


def _to_spark(spark, table):
    types = {pl.Int64: "bigint", pl.String: "string", pl.Boolean: "boolean"}
    return spark.createDataFrame(
        table.rows(), ", ".join(f"`{name}` {types[type(kind)]}" for name, kind in table.schema.items())
    )


def test_examples_of_the_engine_test_are_those_of_the_oracle():
    rows = _example_rows()
    outcome = Outcome(rows, BOOK)
    by_account = {row["account"]: row for row in rows}
    for bill in outcome.bills:
        expected, _ = oracle_bill(BOOK, by_account[bill["account"]])
        assert {name: bill[name] for name in expected} == expected
