"""A relay: an optimizer goes down as long as it falls fast enough, and hands its weights over to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array, Objective
from fallline.errors import FalllineError
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch


@dataclass(frozen=True)
class Leg:
    """An optimizer of a relay, and when it hands over: at the end of a stretch that has lowered the error too little.

    Parameters
    ----------
    optimizer
        Who goes down.
    stretch
        Iterations between two looks at the error. The first look compares with the error of the first iteration: the
        first step from anywhere takes away what the biases alone can.
    least_fall
        The share of its error that a stretch has to take away for another one.
    trial
        Whether its first stretch alone is looked at: passed, it goes to its end; else the next begins where it began.
    """

    optimizer: Optimizer
    stretch: int
    least_fall: float
    trial: bool = False


@dataclass(frozen=True)
class Relay(Optimizer):
    """Each of `legs` until it hands over, then `last`; iterations and steps are counted through.

    For cheap steps before dear ones: far from a minimum the gradient alone lowers the error for a fraction of what a
    second-order step costs; near it, the second-order step alone gets on. Or for a trial of the dear ones before.

    Whatever the outcome of a leg, the next one begins with its weights; with those before the leg where it has not
    lowered the error, or was a trial.
    """

    legs: tuple[Leg, ...]
    last: Optimizer

    name = "relay"

    def require_fitting(self, rows: int) -> None:
        for leg in self.legs:
            leg.optimizer.require_fitting(rows)
            if leg.stretch < 2:
                raise FalllineError(f"stretch {leg.stretch}: expected a number of iterations, 2 or more.")
        self.last.require_fitting(rows)

    def minimize(self, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
        self.require_fitting(len(objective.rows))
        baton = _Baton(watch)
        for leg in self.legs:
            before = parameters.copy()
            runner = _Runner(baton, leg)
            outcome = leg.optimizer.minimize(objective, parameters, runner)
            if runner.passed or (outcome is Outcome.STOPPED and not runner.handing_over):
                return outcome
            if leg.trial or not objective.error(parameters) < objective.error(before):
                np.copyto(parameters, before)
            baton.hand_over()
        return self.last.minimize(objective, parameters, baton)


class _Baton:
    """The watch of the whole relay, which goes on counting where the optimizer before has ended."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._number, self._steps = 0, 0  # of all optimizers before
        self._last = (0, 0)

    def hand_over(self) -> None:
        """Count from here for the next optimizer."""
        self._number, self._steps = self._last

    def iteration(self, iteration: Iteration) -> bool:
        self._last = iteration.number + self._number, iteration.steps + self._steps
        number, steps = self._last
        return self._watch.iteration(iteration._replace(number=number, steps=steps, age=iteration.age + self._number))

    def portion(self) -> int:
        return self._watch.portion()

    def wanted(self, first: int, last: int) -> Sequence[int]:
        return [each - self._number for each in self._watch.wanted(first + self._number, last + self._number)]

    def target(self) -> float:
        return self._watch.target()

    def interrupted(self) -> bool:
        return self._watch.interrupted()


class _Runner:
    """The watch of one leg, which stops its optimizer where a stretch has not lowered the error enough."""

    def __init__(self, baton: _Baton, leg: Leg) -> None:
        self._baton, self._leg = baton, leg
        self._error = math.nan  # before the stretch
        self._made = 0
        self.handing_over = False

    @property
    def passed(self) -> bool:
        """Whether it goes to its end."""
        return self._leg.trial and self._made >= self._leg.stretch and not self.handing_over

    def iteration(self, iteration: Iteration) -> bool:
        looking = not self.passed and iteration.number % self._leg.stretch == 0
        self._made = iteration.number
        if self._made == 1:
            self._error = iteration.error
        over = self._baton.iteration(iteration)
        if looking and not over:
            self.handing_over = not iteration.error <= (1.0 - self._leg.least_fall) * self._error
            self._error = iteration.error
        return over or self.handing_over

    def portion(self) -> int:
        if self.passed:
            return self._baton.portion()
        until_look = self._leg.stretch - self._made % self._leg.stretch if self._made else 1
        return min(self._baton.portion(), until_look)

    def wanted(self, first: int, last: int) -> Sequence[int]:
        return self._baton.wanted(first, last)

    def target(self) -> float:
        return self._baton.target()

    def interrupted(self) -> bool:
        return self._baton.interrupted()
