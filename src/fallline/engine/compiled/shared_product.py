"""A product of a curvature matrix with a vector, each thread on its share of the blocks of rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fallline.engine.arrays import Array, Index
from fallline.engine.compiled.cores import SideBySide
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.layout import ROWS, zeros


@kernel
def share_of_rows(plan: Index, rows: int, thread: int, threads: int) -> tuple[int, int]:
    """Return where this thread's share of the rows begins and ends: whole blocks, none where there are too few."""
    block = plan[ROWS]
    chunk = ((rows + block - 1) // block + threads - 1) // threads * block
    begin = min(rows, thread * chunk)
    return begin, min(rows, begin + chunk)


class SharedProduct:
    """The buffers and the threads of a product: each thread fills a result of its own; their sum is the product."""

    def __init__(self, threads: int, work_size: int, parameters: int, dtype: np.dtype[np.floating]) -> None:
        self.threads = threads
        self.work = [zeros(work_size, dtype) for _ in range(threads)]
        self._results = [zeros(parameters, dtype) for _ in range(threads)]  # zeros they stay where there are no rows
        self.side_by_side = SideBySide(threads)

    def total(self, part: Callable[[int, Array, Array], None]) -> Array:
        """Return the sum of what `part(thread, work, result)` fills in, a new array."""
        self.side_by_side.results(lambda thread: part(thread, self.work[thread], self._results[thread]))
        total = self._results[0].copy()
        for result in self._results[1:]:
            total += result
        return total
