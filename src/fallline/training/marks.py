"""The weights on the way down, at a few iterations: from them it can be told later what became of each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.optimizers import Iteration
from fallline.training.follower import Follower

MOST, LEAST = 64, 4  # fewer say nothing about a course
MOST_BYTES = 1 << 22


class Marks(Follower):
    """Copies of the weights at evenly spaced iterations, in float32, at most 4 MiB of them.

    Copying is all that it costs a descent: gradients and activations are computed from the copies when somebody asks.
    Thinned as `History` is, by count: when there are too many, every second one is dropped. A network of more than
    some 250,000 weights has none.

    Parameters
    ----------
    parameters
        How many weights there are.
    sharing
        How many descents share the memory.
    """

    def __init__(self, parameters: int, sharing: int = 1) -> None:
        most = min(MOST, MOST_BYTES // (4 * parameters * sharing))
        self.iterations: list[int] = []  # that the weights have had, in order
        self.weights: list[Array] = []  # (parameters,) each
        self._most = most if most >= LEAST else 0
        self._stride = 1

    def __len__(self) -> int:
        return len(self.iterations)

    def until_next(self, number: int) -> int | None:
        """Return how many iterations after this one the next weights are wanted; None for never."""
        return self._stride - number % self._stride if self._most else None

    def see(self, iteration: Iteration, parameters: Array, validation_error: float) -> None:
        """Take a copy of the weights (parameters,), if it is time for one."""
        age = iteration.age
        if not self._most or iteration.number % self._stride or (self.iterations and age <= self.iterations[-1]):
            return
        self.iterations.append(age)
        self.weights.append(parameters.astype(np.float32))
        if len(self.iterations) > self._most:
            self._stride *= 2
            self.iterations, self.weights = self.iterations[::2], self.weights[::2]

    def arrays(self) -> dict[str, Array]:
        """Return the weights "marks" (marks, parameters) and their "mark_iterations" (marks,), for a file."""
        if not self.iterations:
            return {}
        return {"marks": np.array(self.weights), "mark_iterations": np.array(self.iterations, np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], parameters: int) -> Marks:
        """Return what `arrays` gave; none where a file has none, or some of another network."""
        marks = cls(parameters)
        weights: Array | Sequence[Array] = arrays.get("marks", ())
        iterations = arrays.get("mark_iterations", ())
        if len(weights) == len(iterations) and np.shape(weights)[1:] == (parameters,):
            marks.weights, marks.iterations = list(weights), [int(each) for each in iterations]
        return marks
