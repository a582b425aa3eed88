"""Rows with mean 0 and deviation 1 for the descent, and the weights that compute the same of the rows as they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.engine import Architecture, Array


class Standardisation(NamedTuple):
    """What is taken off columns and what they are then divided by, all in float64."""

    mean: Array  # of the inputs (inputs,)
    scale: Array
    target_mean: Array  # of the targets (outputs,): 0 and 1 where they are left as they are
    target_scale: Array

    @classmethod
    def of(cls, X: Array, targets: Array, weights: Array, *, with_targets: bool) -> Standardisation:
        """Return that of rows X (n, inputs) with targets (n, outputs), which count by their weights (n,)."""
        outputs = targets.shape[1]
        mean, scale = _moments(X, weights)
        if with_targets:
            return cls(mean, scale, *_moments(targets, weights))
        return cls(mean, scale, np.zeros(outputs), np.ones(outputs))

    def inputs(self, X: Array) -> Array:
        """Return the standardised inputs (n, inputs), in their own dtype."""
        return np.ascontiguousarray((X - self.mean) / self.scale, X.dtype)

    def targets(self, y: Array) -> Array:
        """Return the standardised targets (n, outputs), in their own dtype."""
        return np.ascontiguousarray((y - self.target_mean) / self.target_scale, y.dtype)

    def folded(self, architecture: Architecture, parameters: Array) -> Array:
        """Return the parameters that make of rows as they are what these make of standardised ones."""
        folded = parameters.astype(np.float64)
        first, last = (architecture.layers(folded)[place] for place in (0, -1))
        first[:, :-1] /= self.scale
        first[:, -1] -= first[:, :-1] @ self.mean
        last *= self.target_scale[:, None]
        last[:, -1] += self.target_mean
        return folded.astype(parameters.dtype)

    def unfolded(self, architecture: Architecture, parameters: Array) -> Array:
        """Return the parameters for standardised rows: the inverse of `folded`."""
        unfolded = parameters.astype(np.float64)
        first, last = (architecture.layers(unfolded)[place] for place in (0, -1))
        last[:, -1] -= self.target_mean
        last /= self.target_scale[:, None]
        first[:, -1] += first[:, :-1] @ self.mean
        first[:, :-1] *= self.scale
        return unfolded.astype(parameters.dtype)


def _moments(columns: Array, weights: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of each column (n, columns); 1 where all its values are the same."""
    share = weights / weights.sum()
    with np.errstate(over="ignore", invalid="ignore"):
        mean = share @ columns.astype(np.float64, copy=False)
        scale = np.sqrt(share @ np.square(columns - mean))
    usable = np.isfinite(mean) & np.isfinite(scale)
    mean = np.where(usable, mean, 0.0)
    varied = usable & (scale > 10.0 * np.finfo(columns.dtype).eps * np.abs(mean))
    return mean, np.where(varied, scale, 1.0)
