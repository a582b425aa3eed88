"""How much memory there is for a large array, asked before it is allocated."""

from __future__ import annotations

import os
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")  # a container's own limit


def available_memory() -> float:
    """Return how many bytes this process may still use; infinity where the system does not tell."""
    return min(_of_the_machine(), _of_the_group())


def _of_the_machine() -> float:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError):  # not Linux, or not even POSIX
        return float("inf")


def _of_the_group() -> float:
    try:
        return float((_GROUP / "memory.max").read_text()) - float((_GROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no group, or "max"
        return float("inf")
