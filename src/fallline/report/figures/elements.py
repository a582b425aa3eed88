"""What several figures have in common: values, axes of numbers, and lines of layers over the iterations."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from fallline.engine import Array
from fallline.engine.arrays import Index
from fallline.report.figures.colours import DASHES, SERIES

NUMBER = (  # a label of an axis over many powers of ten
    "datum.value == 0 || (abs(datum.value) >= 0.001 && abs(datum.value) < 100000)"
    " ? format(datum.value, '~g') : format(datum.value, '~e')"
)
CLOSEST = 1e-9  # relative distance of the ends of an axis, from which on its labels differ
MOST_LAYERS = 12  # that are told apart as lines


def values(rows: Sequence[dict[str, Any]]) -> Any:
    """Return rows as data that stand in the figure itself; as text, since Altair copies lists with every step."""
    return alt.InlineData(values=json.dumps(list(rows)))


def iterations_axis(last: float, title: str = "iteration") -> Any:
    """Return the axis of iterations up to the last."""
    return alt.X(
        "iteration:Q",
        title=title,
        scale=alt.Scale(nice=False, zero=True, domain=[0, max(last, 1.0)]),
        axis=alt.Axis(format=",d" if last < 100_000 else "~s", tickMinStep=1, grid=False, labelFlush=True, tickCount=5),
    )


def decades(low: float, high: float, most: int = 7) -> list[float]:
    """Return round numbers from `low` to `high`, for a logarithmic axis: powers of ten, at most so many of them.

    Between few powers the twos and fives stand too; where even these are few, all whole multiples, or even steps.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, math.ceil((last - first) / most))
    for digits in ((1,), (1, 2, 5), range(1, 10)):
        powers = range(first, last + 1, every if len(digits) == 1 else 1)
        found = [float(f"{digit}e{power}") for power in powers for digit in digits]
        found = [tick for tick in found if low * (1.0 - 1e-9) <= tick <= high * (1.0 + 1e-9)]
        if len(found) > 2:
            break
    if len(found) < 3 and high > low * (1.0 + CLOSEST):
        return _even(low, high, most)
    return found[:: math.ceil(len(found) / most)] if found else [low]


def _even(low: float, high: float, most: int) -> list[float]:
    """Return round numbers at even distances from `low` to `high`, at most so many."""
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(unit * digit for digit in (1, 2, 5, 10, 20) if (high - low) / (unit * digit) <= most - 1)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def error_axis(errors: Array, title: str, name: str = "error") -> Any:
    """Return the axis of errors: logarithmic where all of them (n,) are above 0."""
    if len(errors) and errors.min() > 0.0:
        ticks = decades(float(errors.min()), float(errors.max()))
        return alt.Y(
            f"{name}:Q",
            title=title,
            scale=alt.Scale(type="log", nice=False, padding=6),
            axis=alt.Axis(labelExpr=NUMBER, values=ticks),
        )
    return alt.Y(f"{name}:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(labelExpr=NUMBER, tickCount=5))


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
            tooltip=[alt.Tooltip("layer:N"), alt.Tooltip("iteration:Q"), alt.Tooltip("value:Q")],
        )
        .properties(autosize=FIT)
    )


def told(layers: Sequence[str]) -> Index:
    """Return which layers are drawn where there are very many: the first and the last ones, (drawn,)."""
    count = len(layers)
    if count <= MOST_LAYERS:
        return np.arange(count)
    return np.concatenate([np.arange(MOST_LAYERS // 2), np.arange(count - MOST_LAYERS // 2, count)])


FIT: Any = {"type": "fit-x", "contains": "padding"}  # the width is that of all, labels included
