"""A run of Levenberg–Marquardt in compiled code: it owns the buffers and the threads; the kernels do the rest."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import Any

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array
from fallline.engine.compiled import levenberg_marquardt as kernels
from fallline.engine.compiled.cores import SideBySide
from fallline.engine.compiled.layout import zeros
from fallline.engine.compiled.levenberg_marquardt_space import DOUBLE, space
from fallline.engine.compiled.objective import packed_rows
from fallline.engine.compiled.thread_choice import ThreadChoice
from fallline.engine.rows import Packed

WORTH_ALIGNING = 1 << 13  # numbers; to ask for the address of fewer takes longer than it saves
PRODUCTS_A_SECOND, SECONDS_AT_LEAST = 2e9, 1e-5  # of a trial, until it is measured


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
    parts
        Into how many parts the rows are divided, on which up to so many threads work; the bits of the result depend on
        it, and not on the threads, of which there are as many as are found to be fastest. In the dual form, one.
    shared
        As for `packed_rows`.
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
        parts: int = 1,
        shared: Packed | None = None,
    ) -> None:
        size, rows = architecture.parameter_count, len(X)
        if dual is None:
            dual = rows * architecture.outputs < size and not (orthogonal or variable_projection)
        parts = 1 if dual else parts
        begun = space(
            architecture,
            rows,
            parts,
            dual=dual,
            orthogonal=orthogonal,
            variable_projection=variable_projection,
            geodesic_acceleration=geodesic_acceleration,
        )
        self._plan, self._run = begun.plan.plan, begun.run.copy()
        self._space = zeros(begun.size, DOUBLE) if begun.size >= WORTH_ALIGNING else np.zeros(begun.size)
        numbers = (
            l2,
            target,
            gradient_tolerance,
            least_factor,
            damping,
            2.0,
            least_scale,
            flat_gradient,
            begun.output_curvature,
        )
        self._space[: len(numbers)] = numbers
        self._length, self._count = int(self._run[kernels.LENGTH]), size
        self.parameters[:] = parameters
        self._vector(kernels.IS_WEIGHT)[:] = architecture.is_weight
        if dual:
            at = kernels.STATE_SIZE + kernels.ONES * self._length
            self._space[at : at + int(self._run[kernels.COLUMNS])] = 1.0
        self._packed = packed_rows(begun.plan, X, y, DOUBLE, shared)
        self._counter = np.zeros(8, np.int64)
        self._side_by_side = SideBySide(parts)
        self._work = begun.evaluation_work, begun.trial_work
        self._choice = ThreadChoice(parts, 1.0 / (SECONDS_AT_LEAST + sum(self._work) / PRODUCTS_A_SECOND))

    @property
    def parameters(self) -> Array:
        """The weights: a view, which the next call changes."""
        return self._vector(kernels.WEIGHTS)

    @property
    def evaluations(self) -> int:
        """Evaluations of gradient and matrix since the beginning."""
        return int(self._run[kernels.EVALUATIONS])

    def iterations(self, records: Array) -> tuple[Status, int]:
        """Make iterations until `records` are full, or some time has passed, or the end; return how many were made.

        Each fills a row of `records`: error, length of the gradient, and length of the step that led there.
        """
        descend: Any = kernels.descend
        run, evaluated = self._run, self.evaluations
        run[kernels.STATUS], run[kernels.MADE] = kernels.GOES_ON, 0
        arguments: Any = (self._plan, run, self._packed, self._space, self._counter, records)
        threads, trials, started = self._choice.threads, self._choice.steps_at_once, time.perf_counter()
        self._side_by_side.results(lambda thread: descend(*arguments, thread, threads, trials), threads, self._counter)
        seconds = time.perf_counter() - started
        self._choice.note(self._steps(self.evaluations - evaluated, int(run[kernels.TRIED])), seconds)
        status = Status(int(run[kernels.STATUS]))
        if status is Status.NOT_FINITE and self.evaluations:  # no second run may begin at a point without a gradient
            self.parameters[:] = self._vector(kernels.TRIAL)
        return status, int(run[kernels.MADE])

    def close(self) -> None:
        """End the threads."""
        self._side_by_side.close()

    def _vector(self, number: int) -> Array:
        at = kernels.STATE_SIZE + number * self._length
        return self._space[at : at + self._count]

    def _steps(self, evaluations: int, trials: int) -> float:
        """Return how many steps the work of a call comes to, each being one evaluation and one trial."""
        evaluation, trial = self._work
        return max(evaluations * evaluation + trials * trial, trial) / (evaluation + trial)
