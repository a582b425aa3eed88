"""A network's residuals, Jacobian and gradient in NumPy, for the solvers of SciPy."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from problems import Problem

SLOPES = {
    "tanh": lambda a: 1.0 - a * a,
    "sigmoid": lambda a: a * (1.0 - a),
    "identity": np.ones_like,
}


class NumPyNetwork:
    """The exact derivatives of a problem's network, in memory that is taken once.

    Arrays lie row of the table last, so that every loop runs over contiguous rows; residuals come output by output.
    Each layer's inputs end in ones, so that the bias is a weight as the others. What belongs to the weights of the last
    pass is kept for the Jacobian that follows it.
    """

    def __init__(self, problem: Problem) -> None:
        X, y = problem.table
        self.y = np.ascontiguousarray(y.T)
        k, n = self.y.shape
        architecture = problem.architecture
        self._names, self._scale = architecture.activations, problem.scale
        self._layers, self._offsets = architecture.layers, architecture.offsets
        self._inputs = [np.ones((units + 1, n)) for units in architecture.shape]
        self._inputs[0][:-1] = X.T
        self._values = [inputs[:-1] for inputs in self._inputs[1:]]
        self._jacobian = np.zeros((architecture.parameter_count, k, n))
        self._at: np.ndarray | None = None

    def _pass(self, w: np.ndarray) -> np.ndarray:
        if self._at is None or not np.array_equal(self._at, w):
            for W, name, z, a in zip(self._layers(w), self._names, self._values, self._inputs, strict=False):
                np.matmul(W, a, out=z)
                if name == "tanh":
                    np.tanh(z, out=z)
                elif name == "sigmoid":
                    expit(z, out=z)
            self._at = w.copy()
        return self._values[-1]

    def residuals(self, w: np.ndarray) -> np.ndarray:
        """Return ŷ − y (outputs · rows,), a new array."""
        return (self._pass(w) - self.y).ravel()

    def error(self, residuals: np.ndarray) -> float:
        """Return the loss."""
        return self._scale * float(residuals @ residuals)

    def jacobian(self, w: np.ndarray) -> np.ndarray:
        """Return ∂residuals/∂w (outputs · rows, parameters), which the next call overwrites; columns lie together."""
        self._pass(w)
        layers, (k, n), J = self._layers(w), self.y.shape, self._jacobian
        slope = SLOPES[self._names[-1]](self._values[-1])  # (outputs, rows)
        for o in range(k):  # an output does not depend on the weights of another
            begin = self._offsets[-2] + o * layers[-1].shape[1]
            np.multiply(slope[o], self._inputs[-2], out=J[begin : begin + layers[-1].shape[1], o])
        delta = layers[-1][:, :-1, None] * slope[:, None]  # (outputs, units, rows)
        for number in range(len(layers) - 2, -1, -1):
            delta *= SLOPES[self._names[number]](self._values[number])
            units, inputs = layers[number].shape
            block = J[self._offsets[number] : self._offsets[number + 1]].reshape(units, inputs, k, n)
            np.multiply(delta.transpose(1, 0, 2)[:, None], self._inputs[number][:, None], out=block)
            if number:
                delta = layers[number][:, :-1].T @ delta
        return J.reshape(-1, k * n).T

    def error_and_gradient(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient, a new array."""
        residuals = self._pass(w) - self.y
        layers, gradient = self._layers(w), np.empty_like(w)
        delta = residuals * SLOPES[self._names[-1]](self._values[-1])
        delta *= 2.0 * self._scale
        for number in range(len(layers) - 1, -1, -1):
            np.matmul(delta, self._inputs[number].T, out=self._layers(gradient)[number])
            if number:
                delta = layers[number][:, :-1].T @ delta
                delta *= SLOPES[self._names[number - 1]](self._values[number - 1])
        return self.error(residuals.ravel()), gradient
