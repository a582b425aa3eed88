"""Levenberg–Marquardt: Gauss–Newton steps, damped as much as the error's own shape demands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from fallline.engine import Architecture, Array, Objective, reference
from fallline.engine.memory import require_memory
from fallline.engine.threads import available_cores
from fallline.errors import FalllineError
from fallline.optimizers.damped_step import dual_step, orthogonal_step, primal_step, triangular_factor
from fallline.optimizers.first_order import norm
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch
from fallline.optimizers.projection import project, require_linear_output

EPSILON = float(np.finfo(np.float64).eps)
LEAST_SCALE = 1e-12
MOST_ACCELERATION = 0.75  # twice its length by that of the step
PROJECTED_DAMPING = 1e-4  # of the output layer in a variable projection, relative to the largest scale
MOST_DAMPING, LEAST_DAMPING = 1e30, 1e-30


@dataclass(frozen=True)
class LevenbergMarquardt(Optimizer):
    """w ← w + s with (JᵀHJ + λ D) s = −g, in float64 whatever the network's dtype (Levenberg 1944, Marquardt 1963).

    JᵀHJ is the Gauss–Newton matrix, for squared errors JᵀJ, for cross-entropies the generalised one (Schraudolph
    2002). A step is taken where it lowers the error with its penalty, and λ follows from how much of the predicted
    fall came true (Nielsen 1999; Madsen, Nielsen & Tingleff 2004, section 3.2). The system is solved by Cholesky; in
    the dual form where rows times outputs are fewer than parameters; and by orthogonal factors where Cholesky finds
    it singular or its steps lead no further down. As SciPy's `least_squares(method="lm")`, but with memory
    for a few matrices of parameters², however many rows there are.

    Parameters
    ----------
    damping
        The first λ, relative to D.
    least_factor
        What λ is multiplied by, at least, after a step that did what was predicted; Nielsen's is 1/3, Marquardt's 1/10.
    least_scale
        D is the matrix's diagonal, never decreasing (Moré 1978, section 6), but no element is less than this share of
        the largest: with 0 it is Moré's, with 1 a multiple of the unit matrix, as Levenberg's, which finds lower minima
        in more descents of small networks (saturated units have small diagonals, and Moré's lets them go far).
    gradient_tolerance
        The largest element of the gradient at which the descent counts as converged.
    variable_projection
        Whether to give a linear output layer its best weights after every step, and to leave it all but undamped in
        the step, which makes the rest of the system Kaufman's (1975) approximation. Needs a squared error. To very low
        errors it takes fewer iterations, each somewhat longer; to moderate ones it need not.
    geodesic_acceleration
        Whether to bend every step v by half of its acceleration a, (JᵀHJ + λ D) a = −JᵀH f″(v, v) with the outputs'
        second derivative along v, and to reject it where 2 |a| > 0.75 |v| (Transtrum & Sethna 2012). Together with the
        variable projection it brings more starts to low errors (Rosenbrock's function, 24 starts, 0.108 within 5 s: 20
        with it, 12 without); where the descent is easy or the outputs saturate it takes as many iterations or more.
    """

    damping: float = 0.01
    least_factor: float = 0.1
    least_scale: float = 1.0
    gradient_tolerance: float = 1e-14
    variable_projection: bool = False
    geodesic_acceleration: bool = False

    name = "levenberg_marquardt"

    @property
    def floor_of_scale(self) -> float:
        """The least element of D as a share of the largest: above zero, for parameters that nothing depends on."""
        return max(self.least_scale, LEAST_SCALE)

    def require_fitting(self, rows: int) -> None:
        if not 0.0 < self.damping < math.inf:
            raise FalllineError(f"damping {self.damping}: expected a number above 0, such as 0.001.")
        if not 0.0 < self.least_factor < 1.0:
            raise FalllineError(f"least factor {self.least_factor}: expected a number between 0 and 1, such as 0.1.")

    @staticmethod
    def bytes_for(parameters: int) -> int:
        """Return about how much memory a descent in that many parameters takes."""
        return 8 * (3 + available_cores()) * parameters**2

    def require_memory(self, architecture: Architecture) -> None:
        """Raise a FalllineError if the matrices over the parameters of this architecture do not fit into memory."""
        size = architecture.parameter_count
        require_memory(
            self.bytes_for(size),
            f"optimizer {self.name}: the matrices of {size:,} parameters",
            "Use optimizer lbfgs, which needs none, or a smaller network.",
        )

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        self.require_fitting(len(objective.rows))
        self.require_memory(objective.architecture)
        if self.variable_projection:
            require_linear_output(objective.architecture)
        if objective.compiled:
            from fallline.optimizers.compiled_levenberg_marquardt import descend_compiled  # brings Numba

            return descend_compiled(self, objective, parameters, watch)
        return Descent(self, objective, parameters, watch).run()


def flat_gradient(parameters: Array) -> float:
    """Return the largest element of a gradient that is zero as far as the dtype can tell."""
    return _root_of_epsilon(parameters.dtype)


@cache
def _root_of_epsilon(dtype: np.dtype[np.floating]) -> float:
    return math.sqrt(np.finfo(dtype).eps)


class Descent:
    """The descent in NumPy: the reference of the compiled one, which makes the same decisions."""

    def __init__(self, settings: LevenbergMarquardt, objective: Objective, parameters: Array, watch: Watch) -> None:
        self.settings, self.objective, self.watch = settings, objective, watch
        self.parameters = parameters
        self.w: Array = parameters.astype(np.float64)
        architecture, size = objective.architecture, len(parameters)
        self.penalty = objective.l2 * architecture.is_weight
        self.dual = not settings.variable_projection and len(objective.rows) * architecture.outputs < size
        self.has_residual = architecture.loss_function.has_residual
        self.damping, self.growth = settings.damping, 2.0
        self.orthogonal = False
        self.scale = np.zeros(size)
        self.evaluations = 0

    def run(self) -> Outcome:
        if self.settings.variable_projection:
            project(self.objective, self.w)
        if not self._take_point():
            return Outcome.NOT_FINITE
        number, last = 0, False
        while True:
            if last or self.largest <= self.settings.gradient_tolerance:
                return Outcome.CONVERGED
            found = self._next_point()
            if isinstance(found, Outcome):
                return found
            trial, last = found
            before, self.w = self.w, trial
            if not self._take_point():
                return Outcome.NOT_FINITE
            number += 1
            np.copyto(self.parameters, self.w, casting="same_kind")
            moved = norm(self.w - before)
            told = Iteration(
                number,
                self.evaluations,
                self.error,
                norm(self.gradient),
                moved,
                math.nan,
                number,
                self.parameters,
            )
            if self.watch.iteration(told):
                return Outcome.STOPPED

    def _take_point(self) -> bool:
        """Compute what is known at the weights; False where it is not finite."""
        if self.dual:
            self.error, self.gradient, self.A = self._root()
            diagonal = np.square(self.A).sum(axis=0) + self.penalty
        else:
            self.error, self.gradient, self.matrix = self.objective.gauss_newton(self.w)
            diagonal = np.diag(self.matrix)
        self.value = self.error + self.objective.penalty(self.w)
        self.largest = float(np.abs(self.gradient).max())
        if not math.isfinite(self.error + self.gradient.sum() + diagonal.sum()):
            return False
        self.scale = np.maximum(self.scale, diagonal)
        most, least = self.scale.max(), self.settings.floor_of_scale
        self.scale = np.maximum(self.scale, least * most) if most > 0.0 else np.ones_like(self.scale)
        if self.settings.variable_projection:
            self.scale[self.objective.architecture.offsets[-2] :] = PROJECTED_DAMPING * self.scale.max()
        self.evaluations += 1
        self.factor: Array | None = None
        return True

    def _next_point(self) -> tuple[Array, bool] | Outcome:
        """Return the weights after a step that lowers the value, and whether it is the last; or how it ended."""
        first_damping, fresh = self.damping, True
        while self.damping < MOST_DAMPING:
            if self.watch.interrupted():
                return Outcome.STOPPED
            step = self._solution(self.gradient)
            predicted = float(0.5 * step @ (self.damping * self.scale * step - self.gradient))
            if not 0.0 < predicted < math.inf:
                self._grow()
                fresh = False
                continue
            if self.settings.geodesic_acceleration:
                force = self.objective.second_derivative_product(self.w, step)
                acceleration = self._solution(force, with_residual=False)
                squares, step_squares = self.scale @ np.square(acceleration), self.scale @ np.square(step)
                if not 4.0 * squares <= MOST_ACCELERATION**2 * step_squares:
                    self._grow()
                    fresh = False
                    continue
                step = step + 0.5 * acceleration
            trial = self.w + step
            if self.settings.variable_projection:
                project(self.objective, trial)
            value = self.objective.error(trial) + self.objective.penalty(trial)
            tiny = predicted <= EPSILON * abs(self.value)
            if value < self.value:
                centred = 2.0 * (self.value - value) / predicted - 1.0
                last = tiny and self.damping <= 1.0
                factor = max(self.settings.least_factor, 1.0 - centred**3)
                self.damping, self.growth = max(LEAST_DAMPING, self.damping * factor), 2.0
                return trial, last
            if tiny and (self.largest <= flat_gradient(self.parameters) or (fresh and self.damping <= 1.0)):
                return Outcome.CONVERGED
            if tiny and not self.dual and not self.orthogonal:
                self.orthogonal, self.damping, self.growth = True, first_damping, 2.0
            elif tiny:
                return Outcome.NO_DESCENT
            else:
                self._grow()
                fresh = False
        return Outcome.NO_DESCENT

    def _grow(self) -> None:
        self.damping *= self.growth
        self.growth *= 2.0

    def _solution(self, gradient: Array, *, with_residual: bool = True) -> Array:
        """Solve the damped system for a right-hand side −gradient, which has a residual if it is the gradient."""
        damping = self.damping * self.scale
        if self.dual:
            return dual_step(self.A, damping + self.penalty, gradient)
        if not self.orthogonal:  # the matrix has the penalty already
            step = primal_step(self.matrix, damping, gradient)
            if step is not None:
                return step
        if self.factor is None:
            self.factor = triangular_factor(self._blocks(), len(self.w))
        slope = self.penalty * self.w
        with_residual = with_residual and self.has_residual
        return orthogonal_step(self.factor, damping + self.penalty, slope, gradient, with_residual=with_residual)

    def _root(self) -> tuple[float, Array, Array]:
        X, y = self.objective.rows.block(0, len(self.objective.rows))
        error, gradient, A = reference.gauss_newton_root(self.objective.architecture, self.w, X, y)
        return error, gradient + self.penalty * self.w, A

    def _blocks(self) -> Iterator[tuple[Array, Array]]:
        architecture = self.objective.architecture
        for X, y in self.objective.jacobian_blocks():
            share = math.sqrt(self.objective.share(len(X)))
            A = reference.gauss_newton_root(architecture, self.w, X, y)[2]
            rho = reference.residual(architecture, self.w, X, y) if self.has_residual else np.zeros(len(A))
            yield share * A, share * rho
