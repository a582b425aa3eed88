"""Learning-rate schedules: the rate of each iteration from its number and the errors so far."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array


class Schedule(ABC):
    """A schedule gives each run its own course, so that two runs share nothing."""

    @abstractmethod
    def course(self) -> Course:
        """Return a fresh course for one run."""


class Course(ABC):
    """The learning rates of one run."""

    looks_at_errors = False  # whether a rate depends on the errors before it

    @abstractmethod
    def rate(self, iteration: int, error: float) -> float:
        """Return the rate of iteration 1, 2, … given the error before it (nan before the first)."""

    def rates(self, first: int, count: int, error: float) -> Array:
        """Return the rates of so many iterations from `first` on, given the error before the first of them."""
        return np.array([self.rate(first + i, error) for i in range(count)])


@dataclass(frozen=True)
class Constant(Schedule, Course):
    """The same rate always."""

    learning_rate: float

    def course(self) -> Course:
        return self

    def rate(self, iteration: int, error: float) -> float:
        return self.learning_rate

    def rates(self, first: int, count: int, error: float) -> Array:
        return np.full(count, self.learning_rate)


@dataclass(frozen=True)
class Step(Schedule, Course):
    """The rate times `factor` after every `every` iterations."""

    learning_rate: float
    every: int
    factor: float = 0.5

    def course(self) -> Course:
        return self

    def rate(self, iteration: int, error: float) -> float:
        return self.learning_rate * self.factor ** ((iteration - 1) // self.every)


@dataclass(frozen=True)
class Cosine(Schedule, Course):
    """From `learning_rate` down to `final` along half a cosine over `iterations`, then constant.

    Loshchilov & Hutter (2017), eq. 5, without restarts.
    """

    learning_rate: float
    iterations: int
    final: float = 0.0

    def course(self) -> Course:
        return self

    def rate(self, iteration: int, error: float) -> float:
        done = min((iteration - 1) / self.iterations, 1.0)
        return self.final + 0.5 * (self.learning_rate - self.final) * (1.0 + math.cos(math.pi * done))


@dataclass(frozen=True)
class OnPlateau(Schedule):
    """The rate times `factor` whenever the error has not fallen by the share `threshold` for `patience` iterations."""

    learning_rate: float
    factor: float = 0.5
    patience: int = 20
    threshold: float = 1e-3
    smallest: float = 0.0

    def course(self) -> Course:
        return _OnPlateauCourse(self)


class _OnPlateauCourse(Course):
    looks_at_errors = True

    def __init__(self, schedule: OnPlateau) -> None:
        self._schedule = schedule
        self._rate = schedule.learning_rate
        self._best = math.inf
        self._waited = 0

    def rate(self, iteration: int, error: float) -> float:
        if math.isnan(error):
            return self._rate
        if error < self._best * (1.0 - self._schedule.threshold):
            self._best, self._waited = error, 0
        else:
            self._waited += 1
            if self._waited >= self._schedule.patience:
                self._rate = max(self._rate * self._schedule.factor, self._schedule.smallest)
                self._waited = 0
        return self._rate
