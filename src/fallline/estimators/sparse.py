"""Sparse rows: the engine's are dense, so they are made so where memory allows it."""

from __future__ import annotations

from typing import Any

from scipy.sparse import issparse

from fallline.engine import Array
from fallline.engine.memory import require_memory


def dense(X: Any) -> Array:
    """Return rows X (rows, inputs) as an array.

    Raises
    ------
    FalllineError
        If they are sparse, and there is not the memory for them as an array.
    """
    if issparse(X):
        rows, inputs = X.shape
        require_memory(
            rows * inputs * X.dtype.itemsize,
            f"X: {rows:,} × {inputs:,} sparse numbers as the dense array that the network needs",
            "Have fewer columns first, for instance by TruncatedSVD or SelectKBest, or learn by partial_fit from some "
            "rows at a time.",
        )
        X = X.toarray()
    return X  # type: ignore[no-any-return]
