"""Runs that end on the noise of repeated rows."""

from __future__ import annotations

import numpy as np

from drawing.data import inputs_of, network_of, smooth_function
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, LevenbergMarquardt, Optimizer
from fallline.training.stopping import Limits

# With one place only, or none whose mean differs, the inputs say nothing; that is not drawn here.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Repeat every place 2 to 8 times with targets that scatter, and end a second-order descent (or Adam) there.

    Why it is certain: the least loss of any function of the inputs follows from the targets alone; the scatter is 0.3
    to 1 of the deviation of a smooth function of few places, which a network of that size fits; a draw counts when the
    error has come to less than twice that least loss, so that most of the error is the noise.
    """
    while True:
        inputs, places, times = int(rng.integers(1, 7)), int(rng.integers(4, 60)), int(rng.integers(2, 9))
        X = inputs_of(rng, places, inputs)
        f = smooth_function(rng, X)
        X, f = np.repeat(X, times, axis=0), np.repeat(f, times, axis=0)
        classes = rng.random() < 0.35
        if classes:
            output, loss = "sigmoid", str(rng.choice(["binary_cross_entropy", "mean_squared_error"]))
            y = (rng.random(f.shape) < 1.0 / (1.0 + np.exp(-2.0 * f))).astype(float)
        else:
            output, loss = "identity", str(rng.choice(["mean_squared_error", "half_squared_error", "huber"]))
            y = f + rng.uniform(0.3, 1.0) * rng.normal(size=f.shape)
        network, seed = network_of(rng, inputs, 1, output, loss, layers=2)
        choices: list[Optimizer] = [LBFGS(), BFGS(), Adam(0.02), LevenbergMarquardt()]
        optimizer = choices[rng.integers(3 if loss == "huber" else 4)]
        limits = Limits(iterations=1500 if isinstance(optimizer, Adam) else 250, seconds=1.0)
        subject = descended(network, X, y, optimizer, limits=limits, initialiser="glorot", seed=seed, compiled=False)
        means = y.reshape(places, times).mean(axis=1).repeat(times)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            if loss == "binary_cross_entropy":
                noise = -np.nansum(means * np.log(means) + (1.0 - means) * np.log(1.0 - means)) / len(y)
            else:
                noise = np.square(y - means).mean() if loss != "huber" else _huber(y - means)
        if loss == "half_squared_error":
            noise *= 0.5 * len(y)
        if subject.network.error(X, y) < 2.0 * noise:
            return subject


def _huber(e: np.ndarray) -> float:
    inside = np.minimum(np.abs(e), 1.0)
    return 0.8 * float((inside * (np.abs(e) - 0.5 * inside)).mean())  # the mean is not the best answer, but near
