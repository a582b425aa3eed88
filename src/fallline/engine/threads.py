"""How many threads the matrix products may use: more than one only where a product is worth sharing."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise


def available_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


WORTH_SHARING = 20_000_000  # multiplications in one product; below, waiting for each other costs more than it saves


def fitting_threads(rows: int, shape: tuple[int, ...]) -> AbstractContextManager[object]:
    """Return a context in which products of the layers with that many rows use no more threads than pay.

    With one thread the results do not depend on the number of cores either.
    """
    from threadpoolctl import threadpool_limits  # takes longer than a small network's whole start-up

    largest = rows * max(n * m for n, m in pairwise(shape))
    return nullcontext() if largest >= WORTH_SHARING else threadpool_limits(limits=1, user_api="blas")
