"""What are the people and firms of the county called, and which numbers do they carry?

All of it is made up: no district has the division code 419099, and mobile numbers of the segment 140 are given to no
person. The check characters are right, so the numbers pass every check a real one passes.

Basis: GB 11643-1999 (公民身份号码), GB 32100-2015 (统一社会信用代码).
"""

import polars as pl

from zaikong.domain.registry.identifiers import USCI_ALPHABET, id_check, usci_check
from zaikong.sim.draws import Stream, looked_up

DIVISION = "419099"
"""Administrative division code of the county; assigned to no real one."""

COUNTY = "安澜县"
"""Name of the county; there is no such county."""

_SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = tuple(
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香玉梅国建华志海春红云峰林波斌辉鹏飞亮荣生福成东文新民永安德全胜利学忠良才发武义兴广宝树根喜庆长江山河田玲凤琴莲花珍贞莉翠雅芝萍洁凡佳嘉琼勤萌晨旭阳浩宇轩"
)
_WORDS = tuple(
    "安澜豫丰中原嵩岳恒通金源宏达瑞丰鑫泰华诚盛隆天成永固博远万和长兴裕民嘉禾正阳顺发"[2 * place :][:2]
    for place in range(20)
) + tuple(
    "福满东方科力汇丰富源同心三江伟业凯旋腾飞德馨和顺广源新航润泽昌盛银河大地明珠百川"[2 * place :][:2]
    for place in range(20)
)
_LOWEST_BIRTH_YEAR, _BIRTH_YEARS = 1945, 58


def person_names(seed: int, account: pl.Expr) -> pl.Expr:
    """A person's name; one in five has a single given character."""
    second = (
        pl.when(Stream.of(seed, "name.short").chance(2_000, account))
        .then(pl.lit(""))
        .otherwise(Stream.of(seed, "name.second").pick(_GIVEN, account))
    )
    return pl.concat_str(
        Stream.of(seed, "name.surname").pick(_SURNAMES, account),
        Stream.of(seed, "name.first").pick(_GIVEN, account),
        second,
    )


def firm_names(seed: int, account: pl.Expr, trade: pl.Expr) -> pl.Expr:
    """A firm's name: county, two words of luck, trade, legal form."""
    return pl.concat_str(
        pl.lit(COUNTY),
        Stream.of(seed, "firm.word").pick(_WORDS, account),
        Stream.of(seed, "firm.word.second").pick(tuple("鑫恒瑞泰诚达兴隆源丰"), account),
        trade,
        Stream.of(seed, "firm.form").pick(("有限公司", "有限公司", "有限公司", "有限责任公司", "厂"), account),
    )


def phones(seed: int, account: pl.Expr) -> pl.Expr:
    """A mobile number of a segment given to no person."""
    number = Stream.of(seed, "phone").below(100_000_000, account)
    return pl.concat_str(pl.lit("140"), number.cast(pl.String).str.zfill(8))


def id_numbers(seed: int, account: pl.Expr) -> pl.Expr:
    """A citizen identity number with its check character."""
    year = _LOWEST_BIRTH_YEAR + Stream.of(seed, "id.year").below(_BIRTH_YEARS, account)
    month = 1 + Stream.of(seed, "id.month").below(12, account)
    day = 1 + Stream.of(seed, "id.day").below(28, account)
    order = Stream.of(seed, "id.order").below(1_000, account)
    body = pl.concat_str(
        pl.lit(DIVISION),
        (year * 10_000 + month * 100 + day).cast(pl.String),
        order.cast(pl.String).str.zfill(3),
    )
    return body.map_batches(_with_id_check, return_dtype=pl.String)


def uscis(seed: int, account: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """A unified social credit identifier with its check characters.

    Args:
        seed: The county's seed.
        account: Account number.
        kind: The first two characters: `91` firm, `12` public institution, `93` farmers' cooperative.
    """
    stream, signs = Stream.of(seed, "usci"), tuple(USCI_ALPHABET)
    organisation = [looked_up(signs, stream.below(len(signs), account, pl.lit(place))) for place in range(8)]
    body = pl.concat_str(kind, pl.lit(DIVISION), *organisation)
    return body.map_batches(_with_usci_checks, return_dtype=pl.String)


def organisation_check(body: str) -> str:
    """The check character of an organisation code's first eight characters (GB 11714-1997)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = 11 - sum(digits.index(sign) * weight for sign, weight in zip(body, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def _with_id_check(bodies: pl.Series) -> pl.Series:
    return pl.Series([body + id_check(body) for body in bodies], dtype=pl.String)


def _with_usci_checks(bodies: pl.Series) -> pl.Series:
    return pl.Series([_checked(body) for body in bodies], dtype=pl.String)


def _checked(body: str) -> str:
    whole = body + organisation_check(body[-8:])
    return whole + usci_check(whole)
