"""Runs that dead relu units hold up.

Certain by construction: all but at most one unit of a hidden layer are at 0 on every row before the first step of the
run, either by biases put below all that their weights can bring up, or by a few steps at a rate that is far too large,
followed by proper ones. Those of the first layer can never come back, for their gradient is 0; where they belong to
a later layer or were thrown there, the run is drawn again unless they are still dead at its end; and likewise
where the unit that is left is enough for a quarter of a constant answer's error. The targets follow from the inputs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drawing.units import draw_optimizer, draw_task, iterations_of, output_of
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import reference
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

# some of them died of a rate that was far too large
ACCEPTED: tuple[str, ...] = ("learning_rate_too_large",)


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        drawn = _draw(rng)
        if drawn is None:
            continue
        subject, layer = drawn
        trace = reference.forward(subject.network.architecture, subject.network.parameters, subject.training.X)
        square = float(np.mean(np.square(trace[-1].a - subject.training.y)))
        if np.count_nonzero(trace[layer].a.max(axis=0)) <= 1 and square > 0.25 * subject.training.y.var():
            return subject


def _draw(rng: np.random.Generator) -> tuple[Subject, int] | None:
    task = draw_task(rng)
    output, loss = output_of(task, rng)
    hidden = [int(rng.integers(3, 20)) for _ in range(rng.integers(1, 4))]
    seed = int(rng.integers(2**31))
    network = Network(
        [task.X.shape[1], *hidden, task.y.shape[1]], ["relu"] * len(hidden) + [output], loss=loss, seed=seed
    )
    optimizer = draw_optimizer(rng, task, loss)
    limits = Limits(iterations=iterations_of(optimizer, len(task.X), rng))
    layer = int(rng.integers(len(hidden)))
    first = Network.from_parameters(network.architecture, network.parameters)
    if rng.random() < 0.3:
        blast = GradientDescent(10.0 ** rng.uniform(0.5, 2.0))
        thrown = descended(network, task.X, task.y, blast, limits=Limits(iterations=int(rng.integers(2, 6))))
        if not np.abs(thrown.network.parameters).max() < 1e3:
            return None
        subject = descended(thrown.network, task.X, task.y, optimizer, limits=limits, seed=seed)
        return replace(subject, first=first), layer
    W = network.architecture.layers(network.parameters)[layer]
    spared = int(rng.random() < 0.5)
    a = reference.forward(network.architecture, network.parameters, task.X)[layer].input
    z = a @ W[spared:, :-1].T
    W[spared:, -1] = -z.max(axis=0) - rng.uniform(0.1, 5.0)
    return descended(network, task.X, task.y, optimizer, limits=limits, seed=seed), layer
