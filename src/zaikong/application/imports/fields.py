"""Which columns does each kind of file have, by what names, and how is each read?

English and Chinese names stand side by side and may be mixed in one file; letter case, blanks, full-width forms and a
unit in brackets (`金额(元)`) do not matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from zaikong.application.imports import tariff_names, values
from zaikong.application.imports.values import Reader
from zaikong.domain.registry import identifiers

_LARGEST_KWH: Final = 100_000_000_00
_LARGEST_FEN: Final = 10_000_000_000_00


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a kind of file.

    Attributes:
        name: English name.
        chinese: Chinese names; the first is the one shown.
        reader: How its texts are read.
        kind: Type of its values.
        wants: What a sound value looks like, for the reader of a rejection.
        needed: Whether the file must have the column.
        blank: Whether a cell may be blank.
        secret: Whether its values identify a person, so that they are shown masked.
    """

    name: str
    chinese: tuple[str, ...]
    reader: Reader
    kind: pl.DataType | type[pl.DataType]
    wants: str
    needed: bool = True
    blank: bool = False
    secret: bool = False

    @property
    def title(self) -> str:
        """Both names, as messages show them."""
        return f"{self.name} ({self.chinese[0]})"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        name: Its name on the command line.
        title: What it holds, in Chinese and English.
        fields: Columns, in the order an export writes them.
        key: Names of the columns by which two rows are about the same thing.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]


def _words(**spellings: str) -> Mapping[str, str]:
    """Value and its other spellings, in one mapping from spelling to value."""
    return MappingProxyType(
        {spelling: value for value, others in spellings.items() for spelling in (value, *others.lower().split())}
    )


CATEGORIES: Final = _words(
    residential="居民 居民生活 居民生活用电 住宅 城乡居民",
    agricultural="农业 农业生产 农业生产用电",
    business="商业 一般工商业 工商业 工商业及其他",
    industrial="工业 大工业 大工业用电",
    public="公共 公共服务 公用事业 机关事业 机关事业单位 党政机关",
)
PAYMENT_MODES: Final = _words(post_paid="后付费 postpaid 先用后付", prepaid="预付费 预购电 费控 先付后用")
IMPORTANT_GRADES: Final = _words(
    none="无 否 非重要 普通", special="特级", first="一级", second="二级", temporary="临时 临时性"
)
PROTOCOLS: Final = _words(dlt645="dl/t645 dl/t645-2007 645", dlt698="dl/t698.45 dl/t698 698 698.45", none="无")
RELAYS: Final = _words(internal="内置", external="外置", none="无")
REGISTERS: Final = MappingProxyType(
    {
        spelling: number
        for number, spellings in enumerate(
            (
                "total 总 正向有功总 有功总",
                "sharp 尖",
                "peak 峰",
                "flat 平",
                "valley 谷",
                "reactive 无功 无功总 正向无功总",
            )
        )
        for spelling in spellings.split()
    }
)
REGISTER_NAMES: Final = ("total", "sharp", "peak", "flat", "valley", "reactive")
YES_NO: Final = MappingProxyType(
    dict.fromkeys(("yes", "true", "1", "是", "y"), True) | dict.fromkeys(("no", "false", "0", "否", "n"), False)
)
SIGNAL_KINDS: Final = _words(
    closure_order="关停 关停令 责令关闭 责令停产 停产整治",
    court_execution="被执行 被执行人 失信被执行人 强制执行 法院执行",
    bankruptcy="破产 破产受理 破产清算 破产重整",
    deregistration="注销 吊销 注销登记 吊销营业执照",
    capacity_cut="去产能 压减产能 产能压减 限产",
)
PAYMENT_KINDS: Final = _words(
    payment="缴费 电费",
    topup="预存 预购 充值 购电",
    in_transit="在途",
    bounce="退票 退汇 未达",
    reversal="冲正 撤销",
    cleared="到账 清算",
)


def _account_no(*, blank: bool = False) -> Field:
    reader = values.checked_code(identifiers.account_no_fault)
    return Field(
        "account_no", ("户号", "用户编号", "客户编号"), reader, pl.String, "6 to 20 letters and digits", blank=blank
    )


def _meter_no(*, needed: bool = True, blank: bool = False) -> Field:
    return Field(
        "meter_no",
        ("电表资产号", "资产号", "电表编号", "表号"),
        values.code(r"^[0-9A-Z-]{1,30}$", longest=30),
        pl.String,
        "up to 30 letters, digits and hyphens",
        needed=needed,
        blank=blank,
    )


def _number(
    name: str,
    chinese: tuple[str, ...],
    *,
    decimals: int,
    low: int,
    high: int,
    wants: str,
    needed: bool = True,
    blank: bool = False,
) -> Field:
    reader = values.number(decimals=decimals, low=low, high=high)
    return Field(name, chinese, reader, pl.Int64, wants, needed=needed, blank=blank)


