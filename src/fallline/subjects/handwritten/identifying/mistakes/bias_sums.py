"""The gradient of a layer's bias from its delta: the sum over the rows, or something in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.mistakes.choice import Choice
from fallline.subjects.handwritten.identifying.quantities import Quantities

CODE = ("bias_wrong_sum",)


def bias_sums(delta: Array) -> Iterator[Choice]:
    """Return candidates for ∂E/∂b (K, units) with this δ (K, n, units), the right one first."""
    K, rows, units = delta.shape
    total = delta.sum(axis=1)
    yield Choice(total)
    if units > 1:
        yield Choice(np.repeat(total.sum(axis=1, keepdims=True), units, axis=1), CODE, "the sum over all units")
    if rows > 1:
        yield Choice(delta[:, -1], CODE, "the last row's delta only")
        yield Choice(delta[:, 0], CODE, "the first row's delta only")
        if rows == units:
            yield Choice(delta.sum(axis=2), CODE, "the sum over the wrong axis")
    if units > 1:
        yield Choice(np.repeat(total[:, :1], units, axis=1), CODE, "the first unit's sum for all units")
        yield Choice(np.repeat(total[:, -1:], units, axis=1), CODE, "the last unit's sum for all units")
        first = np.zeros_like(total)
        first[:, 0] = total.sum(axis=1)
        yield Choice(first, CODE, "the sum over all units, in the first unit's bias alone")
    assert total.shape == (K, units)


def with_weights(q: Quantities, layer: int, delta: Array) -> Iterator[Choice]:
    """Return candidates for the bias inside of a weight matrix whose step is δ times the weights themselves."""
    code, b = ("weight_for_input",), q.b[layer - 1]
    yield Choice(delta.sum(axis=1) * b, code)
    if q.rows == 1 and delta.shape[2] == q.W[layer - 1].shape[2] + 1:
        yield Choice(delta[:, 0, -1:] * b, code)
