"""How many threads the matrix products may use: more than one only where a product is worth sharing."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from itertools import pairwise
from typing import Any


def available_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


WORTH_SHARING = 20_000_000  # multiplications in one product; below, waiting for each other costs more than it saves


class HeldToOneThread:
    """Libraries held to one thread a call while anybody wishes it.

    The setting belongs to the process: were each holder to put back what it found, one thread would give the
    libraries their threads back while another still counts on one.

    Parameters
    ----------
    libraries
        Returns a threadpoolctl controller of the libraries, called by the first holder.
    """

    def __init__(self, libraries: Callable[[], Any]) -> None:
        self._libraries = libraries
        self._lock = threading.Lock()
        self._holders = 0
        self._before: list[tuple[Any, int]] = []  # each library, and how many threads it had

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold them; they get their threads back when the last holder is done."""
        with self._lock:
            if self._holders == 0:  # not by `limit`, which asks for all that is known: longer than a small descent
                self._before = [(each, each.num_threads) for each in self._libraries().lib_controllers]
                for library, _ in self._before:
                    library.set_num_threads(1)
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if self._holders == 0:
                    for library, threads in self._before:
                        library.set_num_threads(threads)


def _every_blas() -> Any:
    return _blas_found("scipy.linalg" in sys.modules)


@cache
def _blas_found(scipy_has_come: bool) -> Any:
    """Looking for the libraries takes milliseconds; SciPy brings another one."""
    from threadpoolctl import ThreadpoolController  # takes longer than a small network's whole start-up

    return ThreadpoolController().select(user_api="blas")


one_thread = HeldToOneThread(_every_blas)


def fitting_threads(rows: int, shape: tuple[int, ...]) -> AbstractContextManager[object]:
    """Return a context in which products of the layers with that many rows use no more threads than pay.

    With one thread the results do not depend on the number of cores either.
    """
    largest = rows * max(n * m for n, m in pairwise(shape))
    return nullcontext() if largest >= WORTH_SHARING else one_thread()
