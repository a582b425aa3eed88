"""The error budget's parts against their truth, known by construction.

    python benchmarks/budget.py [first seed]     # some minutes; writes docs/calibration.md

Replicates: tables in which each input comes several times, so that the least error of any function is known from the
group means. Gamma test: continuous inputs, noise of known variance. Range: targets beyond a sigmoid's by a known
length. Architecture: linear networks against least squares, and one hidden unit on XOR. All with seeds from the
first one on.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.optimizers import Adam, GradientDescent
from fallline.training.stopping import Limits

from page import table, write

REPORTED = 8_000  # seeds that played no part in the development
RUNS = 40
RUNS_OF_ESTIMATE = 400


def function(kind: int, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one of four smooth functions of X (n, inputs), of unit variance, (n,)."""
    if kind == 0:
        f = np.sin(2.0 * X[:, 0])
    elif kind == 1:
        f = np.tanh(X).sum(axis=1)
    elif kind == 2:
        f = X[:, 0] * X[:, -1] + 0.5 * X[:, 0]
    else:
        W = 1.5 * rng.normal(size=(X.shape[1], 6)) / np.sqrt(X.shape[1])
        f = np.tanh(X @ W + rng.normal(size=6)) @ rng.normal(size=6)
    return f / f.std()


def replicated(rng: np.random.Generator) -> tuple[Subject, float]:
    """Return a trained network on replicates, and the error that no function can remove."""
    points, times = int(rng.integers(4, 12)), int(rng.integers(2, 8))
    X = np.repeat(rng.normal(size=(points, 2)), times, axis=0)
    y = function(int(rng.integers(4)), X, rng) + rng.uniform(0.1, 1.0) * rng.normal(size=len(X))
    truth = float(np.mean(y.reshape(points, times).var(axis=1)))
    network = Network([2, 12, 1], ["tanh", "identity"], loss="mean_squared_error", seed=int(rng.integers(1000)))
    return descended(network, X, y, Adam(0.01), limits=Limits(iterations=500)), truth


def out_of_range(rng: np.random.Generator) -> tuple[Subject, float]:
    """Return a sigmoid network whose targets are beyond its range, and what that costs."""
    n, beyond = int(rng.integers(4, 30)), rng.uniform(0.1, 2.0)
    X, y = rng.normal(size=(n, 2)), rng.uniform(0.2, 0.8, size=n)
    out = rng.permutation(n)[: n // 2]
    y[out] = np.where(rng.uniform(size=len(out)) < 0.5, -beyond, 1.0 + beyond)
    network = Network([2, 6, 1], loss="mean_squared_error", seed=int(rng.integers(1000)))
    subject = descended(network, X, y, GradientDescent(0.5), limits=Limits(iterations=300))
    return subject, len(out) * beyond**2 / n


def linear(rng: np.random.Generator) -> tuple[Subject, float]:
    """Return a linear network on rows that are not, and the error of least squares."""
    n, inputs = int(rng.integers(20, 200)), int(rng.integers(1, 6))
    X = rng.normal(size=(n, inputs))
    y = function(int(rng.integers(4)), X, rng)
    A = np.c_[X, np.ones(n)]
    truth = float(np.mean(np.square(A @ np.linalg.lstsq(A, y, rcond=None)[0] - y)))
    network = Network([inputs, 3, 1], "identity", loss="mean_squared_error", seed=int(rng.integers(1000)))
    return descended(network, X, y, GradientDescent(0.01), limits=Limits(iterations=200)), truth


def xor(rng: np.random.Generator) -> tuple[Subject, float]:
    """Return a network with one hidden unit on XOR, whose floor is a third."""
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    seed = int(rng.integers(10**6))
    network = Network([2, 1, 1], initialiser="normal", seed=seed)
    limits = Limits(iterations=500)
    return descended(network, X, y, GradientDescent(0.5), limits=limits, initialiser="normal", seed=seed), 1 / 3


def exact_parts(first: int) -> list[list[str]]:
    """Return the largest differences of the exact parts from their truth, as shares of the error at the stop."""
    rows = []
    for name, part, make in (
        ("rows repeated with different targets", "noise", replicated),
        ("targets beyond a sigmoid", "range", out_of_range),
        ("linear network, against least squares", "architecture", linear),
        ("XOR with one hidden unit, against ⅓", "architecture", xor),
    ):
        differences, seconds = [], []
        for seed in range(first, first + RUNS):
            subject, truth = make(np.random.default_rng([first, seed]))
            began = time.perf_counter()
            budget = Evidence(subject, Clock(10.0)).budget
            seconds.append(time.perf_counter() - began)
            assert sum(budget.parts.values()) == budget.error
            differences.append(abs(budget.parts[part] - min(truth, budget.error)) / budget.error)
        rows.append([name, part, f"{RUNS}", f"{max(differences):.1e}", f"{np.median(seconds):.3f}"])
    return rows


def estimates(first: int) -> list[list[str]]:
    """Return how often the 95 % interval of the Gamma test covers the variance that was put in."""
    rows = []
    for least, most in ((1, 1), (2, 3), (4, 6), (7, 10)):
        covered = told = 0
        widths = []
        for seed in range(first, first + RUNS_OF_ESTIMATE // 4):
            rng = np.random.default_rng([first, seed, least])
            inputs, n = int(rng.integers(least, most + 1)), int(rng.choice([150, 400, 1000, 3000]))
            X = rng.normal(size=(n, inputs)) if seed % 2 else rng.uniform(-1.7, 1.7, size=(n, inputs))
            deviation = float(rng.choice([0.05, 0.2, 0.5, 1.0]))
            drawn = rng.normal(size=n) if rng.uniform() < 0.5 else rng.uniform(-(3**0.5), 3**0.5, size=n)
            y = function(seed % 4, X, rng) + deviation * drawn
            network = Network([inputs, 1], "identity", loss="mean_squared_error", seed=0)
            found = Evidence(Subject(network, Rows(X, y[:, None]))).budget.noise_estimate
            if found.available:
                told += 1
                covered += found.low <= deviation**2 <= found.high
                widths.append((found.high - found.low) / 2.0 / y.var())
        width = f"{np.median(widths):.3f}" if widths else "–"
        rows.append([f"{least} to {most}" if most > least else f"{least}", f"{RUNS_OF_ESTIMATE // 4}", f"{told}"])
        rows[-1] += [f"{covered}", width]
    return rows


def main() -> None:
    """Measure both, and write the tables."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else REPORTED
    header = ["truth by construction", "part", "runs", "largest difference, share of the error", "s, median"]
    text = table(header, exact_parts(first)) + "\n\n"
    header = ["estimate of noise: inputs", "runs", "not abstained", "interval covers the truth", "half of it / Var(y)"]
    write("calibration.md", "budget", text + table(header, estimates(first)))


if __name__ == "__main__":
    main()
