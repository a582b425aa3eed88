"""What the generators of runs about units and layers draw from: rows that can be learnt, and optimizers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fallline.optimizers import LBFGS, Adam, GradientDescent, Momentum, Nesterov, Optimizer, RMSprop

Array = NDArray[np.float64]


class Task(NamedTuple):
    """Rows whose targets follow from the inputs, but for a little noise."""

    X: Array  # (n, inputs), about −1 … 1
    y: Array  # (n, outputs)
    classes: int  # 0 for numbers


def draw_task(rng: np.random.Generator, *, numbers_only: bool = False) -> Task:
    """Draw a function, classes, or bits: 4 to 1,000 rows, 1 to 12 inputs, of which the first ones matter."""
    kind = rng.choice(["function", "function", "classes", "bits"])
    if kind == "bits" and not numbers_only:
        bits = int(rng.integers(2, 5))
        X = np.array(np.meshgrid(*[[-1.0, 1.0]] * bits)).reshape(bits, -1).T
        return Task(X, (X.prod(axis=1, keepdims=True) > 0).astype(np.float64), 2)
    n, inputs = int(np.exp(rng.uniform(np.log(20), np.log(1000)))), int(rng.integers(1, 13))
    X = rng.uniform(-1.0, 1.0, (n, inputs)) if rng.random() < 0.5 else 0.6 * rng.standard_normal((n, inputs))
    first, second = X[:, 0], X[:, min(1, inputs - 1)]
    smooth = [np.sin(3.0 * first), first + np.abs(second), first**2 - second, np.tanh(4.0 * first) + second][
        rng.integers(4)
    ]
    if kind == "classes" and not numbers_only:
        classes = int(rng.integers(2, 4))
        labels = np.digitize(smooth, np.quantile(smooth, np.arange(1, classes) / classes))
        return Task(X, labels[:, None].astype(np.float64) if classes == 2 else np.eye(classes)[labels], classes)
    noise = rng.choice([0.0, 0.02, 0.1]) * smooth.std() * rng.standard_normal(n)
    return Task(X, ((smooth - smooth.mean()) / smooth.std() + noise)[:, None], 0)


def output_of(task: Task, rng: np.random.Generator) -> tuple[str, str]:
    """Draw an output activation and a loss that fit the targets."""
    if task.classes == 0:
        loss = rng.choice(["mean_squared_error", "mean_squared_error", "half_squared_error", "huber"])
        return "identity", str(loss)
    if task.y.shape[1] > 1:
        return "softmax", "categorical_cross_entropy"
    return [("sigmoid", "binary_cross_entropy"), ("sigmoid", "mean_squared_error")][rng.integers(2)]


def draw_first_order(rng: np.random.Generator, task: Task, loss: str) -> Optimizer:
    """Draw an optimizer with a rate that suits a network of some units on inputs of about 1."""
    batch = int(rng.choice([16, 32])) if len(task.X) >= 64 and rng.random() < 0.3 else None
    seen = len(task.X) if batch is None else batch
    rate = rng.uniform(0.03, 0.15) / (0.5 * seen if loss == "half_squared_error" else 1.0)
    kind = rng.integers(5)
    if kind == 0:
        return GradientDescent(rate, batch_size=batch)
    if kind == 1:
        return Momentum(0.3 * rate, batch_size=batch)
    if kind == 2:
        return Nesterov(0.3 * rate, batch_size=batch)
    return (Adam, RMSprop)[kind - 3](float(rng.choice([0.001, 0.003])), batch_size=batch)


def draw_optimizer(rng: np.random.Generator, task: Task, loss: str) -> Optimizer:
    """Draw a first-order optimizer or, in one of six, L-BFGS."""
    return LBFGS() if rng.random() < 1 / 6 else draw_first_order(rng, task, loss)


def iterations_of(optimizer: Optimizer, rows: int, rng: np.random.Generator) -> int:
    """Draw how many iterations a run of about half a second makes: epochs where there are batches."""
    batch = getattr(optimizer, "batch_size", None)
    steps = int(rng.integers(300, 1200))
    return steps if batch is None else max(10, steps // -(-rows // batch))
