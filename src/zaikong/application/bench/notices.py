"""How long do many notices take, from frozen contents to one file with an index?

The contents are made up and read from nowhere; the work measured is that of the service: contents to JSON and back, hash,
sheet, PDF. The file is read again and its notices counted before a figure is given out.
"""

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final

from zaikong.application.bench.memory import peak_bytes
from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.application.documents.contents import (
    BillOwed,
    NoticeContents,
    PlannedStop,
    as_json,
    hash_of,
    of_json,
)
from zaikong.application.documents.pdf import pdf_of, pdf_of_many
from zaikong.application.documents.sheet import notice_sheet
from zaikong.application.documents.word import word_of
from zaikong.kernel.period import TIME_ZONE, Month

AIM_SECONDS: Final = 60
"""A thousand notices in less [s]."""

_ISSUED: Final = date(2025, 7, 31)
_MOST_BILLS: Final = 4
_HALF: Final = 2


def bench_notices(*, count: int, seed: int, folder: Path | None = None) -> dict[str, Any]:
    """Measure the batch print.

    Args:
        count: Notices; every second one a stop notice.
        seed: Seed of names and amounts.
        folder: Where to leave the file, nowhere when not given.

    Returns:
        Seconds by step, bytes and hash of the file, whether it comes out the same twice, and the aim.

    Raises:
        UnableToMeasureError: `FILE_WRONG`: the two files differ.
    """
    stored = [as_json(contents) for contents in _contents(count, Random(seed))]  # noqa: S311 -- made-up names
    started = perf_counter()
    sheets = [_sheet(each) for each in stored]
    laid_out = perf_counter()
    paper = pdf_of_many(sheets)
    printed = perf_counter()
    one = pdf_of(sheets[0])
    one_pdf = perf_counter()
    word_of(sheets[0])
    one_word = perf_counter()
    again = pdf_of_many(sheets)
    if again.sha256 != paper.sha256:
        raise UnableToMeasureError("the same notices gave two different files", code="FILE_WRONG")
    if folder is not None:
        folder.joinpath("notices.pdf").write_bytes(paper.content)
    seconds = printed - started
    return {
        "count": count,
        "cores": os.cpu_count(),
        "seconds": round(seconds, 3),
        "steps": {"read, check, lay out": round(laid_out - started, 3), "set the pages": round(printed - laid_out, 3)},
        "notices_per_second": round(count / seconds),
        "one_pdf_seconds": round(one_pdf - printed, 3),
        "one_word_seconds": round(one_word - one_pdf, 3),
        "bytes": len(paper.content),
        "bytes_of_one": len(one.content),
        "sha256": paper.sha256,
        "same_bytes_twice": True,
        "peak_mib": peak_bytes() // 2**20,
        "aim": {"seconds": AIM_SECONDS, "reached": seconds < AIM_SECONDS},
    }


def _sheet(stored: Mapping[str, Any]) -> Any:
    contents = of_json(stored)
    hash_of(contents)
    return notice_sheet(contents)


def _contents(count: int, draw: Random) -> list[NoticeContents]:
    return [_one(place, draw) for place in range(1, count + 1)]


def _one(place: int, draw: Random) -> NoticeContents:
    stop = place % _HALF == 0
    bills = draw.randint(1, _MOST_BILLS)
    months = [Month(2025, 6).shifted(-back) for back in range(bills - 1, -1, -1)]
    owed = tuple(
        BillOwed(
            bill=place * 10 + at,
            month=month,
            due_date=month.shifted(1).start + timedelta(days=14),
            open_fen=draw.randint(1_000, 5_000_000),
            late_fee_fen=draw.randint(0, 50_000),
        )
        for at, month in enumerate(months)
    )
    planned = PlannedStop(datetime(2025, 8, 8, 10, 0, tzinfo=TIME_ZONE), f"10kV城{place % 40}线{place}号配变", 24)
    return NoticeContents(
        kind="stop" if stop else "demand",
        notice_no=f"{'停' if stop else '催'}2025-{place:06d}",
        account_no=f"41{place:08d}",
        customer_name="".join(draw.choice("王李张刘陈杨黄赵周吴光明建国秀英志强丽华") for _ in range(3)),
        address=f"建设街道第{place % 30}社区{place % 12}号楼{place % 6}单元{place}号",
        bills=owed,
        rates_ppm=(2000,),
        issued_date=_ISSUED,
        pay_by_date=_ISSUED + timedelta(days=7),
        channels=("网上国网", "供电所营业厅", "银行代扣"),
        legal_basis=("《电力供应与使用条例》 第三十九条", "《中华人民共和国民法典》 第六百五十四条第一款"),
        supplier_name="某县供电公司",
        office_address="人民路1号营业厅",
        contact_name="客户服务中心",
        contact_phone="95598",
        rests_on="《电费催缴通知书》催2025-000001" if stop else "",
        stop=planned if stop else None,
    )
