"""What several figures have in common: values, axes of numbers, and lines of layers over the iterations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from fallline.engine import Array
from fallline.report.figures.colours import DASHES, SERIES

NUMBER = (  # a label of an axis over many powers of ten
    "datum.value == 0 || (abs(datum.value) >= 0.001 && abs(datum.value) < 100000)"
    " ? format(datum.value, '~g') : format(datum.value, '~e')"
)
MOST_LAYERS = 12  # that are told apart as lines


def values(rows: Sequence[dict[str, Any]]) -> Any:
    """Return rows as data that stand in the figure itself."""
    return alt.Data(values=list(rows))


def iterations_axis(last: float, title: str = "iteration") -> Any:
    """Return the axis of iterations up to the last."""
    return alt.X(
        "iteration:Q",
        title=title,
        scale=alt.Scale(nice=False, zero=True, domain=[0, max(last, 1.0)]),
        axis=alt.Axis(format=",d" if last < 100_000 else "~s", tickMinStep=1, grid=False, labelFlush=True, tickCount=5),
    )


def decades(low: float, high: float, most: int = 7) -> list[float]:
    """Return powers of ten from at or above `low` to at or below `high`, evenly spaced, at most so many."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / most))
    return [10.0**power for power in range(first, last + 1, step)]


def error_axis(errors: Array, title: str, name: str = "error") -> Any:
    """Return the axis of errors: logarithmic where all of them (n,) are above 0."""
    if len(errors) and errors.min() > 0.0:
        ticks = decades(float(errors.min()), float(errors.max()))
        few = {"values": ticks} if len(ticks) > 2 else {"tickCount": 5}
        return alt.Y(
            f"{name}:Q",
            title=title,
            scale=alt.Scale(type="log", nice=False, padding=6),
            axis=alt.Axis(labelExpr=NUMBER, **few),
        )
    return alt.Y(f"{name}:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(format="~g", tickCount=5))


def colours(names: Sequence[str], range_: Sequence[str] = SERIES) -> Any:
    """Return a scale that gives each name its colour."""
    return alt.Scale(domain=list(names), range=[range_[i % len(range_)] for i in range(len(names))])


def dashes(names: Sequence[str]) -> Any:
    """Return a scale that gives each name its dashes, so that lines are told apart without colours."""
    return alt.Scale(domain=list(names), range=[DASHES[i % len(DASHES)] for i in range(len(names))])


def legend(columns: int = 2) -> Any:
    """Return a legend above the figure."""
    return alt.Legend(title=None, orient="top", direction="horizontal", columns=columns, symbolType="stroke")


def lines_of_layers(iterations: Array, table: Array, names: Sequence[str], y: Any, width: int) -> Any:
    """Return one line a layer over the iterations; what is not finite is left out.

    Parameters
    ----------
    iterations
        (weights,)
    table
        (weights, layers)
    names
        Of the layers.
    y
        The vertical axis, of the field "value".
    """
    rows = [
        {"iteration": iteration, "value": value, "layer": name}
        for name, column in zip(names, table.T, strict=True)
        for iteration, value in zip(iterations.tolist(), column.tolist(), strict=True)
        if math.isfinite(value)
    ]
    return (
        alt.Chart(values(rows), width=width, height=220)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=18) if len(iterations) < 12 else False)
        .encode(
            x=iterations_axis(float(iterations.max())),
            y=y,
            color=alt.Color("layer:N", scale=colours(names), sort=list(names), legend=legend(4 if width > 500 else 2)),
            strokeDash=alt.StrokeDash(
                "layer:N", scale=dashes(names), sort=list(names), legend=legend(4 if width > 500 else 2)
            ),
            tooltip=["layer:N", "iteration:Q", "value:Q"],
        )
        .properties(autosize=FIT)
    )


def told(layers: Sequence[str]) -> Array:
    """Return which layers are drawn where there are very many: the first and the last ones, (drawn,)."""
    count = len(layers)
    if count <= MOST_LAYERS:
        return np.arange(count)
    return np.concatenate([np.arange(MOST_LAYERS // 2), np.arange(count - MOST_LAYERS // 2, count)])


FIT: Any = {"type": "fit-x", "contains": "padding"}  # the width is that of all, labels included
