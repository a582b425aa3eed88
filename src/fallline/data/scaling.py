"""Statistics of columns over the training rows, and scaling in place: large arrays are never copied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fallline.data.cells import FloatArray

_BLOCK_CELLS = 131_072


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation (over n, as scikit-learn's `StandardScaler`), range and count, each (columns,).

    NaN cells do not count; a column without others has mean NaN.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    present: NDArray[np.int64]


def moments(X: FloatArray, rows: NDArray[np.int64]) -> Moments:
    """Return the columns' statistics over some rows, in float64 and two passes, a block of rows at a time."""
    columns = X.shape[1]
    block = max(1, _BLOCK_CELLS // max(1, columns))
    total = np.zeros(columns)
    present = np.zeros(columns, dtype=np.int64)
    minimum = np.full(columns, np.inf)
    maximum = np.full(columns, -np.inf)
    for start in range(0, len(rows), block):
        part = X[rows[start : start + block]].astype(np.float64, copy=False)
        absent = np.isnan(part)
        present += len(part) - absent.sum(axis=0)
        np.fmin(minimum, np.fmin.reduce(part, axis=0), out=minimum)
        np.fmax(maximum, np.fmax.reduce(part, axis=0), out=maximum)
        part[absent] = 0.0
        total += part.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / present
    squares = np.zeros(columns)
    for start in range(0, len(rows), block):
        part = X[rows[start : start + block]].astype(np.float64, copy=False)
        part -= mean
        part[np.isnan(part)] = 0.0
        squares += np.einsum("ij,ij->j", part, part)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(squares / present)
    return Moments(mean, deviation, minimum, maximum, present)


def scale_in_place(
    X: FloatArray, centre: NDArray[np.float64], scale: NDArray[np.float64], fill: NDArray[np.float64]
) -> None:
    """Replace X by (x − centre) / scale, NaN taken as ``fill``; all three are (columns,)."""
    block = max(1, _BLOCK_CELLS // max(1, X.shape[1]))
    of_type = [each.astype(X.dtype) for each in (centre, scale, fill)]
    for start in range(0, len(X), block):
        part = X[start : start + block]
        np.copyto(part, of_type[2], where=np.isnan(part))
        part -= of_type[0]
        part /= of_type[1]


def keep_columns(X: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """Return the kept columns as a C-contiguous array, moved together within X's own memory.

    X must own its memory contiguously; it is overwritten.
    """
    rows, columns = X.shape
    left = int(kept.sum())
    if left == columns:
        return X
    flat = X.reshape(-1)
    block = max(1, _BLOCK_CELLS // columns)
    for start in range(0, rows, block):
        part = X[start : start + block][:, kept]
        flat[start * left : start * left + part.size] = part.reshape(-1)
    return flat[: rows * left].reshape(rows, left)
