"""First weights from which a network cannot learn well: equal ones, and ones that saturate its units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.subjects.handwritten.checks.check import Case, Check
from fallline.subjects.handwritten.identifying.quantities import compute

FLAT = 0.01  # of the largest slope: below that a unit learns a hundred times more slowly
MOST = 0.9  # of a layer's slopes over all rows
SLOPES = {"sigmoid": 0.25, "tanh": 1.0}  # largest ones


def equal_first_weights(case: Case) -> Iterator[Check]:
    """Weights that start equal: all units of a layer then stay alike."""
    for slot in case.attached.slots:
        value = slot.values()
        if value.ndim == 2 and min(value.shape) > 1 and np.ptp(value) == 0.0:
            level = float(value.ravel()[0])
            sentence = f"{slot.name} starts with {level:g} everywhere, so that the units of its layer stay alike."
            yield Check("equal_first_weights", sentence, {"value": level})


def saturated_at_start(case: Case) -> Iterator[Check]:
    """Hidden layers whose units have next to no slope on the user's own rows with the first weights."""
    twin, X, y = case.twin, case.attached.X, case.attached.y
    if twin is None or X is None or y is None or X.shape[1] != twin.shape[0]:
        return
    q = compute(twin, [twin.to_parameters(case.attached.parameters())], [X], [np.zeros((len(X), twin.shape[-1]))])
    for layer in range(1, q.depth):
        form = q.form(layer)
        if form.name not in SLOPES:
            continue
        share = float(np.mean(np.abs(form.of_z(q.z[layer])) < FLAT * SLOPES[form.name]))
        if share >= MOST:
            largest = float(np.abs(q.z[layer]).max())
            sentence = (
                f"With the first weights, {100 * share:.3g} % of layer {layer}'s activations are saturated: its z goes "
                f"up to {largest:.4g} in size, where {form.name} is flat, and hardly any gradient passes. Scale the "
                f"inputs (they go from {X.min():.4g} to {X.max():.4g}) or draw smaller weights."
            )
            yield Check("saturated_at_start", sentence, {"layer": layer, "share": share, "largest": largest})
            return
