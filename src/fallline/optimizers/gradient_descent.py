"""Gradient descent: against the gradient, times the learning rate."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.engine import Array
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class GradientDescent(FirstOrder):
    """w ← w − η g, on all rows or, with a batch size, stochastic (Robbins & Monro 1951)."""

    learning_rate: float | Schedule = 0.1

    name = "gradient_descent"

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        gradient *= rate
        parameters -= gradient
