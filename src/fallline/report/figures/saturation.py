"""How much of each layer lies on the flat ends of its activation, where no gradient comes through."""

from __future__ import annotations

import altair as alt
import numpy as np

from fallline.report.figures.elements import lines_of_layers, told
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.layer_notes import layer_names, notes_of
from fallline.report.figures.material import Material

TITLE = "Saturation of each layer"


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return for each layer that has flat ends the share of its answers that lie there; of relu, of dead units."""
    course, names = material.layers, layer_names(material)
    which = np.array([i for i in told(names) if np.isfinite(course.flat[:, i]).any()], dtype=np.int64)
    if not len(which):
        raise NotDrawnError("no layer has an activation with flat ends.")
    names = [names[i] for i in which]
    relu = [material.subject.network.architecture.activations[i] == "relu" for i in which]
    title = "dead units" if all(relu) else "saturated" if not any(relu) else "saturated (relu: dead units)"
    y = alt.Y("value:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5))
    last = ", ".join(f"{name} {share:.0%}" for name, share in zip(names, course.flat[-1, which], strict=True))
    return Figure(
        "saturation",
        TITLE,
        "The share of each layer's answers, over units and rows, whose slope is below 5 % of the steepest; of a relu "
        f"layer, the share of its units that are 0 on every row. At the end: {last}.",
        lines_of_layers(course.iterations, course.flat[:, which], names, y, width),
        notes_of(course),
    )
