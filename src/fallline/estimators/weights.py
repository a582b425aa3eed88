"""How much each row counts: from the weights of rows and of classes to a column of the engine's targets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.class_weight import compute_sample_weight

from fallline.engine import Array, Index
from fallline.errors import FalllineError


class RowWeights(NamedTuple):
    """What the rows of a table count."""

    values: Array  # (rows,), ≥ 0, float64
    kept: Index  # the rows that count at all

    def of(self, rows: Index) -> Array | None:
        """Return the weights of these rows with mean 1; None where all are alike."""
        chosen = self.values[rows]
        return None if np.ptp(chosen) == 0.0 else chosen / chosen.mean()

    def total(self, rows: Index) -> float:
        """Return the sum of the weights of these rows: their number where none are given."""
        return float(self.values[rows].sum())


def row_weights(sample_weight: Any, class_weight: Any, X: Array, y: Any) -> RowWeights:
    """Return the product of the rows' own weights (rows,) and of those of their classes; None stands for 1.

    Raises
    ------
    ValueError
        If they do not fit the rows, one is below 0, or none is above.
    """
    values = np.ones(len(X))
    if sample_weight is not None:
        given = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
        if given.ndim != 1:
            raise FalllineError(
                f"sample_weight: expected one number for each row, got an array of shape {given.shape}."
            )
        check_consistent_length(given, X)
        values = values * given
    if class_weight is not None:
        values = values * compute_sample_weight(class_weight, y)
    if values.min() < 0.0:
        raise FalllineError(f"sample_weight: expected weights of 0 or more, got {values.min():g}.")
    if not values.any():
        raise FalllineError("sample_weight: every weight is zero, so there is nothing to learn from.")
    return RowWeights(values, np.flatnonzero(values > 0.0))
