"""Runs that end in a constant answer.

Certain by construction: one or two hidden layers, no relu, with first weights of 1e-3 to 1e-5 of the usual, so that
the outputs hardly differ, and so few small steps that they do not come to differ; the targets follow from the
inputs. The run is drawn again unless the outputs spread less than 1/200 as far as the targets.
"""

from __future__ import annotations

import numpy as np

from drawing.units import draw_first_order, draw_task, output_of
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.training.stopping import Limits

# What a constant answer comes from here: weights next to the saddle at the origin, all but equal units, few steps.
ACCEPTED: tuple[str, ...] = (
    "saddle_point",
    "flat_region",
    "symmetric_initialisation",
    "duplicate_units",
    "too_few_iterations",
    "premature_stop",
    "learning_rate_too_small",
)


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        subject = _draw(rng)
        answers, y = subject.network.run(subject.training.X), subject.training.y
        if answers.std(axis=0).max() < 0.005 * y.std(axis=0).max():
            return subject


def _draw(rng: np.random.Generator) -> Subject:
    task = draw_task(rng)
    output, loss = output_of(task, rng)
    hidden = [int(rng.integers(3, 20)) for _ in range(rng.integers(1, 3))]
    activation = str(rng.choice(["tanh", "sigmoid", "elu", "silu"]))
    seed = int(rng.integers(2**31))
    network = Network(
        [task.X.shape[1], *hidden, task.y.shape[1]], [activation] * len(hidden) + [output], loss=loss, seed=seed
    )
    network.parameters *= 10.0 ** rng.uniform(-5.0, -3.0)
    optimizer = draw_first_order(rng, task, loss)
    limits = Limits(iterations=int(rng.integers(5, 100)))
    return descended(network, task.X, task.y, optimizer, limits=limits, seed=seed)
