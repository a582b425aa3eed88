"""How a kernel is compiled: cached on disk, without the interpreter's lock, and with its annotations kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit
from numba.extending import intrinsic as numba_intrinsic

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile a function when it is first called, for the types it is called with.

    Division by zero follows IEEE 754 as in NumPy. Nothing is reordered by fast-math flags: what may be fused
    or summed in another order says so itself, in `lanes`.
    """
    compile_later: Callable[..., Any] = njit
    compiled: F = compile_later(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function write the machine's instructions of a call, instead of being compiled itself.

    It takes Numba's typing context and types, and is called with values.
    """
    written: Callable[..., Any] = numba_intrinsic(function)
    return written
