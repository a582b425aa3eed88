"""The training loop: an optimizer lowers a network's error while limits, history and the best weights are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from fallline.engine import Array, Dropout, Objective, Rows
from fallline.engine.choice import worth_compiling
from fallline.engine.rows import block_length
from fallline.engine.threads import fitting_threads, one_thread
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import FirstOrder, Iteration, Optimizer, Outcome
from fallline.training.follower import Follower
from fallline.training.history import History, Record
from fallline.training.interrupt import Interrupt
from fallline.training.marks import Marks
from fallline.training.plateau import LEAST_STEPS, Trend, distance, share_left, trend
from fallline.training.stopping import Limits, StopReason

Observer = Callable[[Record], None]

LIKELY_ITERATIONS, LIKELY_EPOCHS = 1000, 50  # where there is no limit
MOST_TOGETHER = 1 << 30

_REASON = {
    Outcome.CONVERGED: StopReason.CONVERGED,
    Outcome.NO_DESCENT: StopReason.NO_DESCENT,
    Outcome.NOT_FINITE: StopReason.NOT_FINITE,
}


@dataclass(frozen=True)
class Descent:
    """What came of a descent; the errors are exact, of the network's final weights and without the penalty."""

    stop_reason: StopReason
    detail: str  # what the stop reason's text cannot know: where it happened, how far the rest is
    iterations: int
    steps: int  # evaluations of the gradient
    seconds: float
    train_error: float
    validation_error: float  # nan without validation rows
    kept_iteration: int  # whose weights the network has
    history: History = field(repr=False)
    marks: Marks | None = field(default=None, repr=False)  # of the one who had them made


def descend(
    network: Network,
    training: Rows,
    optimizer: Optimizer,
    *,
    validation: Rows | None = None,
    l2: float = 0.0,
    limits: Limits | None = None,
    observe: Observer | None = None,
    interrupt: Interrupt | None = None,
    compiled: bool | None = None,
    threads: int | None = None,
    pace: Pace | None = None,
    followers: Sequence[Follower] = (),
    dropout: Dropout | None = None,
) -> Descent:
    """Train a network in place.

    The network ends with the last weights; with early stopping (`limits.patience` and validation rows), with those
    of the lowest validation error; where the error overflows, with those of the lowest error before.

    Parameters
    ----------
    network
        The network; its weights are where the descent begins.
    training, validation
        Rows in the network's units and dtype.
    optimizer
        How to go down.
    l2
        Strength of the penalty ½ · l2 · Σ weights².
    limits
        When to end; without any, the descent ends at a plateau or where the optimizer finds no way down.
    observe
        Called with each record of the history, as it is made.
    interrupt
        The wish to stop that the caller has entered already; None listens for Ctrl-C here.
    compiled
        Whether the compiled engine does the arithmetic; None where the work is likely to repay it.
    threads
        1 where other descents use the other cores; None for as many as shorten a step.
    pace
        Where the descent has to wait for others; None where it goes to its end.
    followers
        Who sees the weights on the way.
    dropout
        Which activations are dropped at each step; for first-order optimizers.

    Raises
    ------
    FalllineError
        If there is dropout, and the optimizer needs an error that is the same whenever it is asked for.
    """
    limits = limits or Limits()
    if compiled is None:
        compiled = worth_compiling(network.architecture, len(training), expected_passes(optimizer, limits))
    if dropout is not None and not isinstance(optimizer, FirstOrder):
        raise FalllineError(
            f"dropout: optimizer '{optimizer.name}' needs an error that is the same whenever it is asked for. Choose a "
            "first-order one such as 'adam', or leave dropout out."
        )
    objective = Objective(network.architecture, training, l2, compiled=compiled, threads=threads, dropout=dropout)
    held_out = Objective(network.architecture, validation) if validation is not None and len(validation) else None
    parameters = network.parameters.copy()
    listening = Interrupt() if interrupt is None else nullcontext(interrupt)
    at_once = min(len(training), block_length(max(network.shape)))
    with (
        listening as wish,
        one_thread() if threads == 1 else fitting_threads(at_once, network.shape),
        np.errstate(over="ignore", invalid="ignore", divide="ignore"),
    ):
        watch = _Watch(objective, held_out, limits, wish, observe, pace, followers)
        done = watch.begin(parameters)
        outcome = Outcome.STOPPED if done else optimizer.minimize(objective, parameters, watch)
        return watch.end(network, parameters, outcome)


