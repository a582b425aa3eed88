"""The same network on inputs of mean 0 and deviation 1: the first layer's weights take up the difference.

The functions that a network can compute are the same with scaled inputs, so a search for the floor may go where the
descent is easy, and bring the weights back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Architecture, Array

CONSTANT = 1e-10  # deviation relative to the size, below which a column is only scaled and not moved


@dataclass(frozen=True)
class Standardised:
    """How each input is moved and scaled."""

    mean: Array  # (inputs,)
    deviation: Array  # (inputs,), above 0

    @classmethod
    def of(cls, X: Array) -> Standardised:
        """Return what makes the columns of X (n, inputs) mean 0 and deviation 1, and constant ones ±1."""
        mean, deviation, size = X.mean(axis=0), X.std(axis=0), np.abs(X).max(axis=0)
        varying = deviation > CONSTANT * size
        size = np.where(size > 0.0, size, 1.0)
        return cls(np.where(varying, mean, 0.0), np.where(varying, deviation, size))

    def inputs(self, X: Array) -> Array:
        """Return the scaled inputs (n, inputs)."""
        return np.ascontiguousarray((X - self.mean) / self.deviation)

    def weights_for(self, architecture: Architecture, parameters: Array) -> Array:
        """Return the weights (parameters,) that do with scaled inputs what these do with the inputs as they are."""
        changed = parameters.copy()
        W = architecture.layers(changed)[0]
        W[:, -1] += W[:, :-1] @ self.mean
        W[:, :-1] *= self.deviation
        return changed

    def weights_from(self, architecture: Architecture, parameters: Array) -> Array:
        """Return the weights (parameters,) that do with the inputs as they are what these do with scaled ones."""
        changed = parameters.copy()
        W = architecture.layers(changed)[0]
        W[:, :-1] /= self.deviation
        W[:, -1] -= W[:, :-1] @ self.mean
        return changed
