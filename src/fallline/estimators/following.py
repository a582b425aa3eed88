"""What is noted of each iteration: the curves of the losses and scores, and whether there is still progress."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fallline.engine import Architecture, Array
from fallline.optimizers import Iteration
from fallline.training.follower import Follower
from fallline.training.stopping import StopReason


class LossUnit(NamedTuple):
    """From the engine's error to scikit-learn's loss, with the penalty ½ · alpha · Σ weights² / n."""

    factor: float  # ½ for squared errors; cross-entropies of several labels are added up, not averaged
    penalty: float  # alpha / n

    @classmethod
    def of(cls, architecture: Architecture, alpha: float, rows: float) -> LossUnit:
        """Return the unit for a loss over that many rows, or that sum of weights."""
        factors = {"mean_squared_error": 0.5, "binary_cross_entropy": float(architecture.outputs)}
        return cls(factors.get(architecture.loss, 1.0), alpha / rows)

    def loss(self, error: float, architecture: Architecture, parameters: Array) -> float:
        """Return the loss for an error and the weights that have it."""
        weights = np.square(parameters, dtype=np.float64) @ architecture.is_weight
        return self.factor * error + 0.5 * self.penalty * float(weights)


@dataclass
class Course(Follower):
    """Follows one descent, iteration by iteration.

    Parameters
    ----------
    architecture, unit
        The network's, and the unit of its losses.
    tol, n_iter_no_change
        The descent ends after more than so many iterations in a row whose loss is not lower than the lowest before by
        `tol`: the validation loss with early stopping, else the training loss. With None it goes on.
    early_stopping
        Whether the validation loss decides.
    score
        Returns the score on the validation rows for the weights; None where there are no such rows.
    tell
        Called after each iteration with its number, its loss and its weights; True ends the descent.
    least_rate
        Where the learning rate falls instead of the descent's ending: at which rate it ends all the same.
    most_steps
        Evaluations of the loss after which it ends in any case.
    """

    architecture: Architecture
    unit: LossUnit
    tol: float | None
    n_iter_no_change: float
    early_stopping: bool
    score: Callable[[Array], float] | None
    tell: Callable[[int, float, Array], bool] | None = None
    least_rate: float = math.inf
    most_steps: float = math.inf
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    _best: float = math.inf
    _waited: int = 0

    def until_next(self, number: int) -> int:
        """Want every iteration's weights: the loss has their squares in it."""
        return 1

    def see(self, iteration: Iteration, parameters: Array, validation_error: float) -> StopReason | None:
        """Take note of an iteration; return why the descent is to end, if it is."""
        if iteration.number == 0:
            return None
        loss = self.unit.loss(iteration.error, self.architecture, parameters)
        self.losses.append(loss)
        if self.score is not None:
            self.validation_losses.append(self.unit.factor * validation_error)
            self.validation_scores.append(self.score(parameters))
        if self.tell is not None and self.tell(iteration.number, loss, parameters):
            return StopReason.INTERRUPTED
        if iteration.steps >= self.most_steps:
            return StopReason.ITERATION_LIMIT
        watched = self.validation_losses[-1] if self.early_stopping else loss
        if self.tol is None or self._progresses(watched, self.tol):
            return None
        if (iteration.learning_rate or 0.0) > self.least_rate and self._best >= self.tol:
            self._waited = 0
            return None
        return StopReason.EARLY_STOPPING if self.early_stopping else StopReason.PLATEAU

    def _progresses(self, loss: float, tol: float) -> bool:
        self._waited = self._waited + 1 if loss > self._best - tol else 0
        self._best = min(self._best, loss)
        return self._waited <= self.n_iter_no_change and not self._best < tol  # below it, nothing can fall by it
