"""Dropout: at every step, each hidden activation is left out by chance, so that no unit can rely on another.

Inverted, as everybody does it now: what is kept is divided by the chance of being kept, so that the network computes
without any correction where nothing is dropped (Srivastava et al. 2014, section 10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array
from fallline.errors import FalllineError


@dataclass(frozen=True)
class Dropout:
    """How often activations are dropped.

    Parameters
    ----------
    rates
        For each hidden layer, the chance of each of its activations to be dropped at a step, in [0, 1).
    seed
        Of what is drawn.
    """

    rates: tuple[float, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        for rate in self.rates:
            if not 0.0 <= rate < 1.0:
                raise FalllineError(f"dropout {rate}: expected a number from 0 up to, but without, 1, such as 0.2.")

    def require_fitting(self, architecture: Architecture) -> None:
        """Raise a FalllineError unless there is a rate for each hidden layer."""
        hidden = len(architecture.activations) - 1
        if len(self.rates) != hidden:
            raise FalllineError(f"dropout: expected {hidden} rates, one for each hidden layer, got {len(self.rates)}.")

    def masks(self, architecture: Architecture, rows: int, dtype: DTypeLike, rng: np.random.Generator) -> list[Array]:
        """Return for each hidden layer what its activations (rows, units) are multiplied by: 0, or 1 / (1 − rate)."""
        return [
            np.where(rng.random((rows, units)) >= rate, 1.0 / (1.0 - rate), 0.0).astype(dtype)
            for units, rate in zip(architecture.shape[1:-1], self.rates, strict=True)
        ]
