"""Runs that an exploding gradient holds up.

Certain by construction: 5 to 9 layers of relu, leaky relu or identity, drawn by He's rule and multiplied by 3 to 8, so
that the signal and the gradient grow by that factor a layer and the outputs miss the targets by orders of
magnitude before the first step; the run is drawn again unless its end is no better than a constant answer.
"""

from __future__ import annotations

import math

import numpy as np

from drawing.units import draw_optimizer, draw_task, iterations_of
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        subject = _draw(rng)
        y = subject.training.y
        with np.errstate(over="ignore", invalid="ignore"):
            square = float(np.mean(np.square(subject.network.run(subject.training.X) - y)))
        if not math.isfinite(square) or square >= 0.98 * y.var():
            return subject


def _draw(rng: np.random.Generator) -> Subject:
    task = draw_task(rng, numbers_only=True)
    loss = str(rng.choice(["mean_squared_error", "half_squared_error", "huber"]))
    hidden = [int(rng.integers(4, 17))] * int(rng.integers(4, 9))
    activation = str(rng.choice(["relu", "leaky_relu", "identity"]))
    seed = int(rng.integers(2**31))
    network = Network(
        [task.X.shape[1], *hidden, 1], [activation] * len(hidden) + ["identity"], loss=loss, initialiser="he", seed=seed
    )
    network.parameters *= rng.uniform(3.0, 8.0)
    optimizer = draw_optimizer(rng, task, loss)
    limits = Limits(iterations=iterations_of(optimizer, len(task.X), rng))
    return descended(network, task.X, task.y, optimizer, limits=limits, initialiser="he", seed=seed)
