"""A first-order run in compiled code: it owns the buffers and the threads; the kernels do the rest."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled import descent
from fallline.engine.compiled.blas_threads import blas_held
from fallline.engine.compiled.calls import UPDATE
from fallline.engine.compiled.cores import SideBySide
from fallline.engine.compiled.layout import rounded_up, zeros
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.plans import training_plan
from fallline.engine.compiled.thread_choice import ThreadChoice
from fallline.engine.compiled.updates import RULE_KERNELS
from fallline.engine.rows import Packed
from fallline.engine.threads import available_cores

WORK_OF_A_PART = 50_000  # parameters times rows, from which threads that are at work already may share a step
WORK_OF_A_CALL = 500_000  # the same where a thread must be woken first
ROWS_OF_A_PART = 16


class Status(IntEnum):
    """How a call into compiled code ended."""

    GOES_ON = descent.GOES_ON
    NOT_FINITE = descent.NOT_FINITE  # the weights before the last step are put back
    TARGET_REACHED = descent.TARGET_REACHED
    FLAT = descent.FLAT  # the gradient is zero


def parts_for(architecture: Architecture, rows: int, least_work: int = WORK_OF_A_PART) -> int:
    """Return into how many parts a step on that many rows is worth dividing: at most one for each core."""
    return max(1, min(available_cores(), architecture.parameter_count * rows // least_work, rows // ROWS_OF_A_PART))


class FirstOrderRun:
    """One descent of an architecture by a rule.

    Parameters
    ----------
    architecture, parameters
        The network and its weights, of which the run keeps a copy.
    X, y
        Rows (n, inputs) and targets (n, outputs), C-contiguous and of the parameters' dtype.
    rule
        A name in `RULE_KERNELS`.
    settings
        The rule's numbers in the order in which its class lists them after the learning rate.
    rows
        How many rows an epoch has, where its order names fewer than all; mini-batches only.
    batch
        Rows in a mini-batch; None takes all rows at each step.
    l2
        Strength of the penalty.
    target
        Error at which a descent on all rows ends.
    first_rate
        The learning rate of the first iteration, with which Rprop begins.
    parts
        Into how many parts a step is divided, on which up to so many threads work; the bits of the result depend on it,
        and not on the threads, of which there are as many as are found to be fastest.
    shared
        As for `packed_rows`.
    """

    def __init__(
        self,
        architecture: Architecture,
        parameters: Array,
        X: Array,
        y: Array,
        rule: str,
        settings: Sequence[float] = (),
        *,
        rows: int | None = None,
        batch: int | None = None,
        l2: float = 0.0,
        target: float = -math.inf,
        first_rate: float = 0.0,
        parts: int = 1,
        shared: Packed | None = None,
    ) -> None:
        dtype = parameters.dtype
        n = len(X) if rows is None else rows
        whole = batch is None or batch >= n
        step_rows = n if batch is None or whole else batch
        layout = training_plan(architecture, dtype, -(-step_rows // parts))
        self._count, self._plan = architecture.parameter_count, layout.plan
        self._X, self._y, self._no_orders = X, y, np.zeros(1, np.int64)
        self._packed = packed_rows(layout, X, y, dtype, shared) if whole else zeros(1, dtype)
        self._vectors = zeros(8 * layout.padded, dtype).reshape(8, layout.padded)
        self._vectors[:3, : self._count] = parameters
        self._vectors[4, : self._count] = architecture.is_weight
        if rule == "rprop":
            self._vectors[6] = first_rate
        own = rounded_up(layout.source_size + layout.work_size, 16)
        self._buffers = zeros(parts * (layout.padded + own), dtype)
        self._run = np.zeros(descent.RUN_SIZE, np.int64)
        self._run[: descent.NEXT_ROW] = UPDATE.address(RULE_KERNELS[rule], dtype), n, step_rows, parts, whole
        self._settings = np.zeros(descent.SETTINGS_SIZE)
        self._settings[: len(settings)] = settings
        self._settings[[descent.L2, descent.TARGET, descent.BEST_ERROR]] = l2, target, math.inf
        self._partial = np.zeros((parts, descent.PARTIAL_SIZE))
        self._counter = np.zeros(8, np.int64)
        self._side_by_side = SideBySide(parts)
        self._choice = ThreadChoice(parts)
        self.steps_an_iteration = 1 if whole else -(-n // step_rows)

    @property
    def parameters(self) -> Array:
        """The weights: a view, which the next call changes."""
        return self._vectors[0, : self._count]

    @property
    def before(self) -> Array:
        """The weights before the last step: a view."""
        return self._vectors[1, : self._count]

    @property
    def best(self) -> Array:
        """The weights with the lowest error so far, of a descent on all rows: a view."""
        return self._vectors[2, : self._count]

    @property
    def best_error(self) -> float:
        """The lowest error so far, of a descent on all rows."""
        return float(self._settings[descent.BEST_ERROR])

    @property
    def steps(self) -> int:
        """Steps since the beginning."""
        return int(self._run[descent.STEPS])

    def iterations(
        self, rates: Array, records: Array, orders: Index | None = None, steps: int | None = None
    ) -> tuple[Status, int]:
        """Make an iteration for each learning rate, up to a target or trouble; return how many were made.

        On all rows an iteration is a step; in mini-batches an epoch. A call may end in the middle of an epoch; the next
        goes on with it.

        Parameters
        ----------
        rates (iterations,)
            The learning rates.
        records (iterations, 3)
            Filled for each iteration: error before the step, length of the gradient, length of the step; for an epoch
            the mean error of its batches, each before its own step, its mean gradient, and its way.
        orders (iterations, rows)
            The rows of each epoch in their order, by number; of one that is gone on with, the same as before.
        steps
            The most steps of this call; None for as many as take `AT_ONCE` seconds in mini-batches, and for all of them
            on all rows.
        """
        most = (len(rates) if orders is None else self._choice.steps_at_once) if steps is None else steps
        status = self._call(self._no_orders if orders is None else orders.reshape(-1), rates, records, most)
        return status, int(self._run[descent.MADE])

    def iterations_at_once(self) -> int:
        """Return how many iterations take about `AT_ONCE` seconds, as far as is known by now."""
        return -(-self._choice.steps_at_once // self.steps_an_iteration)

    def close(self) -> None:
        """End the threads."""
        self._side_by_side.close()

    def _call(self, orders: Index, rates: Array, records: Array, steps: int) -> Status:
        descend: Any = descent.descend
        arguments: Any = (
            self._plan,
            self._run,
            self._settings,
            self._X,
            self._y,
            orders,
            self._packed,
            self._vectors,
            self._buffers,
            self._partial,
            self._counter,
            rates,
            records,
        )
        threads, started, first = self._choice.threads, time.perf_counter(), self.steps
        with blas_held(self._plan):
            self._side_by_side.results(
                lambda thread: descend(*arguments, thread, threads, steps), threads, self._counter
            )
        self._choice.note(max(1, self.steps - first), time.perf_counter() - started)
        status = Status(int(self._run[descent.STATUS]))
        if status is Status.NOT_FINITE:
            np.copyto(self._vectors[0], self._vectors[1])
        return status
