"""First weights: how each layer's W (units, inputs + 1), bias last, is drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fallline.engine import Architecture, Array, lookup

Initialiser = Callable[[np.random.Generator, int, int], Array]


def normal(rng: np.random.Generator, inputs: int, units: int) -> Array:
    """Every weight and bias from a normal distribution of mean 0 and standard deviation 0.2."""
    return rng.normal(scale=0.2, size=(units, inputs + 1))


def glorot(rng: np.random.Generator, inputs: int, units: int) -> Array:
    """Uniform in ±√(6 / (inputs + units)), biases 0 (Glorot & Bengio 2010, eq. 16)."""
    return _with_zero_bias(rng.uniform(-1, 1, size=(units, inputs)) * np.sqrt(6 / (inputs + units)))


def he(rng: np.random.Generator, inputs: int, units: int) -> Array:
    """Normal with variance 2 / inputs, biases 0 (He et al. 2015, eq. 10)."""
    return _with_zero_bias(rng.normal(size=(units, inputs)) * np.sqrt(2 / inputs))


def lecun(rng: np.random.Generator, inputs: int, units: int) -> Array:
    """Normal with variance 1 / inputs, biases 0 (LeCun et al. 1998, section 4.6)."""
    return _with_zero_bias(rng.normal(size=(units, inputs)) * np.sqrt(1 / inputs))


def nguyen_widrow(rng: np.random.Generator, inputs: int, units: int) -> Array:
    """Spread the units' active regions over inputs in [−1, 1] (Nguyen & Widrow 1990).

    Each unit's weights point in a random direction with length β = 0.7 · units^(1/inputs); its bias is uniform
    in ±β.
    """
    beta = 0.7 * units ** (1 / inputs)
    directions = rng.uniform(-1, 1, size=(units, inputs))
    directions *= beta / np.linalg.norm(directions, axis=1, keepdims=True)
    return np.concatenate([directions, rng.uniform(-beta, beta, size=(units, 1))], axis=1)


INITIALISERS: dict[str, Initialiser] = {
    "normal": normal,
    "glorot": glorot,
    "he": he,
    "lecun": lecun,
    "nguyen_widrow": nguyen_widrow,
}

_SUITED = {
    "sigmoid": "normal",
    "relu": "he",
    "leaky_relu": "he",
    "elu": "he",
    "silu": "he",
    "gelu": "he",
}


def draw(architecture: Architecture, initialiser: str | None, rng: np.random.Generator) -> Array:
    """Return a first parameter vector (parameters,), float64.

    With `initialiser` None, each layer gets the one suited to its activation: normal for sigmoid, He for relu
    and its smooth kin, Glorot for the others.

    Raises
    ------
    FalllineError
        If there is no initialiser of that name.
    """
    parameters = np.empty(architecture.parameter_count)
    for W, activation in zip(architecture.layers(parameters), architecture.activations, strict=True):
        name = initialiser or _SUITED.get(activation, "glorot")
        W[...] = lookup(INITIALISERS, name, "initialiser")(rng, W.shape[1] - 1, W.shape[0])
    return parameters


def _with_zero_bias(weights: Array) -> Array:
    return np.concatenate([weights, np.zeros((len(weights), 1))], axis=1)
