"""One arm of a trial: a network where it begins, and the descent that it makes with a given amount of work."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.trials.work import Allowance, cost_of_iteration, gradient_cost
from fallline.engine import Architecture, Array, Objective, Rows, reference
from fallline.engine.choice import worth_compiling
from fallline.engine.rows import block_length
from fallline.network import Network
from fallline.optimizers import Auto, FirstOrder, LevenbergMarquardt, Optimizer
from fallline.training.descent import Descent, Observer, descend
from fallline.training.stopping import Limits, StopReason


@dataclass(frozen=True)
class Affine:
    """v ↦ scale · v + shift, column by column."""

    scale: Array  # (columns,)
    shift: Array  # (columns,)

    def __call__(self, values: Array) -> Array:
        """Return the values (n, columns) after it, in their dtype."""
        moved: Array = (values * self.scale + self.shift).astype(values.dtype)
        return moved


@dataclass(frozen=True)
class Arm:
    """What descends.

    Parameters
    ----------
    network
        With the weights where it begins.
    training
        The rows in the subject's units.
    optimizer, l2
        How it goes down.
    inputs
        What the rows' inputs go through before the network sees them; None where it sees them as they are.
    targets
        Likewise the targets; the network's outputs go back through it before they are compared.
    share_of_work
        Of the work of the control; above 1 where more work is the remedy itself.
    spent
        Gradient evaluations that the remedy has used up before the descent.
    note
        What the remedy changed, with the numbers.
    """

    network: Network
    training: Rows
    optimizer: Optimizer
    l2: float = 0.0
    inputs: Affine | None = None
    targets: Affine | None = None
    share_of_work: float = 1.0
    spent: float = 0.0
    note: str = ""

    def rows(self) -> Rows:
        """Return the training rows as the network sees them."""
        rows, dtype = self.training, self.network.parameters.dtype
        if self.inputs is None and self.targets is None and rows.X.dtype == dtype:
            return rows
        X, y = rows.block(0, len(rows))
        X = X if self.inputs is None else self.inputs(X)
        y = y if self.targets is None else self.targets(y)
        return Rows(np.ascontiguousarray(X, dtype=dtype), np.ascontiguousarray(y, dtype=dtype))

    def iteration(self, unit: Architecture) -> float:
        """Return what an iteration costs in gradient evaluations of the subject's network."""
        cost = cost_of_iteration(self.optimizer, self.network.architecture, len(self.training))
        return cost * gradient_cost(self.network.architecture, unit)

    def error(self, network: Network, rows: Rows, loss: str) -> float:
        """Return the subject's own loss of a network of this arm on rows in the subject's units, in float64."""
        own = network.architecture
        judged = own if own.loss == loss else Architecture(own.shape, own.activations, loss)
        parameters, total = network.parameters.astype(np.float64), 0.0
        X = rows.X if self.inputs is None else self.inputs(rows.X)
        if self.targets is None:
            return Objective(judged, Rows(X, rows.y)).error(parameters)
        length = block_length(max(own.shape))
        for start in range(0, len(X), length):
            outputs = reference.run(judged, parameters, X[start : start + length])
            outputs = (outputs - self.targets.shift) / self.targets.scale
            total += judged.loss_function.total(outputs, rows.y[start : start + length])
        return total * judged.loss_function.scale(len(X), own.outputs)


class End(NamedTuple):
    """Where an arm came to."""

    error: float  # in the subject's loss, on the training rows; inf where it overflowed
    validation_error: float  # likewise on the validation rows; nan without any
    work: float  # gradient evaluations on all rows, of the subject's network
    seconds: float
    cut: bool  # whether the time was over before the work was done


class Bench:
    """Where arms are run and judged, all of them alike.

    Parameters
    ----------
    subject
        The subject's architecture: its gradient is the unit of the work, its loss the judge.
    rows, validation
        On which an arm is judged, in the subject's units and float64; None without validation rows.
    compiled
        Whether the compiled engine does the arithmetic; Levenberg–Marquardt's where its own work repays it.
    """

    def __init__(self, subject: Architecture, rows: Rows, validation: Rows | None, compiled: bool) -> None:
        self._subject, self._rows, self._validation, self._compiled = subject, rows, validation, compiled

    def run(self, arm: Arm, work: float, clock: Clock, observe: Observer | None = None) -> End:
        """Descend with as much work as is allowed: gradient evaluations of the subject's network on all rows.

        `observe` is called with each record of the descent, whose errors are in the arm's own loss.
        """
        network = Network.from_parameters(arm.network.architecture, arm.network.parameters)
        started, cost = time.perf_counter(), arm.iteration(self._subject)
        allowance = Allowance(max(0.0, work * arm.share_of_work - arm.spent), cost)
        first_order, compiled = isinstance(arm.optimizer, FirstOrder), self._compiled
        if isinstance(arm.optimizer, LevenbergMarquardt | Auto):  # other kernels, which take long to compile
            compiled = worth_compiling(network.architecture, len(arm.training), allowance.most * cost)
        descent = descend(
            network,
            arm.rows(),
            arm.optimizer,
            l2=arm.l2,
            limits=Limits(iterations=allowance.most if first_order else None, seconds=clock.left, plateau=False),
            observe=observe,
            interrupt=clock.interrupt,
            compiled=compiled,
            pace=None if first_order else allowance,
        )
        overflowed = descent.stop_reason is StopReason.NOT_FINITE
        made = descent.iterations if first_order else allowance.asked
        return End(
            error=math.inf if overflowed else self._error(arm, network, descent),
            validation_error=self._validation_error(arm, network, overflowed),
            work=arm.spent + made * cost,
            seconds=time.perf_counter() - started,
            cut=descent.stop_reason in (StopReason.TIME_LIMIT, StopReason.INTERRUPTED),
        )

    def comparable(self, arm: Arm) -> bool:
        """Whether the errors of an arm's records are in the subject's loss."""
        return arm.targets is None and arm.network.architecture.loss == self._subject.loss

    def error(self, network: Network) -> float:
        """Return the error of a network as the subject's own."""
        return Objective(self._subject, self._rows).error(network.parameters.astype(np.float64))

    def _error(self, arm: Arm, network: Network, descent: Descent) -> float:
        if self.comparable(arm) and network.parameters.dtype == np.float64 and len(self._rows) == len(arm.training):
            return descent.train_error if math.isfinite(descent.train_error) else math.inf
        return self._judged(arm, network, self._rows)

    def _validation_error(self, arm: Arm, network: Network, overflowed: bool) -> float:
        if self._validation is None:
            return math.nan
        return math.inf if overflowed else self._judged(arm, network, self._validation)

    def _judged(self, arm: Arm, network: Network, rows: Rows) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            error = arm.error(network, rows, self._subject.loss)
        return error if math.isfinite(error) else math.inf
