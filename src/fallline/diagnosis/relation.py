"""Do the inputs say anything about the targets? Leave-one-out predictions against those of permuted targets.

Every predictor here is linear in the targets (ŷ = S y), so that its leave-one-out predictions follow from S without
training again (Craven & Wahba 1978, eq. 1.6), and a permutation of the targets costs one product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fallline.engine import Array

PERMUTATIONS = 199
NEIGHBOURS = 5
WIDTHS = (1.0, 0.3)  # of the radial kernel, times the median distance
NOISE_SHARE = 0.1  # on the kernels' diagonal


class Relation(NamedTuple):
    """What leave-one-out predictions have in common with the targets."""

    p_value: float  # how often permuted targets do as well with the best of the predictors; two-sided
    correlation: float  # of the best predictor with the targets
    predictor: str
    rows: int


def relation(X: Array, y: Array, rng: np.random.Generator) -> Relation:
    """Return whether X (n, inputs) says anything about y (n, outputs); every column must vary."""
    n = len(X)
    Z, t = ((each - each.mean(axis=0)) / each.std(axis=0) for each in (X, y))
    orders = [np.arange(n), *(rng.permutation(n) for _ in range(PERMUTATIONS))]
    targets = np.stack([t[order] for order in orders])  # (1 + permutations, n, outputs)
    unusual, correlations, names = [], [], []
    for name, S in _smoothers(Z):
        own = np.minimum(np.diag(S), 1.0 - 1e-6)
        predictions = (np.einsum("ij,pjk->pik", S, targets, optimize=True) - own[:, None] * targets) / (1.0 - own)[
            :, None
        ]
        mean = predictions.mean(axis=1, keepdims=True)
        spread = np.maximum(predictions.std(axis=1), 1e-12)
        r = (((predictions - mean) * targets).mean(axis=1) / spread).mean(axis=1)
        away = np.abs(r - np.median(r[1:]))  # left-out means lean to the other side: not 0 is what chance gives
        unusual.append((away[:, None] <= away[None, :]).mean(axis=1))  # the p-value of each order
        correlations.append(float(r[0]))
        names.append(name)
    least = np.min(unusual, axis=0)
    best = int(np.argmin([each[0] for each in unusual]))
    return Relation(float((least <= least[0]).mean()), correlations[best], names[best], n)


def _smoothers(Z: Array) -> Iterator[tuple[str, Array]]:
    """Return matrices S (n, n): a linear one, nearest neighbours, and radial kernels of two widths."""
    n = len(Z)
    with_bias = np.column_stack([Z, np.ones(n)])
    yield (
        "a linear model",
        with_bias @ np.linalg.solve(with_bias.T @ with_bias + NOISE_SHARE * np.eye(with_bias.shape[1]), with_bias.T),
    )
    squares = np.square(Z).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2.0 * Z @ Z.T, 0.0)
    others = distances + np.diag(np.full(n, np.inf))
    nearest = np.argpartition(others, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    S = np.zeros((n, n))
    np.put_along_axis(S, nearest, 1.0 / NEIGHBOURS, axis=1)
    yield "the nearest neighbours", S
    typical = float(np.median(distances)) or 1.0
    for width in WIDTHS:
        K = np.exp(-distances / (2.0 * width**2 * typical))
        yield "a radial kernel", np.linalg.solve(K + NOISE_SHARE * np.eye(n), K).T
