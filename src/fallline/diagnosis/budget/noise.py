"""Noise that no function of the inputs can remove: rows with identical inputs and different targets."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Index


def replicate_groups(X: Array) -> Index:
    """Return a number for each row of X (n, inputs), the same for rows with identical inputs, (n,)."""
    _, groups = np.unique(X, axis=0, return_inverse=True)
    return np.asarray(groups, dtype=np.int64).reshape(-1)


def replicate_noise(measured: Measurements) -> float:
    """Return the least loss of any function of the inputs, for squared errors."""
    groups, y = replicate_groups(measured.X), measured.y
    counts = np.bincount(groups)
    means = np.array([np.bincount(groups, y[:, j]) / counts for j in range(y.shape[1])]).T
    loss = measured.architecture.loss_function
    if loss.from_logits_of is not None:
        return 0.0
    return loss.total(means[groups], y) * loss.scale(len(y), y.shape[1])
