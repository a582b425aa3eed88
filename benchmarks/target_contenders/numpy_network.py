"""A network's residuals, Jacobian and gradient in NumPy, for the solvers of SciPy."""

from __future__ import annotations

import numpy as np

from problems import Problem

SLOPES = {
    "tanh": lambda a: 1.0 - a * a,
    "sigmoid": lambda a: a * (1.0 - a),
    "identity": np.ones_like,
}


class NumPyNetwork:
    """The exact derivatives of a problem's network, in memory that is taken once.

    Each layer's inputs have a column of ones, so that the bias is a weight as the others. What belongs to the weights
    of the last pass is kept for the Jacobian that follows it.
    """

    def __init__(self, problem: Problem) -> None:
        X, self.y = problem.table
        n, self.outputs = self.y.shape
        architecture = problem.architecture
        self._names, self._scale = architecture.activations, problem.scale
        self._layers, self._offsets = architecture.layers, architecture.offsets
        self._inputs = [np.ones((n, units + 1)) for units in architecture.shape]
        self._inputs[0][:, :-1] = X
        self._values = [np.empty((n, units)) for units in architecture.shape[1:]]
        self._jacobian = np.zeros((n * self.outputs, architecture.parameter_count))
        self._at: np.ndarray | None = None

    def _pass(self, w: np.ndarray) -> np.ndarray:
        if self._at is None or not np.array_equal(self._at, w):
            parts = zip(self._layers(w), self._names, self._values, self._inputs, self._inputs[1:], strict=False)
            for W, name, z, a, following in parts:
                np.matmul(a, W.T, out=z)
                if name == "tanh":
                    np.tanh(z, out=z)
                elif name == "sigmoid":
                    with np.errstate(over="ignore"):
                        np.reciprocal(1.0 + np.exp(-z), out=z)
                following[:, :-1] = z
            self._at = w.copy()
        return self._values[-1]

    def residuals(self, w: np.ndarray) -> np.ndarray:
        """Return ŷ − y (rows · outputs,), a new array."""
        return (self._pass(w) - self.y).ravel()

    def error(self, residuals: np.ndarray) -> float:
        """Return the loss."""
        return self._scale * float(residuals @ residuals)

    def jacobian(self, w: np.ndarray) -> np.ndarray:
        """Return ∂residuals/∂w (rows · outputs, parameters), which the next call overwrites."""
        self._pass(w)
        layers, (n, k) = self._layers(w), self.y.shape
        J = self._jacobian.reshape(n, k, -1)
        slope = SLOPES[self._names[-1]](self._values[-1])  # (rows, outputs)
        for o in range(k):  # an output does not depend on the weights of another
            begin = self._offsets[-2] + o * layers[-1].shape[1]
            np.multiply(slope[:, o, None], self._inputs[-2], out=J[:, o, begin : begin + layers[-1].shape[1]])
        delta = slope[:, :, None] * layers[-1][:, :-1]  # (rows, outputs, units)
        for number in range(len(layers) - 2, -1, -1):
            delta *= SLOPES[self._names[number]](self._values[number])[:, None, :]
            block = J[:, :, self._offsets[number] : self._offsets[number + 1]].reshape(n, k, *layers[number].shape)
            np.multiply(delta[..., None], self._inputs[number][:, None, None, :], out=block)
            if number:
                delta = delta @ layers[number][:, :-1]
        return self._jacobian

    def error_and_gradient(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient, a new array."""
        residuals = self._pass(w) - self.y
        layers, gradient = self._layers(w), np.empty_like(w)
        delta = 2.0 * self._scale * residuals * SLOPES[self._names[-1]](self._values[-1])
        for number in range(len(layers) - 1, -1, -1):
            np.matmul(delta.T, self._inputs[number], out=self._layers(gradient)[number])
            if number:
                delta = (delta @ layers[number][:, :-1]) * SLOPES[self._names[number - 1]](self._values[number - 1])
        return self.error(residuals.ravel()), gradient
