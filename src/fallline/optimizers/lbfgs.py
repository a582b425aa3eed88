"""L-BFGS: a quasi-Newton method on all rows, SciPy's implementation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array, Objective
from fallline.optimizers.first_order import norm
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """L-BFGS-B without bounds (Byrd, Lu, Nocedal & Zhu 1995) in float64, whatever the network's dtype.

    Parameters
    ----------
    memory
        How many of the last steps the curvature is built from.
    gradient_tolerance
        The largest element of the gradient at which the descent counts as converged.
    """

    memory: int = 10
    gradient_tolerance: float = 1e-10

    name = "lbfgs"

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        from scipy.optimize import minimize  # heavy, and only this optimizer needs it

        descent = _Descent(objective, parameters, watch)
        try:
            result = minimize(
                descent.evaluate,
                parameters.astype(np.float64),
                jac=True,
                method="L-BFGS-B",
                callback=descent.accept,
                options={
                    "maxcor": self.memory,
                    "ftol": 0.0,
                    "gtol": self.gradient_tolerance,
                    "maxiter": 2**31 - 1,
                    "maxfun": 2**31 - 1,
                },
            )
        except _Stop as stop:
            return stop.outcome
        # SciPy also says "converged" where the error stood still, which a kink or rounding can bring about on a slope
        rounding = math.sqrt(np.finfo(parameters.dtype).eps)
        flat = float(np.abs(result.jac).max()) <= max(self.gradient_tolerance, rounding)
        return Outcome.CONVERGED if flat else Outcome.NO_DESCENT


class _Stop(Exception):  # noqa: N818 - no error: the way out of SciPy's loop
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class _Descent:
    """The objective and the callback that SciPy calls, and what they remember between calls."""

    def __init__(self, objective: Objective, parameters: Array, watch: Watch) -> None:
        self.objective = objective
        self.parameters = parameters
        self.watch = watch
        self._tried: dict[bytes, tuple[float, float]] = {}  # error and gradient norm, since the last iteration
        self._wall = math.nan  # the value where the line begins
        self._number = 0
        self._steps = 0

    def evaluate(self, point: Array) -> tuple[float, Array]:
        """Return value and gradient at a point of the line search; where they overflow, a wall ten times as high."""
        if self.watch.interrupted():
            raise _Stop(Outcome.STOPPED)
        self._steps += 1
        weights = point.astype(self.parameters.dtype)
        error, gradient = self.objective.error_and_gradient(weights)
        value = error + self.objective.penalty(weights)
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            if math.isnan(self._wall):
                raise _Stop(Outcome.NOT_FINITE)
            return 10.0 * abs(self._wall) + 1.0, np.zeros_like(point)
        if math.isnan(self._wall):
            self._wall = value
        self._tried[point.tobytes()] = error, norm(gradient)
        return value, gradient.astype(np.float64)

    def accept(self, point: Array) -> None:
        """Take the point at which an iteration ended, and tell the watch."""
        if point.tobytes() not in self._tried:
            raise _Stop(Outcome.NO_DESCENT)
        error, gradient_norm = self._tried[point.tobytes()]
        self._wall = error + self.objective.penalty(point.astype(self.parameters.dtype))
        weights = point.astype(self.parameters.dtype)
        moved = norm(weights - self.parameters)
        np.copyto(self.parameters, weights)
        self._number += 1
        self._tried.clear()
        iteration = Iteration(
            number=self._number,
            steps=self._steps,
            error=error,
            gradient_norm=gradient_norm,
            step_size=moved,
            learning_rate=math.nan,
            age=self._number,
            parameters=self.parameters,
        )
        if self.watch.iteration(iteration):
            raise _Stop(Outcome.STOPPED)
