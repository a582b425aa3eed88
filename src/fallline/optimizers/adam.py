"""Adam: momentum and RMSprop together, with the bias of their start removed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class Adam(FirstOrder):
    """m ← β₁ m + (1 − β₁) g;  s ← β₂ s + (1 − β₂) g²;  w ← w − η m̂ / (√ŝ + ε).

    With m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ) at step t (Kingma & Ba 2015, algorithm 1).
    """

    learning_rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    name = "adam"
    slots = 2

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        mean, mean_square = slots
        mean *= self.beta1
        mean += (1.0 - self.beta1) * gradient
        mean_square *= self.beta2
        mean_square += (1.0 - self.beta2) * np.square(gradient)
        root = np.sqrt(mean_square / (1.0 - self.beta2**step))
        parameters -= (rate / (1.0 - self.beta1**step)) * mean / (root + self.epsilon)
