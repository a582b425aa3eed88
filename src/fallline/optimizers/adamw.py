"""AdamW: Adam with weight decay that the gradient's scaling leaves alone."""

from __future__ import annotations

from dataclasses import dataclass

from fallline.engine import Array
from fallline.optimizers.adam import Adam


@dataclass(frozen=True)
class AdamW(Adam):
    """w ← w − η λ w before each step of Adam (Loshchilov & Hutter 2019, algorithm 2); biases decay too."""

    weight_decay: float = 0.01

    name = "adamw"

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        parameters *= 1.0 - rate * self.weight_decay
        super().update(parameters, gradient, slots, rate, step)
