"""The error budget: what the error at the stop is made of, as one bar."""

from __future__ import annotations

import altair as alt

from fallline.diagnosis.words import PARTS
from fallline.report.figures.colours import BLUE, GREEN, OCHRE, ORANGE, PAPER, PLUM
from fallline.report.figures.elements import FIT, NUMBER, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "What the error is made of"
NAMES = {"noise": "noise", "range": "range", "architecture": "architecture", "penalty": "penalty", "descent": "descent"}
COLOURS = {"noise": OCHRE, "range": PLUM, "architecture": BLUE, "penalty": GREEN, "descent": ORANGE}
WORTH_A_WORD = 0.12  # of the bar, from which on a part's share stands in it


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the parts of the budget side by side, each as long as its share."""
    budget = material.verdict["budget"]
    error = budget["error"]
    parts = {name: budget[name] for name in PARTS if budget[name] and budget[name] > 0.0}
    if not parts or not error or error <= 0.0:
        raise NotDrawnError("the error is 0, so that there is nothing to divide.")
    rows, begin = [], 0.0
    for name, value in parts.items():
        label = f"{name}: {value:.4g} ({_percent(value / error)})"
        rows.append(
            {
                "from": begin,
                "to": begin + value,
                "middle": begin + value / 2.0,
                "part": label,
                "share": _percent(value / error) if value >= WORTH_A_WORD * error else "",
                "means": PARTS[name],
            }
        )
        begin += value
    labels = [row["part"] for row in rows]
    bars = (
        alt.Chart(values(rows))
        .mark_bar(height=44, stroke=PAPER, strokeWidth=1.5)
        .encode(
            x=alt.X(
                "from:Q",
                title=f"error at the stop: {error:.4g}",
                scale=alt.Scale(domain=[0.0, error], nice=False),
                axis=alt.Axis(labelExpr=NUMBER, tickCount=5, grid=False),
            ),
            x2=alt.X2("to:Q"),
            color=alt.Color(
                "part:N",
                sort=labels,
                scale=alt.Scale(domain=labels, range=[COLOURS[name] for name in parts]),
                legend=alt.Legend(
                    title=None,
                    orient="top",
                    direction="vertical" if width < 500 else "horizontal",
                    symbolType="square",
                    columns=1 if width < 500 else 3,
                ),
            ),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("means:N")],
        )
    )
    shares = (
        alt.Chart(values(rows))
        .mark_text(color=PAPER, fontWeight="bold", fontSize=13)
        .encode(x=alt.X("middle:Q"), text=alt.Text("share:N"), y=alt.value(35))
    )
    told = "; ".join(f"{_percent(value / error)} ({value:.4g}) {PARTS[name]}" for name, value in parts.items())
    return Figure(
        "budget",
        TITLE,
        f"The error at the stop, {error:.4g}, in parts: {told}.",
        alt.layer(bars, shares).properties(width=width, height=70, autosize=FIT),
    )


def _percent(share: float) -> str:
    return "< 1 %" if share < 0.01 else f"{100.0 * share:.0f} %"