def _optional_words(name: str, chinese: tuple[str, ...], words: Mapping[str, object], wants: str) -> Field:
    return Field(name, chinese, values.word(words), pl.String, wants, needed=False, blank=True)


_KWH: Final = "kWh, 0 to 100,000,000, at most two decimals, such as 152.37"
_YUAN: Final = "yuan with at most two decimals, such as 1,234.50"
_DATE: Final = "a date, such as 2025-07-01"


def _customers(as_of: date) -> Kind:
    reader = values.text
    past = values.day(latest=as_of)
    fields = (
        _account_no(),
        Field("name", ("户名", "用户名称", "客户名称"), reader(longest=200), pl.String, "up to 200 characters"),
        Field(
            "category",
            ("用户类别", "用电类别", "用户分类"),
            values.word(CATEGORIES),
            pl.String,
            "residential 居民, agricultural 农业, business 商业, industrial 工业 or public 公共",
        ),
        Field(
            "usci",
            ("统一社会信用代码", "信用代码"),
            values.checked_code(identifiers.usci_fault),
            pl.String,
            "the 18 characters of the licence",
            needed=False,
            blank=True,
        ),
        Field(
            "id_no",
            ("证件号码", "身份证号", "证件号"),
            values.or_masked(values.checked_code(lambda column: identifiers.id_number_fault(column, as_of=as_of))),
            pl.String,
            "the 18 characters of the identity card, kept as text",
            needed=False,
            blank=True,
            secret=True,
        ),
        Field(
            "phone",
            ("联系电话", "电话", "手机号", "手机号码"),
            values.or_masked(values.telephone(identifiers.phone_fault)),
            pl.String,
            "11 digits of a mobile, or area code and number: 0371-66666666",
            needed=False,
            blank=True,
            secret=True,
        ),
        Field("address", ("用电地址", "地址"), reader(longest=300), pl.String, "up to 300 characters"),
        Field(
            "station",
            ("供电所", "供电单位"),
            reader(longest=20),
            pl.String,
            "code or name of the station, up to 20 characters",
        ),
        Field("route", ("抄表段", "抄表段编号"), reader(longest=40), pl.String, "up to 40 characters"),
        Field(
            "collector",
            ("催费员", "催费责任人"),
            reader(longest=150),
            pl.String,
            "log-in or employee number of a member of staff",
            needed=False,
            blank=True,
        ),
        Field(
            "tariff",
            ("电价", "电价编号", "执行电价"),
            tariff_names.tariff,
            pl.String,
            tariff_names.shipped(),
        ),
        _number(
            "capacity_kva",
            ("合同容量", "运行容量"),
            decimals=2,
            low=0,
            high=10_000_000_00,
            wants="kVA, 0 to 10,000,000",
            needed=False,
            blank=True,
        ),
        Field(
            "voltage", ("电压等级", "供电电压"), reader(longest=20), pl.String, "such as 10kV", needed=False, blank=True
        ),
        _optional_words(
            "important",
            ("重要用户等级", "重要性等级"),
            IMPORTANT_GRADES,
            "none 无, special 特级, first 一级, second 二级 or temporary 临时",
        ),
        Field(
            "payment_mode",
            ("缴费方式", "付费方式"),
            values.word(PAYMENT_MODES),
            pl.String,
            "post_paid 后付费 or prepaid 预付费",
        ),
        Field(
            "contract_date",
            ("签约日期", "合同签订日期", "立户日期"),
            past,
            pl.Date,
            f"{_DATE}, not after the business date",
        ),
        _number(
            "household_size",
            ("家庭人口", "户籍人口", "人口数"),
            decimals=0,
            low=0,
            high=99,
            wants="a whole number, 0 to 99",
            needed=False,
            blank=True,
        ),
        Field(
            "low_income",
            ("低保户", "低保五保户", "低保"),
            values.word(YES_NO, pl.Boolean),
            pl.Boolean,
            "yes 是 or no 否",
            needed=False,
            blank=True,
        ),
        Field(
            "power_factor_standard",
            ("功率因数标准", "力调标准"),
            values.word(
                {
                    "0": 0,
                    "0.80": 80,
                    "0.8": 80,
                    "80": 80,
                    "0.85": 85,
                    "85": 85,
                    "0.90": 90,
                    "0.9": 90,
                    "90": 90,
                    "无": 0,
                    "none": 0,
                },
                pl.Int64,
            ),
            pl.Int64,
            "0.90, 0.85, 0.80 or none 无",
            needed=False,
            blank=True,
        ),
        _number(
            "contract_demand_kw",
            ("合同需量", "核定需量"),
            decimals=2,
            low=0,
            high=10_000_000_00,
            wants="kW, 0 to 10,000,000",
            needed=False,
            blank=True,
        ),
        Field(
            "loss_model",
            ("变压器型号", "变压器"),
            reader(longest=20),
            pl.String,
            "such as S11-315",
            needed=False,
            blank=True,
        ),
        Field(
            "industry",
            ("行业", "行业分类"),
            reader(longest=40),
            pl.String,
            "up to 40 characters",
            needed=False,
            blank=True,
        ),
        _number(
            "settlements_a_month",
            ("月结算次数", "结算次数"),
            decimals=0,
            low=1,
            high=4,
            wants="1 to 4",
            needed=False,
            blank=True,
        ),
        Field(
            "late_fee_permille",
            ("违约金比例", "违约金千分比"),
            values.number(decimals=3, low=1_000, high=3_000, or_zero=True),
            pl.Int64,
            "0 (the statutory rate) or 1 to 3 per mille a day",
            needed=False,
            blank=True,
        ),
        Field(
            "bankruptcy_accepted_date",
            ("破产受理日期", "破产受理日"),
            past,
            pl.Date,
            f"{_DATE}, not after the business date",
            needed=False,
            blank=True,
        ),
        Field(
            "closed_date",
            ("销户日期",),
            past,
            pl.Date,
            f"{_DATE}, not after the business date",
            needed=False,
            blank=True,
        ),
    )
    return Kind("customers", "customers and accounts 客户档案", fields, ("account_no",))


