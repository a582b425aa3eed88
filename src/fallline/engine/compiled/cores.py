"""Each thread of a team on a core of its own: two that wait for each other on one core would take turns.

Left to itself, a scheduler may start a thread on the core of the one that woke it, and takes milliseconds to move it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from typing import Any


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
