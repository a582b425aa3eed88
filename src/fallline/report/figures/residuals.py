"""The residuals of a regression: what is left of each row's target, over what was predicted."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from fallline.data import Task
from fallline.report.figures.answers import answers, drawn
from fallline.report.figures.colours import BLUE, INK
from fallline.report.figures.elements import FIT, NUMBER, values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "Residuals"
MOST_TARGETS = 4
HEIGHT = 220


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return target minus prediction over the prediction, in the target's own units; one picture a target."""
    preparation = material.preparation
    if preparation.task is not Task.REGRESSION:
        raise NotDrawnError("classes have no residuals; see the figure 'confusion'.")
    found = answers(material)
    scale, offset = preparation.target_scale, preparation.target_offset
    predicted = found.outputs * scale + offset
    residuals = (found.targets - found.outputs) * scale
    notes, pictures, told = [], [], []
    if len(preparation.targets) > MOST_TARGETS:
        notes.append(f"The first {MOST_TARGETS} of {len(preparation.targets)} targets.")
    for k, name in enumerate(preparation.targets[:MOST_TARGETS]):
        finite = np.isfinite(predicted[:, k])
        x, y = predicted[finite, k], residuals[finite, k]
        rows = drawn(np.abs(y))
        if k == 0 and len(rows) < len(y):
            notes.append(f"{len(rows):,} of {len(y):,} rows: drawn at random, and the farthest out.")
        points = [{"predicted": a, "residual": b} for a, b in zip(x[rows].tolist(), y[rows].tolist(), strict=True)]
        root = float(np.sqrt(np.square(y).mean())) if len(y) else np.nan
        told.append(f"'{name}': root mean square {root:.4g}, from {y.min(initial=0):.4g} to {y.max(initial=0):.4g}")
        pictures.append(_picture(points, name, width))
    chart = pictures[0] if len(pictures) == 1 else alt.vconcat(*pictures, spacing=16)
    return Figure(
        "residuals",
        f"{TITLE} on {found.where}",
        f"Target minus prediction over the prediction, on {found.where}. {'; '.join(told)}.",
        chart.properties(autosize=FIT) if len(pictures) == 1 else chart,
        notes,
    )


def _picture(points: list[dict[str, float]], name: str, width: int) -> Any:
    zero = alt.Chart(values([{"residual": 0.0}])).mark_rule(color=INK, strokeWidth=0.8).encode(y=alt.Y("residual:Q"))
    dots = (
        alt.Chart(values(points))
        .mark_point(filled=True, color=BLUE, size=16, opacity=0.75)
        .encode(
            x=alt.X(
                "predicted:Q",
                title=f"predicted {name}",
                scale=alt.Scale(zero=False, nice=False, padding=8),
                axis=alt.Axis(labelExpr=NUMBER, tickCount=5, grid=False),
            ),
            y=alt.Y("residual:Q", title="target − predicted", axis=alt.Axis(labelExpr=NUMBER, tickCount=5)),
            tooltip=[alt.Tooltip("predicted:Q"), alt.Tooltip("residual:Q")],
        )
    )
    return alt.layer(zero, dots).properties(width=width, height=HEIGHT)
