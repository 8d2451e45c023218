"""What is a company's name made of, whichever way it was written?

A registered name is administrative division + trade name + industry + legal form; a branch adds its own name behind.
Two writings of one name differ in width, script, blanks, punctuation, 省 and 市, and in 有限公司 for 有限责任公司. Nothing else is
taken for the same: a number, a direction, a form or a branch makes another body.

Basis: 《企业名称登记管理规定》 (国务院令第734号) articles 6, 12 and 13; 《公司法》 article 7 (有限责任公司 or 有限公司).
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

from opencc import OpenCC

_PROVINCES: Final = (
    "北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 "
    "重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 香港 澳门 台湾"
)
_PROVINCE: Final = re.compile(
    rf"^({'|'.join(_PROVINCES.split())})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|特别行政区|自治区)?(?=.{{2}})"
)
_CITY: Final = re.compile(r"^(.{2,3}(?<![超城夜菜]))市(?![场政民])(?=.{2})(?:(.{1,3}?)[县区](?=.{2}))?")
_COUNTY: Final = re.compile(r"^(.{1,3}?)县(?=.{2})")

_FORMS: Final = (
    ("股份有限公司", "joint_stock"),
    ("股份公司", "joint_stock"),
    ("有限责任公司", "limited"),
    ("有限公司", "limited"),
    ("公司", "company"),
    ("农民专业合作社联合社", "cooperative_union"),
    ("专业合作社联合社", "cooperative_union"),
    ("农民专业合作社", "cooperative"),
    ("专业合作社", "cooperative"),
    ("合作社", "cooperative"),
    ("特殊普通合伙", "special_partnership"),
    ("普通合伙", "general_partnership"),
    ("有限合伙", "limited_partnership"),
    ("合伙企业", "partnership"),
    ("个人独资企业", "sole"),
    ("个人独资", "sole"),
    ("个体工商户", "household"),
)
"""Ending to legal form, longer endings first; 厂, 店 and 部 belong to the name itself."""

_UNSPECIFIED: Final = frozenset({"", "company", "partnership"})
"""Forms that do not say which of several it is."""

_BRANCH_ENDING: Final = "分公司|支公司|分厂|分店|分社|分院|分行|支行|办事处|营业部|经营部|项目部|门市部|门店|事业部|分部|分校|分所|仓库|车间"
_BRANCHES: Final = tuple(
    re.compile(rf"^(.{{2,}}?(?:{body}))(.{{0,20}}?(?:{_BRANCH_ENDING}))$")
    for body in ("公司", "合作社|联合社|银行|厂|院")
)
_UNNAMED_BRANCH: Final = re.compile(r"^(.{2,})(分公司|支公司|分厂|分店|分社|分院|分行|支行|分部|分校|分所)$")
_BRACKETED: Final = re.compile(r"\(([^()]*)\)")
_BRACKETS: Final = str.maketrans("[{<〔【〈《「『]}>〕】〉》」』", "(((((((((" + ")))))))))")
_REMARK: Final = re.compile(r"^(?:原|曾用|已|停|注销|吊销|临时|新户|旧户|老户|筹)")
_NOT_OF_A_NAME: Final = re.compile(r"[^0-9A-Z\u3400-\u9fff]+")

_DIGITS: Final = {sign: place for place, sign in enumerate("零一二三四五六七八九")} | {
    sign: place for place, sign in enumerate("〇壹贰叁肆伍陆柒捌玖")
}
_NUMERAL: Final = re.compile(r"[零〇一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾]+")
_TEN: Final = re.compile(r"^([一二三四五六七八九壹贰叁肆伍陆柒捌玖]?)[十拾]([一二三四五六七八九壹贰叁肆伍陆柒捌玖]?)$")
_NUMBER: Final = re.compile(r"[0-9]+|[零〇一二三四五六七八九十]+")
_OPPOSED: Final = frozenset("东西南北中上下左右前后内外大小新老甲乙丙丁")
_BODY: Final = re.compile(r"(?:厂|店|部|社|院|所|中心|行|站|场|校|园|馆|坊|局|会|队|矿|库|楼|城|集团|基地|超市)$")
_PERSON: Final = 4


@dataclass(frozen=True, slots=True)
class CompanyName:
    """The parts of a name, each in one writing.

    Attributes:
        core: Trade name and industry, with a city or county before them; without province, form and branch.
        province: Short name of the province it begins with, empty where it does not.
        form: Legal form, empty where the name does not end in one.
        branch: Name of the branch, empty for the body itself.
    """

    core: str
    province: str
    form: str
    branch: str

    @property
    def numbers(self) -> Counter[str]:
        """Numbers in the name, Chinese and Arabic alike."""
        return Counter(_NUMBER.findall(self.core + " " + self.branch))

    @property
    def opposed(self) -> Counter[str]:
        """Signs that tell neighbours apart: 东 and 西, 大 and 小, 甲 and 乙."""
        return Counter(sign for sign in self.core if sign in _OPPOSED)

    @property
    def is_personal(self) -> bool:
        """Whether it may be the name of a person, which many share."""
        return not (self.form or self.branch or _BODY.search(self.core)) and len(self.province + self.core) <= _PERSON

    @property
    def form_is_open(self) -> bool:
        """Whether the form is left open."""
        return self.form in _UNSPECIFIED


def company_name(text: str) -> CompanyName:
    """Take a name apart.

    Args:
        text: As written.

    Returns:
        Its parts; of a text without a letter or sign, empty ones.
    """
    whole = unicodedata.normalize("NFKC", text).upper().translate(_simplified()).translate(_BRACKETS)
    body, form = _formed(_NOT_OF_A_NAME.sub("", _BRACKETED.sub(_bracketed, re.sub(r"\s+", "", whole))))
    body, branch = _branched(body)
    if not form:
        body, form = _formed(body)
    province = _PROVINCE.match(body)
    core = body[province.end() :] if province else body
    core = _CITY.sub(lambda found: found[1] + (found[2] or ""), core)
    core = _COUNTY.sub(r"\1", core)
    return CompanyName(_numbered(core), province[1] if province else "", form, _numbered(branch))


def _bracketed(found: re.Match[str]) -> str:
    """What stands in brackets belongs to the name, except a remark; 筹 and 原 say what it is not yet or no longer."""
    return "" if _REMARK.match(found[1]) else found[1]


def _formed(body: str) -> tuple[str, str]:
    for ending, form in _FORMS:
        if body.endswith(ending) and len(body) > len(ending):
            rest = body.removesuffix(ending)
            if ending.endswith("合伙"):
                rest = rest.removesuffix("合伙企业")
            if form == "company" and (_UNNAMED_BRANCH.match(body) or rest.endswith(("分", "支"))):
                return body, ""
            return rest, form
    return body, ""


def _branched(body: str) -> tuple[str, str]:
    found = next(filter(None, (pattern.match(body) for pattern in (*_BRANCHES, _UNNAMED_BRANCH))), None)
    return (found[1], found[2]) if found else (body, "")


def _numbered(text: str) -> str:
    return _NUMERAL.sub(_arabic, text)


def _arabic(found: re.Match[str]) -> str:
    """One numeral, or one with ten in it, in digits; signs in a row, as in 三一, are a name and stay."""
    run = found[0]
    if len(run) == 1 and run in _DIGITS:
        return str(_DIGITS[run])
    ten = _TEN.match(run)
    if ten is None:
        return run
    return str(10 * _DIGITS.get(ten[1], 1) + _DIGITS.get(ten[2], 0))


@cache
def _simplified() -> dict[int, str]:
    """Each traditional sign to its simplified one."""
    convert = OpenCC("t2s").convert
    signs = ((chr(code), convert(chr(code))) for code in range(0x4E00, 0xA000))
    return {ord(sign): simple for sign, simple in signs if simple != sign and len(simple) == 1}
