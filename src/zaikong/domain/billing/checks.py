"""Which rated bills may not be released before a person has looked?

Each check is a code, a condition over columns and two numbers that show why: what was observed and the limit it broke.
`hold` keeps a bill back until somebody decides; `note` goes with it. Thresholds compare an account with its own history
first, because a county's accounts differ by a factor of a million.

Basis: 电力供应与使用条例 article 27 (bill by approved price and meter record); SG186 review before release (电费审核).
"""

from collections.abc import Callable
from dataclasses import dataclass

import narwhals as nw

from zaikong.kernel.probe import Probe, hits

CHECK_COLUMNS = (
    "account",
    "month",
    "from_day",
    "to_day",
    "book",
    "plan",
    "kind",
    "category",
    "sharp_centi_kwh",
    "peak_centi_kwh",
    "flat_centi_kwh",
    "valley_centi_kwh",
    "centi_kwh",
    "loss_centi_kwh",
    "centi_kvarh",
    "power_factor_standard",
    "power_factor",
    "capacity_fen",
    "other_fen",
    "total_fen",
    "line_total_fen",
    "negative_lines",
    "centi_kva",
    "centi_demand_kw",
    "centi_contract_demand_kw",
    "metered_centi_kwh",
    "largest_day_centi_kwh",
    "days_known",
    "estimated_days",
    "opened_day",
    "closed_day",
    "months_known",
    "average_centi_kwh",
    "previous_centi_kwh",
    "same_month_last_year_centi_kwh",
    "same_month_last_year_fen",
    "last_to_day",
)
"""What `check` reads of a rated bill: the bill, its settlement and the account's history of twelve months. `closed_day`
and `last_to_day` are 0 where there is none; `negative_lines` counts lines below zero that are no reduction."""

FINDING_COLUMNS = ("account", "month", "code", "severity", "observed", "limit")

HOLD, NOTE = "hold", "note"

_FACTOR = 3
_SMALL_CENTI_KWH = 30_000
_SOME_CENTI_KWH = 100_000
_LARGEST_HOME_CENTI_KWH = 500_000
_LARGE_BILL_FEN = 100_000_000
_FAR_FEN = 500_000
_LONGEST_DAYS = 35
_SHORTEST_DAYS = 25
_LOWEST_POWER_FACTOR = 50
_LOWEST_PRICE_FEN, _HIGHEST_PRICE_FEN = 20, 300
_HOURS = 24
_SHARP_MONTHS = (1, 7, 8, 12)
_MONTH_PART = 100
_OVERLOAD_TENTHS = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        code: Word for programs and reports.
        severity: `hold` or `note`.
        zh: What it says, in Chinese.
        en: The same in English.
        fails: Condition under which a bill fails.
        observed: Number that shows why.
        limit: Number it was compared with.
    """

    code: str
    severity: str
    zh: str
    en: str
    fails: Callable[[], nw.Expr]
    observed: Callable[[], nw.Expr]
    limit: Callable[[], nw.Expr]


def _col(name: str) -> Callable[[], nw.Expr]:
    return lambda: nw.col(name)


def _number(value: int) -> Callable[[], nw.Expr]:
    return lambda: nw.lit(value, dtype=nw.Int64)


def _usual() -> nw.Expr:
    """The most the account's own history lets expect [0.01 kWh]."""
    return nw.max_horizontal("average_centi_kwh", "previous_centi_kwh", "same_month_last_year_centi_kwh")


def _least() -> nw.Expr:
    """The least it lets expect, of the months known [0.01 kWh]."""
    known = nw.when(nw.col("same_month_last_year_centi_kwh") > 0).then(nw.col("same_month_last_year_centi_kwh"))
    return nw.min_horizontal(
        nw.col("average_centi_kwh"), nw.col("previous_centi_kwh"), known.otherwise(nw.col("average_centi_kwh"))
    )


def _days() -> nw.Expr:
    return nw.col("to_day") - nw.col("from_day")


def _whole() -> nw.Expr:
    """A bill of a whole month, not an interim settlement."""
    return nw.col("kind") != "interim"


