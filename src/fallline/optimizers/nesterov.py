"""Nesterov's accelerated gradient."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.engine import Array
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class Nesterov(FirstOrder):
    """v ← μ v + g;  w ← w − η (g + μ v): Nesterov (1983) as restated by Sutskever et al. (2013)."""

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.9

    name = "nesterov"
    slots = 1

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        (velocity,) = slots
        velocity *= self.momentum
        velocity += gradient
        parameters -= rate * (gradient + self.momentum * velocity)
