"""Whether two sets of rows come from one source: a permutation test on means, squares and products with targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.engine import Array, Rows

MOST_ROWS = 2_000  # of each set
PERMUTATIONS = 2_000
CHUNK = 100  # permutations at a time
RIDGE = 0.01  # of the mean variance, so that dependent columns do no harm


class TwoSamples(NamedTuple):
    """What the test says."""

    p_value: float  # the share of random divisions with a difference as large, times the two statistics that are taken
    distance: float  # of the means in standard deviations of the rows, all columns together (Mahalanobis)
    largest: float  # standardised difference of the mean in the column where it is largest
    column: int  # which: inputs first, then outputs; −1 where it is a square or a product


def two_samples(first: Rows, second: Rows, rng: np.random.Generator) -> TwoSamples:
    """Compare two sets of rows of one table.

    Columns are the inputs and targets in standard scores of both sets together, their squares, and the products of
    inputs
    with targets, so that another mean, spread or relation shows. Statistics are the largest standardised difference of
    a column's mean, and Mahalanobis' distance of all means (Hotelling 1931); either is held against divisions of the
    same rows at random (Pitman 1937), which makes no assumption about their distribution.
    """
    sets = [_some(rows, rng) for rows in (first, second)]
    Z = _standard(np.vstack(sets))
    columns = Z.shape[1]
    inputs = first.X.shape[1]
    products = [Z[:, :inputs] * Z[:, inputs + j : inputs + j + 1] for j in range(columns - inputs)]
    wide = np.hstack([Z, np.square(Z), *products])
    F = _standard(wide if 3 * wide.shape[1] <= min(map(len, sets)) else Z)
    covariance = F.T @ F / len(F)
    covariance[np.diag_indices(len(covariance))] += RIDGE * max(np.trace(covariance) / len(covariance), 1e-300)
    W = np.linalg.solve(np.linalg.cholesky(covariance), F.T).T
    both = np.hstack([F, W])
    n, m = len(sets[0]), len(sets[1])
    label = np.concatenate([np.full(n, -1.0 / n), np.full(m, 1.0 / m)])
    observed = label @ both
    count = np.zeros(2)
    own = np.array(_statistics(observed[None], F.shape[1])).ravel()
    for _ in range(PERMUTATIONS // CHUNK):
        shuffled = rng.permuted(np.broadcast_to(label, (CHUNK, n + m)), axis=1)
        for k, values in enumerate(_statistics(shuffled @ both, F.shape[1])):
            count[k] += np.sum(values >= own[k] * (1.0 - 1e-9))
    p_value = min(1.0, 2.0 * float(count.min() + 1.0) / (PERMUTATIONS + 1.0))
    single = observed[:columns]
    column = int(np.argmax(np.abs(single)))
    largest = np.abs(observed[: F.shape[1]]).max()
    if abs(single[column]) < 0.5 * largest:
        return TwoSamples(p_value, float(np.sqrt(own[1])), float(largest), -1)
    return TwoSamples(p_value, float(np.sqrt(own[1])), float(single[column]), column)


def _statistics(differences: Array, columns: int) -> tuple[Array, Array]:
    """Return the largest difference and the squared distance of each row of (divisions, columns and whitened ones)."""
    return np.abs(differences[:, :columns]).max(axis=1), np.square(differences[:, columns:]).sum(axis=1)


def _standard(A: Array) -> Array:
    scale = A.std(axis=0)
    return np.asarray((A - A.mean(axis=0)) / np.where(scale > 1e-12 * np.abs(A).max(initial=1.0), scale, 1.0))


def _some(rows: Rows, rng: np.random.Generator) -> Array:
    """Return inputs and targets beside each other (n, inputs + outputs), of at most `MOST_ROWS` rows."""
    n = len(rows)
    X, y = rows.batch(rng.choice(n, MOST_ROWS, replace=False)) if n > MOST_ROWS else rows.block(0, n)
    return np.hstack([X, y])
