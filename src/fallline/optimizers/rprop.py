"""RPROP: each weight has its own step, which grows while the gradient keeps its sign; the size of g is ignored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.errors import FalllineError
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.schedules import Schedule


@dataclass(frozen=True)
class Rprop(FirstOrder):
    """iRPROP⁻ (Igel & Hüsken 2000): the learning rate is each weight's first step; on all rows only."""

    learning_rate: float | Schedule = 0.01
    grow: float = 1.2
    shrink: float = 0.5
    smallest: float = 1e-10
    largest: float = 50.0

    name = "rprop"
    slots = 2

    def require_fitting(self, rows: int) -> None:
        super().require_fitting(rows)
        if self.batch_size is not None and self.batch_size < rows:
            raise FalllineError(
                f"batch size {self.batch_size}: rprop compares the signs of successive gradients, so it needs all "
                f"{rows} rows at each step. Leave the batch size out, or use adam."
            )

    def update(self, parameters: Array, gradient: Array, slots: list[Array], rate: float, step: int) -> None:
        previous, steps = slots
        if step == 1:
            steps[:] = rate
        agreement = np.sign(previous) * np.sign(gradient)
        np.multiply(steps, self.grow, out=steps, where=agreement > 0)
        np.multiply(steps, self.shrink, out=steps, where=agreement < 0)
        np.clip(steps, self.smallest, self.largest, out=steps)
        gradient[agreement < 0] = 0.0
        np.copyto(previous, gradient)
        parameters -= np.sign(gradient) * steps
