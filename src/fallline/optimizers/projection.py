"""Variable projection: the best weights of a linear output layer, given all layers below (Golub & Pereyra 1973)."""

from __future__ import annotations

import numpy as np

from fallline.engine import LOSSES, Architecture, Array, Objective, reference
from fallline.errors import FalllineError

SINGULAR = 1e-9  # share left of a pivot, from which on the hidden activations count as dependent


def has_linear_output(architecture: Architecture) -> bool:
    """Whether the output layer is linear, over a hidden one, and the loss a squared error."""
    linear = architecture.activations[-1] == "identity" and len(architecture.shape) > 2
    return linear and architecture.loss in ("mean_squared_error", "half_squared_error")


def require_linear_output(architecture: Architecture) -> None:
    """Raise a FalllineError unless the architecture has a linear output."""
    if not has_linear_output(architecture):
        raise FalllineError(
            "variable projection: it needs a hidden layer, output activation 'identity' and a squared error; this "
            f"network has activations {', '.join(architecture.activations)} and loss '{architecture.loss}'. "
            "Leave variable_projection out."
        )


def project(objective: Objective, parameters: Array) -> None:
    """Put the best output weights into the parameters, in place, unless they are not unique.

    With the last hidden activations A (rows, units + 1) and the loss's curvature c, each output's weights solve
    (c AᵀA + penalty) w = c Aᵀy; the matrix adds up block by block. Where rows have weights, each counts by its own.
    """
    architecture = objective.architecture
    units, outputs = architecture.shape[-2], architecture.outputs
    ones = np.ones((1, 1))
    c = LOSSES[architecture.loss].curvature(ones, ones, ones)[0, 0]
    c *= architecture.loss_function.scale(len(objective.rows), outputs)
    system, right = np.zeros((units + 1, units + 1)), np.zeros((units + 1, outputs))
    for X, y in objective.jacobian_blocks():
        A = np.column_stack([reference.forward(architecture, parameters, X)[-1].input, np.ones(len(X))])
        counted = c * (y[:, outputs:] * A if architecture.weighted else A).T
        system += counted @ A
        right += counted @ y[:, :outputs]
    system[np.diag_indices(units)] += objective.l2
    try:
        L = np.linalg.cholesky(system)
    except np.linalg.LinAlgError:
        return
    if (np.square(np.diag(L)) / np.diag(system)).min() >= SINGULAR:
        architecture.layers(parameters)[-1][:] = np.linalg.solve(L.T, np.linalg.solve(L, right)).T
