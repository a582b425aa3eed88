"""Kernels that call kernels by address.

Numba compiles what a kernel calls into the kernel, again at every level: with all activations, losses and rules
in one training loop that takes half a minute. Here each kernel is compiled once and by itself, the plan holds
the addresses of those that it needs, and what is not needed is not compiled.

A `Kind` is the signature that kernels share which can stand for each other, such as all activations. Where it
says vector the kernel receives a pointer, one number instead of the seven that make an array; an array in the
caller is turned into its pointer.
"""

from __future__ import annotations

# Numba's own functions have no annotations:
# mypy: disallow-untyped-calls=False
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numba.core import types
from numba.extending import intrinsic as numba_intrinsic

_NAMED = {
    "int": types.int64,
    "bool": types.boolean,
    "float": types.float64,
    "integers": types.CPointer(types.int64),
    "reals": types.CPointer(types.float64),
    "none": types.none,
}


@dataclass(frozen=True)
class Kind:
    """What kernels of one kind take and return, as words of `_NAMED`, or "vector" of the dtype."""

    takes: str
    returns: str = "none"

    def signature(self, dtype: Any) -> Any:
        """Return Numba's signature for arrays of this dtype (Numba's)."""
        named = {**_NAMED, "vector": types.CPointer(dtype)}
        return named[self.returns](*[named[word] for word in self.takes.split()])

    @cached_property
    def call(self) -> Callable[..., Any]:
        """An intrinsic `call(like, address, arguments)`, the arguments as a tuple; `like` has the kernels' dtype."""

        def typed(typing: Any, like: Any, address: Any, arguments: Any) -> Any:
            signature = self.signature(like.dtype)
            if len(arguments) != len(signature.args):
                raise TypeError(f"a kernel of kind ({self.takes}) was given {len(arguments)} arguments")

            def write(context: Any, builder: Any, caller: Any, values: Any) -> Any:
                parts = [
                    _given(context, builder, builder.extract_value(values[2], i), given, wanted)
                    for i, (given, wanted) in enumerate(zip(arguments, signature.args, strict=True))
                ]
                kind = context.call_conv.get_function_type(signature.return_type, signature.args)
                function = builder.inttoptr(values[1], kind.as_pointer())
                _, result = context.call_conv.call_function(
                    builder, function, signature.return_type, signature.args, parts
                )
                return result

            return signature.return_type(like, types.int64, arguments), write

        call: Callable[..., Any] = numba_intrinsic(typed)
        return call

    def address(self, kernel: Callable[..., Any], dtype: np.dtype[np.floating]) -> int:
        """Return where the kernel's code for this dtype begins, compiling it when it is first asked for."""
        return _address(kernel, self, dtype)


def _given(context: Any, builder: Any, value: Any, given: Any, wanted: Any) -> Any:
    """Return an argument as the kernel wants it: an array as its pointer, a number as its type."""
    if isinstance(given, types.Array):
        assert given.layout == "C", given
        assert given.dtype == wanted.dtype, (given, wanted)
        return context.make_array(given)(context, builder, value=value).data
    return context.cast(builder, value, given, wanted)


@cache
def _address(kernel: Any, kind: Kind, dtype: np.dtype[np.floating]) -> int:
    signature = kind.signature(getattr(types, dtype.name))
    kernel.compile(signature)
    compiled = kernel.overloads[signature.args]
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))


ACTIVATION = Kind("vector int int int int")
LOSS = Kind("vector int int vector int int int int float", "float")
AFTER_LOSS = ACTIVATION
MULTIPLY = Kind("vector int int int int int vector int vector int int bool")
OUTER = Kind("vector int int vector int int int vector int bool")
BLAS = Kind("vector int int bool vector int int bool vector int int int int int bool")
GATHER = Kind("integers vector vector integers bool int int int vector")
FORWARD = Kind("integers vector vector int vector int")
BACKWARD = Kind("integers vector vector int vector int vector bool")
UPDATE = Kind("reals vector vector vector vector int int float int")
ACCELERATION = Kind("integers integers vector vector vector int vector int vector int int")
CURVATURE = Kind("vector int int vector int int int int int int float")
