"""Threads that work on one descent side by side: how they wait for each other inside a kernel."""

from __future__ import annotations

# Numba's own functions have no annotations:
# mypy: disallow-untyped-calls=False
import platform
import sys
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from fallline.engine.arrays import Index
from fallline.engine.compiled.jit import intrinsic, kernel

EVERYBODY_CAME = 1 << 62  # arrivals beyond any meeting
PATIENCE = 2000  # looks at the counter before the core is given to another thread
_X86 = platform.machine().lower() in ("x86_64", "amd64")


def _counter(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return context.make_array(signature.args[0])(context, builder, value=arguments[0]).data


@intrinsic
def _arrive(typing: Any, counter: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _counter(context, builder, signature, arguments)
        builder.atomic_rmw("add", place, ir.IntType(64)(1), "seq_cst")
        return context.get_dummy_value()

    return types.none(counter), write


@intrinsic
def _arrived(typing: Any, counter: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_counter(context, builder, signature, arguments), "seq_cst", 8)

    return types.int64(counter), write


@intrinsic
def _pause(typing: Any) -> Any:
    """Tell the core that this is a waiting loop, where it knows of such a thing."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _X86:
            nothing = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, nothing, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.none(), write


@intrinsic
def _give_way(typing: Any) -> Any:
    """Let another thread have the core."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if sys.platform != "win32":
            call = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, call, "sched_yield"), [])
        return context.get_dummy_value()

    return types.none(), write


@kernel
def meet(counter: Index, threads: int, meeting: int) -> int:
    """Wait until all threads have come to this meeting, the first being 1; return the number of the next.

    `counter`, zero at the beginning, counts the arrivals. Nobody waits where there is one thread.
    """
    if threads > 1:
        _arrive(counter)
        looks = 0
        while _arrived(counter) < threads * meeting:
            looks += 1
            if looks < PATIENCE:
                _pause()
            else:
                _give_way()
    return meeting + 1
