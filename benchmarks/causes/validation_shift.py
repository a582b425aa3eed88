"""Well-trained networks whose validation rows come from elsewhere: another range, unit, share of classes, or offset.

Certain, because on 3,000 further rows of the training rows' own source the network errs at most 1.35 times as much as
on the training rows, so that it is not over-fitted, and on the validation rows at least 2.5 times as much as on these.
"""

from __future__ import annotations

import numpy as np

from drawing.generalisation import FURTHER, Source, network, own_mean_loss, source
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Rows
from fallline.optimizers import LBFGS, Adam, LevenbergMarquardt, RMSprop
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()
SAME, ELSEWHERE = 1.35, 2.5


def make(rng: np.random.Generator) -> Subject:
    """Return such a run."""
    while True:
        drawn = source(rng, most=4)
        classes, noise = rng.random() < 0.25, float(rng.uniform(0.1, 0.4))
        n, m = int(rng.integers(200, 500)), int(rng.integers(40, 200))
        kind = int(rng.integers(4))
        along = rng.standard_normal(drawn.features)
        along /= np.linalg.norm(along)
        near = along if kind == 0 else None
        X, y = _rows(drawn, rng, n, noise, classes, near)
        if kind == 0:  # the other side of a plane
            held_out = _rows(drawn, rng, m, noise, classes, along, far=True)
        else:
            held_out = drawn.rows(rng, m, noise, classes)
            column = int(rng.integers(drawn.features))
            if kind == 1:  # one input in another unit
                held_out[0][:, column] *= rng.choice([-1.0, 3.0, 10.0])
            elif kind == 2:  # one input with an offset
                held_out[0][:, column] += rng.choice([-1.0, 1.0]) * rng.uniform(1.0, 3.0)
            elif classes:  # the two classes change places in many rows
                swapped = rng.random(held_out[1].shape) < 0.6
                held_out = held_out[0], np.where(swapped, 1.0 - held_out[1], held_out[1])
            else:  # targets that have drifted
                held_out = held_out[0], held_out[1] + rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 2.0)
        made = network(rng, drawn.features, (3, 8), classes)
        optimizer = [LBFGS(), LevenbergMarquardt(), Adam(0.02), RMSprop(0.005)][rng.integers(4)]
        limits = Limits(iterations=int(rng.integers(300, 800)), seconds=0.6)
        run = descended(made, X, y, optimizer, limits=limits, validation=held_out, compiled=False)
        on_further = own_mean_loss(run, Rows(*_rows(drawn, rng, FURTHER, noise, classes, near)))
        if on_further <= SAME * own_mean_loss(run) and own_mean_loss(run, run.validation) >= ELSEWHERE * on_further:
            return run


def _rows(
    drawn: Source,
    rng: np.random.Generator,
    n: int,
    noise: float,
    classes: bool,
    along: Array | None,
    *,
    far: bool = False,
) -> tuple[Array, Array]:
    """Return rows, with a direction only those on one side of a plane; a third of all are on the far one."""
    if along is None:
        return drawn.rows(rng, n, noise, classes)
    X, y = drawn.rows(rng, 6 * n + 50, noise, classes)
    chosen = np.flatnonzero((X @ along > 0.43) == far)[:n]
    return X[chosen], y[chosen]
