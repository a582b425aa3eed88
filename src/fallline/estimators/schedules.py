"""The learning rates that scikit-learn's networks know and `fallline.optimizers.schedules` does not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fallline.optimizers.schedules import Course, Schedule

FACTOR, LEAST_RATE = 0.2, 1e-6  # of "adaptive", as in scikit-learn


@dataclass(frozen=True)
class InverseScaling(Schedule, Course):
    """The rate divided by (1 + rows met so far) to the power `power`: "invscaling".

    An iteration meets `rows` rows, and `met` were met in descents before.
    """

    learning_rate: float
    power: float
    rows: int
    met: int

    def course(self) -> Course:
        """Return a fresh course for one run."""
        return self

    def rate(self, iteration: int, error: float) -> float:
        """Return the rate of iteration 1, 2, … given the error before it."""
        met = 0 if iteration == 1 else self.met + (iteration - 1) * self.rows  # each fit begins with the rate itself
        return float(self.learning_rate / (1.0 + met) ** self.power)


@dataclass(frozen=True)
class Adaptive(Schedule):
    """A fifth of the rate after more than `patience` iterations that do not lower the error by `tol`: "adaptive".

    The error is that without the penalty; scikit-learn's includes it, and may therefore stand still somewhat earlier.
    """

    learning_rate: float
    patience: float
    tol: float

    def course(self) -> Course:
        """Return a fresh course for one run."""
        return _AdaptiveCourse(self)


class _AdaptiveCourse(Course):
    looks_at_errors = True

    def __init__(self, schedule: Adaptive) -> None:
        self._schedule, self._rate = schedule, schedule.learning_rate
        self._best, self._waited = math.inf, 0

    def rate(self, iteration: int, error: float) -> float:
        """Return the rate of iteration 1, 2, … given the error before it."""
        if not math.isnan(error):
            self._waited = self._waited + 1 if error > self._best - self._schedule.tol else 0
            self._best = min(self._best, error)
        if self._waited > self._schedule.patience:
            self._rate, self._waited = self._rate * FACTOR, 0
        return self._rate
