"""How much memory there is, asked before something large is allocated."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fallline.errors import FalllineError

LEFT_FREE = 0.1  # of what is available, for everything else
WORTH_ASKING = 1 << 26  # bytes, below which the answer is known and would take longer than a small descent


def available_memory() -> int | None:
    """Return how many bytes this process may still take, as far as the system tells; None where it does not."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # Linux
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.extend(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    with contextlib.suppress(OSError, ValueError):  # a container that has a limit
        group = Path("/sys/fs/cgroup")
        found.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    if not found and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found) if found else None


def require_memory(size: int, what: str, instead: str) -> None:
    """Refuse what would take more bytes than there are.

    Parameters
    ----------
    size
        Bytes that are going to be allocated.
    what
        What they are for, such as "bfgs's inverse Hessian of 100,000 parameters".
    instead
        What to do instead, as a sentence.

    Raises
    ------
    FalllineError
        If there is not that much memory.
    """
    if size < WORTH_ASKING:
        return
    available = available_memory()
    if available is not None and size > (1.0 - LEFT_FREE) * available:
        raise FalllineError(
            f"{what} would take {_gigabytes(size)} of memory, and {_gigabytes(available)} are available. {instead}"
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.3g} GB"
