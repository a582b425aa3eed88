"""Weights whose units work where their activation bends: the mending that the experiments about units try."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Rows

Mask = NDArray[np.bool_]  # which units of a layer, (units,)

MOST_ROWS = 1_000
LIVELY = 1e-12  # standard deviation of a pre-activation, relative to its weights, below which it is constant
CERTAIN = 0.02  # how near to 0 or 1 the mean of a class may be, for the bias of the output layer


def recentred(
    measured: Measurements,
    units: Sequence[Mask],
    rng: np.random.Generator | None = None,
    *,
    silent: bool = False,
) -> Array:
    """Return the weights with the chosen units' pre-activations brought to mean 0 and standard deviation 1.

    From the first layer up, each on what the mended layers below pass on, as in layer-sequential unit-variance
    initialisation (Mishkin & Matas 2016).

    Parameters
    ----------
    units
        Which units of each layer, a mask (units,) for each; the others are left alone.
    rng
        Draws the chosen units' incoming weights anew; without it they keep their direction, and are only shrunk.
    silent
        Whether the weights from the chosen units to units that are not chosen are set to 0, which leaves what the
        network computes as it is where the chosen units passed on nothing before.
    """
    mended = measured.parameters.copy()
    layers = measured.architecture.layers(mended)
    a = _sample(measured.rows).X
    for i, (W, mask, activation) in enumerate(zip(layers, units, measured.architecture.layer_activations, strict=True)):
        if mask.any():
            chosen = W[mask]
            if rng is not None:
                chosen[:, :-1] = rng.standard_normal((len(chosen), W.shape[1] - 1))
            z = a @ chosen[:, :-1].T
            spread = z.std(axis=0)
            lively = spread > LIVELY * np.abs(chosen[:, :-1]).sum(axis=1) * max(1.0, float(np.abs(a).max()))
            factor = np.where(lively, 1.0 / np.where(lively, spread, 1.0), 1.0)
            if rng is None:
                factor = np.minimum(factor, 1.0)
            chosen *= factor[:, None]
            chosen[:, -1] = -z.mean(axis=0) * factor
            W[mask] = chosen
        if silent and i + 1 < len(layers):
            above = layers[i + 1]
            above[np.ix_(~units[i + 1], np.append(mask, False))] = 0.0
        a = activation.value(a @ W[:, :-1].T + W[:, -1])
    return mended


def fresh(measured: Measurements, rng: np.random.Generator) -> Array:
    """Return weights drawn anew, every hidden unit centred, and the output layer near the mean of the targets."""
    architecture = measured.architecture
    masks = [np.full(units, i < len(architecture.shape) - 2) for i, units in enumerate(architecture.shape[1:])]
    mended = recentred(measured, masks, rng)
    rows, W = _sample(measured.rows), architecture.layers(mended)[-1]
    mean, spread = rows.y.mean(axis=0), rows.y.std(axis=0)
    name = architecture.activations[-1]
    if name in ("sigmoid", "softmax"):
        mean = np.clip(mean, CERTAIN, 1.0 - CERTAIN)
        mean, spread = np.log(mean) - (np.log(1.0 - mean) if name == "sigmoid" else 0.0), np.ones_like(spread)
    elif name == "tanh":
        mean, spread = np.arctanh(np.clip(mean, CERTAIN - 1.0, 1.0 - CERTAIN)), np.ones_like(spread)
    W[:, :-1] = 0.1 * spread[:, None] * rng.standard_normal((len(W), W.shape[1] - 1)) / np.sqrt(W.shape[1] - 1)
    W[:, -1] = mean
    return mended


def _sample(rows: Rows) -> Rows:
    X, y = rows.block(0, min(MOST_ROWS, len(rows)))
    return Rows(X, y)