def _meters(as_of: date) -> Kind:
    fields = (
        _account_no(),
        _meter_no(),
        Field(
            "protocol", ("通信协议", "通讯规约", "协议"), values.word(PROTOCOLS), pl.String, "dlt645, dlt698 or none 无"
        ),
        Field(
            "address",
            ("通信地址", "通讯地址"),
            values.code(r"^[0-9A-F]{1,20}$", longest=20),
            pl.String,
            "up to 20 digits or letters A to F",
            needed=False,
            blank=True,
        ),
        _number(
            "multiplier",
            ("倍率", "综合倍率"),
            decimals=0,
            low=1,
            high=1_000_000,
            wants="a whole number, 1 to 1,000,000",
        ),
        _number("digits", ("位数", "示数位数"), decimals=0, low=3, high=9, wants="digits before the point, 3 to 9"),
        Field(
            "relay", ("继电器", "费控开关"), values.word(RELAYS), pl.String, "internal 内置, external 外置 or none 无"
        ),
        Field(
            "installed_date",
            ("装表日期",),
            values.day(latest=as_of),
            pl.Date,
            f"{_DATE}, not after the business date",
            needed=False,
            blank=True,
        ),
        Field(
            "removed_date",
            ("拆表日期",),
            values.day(latest=as_of),
            pl.Date,
            f"{_DATE}, not after the business date",
            needed=False,
            blank=True,
        ),
    )
    return Kind("meters", "meters 电能表", fields, ("meter_no",))


def _readings(_as_of: date) -> Kind:
    account = _account_no(blank=True)
    fields = (
        Field(account.name, account.chinese, account.reader, account.kind, account.wants, needed=False, blank=True),
        _meter_no(needed=False, blank=True),
        Field(
            "read_at",
            ("抄表时间", "抄表日期", "数据时间"),
            values.instant(),
            pl.Datetime("us", values.ZONE),
            "a time, such as 2025-07-01 08:30; 00:00, or a date alone, closes the day before",
        ),
        Field(
            "register",
            ("示数类型", "费率", "寄存器"),
            values.word(REGISTERS, pl.Int64),
            pl.Int64,
            "total 总, sharp 尖, peak 峰, flat 平, valley 谷 or reactive 无功",
        ),
        _number(
            "value",
            ("示数", "止码", "本次示数"),
            decimals=2,
            low=0,
            high=9_999_999_999_99,
            wants="what the register shows, at most two decimals",
        ),
    )
    return Kind("readings", "register readings 抄表示数", fields, ("meter_no", "register", "read_at"))


def _daily_use(as_of: date) -> Kind:
    def part(name: str, chinese: tuple[str, ...], *, needed: bool = False) -> Field:
        return _number(name, chinese, decimals=2, low=0, high=_LARGEST_KWH, wants=_KWH, needed=needed, blank=not needed)

    fields = (
        _account_no(),
        Field(
            "date",
            ("日期", "用电日期", "数据日期"),
            values.day(latest=as_of),
            pl.Date,
            f"{_DATE}, not after the business date",
        ),
        part("kwh", ("电量", "日电量", "用电量"), needed=True),
        part("sharp", ("尖", "尖电量")),
        part("peak", ("峰", "峰电量")),
        part("flat", ("平", "平电量")),
        part("valley", ("谷", "谷电量")),
        part("kvarh", ("无功", "无功电量")),
    )
    return Kind("daily_use", "daily use 日用电量", fields, ("account_no", "date"))


