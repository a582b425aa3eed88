"""Levenberg–Marquardt in the compiled engine: the same iterations as the reference, many at a time."""

from __future__ import annotations

import math

import numpy as np

from fallline.engine import Objective
from fallline.engine.arrays import Array
from fallline.engine.compiled.curvature import threads_for_matrix
from fallline.engine.compiled.levenberg_marquardt_run import LevenbergMarquardtRun, Status
from fallline.optimizers.levenberg_marquardt import LevenbergMarquardt, flat_gradient
from fallline.optimizers.optimizer import Iteration, Outcome, Watch

_OUTCOME = {
    Status.NOT_FINITE: Outcome.NOT_FINITE,
    Status.CONVERGED: Outcome.CONVERGED,
    Status.NO_DESCENT: Outcome.NO_DESCENT,
}
FIRST, MOST_AT_ONCE = 250, 10_000  # iterations of a call, so that their records stay small


def descend_compiled(optimizer: LevenbergMarquardt, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
    """Lower the objective as `LevenbergMarquardt.minimize` does in the reference engine."""
    X, y = objective.rows.block(0, len(objective.rows))
    run = LevenbergMarquardtRun(
        objective.architecture,
        parameters,
        X,
        y,
        l2=objective.l2,
        target=watch.target(),
        damping=optimizer.damping,
        least_factor=optimizer.least_factor,
        least_scale=optimizer.floor_of_scale,
        gradient_tolerance=optimizer.gradient_tolerance,
        flat_gradient=flat_gradient(parameters),
        variable_projection=optimizer.variable_projection,
        geodesic_acceleration=optimizer.geodesic_acceleration,
        parts=objective.threads or threads_for_matrix(objective.architecture, len(X)),
        shared=objective.rows.packed,
    )
    number, most = 0, FIRST
    try:
        while not watch.interrupted():
            records = np.empty((min(watch.portion(), most), 3))
            status, made = run.iterations(records)
            last = number + made
            if made == most:
                most = min(2 * most, MOST_AT_ONCE)
            parameters[:] = run.parameters
            for told in (*watch.wanted(number + 1, last - 1), *range(last, last + (made > 0))):
                error, gradient_norm, step_size = records[told - number - 1].tolist()
                weights = parameters if told == last else None
                if watch.iteration(Iteration(told, told + 1, error, gradient_norm, step_size, math.nan, told, weights)):
                    return Outcome.STOPPED
            number = last
            if status in _OUTCOME:
                return _OUTCOME[status]
        return Outcome.STOPPED
    finally:
        run.close()
