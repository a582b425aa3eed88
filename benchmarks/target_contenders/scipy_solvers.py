"""SciPy: `least_squares` by "lm" and "trf" with the exact Jacobian, and L-BFGS-B with the exact gradient."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares, minimize
from threadpoolctl import threadpool_limits

from problems import Problem
from target_contenders.numpy_network import NumPyNetwork
from target_contenders.solver import Goal, Solver

MANY = 2**31 - 1


class SciPySolver(Solver):
    """What SciPy's solvers share."""

    def __init__(self, problem: Problem) -> None:
        self.network = NumPyNetwork(problem)

    def use(self, threads: int) -> None:
        threadpool_limits(threads)

    def error(self, parameters: np.ndarray) -> float:
        return self.network.error(self.network.residuals(parameters))


class LeastSquares(SciPySolver):
    """`least_squares` without tolerances; each trial's residuals are looked at.

    Unscaled parameters serve both methods better here than those scaled by the Jacobian.
    """

    method: str

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        def residuals(w: np.ndarray) -> np.ndarray:
            r = self.network.residuals(w)
            goal.note(self.network.error(r), w.copy)
            return r

        options = {"x_scale": 1.0, "ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15, "max_nfev": MANY}
        least_squares(residuals, parameters, self.network.jacobian, method=self.method, **options)


class LM(LeastSquares):
    """MINPACK's Levenberg–Marquardt."""

    name, method = "SciPy lm", "lm"

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        return problem.table[1].size >= problem.architecture.parameter_count  # MINPACK demands it


class TRF(LeastSquares):
    """SciPy's trust-region reflective method, by the singular value decomposition."""

    name, method = "SciPy trf", "trf"


class LBFGSB(SciPySolver):
    """L-BFGS-B without tolerances; each evaluation of its line search is looked at."""

    name = "SciPy L-BFGS-B"

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        def evaluate(w: np.ndarray) -> tuple[float, np.ndarray]:
            error, gradient = self.network.error_and_gradient(w)
            goal.note(error, w.copy)
            return error, gradient

        options = {"maxcor": 20, "ftol": 0.0, "gtol": 0.0, "maxiter": MANY, "maxfun": MANY}
        minimize(evaluate, parameters, jac=True, method="L-BFGS-B", options=options)
