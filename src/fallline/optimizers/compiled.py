"""First-order descent in the compiled engine: the same iterations as `first_order`, many at a time."""

from __future__ import annotations

import math

import numpy as np

from fallline.engine import Objective
from fallline.engine.arrays import Array
from fallline.engine.compiled.first_order import FirstOrderRun, Status, parts_for
from fallline.optimizers.first_order import FirstOrder, norm
from fallline.optimizers.optimizer import Iteration, Outcome, Watch

_OUTCOME = {Status.NOT_FINITE: Outcome.NOT_FINITE, Status.FLAT: Outcome.CONVERGED}
MOST_AT_ONCE = 100_000  # iterations, so that their records stay small


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
        return _on_all_rows(optimizer, run, watch) if whole else _in_batches(optimizer, objective, run, watch)
    finally:
        np.copyto(parameters, run.parameters)
        run.close()


def _on_all_rows(optimizer: FirstOrder, run: FirstOrderRun, watch: Watch) -> Outcome:
    course, number, error = optimizer.schedule().course(), 0, math.nan
    buffer = np.empty((0, 3))
    while not watch.interrupted():
        most = 1 if course.looks_at_errors else min(watch.portion(), run.steps_at_once(), MOST_AT_ONCE)
        rates = course.rates(number + 1, most, error)
        if len(buffer) < most:
            buffer = np.empty((min(2 * most, MOST_AT_ONCE), 3))
        records = buffer[:most]
        status, made = run.iterations(rates, records)
        last = number + made
        for told in (*watch.wanted(number + 1, last - 1), *range(last, last + (made > 0))):
            i = told - number - 1
            error, gradient_norm, step_size = records[i].tolist()
            weights = run.before if told == last else None
            if watch.iteration(
                Iteration(told, told, error, gradient_norm, step_size, float(rates[i]), told - 1, weights)
            ):
                return Outcome.STOPPED
        number = last
        if status in _OUTCOME and not (status is Status.FLAT and step_size > 0.0):  # momentum may still be moving
            return _OUTCOME[status]
    return Outcome.STOPPED


def _in_batches(optimizer: FirstOrder, objective: Objective, run: FirstOrderRun, watch: Watch) -> Outcome:
    course, number, error = optimizer.schedule().course(), 0, math.nan
    rng, index = np.random.default_rng(optimizer.seed), objective.rows.index
    before = run.parameters.copy()
    while True:
        number += 1
        rate = course.rate(number, error)
        order = rng.permutation(len(objective.rows))
        run.begin_epoch(order if index is None else index[order], rate)
        np.copyto(before, run.parameters)
        while not run.epoch_done:
            if watch.interrupted():
                return Outcome.STOPPED
            if run.batches() is Status.NOT_FINITE:
                return Outcome.NOT_FINITE
        error = run.epoch_error
        told = Iteration(
            number=number,
            steps=run.steps,
            error=error,
            gradient_norm=norm(run.mean_gradient),
            step_size=norm(run.parameters - before),
            learning_rate=rate,
            age=number,
            parameters=run.parameters,
        )
        if watch.iteration(told):
            return Outcome.STOPPED
        if told.gradient_norm == 0.0 and told.step_size == 0.0:
            return Outcome.CONVERGED
