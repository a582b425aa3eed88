"""The weights of each layer: how they lay at first, and how they lie at the stop."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from fallline.engine import Array
from fallline.report.figures.colours import BLUE, GREY, INK
from fallline.report.figures.elements import FIT, NUMBER, told, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.layer_notes import layer_names
from fallline.report.figures.material import Material

TITLE = "Weights of each layer"
WHEN = ("at first", "at the stop")


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return for each layer the spread of its weights, without the biases: ends, middle half and median."""
    subject, names = material.subject, layer_names(material)
    networks = [(WHEN[1], subject.network)]
    if subject.first is not None:
        networks.insert(0, (WHEN[0], subject.first))
    rows = [
        {"layer": names[i], "when": when} | spread(network.layers[i][:, :-1])
        for i in told(names)
        for when, network in networks
    ]
    if not all(np.isfinite(row["median"]) for row in rows):
        raise NotDrawnError("the weights are not finite.")
    shown = [names[i] for i in told(names)]
    y = alt.Y("layer:N", sort=shown, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=140))
    offset = alt.YOffset("when:N", sort=list(WHEN))
    legend = alt.Legend(title=None, orient="top", direction="horizontal", symbolType="square")
    colour = alt.Color("when:N", sort=list(WHEN), scale=alt.Scale(domain=list(WHEN), range=[GREY, BLUE]), legend=legend)
    base = alt.Chart(values(rows)).encode(
        y=y,
        yOffset=offset,
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("when:N"),
            alt.Tooltip("low:Q"),
            alt.Tooltip("median:Q"),
            alt.Tooltip("high:Q"),
        ],
    )
    x = alt.X("low:Q", title="weight", axis=alt.Axis(labelExpr=NUMBER, tickCount=5))
    whole = base.mark_bar(height=1.5).encode(x=x, x2=alt.X2("high:Q"), color=colour)
    half = base.mark_bar(height=7).encode(x=alt.X("lower:Q"), x2=alt.X2("upper:Q"), color=colour)
    middle = base.mark_tick(color=INK, thickness=2, height=11, opacity=1.0).encode(x=alt.X("median:Q"))
    last = [row for row in rows if row["when"] == WHEN[1]]
    words = "; ".join(f"{row['layer']} {row['low']:.3g} to {row['high']:.3g}" for row in last)
    return Figure(
        "weights",
        TITLE,
        "The spread of the weights, without the biases: a line from end to end, a box for the middle half, a tick for "
        f"the median. At the stop: {words}.",
        alt.layer(whole, half, middle).properties(width=width, height=alt.Step(20), autosize=FIT),
    )


def spread(weights: Array) -> dict[str, Any]:
    """Return the quantiles of weights (units, inputs) by their names."""
    quantiles = np.quantile(weights.astype(np.float64), [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
    return dict(zip(("low", "lower", "median", "upper", "high"), quantiles, strict=True))
