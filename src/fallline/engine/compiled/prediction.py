"""The outputs of a network for many rows, block after block, and for one row at little cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.blas_threads import blas_held
from fallline.engine.compiled.calls import FORWARD, GATHER
from fallline.engine.compiled.cores import current_core, run_beside
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import width
from fallline.engine.compiled.layout import (
    A_AT,
    BLAS_BY,
    FIELDS,
    FORWARD_BY,
    GATHER_BY,
    HEAD,
    LAYERS,
    ROWS,
    SOURCE_SIZE,
    TARGETS,
    zeros,
)
from fallline.engine.compiled.plans import prediction_plan
from fallline.errors import FalllineError

BLOCK_ROWS = 1 << 14  # rows of a plan's longest pass; its blocks are shorter where the cache demands it
ROWS_A_THREAD = 20_000  # from which a second thread is worth starting

forward, gather = FORWARD.call, GATHER.call


@kernel
def predict(plan: Index, w: Array, X: Array, out: Array, buffer: Array) -> None:
    """Fill out (rows, outputs) for X (rows, inputs); the buffer holds a block's source, then its work."""
    n, block, outputs = width(w), plan[ROWS], out.shape[1]
    source, work = buffer[: plan[SOURCE_SIZE]], buffer[plan[SOURCE_SIZE] :]
    a_at = plan[HEAD + FIELDS * (plan[LAYERS] - 1) + A_AT]
    for start in range(0, X.shape[0], block):
        rows = min(block, X.shape[0] - start)
        padded = (rows + n - 1) // n * n
        gather(w, plan[GATHER_BY], (plan, X, out, plan, False, start, start + rows, padded, source))
        forward(w, plan[FORWARD_BY], (plan, w, source, 0, work, padded))
        for r in range(rows):
            for k in range(outputs):
                out[start + r, k] = work[a_at + k * padded + r]


class Prediction:
    """What `run` of an architecture needs besides weights and rows; one for each thread that calls it."""

    def __init__(self, architecture: Architecture, dtype: np.dtype[np.floating], threads: int = 1) -> None:
        self._inputs, self._outputs = architecture.shape[0], architecture.outputs
        self._dtype = dtype
        found = prediction_plan(architecture, dtype, BLOCK_ROWS)
        self._plan = found.plan
        self._blas = bool(self._plan[BLAS_BY])
        self._plan[TARGETS] = 0  # no targets to gather
        self._buffers = [zeros(found.source_size + found.work_size, dtype) for _ in range(threads)]

    def run(self, parameters: Array, X: Array) -> Array:
        """Return the outputs (rows, outputs) for X (rows, inputs), C-contiguous and of the parameters' dtype.

        Raises
        ------
        FalllineError
            If X is anything else.
        """
        if X.ndim != 2 or X.shape[1] != self._inputs or X.dtype != self._dtype or not X.flags.c_contiguous:
            raise FalllineError(
                f"X: expected a C-contiguous array of {self._dtype} with the shape (rows, {self._inputs}), got "
                f"{X.dtype} with the shape {X.shape}. np.ascontiguousarray(X, dtype) makes one."
            )
        rows = X.shape[0]
        out = np.empty((rows, self._outputs), self._dtype)
        threads = min(len(self._buffers), rows // ROWS_A_THREAD)
        if threads <= 1:
            if not self._blas:
                predict(self._plan, parameters, X, out, self._buffers[0])
                return out
            with blas_held(self._plan):
                predict(self._plan, parameters, X, out, self._buffers[0])
            return out
        edges = [rows * t // threads for t in range(threads + 1)]
        with blas_held(self._plan), ThreadPoolExecutor(threads) as pool:
            here, shares = current_core(), enumerate(zip(edges, edges[1:], self._buffers, strict=False))
            parts = [
                pool.submit(
                    run_beside, here, t, predict, self._plan, parameters, X[start:stop], out[start:stop], buffer
                )
                for t, (start, stop, buffer) in shares
            ]
            for part in parts:
                part.result()
        return out
