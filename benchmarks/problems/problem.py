"""What a problem of the time-to-target benchmark is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fallline.engine import Architecture
from fallline.network.initialisers import draw

SHARED_FROM = 1_000_000  # elements of a Jacobian, from which more than one thread may be worth it

Table = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """A network, its rows, and the errors that are to be reached, each within so many seconds.

    `first_weights` names an initialiser of Fallline's; "uniform" draws weights and biases from U(−1, 1), None takes
    what Fallline's networks start with. `adam_rate` is that of 0.001, 0.003, 0.01, 0.03 and 0.1 which served Adam best
    in a trial.
    """

    title: str
    shape: tuple[int, ...]
    activations: tuple[str, ...]
    rows: Callable[[], Table]  # X (rows, inputs) and y (rows, outputs) in float64, the same at every call
    targets: tuple[float, ...]  # falling
    seconds: float
    adam_rate: float
    first_weights: str | None = "nguyen_widrow"
    loss: str = "mean_squared_error"

    @property
    def architecture(self) -> Architecture:
        """The network without its weights."""
        return Architecture(self.shape, self.activations, self.loss)

    @cached_property
    def table(self) -> Table:
        """The rows."""
        X, y = self.rows()
        assert X.shape == (len(y), self.shape[0])
        assert y.shape == (len(X), self.shape[-1])
        assert X.dtype == y.dtype == np.float64
        assert all(np.array_equal(a, b) for a, b in zip((X, y), self.rows(), strict=True)), "not the same at every call"
        return X, y

    @property
    def scale(self) -> float:
        """What the sum of the squared residuals is multiplied with to be the loss."""
        return 0.5 if self.loss == "half_squared_error" else 1.0 / self.table[1].size

    @property
    def worth_sharing(self) -> bool:
        """Whether a library may gain by more than one thread."""
        return self.table[1].size * self.architecture.parameter_count >= SHARED_FROM

    def start(self, seed: int) -> np.ndarray:
        """Return the first weights of a start: Fallline's flat vector, layer after layer, W row by row, bias last."""
        rng = np.random.default_rng(seed)
        if self.first_weights == "uniform":
            return rng.uniform(-1.0, 1.0, self.architecture.parameter_count)
        return draw(self.architecture, self.first_weights, rng)


def spread(values: np.ndarray) -> np.ndarray:
    """Return each column moved and stretched to [−1, 1]."""
    low, high = values.min(axis=0), values.max(axis=0)
    return 2.0 * (values - low) / (high - low) - 1.0


def one_of_two(second: np.ndarray) -> np.ndarray:
    """Return two columns, +1 in that of the row's class and −1 in the other."""
    return np.where(np.column_stack([~second, second]), 1.0, -1.0)
