"""What every contender in reaching a target is, and the goal that it has before it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

import numpy as np

from problems import Problem


class Over(Exception):  # noqa: N818 - no error: the way out of a library's loop
    """The target is reached, or the time is over."""


class Goal:
    """An error to be reached in time; `seconds` and `parameters` tell when and where it was."""

    def __init__(self, target: float, limit: float) -> None:
        self.target, self.limit = target, limit
        self.seconds: float | None = None
        self.parameters: np.ndarray | None = None
        self.looks = 0  # errors that were told
        self._begun = time.perf_counter()

    def left(self) -> float:
        """Return the seconds that are left."""
        return self.limit - (time.perf_counter() - self._begun)

    def reached(self, error: float, parameters: Callable[[], np.ndarray]) -> bool:
        """Return whether the target is reached or the time over, with the weights kept in the first case."""
        now = time.perf_counter() - self._begun
        self.looks += 1
        if now > self.limit:
            return True
        if error <= self.target:
            self.seconds, self.parameters = now, parameters()
            return True
        return False

    def note(self, error: float, parameters: Callable[[], np.ndarray]) -> None:
        """Leave the library's loop when there is nothing left to do."""
        if self.reached(error, parameters):
            raise Over


class Solver(ABC):
    """A contender, prepared for a problem; `name` may depend on how it is made."""

    name: ClassVar[str]

    @classmethod
    def fits(cls, problem: Problem) -> bool:
        """Return whether it can train that network with that loss."""
        return True

    @abstractmethod
    def __init__(self, problem: Problem) -> None: ...

    def use(self, threads: int) -> None:  # noqa: B027 - some choose by themselves
        """Use so many threads from now on."""

    @abstractmethod
    def error(self, parameters: np.ndarray) -> float:
        """Return the loss as this contender computes it."""

    @abstractmethod
    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        """Go down from these weights, and tell the goal of every error as soon as it is known."""

    def time_to(self, parameters: np.ndarray, target: float, limit: float) -> Goal:
        """Return how it went from these weights."""
        goal = Goal(target, limit)
        with suppress(Over):
            self.descend(parameters.copy(), goal)
        return goal
