"""What does the console show of the score: its watch night by night, what was foretold and what came true?"""

from typing import Any

import polars as pl

from zaikong.store import bulk
from zaikong.store.models import ScoreWatch

_INT = pl.Int64
_OUTCOMES = """
    SELECT width_bucket(s.probability_ppm, ARRAY[5000, 20000, 50000, 100000, 200000, 400000, 700000]) AS place,
        count(*), sum(s.probability_ppm)::bigint, count(*) FILTER (WHERE o.open_fen > 0 OR p.paid > o.due_date + 30)
    FROM zaikong_billscore s JOIN zaikong_openitem o ON o.bill_id = s.bill_id
    LEFT JOIN LATERAL (
        SELECT max(effective_date) AS paid FROM zaikong_allocation WHERE bill_id = s.bill_id AND principal_fen > 0
    ) p ON true
    WHERE o.due_date + 30 < (SELECT max(business_date) FROM zaikong_night)
    GROUP BY 1 ORDER BY 1
"""
_EDGES = ("0–0.5%", "0.5–2%", "2–5%", "5–10%", "10–20%", "20–40%", "40–70%", "70–100%")


def watches(*, nights: int) -> list[ScoreWatch]:
    """The last watches of the score, the latest first."""
    return list(ScoreWatch.objects.order_by("-watched_date")[:nights])


def outcomes() -> list[dict[str, Any]]:
    """Scored bills whose outcome is known, by band of probability: `band`, `bills`, `foretold`, `observed`."""
    rows = bulk.fetch(_OUTCOMES, {"place": _INT, "bills": _INT, "ppm": _INT, "observed": _INT})
    return [
        {
            "band": _EDGES[row["place"]],
            "bills": row["bills"],
            "foretold": f"{row['ppm'] / row['bills'] / 10_000:.1f}%",
            "observed": f"{row['observed'] * 100 / row['bills']:.1f}%",
        }
        for row in rows.iter_rows(named=True)
    ]
