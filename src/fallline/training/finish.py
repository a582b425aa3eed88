"""The finish: after a descent that cannot go further, a second-order optimizer on all rows in float64.

Mini-batches end in the noise of their gradient and float32 in its rounding; both leave an error that a few iterations
of a second-order method remove.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fallline.engine import Array, Objective, Rows
from fallline.network import Network
from fallline.optimizers import Iteration, Optimizer
from fallline.training.descent import Descent, Observer, descend
from fallline.training.follower import Follower
from fallline.training.history import History, Record, Switch
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import Limits, StopReason

NOTHING_LEFT = (StopReason.TARGET_REACHED, StopReason.INTERRUPTED)


def finish(
    network: Network,
    first: Descent,
    training: Rows,
    optimizer: Optimizer,
    *,
    validation: Rows | None = None,
    l2: float = 0.0,
    limits: Limits | None = None,
    observe: Observer | None = None,
    interrupt: Interrupt | None = None,
    compiled: bool | None = None,
    followers: Sequence[Follower] = (),
) -> Descent:
    """Go on from where a descent left a network, in float64; return the two descents as one.

    The network keeps its dtype: the weights found are rounded to it at the end, and the errors are those of the
    rounded weights. Iterations and steps count on; so do the seconds. Where the first descent reached the target or was
    interrupted, nothing is done.

    Parameters
    ----------
    network
        As the first descent left it; its weights are changed in place.
    first
        What came of the first descent.
    training, validation
        Rows in the network's units, of any dtype; those of training are copied where they are not in float64.
    optimizer
        How to go down, on all rows.
    l2, limits, observe, interrupt, compiled, followers
        As for `descend`, and for this descent alone.
    """
    if first.stop_reason in NOTHING_LEFT:
        return first
    exact = Network.from_parameters(network.architecture, network.parameters.astype(np.float64))
    rows = _in_float64(training)
    held_out = None if validation is None else _in_float64(validation)
    switch = Switch(
        iteration=first.iterations,
        optimizer=optimizer.name,
        dtype="float64",
        reason=first.stop_reason.text,
        kept_iteration=first.kept_iteration,
    )

    def counted(record: Record) -> Record:
        return record._replace(
            iteration=first.iterations + record.iteration,
            steps=first.steps + record.steps,
            seconds=first.seconds + record.seconds,
        )

    def pass_on(record: Record) -> None:
        if observe is not None and record.iteration > 0:
            observe(counted(record))

    now = time.perf_counter if interrupt is None else interrupt.now
    started = now()
    second = descend(
        exact,
        rows,
        optimizer,
        validation=held_out,
        l2=l2,
        limits=limits,
        observe=pass_on,
        interrupt=interrupt,
        compiled=compiled,
        followers=[_Later(each, first.iterations) for each in followers],
    )
    np.copyto(network.parameters, exact.parameters.astype(network.parameters.dtype))
    train_error, validation_error = second.train_error, second.validation_error
    detail = second.detail
    if network.parameters.dtype != exact.parameters.dtype:
        rounded = network.parameters.astype(np.float64)
        train_error = Objective(network.architecture, rows).error(rounded)
        if held_out is not None and len(held_out):
            validation_error = Objective(network.architecture, held_out).error(rounded)
        switch = switch._replace(rounding=train_error - second.train_error)
        said = (
            f"rounded to {network.parameters.dtype.name}, the weights lose {switch.rounding:.3g} of the training error"
        )
        detail = "; ".join(filter(None, [detail, said]))
    return replace(
        second,
        detail=detail,
        iterations=first.iterations + second.iterations,
        steps=first.steps + second.steps,
        seconds=first.seconds + now() - started,
        train_error=train_error,
        validation_error=validation_error,
        kept_iteration=first.iterations + second.kept_iteration if second.kept_iteration else first.kept_iteration,
        history=History.joined(first.history, [counted(each) for each in second.history.records[1:]], switch),
        marks=first.marks,
    )


class _Later(Follower):
    """A follower whose iterations count on from an earlier descent, and which has seen the beginning as its end."""

    def __init__(self, follower: Follower, before: int) -> None:
        self._follower, self._before = follower, before

    def until_next(self, number: int) -> int | None:
        return self._follower.until_next(number + self._before)

    def see(self, iteration: Iteration, parameters: Array, validation_error: float) -> StopReason | None:
        if iteration.number == 0:
            return None
        counted = iteration._replace(number=iteration.number + self._before, age=iteration.age + self._before)
        return self._follower.see(counted, parameters, validation_error)


def _in_float64(rows: Rows) -> Rows:
    if rows.X.dtype == np.float64:
        return rows
    X, y = rows.block(0, len(rows))
    return Rows(X.astype(np.float64), y.astype(np.float64))
