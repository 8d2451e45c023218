"""How is a person shown without showing who it is?

The console, logs and refusals show masked values; the full one is read only where a page records the reading.

Basis: 个人信息保护法 (minimum necessary); GB/T 35273 asks for de-identified display.
"""

_PHONE_SHOWN = (3, 4)
_IDENTIFIER_SHOWN = (3, 4)
_COMPOUND_SURNAMES = frozenset(
    "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 东方 独孤 南宫 西门 端木 百里 呼延".split()  # noqa: SIM905 -- a list of words reads better as one line
)


def mask_phone(number: str) -> str:
    """`13812341234` as `138****1234`; a fixed number keeps area code and last two; a short one shows nothing."""
    if number.startswith("0"):
        return _masked(number, 4 if number[:2] not in {"01", "02"} else 3, 2)
    return _masked(number, *_PHONE_SHOWN)


def mask_identifier(number: str) -> str:
    """An identity or licence number with its first three and last four characters."""
    return _masked(number, *_IDENTIFIER_SHOWN)


def mask_name(name: str) -> str:
    """A person's name as surname and stars: `张三丰` as `张**`, `欧阳修` as `欧阳*`."""
    name = name.strip()
    shown = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1  # noqa: PLR2004 -- two characters of a compound surname
    return name[:shown] + "*" * max(len(name) - shown, 1) if name else ""


def _masked(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    # fewer hidden than shown would give the number away
    return f"{text[:head]}{'*' * hidden}{text[-tail:]}" if hidden >= tail else "*" * len(text)
