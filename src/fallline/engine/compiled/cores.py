"""Each thread of a team on a core of its own: two that wait for each other on one core would take turns.

Left to itself, a scheduler may start a thread on the core of the one that woke it, and takes milliseconds to move it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from fallline.engine.arrays import Index
from fallline.engine.compiled.team import EVERYBODY_CAME

T = TypeVar("T")


@cache
def _asks_for_core() -> Callable[[], int] | None:
    try:
        return ctypes.CDLL(None).sched_getcpu if hasattr(os, "sched_setaffinity") else None
    except (OSError, AttributeError, TypeError):  # no such function in this system's library
        return None


def current_core() -> int:
    """Return the number of the core that this thread runs on, or −1 where the system does not say."""
    ask = _asks_for_core()
    return -1 if ask is None else ask()


def run_beside(core: int, distance: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the function on the available core that comes `distance` after `core`; on any where the system cannot."""
    if core >= 0:
        available = sorted(os.sched_getaffinity(os.getpid()))
        first = available.index(core) if core in available else 0
        os.sched_setaffinity(0, {available[(first + distance) % len(available)]})  # of this thread alone
    return function(*arguments)


class SideBySide:
    """A function called with 0, 1, … at the same time: 0 by the caller, and each other on a core of its own."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool: ThreadPoolExecutor | None = None

    def results(self, part: Callable[[int], T], threads: int | None = None, counter: Index | None = None) -> list[T]:
        """Return what part(0), part(1), … return, in this order.

        Parameters
        ----------
        part
            The function.
        threads
            How many of the threads are to call it; None for all.
        counter
            Where the calls meet, if they wait for each other.
        """
        threads = self.threads if threads is None else threads
        if threads == 1:
            return [part(0)]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1)
        here = current_core()
        if counter is not None:
            counter[0] = 0
        try:
            others = [self._pool.submit(run_beside, here, thread, part, thread) for thread in range(1, threads)]
            first = part(0)
        except BaseException:  # such as Ctrl-C between the two: nobody must wait for this thread any longer
            if counter is not None:
                counter[0] = EVERYBODY_CAME
            raise
        return [first, *(other.result() for other in others)]

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
