"""Rows of a table as the arithmetic sees them: all, some, a batch, or block after block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from fallline.engine.arrays import Array, Index

Packed: TypeAlias = dict[tuple[int, ...], Array]  # rows as blocks, by the form of these
BLOCK_ELEMENTS = 2**19  # of one layer's activations; bounds the memory of a pass over many rows


def block_length(widest: int) -> int:
    """Return how many rows a block has when the widest layer has that many units."""
    return max(64, BLOCK_ELEMENTS // widest)


class Rows:
    """Rows X (n, inputs) with targets y (n, outputs), or those of them that `index` names.

    Nothing is copied but the rows of one block or batch at a time, so that a training and a validation part
    of a large table share its one array. Where several descents go over the same rows at the same time, a dictionary
    in `packed` lets them share what the compiled engine makes of the rows, too.
    """

    def __init__(self, X: Array, y: Array, index: Index | None = None) -> None:
        self.X = X
        self.y = y
        self.index = index
        self.packed: Packed | None = None

    def __len__(self) -> int:
        return len(self.X) if self.index is None else len(self.index)

    def block(self, start: int, stop: int) -> tuple[Array, Array]:
        """Return X and y of the rows from start to stop."""
        if self.index is None:
            return self.X[start:stop], self.y[start:stop]
        chosen = self.index[start:stop]
        return self.X[chosen], self.y[chosen]

    def batch(self, positions: Index) -> tuple[Array, Array]:
        """Return X and y of the rows at these positions."""
        chosen = positions if self.index is None else self.index[positions]
        return self.X[chosen], self.y[chosen]

    def blocks(self, length: int) -> Iterator[tuple[Array, Array]]:
        """Return all rows in order, in blocks of at most `length`."""
        for start in range(0, len(self), length):
            yield self.block(start, min(start + length, len(self)))

    def compact(self, most_bytes: int = 2**25) -> Rows:
        """Return the same rows as arrays of their own where that costs little memory, so that no block copies."""
        if self.index is None:
            return self
        row_bytes = self.X.itemsize * self.X.shape[1] + self.y.itemsize * self.y.shape[1]
        if len(self.index) * row_bytes > most_bytes:
            return self
        return Rows(np.ascontiguousarray(self.X[self.index]), np.ascontiguousarray(self.y[self.index]))
