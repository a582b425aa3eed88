"""The optimizer that suits a network, its rows and its loss, with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from fallline.engine import Architecture, Array, Objective
from fallline.engine.memory import WORTH_ASKING, available_memory
from fallline.optimizers.adam import Adam
from fallline.optimizers.bfgs import BFGS
from fallline.optimizers.lbfgs import LBFGS
from fallline.optimizers.levenberg_marquardt import LevenbergMarquardt
from fallline.optimizers.optimizer import Optimizer, Outcome, Watch
from fallline.optimizers.projection import has_linear_output
from fallline.optimizers.schedules import OnPlateau

USUAL_SECONDS = 60.0  # for a descent that has no limit
PRODUCTS_A_SECOND = 1.5e10  # multiplications with their additions, in float64 on one core
LEAST_PASSES = 300  # over all rows, below which steps on all of them come to nothing
LEAST_ITERATIONS = 100  # of Levenberg–Marquardt
MOST_PARAMETERS_OF_BFGS = 2_000  # beyond, its matrix costs more than the gradient
BATCH, RATE, PATIENCE = 256, 0.002, 5  # of mini-batches
SHARE_OF_MEMORY = 0.5
WITHOUT_CURVATURE = ("mean_absolute_error", "huber")  # or without it on many rows
TITLES = {"levenberg_marquardt": "Levenberg–Marquardt", "bfgs": "BFGS", "lbfgs": "L-BFGS", "adam": "Adam"}


class Choice(NamedTuple):
    """An optimizer, and why it was chosen."""

    optimizer: Optimizer
    reason: str


@dataclass(frozen=True)
class Auto(Optimizer):
    """Levenberg–Marquardt where its matrix is small enough, else BFGS, L-BFGS, or Adam on mini-batches.

    Levenberg–Marquardt takes the fewest iterations by far, and its iteration costs rows · outputs · parameters² / 2
    multiplications; where that is too much for the time, or the loss has no curvature for it, methods follow that need
    the gradient only; and where even few hundred passes over all rows are too many, mini-batches.

    Parameters
    ----------
    seconds
        That there are for the descent; None for a minute.
    seed
        Of the mini-batches.
    """

    seconds: float | None = None
    seed: int = 0

    name = "auto"

    def choice(self, architecture: Architecture, rows: int) -> Choice:
        """Return the optimizer for that many rows."""
        needed = LevenbergMarquardt.bytes_for(architecture.parameter_count)
        fits = needed < WORTH_ASKING or needed <= SHARE_OF_MEMORY * (available_memory() or math.inf)
        return self._choice(architecture, rows, fits)

    @lru_cache(maxsize=64)  # noqa: B019 - settings are few, and many short descents of the same network begin with it
    def _choice(self, architecture: Architecture, rows: int, matrix_fits: bool) -> Choice:
        size, outputs = architecture.parameter_count, architecture.outputs
        seconds = USUAL_SECONDS if self.seconds is None else self.seconds
        loss = architecture.loss.replace("_", " ")
        work = f"{size:,} parameters, {rows:,} rows, {loss}"
        a_pass = 3.0 * rows * size / PRODUCTS_A_SECOND
        if LEAST_PASSES * a_pass > seconds:
            optimizer: Optimizer = Adam(OnPlateau(RATE, patience=PATIENCE), min(BATCH, rows), self.seed)
            return Choice(optimizer, f"Adam on mini-batches: {work}, about {a_pass:.2g} s for a pass over all rows")
        if architecture.loss not in WITHOUT_CURVATURE and matrix_fits and _is_quick(size, rows * outputs, seconds):
            if has_linear_output(architecture) and rows * outputs >= size:
                optimizer = LevenbergMarquardt(variable_projection=True, geodesic_acceleration=True, least_scale=1e-3)
                return Choice(optimizer, f"Levenberg–Marquardt, the linear output layer solved exactly: {work}")
            return Choice(LevenbergMarquardt(), f"Levenberg–Marquardt: {work}")
        if size <= MOST_PARAMETERS_OF_BFGS:
            return Choice(BFGS(), f"BFGS: {work}")
        return Choice(LBFGS(), f"L-BFGS: {work}")

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        optimizer = self.choice(objective.architecture, len(objective.rows)).optimizer
        return optimizer.minimize(objective, parameters, watch)


def _is_quick(size: int, residuals: int, seconds: float) -> bool:
    """Whether that time is enough for Levenberg–Marquardt."""
    less, more = sorted((size, residuals))
    an_iteration = (0.5 * more * less**2 + less**3 / 6.0) / PRODUCTS_A_SECOND
    return LEAST_ITERATIONS * an_iteration <= seconds
