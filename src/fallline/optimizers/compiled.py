"""First-order descent in the compiled engine: the same iterations as `first_order`, many at a time."""

from __future__ import annotations

import math

import numpy as np

from fallline.engine import Objective, Rows
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.first_order import FirstOrderRun, Status, parts_for
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.optimizer import Iteration, Outcome, Watch

_OUTCOME = {Status.NOT_FINITE: Outcome.NOT_FINITE, Status.FLAT: Outcome.CONVERGED}
MOST_AT_ONCE = 100_000  # iterations, so that their records stay small …
MOST_IN_ORDER = 1 << 16  # rows of mini-batches, so that their orders do


def descend_compiled(optimizer: FirstOrder, objective: Objective, parameters: Array, watch: Watch) -> Outcome:
    """Lower the objective by the optimizer's rule, as `FirstOrder.minimize` does in the reference engine."""
    rows = objective.rows
    whole = optimizer.batch_size is None or optimizer.batch_size >= len(rows)
    step_rows = len(rows) if whole or optimizer.batch_size is None else optimizer.batch_size
    X, y = rows.block(0, len(rows)) if whole else (rows.X, rows.y)
    run = FirstOrderRun(
        objective.architecture,
        parameters,
        np.ascontiguousarray(X),
        np.ascontiguousarray(y),
        optimizer.name,
        optimizer.numbers(),
        rows=None if whole else len(rows),
        batch=None if whole else step_rows,
        l2=objective.l2,
        target=watch.target(),
        first_rate=optimizer.schedule().course().rate(1, math.nan),
        parts=objective.threads or parts_for(objective.architecture, step_rows),
        shared=rows.packed,
    )
    try:
        return _descend(optimizer, run, watch, None if whole else _Orders(optimizer, rows))
    finally:
        np.copyto(parameters, run.parameters)
        run.close()


class _Orders:
    """The orders in which epochs of mini-batches meet the rows."""

    def __init__(self, optimizer: FirstOrder, rows: Rows) -> None:
        self._rng, self._rows, self._shuffle = np.random.default_rng(optimizer.seed), rows, optimizer.shuffle
        self._drawn = np.empty((0, len(rows)), np.int64)
        self.most = max(1, MOST_IN_ORDER // len(rows))  # epochs at a time

    def next(self, epochs: int) -> Index:
        """Return those of the next epochs (epochs, rows), by number."""
        held = self._drawn
        if len(held) < epochs:
            self._drawn = np.empty((epochs, len(self._rows)), np.int64)
            self._drawn[: len(held)] = held
            for order in self._drawn[len(held) :]:
                drawn = self._rng.permutation(len(self._rows)) if self._shuffle else np.arange(len(self._rows))
                order[:] = drawn if self._rows.index is None else self._rows.index[drawn]
        return self._drawn[:epochs]

    def drop(self, epochs: int) -> None:
        """Forget the orders of as many epochs as are over."""
        self._drawn = self._drawn[epochs:]


def _descend(optimizer: FirstOrder, run: FirstOrderRun, watch: Watch, orders: _Orders | None) -> Outcome:
    course, number, error = optimizer.schedule().course(), 0, math.nan
    buffer = np.empty((0, 3))
    ceiling = MOST_AT_ONCE if orders is None else orders.most
    while not watch.interrupted():
        most = 1 if course.looks_at_errors else min(watch.portion(), run.iterations_at_once(), ceiling)
        rates = course.rates(number + 1, most, error)
        if len(buffer) < most:
            buffer = np.empty((min(2 * most, MOST_AT_ONCE), 3))
        records = buffer[:most]
        if orders is None:
            status, made = run.iterations(rates, records)
        else:
            status, made = run.iterations(rates, records, orders.next(most))
            orders.drop(made)
        last = number + made
        for told in (*watch.wanted(number + 1, last - 1), *range(last, last + (made > 0))):
            error, gradient_norm, step_size = records[told - number - 1].tolist()
            weights = None
            if told == last:
                weights = run.before if orders is None else run.parameters
            iteration = Iteration(
                number=told,
                steps=told * run.steps_an_iteration,
                error=error,
                gradient_norm=gradient_norm,
                step_size=step_size,
                learning_rate=float(rates[told - number - 1]),
                age=told - 1 if orders is None else told,
                parameters=weights,
            )
            if watch.iteration(iteration):
                return Outcome.STOPPED
        number = last
        if status in _OUTCOME and not (status is Status.FLAT and step_size > 0.0):  # momentum may still be moving
            return _OUTCOME[status]
    return Outcome.STOPPED
