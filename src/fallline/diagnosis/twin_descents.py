"""Does a change of the inputs help the descent? The same work from the same first weights, with and without it.

The learning rate is adapted for both sides, each getting the best of the same number of rates, so that a rate which
suits one side only proves nothing about the inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.engine import Array, Objective, Rows
from fallline.optimizers import FirstOrder
from fallline.training.restarts import seeds_of

MOST_ROWS = 160  # for the steps; errors are those of all rows
MOST_STEPS = 300
SHARE_OF_TRYOUT = 0.25  # of the steps, after which only the better half of the rates goes on
STARTS = 3
OF_GREATEST_CURVATURE = (1.0 / 64.0, 1.0 / 16.0, 0.25, 1.0)  # rates, times 1 / λmax
OF_OWN_RATE = (1.0 / 16.0, 0.25, 1.0, 4.0, 16.0)  # for optimizers whose step does not grow with the gradient
WITHOUT_SCALE = ("adam", "adamw", "rmsprop", "rprop")
POWER_STEPS = 10
ENOUGH = 0.25  # of what the descent left, that the change must remove, and remove beyond what other rates do
MOST_BY_RATE = 0.5  # of the changed side's gain, that the other may have, or else the rate explains the rest

Change = Callable[[Array, Array], tuple[Array, Array]]  # inputs and first weights, before → after


class Twins(NamedTuple):
    """What came of the two sides, from the weights where the run began."""

    helps: bool  # from there, and from half of all starts or more
    undecided: bool  # whether the time was over before a second start could confirm it
    share: float  # of what the descent left, that only the change removed, 0 to 1
    changed: float  # error
    unchanged: float
    steps: int
    starts: int


def twin_descents(evidence: Evidence, change: Change, key: int) -> Twins | None:
    """Return whether the change of the inputs helps; None where the optimizer does not step along the gradient.

    Parameters
    ----------
    change
        Turns the inputs X (n, inputs) and first weights into those of the other side, with the same targets.
    key
        Of the rows that are drawn for the steps.
    """
    subject, architecture = evidence.subject, evidence.architecture
    optimizer = subject.optimizer
    if not isinstance(optimizer, FirstOrder):
        return None
    # Above a constant answer's error any step helps that makes the outputs small: that is no sign of a way down.
    stop = min(evidence.error, evidence.constant_error)
    left = max(stop - (evidence.error - evidence.stakes.left), 0.5 * stop)
    steps = MOST_STEPS if subject.descent is None else max(1, min(MOST_STEPS, subject.descent.steps))
    n = len(evidence.rows)
    chosen = np.arange(n) if n <= MOST_ROWS else evidence.rng(key).choice(n, MOST_ROWS, replace=False)
    firsts = [] if subject.first is None else [subject.first.parameters.astype(np.float64)]
    drawn = [subject.drawn(seed) for seed in seeds_of(subject.seed + 7, STARTS)]
    firsts = [*firsts, *(each.parameters.astype(np.float64) for each in drawn)][:STARTS]
    gains: list[float] = []
    pairs: list[tuple[float, float]] = []
    clock = evidence.clock.part(0.5, 3.0)
    for first in firsts:
        if clock.over:
            break
        errors = []
        for X, parameters in (change(evidence.X, first), (evidence.X, first)):
            few = Objective(architecture, Rows(X[chosen], evidence.y[chosen]), subject.l2)
            end = _best_descent(few, parameters, optimizer, steps)
            error = Objective(architecture, Rows(X, evidence.y)).error(end)
            errors.append(error if math.isfinite(error) else math.inf)
        ours, theirs = (max(-1.0, (stop - error) / left) for error in errors)
        gains.append(ours - max(0.0, theirs) if theirs < MOST_BY_RATE * ours else 0.0)
        pairs.append((errors[0], errors[1]))
        if gains[0] < ENOUGH:
            break
    if not gains:
        return None
    successes = sum(gain >= ENOUGH for gain in gains)
    helps = gains[0] >= ENOUGH and len(gains) > 1 and successes >= len(gains) / 2
    undecided = gains[0] >= ENOUGH and len(gains) == 1
    changed, unchanged = pairs[0]
    return Twins(helps, undecided, float(np.clip(gains[0], 0.0, 1.0)), changed, unchanged, steps, len(gains))


def _best_descent(objective: Objective, first: Array, optimizer: FirstOrder, steps: int) -> Array:
    """Return the weights with the lowest error of the descents at several rates; half of them are given up early."""
    tryout = max(1, int(SHARE_OF_TRYOUT * steps))
    descents = [_Descent(objective, first, optimizer, rate) for rate in _rates(objective, first, optimizer)]
    with np.errstate(all="ignore"):
        for each in descents:
            each.go(tryout)
        descents.sort(key=lambda each: each.error)
        for each in descents[:2]:
            each.go(steps - tryout)
    return min(descents[:2], key=lambda each: each.error).best


def _rates(objective: Objective, first: Array, optimizer: FirstOrder) -> list[float]:
    own = optimizer.schedule().course().rate(1, math.nan)
    if optimizer.name in WITHOUT_SCALE:
        return [factor * own for factor in OF_OWN_RATE]
    v: Array = np.random.default_rng(0).standard_normal(len(first))
    curvature = 0.0
    with np.errstate(all="ignore"):
        for _ in range(POWER_STEPS):
            v = objective.hessian_product(first, v / np.linalg.norm(v))
            curvature = float(np.linalg.norm(v))
            if not 0.0 < curvature < math.inf:
                return [factor * own for factor in OF_OWN_RATE]
    return [own, *(factor / curvature for factor in OF_GREATEST_CURVATURE)]


class _Descent:
    """Steps of an optimizer on all rows at one rate, with the best weights that it came by."""

    def __init__(self, objective: Objective, first: Array, optimizer: FirstOrder, rate: float) -> None:
        self._objective, self._rate, self._step = objective, rate, 0
        self._optimizer = replace(optimizer, learning_rate=rate)
        self._parameters = first.copy()
        self._slots = optimizer.start(self._parameters)
        self.best, self.error = first.copy(), math.inf

    def go(self, steps: int) -> None:
        for _ in range(steps):
            error, gradient = self._objective.error_and_gradient(self._parameters)
            if not (math.isfinite(error) and np.isfinite(gradient).all()):
                return
            if error < self.error:
                self.error = error
                np.copyto(self.best, self._parameters)
            self._step += 1
            self._optimizer.update(self._parameters, gradient, self._slots, self._rate, self._step)
