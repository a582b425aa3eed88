"""RMSprop: each weight's rate divided by the running size of its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class RMSprop(FirstOrder):
    """s ← ρ s + (1 − ρ) g²;  w ← w − η g / (√s + ε) (Tieleman & Hinton 2012)."""

    learning_rate: float | Schedule = 0.001
    decay: float = 0.99
    epsilon: float = 1e-8

    name = "rmsprop"
    slots = 1

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        (mean_square,) = slots
        mean_square *= self.decay
        mean_square += (1.0 - self.decay) * np.square(gradient)
        parameters -= rate * gradient / (np.sqrt(mean_square) + self.epsilon)
