"""How much the error depends on the weights of the hidden layers around the stop, uphill or downhill.

Slope and curvature are taken in steps of the weights that change a pre-activation by about 1 (each weight of the first
layer times the root mean square of its input; other layers' inputs are activations, of size 1). That frees them of
the inputs' unit; held against the error that the descent left, they are free of the targets', too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Objective, Rows

MOST_ROWS = 1_000
PRODUCTS = 12  # pairs of them in the power method
SLOPE, CURVATURE = 0.01, 0.05  # of what the descent left, up to which the error is flat


class Flatness(NamedTuple):
    """Slope and curvature of the error by the hidden layers' weights, over the error that the descent left."""

    slope: float
    curvature: float  # estimated from below, within a factor of 2 or so
    unit: Array  # of a step in each parameter, (parameters,)

    @property
    def flat(self) -> bool:
        """Whether a step that changes a pre-activation by 1 changes the error by next to nothing."""
        return self.slope <= SLOPE and self.curvature <= CURVATURE


def natural_unit(measured: Measurements) -> Array:
    """Return how far each parameter has to move to change a pre-activation by about 1, (parameters,)."""
    unit = np.ones(measured.architecture.parameter_count)
    size = np.sqrt(np.mean(np.square(measured.X), axis=0))
    measured.architecture.layers(unit)[0][:, :-1] = 1.0 / np.where(size > 0.0, size, 1.0)
    return unit


def flatness(measured: Measurements, left: float) -> Flatness:
    """Measure it, on a sample of the rows."""
    architecture, rows = measured.architecture, measured.rows
    unit = natural_unit(measured)
    hidden = np.ones_like(unit)
    if len(architecture.shape) > 2:
        hidden[architecture.offsets[-2] :] = 0.0
    slope = float(np.linalg.norm(hidden * unit * measured.gradient)) / left
    if slope > SLOPE:
        return Flatness(slope, np.nan, unit)
    if len(rows) > MOST_ROWS:
        rows = Rows(*rows.batch(measured.rng(11).choice(len(rows), MOST_ROWS, replace=False)))
    objective = Objective(architecture, rows, measured.subject.l2)
    share = 1.0 if len(rows) == len(measured.rows) else len(measured.rows) / len(rows)
    factor = share if architecture.loss_function.scale(2, 1) == 1.0 else 1.0  # a sum over fewer rows is smaller

    def product(v: Array) -> Array:
        return factor * unit * objective.hessian_product(measured.parameters, unit * v)

    v: Array = measured.rng(12).standard_normal(len(unit))
    size = 0.0
    for _ in range(PRODUCTS):
        v = v / float(np.linalg.norm(v))
        w = hidden * product(v)
        size = float(np.linalg.norm(w))
        if size == 0.0:
            break
        v = product(w / size)
        if not np.any(v):
            break
    return Flatness(slope, size / left, unit)
