"""The gradient of each layer over the iterations: which ones still learn."""

from __future__ import annotations

import altair as alt
import numpy as np

from fallline.report.figures.elements import error_axis, lines_of_layers, told
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.layer_notes import layer_names, notes_of
from fallline.report.figures.material import Material

TITLE = "Gradient of each layer"


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the length of each layer's part of the gradient, on a logarithmic axis."""
    course, names = material.layers, layer_names(material)
    norms = np.where(course.gradient_norms > 0.0, course.gradient_norms, np.nan)
    if not np.isfinite(norms).any():
        raise NotDrawnError("the gradient is 0 or not finite wherever weights were kept.")
    which = told(names)
    names, norms = [names[i] for i in which], norms[:, which]
    y: alt.Y = error_axis(norms[np.isfinite(norms)], "gradient norm", "value")
    last = ", ".join(f"{name} {norm:.3g}" for name, norm in zip(names, course.gradient_norms[-1, which], strict=True))
    first = ", ".join(f"{name} {norm:.3g}" for name, norm in zip(names, course.gradient_norms[0, which], strict=True))
    return Figure(
        "gradients",
        TITLE,
        f"The length of each layer's part of the gradient. At the first weights: {first}. At the end: {last}.",
        lines_of_layers(course.iterations, norms, names, y, width),
        notes_of(course),
    )
