"""What became of the layers on the way down, from the weights that were kept of it: gradients and slopes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.rules.dead_units import dead
from fallline.diagnosis.rules.saturated_units import BENDING, FLAT
from fallline.diagnosis.signals import relative_slopes
from fallline.diagnosis.subject import Subject
from fallline.engine import Array, Rows, reference

WORK = 2e8  # parameters times rows times weights looked at; about half a second
LEAST_ROWS = 200


class LayerCourse(NamedTuple):
    """One entry for each weights looked at, and in it one for each layer."""

    iterations: Array  # (weights,)
    gradient_norms: Array  # (weights, layers), of the objective, with the penalty
    flat: Array  # (weights, layers): share of the units' answers that lie on a flat end; of relu units, of dead ones
    whole: bool  # whether there were weights between the first and the last
    rows: int  # looked at
    of_rows: int


def layer_course(subject: Subject) -> LayerCourse:
    """Return the course of each layer; nan for a layer whose activation has no flat end, or where it does not count."""
    architecture, n = subject.network.architecture, len(subject.training)
    known = _weights(subject)
    most = max(LEAST_ROWS, int(WORK / (architecture.parameter_count * len(known))))
    rows = subject.training
    if n > most:
        X, y = rows.batch(np.sort(np.random.default_rng(0).choice(n, most, replace=False)))
        rows = Rows(X, y)
    measured = Measurements(replace(subject, training=rows))
    X, y, loss = measured.X, measured.y, architecture.loss_function
    scale = n * loss.scale(n, 1) / (len(X) * loss.scale(len(X), 1))  # a sum over some rows stands for one over all
    norms, flat = [], []
    for _, weights in known:
        here = measured.at(weights)
        gradient = scale * reference.loss_and_gradient(architecture, weights, X, y)[1]
        gradient += subject.l2 * architecture.is_weight * weights
        norms.append([float(np.linalg.norm(W)) for W in architecture.layers(gradient)])
        flat.append(_flat(here))
    return LayerCourse(
        np.array([iteration for iteration, _ in known], dtype=np.float64),
        np.array(norms),
        np.array(flat),
        len(known) > 2,
        len(X),
        n,
    )


def _weights(subject: Subject) -> list[tuple[int, Array]]:
    """Return the weights (parameters,) that are known, by the iterations that they have had, in order."""
    descent, known = subject.descent, {}
    if descent is not None and descent.marks is not None:
        known = dict(zip(descent.marks.iterations, descent.marks.weights, strict=True))
    if subject.first is not None:
        known[0] = subject.first.parameters
    known[0 if descent is None else descent.kept_iteration] = subject.network.parameters
    found = [(iteration, np.asarray(known[iteration], np.float64)) for iteration in sorted(known)]
    return [each for each in found if np.isfinite(each[1]).all()]


def _flat(measured: Measurements) -> list[float]:
    """Return for each layer the share of its answers on a flat end, or of its units that are dead."""
    architecture, masks = measured.architecture, dead(measured)
    shares = []
    for i, name in enumerate(architecture.activations):
        last = i == len(architecture.activations) - 1
        if name == "relu":
            shares.append(float(masks[i].mean()))
        elif name in BENDING and not (last and architecture.loss_function.from_logits_of):
            shares.append(float((relative_slopes(measured, i) < FLAT).mean()))
        else:
            shares.append(np.nan)
    return shares
