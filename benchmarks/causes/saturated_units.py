"""Runs that saturated units hold up.

Certain by construction: from the first weights on, the pre-activations of all (or all but one) units of a hidden
layer, or of the output, are put so far out that at most 1e-4 of the steepest slope is left on any row; the targets
follow from the inputs, and the constants that these units pass on cannot tell the rows apart. The run is drawn again
unless these units are still within 1/100 of their activation's end on every row when it stops, and the unit that was
spared is enough for all but a quarter of a constant answer's error.
"""

from __future__ import annotations

import numpy as np

from drawing.units import draw_optimizer, draw_task, iterations_of, output_of
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import reference
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        subject, layer = _draw(rng)
        y = subject.training.y
        trace = reference.forward(subject.network.architecture, subject.network.parameters, subject.training.X)
        ends = subject.network.architecture.layer_activations[layer].range
        flat = np.minimum(trace[layer].a - ends[0], ends[1] - trace[layer].a).max(axis=0) < 0.01
        if np.count_nonzero(~flat) <= 1 and flat.any() and np.mean(np.square(trace[-1].a - y)) > 0.25 * y.var():
            return subject


def _draw(rng: np.random.Generator) -> tuple[Subject, int]:
    task = draw_task(rng)
    output, loss = output_of(task, rng)
    hidden = [int(rng.integers(3, 20)) for _ in range(rng.integers(1, 4))]
    activation = str(rng.choice(["sigmoid", "tanh"]))
    seed = int(rng.integers(2**31))
    network = Network(
        [task.X.shape[1], *hidden, task.y.shape[1]], [activation] * len(hidden) + [output], loss=loss, seed=seed
    )
    optimizer = draw_optimizer(rng, task, loss)
    second_order = isinstance(optimizer, LBFGS)
    far = rng.uniform(45.0, 80.0) if second_order else rng.uniform(12.0, 25.0)
    outer = rng.random() < 0.5 and output == "sigmoid" and loss == "mean_squared_error"
    layer = len(hidden) if outer else int(rng.integers(len(hidden)))
    W = network.architecture.layers(network.parameters)[layer]
    spared = 0 if outer or len(W) < 6 or rng.random() < 0.5 else 1
    sides = rng.choice([-1.0, 1.0], len(W) - spared)
    a = task.X
    for weights, each in zip(
        network.architecture.layers(network.parameters)[:layer], network.architecture.layer_activations, strict=False
    ):
        a = each.value(a @ weights[:, :-1].T + weights[:, -1])
    z = a @ W[spared:, :-1].T
    W[spared:, -1] = sides * (far + np.abs(z).max(axis=0))
    limits = Limits(iterations=iterations_of(optimizer, len(task.X), rng))
    return descended(network, task.X, task.y, optimizer, limits=limits, seed=seed), layer
