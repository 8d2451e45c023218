"""What does a back-test of bills say, as lines of the page of measures?"""

from typing import Any


def bill_lines(figures: dict[str, Any], *, source: str) -> list[str]:
    """The figures as Markdown.

    Args:
        figures: As `backtest` gives them.
        source: Where the bills are from.
    """
    learned, test, ends = figures["learned"], figures["test"], figures["intervals"]
    by_risk, by_loss = figures["captured_yuan"]["by_risk"], figures["captured_yuan"]["by_expected_loss"]
    lines = [
        f"{source} Learned from {learned['n']:,} bills released from {learned['from']} to {learned['to']}",
        f"({learned['positives']:,} unpaid {figures['horizon_days']} days after they were due), tested on {figures['n']:,}",
        f"released from {test['from']} to {test['to']} ({figures['positives']:,} unpaid). Nothing that became known later",
        "was seen. Intervals are 95 %, drawn by account.",
        "",
        "| measure | value | interval |",
        "|---|---:|---:|",
        *(
            f"| {title} | {_number(figures[name])} | {_interval(ends[name])} |"
            for name, title in (("auc", "AUC"), ("ks", "KS"), ("pr_auc", "PR-AUC"), ("brier", "Brier"))
        ),
        "",
        "| ranked by | AUC | unpaid yuan in the top 5 % |",
        "|---|---:|---:|",
        f"| the score | {_number(figures['auc'])} | {by_risk['top_5_percent']:.1%} |",
        f"| expected loss, the score times the bill | – | {by_loss['top_5_percent']:.1%} |",
        *(
            f"| {_RIVALS.get(name, name)} | {_number(rival['auc'])} | {rival['captured_yuan']['top_5_percent']:.1%} |"
            for name, rival in figures["beside"].items()
        ),
        "",
        "| tenth, lowest first | predicted | observed |",
        "|---:|---:|---:|",
        *(f"| {row['decile']} | {row['predicted']:.4f} | {row['observed']:.4f} |" for row in figures["calibration"]),
        "",
        "| segment | bills | unpaid | AUC | Brier |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {part['n']:,} | {part['positives']:,} | {_number(part['auc'])} | {_number(part['brier'])} |"
            for name, part in figures["by_segment"].items()
        ),
    ]
    return [*lines, *(["", "Left out: " + "; ".join(figures["notes"]) + "."] if figures["notes"] else [])]


_RIVALS = {
    "rule_grade": "points of the rule grade",
    "late_share_of_12_months": "share of late bills in 12 months",
    "last_bill_late_by_days": "days the last bill was late",
}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(ends: list[float] | None) -> str:
    return "–" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"
