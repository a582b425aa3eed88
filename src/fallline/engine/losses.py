"""Losses: the number that the descent lowers, and its derivatives by the network's output.

A loss is a sum over rows and outputs times `scale(rows, outputs)`; the sum and the scale stand apart so that
blocks of rows add up. The cross-entropies are computed from the output layer's pre-activations ("logits"),
since the logarithm of a rounded probability would lose what matters; they name the output activation that
they include.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from fallline.engine.activations import ACTIVATIONS, row_dot, sigmoid
from fallline.engine.arrays import Array


class Loss(ABC):
    """One loss; the instances stand in `LOSSES` under their names.

    `output` below is the output layer's activation, or its pre-activation where `from_logits_of` names the
    activation that the loss includes; output, target and v have the shape (rows, outputs).
    """

    name: str
    from_logits_of: str | None = None
    has_residual = False  # whether every gradient is S ρ, with S the root of the curvature

    @abstractmethod
    def scale(self, rows: int, outputs: int) -> float:
        """Return the factor between the sum over rows and outputs and the loss."""

    @abstractmethod
    def elements(self, output: Array, target: Array) -> Array:
        """Return what each row and output adds to the sum, (rows, outputs), unscaled."""

    def total(self, output: Array, target: Array) -> float:
        """Return the sum over rows and outputs, unscaled; added up in float64."""
        return float(self.elements(output, target).sum(dtype=np.float64))

    @abstractmethod
    def gradient(self, output: Array, target: Array) -> Array:
        """Return ∂total/∂output."""

    @abstractmethod
    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        """Return ∂²total/∂output² times v, row by row."""

    def curvature_root(self, output: Array, target: Array) -> Array:
        """Return S (rows, outputs, outputs) with S Sᵀ = ∂²total/∂output² of each row."""
        root = np.sqrt(self.curvature(output, target, np.ones_like(output)))
        return np.asarray(root[:, :, None] * np.eye(output.shape[1], dtype=output.dtype))

    def residual(self, output: Array, target: Array) -> Array:
        """Return ρ with S ρ = ∂total/∂output where the loss has one; 0 where the curvature vanishes."""
        root = np.sqrt(self.curvature(output, target, np.ones_like(output)))
        return np.divide(self.gradient(output, target), root, out=np.zeros_like(root), where=root > 0)


class _Mean(Loss):
    def scale(self, rows: int, outputs: int) -> float:
        return 1.0 / (rows * outputs)


class MeanSquaredError(_Mean):
    """mean (ŷ − y)² over rows and outputs."""

    name = "mean_squared_error"
    has_residual = True

    def elements(self, output: Array, target: Array) -> Array:
        return np.square(output - target)

    def gradient(self, output: Array, target: Array) -> Array:
        return 2.0 * (output - target)

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        return 2.0 * v


class HalfSquaredError(Loss):
    """½ Σ (ŷ − y)² over rows and outputs: the sum, not the mean, so its gradient grows with the rows."""

    name = "half_squared_error"
    has_residual = True

    def scale(self, rows: int, outputs: int) -> float:
        return 1.0

    def elements(self, output: Array, target: Array) -> Array:
        return 0.5 * np.square(output - target)

    def gradient(self, output: Array, target: Array) -> Array:
        return output - target

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        return v


class MeanAbsoluteError(_Mean):
    """mean |ŷ − y| over rows and outputs, with derivative 0 where they are equal."""

    name = "mean_absolute_error"

    def elements(self, output: Array, target: Array) -> Array:
        return np.abs(output - target)

    def gradient(self, output: Array, target: Array) -> Array:
        return np.sign(output - target)

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        return np.zeros_like(v)


HUBER_DELTA = 1.0


class Huber(_Mean):
    """mean of ½ e² where |e| ≤ 1, else |e| − ½, with e = ŷ − y (Huber 1964, δ = 1)."""

    name = "huber"

    def elements(self, output: Array, target: Array) -> Array:
        e = np.abs(output - target)
        inside = np.minimum(e, HUBER_DELTA)
        return inside * (e - 0.5 * inside)

    def gradient(self, output: Array, target: Array) -> Array:
        return np.clip(output - target, -HUBER_DELTA, HUBER_DELTA)

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        return v * (np.abs(output - target) <= HUBER_DELTA)


class BinaryCrossEntropy(_Mean):
    """mean of −y ln p − (1 − y) ln(1 − p) over rows and outputs, p = σ(z), from the logits z."""

    name = "binary_cross_entropy"
    from_logits_of = "sigmoid"
    has_residual = True

    def elements(self, output: Array, target: Array) -> Array:
        # softplus(z) − y z, with the large parts of the two cancelled before the small one is added
        return (np.maximum(output, 0.0) - target * output) + np.log1p(np.exp(-np.abs(output)))

    def gradient(self, output: Array, target: Array) -> Array:
        return sigmoid(output) - target

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        p = sigmoid(output)
        return v * p * (1.0 - p)


class CategoricalCrossEntropy(Loss):
    """mean over rows of −Σₖ yₖ ln pₖ, p = softmax(z), from the logits z; y is one-hot or a distribution."""

    name = "categorical_cross_entropy"
    from_logits_of = "softmax"

    def scale(self, rows: int, outputs: int) -> float:
        return 1.0 / rows

    def elements(self, output: Array, target: Array) -> Array:
        shifted = output - output.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return np.asarray(target * (log_sum - shifted))

    def gradient(self, output: Array, target: Array) -> Array:
        p = ACTIVATIONS["softmax"].value(output)
        return np.asarray(p * target.sum(axis=1, keepdims=True) - target)

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        p = ACTIVATIONS["softmax"].value(output)
        return np.asarray(target.sum(axis=1, keepdims=True) * p * (v - row_dot(p, v)))

    def curvature_root(self, output: Array, target: Array) -> Array:
        """The columns √(pₖ Σ y) (eₖ − p)."""
        p = ACTIVATIONS["softmax"].value(output)
        weight = np.sqrt(p * target.sum(axis=1, keepdims=True))
        return np.asarray((np.eye(p.shape[1], dtype=p.dtype) - p[:, :, None]) * weight[:, None, :])


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        MeanSquaredError(),
        HalfSquaredError(),
        MeanAbsoluteError(),
        Huber(),
        BinaryCrossEntropy(),
        CategoricalCrossEntropy(),
    )
}


class Weighted(Loss):
    """A loss that counts each row by its weight, ≥ 0, which stands in the last column of the target."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self.name, self.from_logits_of, self.has_residual = loss.name, loss.from_logits_of, loss.has_residual

    def scale(self, rows: int, outputs: int) -> float:
        return self._loss.scale(rows, outputs)

    def elements(self, output: Array, target: Array) -> Array:
        return target[:, -1:] * self._loss.elements(output, target[:, :-1])

    def gradient(self, output: Array, target: Array) -> Array:
        return target[:, -1:] * self._loss.gradient(output, target[:, :-1])

    def curvature(self, output: Array, target: Array, v: Array) -> Array:
        return target[:, -1:] * self._loss.curvature(output, target[:, :-1], v)

    def curvature_root(self, output: Array, target: Array) -> Array:
        root: Array = np.sqrt(target[:, -1:])
        return root[:, :, None] * self._loss.curvature_root(output, target[:, :-1])

    def residual(self, output: Array, target: Array) -> Array:
        root: Array = np.sqrt(target[:, -1:])
        return root * self._loss.residual(output, target[:, :-1])
