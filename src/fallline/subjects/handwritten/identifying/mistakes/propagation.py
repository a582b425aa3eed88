"""The error that reaches a hidden layer: the delta above through the weights above, or something in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.mistakes.choice import Above, Choice
from fallline.subjects.handwritten.identifying.quantities import Quantities
from fallline.subjects.handwritten.twins.layout import BiasPlace


def propagated(q: Quantities, layer: int, above: Above, changed: list[Array]) -> Iterator[Choice]:
    """Return candidates for ∂E/∂a (K, n, units) of a hidden layer, the right one first.

    `changed` are the weights (K, units, inputs) of each layer as they are after the step.
    """
    upper, W, units = layer + 1, q.W[layer], q.a[layer].shape[2]
    yield Choice(above.delta @ W)
    yield Choice(above.delta @ changed[layer], ("weights_after_update",), f"layer {upper}'s weights after their update")
    if q.twin.layers[layer].place in (BiasPlace.LAST, BiasPlace.FIRST):
        full = q.full(upper)
        what = f"layer {upper}'s bias column kept and a weight column dropped"
        yield Choice(above.delta @ np.roll(full, 1, axis=2)[:, :, :-1], ("bias_propagated",), what)
        for dropped in range(units):
            yield Choice(above.delta @ np.delete(full, dropped, axis=2), ("bias_propagated",), what)
    if W.shape[1] == W.shape[2]:
        yield Choice(above.delta @ W.transpose(0, 2, 1), ("transposed_weights",), f"layer {upper}'s weights transposed")
    yield from _in_place_of_delta(q, layer, above)
    yield from _through_other_weights(q, layer, above)


def _in_place_of_delta(q: Quantities, layer: int, above: Above) -> Iterator[Choice]:
    W, wide = q.W[layer], 0.0 * q.a[layer]
    code = ("output_error_for_hidden",)
    if above.difference.shape[2] == W.shape[1]:
        yield Choice(above.difference @ W, code, "the output's difference in place of the delta above")
    if above.difference.shape[2] in (1, wide.shape[2]):
        yield Choice(above.difference + wide, code, "the output's difference itself, through no weights")
    yield Choice(above.error @ W, code, "the error above before its derivative, in place of the delta")
    yield Choice(q.a[layer + 1] @ W, code, "the activation above in place of the delta")
    if q.y.shape[2] == W.shape[1]:
        yield Choice(q.y @ W, code, "the target in place of the delta above")
    if above.delta.shape[2] in (1, wide.shape[2]):
        yield Choice(above.delta + wide, code, "the delta above itself, through no weights")
    if above.error.shape[2] in (1, wide.shape[2]):
        yield Choice(above.error + wide, code, "the error above itself, through no weights")


def _through_other_weights(q: Quantities, layer: int, above: Above) -> Iterator[Choice]:
    own = q.W[layer - 1]
    for k in (0, own.shape[2] - 1):
        value = above.delta.sum(axis=2, keepdims=True) * own[:, None, :, k]
        yield Choice(value, ("wrong_layer_weights",), f"layer {layer}'s own weights in place of layer {layer + 1}'s")
    width, units = above.delta.shape[2], q.a[layer].shape[2]
    for other in range(1, q.depth + 1):
        if other == layer + 1:
            continue
        for V in (q.W[other - 1], q.W[other - 1].transpose(0, 2, 1)):
            if V.shape[1] == width and V.shape[2] in (1, units):
                value = above.delta @ V + 0.0 * q.a[layer]
                yield Choice(
                    value, ("wrong_layer_weights",), f"layer {other}'s weights in place of layer {layer + 1}'s"
                )
