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
from fallline.optimizers.relay import Leg, Relay
from fallline.optimizers.schedules import OnPlateau

USUAL_SECONDS = 60.0  # for a descent that has no limit
PRODUCTS_A_SECOND = 1.5e10  # multiplications with their additions, in float64 on one core
LEAST_PASSES = 300  # over all rows, below which steps on all of them come to nothing
LEAST_ITERATIONS = 100  # of Levenberg–Marquardt
MOST_PARAMETERS_OF_BFGS = 2_000  # beyond, its matrix costs more than the gradient
BATCH, RATE, PATIENCE = 256, 0.002, 5  # of mini-batches
DEAR = 60.0  # passes that an iteration of Levenberg–Marquardt costs, from which on steps by the gradient go first
RATE_ON_ALL_ROWS = 0.03
MOST_PARAMETERS_A_RESIDUAL = 4  # beyond, hardly a descent is caught in a local minimum
SHARE_OF_MEMORY = 0.5
WITHOUT_CURVATURE = ("mean_absolute_error", "huber")  # or without it on many rows


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

    Where an iteration costs as much as many passes over the rows, steps by the gradient go first, as long as they lower
    the error fast (`Relay`): BFGS, or Adam where residuals are fewer than parameters. Not so where the outputs
    saturate: the gradient drives them to the wrong side for some rows, whence nothing leads back (two classes with
    noise, 451 parameters, 250 rows: error 0.01 in 0.03 s by Levenberg–Marquardt alone, 0.3 s with Adam first, never
    with BFGS). There Adam has its turn only if residuals are fewer than parameters and the first steps of
    Levenberg–Marquardt come to nothing.

    Where a small network has somewhat more parameters than residuals, geodesic acceleration brings more starts to the
    end (XOR `[2,2,1]` 93 of 100 against 87, `[2,3,1]` 100 against 99) for a fifth more time; where it has many more, as
    for parity, all starts get there without.

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
        if architecture.loss not in WITHOUT_CURVATURE and matrix_fits:
            iteration = _iteration(size, rows * outputs)
            if LEAST_ITERATIONS * iteration / PRODUCTS_A_SECOND <= seconds:
                dear = iteration > DEAR * 3.0 * rows * size
                if rows * outputs >= size:
                    return _with_few_parameters(architecture, work, dear=dear)
                return _with_many_parameters(architecture, rows * outputs, work, dear=dear)
        if size <= MOST_PARAMETERS_OF_BFGS:
            return Choice(BFGS(), f"BFGS: {work}")
        return Choice(LBFGS(), f"L-BFGS: {work}")

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        optimizer = self.choice(objective.architecture, len(objective.rows)).optimizer
        return optimizer.minimize(objective, parameters, watch)


def _with_few_parameters(architecture: Architecture, work: str, *, dear: bool) -> Choice:
    """Return the choice where Levenberg–Marquardt's matrix is over the parameters."""
    if not has_linear_output(architecture):
        return Choice(LevenbergMarquardt(), f"Levenberg–Marquardt: {work}")
    optimizer = LevenbergMarquardt(variable_projection=True, geodesic_acceleration=True, least_scale=1e-3)
    last = "Levenberg–Marquardt, the linear output layer solved exactly"
    if dear and architecture.parameter_count <= MOST_PARAMETERS_OF_BFGS:
        relay = Relay((Leg(BFGS(), stretch=20, least_fall=0.03),), optimizer)
        return Choice(relay, f"BFGS while the error falls fast, then {last}: {work}")
    return Choice(optimizer, f"{last}: {work}")


def _with_many_parameters(architecture: Architecture, residuals: int, work: str, *, dear: bool) -> Choice:
    """Return the choice where residuals are fewer than parameters, so that the dual form is used."""
    optimizer, last = LevenbergMarquardt(), "Levenberg–Marquardt"
    if not architecture.loss_function.has_residual:
        return Choice(optimizer, f"{last}: {work}")
    if not dear:
        few = architecture.parameter_count <= MOST_PARAMETERS_A_RESIDUAL * residuals
        bent = LevenbergMarquardt(geodesic_acceleration=True)
        return Choice(bent, f"{last}, its steps bent: {work}") if few else Choice(optimizer, f"{last}: {work}")
    adam = Leg(Adam(RATE_ON_ALL_ROWS), stretch=200, least_fall=0.3)
    if has_linear_output(architecture):
        return Choice(Relay((adam,), optimizer), f"Adam while the error falls fast, then {last}: {work}")
    trial = Leg(optimizer, stretch=3, least_fall=0.3, trial=True)
    reason = f"{last}; where its first steps come to nothing, Adam while the error falls fast before it: {work}"
    return Choice(Relay((trial, adam), optimizer), reason)


def _iteration(size: int, residuals: int) -> float:
    """Return the multiplications of an iteration of Levenberg–Marquardt."""
    if residuals < size:  # the product with the scaled Jacobian is not symmetric
        return float(size) * residuals**2 + residuals**3 / 6.0
    return 0.5 * residuals * float(size) ** 2 + size**3 / 6.0
