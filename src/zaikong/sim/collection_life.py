"""What do the people of the county do about arrears on a day, as far as chance decides it?

Every choice follows from the seed, the account and a day: how a notice is served, whether a message arrives, what comes
of a call or a visit, whether a cut is approved. Rows come in and go out as columns; what is done with them is the
business of those who call.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import polars as pl

from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.identities import person_names

CALL_OUTCOMES: Final = ("reached", "no_answer", "refused", "message_left", "wrong_number")
VISIT_OUTCOMES: Final = ("met", "absent", "refused", "notice_left", "not_found")
FOLLOW_UPS: Final = ("promise", "dispute", "pause", "")
"""What a conversation leads to; empty for nothing."""

_CALLED: Final = (58, 24, 6, 7, 5)
_VISITED: Final = (62, 18, 8, 8, 4)
_WAYS: Final = ("signed", "left", "mail", "")
_SERVED: Final = (75, 15, 5, 5)
_WHO_MEANS_TO_PAY: Final = (70, 4, 2, 24)
_WHO_DOES_NOT: Final = (24, 5, 4, 67)
_SOON_DAYS: Final = 12
_LONGEST_PROMISE: Final = 15
_LATE_SERVICE: Final = 600
_DELIVERED: Final = 9_600
_ONE_APPROVES: Final = 9_000
_ENDANGERED: Final = 1_000
_WHOLE_DEBT: Final = 7_000
_OPENING: Final = 9 * 60
_WORKING_MINUTES: Final = 8 * 60

_CALL_NOTES: Final = (
    "已接通，说明欠费金额、月份和违约金，对方知晓",
    "多次拨打无人接听",
    "接通后拒绝沟通并挂断",
    "无人接听，已语音留言告知欠费",
    "号码非本人，需核实联系方式",
)
_VISIT_NOTES: Final = (
    "现场见到用户，当面说明欠费并出示账单",
    "上门无人，已拍照留存",
    "用户拒绝沟通，现场拍照",
    "上门无人，张贴催费单并拍照",
    "地址无此用户，需核实用电地址",
)
_DISPUTED: Final = (
    "称本月电量明显偏高，要求核查表计",
    "称抄表日期与实际不符，要求复核示数",
    "称已停产，对基本电费有异议",
    "称租户已搬走，不认可搬走后的电量",
)
_DECIDED: Final = ("rejected", "withdrawn", "upheld")
_DECISIONS: Final = (
    "经现场核对示数及校验记录，计量正确，维持原账单",
    "用户经解释后认可账单，撤回异议",
    "经核实示数录入有误，账单须更正",
)
_DECISION_WEIGHTS: Final = (65, 20, 15)
_PAUSED: Final = ("货款月底回笼，已出示合同，申请暂缓催收", "户主住院，家属申请暂缓催收", "账户被冻结，正在办理解冻")
_REFUSED: Final = (
    "客户正在筹款，已答应近日缴清，暂不停电",
    "现场有在养畜禽，停电易造成损失，先行协商",
    "欠费金额与停电影响不相称，继续催收",
)
_REVIEWED: Final = (
    "上门核实，家中无老人独居、无医疗设备，非低保户",
    "家中有老人长期使用制氧机，不得停电",
)


def services(seed: int, papers: pl.DataFrame) -> pl.DataFrame:
    """How each notice is served.

    Args:
        seed: The county's seed.
        papers: `account` (its number), `issued_day`, `organisation`, any others.

    Returns:
        The rows with `way` (empty: not served), `after_days` a notice that cannot wait is served, `minute` of the day,
        `receiver`, `standing`, `first_witness`, `second_witness`.
    """
    account, day = pl.col("account"), pl.col("issued_day")

    def of(purpose: str) -> Stream:
        return Stream.of(seed, f"collection.served.{purpose}")

    family = pl.when(of("family").chance(2_500, account, day)).then(pl.lit("adult_family")).otherwise(pl.lit("self"))
    return papers.with_columns(
        way=looked_up(_WAYS, of("way").weighted(_SERVED, account, day)),
        after_days=1 + of("late").chance(_LATE_SERVICE, account, day).cast(pl.Int64),
        minute=_OPENING + 60 + of("minute").below(_WORKING_MINUTES - 90, account, day),
        receiver=person_names(seed + 1, account),
        standing=pl.when("organisation")
        .then(of("office").pick(("mail_room", "authorised", "head"), account, day))
        .otherwise(family),
        first_witness=person_names(seed + 2, account),
        second_witness=pl.concat_str(person_names(seed + 3, account), pl.lit("（村委）")),
    )


def receipts(seed: int, messages: pl.DataFrame) -> pl.DataFrame:
    """Whether each message arrives: the rows (`account`, `day`, any others) with `state`, `after_seconds`, `reason`."""
    account, day = pl.col("account"), pl.col("day")
    arrives = Stream.of(seed, "collection.message").chance(_DELIVERED, account, day)
    reasons = ("空号", "关机，超过有效期", "用户停机")
    return messages.with_columns(
        state=pl.when(arrives).then(pl.lit("delivered")).otherwise(pl.lit("failed")),
        after_seconds=3 + Stream.of(seed, "collection.message.time").below(240, account, day),
        reason=pl.when(arrives)
        .then(pl.lit(""))
        .otherwise(Stream.of(seed, "collection.message.reason").pick(reasons, account, day)),
    )


def contacts(seed: int, cases: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """What comes of the calls and visits of a day.

    Args:
        seed: The county's seed.
        cases: `account`, `visit` (else a call), `open_fen`, `pays_in` (days until the customer means to pay, -1 for not
            soon), any others.
        day: The day [day].

    Returns:
        The rows with `minute`, `outcome`, `spoken_to` (empty where nobody was), `note`, `follow_up` (`FOLLOW_UPS`),
        `promised_in` [day], `promised_fen` and `why` (what is disputed, or why to pause).
    """
    account, today = pl.col("account"), pl.lit(day, dtype=pl.Int64)

    def of(purpose: str) -> Stream:
        return Stream.of(seed, f"collection.contact.{purpose}")

    call, visit = of("call").weighted(_CALLED, account, today), of("visit").weighted(_VISITED, account, today)
    means_to = pl.col("pays_in").is_between(0, _SOON_DAYS)
    kind = (
        pl.when(means_to)
        .then(of("willing").weighted(_WHO_MEANS_TO_PAY, account, today))
        .otherwise(of("unwilling").weighted(_WHO_DOES_NOT, account, today))
    )
    met = pl.when("visit").then(visit == 0).otherwise(call == 0)
    days = pl.when(means_to).then(pl.col("pays_in") + 1 + of("room").below(3, account, today))
    yuan = pl.max_horizontal(pl.col("open_fen") // 200 * 100, pl.lit(100))
    whole = of("whole").chance(_WHOLE_DEBT, account, today) | (pl.col("open_fen") <= yuan)
    return cases.with_columns(
        minute=_OPENING + 15 + of("minute").below(_WORKING_MINUTES - 60, account, today),
        outcome=pl.when("visit").then(looked_up(VISIT_OUTCOMES, visit)).otherwise(looked_up(CALL_OUTCOMES, call)),
        note=pl.when("visit").then(looked_up(_VISIT_NOTES, visit)).otherwise(looked_up(_CALL_NOTES, call)),
        spoken_to=pl.when(met).then(person_names(seed + 1, account)).otherwise(pl.lit("")),
        follow_up=pl.when(met).then(looked_up(FOLLOW_UPS, kind)).otherwise(pl.lit("")),
        promised_in=pl.min_horizontal(
            days.otherwise(3 + of("days").below(8, account, today)), pl.lit(_LONGEST_PROMISE)
        ),
        promised_fen=pl.when(whole).then(pl.col("open_fen")).otherwise(yuan),
        why=pl.when(kind == FOLLOW_UPS.index("dispute"))
        .then(of("dispute").pick(_DISPUTED, account, today))
        .otherwise(of("pause").pick(_PAUSED, account, today)),
    )


def answers(seed: int, disputes: pl.DataFrame) -> pl.DataFrame:
    """How disputes are decided: the rows (`account`, `day` raised, any others) with `outcome` and `decision`."""
    drawn = Stream.of(seed, "collection.dispute").weighted(_DECISION_WEIGHTS, pl.col("account"), pl.col("day"))
    return disputes.with_columns(outcome=looked_up(_DECIDED, drawn), decision=looked_up(_DECISIONS, drawn))


def approvals(seed: int, orders: pl.DataFrame) -> pl.DataFrame:
    """Who approves proposed cuts: the rows (`account`, `day` planned, any others) with `manager`, `director`, `reason`."""
    account, day = pl.col("account"), pl.col("day")

    def of(who: str) -> Stream:
        return Stream.of(seed, f"collection.cut.{who}")

    return orders.with_columns(
        manager=of("manager").chance(_ONE_APPROVES, account, day),
        director=of("director").chance(_ONE_APPROVES, account, day),
        reason=of("reason").pick(_REFUSED, account, day),
    )


def reviews(seed: int, homes: pl.DataFrame) -> pl.DataFrame:
    """What is found in homes before a cut: the rows (`account`, `day`, any others) with `outcome`, `note`, `minute`."""
    account, day = pl.col("account"), pl.col("day")
    found = Stream.of(seed, "collection.review").chance(_ENDANGERED, account, day).cast(pl.Int64)
    return homes.with_columns(
        outcome=looked_up(("may_proceed", "protect"), found),
        note=looked_up(_REVIEWED, found),
        minute=_OPENING + 60 + Stream.of(seed, "collection.review.minute").below(300, account, day),
    )


def picture(words: Sequence[str], *, width: int = 48, height: int = 24) -> bytes:
    """A small picture (PNG) with a scribble that follows from its words, which stand in it as text.

    Args:
        words: What it shows; other words, other bytes.
        width: Width [pixel].
        height: Height [pixel].
    """
    said = "; ".join(words).encode()
    ink = zlib.crc32(said)
    rows = []
    for row in range(height):
        marked = {(ink >> (row % 16)) % width, (ink >> (row % 11)) % width}
        rows.append(b"\x00" + bytes(0x20 if column in marked else 0xF0 for column in range(width)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = b"Description\x00\x00\x00\x00\x00" + said
    chunks = ((b"IHDR", head), (b"iTXt", text), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
