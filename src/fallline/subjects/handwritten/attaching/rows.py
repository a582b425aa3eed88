"""Anyone's rows and targets as two float64 matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.errors import FalllineError


@dataclass(frozen=True)
class GivenRows:
    """Rows X (n, inputs) and targets y (n, outputs), None where none were given, and what was assumed about them."""

    X: Array | None
    y: Array | None
    words: tuple[str, ...] = ()
    columns: bool = False  # whether samples were columns


def as_rows(X: Any, y: Any) -> GivenRows:
    """Return rows and targets as matrices; samples in columns, and as column vectors, are turned into rows.

    Raises
    ------
    FalllineError
        If they are not numbers, or their numbers of rows differ.
    """
    if X is None and y is None:
        return GivenRows(None, None)
    if X is None or y is None:
        raise FalllineError("X and y belong together: give both, or neither.")
    rows, targets = _matrix(X, "X"), _matrix(y, "y")
    if len(rows) == len(targets) and np.ndim(y) != 2:
        return GivenRows(rows, targets)
    n = len(rows)
    if n == len(targets) and not (rows.shape[1] == targets.shape[1] and n < rows.shape[1] and n < 3):
        return GivenRows(rows, targets)
    if rows.shape[1] == targets.shape[1]:
        words = f"X {rows.shape} and y {targets.shape} have their samples in columns."
        return GivenRows(rows.T.copy(), targets.T.copy(), (words,), True)
    if rows.shape[1] == len(targets) and targets.shape[1] == 1:
        return GivenRows(rows.T.copy(), targets, (f"X {rows.shape} has its samples in columns.",), True)
    raise FalllineError(
        f"X and y: expected as many targets as rows, got arrays of shapes {np.shape(X)} and {np.shape(y)}."
    )


def _matrix(values: Any, name: str) -> Array:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise FalllineError(f"{name}: expected numbers in rows of equal length, got {error}.") from None
    if array.ndim == 3 and 1 in array.shape[1:]:
        array = array.reshape(len(array), -1)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise FalllineError(f"{name}: expected rows of numbers, got an array of shape {np.shape(values)}.")
    return array
