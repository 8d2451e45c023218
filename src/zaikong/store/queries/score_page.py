"""What does the console show of the score: its watch night by night, what was foretold and what came true?"""

from typing import Any

from django.db.models import Max

from zaikong.store.models import Night, ScoreWatch
from zaikong.store.queries.score_history import outcomes_by_band

_EDGES_PPM = (5_000, 20_000, 50_000, 100_000, 200_000, 400_000, 700_000)
_BANDS = ("0–0.5%", "0.5–2%", "2–5%", "5–10%", "10–20%", "20–40%", "40–70%", "70–100%")


def watches(*, nights: int) -> list[ScoreWatch]:
    """The last watches of the score, the latest first."""
    return list(ScoreWatch.objects.order_by("-watched_date")[:nights])


def outcomes() -> list[dict[str, Any]]:
    """Scored bills whose outcome is known, by band of probability: `band`, `bills`, `foretold`, `observed`."""
    last = Night.objects.aggregate(last=Max("business_date"))["last"]
    if last is None:
        return []
    return [
        {
            "band": _BANDS[row["band"]],
            "bills": row["bills"],
            "foretold": f"{row['foretold_ppm'] / row['bills'] / 10_000:.1f}%",
            "observed": f"{row['bad'] * 100 / row['bills']:.1f}%",
        }
        for row in outcomes_by_band(_EDGES_PPM, as_of=last).iter_rows(named=True)
    ]
