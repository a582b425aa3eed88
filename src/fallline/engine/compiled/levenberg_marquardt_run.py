"""A run of Levenberg–Marquardt in compiled code: it owns the buffers and the threads; the kernels do the rest."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Any

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array
from fallline.engine.compiled import levenberg_marquardt as kernels
from fallline.engine.compiled.acceleration import acceleration_address
from fallline.engine.compiled.cholesky import stride_of
from fallline.engine.compiled.cores import current_core, run_beside
from fallline.engine.compiled.curvature import curvature_plan
from fallline.engine.compiled.first_order import EVERYBODY_CAME
from fallline.engine.compiled.layout import lanes_in, rounded_up, zeros
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.second_derivatives import second_derivative_addresses
from fallline.engine.compiled.thread_choice import AT_ONCE

DOUBLE = np.dtype(np.float64)
MOST_TRIALS = 1 << 20  # of a call, however short those before were
PRODUCTS_A_SECOND = 2e9


class Status(IntEnum):
    """How a call into compiled code ended."""

    GOES_ON = kernels.GOES_ON
    NOT_FINITE = kernels.NOT_FINITE
    TARGET_REACHED = kernels.TARGET_REACHED
    CONVERGED = kernels.CONVERGED
    NO_DESCENT = kernels.NO_DESCENT


class LevenbergMarquardtRun:
    """One descent of an architecture, in float64.

    Parameters
    ----------
    architecture, parameters
        The network and its weights, of which the run keeps a copy.
    X, y
        Rows (n, inputs) and targets (n, outputs) of any floating dtype.
    l2
        Strength of the penalty.
    target
        Error at which the run ends.
    damping, least_factor, least_scale, gradient_tolerance
        As the settings of `optimizers.LevenbergMarquardt`.
    dual
        Whether to solve systems of rows · outputs unknowns; None where these are fewer than the parameters.
    orthogonal
        Whether to factor by reflections from the start.
    variable_projection
        Whether to solve for the output layer's weights at every step.
    geodesic_acceleration
        Whether to bend each step by half its acceleration.
    threads
        How many threads work on an iteration; the bits of the result depend on it, and on nothing else.
    """

    def __init__(
        self,
        architecture: Architecture,
        parameters: Array,
        X: Array,
        y: Array,
        *,
        l2: float,
        target: float,
        damping: float,
        least_factor: float,
        least_scale: float,
        gradient_tolerance: float,
        flat_gradient: float,
        dual: bool | None = None,
        orthogonal: bool = False,
        variable_projection: bool = False,
        geodesic_acceleration: bool = False,
        threads: int = 1,
    ) -> None:
        size, outputs, rows = architecture.parameter_count, architecture.outputs, len(X)
        columns = outputs * rounded_up(rows, lanes_in(DOUBLE))
        if dual is None:
            dual = rows * outputs < size and not (orthogonal or variable_projection)
        threads = 1 if dual else threads
        plan = curvature_plan(architecture, DOUBLE, -(-rows // threads), one_block=dual)
        self._plan, self._threads, self._size = plan.plan, threads, size
        stride, column_stride = stride_of(size), stride_of(columns) if dual else 0
        length = max(rounded_up(size + 32, 16), column_stride + 32 if dual else 0)
        self._run = np.zeros(kernels.RUN_SIZE, np.int64)
        self._run[: kernels.SHIFT + 1] = (
            rows,
            threads,
            size,
            stride,
            columns if dual else 0,
            column_stride,
            architecture.loss_function.has_residual,
            plan.work_size,
        )
        self._run[kernels.ORTHOGONAL] = orthogonal
        self._second = np.zeros(1, np.int64)
        if geodesic_acceleration:
            self._second = second_derivative_addresses(architecture, DOUBLE)
            self._run[kernels.ACCELERATION_BY] = acceleration_address(DOUBLE)
        self._state = np.zeros(kernels.STATE_SIZE)
        self._state[: kernels.GROWTH + 1] = l2, target, gradient_tolerance, least_factor, damping, 2.0
        self._state[[kernels.LEAST_SCALE, kernels.FLAT_GRADIENT]] = least_scale, flat_gradient
        self._vectors = zeros(kernels.VECTORS * length, DOUBLE).reshape(kernels.VECTORS, length)
        self._vectors[kernels.WEIGHTS, :size] = parameters
        self._vectors[kernels.IS_WEIGHT, :size] = architecture.is_weight
        self._vectors[kernels.ONES] = 1.0
        self._packed = packed_rows(plan, X.astype(DOUBLE, copy=False), y.astype(DOUBLE, copy=False))
        block_columns = max(16, outputs * plan.rows)
        square = column_stride * columns if dual else size * stride
        projection_size = 16
        if variable_projection:
            depth = architecture.shape[-2] + 1
            self._run[[kernels.OUTPUT_STRIDE, kernels.OUTPUTS_FROM]] = stride_of(depth), architecture.offsets[-2]
            curvature = architecture.loss_function.curvature(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
            scale = architecture.loss_function.scale(rows, outputs)
            self._state[kernels.OUTPUT_CURVATURE] = scale * float(curvature[0, 0])
            projection_size = rounded_up(depth * (stride_of(depth) + outputs) + 32, 16)
        self._buffers = [
            zeros(threads * length, DOUBLE),  # gradients
            zeros(threads * square, DOUBLE),  # matrices
            zeros(square, DOUBLE),  # the factor
            zeros(columns * columns if dual else square, DOUBLE),  # R
            zeros(size * columns if dual else 16, DOUBLE),  # J / E
            zeros((threads + 1) * projection_size, DOUBLE),  # the output layer's systems
            zeros(threads * (size + 1) * block_columns, DOUBLE),
            zeros(threads * (3 if geodesic_acceleration else 2) * plan.work_size, DOUBLE),
            zeros(threads * 8, DOUBLE),  # errors
        ]
        self._counter = np.zeros(8, np.int64)
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None
        seconds = 1e-5 + size**2 * (columns + size) / PRODUCTS_A_SECOND
        self._trials_at_once = max(1, int(AT_ONCE / seconds))  # until it is measured

    @property
    def parameters(self) -> Array:
        """The weights: a view, which the next call changes."""
        return self._vectors[kernels.WEIGHTS, : self._size]

    @property
    def evaluations(self) -> int:
        """Evaluations of gradient and matrix since the beginning."""
        return int(self._run[kernels.EVALUATIONS])

    def iterations(self, records: Array) -> tuple[Status, int]:
        """Make iterations until `records` are full, or some time has passed, or the end; return how many were made.

        Each fills a row of `records`: error, length of the gradient, and length of the step that led there.
        """
        self._counter[0] = 0
        self._run[[kernels.STATUS, kernels.MADE]] = kernels.GOES_ON, 0
        descend: Any = kernels.descend
        arguments: Any = (
            self._plan,
            self._second,
            self._run,
            self._state,
            self._packed,
            self._vectors,
            *self._buffers,
            self._counter,
            records,
        )
        started, trials = time.perf_counter(), self._trials_at_once
        others = []
        try:
            if self._pool is not None:
                here = current_core()
                others = [
                    self._pool.submit(run_beside, here, thread, descend, *arguments, thread, trials)
                    for thread in range(1, self._threads)
                ]
            descend(*arguments, 0, trials)
        except BaseException:  # such as Ctrl-C between the two: nobody must wait for this thread any longer
            self._counter[0] = EVERYBODY_CAME
            raise
        for other in others:
            other.result()
        seconds = time.perf_counter() - started
        self._trials_at_once = max(1, min(4 * trials, int(trials * AT_ONCE / seconds), MOST_TRIALS))
        status = Status(int(self._run[kernels.STATUS]))
        if status is Status.NOT_FINITE and self.evaluations:  # no second run may begin at a point without a gradient
            np.copyto(self.parameters, self._vectors[kernels.TRIAL, : self._size])
        return status, int(self._run[kernels.MADE])

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
