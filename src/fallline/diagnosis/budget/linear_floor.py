"""The floor of linear networks in closed form: least squares, or reduced-rank regression through a narrow layer.

With identity activations only, a network of any depth is y ≈ B x + c where B has at most the rank of its narrowest
hidden layer, and every such B can be had. For squared errors the best B of full rank is least squares, and of
rank r its fit projected onto the fit's first r right singular vectors (Izenman 1975; Baldi & Hornik 1989).
"""

from __future__ import annotations

import numpy as np

from fallline.engine import Architecture, Array, Rows

SQUARED = ("mean_squared_error", "half_squared_error")


def is_linear(architecture: Architecture) -> bool:
    """Whether the closed form holds: identities throughout and a squared error."""
    return set(architecture.activations) == {"identity"} and architecture.loss in SQUARED


def is_convex(architecture: Architecture) -> bool:
    """Whether loss and weights are so that a stationary point is the minimum: one layer, a smooth loss that fits it."""
    fits = architecture.activations[-1] == "identity" or architecture.loss_function.from_logits_of is not None
    return fits and len(architecture.shape) == 2 and architecture.loss != "mean_absolute_error"


def linear_floor(architecture: Architecture, rows: Rows) -> Array:
    """Return the weights (parameters,) of the least squared error."""
    X, y = rows.block(0, len(rows))
    centre, mean = X.mean(axis=0), y.mean(axis=0)
    scale = X.std(axis=0)
    scale = np.where(scale > 0.0, scale, 1.0)
    B = np.linalg.lstsq((X - centre) / scale, y - mean, rcond=None)[0]  # (inputs, outputs)
    hidden = architecture.shape[1:-1]
    rank = min((*hidden, architecture.outputs, architecture.inputs))
    right = np.linalg.svd((X - centre) / scale @ B, full_matrices=False)[2]
    factors = [(right[:rank] @ B.T) / scale, right[:rank].T] if hidden else [B.T / scale]
    parameters = np.zeros(architecture.parameter_count)
    layers = architecture.layers(parameters)
    layers[0][: len(factors[0]), :-1] = factors[0]
    for W in layers[1:-1]:
        W[:rank, :rank] = np.eye(rank)
    if hidden:
        layers[-1][:, :rank] = factors[1]
    product = factors[1] @ factors[0] if hidden else factors[0]
    layers[-1][:, -1] = mean - product @ centre
    return parameters
