"""The Hessian's eigenvalues at the stop: in how many directions the error curves up, is flat, or curves down."""

from __future__ import annotations

import math

import altair as alt
import numpy as np

from fallline.engine import Array
from fallline.report.figures.colours import BLUE, GREY, INK, ORANGE
from fallline.report.figures.elements import FIT, NUMBER, decades, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "Curvature at the stop"
FLAT = 1e-8  # of the largest eigenvalue, up to which one is a flat direction
TICKS = 1e-6  # likewise, from which on the axis has labels, as nearer to 0 they would meet
KINDS = ("curves up", "flat", "curves down")


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the eigenvalues from the largest to the lowest; of a large network, an estimate of how they lie."""
    spectrum, count = material.spectrum, material.subject.network.architecture.parameter_count
    size = spectrum.size
    if not (math.isfinite(size) and size > 0.0):
        raise NotDrawnError("the Hessian at the stop is 0 or not finite.")
    notes: list[str] = []
    if spectrum.values is not None:
        eigenvalues, places = spectrum.values[::-1], np.arange(1.0, count + 1.0)
    else:
        assert spectrum.ritz is not None
        eigenvalues, shares = spectrum.ritz.values[::-1], spectrum.ritz.shares[::-1]
        places = count * (np.cumsum(shares) - 0.5 * shares)
        notes.append(f"Estimated from {len(eigenvalues):,} products with the Hessian, by Lanczos's method.")
    kinds = _kinds(eigenvalues, size)
    rows = [
        {"place": place, "value": value, "kind": KINDS[kind]}
        for place, value, kind in zip(places.tolist(), eigenvalues.tolist(), kinds.tolist(), strict=True)
    ]
    seen = [KINDS[kind] for kind in range(3) if (kinds == kind).any()]
    up = decades(TICKS * size, size, 4)
    down = [-tick for tick in up if tick <= max(0.0, -float(eigenvalues.min()))]
    y = alt.Y(
        "value:Q",
        title="eigenvalue",
        scale=alt.Scale(type="symlog", constant=FLAT * size, nice=False, padding=8),
        axis=alt.Axis(labelExpr=NUMBER, values=[*down, 0.0, *up]),
    )
    colour = alt.Scale(domain=list(KINDS), range=[BLUE, GREY, ORANGE])
    shape = alt.Scale(domain=list(KINDS), range=["triangle-up", "circle", "triangle-down"])
    legend = alt.Legend(title=None, orient="top", direction="horizontal")
    points = (
        alt.Chart(values(rows))
        .mark_point(filled=True, size=28, opacity=0.9)
        .encode(
            x=alt.X(
                "place:Q",
                title="directions, the steepest first",
                scale=alt.Scale(domain=[0, count + 1], nice=False),
                axis=alt.Axis(format="~s" if count >= 10_000 else ",d", tickMinStep=1, tickCount=5, grid=False),
            ),
            y=y,
            color=alt.Color("kind:N", scale=colour, sort=list(KINDS), legend=legend),
            shape=alt.Shape("kind:N", scale=shape, sort=list(KINDS), legend=legend),
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("value:Q")],
        )
    )
    zero = alt.Chart(values([{"value": 0.0}])).mark_rule(color=INK, strokeWidth=0.7).encode(y=alt.Y("value:Q"))
    return Figure(
        "spectrum",
        TITLE,
        _words(eigenvalues, kinds, seen, count, exact=spectrum.values is not None),
        alt.layer(zero, points).properties(width=width, height=220, autosize=FIT),
        notes,
    )


def _kinds(eigenvalues: Array, size: float) -> Array:
    return np.where(eigenvalues > FLAT * size, 0, np.where(eigenvalues < -FLAT * size, 2, 1))


def _words(eigenvalues: Array, kinds: Array, seen: list[str], count: int, *, exact: bool) -> str:
    words = f"The Hessian's eigenvalues, from {eigenvalues.max():.3g} to {eigenvalues.min():.3g}"
    if not exact:
        return f"{words}, of {count:,} directions; they were estimated, and {' and '.join(seen)}."
    parts = [f"{int((kinds == KINDS.index(kind)).sum()):,} of {count:,} directions: {kind}" for kind in seen]
    return f"{words}. {'; '.join(parts)}."
