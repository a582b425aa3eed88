"""How signals pass through the layers: slopes of the units, gains from layer to layer, bounds over the input box."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Architecture, Array

STEEPEST = {"sigmoid": 0.25}  # slope of an activation where it is steepest; about 1 for all others
DIPPING = ("silu", "gelu")  # fall before they rise
MOST_ROWS = 256  # for the gains
MOST_OUTPUTS = 16


def relative_slopes(measured: Measurements, layer: int) -> Array:
    """Return |f′(z)| of a layer's units, over the steepest slope of their activation, (n, units)."""
    activation, passed = measured.architecture.layer_activations[layer], measured.trace[layer]
    slope = np.abs(activation.derivative(passed.z, passed.a))
    return np.asarray(slope / STEEPEST.get(activation.name, 1.0))


def sensitivities(measured: Measurements) -> Array:
    """Return ‖∂z of the output layer / ∂z of each layer‖, the root of the mean square over rows, (layers,).

    The last is that of the identity; the quotient of neighbours is the gain of the layer between them, and the
    product of these is what a gradient loses or wins on its way down (Glorot & Bengio 2010, section 4.2).
    """
    architecture = measured.architecture
    rows = slice(None) if len(measured.rows) <= MOST_ROWS else measured.rng(6).choice(len(measured.rows), MOST_ROWS)
    layers, squares = architecture.layers(measured.parameters), np.zeros(len(architecture.activations))
    for k in range(min(architecture.outputs, MOST_OUTPUTS)):
        delta = np.zeros_like(measured.trace[-1].z[rows])
        delta[:, k] = 1.0
        squares[-1] += np.square(delta).sum(axis=1).mean()
        for i in reversed(range(len(layers) - 1)):
            below = measured.trace[i]
            g = delta @ layers[i + 1][:, :-1]
            delta = architecture.layer_activations[i].backward(below.z[rows], below.a[rows], g)
            squares[i] += np.square(delta).sum(axis=1).mean()
    return np.asarray(np.sqrt(squares))


def highest_pre_activations(architecture: Architecture, parameters: Array, X: Array) -> list[Array]:
    """Return an upper bound of each unit's pre-activation over the box [min, max] of each input, (units,) a layer.

    By interval arithmetic: certain for every input inside the box, though not tight beyond the first layer.
    """
    low, high, bounds = X.min(axis=0), X.max(axis=0), []
    for W, activation in zip(architecture.layers(parameters), architecture.layer_activations, strict=True):
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            bounds.append(np.full(len(W), np.inf))  # nothing is certain beyond an overflow
            continue
        rising, falling = np.maximum(W[:, :-1], 0.0), np.minimum(W[:, :-1], 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            z_low, z_high = rising @ low + falling @ high + W[:, -1], rising @ high + falling @ low + W[:, -1]
        bounds.append(np.where(np.isfinite(z_high), z_high, np.inf))
        if activation.name == "softmax":
            break
        with np.errstate(over="ignore", invalid="ignore"):
            ends = activation.value(np.array([z_low, z_high]))
        low = np.full_like(z_low, activation.range[0]) if activation.name in DIPPING else ends[0]
        high = np.maximum(ends[0], ends[1])
    return bounds