def _plan_has(word: str) -> nw.Expr:
    return nw.col("plan").str.contains(word, literal=True)


def _two_part() -> nw.Expr:
    return nw.col("plan").str.starts_with("two_part")


def _by_register() -> nw.Expr:
    return _two_part() | nw.col("plan").str.ends_with("tou")


def _missing_register() -> nw.Expr:
    empty = (nw.col("peak_centi_kwh") == 0) | (nw.col("flat_centi_kwh") == 0)
    return _by_register() & _whole() & (nw.col("centi_kwh") >= _SOME_CENTI_KWH) & empty


def _gross() -> nw.Expr:
    """The bill before interim bills are taken off [fen]."""
    return nw.col("total_fen") - nw.col("other_fen")


def _price_outside() -> nw.Expr:
    # yuan/kWh = fen / centi-kWh; compared crosswise so that nothing is divided
    used = nw.col("centi_kwh")
    low, high = _gross() * 100 < used * _LOWEST_PRICE_FEN, _gross() * 100 > used * _HIGHEST_PRICE_FEN
    return (used >= _SMALL_CENTI_KWH) & ~_two_part() & (low | high)


def _far_from_last_year() -> nw.Expr:
    last = nw.col("same_month_last_year_fen")
    apart = nw.when(_gross() > last).then(_gross() - last).otherwise(last - _gross())
    return _whole() & (last > 0) & (apart > _FAR_FEN) & ((_gross() > last * _FACTOR) | (_gross() * _FACTOR < last))


def _category_mismatch() -> nw.Expr:
    home, home_book = nw.col("category") == "residential", nw.col("book").str.ends_with("residential")
    farm, farm_book = nw.col("category") == "agricultural", nw.col("book").str.ends_with("agriculture")
    # a public account may be a school or a home for the old at the residential price
    return (
        (home & ~home_book) | (farm_book & ~farm) | (home_book & nw.col("category").is_in(["business", "industrial"]))
    )


def _sharp_out_of_season() -> nw.Expr:
    month = nw.col("month") % _MONTH_PART
    return (nw.col("book") == "cn.henan.business") & (nw.col("sharp_centi_kwh") > 0) & ~month.is_in(_SHARP_MONTHS)


