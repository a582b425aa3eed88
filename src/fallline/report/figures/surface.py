"""What a network with two inputs answers all over its plane, with the rows it learned from."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import numpy as np

from fallline.data import Preparation, Task
from fallline.engine import Array
from fallline.report.figures.colours import INK, PAPER, SERIES
from fallline.report.figures.elements import FIT, NUMBER, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "What the network answers"
CELLS = 36  # along each side
MARGIN = 0.1  # of the rows' range, beyond it
MOST_ROWS = 300
HEIGHT = 300


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the first output over both inputs in their own units: the prediction, or the probability of a class."""
    subject, preparation = material.subject, material.preparation
    if subject.network.shape[0] != 2:
        raise NotDrawnError(f"a surface takes two inputs; this network has {subject.network.shape[0]:,}.")
    if preparation.task is Task.MULTICLASS and preparation.outputs > len(SERIES):
        raise NotDrawnError(f"a surface can show {len(SERIES)} classes; there are {preparation.outputs}.")
    X, y = subject.training.block(0, len(subject.training))
    low, high = X.min(axis=0), X.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    edges = np.linspace(low - margin, high + margin, CELLS + 1)
    middles = 0.5 * (edges[:-1] + edges[1:])
    grid = np.stack(np.meshgrid(middles[:, 0], middles[:, 1], indexing="ij"), axis=-1).reshape(-1, 2)
    answers = _shown(preparation, np.asarray(subject.network.run(grid.astype(X.dtype)), np.float64))
    own = _own_units(preparation, edges)
    cells = [
        {"x": own[i, 0], "x2": own[i + 1, 0], "y": own[j, 1], "y2": own[j + 1, 1], "answer": answer}
        for (i, j), answer in zip(np.ndindex(CELLS, CELLS), answers, strict=True)
    ]
    some = np.arange(len(X))
    if len(X) > MOST_ROWS:
        some = np.random.default_rng(0).choice(len(X), MOST_ROWS, replace=False)
    at, seen = _own_units(preparation, X[some].astype(np.float64)), _shown(preparation, y[some].astype(np.float64))
    dots = [{"x": a, "y": b, "answer": answer} for (a, b), answer in zip(at.tolist(), seen, strict=True)]
    names, what = preparation.input_names, _what(preparation)
    field, scale, legend = _colour(preparation, what, answers + seen, width)
    bounds = [[float(own[0, k]), float(own[-1, k])] for k in range(2)]
    x, y_axis = (
        axis(
            f"{place}:Q",
            title=name,
            scale=alt.Scale(domain=limits, nice=False),
            axis=alt.Axis(tickCount=5, labelExpr=NUMBER, grid=False),
        )
        for axis, place, name, limits in zip((alt.X, alt.Y), "xy", names, bounds, strict=True)
    )
    plane = (
        alt.Chart(values(cells))
        .mark_rect(strokeWidth=0.6)
        .encode(
            x=x,
            x2=alt.X2("x2:Q"),
            y=y_axis,
            y2=alt.Y2("y2:Q"),
            color=alt.Color(field, scale=scale, legend=legend),
            stroke=alt.Stroke(field, scale=scale, legend=None),
            tooltip=[alt.Tooltip(field="answer", type=_type(preparation))],
        )
    )
    points = (
        alt.Chart(values(dots))
        .mark_point(filled=True, size=45, stroke=PAPER, strokeWidth=1.2, opacity=1.0)
        .encode(
            x=x,
            y=y_axis,
            fill=alt.Fill(field, scale=scale, legend=None),
            tooltip=[alt.Tooltip(field="answer", type=_type(preparation))],
        )
    )
    rims = alt.Chart(values(dots)).mark_point(size=75, color=INK, strokeWidth=1.0, opacity=1.0).encode(x=x, y=y_axis)
    notes = (
        [f"The dots are training rows: {len(some):,} of {len(X):,}."]
        if len(some) < len(X)
        else ["The dots are the training rows."]
    )
    return Figure(
        "surface",
        TITLE,
        f"{what[0].upper()}{what[1:]} over {names[0]} and {names[1]}, {_range(answers)}; the dots are rows.",
        alt.layer(plane, rims, points).properties(width=width, height=min(HEIGHT, width - 60), autosize=FIT),
        notes,
    )


def _shown(preparation: Preparation, outputs: Array) -> list[Any]:
    """Return of outputs (n, outputs) what is drawn: a number in its own unit, a probability, or the class's name."""
    if preparation.task is Task.MULTICLASS:
        classes = preparation.classes or []
        return [classes[k] for k in outputs.argmax(axis=1)]
    if preparation.task is Task.BINARY:
        return list(outputs[:, 0].tolist())
    return list((outputs[:, 0] * preparation.target_scale[0] + preparation.target_offset[0]).tolist())


def _own_units(preparation: Preparation, X: Array) -> Array:
    """Return inputs (n, 2) of the network in the units of the table."""
    inputs = [each for column in preparation.input_columns for each in column.inputs]
    return np.asarray(X * [each.scale for each in inputs] + [each.centre for each in inputs])


def _what(preparation: Preparation) -> str:
    target = preparation.targets[0]
    if preparation.task is Task.MULTICLASS:
        return f"the class of {target}"
    if preparation.task is Task.BINARY:
        assert preparation.classes is not None
        return f"P({target} = {preparation.classes[1]})"
    return f"{target}"


def _range(answers: list[Any]) -> str:
    if isinstance(answers[0], str):
        return f"of the {len(set(answers))} classes {', '.join(sorted(set(answers)))}"
    return f"from {min(answers):.4g} to {max(answers):.4g}"


def _colour(preparation: Preparation, what: str, shown: list[Any], width: int) -> tuple[str, alt.Scale, alt.Legend]:
    """Return what the colour stands for, how, and its legend."""
    if preparation.task is Task.MULTICLASS:
        classes = preparation.classes or []
        scale = alt.Scale(domain=classes, range=list(SERIES[: len(classes)]))
        return "answer:N", scale, alt.Legend(title=what, orient="top")
    legend = alt.Legend(title=what, orient="top", columns=4 if width < 500 else 8, tickCount=5, labelExpr=NUMBER)
    if preparation.task is Task.BINARY:
        return "answer:Q", alt.Scale(scheme="blueorange", domain=[0.0, 1.0], clamp=True), legend
    return "answer:Q", alt.Scale(scheme="viridis", domain=[min(shown), max(shown)]), legend


def _type(preparation: Preparation) -> Literal["nominal", "quantitative"]:
    return "nominal" if preparation.task is Task.MULTICLASS else "quantitative"
