"""Bayesian regularisation: Levenberg–Marquardt that finds the strength of the penalty while it descends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fallline.engine import Array, Objective, Rows
from fallline.errors import FalllineError
from fallline.optimizers.levenberg_marquardt import Descent, LevenbergMarquardt
from fallline.optimizers.optimizer import Outcome, Watch


class Regularisation(NamedTuple):
    """What is believed of noise and weights at one point of the descent."""

    l2: float  # the penalty's strength from here on, in the unit of the loss: ½ · l2 · Σ weights²
    effective_parameters: float  # γ: how many weights the rows determine; the biases are not counted


@dataclass(frozen=True)
class BayesianRegularisation(LevenbergMarquardt):
    """The penalty's strength is the most probable one, given the rows (MacKay 1992; Foresee & Hagan 1997).

    With E_D = ½ Σ e² and E_W = ½ Σ weights², the descent lowers β E_D + α E_W. At every point
    γ = N − α tr(H⁻¹), α = γ / (2 E_W) and β = (n − γ) / (2 E_D), H being the Gauss–Newton matrix of the whole, N the
    number of weights and n of residuals. As MATLAB's `trainbr`, but biases go unpunished. The objective's own l2 is
    not used. For squared errors.

    Parameters
    ----------
    report
        Called with the `Regularisation` of every point.
    """

    report: Callable[[Regularisation], None] | None = None

    name = "bayesian_regularisation"

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        self.require_fitting(len(objective.rows))
        self.require_memory(objective.architecture)
        loss = objective.architecture.loss
        if loss not in ("mean_squared_error", "half_squared_error"):
            raise FalllineError(
                f"optimizer 'bayesian_regularisation': it needs a squared error, got loss '{loss}'. Use optimizer "
                "'levenberg_marquardt' with a penalty (l2) instead."
            )
        if objective.architecture.weighted:
            raise FalllineError(
                "optimizer 'bayesian_regularisation': it counts all rows alike. Leave the weights out, or use "
                "optimizer 'levenberg_marquardt' with a penalty (l2)."
            )
        if self.variable_projection:
            raise FalllineError("optimizer 'bayesian_regularisation': it has no variable projection; leave it out.")
        X, y = objective.rows.block(0, len(objective.rows))
        rows = Rows(X.astype(np.float64, copy=False), y.astype(np.float64, copy=False))
        own = Objective(objective.architecture, rows, 0.0, compiled=objective.compiled)
        return _Descent(self, own, parameters, watch).run()


class _Descent(Descent):
    """Descends with a penalty that changes at every point, and with it value, gradient and matrix there."""

    settings: BayesianRegularisation

    def __init__(self, settings: BayesianRegularisation, objective: Objective, parameters: Array, watch: Watch) -> None:
        super().__init__(settings, objective, parameters, watch)
        self.dual = False  # the trace needs the matrix

    def _take_point(self) -> bool:
        if not super()._take_point():
            return False
        is_weight = self.objective.architecture.is_weight
        squares, residuals = float(is_weight @ np.square(self.w)), self.objective.rows.y.size
        weights = effective = float(is_weight.sum())
        if self.objective.l2 > 0.0:
            effective = weights - self.objective.l2 * float(is_weight @ np.diag(np.linalg.pinv(self.matrix)))
            effective = min(max(effective, 0.0), weights)
        l2 = 2.0 * effective * self.error / (max(squares, 1e-300) * max(residuals - effective, 1.0))
        change = (l2 - self.objective.l2) * is_weight
        self.objective.l2, self.penalty = l2, l2 * is_weight
        self.gradient = self.gradient + change * self.w
        self.matrix[np.diag_indices(len(change))] += change
        self.value = self.error + self.objective.penalty(self.w)
        self.largest = float(np.abs(self.gradient).max())
        if self.settings.report is not None:
            self.settings.report(Regularisation(l2, effective))
        return bool(np.isfinite(self.value))