def _bills(as_of: date) -> Kind:
    fields = (
        _account_no(),
        Field("period", ("电费年月", "年月"), values.month(), pl.Int64, "a month, such as 2025-07"),
        Field("issued_date", ("发行日期",), values.day(latest=as_of), pl.Date, f"{_DATE}, not after the business date"),
        Field(
            "due_date",
            ("缴费截止日", "缴费期限", "应缴日期"),
            values.day(),
            pl.Date,
            f"{_DATE}, from the day of issue to a year later",
        ),
        _number("kwh", ("电量", "用电量", "结算电量"), decimals=2, low=0, high=_LARGEST_KWH, wants=_KWH),
        _number("amount_yuan", ("应收电费", "电费", "应收金额"), decimals=2, low=0, high=_LARGEST_FEN, wants=_YUAN),
    )
    return Kind("bills", "bills of another system 历史电费账单", fields, ("account_no", "period"))


def _payments(as_of: date) -> Kind:
    fields = (
        Field(
            "account_no",
            ("户号", "用户编号", "客户编号"),
            values.code(longest=40),
            pl.String,
            "up to 40 letters and digits; an unknown one goes to unallocated money",
            blank=True,
        ),
        Field(
            "paid_at",
            ("缴费时间", "交费时间", "收费时间"),
            values.instant(latest=as_of),
            pl.Datetime("us", values.ZONE),
            "a time, such as 2025-07-01 08:30:00, not after the business date",
        ),
        _number(
            "amount_yuan",
            ("金额", "缴费金额", "实收金额"),
            decimals=2,
            low=1,
            high=_LARGEST_FEN,
            wants=f"{_YUAN}, above zero",
        ),
        Field("channel", ("渠道", "缴费渠道"), values.text(longest=20), pl.String, "up to 20 characters"),
        Field(
            "channel_ref",
            ("渠道流水号", "交易流水号", "流水号"),
            values.reference(longest=64),
            pl.String,
            "the channel's own number of the payment, up to 64 characters",
        ),
        Field(
            "bill_period",
            ("冲抵年月", "电费年月"),
            values.month(),
            pl.Int64,
            "a month, such as 2025-07",
            needed=False,
            blank=True,
        ),
        Field(
            "kind",
            ("类型", "业务类型"),
            values.word(PAYMENT_KINDS),
            pl.String,
            "payment 缴费, topup 预存, in_transit 在途, cleared 到账, bounce 退票 or reversal 冲正",
            needed=False,
            blank=True,
        ),
    )
    return Kind("payments", "payments 缴费流水", fields, ("channel", "channel_ref", "kind"))


def _signals(as_of: date) -> Kind:
    fields = (
        Field(
            "subject_name",
            ("主体名称", "企业名称", "单位名称", "名称", "subject", "name"),
            values.text(longest=200),
            pl.String,
            "the name of the enterprise, or its unified social credit identifier",
            needed=False,
            blank=True,
        ),
        Field(
            "usci",
            ("统一社会信用代码", "信用代码"),
            values.checked_code(identifiers.usci_fault),
            pl.String,
            "the 18 characters of the licence; it or subject_name",
            needed=False,
            blank=True,
        ),
        Field(
            "kind",
            ("类型", "信号类型", "事项类型"),
            values.word(SIGNAL_KINDS),
            pl.String,
            "closure_order 责令关闭, court_execution 被执行, bankruptcy 破产, deregistration 注销 or capacity_cut 压减产能",
        ),
        Field(
            "date",
            ("日期", "发布日期", "公告日期"),
            values.day(latest=as_of),
            pl.Date,
            f"{_DATE}, not after the business date",
        ),
        Field("source", ("来源", "发布机关", "信息来源"), values.text(longest=100), pl.String, "up to 100 characters"),
        Field(
            "document_no",
            ("文号", "案号", "文书号"),
            values.text(longest=100),
            pl.String,
            "up to 100 characters",
            needed=False,
            blank=True,
        ),
    )
    key = ("kind", "subject_name", "usci", "date", "source", "document_no")
    return Kind("signals", "notices about enterprises 政策与企业信号", fields, key)


KINDS: Final[Mapping[str, Callable[[date], Kind]]] = MappingProxyType(
    {
        "customers": _customers,
        "meters": _meters,
        "readings": _readings,
        "daily_use": _daily_use,
        "bills": _bills,
        "payments": _payments,
        "signals": _signals,
    }
)
"""Kinds of file by name; what can be true depends on the business date."""
