"""The workloads of the speed benchmark: networks, rows and optimizers, and what a contender makes of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline import Network
from fallline.engine.threads import available_cores

CORES = available_cores()
XOR_RATE, RATE = 0.5, 0.001


@dataclass(frozen=True)
class Workload:
    """A network, its rows and its optimizer; batch None takes all rows at each step."""

    name: str
    shape: tuple[int, ...]
    hidden: str
    rows: int
    batch: int | None = None
    output: str = "identity"
    loss: str = "mean_squared_error"
    rule: str = "adam"
    dtype: str = "float32"

    @property
    def step_rows(self) -> int:
        """Rows of a step."""
        return self.batch or self.rows

    @property
    def steps(self) -> int:
        """Steps in an epoch; the last batch takes what rows are left."""
        return math.ceil(self.rows / self.step_rows)

    @property
    def weights(self) -> list[int]:
        """Numbers of weights, biases not counted, of each layer."""
        return [n * m for n, m in zip(self.shape[:-1], self.shape[1:], strict=True)]

    @property
    def operations(self) -> int:
        """Multiplications and additions in a step's matrix products: 2 · rows · weights for each.

        Each layer has one forward, one for the gradient by its weights and, but for the first, one by its inputs.
        """
        return 2 * self.step_rows * (3 * sum(self.weights) - self.weights[0])

    def network(self) -> Network:
        """Return the network with the first weights that all contenders start from."""
        names = [*[self.hidden] * (len(self.shape) - 2), self.output]
        return Network(self.shape, names, loss=self.loss, seed=0, dtype=self.dtype)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X (rows, inputs) and y (rows, outputs), one-hot where the outputs are classes."""
        if self.shape == (2, 3, 1):
            xor = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], self.dtype)
            return xor[:, :2].copy(), xor[:, 2:].copy()
        rng = np.random.default_rng(1)
        X = rng.normal(size=(self.rows, self.shape[0])).astype(self.dtype)
        if self.output == "softmax":
            return X, np.eye(self.shape[-1], dtype=self.dtype)[rng.integers(0, self.shape[-1], self.rows)]
        return X, np.tanh(X[:, :1] * X[:, 1:2] + np.arange(self.shape[-1], dtype=self.dtype))


@dataclass
class Loop:
    """A contender at work."""

    run: Callable[[int], Any]  # trains for so many epochs, and returns when they are done
    steps: int  # in an epoch
    losses: list[float]  # before each of the first three steps on the first batch


XOR = Workload("XOR `[2,3,1]` sigmoid, all rows, gradient descent", (2, 3, 1), "sigmoid", 4, None, "sigmoid",
               "half_squared_error", "gradient_descent", "float64")  # fmt: skip
WORKLOADS = {
    "xor": XOR,
    "batch 200": Workload("10,000 × 10, `[10,50,1]` tanh, batch 200, Adam", (10, 50, 1), "tanh", 10_000, 200),
    "batch 32": Workload("10,000 × 10, `[10,32,32,1]` tanh, batch 32, Adam", (10, 32, 32, 1), "tanh", 10_000, 32),
    "classes": Workload("20,000 × 784, `[784,128,10]` relu softmax, batch 128, Adam", (784, 128, 10), "relu", 20_000,
                        128, "softmax", "categorical_cross_entropy"),
    "all rows": Workload("10,000 × 4, `[4,32,16,4]` tanh, all rows, Adam", (4, 32, 16, 4), "tanh", 10_000),
    "large": Workload("16,384 × 28, `[28,1024,1024,1]` relu, batch 4096, Adam", (28, 1024, 1024, 1), "relu", 16_384,
                      4096),
}  # fmt: skip