def expected_passes(optimizer: Optimizer, limits: Limits) -> float:
    """Return how many passes over the rows a descent is likely to make, as far as can be told before."""
    likely = (
        LIKELY_ITERATIONS if not isinstance(optimizer, FirstOrder) or optimizer.batch_size is None else LIKELY_EPOCHS
    )
    return likely if limits.iterations is None else limits.iterations


@dataclass(frozen=True)
class Standing:
    """How far a descent has come; `value` is what the kept weights are chosen by.

    That is the validation error where it decides when to stop, else the training error and the penalty.
    """

    value: float  # the lowest validation error so far, or that of the last iteration
    expected: float  # the value at twice as many iterations, if it goes on falling as it does


class Pace(Protocol):
    """Who lets a descent go on, so far and no further for the time being; see `training/restarts.py`."""

    given_up: bool  # whether it is to end; asked before every step

    @property
    def until(self) -> int:
        """The iteration after which the descent waits."""

    def wait(self, standing: Standing) -> None:
        """Return when the descent may go on, or is given up."""


class _Watch:
    """Takes note of every iteration and decides when the run is over."""

    def __init__(
        self,
        objective: Objective,
        held_out: Objective | None,
        limits: Limits,
        interrupt: Interrupt,
        observe: Observer | None,
        pace: Pace | None,
        followers: Sequence[Follower],
    ) -> None:
        self._objective = objective
        self._held_out = held_out
        self._limits = limits
        self._interrupt = interrupt
        self._observe = observe
        self._pace = pace
        self._followers = followers
        self._started = interrupt.now()
        self._history = History()
        self._reason: StopReason | None = None
        self._trend: Trend | None = None
        self._next_look = 0  # number of records at which the trend is taken again
        self._last: Iteration | None = None
        self._monitored = math.inf  # lowest validation error, or training error without validation rows
        self._best: Array | None = None
        self._best_age = 0

    def begin(self, parameters: Array) -> bool:
        """Record the weights before the first step; True when there is nothing to do."""
        error = self._objective.error(parameters)
        return self._note(Iteration(0, 0, error, math.nan, 0.0, math.nan, 0, parameters))

    def iteration(self, iteration: Iteration) -> bool:
        self._last = iteration
        return self._note(iteration)

    def portion(self) -> int:
        if self._held_out is not None:
            return 1
        now = 0 if self._last is None else self._last.number
        limit = self._limits.iterations
        rest = MOST_TOGETHER if limit is None else limit - now
        if self._limits.plateau:
            until_look = self._history.stride * max(1, self._next_look - len(self._history))
            until_enough = LEAST_STEPS - 1  # steps, which are iterations or, in mini-batches, more
            if self._last is not None:
                until_enough = (LEAST_STEPS - 1 - self._last.steps) // -(-self._last.steps // self._last.number)
            rest = min(rest, max(until_look, until_enough))
        if self._pace is not None:
            rest = min(rest, self._pace.until - now)
        wanted = (each.until_next(now) for each in self._followers)
        return max(1, min((rest, *(each for each in wanted if each is not None))))

    def wanted(self, first: int, last: int) -> range:
        stride = self._history.stride
        return range(-(-first // stride) * stride, last + 1, stride)

    def target(self) -> float:
        return -math.inf if self._limits.target_error is None else self._limits.target_error

    def interrupted(self) -> bool:
        if self._interrupt.wished:
            self._reason = StopReason.INTERRUPTED
        elif self._pace is not None and self._pace.given_up:
            self._reason = StopReason.GIVEN_UP
        elif self._limits.seconds is not None and self._seconds() >= self._limits.seconds:
            self._reason = StopReason.TIME_LIMIT
        return self._reason is not None

    def _note(self, iteration: Iteration) -> bool:
        limits, number, error = self._limits, iteration.number, iteration.error
        validation_error, wish = math.nan, None
        if iteration.parameters is not None:
            validation_error = self._keep_best(iteration.parameters, iteration.age, error)
            for each in self._followers:
                wish = each.see(iteration, iteration.parameters, validation_error) or wish
        if self._reached(iteration):
            self._reason = StopReason.TARGET_REACHED
        elif wish is not None:
            self._reason = wish
        elif limits.iterations is not None and number >= limits.iterations:
            self._reason = StopReason.ITERATION_LIMIT
        elif limits.patience is not None and self._held_out is not None and number - self._best_age >= limits.patience:
            self._reason = StopReason.EARLY_STOPPING
        if self._history.wants(number) or self._reason is not None:
            self._record(iteration, validation_error)
            if self._reason is None and limits.plateau and iteration.steps >= LEAST_STEPS and self._flat():
                self._reason = StopReason.PLATEAU
        at_hand = iteration.parameters is not None
        if self._pace is not None and self._reason is None and at_hand and number >= self._pace.until:
            self._pace.wait(self._standing(iteration))
            self.interrupted()
        return self._reason is not None

    def _standing(self, iteration: Iteration) -> Standing:
        """How far it has come at an iteration that is the last of its portion, so that the weights are at hand."""
        watching = self._held_out is not None and self._limits.patience is not None
        value = error = self._monitored
        if not watching:
            assert iteration.parameters is not None
            error = iteration.error
            value = error + self._objective.penalty(iteration.parameters)
        column = self._history.column
        left = share_left(column("iteration"), column("validation_error" if watching else "train_error"))
        return Standing(value, value - (1.0 - left) * error)

    def _keep_best(self, parameters: Array, age: int, error: float) -> float:
        """Keep the weights if they are the best so far; return their validation error, if there is one."""
        validation_error = math.nan if self._held_out is None else self._held_out.error(parameters)
        monitored = error if self._held_out is None else validation_error
        if self._best is None:
            self._best = parameters.copy()
        if monitored < self._monitored:
            self._monitored, self._best_age = monitored, age
            np.copyto(self._best, parameters)
        return validation_error

    def _reached(self, iteration: Iteration) -> bool:
        """Whether the target is reached by the weights themselves, and not only by the mean over an epoch's batches."""
        target = self._limits.target_error
        if target is None or iteration.error > target or iteration.parameters is None:
            return False
        return self._objective.error(iteration.parameters) <= target

    def _record(self, iteration: Iteration, validation_error: float) -> None:
        record = Record(
            iteration=iteration.number,
            steps=iteration.steps,
            seconds=self._seconds(),
            train_error=iteration.error,
            validation_error=validation_error,
            gradient_norm=iteration.gradient_norm,
            step_size=iteration.step_size,
            learning_rate=iteration.learning_rate,
        )
        self._history.append(record, last=self._reason is not None)
        if self._observe is not None:
            self._observe(record)

    def _flat(self) -> bool:
        """Whether the error has stopped falling; looked at whenever the history has grown by a tenth."""
        if len(self._history) < self._next_look:
            return False
        self._next_look = math.ceil(1.1 * len(self._history))
        self._take_trend()
        return self._trend is not None and self._trend.flat

    def _take_trend(self) -> None:
        column = self._history.column
        self._trend = trend(column("iteration"), column("train_error"), column("gradient_norm"))

    def _seconds(self) -> float:
        return self._interrupt.now() - self._started

    def end(self, network: Network, parameters: Array, outcome: Outcome) -> Descent:
        """Give the network its weights, and say how it went."""
        reason = self._reason if outcome is Outcome.STOPPED else _REASON[outcome]
        assert reason is not None
        assert self._best is not None
        last = self._last
        kept = 0 if last is None else last.number
        restoring = self._held_out is not None and self._limits.patience is not None
        if restoring or reason is StopReason.NOT_FINITE:
            parameters, kept = self._best, self._best_age
        elif reason is StopReason.TARGET_REACHED and last is not None and last.parameters is not None:
            parameters, kept = last.parameters, last.age
        np.copyto(network.parameters, parameters)
        return Descent(
            stop_reason=reason,
            detail=self._detail(reason),
            iterations=0 if last is None else last.number,
            steps=0 if last is None else last.steps,
            seconds=self._seconds(),
            train_error=self._objective.error(network.parameters),
            validation_error=math.nan if self._held_out is None else self._held_out.error(network.parameters),
            kept_iteration=kept,
            history=self._history,
        )

    def _detail(self, reason: StopReason) -> str:
        last = self._last
        if reason is StopReason.NOT_FINITE:
            return f"in iteration {1 if last is None else last.number + 1:,}"
        if reason in (StopReason.PLATEAU, StopReason.ITERATION_LIMIT, StopReason.TIME_LIMIT):
            if self._trend is None or reason is not StopReason.PLATEAU:
                self._take_trend()
            if self._trend is not None:
                target = self._limits.target_error
                return distance(self._trend, 0.1 * self._trend.error if target is None else target)
        if reason is StopReason.EARLY_STOPPING:
            return f"the lowest came at iteration {self._best_age:,}"
        return ""
