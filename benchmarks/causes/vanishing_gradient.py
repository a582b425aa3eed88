"""Runs that a vanishing gradient holds up.

Certain by construction: 5 to 9 layers, each of which lets through a third of the gradient or less at the first
weights, by its small weights and (sigmoid) its slope of at most 1/4; the run is drawn again unless its error is still
that of a constant answer, although the targets follow from the inputs.
"""

from __future__ import annotations

import numpy as np

from drawing.units import draw_optimizer, draw_task, iterations_of, output_of
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.training.stopping import Limits

# A net of small weights stands next to the saddle at the origin, of an order as high as its depth.
ACCEPTED: tuple[str, ...] = ()
CONSTANT = 0.05


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        subject = _draw(rng)
        answers, y = subject.network.run(subject.training.X), subject.training.y
        if answers.std(axis=0).max() < CONSTANT * y.std(axis=0).max():
            return subject


def _draw(rng: np.random.Generator) -> Subject:
    task = draw_task(rng)
    output, loss = output_of(task, rng)
    hidden = [int(rng.integers(4, 13))] * int(rng.integers(4, 9))
    activation = str(rng.choice(["sigmoid", "tanh"]))
    seed = int(rng.integers(2**31))
    initialiser = "normal" if activation == "sigmoid" else "glorot"
    network = Network(
        [task.X.shape[1], *hidden, task.y.shape[1]],
        [activation] * len(hidden) + [output],
        loss=loss,
        initialiser=initialiser,
        seed=seed,
    )
    if activation == "tanh":
        network.parameters *= rng.uniform(0.08, 0.3)
    optimizer = draw_optimizer(rng, task, loss)
    limits = Limits(iterations=iterations_of(optimizer, len(task.X), rng))
    return descended(network, task.X, task.y, optimizer, limits=limits, initialiser=initialiser, seed=seed)
