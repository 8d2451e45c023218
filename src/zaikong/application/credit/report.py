"""How is a back-test shown to people? One page of HTML that needs nothing from elsewhere."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.offline import get_plotlyjs

from zaikong.application.credit.backtest import Backtest

_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{
  font: 15px/1.5 "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif;
  margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1f2937;
}}
h1 {{ font-size: 1.4rem }}
h2 {{ font-size: 1.1rem; margin-top: 2rem }}
table {{ border-collapse: collapse; margin: .5rem 0 }}
th, td {{ padding: .25rem .75rem; border-bottom: 1px solid #e5e7eb; text-align: right }}
th:first-child, td:first-child {{ text-align: left }}
.note {{ color: #6b7280 }}
.grid {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem }}
</style><script>{script}</script></head><body>
{body}
</body></html>
"""


def write_report(found: Backtest, path: Path) -> Path:
    """Write the page.

    Args:
        found: The back-test.
        path: Where to; its folder is made.

    Returns:
        The path.
    """
    figures = found.figures
    parts = [
        "<h1>欠费概率评分回测 <span class='note'>Back-test of the score</span></h1>",
        f"<p class='note'>{escape(_said(figures))}</p>",
        _table(("指标 measure", "值 value", "95% 区间 interval"), _measures(figures)),
        "<div class='grid'>",
        *(_chart(figure) for figure in (_calibration(figures), _roc(found.rows), _capture(figures))),
        "</div>",
        "<h2>与简单规则比较 <span class='note'>Beside simple rules</span></h2>",
        _table(("排序依据 ranked by", "AUC", "前5%金额 yuan in the top 5 %"), _rivals(figures)),
        "<h2>分用户类别 <span class='note'>By segment</span></h2>",
        _table(_PARTS, _parts(figures["by_segment"])),
        "<h2>分月 <span class='note'>By month of release</span></h2>",
        _table(_PARTS, _parts(figures["by_month"])),
        "<h2>各项影响 <span class='note'>What each feature adds, in log-odds</span></h2>",
        "<div class='grid'>",
        *(_chart(figure) for figure in _shapes(found)),
        "</div>",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    page = _PAGE.format(title="欠费概率评分回测", script=get_plotlyjs(), body="\n".join(parts))
    path.write_text(page, encoding="utf-8")
    return path


_PARTS = ("", "账单 bills", "逾期 unpaid", "AUC", "Brier", "平均概率 mean probability")
_MOST_SHAPES = 9


def _said(figures: dict[str, Any]) -> str:
    learned, test = figures["learned"], figures["test"]
    return (
        f"学习 learned: {learned['from']} – {learned['to']}, {learned['n']:,} bills, {learned['positives']:,} unpaid "
        f"{figures['horizon_days']} days after due. 检验 tested: {test['from']} – {test['to']}, {figures['n']:,} bills, "
        f"{figures['positives']:,} unpaid. " + " ".join(figures["notes"])
    )


def _measures(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    names = {"auc": "AUC", "ks": "KS", "pr_auc": "PR-AUC", "brier": "Brier"}
    rows = []
    for key, name in names.items():
        ends = figures["intervals"].get(key)
        rows.append((name, _number(figures[key]), f"{ends[0]:.4f} – {ends[1]:.4f}" if ends else ""))
    for top, value in figures["captured_yuan"]["by_expected_loss"].items():
        rows.append((f"按预期损失 {_top(top)} 捕获金额 yuan captured by expected loss", f"{value:.1%}", ""))
    for top, value in figures["lift"].items():
        rows.append((f"{_top(top)} 提升度 lift", f"{value:.2f}", ""))
    return rows


def _top(word: str) -> str:
    return f"前 {word.split('_')[1]}%"


def _rivals(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    ours = ("评分 the score", _number(figures["auc"]), f"{figures['captured_yuan']['by_risk']['top_5_percent']:.1%}")
    names = {
        "rule_grade": "规则等级 the rule grade",
        "late_share_of_12_months": "近12期逾期比例 share of late bills",
        "last_bill_late_by_days": "上期逾期天数 delay of the last bill",
    }
    others = [
        (names.get(name, name), _number(beside["auc"]), f"{beside['captured_yuan']['top_5_percent']:.1%}")
        for name, beside in figures["beside"].items()
    ]
    return [ours, *others]


def _parts(parts: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{part['n']:,}",
            f"{part['positives']:,}",
            _number(part["auc"]),
            _number(part["brier"]),
            f"{part['mean_probability']:.2%}",
        )
        for name, part in parts.items()
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _chart(figure: go.Figure) -> str:
    figure.update_layout(height=320, margin={"l": 50, "r": 10, "t": 40, "b": 40}, template="simple_white")
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False}))


def _calibration(figures: dict[str, Any]) -> go.Figure:
    rows = figures["calibration"]
    figure = go.Figure(layout={"title": {"text": "校准（十等分） Calibration by tenth"}})
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": "#9ca3af"}, showlegend=False)
    figure.add_scatter(
        x=[row["predicted"] for row in rows],
        y=[row["observed"] for row in rows],
        mode="lines+markers",
        line={"color": "#0f766e"},
        showlegend=False,
    )
    return figure.update_xaxes(title="预测 predicted").update_yaxes(title="实际 observed")


def _roc(rows: pl.DataFrame) -> go.Figure:
    label, probability = rows["bad"].to_numpy(), rows["probability"].to_numpy()
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(label[order]) / max(int(label.sum()), 1)
    alarms = np.cumsum(1 - label[order]) / max(int((1 - label).sum()), 1)
    places = np.linspace(0, len(order) - 1, 200).astype(int)
    figure = go.Figure(layout={"title": {"text": "ROC"}})
    figure.add_scatter(x=alarms[places].tolist(), y=hits[places].tolist(), mode="lines", line={"color": "#0f766e"})
    return figure.update_xaxes(title="误报率 false alarms").update_yaxes(title="命中率 hits")


def _capture(figures: dict[str, Any]) -> go.Figure:
    figure = go.Figure(layout={"title": {"text": "捕获的未缴金额 Unpaid yuan captured"}})
    for name, colour in (("by_expected_loss", "#0f766e"), ("by_risk", "#d97706")):
        tops = figures["captured_yuan"][name]
        title = "按预期损失 by expected loss" if name == "by_expected_loss" else "按概率 by probability"
        figure.add_bar(x=[_top(top) for top in tops], y=list(tops.values()), name=title, marker={"color": colour})
    return figure.update_yaxes(tickformat=".0%").update_layout(legend={"orientation": "h", "y": -0.2})


def _shapes(found: Backtest) -> list[go.Figure]:
    """The tables of the features that spread the score most."""
    spread = sorted(found.model.features, key=lambda each: max(each.points_e6) - min(each.points_e6), reverse=True)
    figures = []
    for feature in spread[:_MOST_SHAPES]:
        figure = go.Figure(layout={"title": {"text": f"{feature.name} [{feature.unit or '–'}]"}})
        edges = [float(edge) for edge in feature.edges]
        figure.add_scatter(
            x=[*edges, edges[-1]] if edges else [0],
            y=[points / 1e6 for points in feature.points_e6],
            mode="lines",
            line={"shape": "vh", "color": "#0f766e"},
            showlegend=False,
        )
        figures.append(figure)
    return figures
