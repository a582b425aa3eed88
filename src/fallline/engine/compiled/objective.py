"""Loss and gradient on all rows, block after block, each thread on its share of the blocks."""

from __future__ import annotations

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.blas_threads import blas_held
from fallline.engine.compiled.cores import SideBySide
from fallline.engine.compiled.descent import pack, scale_of, share_of_step
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import pointer
from fallline.engine.compiled.layout import X_BY_ROWS, Layout, zeros
from fallline.engine.compiled.plans import training_plan
from fallline.engine.rows import Packed


def packed_rows(plan: Layout, X: Array, y: Array, dtype: np.dtype[np.floating], shared: Packed | None = None) -> Array:
    """Return X and y as the blocks of that dtype that the plan's kernels read, one after the other.

    `shared` holds those that were made before of the same X and y, by the form of their blocks, and takes new ones.
    """
    key = plan.rows, plan.source_size, int(plan.plan[X_BY_ROWS]), dtype.itemsize
    if shared is not None and key in shared:
        return shared[key]
    packed = zeros(-(-len(X) // plan.rows) * plan.source_size, dtype)
    pack(X.astype(dtype, copy=False), plan.plan, y.astype(dtype, copy=False), packed)
    return packed if shared is None else shared.setdefault(key, packed)


@kernel
def sweep(
    plan: Index,
    w: Array,
    packed: Array,
    rows: int,
    buffer: Array,
    gradient: Array,
    thread: int,
    threads: int,
    slopes: bool,
) -> float:
    """Return the loss of this thread's share of the rows; where `slopes`, fill the gradient too."""
    the_plan, blocks, none = pointer(plan, 0), pointer(packed, 0), pointer(packed, 0)
    return share_of_step(
        the_plan,
        pointer(w, 0),
        none,
        none,
        the_plan,
        blocks,
        0,
        rows,
        True,
        none,
        pointer(buffer, 0),
        pointer(gradient, 0),
        gradient.size,
        thread,
        threads,
        scale_of(the_plan, rows),
        slopes,
    )


class CompiledObjective:
    """Loss and gradient of an architecture on rows X (n, inputs), y (n, outputs), which it keeps as blocks."""

    def __init__(
        self,
        architecture: Architecture,
        X: Array,
        y: Array,
        threads: int = 1,
        shared: Packed | None = None,
    ) -> None:
        dtype = X.dtype
        plan = training_plan(architecture, dtype, -(-len(X) // threads))
        self._plan, self._rows, self._threads = plan.plan, len(X), threads
        self._packed = packed_rows(plan, X, y, dtype, shared)
        self._buffers = [zeros(plan.work_size, dtype) for _ in range(threads)]
        self._gradients = zeros(threads * plan.padded, dtype).reshape(threads, -1)[:, : architecture.parameter_count]
        self._side_by_side = SideBySide(threads)

    def error(self, parameters: Array) -> float:
        """Return the loss on all rows."""
        return self._sweep(parameters, slopes=False)

    def error_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        """Return the loss on all rows and its gradient, a new array."""
        error = self._sweep(parameters, slopes=True)
        return error, np.asarray(self._gradients.sum(axis=0)) if self._threads > 1 else self._gradients[0].copy()

    def _sweep(self, parameters: Array, *, slopes: bool) -> float:
        def part(thread: int) -> float:
            return sweep(
                self._plan,
                parameters,
                self._packed,
                self._rows,
                self._buffers[thread],
                self._gradients[thread],
                thread,
                self._threads,
                slopes,
            )

        with blas_held(self._plan):
            return float(sum(self._side_by_side.results(part)))