CHECKS: tuple[Check, ...] = (
    Check("USE_ZERO", HOLD, "零电量，历史有用电", "no use where history has use",
          lambda: _whole() & (nw.col("centi_kwh") == nw.col("loss_centi_kwh")) & (_least() >= _SMALL_CENTI_KWH),
          _col("centi_kwh"), _least),
    Check("USE_TRIPLED", HOLD, "电量超过历史三倍", "use above three times its history",
          lambda: _whole() & (nw.col("months_known") > 0)
          & (nw.col("centi_kwh") > _usual() * _FACTOR + _SMALL_CENTI_KWH),
          _col("centi_kwh"), lambda: _usual() * _FACTOR),
    Check("USE_THIRD", NOTE, "电量不足历史三分之一", "use below a third of its history",
          lambda: _whole() & (nw.col("centi_kwh") > nw.col("loss_centi_kwh")) & (nw.col("centi_kwh") * _FACTOR < _least() - _SMALL_CENTI_KWH),
          _col("centi_kwh"), _least),
    Check("USE_NOT_BILLED", HOLD, "计费电量与抄见电量加变损不符", "the bill's energy is not the metered energy and its loss",
          lambda: nw.col("centi_kwh") != nw.col("metered_centi_kwh") + nw.col("loss_centi_kwh"),
          _col("centi_kwh"), _col("metered_centi_kwh")),
    Check("USE_NEGATIVE", HOLD, "电量为负", "use below zero",
          lambda: nw.col("centi_kwh") < 0, _col("centi_kwh"), _number(0)),
    Check("LINE_NEGATIVE", HOLD, "账单行金额为负", "a line below zero that is no reduction",
          lambda: nw.col("negative_lines") > 0, _col("negative_lines"), _number(0)),
    Check("TOTAL_NEGATIVE", HOLD, "应收合计为负", "total below zero",
          lambda: (nw.col("total_fen") < 0) & (nw.col("kind") != "closing"), _col("total_fen"), _number(0)),
    Check("CLOSING_NEGATIVE", NOTE, "月末结清为负，退入预收", "the closing bill gives money back",
          lambda: (nw.col("total_fen") < 0) & (nw.col("kind") == "closing"), _col("total_fen"), _number(0)),
    Check("LINES_DO_NOT_ADD_UP", HOLD, "分项之和不等于合计", "lines do not add up to the total",
          lambda: nw.col("line_total_fen") != nw.col("total_fen"), _col("line_total_fen"), _col("total_fen")),
    Check("REGISTER_MISSING", NOTE, "分时电量缺少峰段或平段", "peak or flat register without use",
          _missing_register, _col("centi_kwh"), _number(_SOME_CENTI_KWH)),
    Check("SHARP_OUT_OF_SEASON", HOLD, "非尖峰月份出现尖段电量", "sharp use in a month without a sharp season",
          _sharp_out_of_season, _col("sharp_centi_kwh"), _number(0)),
    Check("POWER_FACTOR_OUT_OF_RANGE", HOLD, "功率因数越限", "power factor out of range",
          lambda: (nw.col("power_factor_standard") > 0) & (nw.col("centi_kwh") >= _SOME_CENTI_KWH)
          & (nw.col("power_factor") < _LOWEST_POWER_FACTOR),
          _col("power_factor"), _number(_LOWEST_POWER_FACTOR)),
    Check("REACTIVE_MISSING", HOLD, "考核力率户无无功电量", "no reactive energy beside a power-factor standard",
          lambda: (nw.col("power_factor_standard") > 0) & (nw.col("centi_kwh") >= _SOME_CENTI_KWH)
          & (nw.col("centi_kvarh") == 0),
          _col("centi_kvarh"), _number(1)),
    Check("CAPACITY_MISSING", HOLD, "两部制无基本电费", "two-part account without a capacity charge",
          lambda: _two_part() & _whole() & (nw.col("capacity_fen") == 0), _col("centi_kva"), _number(1)),
    Check("CONTRACT_DEMAND_MISSING", HOLD, "合同最大需量未填", "contract demand not known",
          lambda: _plan_has("contract_demand") & _whole() & (nw.col("centi_contract_demand_kw") == 0),
          _col("centi_contract_demand_kw"), _number(1)),
    Check("DEMAND_NOT_MEASURED", NOTE, "无需量示数，按合同需量", "no demand reading; the contract value was charged",
          lambda: _plan_has("demand") & _whole() & (nw.col("centi_demand_kw") == 0),
          _col("centi_demand_kw"), _col("centi_contract_demand_kw")),
    Check("PERIOD_DUPLICATE", HOLD, "与已发行账单时段重叠", "days billed before",
          lambda: (nw.col("last_to_day") > 0) & (nw.col("from_day") < nw.col("last_to_day")),
          _col("from_day"), _col("last_to_day")),
    Check("PERIOD_GAP", NOTE, "与上一账单之间有未计费日", "days between this bill and the last are not billed",
          lambda: _whole() & (nw.col("last_to_day") > 0) & (nw.col("from_day") > nw.col("last_to_day")),
          _col("from_day"), _col("last_to_day")),
    Check("PERIOD_LONG", HOLD, "计费天数过长", "period too long",
          lambda: _days() > _LONGEST_DAYS, _days, _number(_LONGEST_DAYS)),
    Check("PERIOD_SHORT", NOTE, "计费天数不足一月", "period shorter than a month",
          lambda: _whole() & (_days() < _SHORTEST_DAYS), _days, _number(_SHORTEST_DAYS)),
    Check("DAYS_MISSING", HOLD, "有日无电量", "days without any use, measured or estimated",
          lambda: nw.col("days_known") < _days(), _col("days_known"), _days),
    Check("ESTIMATED_MOSTLY", HOLD, "估算天数过半", "more than half of the days are estimated",
          lambda: nw.col("estimated_days") * 2 > _days(), _col("estimated_days"), _days),
    Check("ESTIMATED_SOME", NOTE, "含估算日电量", "some days are estimated",
          lambda: (nw.col("estimated_days") > 0) & (nw.col("estimated_days") * 2 <= _days()),
          _col("estimated_days"), _number(0)),
    Check("ABOVE_CAPACITY", HOLD, "电量超过容量所能", "more use than the capacity can carry",
          lambda: (nw.col("centi_kva") > 0) & (nw.col("centi_kwh") > nw.col("centi_kva") * _HOURS * _days()),
          _col("centi_kwh"), lambda: nw.col("centi_kva") * _HOURS * _days()),
    Check("DEMAND_ABOVE_CAPACITY", HOLD, "最大需量超过容量", "demand above what the capacity can carry",
          lambda: (nw.col("centi_kva") > 0) & (nw.col("centi_demand_kw") * 10 > nw.col("centi_kva") * _OVERLOAD_TENTHS),
          _col("centi_demand_kw"), _col("centi_kva")),
    Check("DAY_SPIKE", NOTE, "单日电量超过全月一半", "one day holds more than half of the month",
          lambda: _whole() & (nw.col("centi_kwh") >= _SOME_CENTI_KWH)
          & (nw.col("largest_day_centi_kwh") * 2 > nw.col("centi_kwh")),
          _col("largest_day_centi_kwh"), _col("centi_kwh")),
    Check("LOSS_ABSURD", NOTE, "变损占比过高", "transformer loss above a fifth of the energy",
          lambda: (nw.col("centi_kwh") >= _SOME_CENTI_KWH) & (nw.col("loss_centi_kwh") * 5 > nw.col("centi_kwh")),
          _col("loss_centi_kwh"), _col("centi_kwh")),
    Check("PRICE_OUT_OF_BAND", HOLD, "平均电价越限", "average price out of the band",
          _price_outside, _gross, _col("centi_kwh")),
    Check("FAR_FROM_LAST_YEAR", NOTE, "与上年同月相差过大", "far from the same month last year",
          _far_from_last_year, _gross, _col("same_month_last_year_fen")),
    Check("FIRST_BILL", NOTE, "首次发行", "first bill of the account",
          lambda: _whole() & (nw.col("months_known") == 0), _col("months_known"), _number(1)),
    Check("ACCOUNT_CLOSED", HOLD, "销户后计费", "billed after the account was closed",
          lambda: (nw.col("closed_day") > 0) & (nw.col("to_day") > nw.col("closed_day")),
          _col("to_day"), _col("closed_day")),
    Check("ACCOUNT_NOT_OPEN", HOLD, "立户前计费", "billed before the contract",
          lambda: nw.col("from_day") < nw.col("opened_day"), _col("from_day"), _col("opened_day")),
    Check("LARGE_BILL", NOTE, "大额账单，请复核", "large bill, look twice",
          lambda: nw.col("total_fen") > _LARGE_BILL_FEN, _col("total_fen"), _number(_LARGE_BILL_FEN)),
    Check("HOME_USE_LARGE", HOLD, "居民户电量异常大", "a home with the use of a workshop",
          lambda: (nw.col("category") == "residential") & (nw.col("centi_kwh") > _LARGEST_HOME_CENTI_KWH),
          _col("centi_kwh"), _number(_LARGEST_HOME_CENTI_KWH)),
    Check("CATEGORY_MISMATCH", HOLD, "电价与用户类别不符", "tariff book and user category do not fit",
          _category_mismatch, _number(1), _number(0)),
)  # fmt: skip
"""Every check, in the order they are reported."""


def check(bills: nw.LazyFrame) -> nw.LazyFrame:
    """Findings on rated bills.

    Args:
        bills: One row a bill with `CHECK_COLUMNS`, none null.

    Returns:
        `FINDING_COLUMNS`, a row a bill and failed check; a bill may fail several.
    """
    probes = [Probe(rule.code, rule.severity, rule.fails(), rule.observed(), rule.limit()) for rule in CHECKS]
    return hits(bills, probes, keep=("account", "month")).select(*FINDING_COLUMNS)
