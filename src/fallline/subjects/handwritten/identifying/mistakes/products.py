"""The gradient of a layer's weights from its delta: with the layer's input, or with something in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.mistakes.choice import Choice
from fallline.subjects.handwritten.identifying.quantities import Quantities


def products(q: Quantities, layer: int, delta: Array, previous: Quantities | None = None) -> Iterator[Choice]:
    """Return candidates for ∂E/∂W (K, units, inputs) of a layer with this δ (K, n, units), the right one first."""
    turned, x, W = delta.transpose(0, 2, 1), q.a[layer - 1], q.W[layer - 1]
    yield Choice(turned @ x)
    if layer > 1:
        what = f"layer {layer - 1}'s z in place of its activation"
        yield Choice(turned @ q.z[layer - 1], ("pre_activation_for_activation",), what)
    if q.rows > 1:
        yield Choice(turned[:, :, -1:] @ x[:, -1:], ("last_row_only",), "only the last row's gradient")
        yield Choice(turned[:, :, :1] @ x[:, :1], ("first_row_only",), "only the first row's gradient")
    yield from _with_weights(delta, W)
    if previous is not None:
        yield Choice(turned @ previous.a[layer - 1], ("stale_activations",), "the input that an earlier step had")


def _with_weights(delta: Array, W: Array) -> Iterator[Choice]:
    """δ times the weights themselves, in the ways that NumPy's broadcasting lets pass."""
    code, what = ("weight_for_input",), "the weights themselves in place of the layer's input"
    rows, units = delta.shape[1:]
    if rows == 1:
        yield Choice(delta[:, 0, :, None] * W, code, what)
        if units in (W.shape[2], W.shape[2] + 1):  # one for each column, the bias's among them
            yield Choice(delta[:, 0, None, : W.shape[2]] * W, code, what)
    else:
        yield Choice(delta.sum(axis=1)[:, :, None] * W, code, what)
    if rows == W.shape[2]:
        yield Choice(delta.transpose(0, 2, 1) * W, code, what)
    if units == 1 and rows == 1:
        yield Choice(np.broadcast_to(delta, W.shape) * W, code, what)
