"""Runs whose targets the output activation cannot give."""

from __future__ import annotations

import numpy as np

from drawing.data import inputs_of, iterations_of, network_of, optimizer_of, smooth_function
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import ACTIVATIONS
from fallline.optimizers import BFGS, LBFGS
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Ask an output of limited range for a smooth function that leaves the range.

    Why it is certain: rows are all different, so no error is noise, and the distance of the targets to the range is an
    error that no weights can remove. A draw counts when that is half of the error at the stop or more.
    """
    while True:
        inputs, rows = int(rng.integers(1, 13)), int(np.exp(rng.uniform(np.log(6), np.log(500))))
        outputs = int(rng.integers(1, 4))
        X = inputs_of(rng, rows, inputs)
        f = smooth_function(rng, X, outputs)
        output = str(rng.choice(["sigmoid", "tanh", "relu", "softplus", "softmax"]))
        if output == "softmax":
            outputs = 3
            y = 1.0 + 2.0 * rng.random((rows, 3))
        else:
            y = rng.uniform(1.0, 3.0) * f + rng.choice([0.0, -1.0, 1.0])
        loss = str(rng.choice(["mean_squared_error", "half_squared_error", "mean_absolute_error", "huber"]))
        if output == "softmax":
            loss = "mean_squared_error"
        network, seed = network_of(rng, inputs, outputs, output, loss)
        optimizer = optimizer_of(rng, rows)
        if loss != "mean_squared_error":  # whose sizes the others' rates do not suit
            optimizer = LBFGS() if rng.random() < 0.5 else BFGS()
        limits = Limits(iterations=iterations_of(rng, optimizer, rows), seconds=1.0)
        subject = descended(network, X, y, optimizer, limits=limits, initialiser="glorot", seed=seed, compiled=False)
        low, high = (0.0, 1.0) if output == "softmax" else ACTIVATIONS[output].range
        elements = network.architecture.loss_function.elements(np.clip(y, low, high), y)
        least = elements.sum() * network.architecture.loss_function.scale(rows, outputs)
        if subject.network.error(X, y) < 2.0 * least:
            return subject
