"""Runs whose targets have nothing to do with the inputs."""

from __future__ import annotations

import numpy as np

from drawing.data import inputs_of, iterations_of, network_of, optimizer_of, smooth_function
from fallline.diagnosis.subject import Subject, descended
from fallline.training.stopping import Limits

# the validation error, where there is one, is above the training error by construction
ACCEPTED: tuple[str, ...] = ("over_fitting",)


def make(rng: np.random.Generator) -> Subject:
    """Shuffle the targets of a smooth function, or draw labels by themselves.

    Why it is certain: the order is drawn without looking at the inputs. 140 rows or more, as fewer cannot tell.
    """
    inputs, rows = int(rng.integers(1, 9)), int(np.exp(rng.uniform(np.log(140), np.log(800))))
    X = inputs_of(rng, rows, inputs)
    kind = rng.integers(3)
    output, loss, outputs = "identity", str(rng.choice(["mean_squared_error", "huber"])), 1
    if kind == 0:
        y = rng.permutation(smooth_function(rng, X))
    elif kind == 1:
        output, loss = "sigmoid", "binary_cross_entropy"
        y = (rng.random((rows, 1)) < rng.uniform(0.3, 0.7)).astype(float)
    else:
        output, loss, outputs = "softmax", "categorical_cross_entropy", 3
        y = np.eye(3)[rng.integers(0, 3, rows)]
    network, seed = network_of(rng, inputs, outputs, output, loss, layers=2, units=(2, 15))
    optimizer = optimizer_of(rng, rows)
    limits = Limits(iterations=iterations_of(rng, optimizer, rows), seconds=1.0)
    held_out = None
    if rng.random() < 0.3:
        held_out = (inputs_of(rng, 50, inputs), y[rng.integers(0, rows, 50)])
    return descended(
        network, X, y, optimizer, limits=limits, validation=held_out, initialiser="glorot", seed=seed, compiled=False
    )
