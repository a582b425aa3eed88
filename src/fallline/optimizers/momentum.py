"""Gradient descent with momentum."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.engine import Array
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class Momentum(FirstOrder):
    """v ← μ v + g;  w ← w − η v (Polyak 1964)."""

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.9

    name = "momentum"
    slots = 1

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        (velocity,) = slots
        velocity *= self.momentum
        velocity += gradient
        parameters -= rate * velocity
