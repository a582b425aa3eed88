"""Experiments with the descent: going on from the weights at the stop, unchanged and with one setting changed.

Every continuation begins at the same weights, with the optimizer's memory empty, on the same rows in the network's
dtype, and makes as many iterations, so that two of them differ in the changed setting only. Each is run once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Rows
from fallline.engine.choice import step_seconds, worth_compiling
from fallline.network import Network
from fallline.optimizers import FirstOrder, LevenbergMarquardt, Momentum, Nesterov, Optimizer
from fallline.optimizers.gradient_descent import GradientDescent
from fallline.training.descent import descend
from fallline.training.plateau import share_left
from fallline.training.stopping import Limits, StopReason

SECONDS = 0.15  # that one continuation is likely to take
COMPILED_SPEED = 15.0  # times the reference
LEAST_SECONDS = 0.5  # left on the clock, without which none is begun
LEAST_ITERATIONS, LEAST_EPOCHS = 10, 2
MOST_ITERATIONS = 50_000
SETTLED = 0.25  # share of the records at the end whose median is the level reached
FALLING = (GradientDescent, Momentum, Nesterov)  # whose steps are proportional to the gradient


@dataclass(frozen=True)
class Course:
    """How a continuation went."""

    iterations: int
    level: float  # training error it came to: the median of the last quarter, so that a bounce does not decide
    lowest: float  # training error on the way
    validation: float  # validation error it came to, in the same way; nan without validation rows
    end: float  # training error of the final weights
    parameters: Array = field(repr=False)  # float64

    @property
    def finite(self) -> bool:
        """Whether nothing overflowed."""
        return math.isfinite(self.level)


class _Settings(NamedTuple):
    optimizer: Optimizer
    iterations: int
    l2: float
    dtype: str
    validating: bool
    anew: bool


class Continuations:
    """The continuations of one subject's descent, each made when it is first asked for.

    Parameters
    ----------
    measured
        The subject, its rows, and the clock that ends them all.
    """

    def __init__(self, measured: Measurements) -> None:
        self._measured = measured
        self._made: dict[_Settings, Course | None] = {}
        subject = measured.subject
        self.optimizer = None if subject.optimizer is None else self._at_stop(subject.optimizer)
        self.work = 0 if self.optimizer is None else self._affordable()

    @property
    def possible(self) -> bool:
        """Whether the optimizer is known, a descent was made, and there is time."""
        descent = self._measured.subject.descent
        return self.optimizer is not None and descent is not None and self._measured.clock.left > LEAST_SECONDS

    @property
    def batch(self) -> int | None:
        """Rows in a mini-batch; None where each step sees all rows."""
        optimizer = self.optimizer
        if not isinstance(optimizer, FirstOrder) or optimizer.batch_size is None:
            return None
        return optimizer.batch_size if optimizer.batch_size < len(self._measured.subject.training) else None

    @property
    def rate(self) -> float:
        """The learning rate at the stop, for steps on all of the rows that are looked at; nan if there is none."""
        if not isinstance(self.optimizer, FirstOrder):
            return math.nan
        rate = float(self.optimizer.schedule().course().rate(1, math.nan))
        return rate if self.batch is None else rate * self._share_of_slope(self.batch, len(self._measured.rows))

    @property
    def drive(self) -> float:
        """How far a steady gradient moves the weights in a step, in units of rate · gradient; nan where it does not."""
        if not isinstance(self.optimizer, FALLING):
            return math.nan
        return 1.0 / (1.0 - getattr(self.optimizer, "momentum", 0.0))

    @property
    def stability(self) -> float:
        """The rate · λmax beyond which a step on all rows climbs; nan for steps that are not proportional to gradients.

        2 for gradient descent, 2 (1 + μ) for momentum, 2 (1 + μ) / (1 + 2 μ) for Nesterov's, on a quadratic.
        """
        if not isinstance(self.optimizer, FALLING):
            return math.nan
        momentum = getattr(self.optimizer, "momentum", 0.0)
        return 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum if isinstance(self.optimizer, Nesterov) else 1.0)

    def unchanged(self) -> Course | None:
        """Go on as before."""
        return None if self.optimizer is None else self.run(self.optimizer)

    def at_rate(self, factor: float, *, anew: bool = False) -> Course | None:
        """Go on with so many times the learning rate, or begin anew with it."""
        if not isinstance(self.optimizer, FirstOrder):
            return None
        course = self.optimizer.schedule().course()
        return self.run(replace(self.optimizer, learning_rate=factor * course.rate(1, math.nan)), anew=anew)

    def on_all_rows(self) -> Course | None:
        """Go on with all rows at each step, and steps of the same mean length."""
        if not isinstance(self.optimizer, FirstOrder) or self.batch is None:
            return None
        optimizer = replace(self.optimizer, batch_size=None, learning_rate=self.rate)
        if not isinstance(optimizer, FALLING):
            optimizer = replace(optimizer, learning_rate=self.optimizer.learning_rate)
        batches = -(-len(self._measured.rows) // self.batch)
        return self.run(optimizer, iterations=min(self.work * batches, self._iterations_in(SECONDS, optimizer)))

    def run(
        self,
        optimizer: Optimizer,
        *,
        iterations: int | None = None,
        l2: float | None = None,
        dtype: str | None = None,
        validating: bool = False,
        anew: bool = False,
    ) -> Course | None:
        """Go on with that optimizer, penalty and dtype, or begin anew with it; None where there was no time for it."""
        strength = self._measured.subject.l2 if l2 is None else l2
        name = dtype or self._measured.subject.network.parameters.dtype.name
        settings = _Settings(optimizer, iterations or self.work, strength, name, validating, anew)
        if settings not in self._made:
            self._made[settings] = self._run(settings) if self._measured.clock.left > LEAST_SECONDS else None
        return self._made[settings]

    def expected(self) -> float:
        """Return the error after that work if the descent had gone on, the optimizer's memory and all.

        By the continuation without that memory or by the power law of the history, whichever is lower; inf for neither.
        """
        unchanged = self.unchanged()
        return min(math.inf if unchanged is None else unchanged.level, self.expected_after(self.work))

    def expected_after(self, iterations: int) -> float:
        """Return the error after so many iterations more by the power law of the history; inf where there is none."""
        descent = self._measured.subject.descent
        if descent is None or descent.iterations == 0 or descent.stop_reason is StopReason.NOT_FINITE:
            return math.inf
        doublings = math.log2((descent.iterations + iterations) / descent.iterations)
        return float(self.recent() * self.history_left() ** doublings)

    def recent(self) -> float:
        """Return the error at the stop or the median of the history's last part, whichever is lower.

        Where the error hovers, that of the last weights is a matter of chance.
        """
        descent = self._measured.subject.descent
        errors = np.empty(0) if descent is None else descent.history.column("train_error")
        if len(errors) == 0:
            return self._measured.error
        return min(self._measured.error, float(np.median(errors[-max(1, len(errors) // 6) :])))

    def history_left(self) -> float:
        """Return what share of the error a doubling of the iterations would leave, by the history; 1 if unknown."""
        descent = self._measured.subject.descent
        if descent is None:
            return 1.0
        return share_left(descent.history.column("iteration"), descent.history.column("train_error"))

    def bounces(self) -> float:
        """Return the share of the last half of the history's steps at which the error rose."""
        descent = self._measured.subject.descent
        errors = np.empty(0) if descent is None else descent.history.column("train_error")
        changes = np.diff(errors[len(errors) // 2 :])
        return float(np.mean(changes > 1e-9 * np.abs(errors[-len(changes) :]))) if len(changes) else 0.0

    def _run(self, settings: _Settings) -> Course | None:
        measured = self._measured
        dtype = np.dtype(settings.dtype)
        rows, held_out = _as(measured.rows, dtype), measured.validation
        start = measured.parameters
        if settings.anew:
            assert measured.subject.first is not None
            start = measured.subject.first.parameters
        network = Network.from_parameters(measured.architecture, start.astype(dtype))
        descent = descend(
            network,
            rows,
            settings.optimizer,
            validation=_as(held_out, dtype) if settings.validating and held_out is not None else None,
            l2=settings.l2,
            limits=Limits(iterations=settings.iterations, seconds=measured.clock.left, plateau=False),
            interrupt=measured.clock.interrupt,
            compiled=self._compiled,
        )
        if descent.stop_reason in (StopReason.TIME_LIMIT, StopReason.INTERRUPTED):
            return None
        errors = descent.history.column("train_error")
        kept = slice(-max(1, math.ceil(SETTLED * (len(errors) - 1))), None)
        level = float(np.median(errors[kept]))
        if descent.stop_reason is StopReason.NOT_FINITE:
            level = math.inf
        elif descent.stop_reason is not StopReason.ITERATION_LIMIT:
            level = descent.train_error  # it has ended by itself
        return Course(
            iterations=descent.iterations,
            level=level,
            lowest=float(np.nanmin(errors)),
            validation=float(np.median(descent.history.column("validation_error")[kept])),
            end=descent.train_error,
            parameters=network.parameters.astype(np.float64),
        )

    @property
    def _compiled(self) -> bool:
        """Whether the run was work enough for the compiled engine, so that its kernels are there already."""
        subject = self._measured.subject
        steps = 0 if subject.descent is None else subject.descent.iterations
        return worth_compiling(self._measured.architecture, len(subject.training), steps)

    def _at_stop(self, optimizer: Optimizer) -> Optimizer:
        """Return the optimizer with the rate at the stop, constant, and in steps that suit the rows looked at."""
        descent, rows = self._measured.subject.descent, self._measured.rows
        if not isinstance(optimizer, FirstOrder):
            return optimizer
        rate = math.nan
        if descent is not None and len(descent.history):
            rate = descent.history.records[-1].learning_rate
        if not rate > 0.0:
            rate = optimizer.schedule().course().rate(1, math.nan)
        whole = optimizer.batch_size is None or optimizer.batch_size >= len(self._measured.subject.training)
        if self._measured.sampled and whole and isinstance(optimizer, FALLING):
            rate *= self._share_of_slope(len(self._measured.subject.training), len(rows))
        return replace(optimizer, learning_rate=rate)

    def _share_of_slope(self, rows: int, others: int) -> float:
        """Return how much longer the gradient of that many rows is than that of others: 1 for a loss that is a mean."""
        scale, outputs = self._measured.architecture.loss_function.scale, self._measured.architecture.outputs
        return rows * scale(rows, outputs) / (others * scale(others, outputs))

    def _affordable(self) -> int:
        descent = self._measured.subject.descent
        done = 0 if descent is None else descent.iterations
        if descent is not None and descent.stop_reason is StopReason.NOT_FINITE:
            done = MOST_ITERATIONS  # how soon it overflowed is no measure of the work
        assert self.optimizer is not None
        least = LEAST_ITERATIONS if self.batch is None else LEAST_EPOCHS
        return max(least, min(max(done, 100), self._iterations_in(SECONDS, self.optimizer)))

    def _iterations_in(self, seconds: float, optimizer: Optimizer) -> int:
        """Return how many iterations take about that long."""
        architecture, n = self._measured.architecture, len(self._measured.rows)
        a_step = step_seconds(architecture, n)
        if isinstance(optimizer, FirstOrder) and optimizer.batch_size is not None and optimizer.batch_size < n:
            a_step = -(-n // optimizer.batch_size) * step_seconds(architecture, optimizer.batch_size)
        elif isinstance(optimizer, LevenbergMarquardt):
            a_step *= 1.0 + architecture.parameter_count / 20.0
        return int(min(MOST_ITERATIONS, seconds * (COMPILED_SPEED if self._compiled else 1.0) / a_step))


def _as(rows: Rows, dtype: np.dtype[np.floating]) -> Rows:
    return Rows(rows.X.astype(dtype, copy=False), rows.y.astype(dtype, copy=False))
