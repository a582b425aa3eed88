"""Networks that a linear model beats: too narrow to express it, or too flexible for so few rows of a linear relation.

Certain in the first kind, because the targets are independent linear functions of the inputs, more of them than the
narrowest layer has units, so that the network's outputs, a function of fewer numbers, miss them by far. Certain in the
second, because the targets are linear with noise, so that least squares errs by next to the noise alone, and the
network, where early stopping restored its best weights, errs at least 1.5 times as much on 3,000 further rows.
"""

from __future__ import annotations

import numpy as np

from drawing.generalisation import FURTHER, own_mean_loss
from drawing.rows import at_floor
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam, LevenbergMarquardt, RMSprop
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()
TIMES = 1.5


def make(rng: np.random.Generator) -> Subject:
    """Return such a run."""
    return _too_narrow(rng) if rng.random() < 0.5 else _too_flexible(rng)


def _too_narrow(rng: np.random.Generator) -> Subject:
    outputs, seed = int(rng.integers(2, 5)), int(rng.integers(1 << 30))
    inputs, units = int(rng.integers(outputs, 9)), int(rng.integers(1, outputs))
    X = rng.standard_normal((int(rng.integers(60, 300)), inputs))
    B = np.linalg.qr(rng.standard_normal((inputs, outputs)))[0]
    y = X @ B + rng.uniform(0.02, 0.2) * rng.standard_normal((len(X), outputs))
    shape, names = [inputs, units, outputs], [str(rng.choice(["tanh", "sigmoid", "softplus"])), "identity"]
    if rng.random() < 0.3:
        shape, names = [inputs, units, 6, outputs], [names[0], *names]
    loss = str(rng.choice(["mean_squared_error", "half_squared_error"]))
    network = at_floor(shape, names, loss, X, y, 0.0, seed)
    cut = len(X) if rng.random() < 0.5 else len(X) * 3 // 4
    held_out = (X[cut:], y[cut:]) if cut < len(X) and len(X) - cut >= 40 else None
    limits = Limits(iterations=500, seconds=0.4)
    cut = cut if held_out else len(X)
    return descended(network, X[:cut], y[:cut], LBFGS(), limits=limits, validation=held_out, seed=seed, compiled=False)


def _too_flexible(rng: np.random.Generator) -> Subject:
    while True:
        inputs, seed = int(rng.integers(4, 13)), int(rng.integers(1 << 30))
        noise = float(rng.uniform(0.1, 0.4))
        b = rng.standard_normal((inputs, 1))
        b /= np.linalg.norm(b)
        n, m = int(rng.integers(5, 12)) * inputs, int(rng.integers(100, 300))
        X = rng.standard_normal((n + m + FURTHER, inputs))
        y = X @ b + noise * rng.standard_normal((len(X), 1))
        hidden = [int(rng.integers(6, 24)) for _ in range(int(rng.integers(1, 3)))]
        activation = str(rng.choice(["tanh", "relu", "sigmoid"]))
        network = Network(
            [inputs, *hidden, 1], [activation] * len(hidden) + ["identity"], loss="mean_squared_error", seed=seed
        )
        optimizer = [LBFGS(), LevenbergMarquardt(), Adam(0.02), Adam(0.01, batch_size=16), RMSprop(0.005)][
            rng.integers(5)
        ]
        held_out = (X[n : n + m], y[n : n + m])
        limits = Limits(iterations=1_000, seconds=0.8, patience=100, plateau=False)
        run = descended(network, X[:n], y[:n], optimizer, limits=limits, validation=held_out, seed=seed, compiled=False)
        with_one = np.hstack([X, np.ones((len(X), 1))])
        fit = np.linalg.lstsq(with_one[:n], y[:n], rcond=None)[0]
        linear = float(np.square(with_one[n + m :] @ fit - y[n + m :]).mean())
        train_linear = float(np.square(with_one[:n] @ fit - y[:n]).mean())
        further = own_mean_loss(run, Rows(X[n + m :], y[n + m :]))
        if further >= TIMES * linear and own_mean_loss(run) <= train_linear:
            return run
