"""How good outputs are, in the target's own units."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.data import Preparation, Task
from fallline.engine import Array, Rows
from fallline.engine.rows import block_length
from fallline.network import Network

Score = dict[str, Any]


def outputs_on(network: Network, rows: Rows) -> Array:
    """Return the network's outputs on rows (n, outputs), reading a block of them at a time."""
    length = block_length(max(network.shape))
    return np.concatenate([network.run(X) for X, _ in rows.blocks(length)])


def targets_of(rows: Rows) -> Array:
    """Return the targets of rows (n, outputs)."""
    return rows.y if rows.index is None else rows.y[rows.index]


def score(preparation: Preparation, outputs: Array, targets: Array) -> Score:
    """Return what outputs (n, outputs) are worth against targets (n, outputs), both in the network's units.

    Returns
    -------
    For regression `rmse` and `mae` in the target's units and `r2`, each a list with one number a target; R² is
    None where the target does not vary. For classes `accuracy` and `wrong`, the number of rows answered wrongly.
    """
    if preparation.task is Task.REGRESSION:
        residual = np.asarray(outputs, np.float64) - targets
        square = np.square(residual).mean(axis=0)
        spread = np.asarray(targets, np.float64).var(axis=0)
        scale = preparation.target_scale
        return {
            "rmse": [float(value) for value in np.sqrt(square) * scale],
            "mae": [float(value) for value in np.abs(residual).mean(axis=0) * scale],
            "r2": [
                1.0 - float(s / v) if v > 0 and np.isfinite(s / v) else None
                for s, v in zip(square, spread, strict=True)
            ],
        }
    wrong = int((_classes(outputs) != _classes(targets)).sum())
    return {"accuracy": 1.0 - wrong / len(targets), "wrong": wrong}


def _classes(values: Array) -> Array:
    """Return the class of each row: of two by one output at ½, otherwise by the largest."""
    return np.asarray(values[:, 0] >= 0.5 if values.shape[1] == 1 else values.argmax(axis=1))
