"""Small subjects whose truth is known, for the tests of the trials."""

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import GradientDescent, Optimizer
from fallline.training.stopping import Limits

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def linear(optimizer: Optimizer, *, sizes=(1.0, 30.0), iterations=200, dtype="float64", noise=0.0, seed=0) -> Subject:
    """A linear network on inputs of different sizes: a quadratic whose Hessian has known eigenvalues."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(64, len(sizes))) * sizes
    y = X @ (1.0 / np.asarray(sizes)) + 1.0 + noise * rng.normal(size=64)
    network = Network([len(sizes), 1], "identity", loss="mean_squared_error", seed=seed, dtype=dtype)
    limits = Limits(iterations=iterations, plateau=False)
    return descended(network, X, y[:, None], optimizer, limits=limits, seed=seed)


def saddle() -> Subject:
    """A network [1, 2, 1] with all weights 0, on rows whose sums vanish: the gradient is exactly 0.

    With residuals −y the Hessian has −mean(2 x y) < 0 between the weights of either layer, so that it is a saddle.
    """
    X = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    network = Network([1, 2, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    network.parameters[:] = 0.0
    return descended(network, X, 0.5 * X, GradientDescent(0.1), limits=Limits(iterations=300, plateau=False))


def xor(seed: int, *, iterations=500, rate=0.5) -> Subject:
    """XOR with three sigmoid units, on its way."""
    network = Network([2, 3, 1], "sigmoid", initialiser="nguyen_widrow", seed=seed)
    limits = Limits(iterations=iterations, plateau=False)
    return descended(
        network, XOR_X, XOR_Y, GradientDescent(rate), limits=limits, initialiser="nguyen_widrow", seed=seed
    )


def evidence(subject: Subject, seed: int = 0) -> Evidence:
    return Evidence(subject, seed=seed)
